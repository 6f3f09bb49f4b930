//! Authorizations of set-code transactions (EIP-7702), right ones and wrong ones.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tern_protocol::{Address, keccak256};

use super::{dice::Dice, key::Key, tx::integer};
use crate::rlp::Item;

/// What an authority signs.
pub(crate) struct Authorization<'a> {
    pub(crate) authority: &'a Key,
    pub(crate) chain_id: u64,
    pub(crate) target: Address,
    pub(crate) nonce: u64,
}

impl Authorization<'_> {
    /// The encoding of the valid authorization.
    pub(crate) fn signed(&self) -> Item {
        let fields = self.fields();
        let signature = self.authority.sign(&hash(&fields));
        let [chain_id, target, nonce] = fields;
        Item::List(vec![
            chain_id,
            target,
            nonce,
            Item::number(signature.parity.into()),
            integer(&signature.r),
            integer(&signature.s),
        ])
    }

    fn fields(&self) -> [Item; 3] {
        let number = |value: u64| Item::number(value.into());
        [number(self.chain_id), Item::bytes(self.target), number(self.nonce)]
    }

    /// One that decodes but has no effect, or an effect that few think of. The
    /// transaction stays valid.
    pub(crate) fn ineffective(mut self, rng: &mut ChaCha8Rng) -> Item {
        match rng.random_range(0..8) {
            0 => self.chain_id = rng.pick(&[1, self.chain_id + 1, u64::MAX]),
            1 => self.nonce = self.nonce.wrapping_add(1),
            2 => self.nonce = self.nonce.wrapping_sub(1),
            3 => self.nonce = rng.pick(&[u64::MAX, u64::MAX - 1]),
            4 => {
                // A chain id of 256 bits is well-formed.
                let mut fields = self.fields();
                fields[0] = Item::bytes([0xff; 32]);
                let signature = self.authority.sign(&hash(&fields));
                let [chain_id, target, nonce] = fields;
                let parity = Item::number(signature.parity.into());
                let (r, s) = (integer(&signature.r), integer(&signature.s));
                return Item::List(vec![chain_id, target, nonce, parity, r, s]);
            }
            _ => return self.with_bad_signature(rng),
        }
        self.signed()
    }

    fn with_bad_signature(&self, rng: &mut ChaCha8Rng) -> Item {
        let Item::List(mut items) = self.signed() else {
            return Item::number(0);
        };
        match rng.random_range(0..7) {
            0 => items[3] = Item::number(rng.pick(&[2, 3, 27, 28, 127, 128, 255])),
            1 => items[4] = Item::number(0),
            2 => items[5] = Item::number(0),
            3 => items[4] = Item::bytes([0xff; 32]),
            4 => items[5] = Item::bytes([0xff; 32]),
            5 => items[4] = integer(&rng.word()),
            _ => {
                let high = self.authority.sign(&hash(&self.fields())).with_high_s();
                items[3] = Item::number(high.parity.into());
                items[5] = integer(&high.s);
            }
        }
        Item::List(items)
    }

    /// One that no decoder may accept: the transaction is not valid.
    pub(crate) fn malformed(&self, rng: &mut ChaCha8Rng) -> Item {
        let Item::List(mut items) = self.signed() else {
            return Item::number(0);
        };
        match rng.random_range(0..8) {
            0 => drop(items.pop()),
            1 => items.push(Item::number(1)),
            2 => items[0] = Item::bytes([1; 33]),
            3 => items[1] = Item::bytes([1; 19]),
            4 => items[2] = Item::number(1 << 64),
            5 => items[3] = Item::number(256),
            6 => items[4] = Item::bytes([[0; 1].as_slice(), &[1; 31]].concat()),
            _ => items[5] = Item::bytes([1; 33]),
        }
        Item::List(items)
    }
}

fn hash(fields: &[Item; 3]) -> [u8; 32] {
    let mut bytes = vec![0x05];
    bytes.extend(Item::List(fields.to_vec()).encode());
    keccak256(&bytes).0
}
