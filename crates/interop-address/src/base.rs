//! Numbers of any size in other bases: chain ids in decimals, Solana in base 58.

use alloc::{vec, vec::Vec};

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The digits of a number in another base, most significant first; none for zero.
fn convert(digits: impl Iterator<Item = u8>, from: u32, to: u32) -> Vec<u8> {
    let mut out: Vec<u8> = vec![];
    for digit in digits {
        let mut carry = u32::from(digit);
        for place in &mut out {
            carry += u32::from(*place) * from;
            *place = (carry % to) as u8;
            carry /= to;
        }
        while carry > 0 {
            out.push((carry % to) as u8);
            carry /= to;
        }
    }
    out.reverse();
    out
}

/// A number without leading zeros, in decimals.
pub(crate) fn to_decimal(bytes: &[u8]) -> Vec<u8> {
    convert(bytes.iter().copied(), 256, 10).into_iter().map(|digit| b'0' + digit).collect()
}

/// The bytes of a number in decimals, unless something else stands there or it begins with zero.
pub(crate) fn from_decimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    // More than 78 digits do not fit 32 bytes, and hostile ones would take long.
    let right = !digits.is_empty()
        && digits.len() <= 78
        && digits[0] != b'0'
        && digits.iter().all(u8::is_ascii_digit);
    right.then(|| convert(digits.iter().map(|digit| digit - b'0'), 10, 256))
}

/// Base 58 as Bitcoin has it: each leading zero byte is a 1.
pub(crate) fn to_base58(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = convert(bytes.iter().copied(), 256, 58);
    let mut out = vec![BASE58[0]; zeros];
    out.extend(digits.into_iter().map(|digit| BASE58[usize::from(digit)]));
    out
}

/// The bytes of a text in base 58, unless something else stands there.
pub(crate) fn from_base58(text: &str) -> Option<Vec<u8>> {
    // The longest that is expected is 44; hostile ones would take long.
    if text.len() > 64 {
        return None;
    }
    let digit = |byte: u8| BASE58.iter().position(|known| *known == byte).map(|at| at as u8);
    let digits: Vec<u8> = text.bytes().map(digit).collect::<Option<_>>()?;
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let mut out = vec![0; zeros];
    out.extend(convert(digits.into_iter(), 58, 256));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_58_is_bitcoins() {
        for (bytes, text) in [
            (&b"Hello World!"[..], "2NEpo7TZRRrLZSi2U"),
            (&[0, 0, 0x28, 0x7f, 0xb4, 0xcd], "11233QC4"),
            (&[], ""),
            (&[0], "1"),
        ] {
            assert_eq!(to_base58(bytes), text.as_bytes());
            assert_eq!(from_base58(text).as_deref(), Some(bytes));
        }
        for text in ["0", "O", "I", "l", "é", " 1"] {
            assert_eq!(from_base58(text), None);
        }
    }

    #[test]
    fn decimals_have_one_form() {
        assert_eq!(to_decimal(&[0x21, 0x05]), b"8453");
        assert_eq!(from_decimal("8453"), Some(vec![0x21, 0x05]));
        assert_eq!(from_decimal("256"), Some(vec![1, 0]));
        for text in ["", "0", "01", "+1", "1a", "-1", "1 "] {
            assert_eq!(from_decimal(text), None, "{text}");
        }
    }
}
