//! Every planted fault is caught, and blamed on the right lane.

use std::time::Duration;

use tern_protocol::{BlockInputs, ChainId, Gwei, Hash, Timestamp, Withdrawal, keccak256};
use tern_stf::{ChainSpec, Disagreement, Error, PreimageSet, Subject};
use tern_stf_diff::{
    Options, Verdict,
    dev_faults::{DevFault, faulty},
    run,
};

use crate::lanes;

/// Where the lane stands whose rules can be replaced one by one.
const EVM: usize = 2;

/// No fault may hide for longer.
const BLOCKS: u64 = 400;

/// The first disagreement when the lane at this place has this fault.
fn caught(at: usize, fault: DevFault) -> (Disagreement, String) {
    let mut lanes = lanes::all();
    let wrong = faulty(lanes.remove(at), fault);
    let name = wrong.name().to_owned();
    lanes.insert(at, wrong);
    let options = Options {
        blocks_per_chain: 25,
        witness_every: 0,
        stop_after: 1,
        shrink_for: Duration::ZERO,
        ..Options::new(3_000, BLOCKS)
    };
    let mut report = run(&lanes::borrowed(&lanes), &options, &|_| {});
    assert!(!report.failures.is_empty(), "{fault}: not caught within {BLOCKS} blocks");
    match report.failures.swap_remove(0).verdict {
        Verdict::Apart { disagreement, .. } => (disagreement, name),
        other => panic!("{fault}: {other}"),
    }
}

/// What a fault must show in: a header field, or `None` for a candidate or a transaction.
fn field(fault: DevFault) -> Option<&'static str> {
    Some(match fault {
        DevFault::Withdrawals => "withdrawalsRoot",
        DevFault::BeaconRoot => "parentBeaconBlockRoot",
        DevFault::PrevRandao => "mixHash",
        DevFault::Beneficiary => "miner",
        DevFault::GasLimit => "gasLimit",
        DevFault::Timestamp => "timestamp",
        DevFault::ExtraData => "extraData",
        DevFault::Fork => "requestsHash",
        DevFault::BaseFee => "baseFeePerGas",
        DevFault::BranchOrder
        | DevFault::Tip
        | DevFault::BeaconRootCall
        | DevFault::HistoryCall
        | DevFault::WithdrawalUnit => "stateRoot",
        _ => return None,
    })
}

fn check(at: usize, fault: DevFault) {
    let (disagreement, name) = caught(at, fault);
    assert_eq!(disagreement.odd_one_out(), Some(name.as_str()), "{fault}: {disagreement}");
    match field(fault) {
        Some(field) => {
            assert!(disagreement.fields.contains(&field), "{fault}: {disagreement}");
        }
        None => {
            let inside =
                matches!(disagreement.subject, Subject::Candidate(_) | Subject::Transaction { .. });
            // Some change balances or storage only.
            let state = disagreement.fields.contains(&"stateRoot");
            assert!(inside || state, "{fault}: {disagreement}");
        }
    }
}

#[test]
fn every_fault_at_the_boundary_is_caught_in_every_lane() {
    for fault in DevFault::ALL.iter().filter(|fault| **fault < DevFault::BaseFee) {
        for at in 0..lanes::all().len() {
            check(at, *fault);
        }
    }
}

#[test]
fn every_deep_fault_is_caught() {
    DevFault::ALL
        .iter()
        .filter(|fault| **fault >= DevFault::BaseFee)
        .for_each(|fault| check(EVM, *fault));
}

#[test]
fn wrong_executors_refuse_production_chains() {
    for chain in [1, 10, 137, 8453, 42161, 11_155_111] {
        for fault in DevFault::ALL {
            let wrong = faulty(Box::new(lanes::evm()), *fault);
            assert!(wrong.name().contains("dev fault"), "{}", wrong.name());
            let spec = ChainSpec::prague(ChainId(chain));
            let none = PreimageSet::new(keccak256);
            let built = wrong.build(&spec, Hash::ZERO, &inputs(), &none);
            assert!(matches!(built, Err(Error::DevOnProduction { .. })), "{built:?}");
            let checked = wrong.check(&spec, &[], &none);
            assert!(matches!(checked, Err(Error::DevOnProduction { .. })), "{checked:?}");
        }
    }
}

#[test]
fn faults_have_names_and_sentences() {
    for fault in DevFault::ALL {
        assert_eq!(fault.label().replace(' ', "-").parse(), Ok(*fault));
        assert!(fault.sentence().ends_with('.'));
    }
    assert!(DevFault::ALL.len() >= 14);
    assert!("no such".parse::<DevFault>().is_err());
}

fn inputs() -> BlockInputs {
    let withdrawal = Withdrawal {
        index: 0,
        validator_index: 0,
        address: tern_protocol::Address::ZERO,
        amount: Gwei(1),
    };
    BlockInputs {
        timestamp: Timestamp(1),
        gas_limit: 30_000_000,
        beneficiary: tern_protocol::Address::ZERO,
        prev_randao: Hash::ZERO,
        extra_data: Vec::new(),
        parent_beacon_block_root: Hash::ZERO,
        withdrawals: vec![withdrawal],
        candidates: Vec::new(),
    }
}
