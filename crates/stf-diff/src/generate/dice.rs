//! Draws from the seeded generator that all parts share.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Draws in the shapes that blocks need.
pub(crate) trait Dice: Rng {
    /// True once in `n`.
    fn one_in(&mut self, n: u32) -> bool {
        self.random_ratio(1, n)
    }

    /// One of them.
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.random_range(0..from.len())].clone()
    }

    /// An index by weight.
    fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.random_range(0..weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        weights.len() - 1
    }

    /// Random bytes.
    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.fill_bytes(&mut bytes);
        bytes
    }

    /// 32 random bytes.
    fn word(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.fill_bytes(&mut bytes);
        bytes
    }

    /// A number that tends to lie where implementations break.
    fn edgy_word(&mut self) -> [u8; 32] {
        let mut word = [0; 32];
        match self.random_range(0..12) {
            0 => {}
            1 => word[31] = 1,
            2 => word = [0xff; 32],
            3 => word[0] = 0x80,
            4 => word[24..].fill(0xff),
            5 => word[23] = 1,
            6 => word[15] = 1,
            7 => {
                word = [0xff; 32];
                word[31] = 0xff - self.random_range(0..4);
            }
            8 => word = self.word(),
            9 => word[self.random_range(0..32)] = 1 << self.random_range(0..8),
            10 => word[30..].copy_from_slice(&self.random::<u16>().to_be_bytes()),
            _ => word[31] = self.pick(&[2, 3, 31, 32, 33, 63, 64, 127, 128, 255]),
        }
        word
    }
}

impl Dice for ChaCha8Rng {}

/// Bytes that look random but depend on a name only.
pub(crate) fn named(name: &str, number: u64) -> [u8; 32] {
    tern_protocol::keccak256(format!("{name} {number}").as_bytes()).0
}
