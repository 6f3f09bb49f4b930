//! An executor that knows one test's answers by heart, and can be told to err.

use std::{collections::HashMap, sync::Mutex};

use serde_json::Value;
use tern_protocol::{BlockInputs, Hash, keccak256};
use tern_stf::{
    ChainSpec, Error, Execution, Executor, GenesisAccount, GenesisState, Header, Need, Preimages,
};

/// How it errs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    AcceptsWrong,
    RejectsRight,
    PanicsOnRight,
    PanicsOnWrong,
    MissesNodeOnWrong,
    WrongHash,
    WrongHeaderRlp,
    WrongField,
    WrongBlock,
    WrongGenesis,
}

/// The executor.
pub(crate) struct Recorded {
    name: &'static str,
    fault: Fault,
    root: Hash,
    headers: HashMap<Vec<u8>, Header>,
    seen: Mutex<Option<ChainSpec>>,
}

impl Recorded {
    pub(crate) fn new(name: &'static str, case: &Value, fault: Fault) -> Self {
        let blocks = case["blocks"].as_array().expect("the case has blocks");
        let known = |block: &Value| {
            let header = block.get("blockHeader")?;
            Some((bytes(&block["rlp"]), parse(header)))
        };
        Self {
            name,
            fault,
            root: hash(&case["genesisBlockHeader"]["stateRoot"]),
            headers: blocks.iter().filter_map(known).collect(),
            seen: Mutex::new(None),
        }
    }

    /// The rules it was last asked to follow.
    pub(crate) fn last_spec(&self) -> Option<ChainSpec> {
        self.seen.lock().expect("nothing panics while it is held").clone()
    }

    fn on_wrong(&self, block: &[u8]) -> Result<Execution, Error> {
        let wrong = Error::Inputs("not recorded".into());
        match self.fault {
            Fault::PanicsOnWrong => panic!("on purpose"),
            Fault::MissesNodeOnWrong => Err(Error::missing(Need::Node, Hash::ZERO)),
            Fault::AcceptsWrong => {
                let any = self.headers.values().next().ok_or(wrong)?;
                Ok(execution(block, any.clone()))
            }
            _ => Err(wrong),
        }
    }
}

impl Executor for Recorded {
    fn name(&self) -> &str {
        self.name
    }

    fn build(
        &self,
        _: &ChainSpec,
        _: Hash,
        _: &BlockInputs,
        _: &dyn Preimages,
    ) -> Result<Execution, Error> {
        unreachable!("block tests only check")
    }

    fn check(&self, spec: &ChainSpec, block: &[u8], _: &dyn Preimages) -> Result<Execution, Error> {
        *self.seen.lock().expect("nothing panics while it is held") = Some(spec.clone());
        let Some(header) = self.headers.get(block) else {
            return self.on_wrong(block);
        };
        let mut right = execution(block, header.clone());
        match self.fault {
            Fault::RejectsRight => return Err(Error::Inputs("no".into())),
            Fault::PanicsOnRight => panic!("on purpose"),
            Fault::WrongHash => right.hash = Hash::ZERO,
            Fault::WrongHeaderRlp => right.header_rlp.push(0),
            Fault::WrongField => right.header.gas_used += 1,
            Fault::WrongBlock => right.block.push(0),
            _ => {}
        }
        Ok(right)
    }

    fn genesis_state(&self, _: &[GenesisAccount]) -> Result<GenesisState, Error> {
        let root = if self.fault == Fault::WrongGenesis { Hash::ZERO } else { self.root };
        Ok(GenesisState { root, created: Vec::new() })
    }
}

fn execution(block: &[u8], header: Header) -> Execution {
    let header_rlp = first_item(payload(block)).to_vec();
    Execution {
        hash: keccak256(&header_rlp),
        header,
        header_rlp,
        block: block.to_vec(),
        receipts: Vec::new(),
        skipped: Vec::new(),
        created: Vec::new(),
    }
}

/// What follows the prefix of a long list.
fn payload(list: &[u8]) -> &[u8] {
    &list[1 + usize::from(list[0] - 0xf7)..]
}

/// The long list at the beginning, with its prefix.
fn first_item(items: &[u8]) -> &[u8] {
    let size = usize::from(items[0] - 0xf7);
    let length = items[1..=size].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    &items[..1 + size + length]
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("bytes are text");
    hex::decode(text.trim_start_matches("0x")).expect("bytes are hexadecimal")
}

fn hash(value: &Value) -> Hash {
    Hash::from_slice(&bytes(value)).expect("a hash has 32 bytes")
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().expect("numbers are text");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("numbers are hexadecimal")
}

fn parse(json: &Value) -> Header {
    let array = |value: &Value| bytes(value).try_into().ok();
    Header {
        parent_hash: hash(&json["parentHash"]),
        ommers_hash: hash(&json["uncleHash"]),
        beneficiary: array(&json["coinbase"]).map(tern_protocol::Address).expect("20 bytes"),
        state_root: hash(&json["stateRoot"]),
        transactions_root: hash(&json["transactionsTrie"]),
        receipts_root: hash(&json["receiptTrie"]),
        logs_bloom: bytes(&json["bloom"]).try_into().expect("256 bytes"),
        difficulty: tern_protocol::Word::ZERO,
        number: number(&json["number"]),
        gas_limit: number(&json["gasLimit"]),
        gas_used: number(&json["gasUsed"]),
        timestamp: number(&json["timestamp"]),
        extra_data: bytes(&json["extraData"]),
        prev_randao: hash(&json["mixHash"]),
        nonce: bytes(&json["nonce"]).try_into().expect("8 bytes"),
        base_fee_per_gas: number(&json["baseFeePerGas"]),
        withdrawals_root: Some(hash(&json["withdrawalsRoot"])),
        blob_gas_used: Some(number(&json["blobGasUsed"])),
        excess_blob_gas: Some(number(&json["excessBlobGas"])),
        parent_beacon_block_root: Some(hash(&json["parentBeaconBlockRoot"])),
        requests_hash: Some(hash(&json["requestsHash"])),
    }
}
