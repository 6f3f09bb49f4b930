//! Why something is not an address.

use alloc::string::String;

use crate::{ChainType, Checksum};

/// Why something is not an address, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end too early.
    #[error("the address ends after {got} bytes, but its {part} needs {need}: copy it whole")]
    Short {
        /// What is cut off.
        part: &'static str,
        /// How many bytes there are.
        got: usize,
        /// How many there must be.
        need: usize,
    },
    /// Bytes follow.
    #[error(
        "{count} bytes follow the address: an address has one form, take the first {length} bytes"
    )]
    Trailing {
        /// How many follow.
        count: usize,
        /// Where the address ends.
        length: usize,
    },
    /// Another version of the format.
    #[error("the address has version {0}, but only version 1 is known: use a newer program")]
    Version(u16),
    /// Neither a chain nor an account.
    #[error("the address names neither a chain nor an account: give at least one")]
    Empty,
    /// A chain reference that this namespace does not have.
    #[error("a chain of {namespace} cannot be called 0x{}: {rule}", hex::encode(reference))]
    Reference {
        /// The namespace.
        namespace: ChainType,
        /// What was given.
        reference: alloc::vec::Vec<u8>,
        /// What is allowed.
        rule: &'static str,
    },
    /// An account that this namespace does not have.
    #[error("an account of {namespace} has {want} bytes, not {got}: copy it whole")]
    Account {
        /// The namespace.
        namespace: ChainType,
        /// How many bytes it must have.
        want: usize,
        /// How many it has.
        got: usize,
    },
    /// Not hexadecimal bytes.
    #[error(
        "{0:?} is not an address: write it as 0x…@eip155:CHAIN, or as 0x0001… in hexadecimal digits"
    )]
    Hex(String),
    /// A plain address without a chain.
    #[error("{0} does not say its chain: write {0}@eip155:CHAIN")]
    NoChain(String),
    /// The text is not of the form.
    #[error("{text:?} is not an address: {rule}")]
    Text {
        /// What was given.
        text: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// A name that only a registry can resolve.
    #[error(
        "{0:?} is a name, whose meaning is on Ethereum and may change: resolve it, then write the address itself"
    )]
    Name(String),
    /// A chain label that only a registry can resolve.
    #[error(
        "{0:?} is a chain's label, whose meaning is on Ethereum and may change: write the chain as eip155:ID"
    )]
    Label(String),
    /// A namespace whose text form is not known here.
    #[error("the text form of {0:?} addresses is not known: give the address in bytes, 0x0001…")]
    Namespace(String),
    /// EIP-55 says that a digit is wrong.
    #[error(
        "{got} has a wrong digit, or is {expected}: compare it with where it comes from, then write it so"
    )]
    Case {
        /// What was given.
        got: String,
        /// The same digits with the right case.
        expected: String,
    },
    /// The checksum is of another address.
    #[error("the address has checksum {expected}, not {got}: a part of it was changed")]
    Checksum {
        /// What was given.
        got: String,
        /// That of what stands before it.
        expected: Checksum,
    },
}
