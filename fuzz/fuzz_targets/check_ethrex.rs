#![no_main]
//! A block and a witness of any bytes before one executor.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let executor = <tern_stf_ethrex::EthrexExecutor>::default();
    tern_fuzz::check(&executor, tern_stf_ethrex::keccak, input);
});
