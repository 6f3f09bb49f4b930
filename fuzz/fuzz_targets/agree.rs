#![no_main]
//! A block and a witness of any bytes before all executors: those that are not missing a
//! preimage accept or refuse together.

use libfuzzer_sys::fuzz_target;
use tern_stf::{Error, Executor, Keccak};

fuzz_target!(|input: &[u8]| {
    let executors: [(&dyn Executor, Keccak); 3] = [
        (&tern_stf_revm::RevmExecutor::default(), tern_stf_revm::keccak),
        (&tern_stf_ethrex::EthrexExecutor::default(), tern_stf_ethrex::keccak),
        (&<tern_stf_evm::EvmExecutor>::default(), tern_stf_evm::keccak),
    ];
    let answers: Vec<_> = executors
        .iter()
        .filter_map(|(executor, keccak)| tern_fuzz::check(*executor, *keccak, input))
        .filter(|answer| !matches!(answer, Err(Error::Missing { .. } | Error::Malformed { .. })))
        .collect();
    for pair in answers.windows(2) {
        match (&pair[0], &pair[1]) {
            (Ok(a), Ok(b)) => assert_eq!(a.hash, b.hash),
            (Err(_), Err(_)) => {}
            (a, b) => panic!("one accepts and one refuses: {a:?} {b:?}"),
        }
    }
});
