//! Checking a complete block.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use tern_protocol::{Address, Gwei, Hash, Timestamp, Withdrawal, Word};
use tern_stf::{ChainSpec, Error, Execution, Fork, Header, Preimages};

use crate::{
    block::{Block, NO_OMMERS, check_choices, refuse_production},
    fees, header,
    host::read_header,
    rlp::{Malformed, Reader},
    rules::Rules,
    seal::execution,
    tx::Transaction,
    validate::Refusal,
};

/// A block's parts.
struct Body<'a> {
    header: Header,
    /// EIP-2718 forms.
    transactions: Vec<&'a [u8]>,
    withdrawals: Option<Vec<Withdrawal>>,
}

/// Checks a complete block against every rule of its fork.
pub(crate) fn check<R: Rules>(
    spec: &ChainSpec,
    block: &[u8],
    preimages: &dyn Preimages,
) -> Result<Execution, Error> {
    refuse_production::<R>(spec)?;
    let body = decode(block).map_err(|wrong| Error::BlockEncoding(wrong.0.into()))?;
    let header = &body.header;
    let parent = read_header(preimages, header.parent_hash)?;
    check_header::<R>(spec, &parent, header)?;
    let fork = spec.fork_at(Timestamp(header.timestamp));
    if body.withdrawals.is_some() != (fork >= Fork::Shanghai) {
        return Err(Error::BlockEncoding("the fork wants another number of items".into()));
    }
    let mut running = Block::<R>::begin(spec, &parent, header, preimages)?;
    for (index, raw) in body.transactions.iter().enumerate() {
        run_transaction(&mut running, raw, index)?;
    }
    let withdrawals = body.withdrawals.unwrap_or_default();
    let sealed = running.seal(header.clone(), &withdrawals)?;
    compare(&sealed.header, header)?;
    let execution = execution(sealed, &withdrawals, Vec::new());
    if execution.block != block {
        return Err(Error::BlockEncoding("it does not encode to itself".into()));
    }
    Ok(execution)
}

fn run_transaction<R: Rules>(
    block: &mut Block<'_, R>,
    raw: &[u8],
    index: usize,
) -> Result<(), Error> {
    let invalid = |reason: String| Error::Transaction { index, reason };
    let tx = Transaction::decode(raw).map_err(|wrong| invalid(wrong.0.into()))?;
    block.apply(&tx, raw, index).map_err(|refusal| match refusal {
        Refusal::Skip(reason) => invalid(reason.to_string()),
        Refusal::Blob(reason) => invalid(reason.into()),
        Refusal::Fault(error) => error,
    })
}

fn decode(block: &[u8]) -> Result<Body<'_>, Malformed> {
    let mut items = Reader::of_list(block)?;
    let header = header::decode(items.item()?.raw)?;
    let mut list = items.list()?;
    let mut transactions = Vec::new();
    while !list.is_empty() {
        let item = list.item()?;
        let starts_typed = item.payload.first().is_some_and(|first| *first < 0x80);
        if !item.is_list && !starts_typed {
            return Err(Malformed("a transaction that is no envelope"));
        }
        transactions.push(if item.is_list { item.raw } else { item.payload });
    }
    items.list()?.finish().map_err(|_| Malformed("ommers"))?;
    let withdrawals = if items.is_empty() { None } else { Some(decode_withdrawals(&mut items)?) };
    items.finish()?;
    Ok(Body { header, transactions, withdrawals })
}

fn decode_withdrawals(items: &mut Reader<'_>) -> Result<Vec<Withdrawal>, Malformed> {
    let mut list = items.list()?;
    let mut withdrawals = Vec::new();
    while !list.is_empty() {
        let mut fields = list.list()?;
        withdrawals.push(Withdrawal {
            index: fields.u64()?,
            validator_index: fields.u64()?,
            address: Address(fields.array()?),
            amount: Gwei(fields.u64()?),
        });
        fields.finish()?;
    }
    Ok(withdrawals)
}

/// A header field as a message shows it.
trait Shown: PartialEq {
    fn shown(&self) -> String;
}

macro_rules! shown_as_they_print {
    ($($kind:ty),*) => {
        $(impl Shown for $kind {
            fn shown(&self) -> String {
                self.to_string()
            }
        })*
    };
}

shown_as_they_print!(u64, Hash, Word);

impl<const N: usize> Shown for [u8; N] {
    fn shown(&self) -> String {
        let digits = self.iter().map(|byte| format!("{byte:02x}"));
        core::iter::once("0x".to_string()).chain(digits).collect()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "absent".into(), Shown::shown)
    }
}

fn field<T: Shown>(field: &'static str, got: &T, expected: &T) -> Result<(), Error> {
    if got == expected {
        return Ok(());
    }
    Err(Error::Field { field, expected: expected.shown(), got: got.shown() })
}

/// A field is in the header exactly from some fork on.
fn presence<T: Shown>(
    field: &'static str,
    got: Option<&T>,
    fork: Fork,
    from: Fork,
) -> Result<(), Error> {
    if got.is_some() == (fork >= from) {
        return Ok(());
    }
    let expected = if fork >= from { "present" } else { "absent" };
    let got = got.map_or_else(|| "absent".into(), Shown::shown);
    Err(Error::Field { field, expected: format!("{expected} in {fork}"), got })
}

/// Checks what does not depend on the execution.
fn check_header<R: Rules>(spec: &ChainSpec, parent: &Header, header: &Header) -> Result<(), Error> {
    field("number", &Some(header.number), &parent.number.checked_add(1))?;
    check_choices(parent, header).map_err(|(field, expected, got)| Error::Field {
        field,
        expected,
        got,
    })?;
    field("difficulty", &header.difficulty, &Word::ZERO)?;
    field("nonce", &header.nonce, &[0; 8])?;
    field("sha3Uncles", &header.ommers_hash, &NO_OMMERS)?;
    let base_fee = R::next_base_fee(parent.base_fee_per_gas, parent.gas_used, parent.gas_limit);
    field("baseFeePerGas", &header.base_fee_per_gas, &base_fee)?;
    if header.gas_used > header.gas_limit {
        let expected = format!("at most {}", header.gas_limit);
        return Err(Error::Field { field: "gasUsed", expected, got: header.gas_used.to_string() });
    }
    let time = Timestamp(header.timestamp);
    let fork = spec.fork_at(time);
    let blobs = spec.blobs_at(time);
    presence("withdrawalsRoot", header.withdrawals_root.as_ref(), fork, Fork::Shanghai)?;
    presence("blobGasUsed", header.blob_gas_used.as_ref(), fork, Fork::Cancun)?;
    let beacon_root = header.parent_beacon_block_root.as_ref();
    presence("parentBeaconBlockRoot", beacon_root, fork, Fork::Cancun)?;
    presence("requestsHash", header.requests_hash.as_ref(), fork, Fork::Prague)?;
    let excess = blobs.map(|blobs| fees::excess_blob_gas(parent, &blobs));
    field("excessBlobGas", &header.excess_blob_gas, &excess)
}

/// Compares what follows from the execution with what the header says.
fn compare(ours: &Header, theirs: &Header) -> Result<(), Error> {
    field("transactionsRoot", &theirs.transactions_root, &ours.transactions_root)?;
    field("withdrawalsRoot", &theirs.withdrawals_root, &ours.withdrawals_root)?;
    field("gasUsed", &theirs.gas_used, &ours.gas_used)?;
    field("blobGasUsed", &theirs.blob_gas_used, &ours.blob_gas_used)?;
    field("receiptsRoot", &theirs.receipts_root, &ours.receipts_root)?;
    field("requestsHash", &theirs.requests_hash, &ours.requests_hash)?;
    field("stateRoot", &theirs.state_root, &ours.state_root)?;
    field("logsBloom", &theirs.logs_bloom, &ours.logs_bloom)
}
