//! Between Tern's byte strings and ethrex's numbers.

use ethrex_common::{Address as EthrexAddress, H256, U256};
use tern_protocol::{Address, Hash, Word};

pub(crate) const fn h256(hash: &Hash) -> H256 {
    H256(hash.0)
}

pub(crate) const fn hash(hash: H256) -> Hash {
    Hash(hash.0)
}

pub(crate) const fn to_ethrex_address(address: &Address) -> EthrexAddress {
    ethrex_common::H160(address.0)
}

pub(crate) const fn to_tern_address(address: EthrexAddress) -> Address {
    Address(address.0)
}

pub(crate) fn u256(word: &Word) -> U256 {
    U256::from_big_endian(&word.0)
}

pub(crate) fn word(number: U256) -> Word {
    Word(number.to_big_endian())
}
