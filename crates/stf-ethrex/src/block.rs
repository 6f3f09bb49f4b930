//! A whole block: taken apart without interpretation, and put together.

use ethrex_common::types::Withdrawal;
use ethrex_rlp::encode::RLPEncode;

use crate::rlp::{Flaw, Item, Reader, wrap_list};

/// A block's parts, as they stand in it.
pub(crate) struct Parts<'a> {
    /// The header's list.
    pub(crate) header: &'a [u8],
    /// Each transaction in its EIP-2718 form.
    pub(crate) transactions: Vec<&'a [u8]>,
    /// How many ommers there are.
    pub(crate) has_ommers: bool,
    /// From Shanghai.
    pub(crate) withdrawals: Option<Vec<(Withdrawal, &'a [u8])>>,
}

/// Takes a block apart.
pub(crate) fn split(block: &[u8]) -> Result<Parts<'_>, Flaw> {
    let mut fields = Reader::sole_list(block)?;
    let header = match fields.raw_item()? {
        (Item::List(_), raw) => raw,
        (Item::Bytes(_), _) => return Err(Flaw("the header is not a list")),
    };
    let transactions = transactions(fields.list()?)?;
    let has_ommers = !fields.list()?.is_done();
    let withdrawals = if fields.is_done() { None } else { Some(withdrawals(fields.list()?)?) };
    fields.end()?;
    Ok(Parts { header, transactions, has_ommers, withdrawals })
}

fn transactions(mut items: Reader<'_>) -> Result<Vec<&[u8]>, Flaw> {
    let mut transactions = Vec::new();
    while !items.is_done() {
        transactions.push(match items.raw_item()? {
            (Item::List(_), raw) => raw,
            (Item::Bytes(typed), _) => match typed.first() {
                Some(0..=0x7f) => typed,
                _ => return Err(Flaw("a transaction has no type")),
            },
        });
    }
    Ok(transactions)
}

fn withdrawals(mut items: Reader<'_>) -> Result<Vec<(Withdrawal, &[u8])>, Flaw> {
    let mut withdrawals = Vec::new();
    while !items.is_done() {
        let (_, raw) = items.raw_item()?;
        let mut fields = Reader::sole_list(raw)?;
        let withdrawal = Withdrawal {
            index: fields.u64()?,
            validator_index: fields.u64()?,
            address: fields.address()?,
            amount: fields.u64()?,
        };
        fields.end()?;
        withdrawals.push((withdrawal, raw));
    }
    Ok(withdrawals)
}

/// Puts a block without ommers together.
pub(crate) fn join(
    header: &[u8],
    transactions: &[&[u8]],
    withdrawals: Option<&[Withdrawal]>,
) -> Vec<u8> {
    let mut listed = Vec::new();
    for transaction in transactions {
        match transaction.first() {
            Some(0xc0..=0xff) => listed.extend_from_slice(transaction),
            _ => transaction.encode(&mut listed),
        }
    }
    let mut payload = header.to_vec();
    payload.extend_from_slice(&wrap_list(&listed));
    payload.extend_from_slice(&wrap_list(&[]));
    if let Some(withdrawals) = withdrawals {
        let encoded: Vec<u8> = withdrawals.iter().flat_map(RLPEncode::encode_to_vec).collect();
        payload.extend_from_slice(&wrap_list(&encoded));
    }
    wrap_list(&payload)
}
