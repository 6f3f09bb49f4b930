//! Checking a block that someone else made.

use ethrex_common::{
    H256,
    constants::{DEFAULT_OMMERS_HASH, GAS_PER_BLOB},
    types::{
        BlockHeader, ELASTICITY_MULTIPLIER, GAS_LIMIT_ADJUSTMENT_FACTOR, GAS_LIMIT_MINIMUM,
        Withdrawal, calculate_base_fee_per_gas,
    },
};
use rayon::prelude::*;
use tern_protocol::Timestamp;
use tern_stf::{ChainSpec, Error, Execution, Fork, Preimages};

use crate::{
    block::{self, Parts},
    convert::hash,
    header, keccak,
    outcome::{self, Outcome, list_root},
    rules::Rules,
    session::{Rejection, Session},
    store::{self, Store},
    system,
    tx::{self, Signed},
    world::World,
};

/// The most gas a block may have.
pub(crate) const MAX_GAS_LIMIT: u64 = i64::MAX as u64;

/// The longest `extraData`.
pub(crate) const MAX_EXTRA_DATA: usize = 32;

/// Checks a block against every rule of its fork.
pub(crate) fn check(
    spec: &ChainSpec,
    block: &[u8],
    source: &dyn Preimages,
) -> Result<Execution, Error> {
    let parts = block::split(block).map_err(|flaw| Error::BlockEncoding(flaw.0.into()))?;
    let header = header::decode(parts.header).map_err(|flaw| Error::BlockEncoding(flaw.text()))?;
    let rules = Rules::at(spec, Timestamp(header.timestamp))?;
    check_form(&header, &parts, rules.fork)?;
    let parent = header::load(hash(header.parent_hash), source)?;
    check_succession(&header, &parent, &rules)?;
    check_body(&header, &parts)?;
    let signed = decode_transactions(&parts.transactions, &rules)?;
    check_blobs(&header, &signed, &rules)?;

    let world = World::new(parent.state_root, parent.number, header.parent_hash);
    let outcome = store::lend(rules.chain, world, source, |store| {
        let mut session = Session::new(&rules, &header, store)?;
        execute(&mut session, store, &signed, &parts)
    })?;
    check_outcome(&header, &outcome)?;
    Ok(Execution {
        hash: keccak(parts.header),
        header: header::to_tern(&header),
        header_rlp: parts.header.to_vec(),
        block: block.to_vec(),
        receipts: outcome.receipts,
        skipped: Vec::new(),
        created: outcome.created,
    })
}

/// Complains about a header field unless it is what it must be.
fn field<T: PartialEq + ToString>(name: &'static str, expected: &T, got: &T) -> Result<(), Error> {
    if expected == got { Ok(()) } else { Err(wrong(name, expected, got)) }
}

fn wrong(field: &'static str, expected: &impl ToString, got: &impl ToString) -> Error {
    Error::Field { field, expected: expected.to_string(), got: got.to_string() }
}

/// What a header must be by itself, whatever its parent.
fn check_form(header: &BlockHeader, parts: &Parts<'_>, fork: Fork) -> Result<(), Error> {
    check_fields_of_fork(header, fork)?;
    hash_field("sha3Uncles", *DEFAULT_OMMERS_HASH, header.ommers_hash)?;
    if parts.has_ommers {
        return Err(wrong("uncles", &"none", &"some"));
    }
    field("difficulty", &ethrex_common::U256::zero(), &header.difficulty)?;
    field("nonce", &0, &header.nonce)?;
    if header.extra_data.len() > MAX_EXTRA_DATA {
        let got = format!("{} bytes", header.extra_data.len());
        return Err(wrong("extraData", &"at most 32 bytes", &got));
    }
    if header.gas_used > header.gas_limit {
        let expected = format!("at most {}", header.gas_limit);
        return Err(wrong("gasUsed", &expected, &header.gas_used));
    }
    if fork >= Fork::Shanghai && parts.withdrawals.is_none() {
        return Err(wrong("withdrawals", &"present", &"absent"));
    }
    if fork < Fork::Shanghai && parts.withdrawals.is_some() {
        return Err(wrong("withdrawals", &"absent", &"present"));
    }
    Ok(())
}

/// Which fields there are depends on the fork.
fn check_fields_of_fork(header: &BlockHeader, fork: Fork) -> Result<(), Error> {
    let presence = |is_there: bool| if is_there { "present" } else { "absent" };
    let fields = [
        ("withdrawalsRoot", header.withdrawals_root.is_some(), Fork::Shanghai),
        ("blobGasUsed", header.blob_gas_used.is_some(), Fork::Cancun),
        ("excessBlobGas", header.excess_blob_gas.is_some(), Fork::Cancun),
        ("parentBeaconBlockRoot", header.parent_beacon_block_root.is_some(), Fork::Cancun),
        ("requestsHash", header.requests_hash.is_some(), Fork::Prague),
    ];
    for (name, is_there, since) in fields {
        field(name, &presence(fork >= since), &presence(is_there))?;
    }
    Ok(())
}

/// What a header must be after its parent.
fn check_succession(
    header: &BlockHeader,
    parent: &BlockHeader,
    rules: &Rules,
) -> Result<(), Error> {
    let number = parent.number.checked_add(1);
    field("number", &number.unwrap_or_default(), &header.number)?;
    if header.timestamp <= parent.timestamp {
        let expected = format!("after {}", parent.timestamp);
        return Err(wrong("timestamp", &expected, &header.timestamp));
    }
    check_gas_limit(header.gas_limit, parent.gas_limit)
        .map_err(|expected| wrong("gasLimit", &expected, &header.gas_limit))?;
    let base_fee = base_fee(header.gas_limit, parent)?;
    let got = header.base_fee_per_gas.unwrap_or_default();
    field("baseFeePerGas", &base_fee, &got)?;
    if let Some(excess) = rules.excess_blob_gas(parent)? {
        let got = header.excess_blob_gas.unwrap_or_default();
        field("excessBlobGas", &excess, &got)?;
    }
    Ok(())
}

/// What a block's gas limit must be after its parent's, if it is not that.
pub(crate) fn check_gas_limit(limit: u64, parent: u64) -> Result<(), String> {
    let step = parent / GAS_LIMIT_ADJUSTMENT_FACTOR;
    if limit.abs_diff(parent) >= step {
        return Err(format!("less than {step} from the parent's {parent}"));
    }
    if !(GAS_LIMIT_MINIMUM..=MAX_GAS_LIMIT).contains(&limit) {
        return Err(format!("from {GAS_LIMIT_MINIMUM} to {MAX_GAS_LIMIT}"));
    }
    Ok(())
}

/// The base fee that follows from the parent (EIP-1559).
pub(crate) fn base_fee(gas_limit: u64, parent: &BlockHeader) -> Result<u64, Error> {
    calculate_base_fee_per_gas(
        gas_limit,
        parent.gas_limit,
        parent.gas_used,
        parent.base_fee_per_gas.unwrap_or_default(),
        ELASTICITY_MULTIPLIER,
    )
    .ok_or_else(|| Error::Inputs("no base fee follows from the parent".into()))
}

fn check_body(header: &BlockHeader, parts: &Parts<'_>) -> Result<(), Error> {
    let root = list_root(parts.transactions.iter().copied());
    hash_field("transactionsRoot", root, header.transactions_root)?;
    if let Some(withdrawals) = &parts.withdrawals {
        let root = list_root(withdrawals.iter().map(|(_, raw)| *raw));
        let got = header.withdrawals_root.unwrap_or_default();
        hash_field("withdrawalsRoot", root, got)?;
    }
    Ok(())
}

fn hash_field(name: &'static str, expected: H256, got: H256) -> Result<(), Error> {
    field(name, &hash(expected), &hash(got))
}

fn decode_transactions(raw: &[&[u8]], rules: &Rules) -> Result<Vec<Signed>, Error> {
    let decoded: Vec<_> =
        raw.par_iter().map(|raw| tx::decode(raw, rules.chain_id, rules.fork)).collect();
    decoded
        .into_iter()
        .enumerate()
        .map(|(index, result)| {
            result.map_err(|refusal| Error::Transaction { index, reason: refusal.detail.into() })
        })
        .collect()
}

fn check_blobs(header: &BlockHeader, signed: &[Signed], rules: &Rules) -> Result<(), Error> {
    let Some(got) = header.blob_gas_used else {
        return Ok(());
    };
    let blobs: usize = signed.iter().map(|one| one.blob_hashes.len()).sum();
    let used = u64::try_from(blobs).unwrap_or(u64::MAX).saturating_mul(u64::from(GAS_PER_BLOB));
    field("blobGasUsed", &used, &got)?;
    if used > rules.max_blob_gas() {
        let expected = format!("at most {}", rules.max_blob_gas());
        return Err(wrong("blobGasUsed", &expected, &used));
    }
    Ok(())
}

fn execute(
    session: &mut Session<'_>,
    store: &Store,
    signed: &[Signed],
    parts: &Parts<'_>,
) -> Result<Outcome, Error> {
    system::before(session)?;
    for (index, transaction) in signed.iter().enumerate() {
        session.transact(transaction).map_err(|rejection| match rejection {
            Rejection::Failed(error) => error,
            Rejection::Refused(refusal) => {
                Error::Transaction { index, reason: refusal.detail.into() }
            }
            Rejection::Broken(reason) => Error::Transaction { index, reason },
        })?;
    }
    let withdrawals: Vec<Withdrawal> =
        parts.withdrawals.iter().flatten().map(|(withdrawal, _)| withdrawal.clone()).collect();
    let included: Vec<usize> = (0..signed.len()).collect();
    outcome::finish(session, store, &withdrawals, &included)
}

fn check_outcome(header: &BlockHeader, outcome: &Outcome) -> Result<(), Error> {
    let results = &outcome.results;
    field("gasUsed", &results.gas_used, &header.gas_used)?;
    hash_field("receiptsRoot", results.receipts_root, header.receipts_root)?;
    if results.logs_bloom != header.logs_bloom {
        let text = |bloom: &ethrex_common::Bloom| format!("{bloom:#x}");
        return Err(wrong("logsBloom", &text(&results.logs_bloom), &text(&header.logs_bloom)));
    }
    hash_field("stateRoot", outcome.state_root, header.state_root)?;
    if let Some(requests_hash) = results.requests_hash {
        let got = header.requests_hash.unwrap_or_default();
        hash_field("requestsHash", requests_hash, got)?;
    }
    Ok(())
}
