//! Transactions: their fields, their encodings, their signatures.

use tern_protocol::{Address, keccak256};

use super::key::{Key, Signature};
use crate::rlp::Item;

/// A transaction's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Type 0, signed for one chain (EIP-155).
    Protected,
    /// Type 0, signed for any chain.
    Unprotected,
    /// EIP-2930.
    AccessList,
    /// EIP-1559.
    DynamicFee,
    /// EIP-7702.
    SetCode,
}

impl Kind {
    /// The byte before the list; none for a legacy transaction.
    pub(crate) const fn type_byte(self) -> Option<u8> {
        match self {
            Self::Protected | Self::Unprotected => None,
            Self::AccessList => Some(1),
            Self::DynamicFee => Some(2),
            Self::SetCode => Some(4),
        }
    }
}

/// A transaction's fields.
#[derive(Debug, Clone)]
pub(crate) struct Tx {
    pub(crate) kind: Kind,
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    /// `gasPrice`, where there is only one price.
    pub(crate) max_fee: u128,
    pub(crate) tip: u128,
    pub(crate) gas: u64,
    pub(crate) to: Option<Address>,
    pub(crate) value: u128,
    pub(crate) data: Vec<u8>,
    pub(crate) access: Vec<(Address, Vec<[u8; 32]>)>,
    /// Signed authorizations, encoded.
    pub(crate) authorizations: Vec<Item>,
}

/// Where a field lies in the list that is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    ChainId,
    Nonce,
    MaxFee,
    Tip,
    Gas,
    To,
    Value,
    Access,
}

impl Tx {
    /// The fields that are signed, in order. Legacy chain ids come in at signing.
    pub(crate) fn fields(&self) -> Vec<Item> {
        let number = |value: u64| Item::number(value.into());
        let mut fields = Vec::new();
        if self.kind.type_byte().is_some() {
            fields.push(number(self.chain_id));
        }
        fields.push(number(self.nonce));
        if matches!(self.kind, Kind::DynamicFee | Kind::SetCode) {
            fields.push(Item::number(self.tip));
        }
        fields.push(Item::number(self.max_fee));
        fields.push(number(self.gas));
        fields.push(self.to.map_or_else(|| Item::bytes([]), Item::bytes));
        fields.push(Item::number(self.value));
        fields.push(Item::bytes(&self.data));
        if self.kind.type_byte().is_some() {
            fields.push(self.access_item());
        }
        if self.kind == Kind::SetCode {
            fields.push(Item::List(self.authorizations.clone()));
        }
        fields
    }

    fn access_item(&self) -> Item {
        let entry = |(address, keys): &(Address, Vec<[u8; 32]>)| {
            let keys = keys.iter().map(Item::bytes).collect();
            Item::List(vec![Item::bytes(address), Item::List(keys)])
        };
        Item::List(self.access.iter().map(entry).collect())
    }

    /// A field's place in `fields`, if this type has it.
    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        let typed = self.kind.type_byte().is_some();
        let priced_twice = matches!(self.kind, Kind::DynamicFee | Kind::SetCode);
        let (head, tip) = (usize::from(typed), usize::from(priced_twice));
        Some(match field {
            Field::ChainId if typed => 0,
            Field::Tip if priced_twice => 2,
            Field::Access if typed => head + tip + 6,
            Field::ChainId | Field::Tip | Field::Access => return None,
            Field::Nonce => head,
            Field::MaxFee => head + tip + 1,
            Field::Gas => head + tip + 2,
            Field::To => head + tip + 3,
            Field::Value => head + tip + 4,
        })
    }

    /// The signed transaction.
    pub(crate) fn signed(&self, key: &Key) -> Vec<u8> {
        let fields = self.fields();
        let signature = key.sign(&self.hash(&fields));
        self.sealed(fields, self.signature_items(signature))
    }

    /// What is signed, for these fields, right or wrong.
    pub(crate) fn hash(&self, fields: &[Item]) -> [u8; 32] {
        let mut fields = fields.to_vec();
        if self.kind == Kind::Protected {
            fields.extend([Item::number(self.chain_id.into()), Item::number(0), Item::number(0)]);
        }
        keccak256(&self.enveloped(&Item::List(fields))).0
    }

    /// The three items behind the fields.
    pub(crate) fn signature_items(&self, signature: Signature) -> [Item; 3] {
        let v = match self.kind {
            Kind::Protected => u128::from(self.chain_id) * 2 + 35 + u128::from(signature.parity),
            Kind::Unprotected => 27 + u128::from(signature.parity),
            Kind::AccessList | Kind::DynamicFee | Kind::SetCode => signature.parity.into(),
        };
        [Item::number(v), integer(&signature.r), integer(&signature.s)]
    }

    /// Fields and signature in their envelope.
    pub(crate) fn sealed(&self, mut fields: Vec<Item>, signature: [Item; 3]) -> Vec<u8> {
        fields.extend(signature);
        self.enveloped(&Item::List(fields))
    }

    fn enveloped(&self, list: &Item) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.kind.type_byte().into_iter().collect();
        bytes.extend(list.encode());
        bytes
    }

    /// The gas below which the transaction is not valid: intrinsic cost (EIP-2028, 2930,
    /// 3860, 7702) and calldata floor (EIP-7623).
    pub(crate) fn least_gas(&self) -> (u64, u64) {
        let zeros = self.data.iter().filter(|byte| **byte == 0).count() as u64;
        let tokens = zeros + 4 * (self.data.len() as u64 - zeros);
        let mut gas = 21_000 + 4 * tokens;
        if self.to.is_none() {
            gas += 32_000 + 2 * (self.data.len() as u64).div_ceil(32);
        }
        if self.kind.type_byte().is_some() {
            let keys: u64 = self.access.iter().map(|(_, keys)| keys.len() as u64).sum();
            gas += 2_400 * self.access.len() as u64 + 1_900 * keys;
        }
        if self.kind == Kind::SetCode {
            gas += 25_000 * self.authorizations.len() as u64;
        }
        (gas, 21_000 + 10 * tokens)
    }
}

/// A 256-bit number as an item.
pub(crate) fn integer(bytes: &[u8]) -> Item {
    Item::bytes(crate::rlp::trim(bytes))
}

/// The address of what `creator` makes with this nonce.
pub(crate) fn created_address(creator: &Address, nonce: u64) -> Address {
    let list = Item::List(vec![Item::bytes(creator), Item::number(nonce.into())]);
    last_20(&list.encode())
}

/// The address of what `creator` makes with CREATE2.
pub(crate) fn created_address_2(creator: &Address, salt: &[u8; 32], init: &[u8]) -> Address {
    last_20(&[&[0xff], &creator.0[..], salt, &keccak256(init).0].concat())
}

fn last_20(bytes: &[u8]) -> Address {
    let hash = keccak256(bytes);
    let mut address = Address::ZERO;
    address.0.copy_from_slice(&hash.0[12..]);
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_point_at_their_fields() {
        for kind in [Kind::Protected, Kind::AccessList, Kind::DynamicFee, Kind::SetCode] {
            let tx = Tx {
                kind,
                chain_id: 1,
                nonce: 2,
                max_fee: 3,
                tip: 4,
                gas: 5,
                to: Some(Address([6; 20])),
                value: 7,
                data: vec![8],
                access: Vec::new(),
                authorizations: vec![Item::number(9)],
            };
            let at = |field| tx.place(field).map(|place| tx.fields()[place].clone());
            assert_eq!(at(Field::Nonce), Some(Item::number(2)));
            assert_eq!(at(Field::MaxFee), Some(Item::number(3)));
            assert_eq!(at(Field::Gas), Some(Item::number(5)));
            assert_eq!(at(Field::To), Some(Item::bytes([6; 20])));
            assert_eq!(at(Field::Value), Some(Item::number(7)));
            let only = |yes: bool, item| yes.then_some(item);
            let typed = kind != Kind::Protected;
            let set_code = kind == Kind::SetCode;
            assert_eq!(at(Field::ChainId), only(typed, Item::number(1)));
            assert_eq!(at(Field::Tip), only(set_code || kind == Kind::DynamicFee, Item::number(4)));
            assert_eq!(at(Field::Access), only(typed, Item::List(vec![])));
        }
    }

    #[test]
    fn created_addresses_are_those_of_the_eip() {
        // The first example of EIP-1014.
        let address = created_address_2(&Address::ZERO, &[0; 32], &[0]);
        assert_eq!(address.to_string(), "0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38");
    }
}
