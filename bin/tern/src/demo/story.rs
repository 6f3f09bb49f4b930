//! The chain that the demo executes: two batches with everything a rollup has to take.

use tern_codec::{BatchData, encode_plain};
use tern_derive::{Batch, DataBytes, Derived, derive};
use tern_protocol::{
    Anchor, BatchAcc, BatchHeader, BatchIndex, BatchLimits, BatchRecord, BlockNumber, ChainId,
    DataRef, Deposit, Forced, Gwei, Hash, QueueHead, RollupConfig, Timestamp, keccak256,
};
use tern_workload::{Chain, Key, Kind, Transaction};

use crate::failure::Failure;

/// A batch with what it consumes and what it derives.
pub(crate) struct Told {
    pub(crate) record: BatchRecord,
    pub(crate) deposits: Vec<Deposit>,
    pub(crate) forced: Vec<Forced>,
    pub(crate) derived: Derived,
}

/// The demo's chain settles nowhere: its L1 is only an id.
pub(crate) const L1_CHAIN: ChainId = ChainId(31_337);

pub(crate) fn config(chain: &Chain) -> RollupConfig {
    RollupConfig {
        chain_id: chain.spec().chain_id,
        l1_chain_id: L1_CHAIN,
        inbox: Key::dev(0x1b0c).address(),
        genesis_hash: chain.head_hash(),
        gas_limit: chain.head().gas_limit,
        fee_recipient: Key::dev(0xfee).address(),
        extra_data: b"tern demo".to_vec(),
        limits: BatchLimits {
            blocks: 64,
            anchors: 4,
            blobs: 6,
            decoded_bytes: 1 << 20,
            transactions: 4_096,
            deposits: 64,
            forced: 64,
            forced_bytes: 128 << 10,
            forced_gas: 5_000_000,
        },
    }
}

/// Two batches. In the first, somebody without anything on the chain deposits and is let
/// out by force; in the second the sequencer posts rubbish.
pub(crate) fn tell(chain: &Chain, config: &RollupConfig) -> Result<Vec<Told>, Failure> {
    let newcomer = Key::dev(0xdeb0);
    let exit = |nonce| {
        let chain_id = chain.spec().chain_id.0;
        let raw = Transaction::transfer(chain_id, nonce, chain.stranger(7), 1_000).sign(&newcomer);
        Forced { raw, gas: 100_000 }
    };
    let ether = Gwei(1_000_000_000);
    let deposit = |to| Deposit { to, amount: ether };

    let own = |kind: Kind, count| -> Vec<Vec<u8>> {
        kind.candidates(chain, count).into_iter().map(|candidate| candidate.raw).collect()
    };
    let blocks = vec![
        own(Kind::Transfers, 8),
        vec![],
        own(Kind::Tokens, 14).split_off(8),
        own(Kind::Storage, 16).split_off(14),
        own(Kind::Precompiles, 18).split_off(16),
    ];
    let first = told(
        config,
        None,
        5,
        &encode_plain(&BatchData { blocks }),
        vec![deposit(newcomer.address()), deposit(chain.stranger(3))],
        vec![exit(0), Forced { raw: b"not a transaction".to_vec(), gas: 50_000 }],
    )?;
    let second = told(
        config,
        Some(&first.record),
        3,
        b"\x01\x00 not what this format is",
        vec![deposit(chain.stranger(4))],
        vec![exit(1)],
    )?;
    Ok(vec![first, second])
}

fn told(
    config: &RollupConfig,
    before: Option<&BatchRecord>,
    block_count: u16,
    data: &[u8],
    deposits: Vec<Deposit>,
    forced: Vec<Forced>,
) -> Result<Told, Failure> {
    let index = before.map_or(0, |record| record.header.index.0 + 1);
    let header = BatchHeader {
        parent: before.map_or(BatchAcc::default(), BatchRecord::acc),
        index: BatchIndex(index),
        block_count,
        first_timestamp: Timestamp(1_000 + index * 100),
        time_step: 1,
        deposits: deposits.len() as u16,
        forced: forced.len() as u16,
        anchors: vec![Anchor { from_block: 0, number: 100 + index, hash: anchor(index) }],
        data: DataRef::Calldata(keccak256(data)),
    };
    let first_block = before.map_or(1, |r| r.first_block.0 + u64::from(r.header.block_count));
    let queues = before.map_or_else(Default::default, |r| (r.deposits.1, r.forced.1));
    let (deposit_head, forced_head): (QueueHead, QueueHead) = queues;
    let derived = derive(
        config,
        &Batch {
            header: &header,
            first_block: BlockNumber(first_block),
            data: DataBytes::Calldata(data),
            first_deposit: deposit_head.next,
            deposits: &deposits,
            forced: &forced,
        },
    )?;
    let record = BatchRecord {
        header,
        first_block: BlockNumber(first_block),
        deposits: (deposit_head, deposit_head.after_deposits(&deposits)),
        forced: (forced_head, forced_head.after_forced(&forced)),
    };
    Ok(Told { record, deposits, forced, derived })
}

fn anchor(index: u64) -> Hash {
    keccak256(format!("the demo's L1 block {index}").as_bytes())
}
