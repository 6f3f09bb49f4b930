//! Building the block that follows from derived inputs.

use alloc::{format, vec::Vec};

use tern_protocol::{BlockInputs, Candidate, Hash, Timestamp, Word};
use tern_stf::{ChainSpec, Error, Execution, Fork, Header, Preimages, SkipReason, Skipped};

use crate::{
    block::{Block, NO_OMMERS, check_choices, refuse_production},
    fees,
    host::read_header,
    rules::Rules,
    seal::execution,
    tx::{Kind, Transaction},
    validate::Refusal,
};

/// Makes the block that follows `parent` from derived inputs.
pub(crate) fn build<R: Rules>(
    spec: &ChainSpec,
    parent_hash: Hash,
    inputs: &BlockInputs,
    preimages: &dyn Preimages,
) -> Result<Execution, Error> {
    refuse_production::<R>(spec)?;
    let parent = read_header(preimages, parent_hash)?;
    let header = draft::<R>(spec, parent_hash, &parent, inputs)?;
    check_choices(&parent, &header).map_err(|(field, expected, got)| {
        Error::Inputs(format!("{field} is {got}, but must be {expected}"))
    })?;
    let mut block = Block::<R>::begin(spec, &parent, &header, preimages)?;
    let mut skipped = Vec::new();
    for (index, candidate) in inputs.candidates.iter().enumerate() {
        if let Some(reason) = try_candidate(&mut block, candidate, index)? {
            skipped.push(Skipped { candidate: index, reason });
        }
    }
    let sealed = block.seal(header, &inputs.withdrawals)?;
    Ok(execution(sealed, &inputs.withdrawals, skipped))
}

/// Why the candidate was skipped, if it was.
fn try_candidate<R: Rules>(
    block: &mut Block<'_, R>,
    candidate: &Candidate,
    index: usize,
) -> Result<Option<SkipReason>, Error> {
    let raw = candidate.raw.as_slice();
    if Kind::of(raw) == Some(Kind::Blob) {
        return Ok(Some(SkipReason::Blob));
    }
    let Ok(tx) = Transaction::decode(raw) else { return Ok(Some(SkipReason::Undecodable)) };
    if let Some(reason) = outside_bounds(&tx) {
        return Ok(Some(reason));
    }
    if candidate.forced_gas.is_some_and(|paid| tx.gas_limit > paid) {
        return Ok(Some(SkipReason::GasLimit));
    }
    match block.apply(&tx, raw, index) {
        Ok(()) => Ok(None),
        Err(Refusal::Skip(reason)) => Ok(Some(reason)),
        Err(Refusal::Blob(_)) => Ok(Some(SkipReason::Blob)),
        Err(Refusal::Fault(error)) => Err(error),
    }
}

/// Numbers that clients read differently are refused before anybody reads them.
fn outside_bounds(tx: &Transaction) -> Option<SkipReason> {
    let large = |number: evm::uint::U256| number.bits() > 64;
    if large(tx.max_fee) || large(tx.max_tip) {
        Some(SkipReason::Fee)
    } else if tx.chain_id.is_some_and(large) {
        Some(SkipReason::WrongChain)
    } else {
        None
    }
}

/// The header as far as the inputs decide it.
fn draft<R: Rules>(
    spec: &ChainSpec,
    parent_hash: Hash,
    parent: &Header,
    inputs: &BlockInputs,
) -> Result<Header, Error> {
    let fork = spec.fork_at(inputs.timestamp);
    if fork < Fork::Shanghai && !inputs.withdrawals.is_empty() {
        return Err(Error::Inputs("there are no withdrawals before Shanghai".into()));
    }
    let number = parent.number.checked_add(1);
    let blobs = spec.blobs_at(Timestamp(inputs.timestamp.0));
    Ok(Header {
        parent_hash,
        ommers_hash: NO_OMMERS,
        beneficiary: inputs.beneficiary,
        state_root: Hash::ZERO,
        transactions_root: Hash::ZERO,
        receipts_root: Hash::ZERO,
        logs_bloom: [0; 256],
        difficulty: Word::ZERO,
        number: number.ok_or_else(|| Error::Inputs("the parent is the last block".into()))?,
        gas_limit: inputs.gas_limit,
        gas_used: 0,
        timestamp: inputs.timestamp.0,
        extra_data: inputs.extra_data.clone(),
        prev_randao: inputs.prev_randao,
        nonce: [0; 8],
        base_fee_per_gas: R::next_base_fee(
            parent.base_fee_per_gas,
            parent.gas_used,
            parent.gas_limit,
        ),
        withdrawals_root: None,
        blob_gas_used: None,
        excess_blob_gas: blobs.map(|blobs| fees::excess_blob_gas(parent, &blobs)),
        parent_beacon_block_root: blobs.map(|_| inputs.parent_beacon_block_root),
        requests_hash: None,
    })
}
