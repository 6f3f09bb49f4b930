//! Byte strings as `0x…` text, for serde's `with`.

use alloc::{format, string::String, vec::Vec};

use serde::{Deserialize, Deserializer, Serializer};

/// Writes bytes as hexadecimal text.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("0x{}", hex::encode(bytes)))
}

/// Reads hexadecimal text that begins with `0x`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.strip_prefix("0x");
    digits.and_then(|digits| hex::decode(digits).ok()).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "expected bytes as 0x and hexadecimal digits, got {text:?}"
        ))
    })
}
