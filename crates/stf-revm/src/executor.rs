//! The two ways to a block: building it from inputs and checking a given one.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, ReceiptEnvelope, Transaction};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{B256, keccak256};
use alloy_trie::root::{ordered_trie_root, ordered_trie_root_encoded};
use tern_protocol::{BlockInputs, Candidate, Hash};
use tern_stf::{
    ChainSpec, Error, Execution, Executor, Fork, GenesisAccount, GenesisState, Preimages, Receipt,
    SkipReason, Skipped,
};

use crate::{
    block::{self, RawBlock},
    convert, genesis,
    header::{self, Derived, must_be},
    run::{Outcome, Run},
    transaction::{self, Refusal},
};

/// The executor of the ZK lane.
#[derive(Debug, Clone, Copy, Default)]
pub struct RevmExecutor;

impl Executor for RevmExecutor {
    fn name(&self) -> &str {
        "revm"
    }

    fn build(
        &self,
        spec: &ChainSpec,
        parent: Hash,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        build(spec, parent, inputs, preimages)
    }

    fn check(
        &self,
        spec: &ChainSpec,
        block: &[u8],
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        check(spec, block, preimages)
    }

    fn genesis_state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
        genesis::state(accounts)
    }
}

fn build(
    spec: &ChainSpec,
    parent_hash: Hash,
    inputs: &BlockInputs,
    preimages: &dyn Preimages,
) -> Result<Execution, Error> {
    let parent = header::load(preimages, parent_hash)?;
    let derived = Derived::new(spec, &parent, inputs.timestamp.0)?;
    let mut header = begin_header(parent_hash, inputs, &derived);
    header::check_choices(&parent, &header).map_err(|error| Error::Inputs(error.to_string()))?;
    let withdrawals: Vec<_> = inputs.withdrawals.iter().map(convert::withdrawal).collect();
    let withdrawals = match derived.fork {
        Fork::Paris if withdrawals.is_empty() => None,
        Fork::Paris => return Err(Error::Inputs("Paris knows no withdrawals".into())),
        Fork::Shanghai | Fork::Cancun | Fork::Prague => Some(withdrawals),
    };

    let mut run = Run::start(spec, &parent, &header, &derived, preimages)?;
    let mut included = Vec::new();
    let mut skipped = Vec::new();
    for (candidate, entry) in inputs.candidates.iter().enumerate() {
        match try_candidate(&mut run, entry)? {
            Ok(()) => included.push((candidate, entry.raw.as_slice())),
            Err(Refusal { reason, .. }) => skipped.push(Skipped { candidate, reason }),
        }
    }
    let outcome = run.finish(withdrawals.as_deref().unwrap_or_default())?;

    let transactions: Vec<_> = included.iter().map(|(_, raw)| *raw).collect();
    end_header(&mut header, &transactions, withdrawals.as_deref(), &outcome);
    let header_rlp = alloy_rlp::encode(&header);
    Ok(Execution {
        hash: crate::keccak(&header_rlp),
        header: convert::header(&header),
        block: block::encode(&header_rlp, &transactions, withdrawals.as_deref()),
        header_rlp,
        receipts: receipts(&outcome.receipts, outcome.encoded_receipts, |place| included[place].0),
        skipped,
        created: outcome.created,
    })
}

/// Applies `spec/skip-rule.md` to one candidate.
fn try_candidate(run: &mut Run<'_>, candidate: &Candidate) -> Result<Result<(), Refusal>, Error> {
    if transaction::is_blob(&candidate.raw) {
        return Ok(Err(SkipReason::Blob.into()));
    }
    let signed = match transaction::decode(&candidate.raw) {
        Ok(signed) => signed,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = transaction::check_fee_fields(&signed) {
        return Ok(Err(refusal));
    }
    if candidate.forced_gas.is_some_and(|paid| signed.gas_limit() > paid) {
        return Ok(Err(SkipReason::GasLimit.into()));
    }
    run.transact(&signed)
}

/// What a header holds before execution.
fn begin_header(parent: Hash, inputs: &BlockInputs, derived: &Derived) -> Header {
    let since = |fork| derived.fork >= fork;
    Header {
        parent_hash: convert::b256(parent),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: convert::address(inputs.beneficiary),
        number: derived.number,
        gas_limit: inputs.gas_limit,
        timestamp: inputs.timestamp.0,
        extra_data: inputs.extra_data.clone().into(),
        mix_hash: convert::b256(inputs.prev_randao),
        base_fee_per_gas: Some(derived.base_fee),
        excess_blob_gas: derived.blobs.map(|(_, excess)| excess),
        parent_beacon_block_root: since(Fork::Cancun)
            .then(|| convert::b256(inputs.parent_beacon_block_root)),
        ..Header::default()
    }
}

/// Adds what only execution tells.
fn end_header(
    header: &mut Header,
    transactions: &[&[u8]],
    withdrawals: Option<&[Withdrawal]>,
    outcome: &Outcome,
) {
    header.transactions_root = ordered_trie_root_encoded(transactions);
    header.withdrawals_root = withdrawals.map(ordered_trie_root);
    header.state_root = outcome.state_root;
    header.receipts_root = outcome.receipts_root;
    header.logs_bloom = outcome.logs_bloom;
    header.gas_used = outcome.gas_used;
    header.blob_gas_used = header.excess_blob_gas.map(|_| outcome.blob_gas_used);
    header.requests_hash = outcome.requests_hash;
}

fn check(spec: &ChainSpec, block: &[u8], preimages: &dyn Preimages) -> Result<Execution, Error> {
    let raw = RawBlock::decode(block)?;
    let header = header::decode(raw.header)
        .map_err(|reason| Error::BlockEncoding(format!("the header: {reason}")))?;
    let parent = header::load(preimages, convert::hash(header.parent_hash))?;
    let derived = Derived::new(spec, &parent, header.timestamp)?;
    header::check(&parent, &derived, &header)?;
    check_body(&raw, &header)?;

    let mut run = Run::start(spec, &parent, &header, &derived, preimages)?;
    for (index, bytes) in raw.transactions.iter().enumerate() {
        let done = match transaction::decode(bytes) {
            Ok(signed) => run.transact(&signed)?,
            Err(refusal) => Err(refusal),
        };
        done.map_err(|Refusal { text: reason, .. }| Error::Transaction { index, reason })?;
    }
    let outcome = run.finish(raw.withdrawals.as_deref().unwrap_or_default())?;
    check_outcome(&header, &outcome)?;
    Ok(Execution {
        hash: crate::keccak(raw.header),
        header: convert::header(&header),
        header_rlp: raw.header.to_vec(),
        block: block.to_vec(),
        receipts: receipts(&outcome.receipts, outcome.encoded_receipts, |place| place),
        skipped: Vec::new(),
        created: outcome.created,
    })
}

fn check_body(raw: &RawBlock<'_>, header: &Header) -> Result<(), Error> {
    must_be("sha3Uncles", keccak256(raw.ommers), header.ommers_hash)?;
    let root = ordered_trie_root_encoded(&raw.transactions);
    must_be("transactionsRoot", root, header.transactions_root)?;
    match (&raw.withdrawals, header.withdrawals_root) {
        (Some(withdrawals), Some(root)) => {
            must_be("withdrawalsRoot", ordered_trie_root(withdrawals), root)
        }
        (None, None) => Ok(()),
        (Some(_), None) => Err(Error::BlockEncoding("it has withdrawals too early".into())),
        (None, Some(_)) => Err(Error::BlockEncoding("it lacks the withdrawals".into())),
    }
}

fn check_outcome(header: &Header, outcome: &Outcome) -> Result<(), Error> {
    must_be("gasUsed", outcome.gas_used, header.gas_used)?;
    if let Some(used) = header.blob_gas_used {
        must_be("blobGasUsed", outcome.blob_gas_used, used)?;
    }
    must_be("receiptsRoot", outcome.receipts_root, header.receipts_root)?;
    must_be("logsBloom", outcome.logs_bloom, header.logs_bloom)?;
    let text = |hash: Option<B256>| hash.map_or_else(|| String::from("absent"), |h| h.to_string());
    let (expected, got) = (outcome.requests_hash, header.requests_hash);
    must_be("requestsHash", text(expected), text(got))?;
    must_be("stateRoot", outcome.state_root, header.state_root)
}

fn receipts(
    receipts: &[ReceiptEnvelope],
    encoded: Vec<Vec<u8>>,
    candidate: impl Fn(usize) -> usize,
) -> Vec<Receipt> {
    receipts
        .iter()
        .zip(encoded)
        .enumerate()
        .map(|(place, (receipt, encoded))| Receipt {
            candidate: candidate(place),
            success: receipt.status(),
            cumulative_gas_used: receipt.cumulative_gas_used(),
            encoded,
        })
        .collect()
}
