//! Transactions in their EIP-2718 form.

use alloc::vec::Vec;

use evm::uint::U256;
use tern_protocol::{Address, Hash};

use crate::{
    crypto::{Signature, keccak},
    rlp::{List, Malformed, Reader, Result},
};

/// The types that exist up to Prague.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Legacy,
    AccessList,
    DynamicFee,
    Blob,
    SetCode,
}

impl Kind {
    /// The byte before the payload. Legacy transactions have none.
    pub(crate) const fn type_byte(self) -> Option<u8> {
        match self {
            Self::Legacy => None,
            Self::AccessList => Some(1),
            Self::DynamicFee => Some(2),
            Self::Blob => Some(3),
            Self::SetCode => Some(4),
        }
    }

    /// The type of an envelope, by its first byte.
    pub(crate) const fn of(raw: &[u8]) -> Option<Self> {
        match raw.first() {
            Some(0xc0..=0xff) => Some(Self::Legacy),
            Some(1) => Some(Self::AccessList),
            Some(2) => Some(Self::DynamicFee),
            Some(3) => Some(Self::Blob),
            Some(4) => Some(Self::SetCode),
            _ => None,
        }
    }
}

/// Storage keys of one address that a transaction announces (EIP-2930).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) address: Address,
    pub(crate) keys: Vec<U256>,
}

/// Permission to run a contract's code as one's own (EIP-7702).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) chain_id: U256,
    pub(crate) address: Address,
    pub(crate) nonce: u64,
    pub(crate) signature: Signature,
}

impl Authorization {
    /// What the authority signs.
    pub(crate) fn signing_hash(&self) -> Hash {
        let mut message = Vec::from([0x05]);
        message.extend(
            List::new().u256(self.chain_id).bytes(&self.address.0).u64(self.nonce).finish(),
        );
        keccak(&message)
    }
}

/// A decoded transaction of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) kind: Kind,
    /// Legacy transactions may be without.
    pub(crate) chain_id: Option<U256>,
    pub(crate) nonce: u64,
    pub(crate) gas_limit: u64,
    /// `maxFeePerGas`, or `gasPrice`.
    pub(crate) max_fee: U256,
    /// `maxPriorityFeePerGas`, or `gasPrice`.
    pub(crate) max_tip: U256,
    /// `None` creates a contract.
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) data: Vec<u8>,
    pub(crate) access_list: Vec<Access>,
    pub(crate) max_blob_fee: U256,
    pub(crate) blob_hashes: Vec<Hash>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) signature: Signature,
    pub(crate) signing_hash: Hash,
}

impl Transaction {
    /// Reads the canonical form, and nothing else.
    pub(crate) fn decode(raw: &[u8]) -> Result<Self> {
        let kind = Kind::of(raw).ok_or(Malformed("an unknown transaction type"))?;
        match kind.type_byte() {
            None => decode_legacy(raw),
            Some(type_byte) => decode_typed(kind, type_byte, &raw[1..]),
        }
    }

    /// Who sent it, if the signature is valid.
    pub(crate) fn sender(&self) -> Option<Address> {
        self.signature.signer(&self.signing_hash)
    }
}

fn decode_legacy(raw: &[u8]) -> Result<Transaction> {
    let mut fields = Reader::of_list(raw)?;
    let all = fields.rest();
    let nonce = fields.u64()?;
    let gas_price = fields.u256()?;
    let gas_limit = fields.u64()?;
    let to = fields.target()?;
    let value = fields.u256()?;
    let data = fields.bytes()?.to_vec();
    let signed = List::new().raw(&all[..all.len() - fields.rest().len()]);
    let v = fields.u256()?;
    let (chain_id, y_parity) = split_v(v)?;
    let signed = match chain_id {
        Some(chain_id) => signed.u256(chain_id).u64(0).u64(0),
        None => signed,
    };
    let signature = Signature { y_parity, r: fields.word()?, s: fields.word()? };
    fields.finish()?;
    Ok(Transaction {
        kind: Kind::Legacy,
        chain_id,
        nonce,
        gas_limit,
        max_fee: gas_price,
        max_tip: gas_price,
        to,
        value,
        data,
        access_list: Vec::new(),
        max_blob_fee: U256::zero(),
        blob_hashes: Vec::new(),
        authorizations: Vec::new(),
        signature,
        signing_hash: keccak(&signed.finish()),
    })
}

/// The chain id (EIP-155), if there is one, and the parity in a legacy `v`.
fn split_v(v: U256) -> Result<(Option<U256>, u8)> {
    let parity = |odd: bool| if odd { 0 } else { 1 };
    if v == U256::from(27) || v == U256::from(28) {
        return Ok((None, parity(v.bit(0))));
    }
    let shifted = v.checked_sub(U256::from(35)).ok_or(Malformed("a v that is no v"))?;
    Ok((Some(shifted >> 1), parity(v.bit(0))))
}

fn decode_typed(kind: Kind, type_byte: u8, payload: &[u8]) -> Result<Transaction> {
    let mut fields = Reader::of_list(payload)?;
    let all = fields.rest();
    let chain_id = fields.u256()?;
    let nonce = fields.u64()?;
    let max_tip = fields.u256()?;
    let max_fee = if kind == Kind::AccessList { max_tip } else { fields.u256()? };
    let gas_limit = fields.u64()?;
    let to = fields.target()?;
    let value = fields.u256()?;
    let data = fields.bytes()?.to_vec();
    let access_list = read_all(&mut fields, access)?;
    let (max_blob_fee, blob_hashes) = if kind == Kind::Blob {
        (fields.u256()?, read_all(&mut fields, Reader::hash)?)
    } else {
        (U256::zero(), Vec::new())
    };
    let authorizations =
        if kind == Kind::SetCode { read_all(&mut fields, authorization)? } else { Vec::new() };
    let signed = List::new().raw(&all[..all.len() - fields.rest().len()]).finish();
    let signature = Signature { y_parity: fields.u8()?, r: fields.word()?, s: fields.word()? };
    fields.finish()?;
    let mut message = Vec::with_capacity(signed.len() + 1);
    message.push(type_byte);
    message.extend_from_slice(&signed);
    Ok(Transaction {
        kind,
        chain_id: Some(chain_id),
        nonce,
        gas_limit,
        max_fee,
        max_tip,
        to,
        value,
        data,
        access_list,
        max_blob_fee,
        blob_hashes,
        authorizations,
        signature,
        signing_hash: keccak(&message),
    })
}

fn read_all<'a, T>(
    fields: &mut Reader<'a>,
    one: impl Fn(&mut Reader<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut items = fields.list()?;
    let mut all = Vec::new();
    while !items.is_empty() {
        all.push(one(&mut items)?);
    }
    Ok(all)
}

fn access(items: &mut Reader<'_>) -> Result<Access> {
    let mut fields = items.list()?;
    let address = fields.address()?;
    let keys = read_all(&mut fields, |keys| Ok(U256::from_big_endian(&keys.array::<32>()?)))?;
    fields.finish()?;
    Ok(Access { address, keys })
}

fn authorization(items: &mut Reader<'_>) -> Result<Authorization> {
    let mut fields = items.list()?;
    let authorization = Authorization {
        chain_id: fields.u256()?,
        address: fields.address()?,
        nonce: fields.u64()?,
        signature: Signature { y_parity: fields.u8()?, r: fields.word()?, s: fields.word()? },
    };
    fields.finish()?;
    Ok(authorization)
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec};

    use proptest::prelude::*;

    use super::*;

    /// The example of EIP-155.
    const EIP_155: &str = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0\
        b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d\
        8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

    fn example() -> Vec<u8> {
        hex::decode(EIP_155).unwrap()
    }

    #[test]
    fn the_example_of_eip_155_is_read() {
        let tx = Transaction::decode(&example()).unwrap();
        assert_eq!((tx.kind, tx.chain_id, tx.nonce), (Kind::Legacy, Some(U256::one()), 9));
        assert_eq!(
            tx.signing_hash.to_string(),
            "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
        );
        assert_eq!(tx.sender().unwrap().to_string(), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    }

    #[test]
    fn a_byte_more_or_less_is_refused() {
        let example = example();
        assert!(Transaction::decode(&example[..example.len() - 1]).is_err());
        assert!(Transaction::decode(&[example.as_slice(), &[0]].concat()).is_err());
        assert!(Transaction::decode(&[]).is_err());
        assert!(Transaction::decode(&[0x00, 0xc0]).is_err());
        assert!(Transaction::decode(&[0x05, 0xc0]).is_err());
    }

    #[test]
    fn a_v_below_35_is_27_or_28() {
        for v in 0..35u64 {
            assert_eq!(split_v(v.into()).is_ok(), v == 27 || v == 28, "{v}");
        }
        assert_eq!(split_v(27.into()), Ok((None, 0)));
        assert_eq!(split_v(28.into()), Ok((None, 1)));
        assert_eq!(split_v(37.into()), Ok((Some(1.into()), 0)));
        assert_eq!(split_v(38.into()), Ok((Some(1.into()), 1)));
        assert_eq!(split_v(U256::MAX), Ok((Some((U256::MAX - 35) >> 1), 0)));
    }

    fn typed(type_byte: u8, fields: &[Vec<u8>]) -> Vec<u8> {
        let list = fields.iter().fold(List::new(), |list, field| list.raw(field));
        [vec![type_byte], list.finish()].concat()
    }

    /// The fields of a transaction of each type, with the number a type wants.
    fn fields(type_byte: u8) -> Vec<Vec<u8>> {
        let (number, address, nothing) = (vec![7], [vec![0x94], vec![1; 20]].concat(), vec![0xc0]);
        let mut fields = vec![number.clone(); if type_byte == 1 { 4 } else { 5 }];
        fields.extend([address, vec![5], vec![0x80], nothing.clone()]);
        match type_byte {
            3 => fields.extend([number, nothing]),
            4 => fields.push(nothing),
            _ => {}
        }
        // One is the x of a point, so somebody signed.
        fields.extend([vec![1], vec![1], vec![9]]);
        fields
    }

    #[test]
    fn every_type_has_its_own_number_of_fields() {
        for type_byte in 1..=4 {
            let right = fields(type_byte);
            let tx = Transaction::decode(&typed(type_byte, &right)).unwrap();
            assert_eq!(tx.kind.type_byte(), Some(type_byte));
            assert_eq!(tx.signature.y_parity, 1);
            assert!(Transaction::decode(&typed(type_byte, &right[..right.len() - 1])).is_err());
            let more = [right, vec![vec![1]]].concat();
            assert!(Transaction::decode(&typed(type_byte, &more)).is_err());
        }
    }

    #[test]
    fn numbers_and_addresses_have_one_form() {
        let replaced = |at: usize, field: &[u8]| {
            let mut fields = fields(2);
            fields[at] = field.to_vec();
            Transaction::decode(&typed(2, &fields))
        };
        // Nonce: a leading zero, a zero byte, nine bytes, a list.
        assert!(replaced(1, &[0x82, 0, 1]).is_err());
        assert!(replaced(1, &[0]).is_err());
        assert!(replaced(1, &[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(replaced(1, &[0xc0]).is_err());
        assert_eq!(replaced(1, &[0x80]).unwrap().nonce, 0);
        // Target: 19 and 21 bytes; none creates.
        assert!(replaced(5, &[&[0x93][..], &[1; 19]].concat()).is_err());
        assert!(replaced(5, &[&[0x95][..], &[1; 21]].concat()).is_err());
        assert_eq!(replaced(5, &[0x80]).unwrap().to, None);
        // Parity: 255 is a number, if no valid one; 256 is not.
        assert!(replaced(9, &[0x81, 0xff]).unwrap().sender().is_none());
        assert!(replaced(9, &[0x82, 1, 0]).is_err());
        // Signature: 33 bytes.
        assert!(replaced(10, &[&[0xa1, 1][..], &[0; 32]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Transaction::decode(&bytes);
        }

        #[test]
        fn a_changed_transaction_has_another_signer(
            type_byte in 1..=4u8,
            at in any::<prop::sample::Index>(),
            bit in 0..8u8,
        ) {
            let raw = typed(type_byte, &fields(type_byte));
            let signer = Transaction::decode(&raw).unwrap().sender();
            prop_assert!(signer.is_some());
            let mut changed = raw.clone();
            changed[at.index(raw.len())] ^= 1 << bit;
            if let Ok(tx) = Transaction::decode(&changed) {
                prop_assert_ne!(tx.sender(), signer);
            }
        }
    }

    #[test]
    fn the_upper_half_of_s_is_refused() {
        let tx = Transaction::decode(&example()).unwrap();
        let order = U256::from_big_endian(
            &hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
                .unwrap(),
        );
        let mut flipped = tx.clone();
        flipped.signature.y_parity ^= 1;
        (order - U256::from_big_endian(&tx.signature.s)).to_big_endian(&mut flipped.signature.s);
        assert_eq!(flipped.sender(), None);
        for (r, s) in
            [([0; 32], tx.signature.s), (tx.signature.r, [0; 32]), ([0xff; 32], tx.signature.s)]
        {
            let signature = Signature { r, s, ..tx.signature };
            assert_eq!(signature.signer(&tx.signing_hash), None);
        }
    }
}
