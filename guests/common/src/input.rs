//! A block to check and what is needed for it, as one byte string.
//!
//! Numbers are little-endian. Byte strings begin with their length in four bytes.

use alloc::vec::Vec;

use tern_protocol::{Address, ChainId, Timestamp};
use tern_stf::{BlobParams, ChainSpec};

/// Why bytes are not a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// They end too early.
    #[error("it ends too early")]
    TooShort,
    /// Something follows the task.
    #[error("{0} bytes follow it")]
    Trailing(usize),
    /// A flag that is neither 0 nor 1, or a time without its flag.
    #[error("it is not in its canonical form")]
    NotCanonical,
}

/// A block to check and what is needed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task<'a> {
    /// The chain's rules.
    pub spec: ChainSpec,
    /// The whole block in RLP.
    pub block: &'a [u8],
    /// What is needed to check it: a [`tern_stf::Witness`] in its compact form.
    pub witness: &'a [u8],
}

impl<'a> Task<'a> {
    /// The task as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write_spec(&mut out, &self.spec);
        write_bytes(&mut out, self.block);
        write_bytes(&mut out, self.witness);
        out
    }

    /// Reads a task that fills all the bytes.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, InputError> {
        let mut reader = Reader { rest: bytes };
        let task = Self { spec: reader.spec()?, block: reader.bytes()?, witness: reader.bytes()? };
        match reader.rest.len() {
            0 => Ok(task),
            more => Err(InputError::Trailing(more)),
        }
    }
}

fn write_spec(out: &mut Vec<u8>, spec: &ChainSpec) {
    write_u64(out, spec.chain_id.0);
    for start in [spec.shanghai, spec.cancun, spec.prague] {
        write_u64(out, start.is_some().into());
        write_u64(out, start.map_or(0, |start| start.0));
    }
    for blobs in [spec.cancun_blobs, spec.prague_blobs] {
        for number in [blobs.target, blobs.max, blobs.update_fraction] {
            write_u64(out, number);
        }
    }
    out.extend(spec.deposit_contract.0);
}

fn write_u64(out: &mut Vec<u8>, number: u64) {
    out.extend(number.to_le_bytes());
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // The machine's memory has 2^32 bytes; a longer input fails when it is placed there.
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], InputError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(InputError::TooShort)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], InputError> {
        self.take(N)?.try_into().map_err(|_| InputError::TooShort)
    }

    fn number(&mut self) -> Result<u64, InputError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn bytes(&mut self) -> Result<&'a [u8], InputError> {
        let length = u32::from_le_bytes(self.array()?);
        self.take(usize::try_from(length).map_err(|_| InputError::TooShort)?)
    }

    fn start(&mut self) -> Result<Option<Timestamp>, InputError> {
        match (self.number()?, self.number()?) {
            (0, 0) => Ok(None),
            (1, time) => Ok(Some(Timestamp(time))),
            _ => Err(InputError::NotCanonical),
        }
    }

    fn blobs(&mut self) -> Result<BlobParams, InputError> {
        let (target, max, update_fraction) = (self.number()?, self.number()?, self.number()?);
        Ok(BlobParams { target, max, update_fraction })
    }

    fn spec(&mut self) -> Result<ChainSpec, InputError> {
        Ok(ChainSpec {
            chain_id: ChainId(self.number()?),
            shanghai: self.start()?,
            cancun: self.start()?,
            prague: self.start()?,
            cancun_blobs: self.blobs()?,
            prague_blobs: self.blobs()?,
            deposit_contract: Address(self.array()?),
        })
    }
}
