//! A chain in memory: a genesis state with many accounts, and blocks on top.

use tern_protocol::{Address, BlockInputs, ChainId, Hash, Timestamp, Word};
use tern_stf::{
    ChainSpec, Error, Execution, Executor, GenesisAccount, Header, PreimageSet, Recorder, Witness,
    check_genesis_accounts, system_accounts,
};

use crate::{Key, Kind, kinds};

/// A chain that only exists in memory.
#[derive(Clone)]
pub struct Chain {
    spec: ChainSpec,
    keys: Vec<Key>,
    accounts: Vec<GenesisAccount>,
    archive: PreimageSet,
    head: Header,
    head_hash: Hash,
}

/// The development chain id of everything in this crate.
const CHAIN_ID: ChainId = ChainId(7357);

impl Chain {
    /// A chain whose genesis holds Prague's system contracts, the contracts of [`Kind`],
    /// and `accounts` funded accounts, the first of which belong to `keys` keys.
    ///
    /// `first` computes the genesis state and seals block 0; any executor gives the same.
    pub fn new(first: &dyn Executor, accounts: usize, keys: usize) -> Result<Self, Error> {
        let keys: Vec<_> = (1..=keys as u64).map(Key::dev).collect();
        let holders: Vec<_> = keys.iter().map(Key::address).collect();
        let mut all = system_accounts();
        all.extend(kinds::contracts(&holders));
        let balance = Word::from_u64(10u64.pow(19));
        let others = (keys.len()..accounts).map(stranger);
        all.extend(holders.iter().copied().chain(others).map(|address| GenesisAccount {
            address,
            balance,
            ..GenesisAccount::default()
        }));
        let spec = ChainSpec::rollup(CHAIN_ID);
        check_genesis_accounts(&spec, &all)?;
        let state = first.genesis_state(&all)?;
        let mut archive = PreimageSet::new(tern_protocol::keccak256);
        archive.extend(state.created);
        let head = genesis_header(state.root);
        let head_hash = archive.insert(encode_header(&head));
        Ok(Self { spec, keys, accounts: all, archive, head, head_hash })
    }

    /// Its rules.
    pub const fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// One of its keys; they repeat when there are fewer.
    pub fn key(&self, at: usize) -> &Key {
        &self.keys[at % self.keys.len()]
    }

    /// The address of one of its funded accounts that has no key, or of none at all if
    /// there are fewer.
    pub fn stranger(&self, at: usize) -> Address {
        stranger(self.keys.len() + at)
    }

    /// The accounts of block 0.
    pub fn genesis(&self) -> &[GenesisAccount] {
        &self.accounts
    }

    /// The newest block's header.
    pub const fn head(&self) -> &Header {
        &self.head
    }

    /// The newest block's hash.
    pub const fn head_hash(&self) -> Hash {
        self.head_hash
    }

    /// Everything known of the chain.
    pub const fn archive(&self) -> &PreimageSet {
        &self.archive
    }

    /// The inputs of a next block with the given candidates.
    pub fn inputs(&self, candidates: Vec<tern_protocol::Candidate>) -> BlockInputs {
        BlockInputs {
            timestamp: Timestamp(self.head.timestamp + 1),
            gas_limit: self.head.gas_limit,
            beneficiary: Address([0xfe; 20]),
            prev_randao: Hash([0x44; 32]),
            extra_data: b"tern".to_vec(),
            parent_beacon_block_root: Hash([0x55; 32]),
            withdrawals: Vec::new(),
            candidates,
        }
    }

    /// The inputs of a next block of one kind.
    pub fn inputs_of(&self, kind: Kind, count: usize) -> BlockInputs {
        self.inputs(kind.candidates(self, count))
    }

    /// Makes an executed block the newest one.
    pub fn append(&mut self, execution: Execution) {
        self.archive.extend(execution.created);
        self.archive.insert(execution.header_rlp);
        self.head = execution.header;
        self.head_hash = execution.hash;
    }

    /// The smallest witness with which every given executor can check a block: the union
    /// of what each asked for.
    pub fn witness(&self, executors: &[&dyn Executor], block: &[u8]) -> Result<Witness, Error> {
        let recorder = Recorder::new(&self.archive);
        for executor in executors {
            executor.check(&self.spec, block, &recorder)?;
        }
        let set = recorder.into_preimages(tern_protocol::keccak256);
        let mut nodes: Vec<_> = set.iter().map(|(_, bytes)| bytes.to_vec()).collect();
        nodes.sort();
        Ok(Witness { nodes, ..Witness::default() })
    }
}

fn stranger(at: usize) -> Address {
    let hash = tern_protocol::keccak256(&(at as u64).to_be_bytes());
    Address::from_slice(&hash.0[12..]).expect("20 of 32 bytes are left")
}

fn genesis_header(state_root: Hash) -> Header {
    let empty_root = alloy_consensus::EMPTY_ROOT_HASH.0.into();
    Header {
        parent_hash: Hash::ZERO,
        ommers_hash: alloy_consensus::EMPTY_OMMER_ROOT_HASH.0.into(),
        beneficiary: Address::ZERO,
        state_root,
        transactions_root: empty_root,
        receipts_root: empty_root,
        logs_bloom: [0; 256],
        difficulty: Word::ZERO,
        number: 0,
        gas_limit: 30_000_000,
        gas_used: 0,
        timestamp: 0,
        extra_data: Vec::new(),
        prev_randao: Hash::ZERO,
        nonce: [0; 8],
        base_fee_per_gas: 1_000_000_000,
        withdrawals_root: Some(empty_root),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(Hash::ZERO),
        requests_hash: Some(alloy_eips::eip7685::EMPTY_REQUESTS_HASH.0.into()),
    }
}

fn encode_header(header: &Header) -> Vec<u8> {
    let hash = |hash: Hash| alloy_primitives::B256::from(hash.0);
    let header = alloy_consensus::Header {
        parent_hash: hash(header.parent_hash),
        ommers_hash: hash(header.ommers_hash),
        beneficiary: header.beneficiary.0.into(),
        state_root: hash(header.state_root),
        transactions_root: hash(header.transactions_root),
        receipts_root: hash(header.receipts_root),
        gas_limit: header.gas_limit,
        timestamp: header.timestamp,
        base_fee_per_gas: Some(header.base_fee_per_gas),
        withdrawals_root: header.withdrawals_root.map(hash),
        blob_gas_used: header.blob_gas_used,
        excess_blob_gas: header.excess_blob_gas,
        parent_beacon_block_root: header.parent_beacon_block_root.map(hash),
        requests_hash: header.requests_hash.map(hash),
        ..alloy_consensus::Header::default()
    };
    let mut out = Vec::new();
    alloy_rlp::Encodable::encode(&header, &mut out);
    out
}
