//! One block's execution, between the checks of its inputs and those of its results.

use alloc::{format, string::ToString, vec::Vec};

use alloy_consensus::{Header, ReceiptEnvelope, Transaction, TxReceipt};
use alloy_eips::{
    Encodable2718, eip4844::fake_exponential, eip4895::Withdrawal,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
};
use alloy_evm::{
    Evm, EvmEnv,
    block::{BlockExecutionError, BlockExecutor},
    eth::{EthBlockExecutionCtx, EthBlockExecutor},
};
use alloy_primitives::{Address, B256, Bloom, U256};
use alloy_trie::root::ordered_trie_root_encoded;
use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::block::BlobExcessGasAndPrice,
    state::AccountInfo,
};
use tern_stf::{ChainSpec, Error, Fork, Preimages, SkipReason};

use crate::{
    ancestors::Ancestors,
    convert,
    evm::BlockEvm,
    header::Derived,
    requests::{self, Requests},
    rules::{Receipts, Rules},
    state::State,
    transaction::{self, Refusal, Signed},
};

type Inner<'a> = EthBlockExecutor<'a, BlockEvm<'a>, Rules, Receipts>;

/// A block that is being executed.
pub(crate) struct Run<'a> {
    inner: Inner<'a>,
}

/// What execution decides of a block.
pub(crate) struct Outcome {
    pub(crate) receipts: Vec<ReceiptEnvelope>,
    /// The receipts as they enter the trie.
    pub(crate) encoded_receipts: Vec<Vec<u8>>,
    pub(crate) receipts_root: B256,
    pub(crate) logs_bloom: Bloom,
    pub(crate) gas_used: u64,
    pub(crate) blob_gas_used: u64,
    pub(crate) requests_hash: Option<B256>,
    pub(crate) state_root: B256,
    pub(crate) created: Vec<Vec<u8>>,
}

impl<'a> Run<'a> {
    /// Takes the block's environment from its header, of which only what is known before
    /// execution counts, and runs the system calls at its begin.
    pub(crate) fn start(
        spec: &ChainSpec,
        parent: &Header,
        header: &Header,
        derived: &Derived,
        preimages: &'a dyn Preimages,
    ) -> Result<Self, Error> {
        let (number, hash) = (parent.number, header.parent_hash);
        let ancestors = Ancestors::new(preimages, number, hash, parent.parent_hash);
        let state = State::new(preimages, parent.state_root, ancestors);
        let rules =
            Rules { fork: derived.fork, deposit_contract: convert::address(spec.deposit_contract) };
        let context = EthBlockExecutionCtx {
            parent_hash: header.parent_hash,
            parent_beacon_block_root: header.parent_beacon_block_root,
            ommers: &[],
            withdrawals: None,
            extra_data: header.extra_data.clone(),
            tx_count_hint: None,
            slot_number: None,
        };
        let evm = BlockEvm::new(state, environment(spec, rules, header, derived));
        let mut run = Self { inner: EthBlockExecutor::new(evm, context, rules, Receipts) };
        let started = run.inner.apply_pre_execution_changes();
        run.settle(started)?;
        Ok(run)
    }

    /// Gas that the block has left.
    pub(crate) fn gas_left(&self) -> u64 {
        let limit = self.inner.evm.block().gas_limit;
        limit.saturating_sub(self.inner.cumulative_tx_gas_used)
    }

    /// Runs a transaction, or refuses it and leaves no trace of it.
    pub(crate) fn transact(&mut self, signed: &Signed) -> Result<Result<(), Refusal>, Error> {
        let chain_id = self.inner.evm.chain_id();
        let sender = transaction::check_type(signed, self.inner.spec.fork)
            .and_then(|()| transaction::check_before_recovery(signed, chain_id, self.gas_left()))
            .and_then(|()| transaction::recover(signed));
        let recovered = match sender {
            Ok(recovered) => recovered,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.check_set_code(signed, recovered.signer())? {
            return Ok(Err(refusal));
        }
        match self.inner.execute_transaction(recovered) {
            Ok(_) => self.no_failure().map(Ok),
            Err(error) => {
                self.no_failure()?;
                match transaction::refusal(&error) {
                    Some(refusal) => Ok(Err(refusal)),
                    None => Err(Error::Inputs(format!("the EVM cannot run: {error}"))),
                }
            }
        }
    }

    /// Every authorization costs a signature recovery before the EVM looks at the sender,
    /// so a sender that cannot pay is refused first: such a candidate pays nothing.
    fn check_set_code(
        &mut self,
        signed: &Signed,
        sender: Address,
    ) -> Result<Result<(), Refusal>, Error> {
        if signed.authorization_list().is_none() {
            return Ok(Ok(()));
        }
        let account = self.inner.evm.db_mut().account(sender)?;
        let (nonce, balance) = account.map_or((0, U256::ZERO), |info| (info.nonce, info.balance));
        let price = U256::from(signed.max_fee_per_gas());
        let cost = price.saturating_mul(U256::from(signed.gas_limit()));
        Ok(if signed.nonce() != nonce {
            Err(SkipReason::Nonce.into())
        } else if cost.saturating_add(signed.value()) > balance {
            Err(SkipReason::Funds.into())
        } else {
            Ok(())
        })
    }

    /// Runs what comes after the transactions and computes the roots.
    pub(crate) fn finish(mut self, withdrawals: &[Withdrawal]) -> Result<Outcome, Error> {
        for withdrawal in withdrawals {
            let amount = withdrawal.amount_wei();
            self.inner.evm.db_mut().credit(withdrawal.address, amount)?;
        }
        let requests_hash = match self.inner.spec.fork {
            Fork::Prague => Some(self.requests()?.hash()),
            Fork::Paris | Fork::Shanghai | Fork::Cancun => None,
        };
        let mut created = Vec::new();
        let state_root = self.inner.evm.db_mut().root(&mut created)?;
        let receipts = self.inner.receipts;
        let encoded_receipts: Vec<_> = receipts.iter().map(Encodable2718::encoded_2718).collect();
        Ok(Outcome {
            receipts_root: ordered_trie_root_encoded(&encoded_receipts),
            logs_bloom: receipts.iter().fold(Bloom::ZERO, |all, receipt| all | receipt.bloom()),
            receipts,
            encoded_receipts,
            gas_used: self.inner.cumulative_tx_gas_used,
            blob_gas_used: self.inner.blob_gas_used,
            requests_hash,
            state_root,
            created,
        })
    }

    fn requests(&mut self) -> Result<Requests, Error> {
        let mut requests = Requests::default();
        let contract = self.inner.spec.deposit_contract;
        let deposits = requests::deposits(contract, &self.inner.receipts)?;
        requests.push(requests::DEPOSIT, &deposits);

        self.must_have_code(WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS)?;
        let Inner { system_caller, evm, .. } = &mut self.inner;
        let withdrawals = system_caller.apply_withdrawal_requests_contract_call(evm);
        requests.push(requests::WITHDRAWAL, &self.settle(withdrawals)?);

        self.must_have_code(CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS)?;
        let Inner { system_caller, evm, .. } = &mut self.inner;
        let consolidations = system_caller.apply_consolidation_requests_contract_call(evm);
        requests.push(requests::CONSOLIDATION, &self.settle(consolidations)?);
        Ok(requests)
    }

    fn must_have_code(&mut self, contract: Address) -> Result<(), Error> {
        let account = self.inner.evm.db_mut().account(contract)?;
        if account.is_none_or(AccountInfo::is_empty_code_hash) {
            return Err(Error::SystemContract(format!("{contract} has no code")));
        }
        Ok(())
    }

    /// The result of a system call.
    fn settle<T>(&mut self, result: Result<T, BlockExecutionError>) -> Result<T, Error> {
        self.no_failure()?;
        result.map_err(|error| Error::SystemContract(error.to_string()))
    }

    fn no_failure(&mut self) -> Result<(), Error> {
        match self.inner.evm.db_mut().take_failure() {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

fn environment(spec: &ChainSpec, rules: Rules, header: &Header, derived: &Derived) -> EvmEnv {
    let blob_excess_gas_and_price = derived.blobs.map(|(params, excess_blob_gas)| {
        let (excess, fraction) = (excess_blob_gas.into(), params.update_fraction.into());
        BlobExcessGasAndPrice {
            excess_blob_gas,
            blob_gasprice: fake_exponential(1, excess, fraction),
        }
    });
    let block = BlockEnv {
        number: U256::from(derived.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: derived.base_fee,
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price,
        slot_num: 0,
    };
    let cfg = CfgEnv::new_with_spec(rules.spec_id()).with_chain_id(spec.chain_id.0);
    EvmEnv::new(cfg, block)
}
