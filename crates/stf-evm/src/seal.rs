//! The finished block.

use alloc::vec::Vec;

use tern_protocol::Withdrawal;
use tern_stf::{Execution, Skipped};

use crate::{
    block::{Sealed, encode_withdrawal},
    crypto::keccak,
    header,
    rlp::{List, encoded_bytes},
};

/// Puts the finished block together.
pub(crate) fn execution(
    sealed: Sealed,
    withdrawals: &[Withdrawal],
    skipped: Vec<Skipped>,
) -> Execution {
    let header_rlp = header::encode(&sealed.header);
    let mut transactions = List::new();
    for raw in &sealed.transactions {
        // Legacy transactions are lists, the others strings around their envelope.
        let is_list = raw.first().is_some_and(|first| *first >= 0xc0);
        transactions =
            if is_list { transactions.raw(raw) } else { transactions.raw(&encoded_bytes(raw)) };
    }
    let mut block = List::new().raw(&header_rlp).list(transactions).list(List::new());
    if sealed.header.withdrawals_root.is_some() {
        let mut list = List::new();
        for withdrawal in withdrawals {
            list = list.raw(&encode_withdrawal(withdrawal));
        }
        block = block.list(list);
    }
    Execution {
        hash: keccak(&header_rlp),
        header: sealed.header,
        header_rlp,
        block: block.finish(),
        receipts: sealed.receipts,
        skipped,
        created: sealed.created,
    }
}
