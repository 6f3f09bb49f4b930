//! Numbers of up to 32 bytes, each as a head in one column and bytes in another.
//!
//! A head of 0 to 32 counts the number's bytes. A higher one says that the bytes (1 to 8) are
//! to be multiplied by a power of ten (the first to the 27th): amounts that people choose end
//! in zeros when written in decimal.

use alloc::vec::Vec;

use tern_protocol::Unpack;

use crate::DataError;

const LONGEST: u8 = 32;
const SCALED: u8 = LONGEST + 1;
const MOST_SCALED_BYTES: u8 = 8;
const MOST_TENS: u8 = 27;

/// A number in its shortest big-endian form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    bytes: [u8; 32],
    len: usize,
}

impl Number {
    pub(crate) const ZERO: Self = Self { bytes: [0; 32], len: 0 };

    /// Of bytes that begin with zeros or not; none if the number has more than 32.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let shortest = &bytes[zeros..];
        let mut number = Self { bytes: [0; 32], len: shortest.len() };
        number.bytes.get_mut(..shortest.len())?.copy_from_slice(shortest);
        Some(number)
    }

    /// Its shortest form.
    pub(crate) fn shortest(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// As 32 bytes.
    pub(crate) fn word(&self) -> [u8; 32] {
        let mut word = [0; 32];
        word[32 - self.len..].copy_from_slice(self.shortest());
        word
    }

    /// The next number of two columns.
    pub(crate) fn read(heads: &mut Unpack<'_>, bytes: &mut Unpack<'_>) -> Result<Self, DataError> {
        let head = heads.u8("number heads")?;
        if head < SCALED {
            let held = bytes.bytes(head.into(), "number bytes")?;
            let number = Self::new(held).filter(|number| number.len == held.len());
            return number.ok_or(NOT_SHORTEST);
        }
        let (tens, len) = scale(head).ok_or(DataError::Columns("a number's head is unknown"))?;
        let held = bytes.bytes(len.into(), "number bytes")?;
        if held[0] == 0 {
            return Err(NOT_SHORTEST);
        }
        let factor = held.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        Ok(Self::scaled(factor, tens))
    }

    /// A factor times at most 10^27, which has less than 154 bits.
    fn scaled(factor: u64, tens: u8) -> Self {
        let (factor, power) = (u128::from(factor), 10u128.pow(tens.into()));
        let low = factor * (power & u128::from(u64::MAX));
        let high = factor * (power >> 64) + (low >> 64);
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(&high.to_be_bytes());
        bytes[16..].copy_from_slice(&(low as u64).to_be_bytes());
        Self::new(&bytes).unwrap_or(Self::ZERO)
    }

    /// Writes it to two columns in the way that takes the fewest bytes.
    pub(crate) fn write(&self, heads: &mut Vec<u8>, bytes: &mut Vec<u8>) {
        match self.factor() {
            Some((factor, tens)) => {
                let factor = factor.to_be_bytes();
                let zeros = factor.iter().take_while(|byte| **byte == 0).count();
                let len = factor.len() - zeros;
                heads.push(SCALED + (tens - 1) * MOST_SCALED_BYTES + len as u8 - 1);
                bytes.extend_from_slice(&factor[zeros..]);
            }
            None => {
                heads.push(self.len as u8);
                bytes.extend_from_slice(self.shortest());
            }
        }
    }

    /// Its factor and power of ten, if they take fewer bytes than itself.
    fn factor(&self) -> Option<(u64, u8)> {
        if self.len > 16 {
            return None;
        }
        let mut factor =
            self.shortest().iter().fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        let mut tens = 0;
        while tens < MOST_TENS && factor != 0 && factor % 10 == 0 {
            (factor, tens) = (factor / 10, tens + 1);
        }
        let factor = u64::try_from(factor).ok().filter(|_| tens > 0)?;
        let len = 8 - factor.leading_zeros() as usize / 8;
        (len < self.len).then_some((factor, tens))
    }
}

const NOT_SHORTEST: DataError = DataError::Columns("a number begins with a zero");

/// The power of ten and the length that a head means.
fn scale(head: u8) -> Option<(u8, u8)> {
    let scaled = head - SCALED;
    let tens = scaled / MOST_SCALED_BYTES + 1;
    (tens <= MOST_TENS).then_some((tens, scaled % MOST_SCALED_BYTES + 1))
}
