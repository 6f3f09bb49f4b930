//! Vectors.

use std::{fs, io::Write, path::Path};

use serde_json::Value;
use tern_interop_address::InteropAddress;

fn parse(text: &str) -> InteropAddress {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.trim_start_matches("0x")).expect("hexadecimal digits")
}

fn list<'a>(vectors: &'a Value, name: &str) -> &'a [Value] {
    vectors[name].as_array().expect("a list")
}

#[test]
fn our_vectors_hold() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).expect("JSON");
    for vector in list(&vectors, "valid") {
        let binary = vector["bytes"].as_str().expect("text");
        let address = parse(binary);
        assert_eq!(address.to_hex(), binary);
        assert_eq!(address.text().as_deref(), vector["text"].as_str(), "{binary}");
        assert_eq!(parse(&address.to_string()), address);
    }
    for vector in list(&vectors, "invalidBytes") {
        let text = vector.as_str().expect("text");
        let error = InteropAddress::from_bytes(&bytes(text)).expect_err(text).to_string();
        assert!(!error.contains('\n') && error.contains(' '), "{error}");
    }
    for vector in list(&vectors, "invalidTexts") {
        let text = vector.as_str().expect("text");
        let error = text.parse::<InteropAddress>().expect_err(text).to_string();
        assert!(error.contains(": "), "what to do is said: {error}");
    }
}

#[test]
fn published_vectors_hold() {
    let path = "../../../shared/fixtures/interoperable-addresses.json";
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let path = Path::new(&here).join(path);
    let Ok(text) = fs::read_to_string(&path) else {
        // Past the test runner, which hides what a passing test prints.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {} is not there", path.display());
        return;
    };
    let vectors: Value = serde_json::from_str(&text).expect("JSON");
    for vector in list(&vectors, "positive") {
        let binary = vector["binary"].as_str().expect("text");
        let address = InteropAddress::from_bytes(&bytes(binary)).expect("it is right");
        assert_eq!(address.to_hex(), binary);
        assert_eq!(address.checksum().to_string(), vector["checksum"].as_str().expect("text"));
        let Some(name) = vector["name"].as_str() else { continue };
        assert_eq!(format!("{address:#}"), name);
        assert_eq!(parse(name), address);
        assert_eq!(parse(&format!("{name}#{}", address.checksum())), address);
    }
    for vector in list(&vectors, "negative") {
        let binary = vector["binary"].as_str().expect("text");
        assert!(InteropAddress::from_bytes(&bytes(binary)).is_err(), "{}", vector["why"]);
    }
}
