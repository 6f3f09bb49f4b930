#![no_main]
//! Witnesses in both forms: what reads writes the same bytes, within the limits.

use libfuzzer_sys::fuzz_target;
use tern_stf::{Witness, WitnessLimits};

fuzz_target!(|input: &[u8]| {
    let limits = WitnessLimits { bytes: 1 << 16, entries: 1_000, entry_bytes: 1 << 12 };
    if let Ok(witness) = Witness::from_bytes(input, &limits) {
        assert_eq!(witness.to_bytes(), input);
        assert_eq!(Witness::from_json(&witness.to_json(), &limits), Ok(witness));
    }
    if let Ok(text) = core::str::from_utf8(input) {
        if let Ok(witness) = Witness::from_json(text, &limits) {
            let (entries, bytes) = witness.size();
            assert!(entries <= limits.entries && bytes <= limits.bytes);
        }
    }
});
