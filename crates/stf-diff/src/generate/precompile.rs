//! Inputs of all precompiles of Prague, right ones and wrong ones.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tern_protocol::Address;

use super::{dice::Dice, key::Key, points};

/// The highest precompile of Prague.
pub(crate) const LAST: u8 = 0x11;

/// The address of a precompile.
pub(crate) const fn address(number: u8) -> Address {
    let mut bytes = [0; 20];
    bytes[19] = number;
    Address(bytes)
}

/// A precompile and an input for it.
pub(crate) fn call(rng: &mut ChaCha8Rng) -> (Address, Vec<u8>) {
    let number = rng.random_range(1..=LAST);
    let mut input = right_input(rng, number);
    if rng.one_in(4) {
        spoil(rng, &mut input);
    }
    (address(number), input)
}

fn right_input(rng: &mut ChaCha8Rng, number: u8) -> Vec<u8> {
    match number {
        0x01 => recover(rng),
        0x05 => modexp(rng),
        0x06 => [point(rng, &points::BN_G1), point(rng, &points::BN_G1)].concat(),
        0x07 => [point(rng, &points::BN_G1), rng.edgy_word().to_vec()].concat(),
        0x08 => pairs(rng, &points::BN_G1, &points::BN_G2),
        0x09 => blake(rng),
        0x0a => point(rng, &points::POINT_EVALUATIONS),
        0x0b => [point(rng, &points::BLS_G1), point(rng, &points::BLS_G1)].concat(),
        0x0c => multiples(rng, &points::BLS_G1),
        0x0d => [point(rng, &points::BLS_G2), point(rng, &points::BLS_G2)].concat(),
        0x0e => multiples(rng, &points::BLS_G2),
        0x0f => pairs(rng, &points::BLS_G1, &points::BLS_G2),
        0x10 => field_element(rng),
        0x11 => [field_element(rng), field_element(rng)].concat(),
        _ => {
            let len = rng.pick(&[0, 1, 31, 32, 55, 56, 63, 64, 65, 119, 128, 200]);
            rng.bytes(len)
        }
    }
}

fn spoil(rng: &mut ChaCha8Rng, input: &mut Vec<u8>) {
    match rng.random_range(0..5) {
        0 => input.truncate(rng.random_range(0..=input.len())),
        1 => {
            let extra = rng.random_range(1..70);
            input.extend(rng.bytes(extra));
        }
        2 if !input.is_empty() => {
            let at = rng.random_range(0..input.len());
            input[at] ^= 1 << rng.random_range(0..8);
        }
        3 if input.len() >= 32 => {
            // A field modulus or a group order where a number belongs.
            let modulus = point(rng, &points::MODULI);
            let at = rng.random_range(0..=input.len() / 32 - 1) * 32;
            let end = input.len().min(at + modulus.len());
            input[at..end].copy_from_slice(&modulus[..end - at]);
        }
        _ => input.clear(),
    }
}

fn point(rng: &mut ChaCha8Rng, from: &[&str]) -> Vec<u8> {
    decode(rng.pick(from))
}

fn decode(text: &str) -> Vec<u8> {
    hex::decode(text).expect("the constants of this crate are hexadecimal, as a test checks")
}

fn pairs(rng: &mut ChaCha8Rng, first: &[&str], second: &[&str]) -> Vec<u8> {
    if rng.random_bool(0.4) {
        // e(P, Q) e(-P, Q) = 1
        let q = point(rng, &second[1..3]);
        return [decode(first[1]), q.clone(), decode(first[3]), q].concat();
    }
    let count = rng.random_range(0..3);
    (0..count).flat_map(|_| [point(rng, first), point(rng, second)].concat()).collect()
}

fn multiples(rng: &mut ChaCha8Rng, from: &[&str]) -> Vec<u8> {
    let count = rng.pick(&[1, 1, 1, 2, 3]);
    (0..count).flat_map(|_| [point(rng, from), rng.edgy_word().to_vec()].concat()).collect()
}

fn field_element(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    if rng.random_bool(0.8) {
        // Below the modulus, which begins with 0x1a.
        let tail = rng.bytes(47);
        bytes[17..].copy_from_slice(&tail);
    } else {
        bytes[63] = rng.random_range(0..3);
    }
    bytes
}

fn recover(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let hash = rng.word();
    let key = Key::named("ecrecover", rng.random_range(0..4));
    let mut signature = key.sign(&hash);
    if rng.one_in(4) {
        // The precompile takes a high s.
        signature = signature.with_high_s();
    }
    let mut v = [0; 32];
    v[31] = 27 + signature.parity;
    if rng.one_in(8) {
        v = rng.edgy_word();
    }
    [hash, v, signature.r, signature.s].concat()
}

fn modexp(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let length = |rng: &mut ChaCha8Rng| rng.pick(&[0usize, 1, 2, 8, 31, 32, 33, 64, 65, 96]);
    let lengths = [length(rng), length(rng), length(rng)];
    let mut input = Vec::new();
    for len in lengths {
        let word = if rng.one_in(20) { rng.edgy_word() } else { word_of(len as u64) };
        input.extend(word);
    }
    for len in lengths {
        let mut number = rng.bytes(len);
        if rng.one_in(4) {
            number.fill(0);
        }
        if let (true, Some(last)) = (rng.one_in(3), number.last_mut()) {
            *last &= 0xfe;
        }
        input.extend(number);
    }
    input
}

fn blake(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let rounds: u32 = rng.pick(&[0, 1, 2, 12, 100, u32::MAX]);
    let mut input = rounds.to_be_bytes().to_vec();
    input.extend(rng.bytes(208));
    let flag = rng.pick(&[0, 1, 1, 0, 2, 255]);
    input.push(flag);
    input
}

/// A number as 32 bytes.
pub(crate) const fn word_of(value: u64) -> [u8; 32] {
    tern_protocol::Word::from_u64(value).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_have_the_lengths_of_their_precompiles() {
        let all = |list: &[&str], len: usize| list.iter().all(|text| decode(text).len() == len);
        assert!(all(&points::BN_G1, 64) && all(&points::BN_G2, 128));
        assert!(all(&points::BLS_G1, 128) && all(&points::BLS_G2, 256));
        assert!(all(&points::POINT_EVALUATIONS, 192));
        assert!(points::MODULI.iter().all(|text| !decode(text).is_empty()));
    }
}
