#![no_main]
//! Addresses with their chain: what is read is written as the same bytes, and as text that says the
//! same.

use libfuzzer_sys::fuzz_target;
use tern_interop_address::InteropAddress;

fuzz_target!(|input: &[u8]| {
    if let Ok(address) = InteropAddress::from_bytes(input) {
        assert_eq!(address.to_bytes(), input);
        assert_eq!(address.to_string().parse(), Ok(address));
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(address) = text.parse::<InteropAddress>() {
        assert_eq!(InteropAddress::from_bytes(&address.to_bytes()), Ok(address.clone()));
        assert_eq!(address.to_string().parse(), Ok(address));
    }
});
