//! The steps that a block is made of, the same for one that is built and one that is
//! checked.

use alloc::{format, vec::Vec};

use evm::uint::U256;
use tern_protocol::{Address, Hash, Timestamp, Withdrawal};
use tern_stf::{ChainSpec, Error, Fork, Header, Preimages, Receipt};

use crate::{
    commit::commit,
    execute,
    fees::{self, BLOB_GAS},
    host::{BlockEnv, Host},
    ops::Instructions,
    receipts::{self, Bloom},
    requests,
    rlp::List,
    rules::Rules,
    trie::ordered_root,
    tx::Transaction,
    validate::{Refusal, Room, blob_gas, validate},
    world::World,
};

/// The contract that keeps beacon roots (EIP-4788).
const BEACON_ROOTS: Address = Address([
    0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31, 0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22,
    0xd0, 0xbe, 0xac, 0x02,
]);
/// The contract that keeps block hashes (EIP-2935).
const HISTORY: Address = Address([
    0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53,
    0x20, 0x00, 0x29, 0x35,
]);

/// The hash of the empty list, which `ommersHash` is since Paris.
pub(crate) const NO_OMMERS: Hash = Hash([
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
    0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
]);

/// A block on its way. What its header says about inputs is set; what follows from the
/// execution is not yet.
pub(crate) struct Block<'a, R> {
    spec: &'a ChainSpec,
    host: Host<'a, R>,
    instructions: Instructions<'a, R>,
    fork: Fork,
    blob_limit: u64,
    gas_used: u64,
    blob_gas_used: u64,
    bloom: Bloom,
    deposits: Vec<u8>,
    transactions: Vec<Vec<u8>>,
    receipts: Vec<Receipt>,
}

/// What the execution decides about a header, and what the block left behind.
pub(crate) struct Sealed {
    pub(crate) header: Header,
    pub(crate) transactions: Vec<Vec<u8>>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) created: Vec<Vec<u8>>,
}

/// Refuses chains with real money if a rule is wrong on purpose.
pub(crate) fn refuse_production<R: Rules>(spec: &ChainSpec) -> Result<(), Error> {
    let chain_id = spec.chain_id.0;
    if R::FAULTY && crate::rules::PRODUCTION_CHAINS.contains(&chain_id) {
        return Err(Error::DevOnProduction { name: R::NAME.into(), chain_id });
    }
    Ok(())
}

impl<'a, R: Rules> Block<'a, R> {
    /// Starts the block with this header behind `parent`.
    pub(crate) fn begin(
        spec: &'a ChainSpec,
        parent: &Header,
        header: &Header,
        preimages: &'a dyn Preimages,
    ) -> Result<Self, Error> {
        let time = Timestamp(header.timestamp);
        let fork = spec.fork_at(time);
        let blobs = spec.blobs_at(time);
        let env = BlockEnv {
            fork,
            chain_id: spec.chain_id.0,
            number: header.number,
            timestamp: header.timestamp,
            gas_limit: header.gas_limit,
            beneficiary: header.beneficiary,
            prev_randao: header.prev_randao,
            base_fee: header.base_fee_per_gas,
            blob_base_fee: blobs.map_or(U256::zero(), |blobs| {
                fees::blob_base_fee(header.excess_blob_gas.unwrap_or(0), &blobs)
            }),
        };
        let world = World::open(parent.state_root, preimages);
        let mut block = Self {
            spec,
            host: Host::new(world, env, header.parent_hash),
            instructions: Instructions::new(),
            fork,
            blob_limit: blobs.map_or(0, |blobs| blobs.max.saturating_mul(BLOB_GAS)),
            gas_used: 0,
            blob_gas_used: 0,
            bloom: Bloom::EMPTY,
            deposits: Vec::new(),
            transactions: Vec::new(),
            receipts: Vec::new(),
        };
        block.call_keepers(header)?;
        Ok(block)
    }

    /// The contracts that remember roots and hashes. They may fail or be missing.
    fn call_keepers(&mut self, header: &Header) -> Result<(), Error> {
        if let Some(root) = header.parent_beacon_block_root
            && self.fork >= Fork::Cancun
            && R::CALLS_BEACON_ROOTS
        {
            execute::system_call(&mut self.host, &self.instructions, BEACON_ROOTS, &root.0)?;
        }
        if self.fork >= Fork::Prague && R::CALLS_HISTORY {
            let parent = header.parent_hash.0;
            execute::system_call(&mut self.host, &self.instructions, HISTORY, &parent)?;
        }
        Ok(())
    }

    /// Gas that transactions may still use.
    fn room(&self) -> Room {
        Room {
            gas: self.host.block.gas_limit.saturating_sub(self.gas_used),
            blob_gas: self.blob_limit.saturating_sub(self.blob_gas_used),
        }
    }

    /// Runs a transaction, or refuses it without a trace.
    pub(crate) fn apply(
        &mut self,
        tx: &Transaction,
        raw: &[u8],
        candidate: usize,
    ) -> Result<(), Refusal> {
        let room = self.room();
        let accepted = validate(&mut self.host, tx, room)?;
        let receipt = execute::transaction(&mut self.host, &self.instructions, tx, &accepted)?;
        self.gas_used = self.gas_used.saturating_add(receipt.gas_used);
        self.blob_gas_used = self.blob_gas_used.saturating_add(blob_gas(tx));
        if self.fork >= Fork::Prague {
            let contract = &self.spec.deposit_contract;
            requests::collect_deposits(contract, &receipt.logs, &mut self.deposits)?;
        }
        let bloom = Bloom::of(&receipt.logs);
        self.bloom.join(&bloom);
        self.receipts.push(Receipt {
            candidate,
            success: receipt.success,
            cumulative_gas_used: self.gas_used,
            encoded: receipts::encode(tx.kind, &receipt, self.gas_used, &bloom),
        });
        self.transactions.push(raw.to_vec());
        Ok(())
    }

    /// Credits the withdrawals, collects the requests and computes every root. `header`
    /// brings what the inputs decide.
    pub(crate) fn seal(
        mut self,
        mut header: Header,
        withdrawals: &[Withdrawal],
    ) -> Result<Sealed, Error> {
        self.credit(withdrawals)?;
        if self.fork >= Fork::Shanghai {
            header.withdrawals_root = Some(withdrawals_root::<R>(withdrawals)?);
        }
        if self.fork >= Fork::Prague {
            let deposits = core::mem::take(&mut self.deposits);
            let hash = requests::requests_hash(&mut self.host, &self.instructions, deposits)?;
            header.requests_hash = Some(hash);
        }
        if self.fork >= Fork::Cancun {
            header.blob_gas_used = Some(self.blob_gas_used);
        }
        header.gas_used = self.gas_used;
        header.logs_bloom = self.bloom.0;
        header.transactions_root = ordered_root::<R>(self.transactions.iter().map(Vec::as_slice))?;
        header.receipts_root =
            ordered_root::<R>(self.receipts.iter().map(|receipt| receipt.encoded.as_slice()))?;
        let (state_root, created) = commit::<R>(&mut self.host.world)?;
        header.state_root = state_root;
        Ok(Sealed { header, transactions: self.transactions, receipts: self.receipts, created })
    }

    fn credit(&mut self, withdrawals: &[Withdrawal]) -> Result<(), Error> {
        for withdrawal in withdrawals {
            let wei = R::withdrawal_wei(withdrawal.amount.0);
            self.host.world.credit(withdrawal.address, wei)?;
        }
        self.host.world.settle::<R>();
        Ok(())
    }
}

fn withdrawals_root<R: Rules>(withdrawals: &[Withdrawal]) -> Result<Hash, Error> {
    let encoded: Vec<_> = withdrawals.iter().map(encode_withdrawal).collect();
    ordered_root::<R>(encoded.iter().map(Vec::as_slice))
}

/// A withdrawal in RLP.
pub(crate) fn encode_withdrawal(withdrawal: &Withdrawal) -> Vec<u8> {
    List::new()
        .u64(withdrawal.index)
        .u64(withdrawal.validator_index)
        .bytes(&withdrawal.address.0)
        .u64(withdrawal.amount.0)
        .finish()
}

/// The highest gas limit a block may have.
const HIGHEST_GAS_LIMIT: u64 = i64::MAX as u64;
/// The lowest gas limit a block may have.
const LOWEST_GAS_LIMIT: u64 = 5_000;
/// Free bytes a header may hold.
const EXTRA_DATA_LIMIT: usize = 32;

/// Checks what a block may choose itself, within limits. Says which field is wrong, what
/// it must be and what it is.
pub(crate) fn check_choices(
    parent: &Header,
    header: &Header,
) -> Result<(), (&'static str, alloc::string::String, alloc::string::String)> {
    if header.timestamp <= parent.timestamp {
        return Err((
            "timestamp",
            format!("above {}", parent.timestamp),
            format!("{}", header.timestamp),
        ));
    }
    if header.extra_data.len() > EXTRA_DATA_LIMIT {
        return Err((
            "extraData",
            format!("at most {EXTRA_DATA_LIMIT} bytes"),
            format!("{} bytes", header.extra_data.len()),
        ));
    }
    let limit = header.gas_limit;
    let moves_enough = limit.abs_diff(parent.gas_limit) < parent.gas_limit / 1024;
    if !moves_enough && limit != parent.gas_limit
        || !(LOWEST_GAS_LIMIT..=HIGHEST_GAS_LIMIT).contains(&limit)
    {
        return Err((
            "gasLimit",
            format!(
                "less than a 1024th away from {} and from {LOWEST_GAS_LIMIT} to {HIGHEST_GAS_LIMIT}",
                parent.gas_limit
            ),
            format!("{limit}"),
        ));
    }
    Ok(())
}
