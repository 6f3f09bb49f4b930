#![no_main]
//! Every byte string derives exactly as many blocks as the header says.

use libfuzzer_sys::fuzz_target;
use tern_derive::{Batch, DataBytes, derive, forced_gas_capacity};
use tern_protocol::{
    Address, Anchor, BatchAcc, BatchHeader, BatchIndex, BatchLimits, BlockNumber, ChainId, DataRef,
    Deposit, Forced, Gwei, Hash, QueueIndex, RollupConfig, Timestamp,
};

fuzz_target!(|input: &[u8]| {
    let Some((&[blocks, deposits, forced, gas], data)) = input.split_first_chunk::<4>() else {
        return;
    };
    let config = RollupConfig {
        chain_id: ChainId(7357),
        l1_chain_id: ChainId(31337),
        inbox: Address::ZERO,
        genesis_hash: Hash::ZERO,
        gas_limit: 30_000_000,
        fee_recipient: Address::ZERO,
        extra_data: Vec::new(),
        limits: BatchLimits {
            blocks: 200,
            anchors: 1,
            blobs: 6,
            decoded_bytes: 1 << 14,
            transactions: 128,
            deposits: 100,
            forced: 100,
            forced_bytes: 1 << 10,
            forced_gas: 15_000_000,
        },
    };
    let header = BatchHeader {
        parent: BatchAcc::default(),
        index: BatchIndex(0),
        block_count: blocks.into(),
        first_timestamp: Timestamp(1),
        time_step: 1,
        deposits: deposits.into(),
        forced: forced.into(),
        anchors: vec![Anchor { from_block: 0, number: 1, hash: Hash([1; 32]) }],
        data: DataRef::Calldata(Hash::ZERO),
    };
    let deposits = vec![Deposit { to: Address::ZERO, amount: Gwei(1) }; deposits.into()];
    let forced_gas = u64::from(gas) << 16;
    let forced = vec![Forced { raw: vec![1], gas: forced_gas }; forced.into()];
    let batch = Batch {
        header: &header,
        first_block: BlockNumber(1),
        data: DataBytes::Calldata(data),
        first_deposit: QueueIndex(0),
        deposits: &deposits,
        forced: &forced,
    };
    if let Ok(derived) = derive(&config, &batch) {
        assert_eq!(derived.blocks.len(), usize::from(blocks));
        let placed = derived.blocks.iter().flat_map(|block| &block.candidates);
        assert_eq!(placed.filter(|c| c.forced_gas.is_some()).count(), forced.len());
        assert!(u128::from(forced_gas) * forced.len() as u128 <= forced_gas_capacity(&config, blocks.into()));
        assert_eq!(derived.blocks[0].withdrawals.len(), deposits.len());
    }
});
