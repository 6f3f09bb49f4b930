//! `spec/config.md`.

use serde::Deserialize;
use tern_protocol::{Hash, RollupConfig};

use crate::json::{Bytes, Config, kind, load};

#[derive(Deserialize)]
struct Vectors {
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Valid {
    name: String,
    #[serde(flatten)]
    config: Config,
    encoding: Bytes,
    hash: Hash,
}

#[derive(Deserialize)]
struct Invalid {
    name: String,
    #[serde(flatten)]
    config: Config,
    kind: String,
    reason: String,
}

#[test]
fn configurations_encode_and_hash_as_written() {
    for case in load::<Vectors>("config").valid {
        let config = RollupConfig::from(case.config);
        assert_eq!(config.check(), Ok(()), "{}", case.name);
        assert_eq!(config.encode(), case.encoding.0, "{}", case.name);
        assert_eq!(config.hash().0, case.hash, "{}", case.name);
        let text = serde_json::to_string(&config).expect("it serialises");
        assert_eq!(serde_json::from_str::<RollupConfig>(&text).ok(), Some(config), "{}", case.name);
    }
}

#[test]
fn configurations_that_no_chain_can_follow_are_refused() {
    for case in load::<Vectors>("config").invalid {
        let error = RollupConfig::from(case.config).check().expect_err(&case.name);
        assert_eq!(kind(&error), case.kind, "{}: {} ({error})", case.name, case.reason);
    }
}
