//! Blocks in RLP, read strictly.

use alloc::{format, vec::Vec};

use alloy_eips::eip4895::Withdrawal;
use alloy_rlp::{Decodable, EMPTY_LIST_CODE, EMPTY_STRING_CODE, Encodable, Header as Item};
use tern_stf::Error;

/// A block's parts as they stand in its RLP.
#[derive(Debug)]
pub(crate) struct RawBlock<'b> {
    pub(crate) header: &'b [u8],
    /// Each in its EIP-2718 form.
    pub(crate) transactions: Vec<&'b [u8]>,
    /// The whole list.
    pub(crate) ommers: &'b [u8],
    /// Present from Shanghai.
    pub(crate) withdrawals: Option<Vec<Withdrawal>>,
}

impl<'b> RawBlock<'b> {
    pub(crate) fn decode(block: &'b [u8]) -> Result<Self, Error> {
        Self::read(block).map_err(|(what, error)| Error::BlockEncoding(format!("{what}: {error}")))
    }

    fn read(mut block: &'b [u8]) -> Result<Self, (&'static str, alloy_rlp::Error)> {
        let part = |name| move |error| (name, error);
        let trailing = alloy_rlp::Error::Custom("bytes follow it");
        let mut parts = Item::decode_bytes(&mut block, true).map_err(part("the block"))?;
        if !block.is_empty() {
            return Err(("the block", trailing));
        }
        let header = list(&mut parts).map_err(part("the header"))?;
        let transactions = transactions(&mut parts).map_err(part("the transactions"))?;
        let ommers = list(&mut parts).map_err(part("the ommers"))?;
        let withdrawals = if parts.is_empty() {
            None
        } else {
            Some(Vec::decode(&mut parts).map_err(part("the withdrawals"))?)
        };
        if !parts.is_empty() {
            return Err(("the withdrawals", trailing));
        }
        Ok(Self { header, transactions, ommers, withdrawals })
    }
}

/// The next item with its header.
fn item<'b>(rest: &mut &'b [u8]) -> alloy_rlp::Result<(bool, &'b [u8], &'b [u8])> {
    let start = *rest;
    let Item { list, payload_length } = Item::decode(rest)?;
    let (payload, after) =
        rest.split_at_checked(payload_length).ok_or(alloy_rlp::Error::InputTooShort)?;
    *rest = after;
    Ok((list, &start[..start.len() - after.len()], payload))
}

/// The next item with its header; it has to be a list.
fn list<'b>(rest: &mut &'b [u8]) -> alloy_rlp::Result<&'b [u8]> {
    match item(rest)? {
        (true, whole, _) => Ok(whole),
        (false, ..) => Err(alloy_rlp::Error::UnexpectedString),
    }
}

/// Legacy transactions stand in a block as lists, all others as strings.
fn transactions<'b>(rest: &mut &'b [u8]) -> alloy_rlp::Result<Vec<&'b [u8]>> {
    let mut items = Item::decode_bytes(rest, true)?;
    let mut transactions = Vec::new();
    while !items.is_empty() {
        transactions.push(match item(&mut items)? {
            (true, whole, _) => whole,
            (false, _, payload)
                if payload.first().is_some_and(|kind| *kind < EMPTY_STRING_CODE) =>
            {
                payload
            }
            (false, ..) => {
                return Err(alloy_rlp::Error::Custom("a string without a transaction type"));
            }
        });
    }
    Ok(transactions)
}

/// The RLP of a block without ommers.
pub(crate) fn encode(
    header: &[u8],
    transactions: &[&[u8]],
    withdrawals: Option<&[Withdrawal]>,
) -> Vec<u8> {
    let is_legacy = |transaction: &[u8]| transaction.first().is_some_and(|b| *b >= EMPTY_LIST_CODE);
    let payload_length = transactions
        .iter()
        .map(
            |transaction| {
                if is_legacy(transaction) { transaction.len() } else { transaction.length() }
            },
        )
        .sum();
    let list = Item { list: true, payload_length };
    let withdrawals = withdrawals.map(|withdrawals| {
        let mut rlp = Vec::new();
        alloy_rlp::encode_list(withdrawals, &mut rlp);
        rlp
    });
    let withdrawals = withdrawals.as_deref().unwrap_or_default();
    let block = Item {
        list: true,
        payload_length: header.len() + list.length_with_payload() + 1 + withdrawals.len(),
    };
    let mut rlp = Vec::with_capacity(block.length_with_payload());
    block.encode(&mut rlp);
    rlp.extend_from_slice(header);
    list.encode(&mut rlp);
    for transaction in transactions {
        if is_legacy(transaction) {
            rlp.extend_from_slice(transaction);
        } else {
            transaction.encode(&mut rlp);
        }
    }
    rlp.push(EMPTY_LIST_CODE);
    rlp.extend_from_slice(withdrawals);
    rlp
}
