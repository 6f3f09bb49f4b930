//! Making a block from derived inputs.

use std::collections::BTreeSet;

use ethrex_common::{
    H256,
    constants::DEFAULT_OMMERS_HASH,
    types::{BlockHeader, Withdrawal},
};
use ethrex_rlp::encode::RLPEncode;
use rayon::prelude::*;
use tern_protocol::{BlockInputs, Candidate, Hash};
use tern_stf::{ChainSpec, Error, Execution, Fork, Preimages, SkipReason, Skipped};

use crate::{
    block,
    check::{MAX_EXTRA_DATA, base_fee, check_gas_limit},
    convert::{h256, to_ethrex_address},
    header, keccak,
    outcome::{self, Outcome, Results, list_root},
    rules::Rules,
    session::{Rejection, Session},
    store::{self, Store},
    system,
    tx::{self, Price, Refusal, Signed},
    world::World,
};

/// Makes the block that follows `parent`.
pub(crate) fn build(
    spec: &ChainSpec,
    parent_hash: Hash,
    inputs: &BlockInputs,
    source: &dyn Preimages,
) -> Result<Execution, Error> {
    let parent = header::load(parent_hash, source)?;
    let rules = Rules::at(spec, inputs.timestamp)?;
    let withdrawals = withdrawals(inputs, rules.fork)?;
    let mut header = open_header(&parent, parent_hash, inputs, &rules)?;
    let candidates: Vec<_> =
        inputs.candidates.par_iter().map(|candidate| decode(candidate, &rules)).collect();

    let made = loop_until_whole(&candidates, |broken| {
        let world = World::new(parent.state_root, parent.number, header.parent_hash);
        store::lend(rules.chain, world, source, |store| {
            let mut session = Session::new(&rules, &header, store)?;
            attempt(&mut session, store, &candidates, broken, &withdrawals)
        })
    })?;
    let transactions: Vec<&[u8]> = made
        .included
        .iter()
        .filter_map(|index| inputs.candidates.get(*index))
        .map(|candidate| candidate.raw.as_slice())
        .collect();
    header.state_root = made.outcome.state_root;
    close_header(&mut header, &made.outcome.results, &transactions);
    let listed = (rules.fork >= Fork::Shanghai).then_some(withdrawals.as_slice());
    let header_rlp = header.encode_to_vec();
    Ok(Execution {
        hash: keccak(&header_rlp),
        header: header::to_tern(&header),
        block: block::join(&header_rlp, &transactions, listed),
        header_rlp,
        receipts: made.outcome.receipts,
        skipped: made.skipped,
        created: made.outcome.created,
    })
}

/// A block's execution with what entered it.
struct Made {
    outcome: Outcome,
    included: Vec<usize>,
    skipped: Vec<Skipped>,
}

/// Why an attempt to make a block ended early.
pub(crate) enum Stop {
    Failed(Error),
    /// ethrex gave up in the middle of this candidate, and the state with it.
    BrokenBy(usize),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Starts again without a candidate that broke the execution off. No candidate that is
/// known does: it would take a balance beyond 256 bits. But a candidate must never be
/// able to stop a block, whatever is in it.
pub(crate) fn loop_until_whole<T>(
    candidates: &[Result<Signed, Refusal>],
    mut attempt: impl FnMut(&BTreeSet<usize>) -> Result<T, Stop>,
) -> Result<T, Error> {
    let mut broken = BTreeSet::new();
    for _ in 0..=candidates.len() {
        match attempt(&broken) {
            Ok(made) => return Ok(made),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::BrokenBy(index)) => broken.insert(index),
        };
    }
    Err(Error::Inputs("no candidate can be executed".into()))
}

fn attempt(
    session: &mut Session<'_>,
    store: &Store,
    candidates: &[Result<Signed, Refusal>],
    broken: &BTreeSet<usize>,
    withdrawals: &[Withdrawal],
) -> Result<Made, Stop> {
    system::before(session)?;
    let (included, skipped) = enter(session, candidates, broken)?;
    let outcome = outcome::finish(session, store, withdrawals, &included)?;
    Ok(Made { outcome, included, skipped })
}

/// Tries the candidates in order: which entered, and which did not.
pub(crate) fn enter(
    session: &mut Session<'_>,
    candidates: &[Result<Signed, Refusal>],
    broken: &BTreeSet<usize>,
) -> Result<(Vec<usize>, Vec<Skipped>), Stop> {
    let mut included = Vec::with_capacity(candidates.len());
    let mut skipped = Vec::new();
    for (candidate, decoded) in candidates.iter().enumerate() {
        let refusal = match decoded {
            Err(refusal) => Some(refusal.reason),
            Ok(_) if broken.contains(&candidate) => Some(SkipReason::Funds),
            Ok(signed) => match session.transact(signed) {
                Ok(()) => None,
                Err(Rejection::Refused(refusal)) => Some(refusal.reason),
                Err(Rejection::Failed(error)) => return Err(error.into()),
                Err(Rejection::Broken(_)) => return Err(Stop::BrokenBy(candidate)),
            },
        };
        match refusal {
            None => included.push(candidate),
            Some(reason) => skipped.push(Skipped { candidate, reason }),
        }
    }
    Ok((included, skipped))
}

/// A candidate that may enter, as far as it can be told without the state.
pub(crate) fn decode(candidate: &Candidate, rules: &Rules) -> Result<Signed, Refusal> {
    if candidate.raw.first() == Some(&3) {
        return Err(Refusal::new(SkipReason::Blob, "it is a blob transaction"));
    }
    let signed = tx::decode(&candidate.raw, rules.chain_id, rules.fork)?;
    let limit = ethrex_common::U256::from(u64::MAX);
    let fees_fit = match signed.price {
        Price::Fixed(price) => price <= limit,
        Price::Dynamic { max, tip } => max <= limit && tip <= limit,
    };
    if !fees_fit {
        let detail = "its fee does not fit 64 bits";
        return Err(Refusal::new(SkipReason::Undecodable, detail));
    }
    if candidate.forced_gas.is_some_and(|paid| signed.gas_limit > paid) {
        let detail = "it may use more gas than was paid for";
        return Err(Refusal::new(SkipReason::GasLimit, detail));
    }
    Ok(signed)
}

pub(crate) fn withdrawals(inputs: &BlockInputs, fork: Fork) -> Result<Vec<Withdrawal>, Error> {
    if fork < Fork::Shanghai && !inputs.withdrawals.is_empty() {
        return Err(Error::Inputs("there are no withdrawals before Shanghai".into()));
    }
    let converted = inputs.withdrawals.iter().map(|one| Withdrawal {
        index: one.index,
        validator_index: one.validator_index,
        address: to_ethrex_address(&one.address),
        amount: one.amount.0,
    });
    Ok(converted.collect())
}

/// The header as far as it is known before the execution.
pub(crate) fn open_header(
    parent: &BlockHeader,
    parent_hash: Hash,
    inputs: &BlockInputs,
    rules: &Rules,
) -> Result<BlockHeader, Error> {
    let impossible = |reason: String| Error::Inputs(reason);
    let number = parent
        .number
        .checked_add(1)
        .ok_or_else(|| impossible("the parent's number is the last there is".into()))?;
    if inputs.timestamp.0 <= parent.timestamp {
        let (time, before) = (inputs.timestamp, parent.timestamp);
        return Err(impossible(format!("the time {time} is not after the parent's {before}")));
    }
    if inputs.extra_data.len() > MAX_EXTRA_DATA {
        return Err(impossible("extraData is longer than 32 bytes".into()));
    }
    let limit = inputs.gas_limit;
    check_gas_limit(limit, parent.gas_limit).map_err(|expected| {
        impossible(format!("the gas limit is {limit}, but must be {expected}"))
    })?;
    let has_blobs = rules.fork >= Fork::Cancun;
    Ok(BlockHeader {
        parent_hash: h256(&parent_hash),
        ommers_hash: *DEFAULT_OMMERS_HASH,
        coinbase: to_ethrex_address(&inputs.beneficiary),
        number,
        gas_limit: limit,
        timestamp: inputs.timestamp.0,
        extra_data: inputs.extra_data.clone().into(),
        prev_randao: h256(&inputs.prev_randao),
        base_fee_per_gas: Some(base_fee(limit, parent)?),
        withdrawals_root: withdrawals_root(inputs, rules.fork)?,
        blob_gas_used: has_blobs.then_some(0),
        excess_blob_gas: rules.excess_blob_gas(parent)?,
        parent_beacon_block_root: has_blobs.then(|| h256(&inputs.parent_beacon_block_root)),
        ..BlockHeader::default()
    })
}

fn withdrawals_root(inputs: &BlockInputs, fork: Fork) -> Result<Option<H256>, Error> {
    if fork < Fork::Shanghai {
        return Ok(None);
    }
    let encoded: Vec<Vec<u8>> =
        withdrawals(inputs, fork)?.iter().map(RLPEncode::encode_to_vec).collect();
    Ok(Some(list_root(encoded.iter().map(Vec::as_slice))))
}

/// Writes down what the execution determined, except the state's root.
pub(crate) fn close_header(header: &mut BlockHeader, results: &Results, transactions: &[&[u8]]) {
    header.transactions_root = list_root(transactions.iter().copied());
    header.receipts_root = results.receipts_root;
    header.logs_bloom = results.logs_bloom;
    header.gas_used = results.gas_used;
    header.requests_hash = results.requests_hash;
}
