mod against_revm;
mod vectors;

use tern_stf::Fork;

use super::*;

const FORKS: [Fork; 4] = [Fork::Paris, Fork::Shanghai, Fork::Cancun, Fork::Prague];

fn address(last: u8) -> [u8; 20] {
    let mut address = [0; 20];
    address[19] = last;
    address
}

#[test]
fn every_address_has_a_contract_and_no_other() {
    for (fork, count) in FORKS.into_iter().zip([9, 9, 10, 17]) {
        let all: Vec<_> = addresses(fork).collect();
        let expected: Vec<_> = (1..=count).map(address).collect();
        assert_eq!(all, expected);
        for last in 0..=255 {
            let found = lookup(fork, &address(last));
            assert_eq!(found.is_some(), all.contains(&address(last)), "{fork} {last}");
            for byte in 0..19 {
                let mut other = address(last);
                other[byte] = 1;
                assert_eq!(lookup(fork, &other), None);
            }
        }
    }
}

#[test]
fn the_map_starts_at_ecrecover_and_ends_at_the_map_to_g2() {
    assert_eq!(lookup(Fork::Paris, &address(1)), Some(Precompile::EcRecover));
    assert_eq!(lookup(Fork::Paris, &address(9)), Some(Precompile::Blake2F));
    assert_eq!(lookup(Fork::Cancun, &address(10)), Some(Precompile::PointEvaluation));
    assert_eq!(lookup(Fork::Prague, &address(17)), Some(Precompile::BlsMapG2));
}

/// EIP-2565 and EIP-152 must charge before they work.
#[test]
fn what_is_not_paid_for_is_not_done() {
    let mut rounds = [0; 213];
    rounds[..4].fill(0xff);
    assert_eq!(Precompile::Blake2F.run(&rounds, u64::from(u32::MAX) - 1), Err(Failure));

    let mut lengths = [0; 96];
    for at in [24, 56, 88] {
        lengths[at] = 0x7f;
    }
    assert_eq!(Precompile::ModExp.run(&lengths, u64::MAX), Err(Failure));
    lengths[24] = 0;
    lengths[28] = 0xff;
    assert_eq!(Precompile::ModExp.run(&lengths, u64::MAX), Err(Failure));
}
