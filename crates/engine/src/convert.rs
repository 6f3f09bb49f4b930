//! Between Tern's byte strings and ethrex's numbers.

use ethrex_common::{H160, H256};
use tern_protocol::{Address, Hash};

pub(crate) const fn h256(hash: Hash) -> H256 {
    H256(hash.0)
}

pub(crate) const fn hash(hash: H256) -> Hash {
    Hash(hash.0)
}

pub(crate) const fn h160(address: Address) -> H160 {
    H160(address.0)
}
