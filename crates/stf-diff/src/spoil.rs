//! Blocks with one thing wrong, so that refusing is compared as well as accepting.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tern_protocol::Hash;

use crate::rlp::Item;

/// Blocks close to this one. The same block gives the same ones. Most are wrong; a few,
/// with other free fields, are right, and then all executors must take them.
pub(crate) fn spoiled(block: &[u8], hash: &Hash) -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::from_seed(hash.0);
    (0..2).filter_map(|_| spoil(block, &mut rng)).collect()
}

fn spoil(block: &[u8], rng: &mut ChaCha8Rng) -> Option<Vec<u8>> {
    let Item::List(mut parts) = Item::decode(block)? else {
        return None;
    };
    match rng.random_range(0..10) {
        0 => {
            let mut bytes = block.to_vec();
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
            return Some(bytes);
        }
        1 => return Some([block, &[0]].concat()),
        2 => return Some(block[..rng.random_range(0..block.len())].to_vec()),
        3 => list(parts.get_mut(1)?, rng)?,
        4 => list(parts.get_mut(3)?, rng)?,
        5 => {
            // An ommer.
            let header = parts[0].clone();
            parts[2] = Item::List(vec![header]);
        }
        _ => header(parts.get_mut(0)?, rng)?,
    }
    Some(Item::List(parts).encode())
}

/// Drops, doubles or moves one item of a list.
fn list(part: &mut Item, rng: &mut ChaCha8Rng) -> Option<()> {
    let Item::List(items) = part else { return None };
    if items.is_empty() {
        items.push(Item::List(Vec::new()));
        return Some(());
    }
    let at = rng.random_range(0..items.len());
    match rng.random_range(0..3) {
        0 => drop(items.remove(at)),
        1 => items.insert(at, items[at].clone()),
        _ => items.rotate_left(at),
    }
    Some(())
}

/// Changes one header field, or how many there are.
fn header(part: &mut Item, rng: &mut ChaCha8Rng) -> Option<()> {
    let Item::List(fields) = part else { return None };
    let at = rng.random_range(0..fields.len());
    match rng.random_range(0..12) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(at, Item::number(0)),
        2 => {
            // Not canonical.
            let plain = fields[at].as_bytes()?.to_vec();
            fields[at] = Item::Bytes([&[0], plain.as_slice()].concat());
        }
        _ => {
            let Item::Bytes(bytes) = &mut fields[at] else { return None };
            match bytes.last_mut() {
                Some(last) => *last = last.wrapping_add(1),
                None => bytes.push(1),
            }
        }
    }
    Some(())
}
