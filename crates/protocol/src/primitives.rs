//! Byte strings with a meaning. They are plain wrappers, so that no lane's library
//! leaks into a format and no two meanings can be confused.

use alloc::string::String;
use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text that is not the hexadecimal form of what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal bytes, with or without 0x, got {got:?}")]
pub struct HexError {
    /// How many bytes the type holds.
    pub expected: usize,
    /// The text that was given.
    pub got: String,
}

macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// All bytes zero.
            pub const ZERO: Self = Self([0; $len]);

            /// Reads the value from a slice of exactly the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ZERO
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x")?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                let mut bytes = [0; $len];
                let digits = text.strip_prefix("0x").unwrap_or(text);
                hex::decode_to_slice(digits, &mut bytes)
                    .map_err(|_| HexError { expected: $len, got: text.into() })?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

bytes_type!(
    /// A keccak-256 hash, or any other 32 bytes that name something.
    Hash,
    32
);
bytes_type!(
    /// An account on an Ethereum chain.
    Address,
    20
);
bytes_type!(
    /// A 256-bit number, most significant byte first.
    Word,
    32
);

impl Word {
    /// The number as a word.
    pub const fn from_u64(value: u64) -> Self {
        let mut bytes = [0; 32];
        let low = value.to_be_bytes();
        let mut i = 0;
        while i < 8 {
            bytes[24 + i] = low[i];
            i += 1;
        }
        Self(bytes)
    }

    /// The number without its leading zero bytes.
    pub fn trimmed(&self) -> &[u8] {
        let zeros = self.0.iter().take_while(|byte| **byte == 0).count();
        &self.0[zeros..]
    }
}

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_type!(
    /// Identifies an Ethereum chain (EIP-155).
    ChainId,
    u64
);
number_type!(
    /// A batch's place in the inbox, from 0.
    BatchIndex,
    u64
);
number_type!(
    /// An L2 block's height.
    BlockNumber,
    u64
);
number_type!(
    /// Seconds since 1970.
    Timestamp,
    u64
);
number_type!(
    /// A billionth of an ether, the unit of deposits (EIP-4895).
    Gwei,
    u64
);
number_type!(
    /// An entry's place in one of the inbox's two queues, from 0.
    QueueIndex,
    u64
);

/// keccak-256, the only hash of the formats in this crate.
#[cfg(not(feature = "native-keccak"))]
pub fn keccak256(bytes: &[u8]) -> Hash {
    use tiny_keccak::Hasher;
    let mut hasher = tiny_keccak::Keccak::v256();
    hasher.update(bytes);
    let mut out = [0; 32];
    hasher.finalize(&mut out);
    Hash(out)
}

/// keccak-256 by the proving machine's own circuit.
#[cfg(feature = "native-keccak")]
pub fn keccak256(bytes: &[u8]) -> Hash {
    unsafe extern "C" {
        fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8);
    }
    let mut out = [0; 32];
    // SAFETY: the machine's keccak reads `len` bytes from the first pointer and writes
    // exactly 32 to the second; both come from live references of those sizes.
    unsafe { native_keccak256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()) };
    Hash(out)
}

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub crate::Hash);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

hash_type!(
    /// Names a rollup's configuration.
    ConfigHash
);
hash_type!(
    /// The inbox's accumulator over all batches up to one.
    BatchAcc
);
hash_type!(
    /// The accumulator over all entries of one of the inbox's queues up to one.
    QueueAcc
);
hash_type!(
    /// Names a claim on one settlement contract.
    ClaimId
);
hash_type!(
    /// Names a statement in the aggregation layer.
    StatementId
);
