//! What derivation promises, and the vectors of `spec/`.

use proptest::prelude::*;
use tern_codec::{BatchData, DataError, encode_plain, pack};
use tern_derive::{Batch, DataBytes, DeriveError, derive, forced_gas_capacity};
use tern_protocol::{
    Address, Anchor, BatchAcc, BatchHeader, BatchIndex, BatchLimits, BlockNumber, ChainId, DataRef,
    Deposit, Forced, Gwei, Hash, HeaderError, QueueIndex, RollupConfig, Timestamp,
};

mod vectors;

fn config() -> RollupConfig {
    RollupConfig {
        chain_id: ChainId(7357),
        l1_chain_id: ChainId(31337),
        inbox: Address([1; 20]),
        genesis_hash: Hash([2; 32]),
        gas_limit: 30_000_000,
        fee_recipient: Address([3; 20]),
        extra_data: b"tern".to_vec(),
        limits: BatchLimits {
            blocks: 8,
            anchors: 2,
            blobs: 6,
            decoded_bytes: 100,
            transactions: 5,
            deposits: 3,
            forced: 4,
            forced_bytes: 50,
            forced_gas: 10_000_000,
        },
    }
}

fn header(block_count: u16) -> BatchHeader {
    BatchHeader {
        parent: BatchAcc(Hash([4; 32])),
        index: BatchIndex(9),
        block_count,
        first_timestamp: Timestamp(1_000),
        time_step: 2,
        deposits: 0,
        forced: 0,
        anchors: vec![Anchor { from_block: 0, number: 77, hash: Hash([5; 32]) }],
        data: DataRef::Calldata(Hash([6; 32])),
    }
}

fn batch<'a>(header: &'a BatchHeader, data: &'a [u8]) -> Batch<'a> {
    Batch {
        header,
        first_block: BlockNumber(100),
        data: DataBytes::Calldata(data),
        first_deposit: QueueIndex(40),
        deposits: &[],
        forced: &[],
    }
}

fn data(blocks: Vec<Vec<Vec<u8>>>) -> Vec<u8> {
    encode_plain(&BatchData { blocks })
}

#[test]
fn the_header_fixes_time_number_anchor_and_configuration() {
    let mut header = header(3);
    header.anchors.push(Anchor { from_block: 2, number: 78, hash: Hash([7; 32]) });
    let bytes = data(vec![vec![], vec![vec![1]], vec![]]);
    let derived = derive(&config(), &batch(&header, &bytes)).expect("valid");
    assert_eq!(derived.dropped, None);
    let times: Vec<_> = derived.blocks.iter().map(|block| block.timestamp.0).collect();
    assert_eq!(times, [1_000, 1_002, 1_004]);
    let anchors: Vec<_> =
        derived.blocks.iter().map(|block| block.parent_beacon_block_root).collect();
    assert_eq!(anchors, [Hash([5; 32]), Hash([5; 32]), Hash([7; 32])]);
    for block in &derived.blocks {
        assert_eq!(block.gas_limit, 30_000_000);
        assert_eq!(block.beneficiary, Address([3; 20]));
        assert_eq!(block.extra_data, b"tern");
    }
    let mut randao: Vec<_> = derived.blocks.iter().map(|block| block.prev_randao).collect();
    randao.dedup();
    assert_eq!(randao.len(), 3, "each block has its own prevRandao");
}

#[test]
fn deposits_come_in_the_first_block_with_their_index() {
    let mut header = header(2);
    header.deposits = 2;
    let deposits = [1, 2].map(|n| Deposit { to: Address([n; 20]), amount: Gwei(u64::from(n)) });
    let bytes = data(vec![vec![], vec![]]);
    let batch = Batch { deposits: &deposits, ..batch(&header, &bytes) };
    let derived = derive(&config(), &batch).expect("valid");
    let first = &derived.blocks[0].withdrawals;
    assert_eq!(first.iter().map(|w| w.index).collect::<Vec<_>>(), [40, 41]);
    assert!(first.iter().all(|w| w.validator_index == 0));
    assert!(derived.blocks[1].withdrawals.is_empty());
}

#[test]
fn forced_transactions_come_first_from_the_second_block_on() {
    let mut header = header(2);
    header.forced = 1;
    let forced = [Forced { raw: vec![9], gas: 21_000 }];
    let bytes = data(vec![vec![vec![1]], vec![vec![2]]]);
    let batch = Batch { forced: &forced, ..batch(&header, &bytes) };
    let derived = derive(&config(), &batch).expect("valid");
    let raws = |at: usize| -> Vec<_> {
        derived.blocks[at].candidates.iter().map(|c| (c.raw[0], c.forced_gas)).collect()
    };
    assert_eq!(raws(0), [(1, None)]);
    assert_eq!(raws(1), [(9, Some(21_000)), (2, None)]);
}

#[test]
fn a_block_takes_no_more_forced_gas_than_it_holds() {
    let mut header = header(3);
    header.forced = 4;
    let forced =
        [10_000_000, 10_000_000, 10_000_000, 10_000_000].map(|gas| Forced { raw: vec![], gas });
    let batch = Batch { forced: &forced, ..batch(&header, &[]) };
    let derived = derive(&config(), &batch).expect("fits");
    let counts: Vec<_> = derived.blocks.iter().map(|block| block.candidates.len()).collect();
    assert_eq!(counts, [0, 3, 1]);
}

#[test]
fn malformed_data_drops_the_sequencers_transactions_and_nothing_else() {
    let mut header = header(2);
    header.deposits = 1;
    header.forced = 1;
    let deposits = [Deposit { to: Address([1; 20]), amount: Gwei(5) }];
    let forced = [Forced { raw: vec![9], gas: 21_000 }];
    let good = data(vec![vec![vec![1]], vec![vec![2]]]);
    for bad in [&good[..good.len() - 1], &[], &[2, 0], &[1, 9, 0, 0]] {
        let batch = Batch { deposits: &deposits, forced: &forced, ..batch(&header, bad) };
        let derived = derive(&config(), &batch).expect("valid");
        assert!(matches!(derived.dropped, Some(DataError::Format(_))), "{bad:?}");
        assert_eq!(derived.blocks.len(), 2);
        assert_eq!(derived.blocks[0].withdrawals.len(), 1);
        assert!(derived.blocks[0].candidates.is_empty());
        assert_eq!(derived.blocks[1].candidates.len(), 1);
    }
}

#[test]
fn a_batch_without_data_derives_its_blocks() {
    let header = BatchHeader { data: DataRef::None, ..header(4) };
    let derived = derive(&config(), &batch(&header, &[0xff; 7])).expect("valid");
    assert_eq!((derived.blocks.len(), derived.dropped), (4, None));
}

fn in_blobs(hashes: usize) -> BatchHeader {
    BatchHeader { data: DataRef::Blobs(vec![Hash::ZERO; hashes]), ..header(2) }
}

#[test]
fn blobs_and_calldata_derive_the_same() {
    let bytes = data(vec![vec![vec![1]], vec![vec![2]]]);
    let blobs = pack(&bytes).expect("it fits");
    let blobs = [blobs[0].as_slice()];
    let (blob_header, header) = (in_blobs(1), header(2));
    let of_blobs = Batch { data: DataBytes::Blobs(&blobs), ..batch(&blob_header, &[]) };
    let derived = derive(&config(), &of_blobs).expect("valid");
    assert_eq!(derived.dropped, None);
    assert_eq!(Ok(derived), derive(&config(), &batch(&header, &bytes)));
}

#[test]
fn malformed_packing_drops_the_sequencers_transactions() {
    let mut blob = pack(&data(vec![vec![vec![1]], vec![]])).expect("it fits")[0];
    blob[0] = 0x40;
    let header = in_blobs(1);
    let batch = Batch { data: DataBytes::Blobs(&[&blob]), ..batch(&header, &[]) };
    let derived = derive(&config(), &batch).expect("valid");
    assert!(matches!(derived.dropped, Some(DataError::Packing(_))), "{derived:?}");
    assert!(derived.blocks.iter().all(|block| block.candidates.is_empty()));
}

#[test]
fn data_of_another_kind_than_the_headers_is_the_callers_mistake() {
    let blob = pack(&[]).expect("it fits")[0];
    let (calldata, one, two) = (header(2), in_blobs(1), in_blobs(2));
    let cases = [
        (&calldata, DataBytes::None),
        (&calldata, DataBytes::Blobs(&[&blob])),
        (&one, DataBytes::Calldata(&[])),
        (&one, DataBytes::Blobs(&[])),
        (&one, DataBytes::Blobs(&[&blob[1..]])),
        (&two, DataBytes::Blobs(&[&blob])),
    ];
    for (header, data) in cases {
        let result = derive(&config(), &Batch { data, ..batch(header, &[]) });
        assert!(matches!(result, Err(DeriveError::Data { .. })), "{:?}", header.data);
    }
}

#[test]
fn decoded_bytes_at_below_and_above_the_bound() {
    let header = header(1);
    // One block, one transaction: three bytes around the transaction's own for 97 bytes.
    let sized = |len: usize| data(vec![vec![vec![7; len]]]);
    for (len, fits) in [(97, true), (98, true), (99, false)] {
        let bytes = sized(len);
        let derived = derive(&config(), &batch(&header, &bytes)).expect("valid");
        let expected = (!fits).then_some(DataError::Bytes { limit: 100 });
        assert_eq!(derived.dropped, expected, "{} decoded bytes", bytes.len() - 2);
        assert_eq!(derived.blocks[0].candidates.len(), usize::from(fits));
    }
}

#[test]
fn transactions_at_below_and_above_the_bound() {
    let header = header(2);
    for (count, fits) in [(3, true), (4, true), (5, false)] {
        // One more in the first block.
        let bytes = data(vec![vec![vec![1]], vec![vec![2]; count]]);
        let derived = derive(&config(), &batch(&header, &bytes)).expect("valid");
        let expected = (!fits).then_some(DataError::Transactions { limit: 5 });
        assert_eq!(derived.dropped, expected, "{} transactions", count + 1);
    }
}

#[test]
fn withdrawals_at_below_and_above_the_bound() {
    for (count, fits) in [(2u16, true), (3, true), (4, false)] {
        let header = BatchHeader { deposits: count, ..header(1) };
        let deposits = vec![Deposit { to: Address([1; 20]), amount: Gwei(1) }; count.into()];
        let batch = Batch { deposits: &deposits, ..batch(&header, &[]) };
        let error = HeaderError::Count { what: "deposits", got: count.into(), min: 0, max: 3 };
        match derive(&config(), &batch) {
            Ok(derived) => {
                assert!(fits && derived.blocks[0].withdrawals.len() == usize::from(count));
            }
            Err(got) => assert!(!fits && got == DeriveError::Header(error)),
        }
    }
}

#[test]
fn forced_gas_at_below_and_above_the_bounds() {
    let capacity = forced_gas_capacity(&config(), 2);
    assert_eq!(capacity, 20_000_000);
    for (last, fits) in [(9_999_999, true), (10_000_000, true), (10_000_001, false)] {
        let header = BatchHeader { forced: 2, ..header(2) };
        let forced = [10_000_000, last].map(|gas| Forced { raw: vec![], gas });
        let result = derive(&config(), &Batch { forced: &forced, ..batch(&header, &[]) });
        let limit = 10_000_000;
        let error = DeriveError::ForcedGas { index: 1, got: last, limit };
        assert_eq!(result.err(), (!fits).then_some(error));
    }
    for (last, fits) in [(0, true), (1, false)] {
        let header = BatchHeader { forced: 3, ..header(2) };
        let forced = [10_000_000, 10_000_000, last].map(|gas| Forced { raw: vec![], gas });
        let result = derive(&config(), &Batch { forced: &forced, ..batch(&header, &[]) });
        let error = DeriveError::ForcedCapacity { got: 20_000_001, limit: 20_000_000 };
        assert_eq!(result.err(), (!fits).then_some(error));
    }
}

#[test]
fn forced_gas_beyond_64_bits_is_counted() {
    let mut config = config();
    config.gas_limit = (1 << 63) - 1;
    config.limits = BatchLimits { forced_gas: 1 << 62, forced: 10, blocks: 10, ..config.limits };
    let header = BatchHeader { forced: 10, ..header(10) };
    let forced = vec![Forced { raw: vec![], gas: 1 << 62 }; 10];
    let result = derive(&config, &Batch { forced: &forced, ..batch(&header, &[]) });
    assert!(matches!(result, Err(DeriveError::ForcedCapacity { .. })), "{result:?}");
}

#[test]
fn forced_bytes_at_and_above_the_bound() {
    for (len, fits) in [(49, true), (50, true), (51, false)] {
        let header = BatchHeader { forced: 1, ..header(2) };
        let forced = [Forced { raw: vec![0; len], gas: 1 }];
        let result = derive(&config(), &Batch { forced: &forced, ..batch(&header, &[]) });
        let error = DeriveError::ForcedBytes { got: len, limit: 50 };
        assert_eq!(result.err(), (!fits).then_some(error));
    }
}

#[test]
fn headers_that_l1_refuses_are_refused_with_the_reason() {
    type Change = fn(&mut BatchHeader);
    let count = |what, got, min, max| HeaderError::Count { what, got, min, max };
    let cases: [(Change, HeaderError); 11] = [
        (|h| h.block_count = 0, count("blocks", 0, 1, 8)),
        (|h| h.block_count = 9, count("blocks", 9, 1, 8)),
        (|h| h.anchors.clear(), count("anchors", 0, 1, 2)),
        (|h| h.anchors = vec![h.anchors[0]; 3], count("anchors", 3, 1, 2)),
        (|h| h.data = DataRef::Blobs(vec![]), count("blobs", 0, 1, 6)),
        (|h| h.data = DataRef::Blobs(vec![Hash::ZERO; 7]), count("blobs", 7, 1, 6)),
        (|h| h.time_step = 0, HeaderError::Time),
        (|h| h.first_timestamp = Timestamp(u64::MAX - 1), HeaderError::Time),
        (|h| h.anchors[0].from_block = 1, HeaderError::AnchorOrder(0)),
        (
            |h| h.anchors.push(Anchor { from_block: 1, number: 77, hash: Hash::ZERO }),
            HeaderError::AnchorOrder(1),
        ),
        (|h| (h.block_count, h.forced) = (1, 1), HeaderError::ForcedNeedsTwoBlocks),
    ];
    for (change, expected) in cases {
        let mut header = header(2);
        change(&mut header);
        let result = derive(&config(), &batch(&header, &[]));
        assert_eq!(result.err(), Some(DeriveError::Header(expected)));
    }
}

#[test]
fn entries_that_do_not_match_the_header_are_refused() {
    let header = BatchHeader { deposits: 1, ..header(2) };
    let result = derive(&config(), &batch(&header, &[]));
    assert_eq!(result.err(), Some(DeriveError::Entries { what: "deposits", expected: 1, got: 0 }));
}

proptest! {
    #[test]
    fn every_byte_string_derives_exactly_block_count_blocks(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        versioned in any::<bool>(),
        block_count in 1u16..=8,
    ) {
        let mut bytes = bytes;
        if versioned {
            bytes.splice(0..0, [1, 0]);
        }
        let header = header(block_count);
        let derived = derive(&config(), &batch(&header, &bytes)).expect("the header is valid");
        prop_assert_eq!(derived.blocks.len(), usize::from(block_count));
        if derived.dropped.is_some() {
            prop_assert!(derived.blocks.iter().all(|block| block.candidates.is_empty()));
        }
    }

    #[test]
    fn forced_transactions_within_capacity_always_fit(
        gas in prop::collection::vec(21_000u64..=10_000_000, 0..=4),
        block_count in 2u16..=8,
    ) {
        let header = BatchHeader { forced: gas.len() as u16, ..header(block_count) };
        let forced: Vec<_> = gas.iter().map(|gas| Forced { raw: vec![1], gas: *gas }).collect();
        let total: u128 = gas.iter().map(|gas| u128::from(*gas)).sum();
        let result = derive(&config(), &Batch { forced: &forced, ..batch(&header, &[]) });
        if total <= forced_gas_capacity(&config(), block_count) {
            let derived = result.expect("it is within capacity");
            let placed: Vec<_> =
                derived.blocks.iter().flat_map(|block| &block.candidates).filter_map(|c| c.forced_gas).collect();
            prop_assert_eq!(placed, gas);
            for block in derived.blocks {
                let used: u64 = block.candidates.iter().filter_map(|c| c.forced_gas).sum();
                prop_assert!(used <= block.gas_limit);
            }
        } else {
            prop_assert!(result.is_err());
        }
    }
}
