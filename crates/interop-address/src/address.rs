//! The address and its bytes.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use crate::{ChainRef, ChainType, Error};

const VERSION: u16 = 1;

/// An account on a chain, or a chain alone, or an account on any chain of a family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InteropAddress {
    chain: ChainRef,
    account: Vec<u8>,
}

/// The first four bytes of the hash of an address without its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum(pub [u8; 4]);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl InteropAddress {
    /// An account on a chain; with an empty account the chain alone.
    pub fn new(chain: ChainRef, account: Vec<u8>) -> Result<Self, Error> {
        if account.is_empty() {
            if chain.reference().is_empty() {
                return Err(Error::Empty);
            }
            return Ok(Self { chain, account });
        }
        let (namespace, got) = (chain.kind(), account.len());
        let want = namespace.account_length().unwrap_or(got.min(255));
        if got != want {
            return Err(Error::Account { namespace, want, got });
        }
        Ok(Self { chain, account })
    }

    /// An account on an EVM chain.
    pub fn evm(chain_id: u64, account: [u8; 20]) -> Result<Self, Error> {
        Self::new(ChainRef::evm(chain_id)?, account.to_vec())
    }

    /// Reads bytes of ERC-7930, all of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader { bytes, at: 0 };
        let version = reader.number("version")?;
        if version != VERSION {
            return Err(Error::Version(version));
        }
        let kind = ChainType::from_code(reader.number("chain type")?);
        let reference = reader.string("chain reference")?;
        let account = reader.string("account")?;
        let (length, count) = (reader.at, bytes.len() - reader.at);
        if count > 0 {
            return Err(Error::Trailing { count, length });
        }
        Self::new(ChainRef::new(kind, reference)?, account)
    }

    /// The bytes of ERC-7930.
    pub fn to_bytes(&self) -> Vec<u8> {
        let reference = self.chain.reference();
        let mut out = Vec::with_capacity(6 + reference.len() + self.account.len());
        out.extend(VERSION.to_be_bytes());
        out.extend(self.chain.kind().code().to_be_bytes());
        for part in [reference, &self.account] {
            // Both were bounded when they were made.
            out.push(part.len() as u8);
            out.extend(part);
        }
        out
    }

    /// The bytes in hexadecimal digits, with 0x.
    pub fn to_hex(&self) -> String {
        format!("0x{}", hex::encode(self.to_bytes()))
    }

    /// The chain.
    pub const fn chain(&self) -> &ChainRef {
        &self.chain
    }

    /// The account; empty if this is a chain alone.
    pub fn account(&self) -> &[u8] {
        &self.account
    }

    /// The account, if it is one of an EVM chain.
    pub fn evm_account(&self) -> Option<[u8; 20]> {
        match self.chain.kind() {
            ChainType::Eip155 => self.account.as_slice().try_into().ok(),
            _ => None,
        }
    }

    /// The checksum of ERC-7828.
    pub fn checksum(&self) -> Checksum {
        let hash = keccak256(&self.to_bytes()[2..]);
        Checksum([hash[0], hash[1], hash[2], hash[3]])
    }
}

pub(crate) fn keccak256(bytes: &[u8]) -> [u8; 32] {
    use tiny_keccak::Hasher;
    let mut hasher = tiny_keccak::Keccak::v256();
    hasher.update(bytes);
    let mut out = [0; 32];
    hasher.finalize(&mut out);
    out
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, part: &'static str, count: usize) -> Result<&[u8], Error> {
        let need = self.at + count;
        let short = Error::Short { part, got: self.bytes.len(), need };
        let taken = self.bytes.get(self.at..need).ok_or(short)?;
        self.at = need;
        Ok(taken)
    }

    fn number(&mut self, part: &'static str) -> Result<u16, Error> {
        let taken = self.take(part, 2)?;
        Ok(u16::from(taken[0]) << 8 | u16::from(taken[1]))
    }

    fn string(&mut self, part: &'static str) -> Result<Vec<u8>, Error> {
        let length = usize::from(self.take(part, 1)?[0]);
        Ok(self.take(part, length)?.to_vec())
    }
}
