//! The witness vectors of `spec/vectors`, made by another implementation from the text alone.

use serde::Deserialize;
use tern_stf::{Witness, WitnessError, WitnessLimits};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
    json_valid: Vec<JsonValid>,
    json_invalid: Vec<JsonInvalid>,
}

#[derive(Deserialize)]
struct Bytes(#[serde(with = "tern_protocol::hex_bytes")] Vec<u8>);

#[derive(Deserialize)]
struct Lists {
    nodes: Vec<Bytes>,
    codes: Vec<Bytes>,
    headers: Vec<Bytes>,
}

#[derive(Deserialize)]
struct Valid {
    name: String,
    #[serde(flatten)]
    lists: Lists,
    encoding: Bytes,
}

#[derive(Deserialize)]
struct Invalid {
    name: String,
    encoding: Bytes,
    kind: String,
    reason: String,
}

#[derive(Deserialize)]
struct JsonValid {
    name: String,
    text: String,
    #[serde(flatten)]
    lists: Lists,
}

#[derive(Deserialize)]
struct JsonInvalid {
    name: String,
    text: String,
    kind: String,
    reason: String,
}

const LIMITS: fn() -> WitnessLimits = WitnessLimits::default;

fn vectors() -> Vectors {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let path = format!("{here}/../../spec/vectors/witness.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn witness(lists: Lists) -> Witness {
    let bytes = |list: Vec<Bytes>| list.into_iter().map(|entry| entry.0).collect();
    Witness { nodes: bytes(lists.nodes), codes: bytes(lists.codes), headers: bytes(lists.headers) }
}

/// The name of the error's variant.
fn kind(error: &WitnessError) -> String {
    let text = format!("{error:?}");
    text.chars().take_while(|char| char.is_alphanumeric()).collect()
}

#[test]
fn the_binary_form_is_written_and_read_as_described() {
    for case in vectors().valid {
        let witness = witness(case.lists);
        assert_eq!(witness.to_bytes(), case.encoding.0, "{}", case.name);
        let read = Witness::from_bytes(&case.encoding.0, &LIMITS());
        assert_eq!(read, Ok(witness), "{}", case.name);
    }
}

#[test]
fn malformed_binary_is_refused() {
    for case in vectors().invalid {
        let error = Witness::from_bytes(&case.encoding.0, &LIMITS()).expect_err(&case.name);
        assert_eq!(kind(&error), case.kind, "{}: {}", case.name, case.reason);
    }
}

#[test]
fn the_json_form_is_read_as_described() {
    for case in vectors().json_valid {
        let expected = witness(case.lists);
        let read = Witness::from_json(&case.text, &LIMITS()).expect(&case.name);
        assert_eq!(read, expected, "{}", case.name);
        let again = Witness::from_json(&read.to_json(), &LIMITS());
        assert_eq!(again, Ok(expected), "{}", case.name);
    }
}

#[test]
fn malformed_json_is_refused() {
    for case in vectors().json_invalid {
        let error = Witness::from_json(&case.text, &LIMITS()).expect_err(&case.name);
        assert_eq!(kind(&error), case.kind, "{}: {}", case.name, case.reason);
    }
}
