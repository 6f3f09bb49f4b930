//! Several executors, one block: where they part, the difference is named.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use tern_protocol::{BlockInputs, Hash};

use crate::{ChainSpec, Error, Execution, Executor, Preimages, Receipt};

/// What two executors see differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Some gave a block, some an error.
    Outcome,
    /// Whether a candidate enters the block.
    Candidate(usize),
    /// What a transaction did, by its place in the block.
    Transaction {
        /// Its place in the block.
        index: usize,
        /// What differs: `success`, `cumulativeGasUsed` or `receipt`.
        what: &'static str,
    },
    /// A header field, by its JSON-RPC name.
    Field(&'static str),
    /// The encoded block, though every header field is equal.
    Encoding,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcome => write!(f, "whether there is a valid block at all"),
            Self::Candidate(index) => write!(f, "whether candidate {index} enters the block"),
            Self::Transaction { index, what } => write!(f, "{what} of transaction {index}"),
            Self::Field(name) => write!(f, "header field {name}"),
            Self::Encoding => write!(f, "the block's encoding"),
        }
    }
}

/// One executor's view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The executor.
    pub executor: String,
    /// What it says.
    pub value: String,
}

/// Executors that do not agree on a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("block {block}: executors disagree on {subject}: {}", list(.answers))]
pub struct Disagreement {
    /// The block's number; 0 when no executor got that far.
    pub block: u64,
    /// The first thing that differs, in the order candidates, transactions, header.
    pub subject: Subject,
    /// Every header field that differs.
    pub fields: Vec<&'static str>,
    /// What each executor says of the subject.
    pub answers: Vec<Answer>,
}

fn list(answers: &[Answer]) -> String {
    let parts: Vec<String> =
        answers.iter().map(|answer| format!("{} says {}", answer.executor, answer.value)).collect();
    parts.join(", ")
}

impl Disagreement {
    /// The one executor that stands alone against all others, if there are at least
    /// three and the others agree.
    pub fn odd_one_out(&self) -> Option<&str> {
        if self.answers.len() < 3 {
            return None;
        }
        let alone = |answer: &&Answer| {
            self.answers.iter().filter(|other| other.value == answer.value).count() == 1
        };
        let mut loners = self.answers.iter().filter(alone);
        let first = loners.next()?;
        loners.next().is_none().then_some(first.executor.as_str())
    }
}

/// Why a cross-check gave no block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrossError {
    /// The executors differ.
    #[error(transparent)]
    Disagree(#[from] Disagreement),
    /// All of them refuse; this is the first one's reason.
    #[error("every executor refuses the block: {0}")]
    AllRefuse(Error),
    /// There is nobody to ask.
    #[error("a cross-check needs at least one executor")]
    Nobody,
}

/// Lets every executor build the same block and compares all they say.
pub fn cross_build(
    executors: &[&dyn Executor],
    spec: &ChainSpec,
    parent: Hash,
    inputs: &BlockInputs,
    preimages: &dyn Preimages,
) -> Result<Execution, CrossError> {
    compare(
        executors
            .iter()
            .map(|executor| (executor.name(), executor.build(spec, parent, inputs, preimages)))
            .collect(),
    )
}

/// Lets every executor check the same block and compares all they say.
pub fn cross_check(
    executors: &[&dyn Executor],
    spec: &ChainSpec,
    block: &[u8],
    preimages: &dyn Preimages,
) -> Result<Execution, CrossError> {
    compare(
        executors
            .iter()
            .map(|executor| (executor.name(), executor.check(spec, block, preimages)))
            .collect(),
    )
}

/// Compares what executors said of one block, wherever and whenever they said it.
pub fn compare(answers: Vec<(&str, Result<Execution, Error>)>) -> Result<Execution, CrossError> {
    let number = answers.iter().find_map(|(_, a)| a.as_ref().ok()).map_or(0, |e| e.header.number);
    let failed = answers.iter().filter(|(_, answer)| answer.is_err()).count();
    if failed != 0 && failed != answers.len() {
        let answers = answers
            .iter()
            .map(|(name, answer)| Answer {
                executor: (*name).into(),
                value: match answer {
                    Ok(execution) => format!("valid, hash {}", execution.hash),
                    Err(error) => format!("refused: {error}"),
                },
            })
            .collect();
        let subject = Subject::Outcome;
        return Err(Disagreement { block: number, subject, fields: Vec::new(), answers }.into());
    }
    let mut executions = Vec::with_capacity(answers.len());
    for (name, answer) in answers {
        executions.push((name, answer.map_err(CrossError::AllRefuse)?));
    }
    match first_difference(&executions) {
        Some(difference) => Err(difference.into()),
        None => {
            executions.into_iter().next().map(|(_, execution)| execution).ok_or(CrossError::Nobody)
        }
    }
}

type Named<'a> = (&'a str, Execution);

fn first_difference(executions: &[Named<'_>]) -> Option<Disagreement> {
    let (_, first) = executions.first()?;
    let fields: Vec<_> = FIELDS
        .iter()
        .filter(|(_, get)| executions.iter().any(|(_, e)| get(e) != get(first)))
        .map(|(name, _)| *name)
        .collect();
    let (subject, values) = candidate_difference(executions)
        .or_else(|| transaction_difference(executions))
        .or_else(|| field_difference(executions, &fields))
        .or_else(|| encoding_difference(executions))?;
    let answers = executions
        .iter()
        .zip(values)
        .map(|((name, _), value)| Answer { executor: (*name).into(), value })
        .collect();
    Some(Disagreement { block: first.header.number, subject, fields, answers })
}

type Difference = Option<(Subject, Vec<String>)>;

fn candidate_difference(executions: &[Named<'_>]) -> Difference {
    let is_skipped = |execution: &Execution, index: usize| {
        execution.skipped.iter().find(|skip| skip.candidate == index).copied()
    };
    let index = executions
        .iter()
        .flat_map(|(_, execution)| execution.skipped.iter().map(|skip| skip.candidate))
        .filter(|index| executions.iter().any(|(_, e)| is_skipped(e, *index).is_none()))
        .min()?;
    let values = executions
        .iter()
        .map(|(_, execution)| match is_skipped(execution, index) {
            // The reason alone would make agreeing executors look different.
            Some(_) => "skipped".into(),
            None => "included".into(),
        })
        .collect();
    Some((Subject::Candidate(index), values))
}

fn transaction_difference(executions: &[Named<'_>]) -> Difference {
    let most = executions.iter().map(|(_, execution)| execution.receipts.len()).max()?;
    for index in 0..most {
        for (what, view) in RECEIPT {
            let values: Vec<String> = executions
                .iter()
                .map(|(_, e)| e.receipts.get(index).map_or_else(|| "absent".into(), view))
                .collect();
            if differ(&values) {
                return Some((Subject::Transaction { index, what }, values));
            }
        }
    }
    None
}

fn field_difference(executions: &[Named<'_>], fields: &[&'static str]) -> Difference {
    let name = *fields.first()?;
    let (_, get) = FIELDS.iter().find(|(field, _)| *field == name)?;
    let values = executions.iter().map(|(_, execution)| get(execution)).collect();
    Some((Subject::Field(name), values))
}

fn encoding_difference(executions: &[Named<'_>]) -> Difference {
    let of = |view: fn(&Execution) -> String| -> Vec<String> {
        executions.iter().map(|(_, execution)| view(execution)).collect()
    };
    [of(|e| e.hash.to_string()), of(|e| format!("0x{}", hex::encode(&e.block)))]
        .into_iter()
        .find(|values| differ(values))
        .map(|values| (Subject::Encoding, values))
}

fn differ(values: &[String]) -> bool {
    values.windows(2).any(|pair| pair[0] != pair[1])
}

type View = fn(&Execution) -> String;
type ReceiptView = fn(&Receipt) -> String;

const RECEIPT: [(&str, ReceiptView); 3] = [
    ("success", |receipt| receipt.success.to_string()),
    ("cumulativeGasUsed", |receipt| receipt.cumulative_gas_used.to_string()),
    ("receipt", |receipt| format!("0x{}", hex::encode(&receipt.encoded))),
];

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "absent".into(), |value| value.to_string())
}

const FIELDS: [(&str, View); 21] = [
    ("parentHash", |e| e.header.parent_hash.to_string()),
    ("number", |e| e.header.number.to_string()),
    ("timestamp", |e| e.header.timestamp.to_string()),
    ("gasLimit", |e| e.header.gas_limit.to_string()),
    ("miner", |e| e.header.beneficiary.to_string()),
    ("mixHash", |e| e.header.prev_randao.to_string()),
    ("extraData", |e| format!("0x{}", hex::encode(&e.header.extra_data))),
    ("baseFeePerGas", |e| e.header.base_fee_per_gas.to_string()),
    ("parentBeaconBlockRoot", |e| optional(e.header.parent_beacon_block_root)),
    ("excessBlobGas", |e| optional(e.header.excess_blob_gas)),
    ("sha3Uncles", |e| e.header.ommers_hash.to_string()),
    ("difficulty", |e| e.header.difficulty.to_string()),
    ("nonce", |e| format!("0x{}", hex::encode(e.header.nonce))),
    ("transactionsRoot", |e| e.header.transactions_root.to_string()),
    ("withdrawalsRoot", |e| optional(e.header.withdrawals_root)),
    ("gasUsed", |e| e.header.gas_used.to_string()),
    ("blobGasUsed", |e| optional(e.header.blob_gas_used)),
    ("logsBloom", |e| format!("0x{}", hex::encode(e.header.logs_bloom))),
    ("receiptsRoot", |e| e.header.receipts_root.to_string()),
    ("requestsHash", |e| optional(e.header.requests_hash)),
    ("stateRoot", |e| e.header.state_root.to_string()),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, SkipReason, Skipped};

    fn execution() -> Execution {
        let header = Header {
            parent_hash: Hash::ZERO,
            ommers_hash: Hash::ZERO,
            beneficiary: tern_protocol::Address::ZERO,
            state_root: Hash::ZERO,
            transactions_root: Hash::ZERO,
            receipts_root: Hash::ZERO,
            logs_bloom: [0; 256],
            difficulty: tern_protocol::Word::ZERO,
            number: 7,
            gas_limit: 0,
            gas_used: 0,
            timestamp: 0,
            extra_data: Vec::new(),
            prev_randao: Hash::ZERO,
            nonce: [0; 8],
            base_fee_per_gas: 0,
            withdrawals_root: None,
            blob_gas_used: None,
            excess_blob_gas: None,
            parent_beacon_block_root: None,
            requests_hash: None,
        };
        let receipt = Receipt {
            candidate: 0,
            success: true,
            cumulative_gas_used: 21_000,
            encoded: Vec::new(),
        };
        Execution {
            hash: Hash::ZERO,
            header,
            header_rlp: Vec::new(),
            block: Vec::new(),
            receipts: alloc::vec![receipt],
            skipped: Vec::new(),
            created: Vec::new(),
        }
    }

    fn disagreement(change: impl Fn(&mut Execution)) -> Disagreement {
        let mut wrong = execution();
        change(&mut wrong);
        match compare(alloc::vec![("a", Ok(execution())), ("b", Ok(wrong)), ("c", Ok(execution()))])
        {
            Err(CrossError::Disagree(disagreement)) => disagreement,
            other => panic!("expected a disagreement, got {other:?}"),
        }
    }

    #[test]
    fn agreement_gives_the_block() {
        let answers = alloc::vec![("a", Ok(execution())), ("b", Ok(execution()))];
        assert_eq!(compare(answers).map(|e| e.header.number), Ok(7));
    }

    #[test]
    fn a_difference_names_block_field_and_the_odd_one() {
        let found = disagreement(|e| e.header.state_root = Hash([1; 32]));
        assert_eq!(found.block, 7);
        assert_eq!(found.subject, Subject::Field("stateRoot"));
        assert_eq!(found.odd_one_out(), Some("b"));
    }

    #[test]
    fn a_difference_names_the_transaction_before_the_header() {
        let found = disagreement(|e| {
            e.receipts[0].cumulative_gas_used += 1;
            e.header.gas_used += 1;
            e.header.receipts_root = Hash([1; 32]);
        });
        let what = "cumulativeGasUsed";
        assert_eq!(found.subject, Subject::Transaction { index: 0, what });
        assert_eq!(found.fields, ["gasUsed", "receiptsRoot"]);
    }

    #[test]
    fn a_skipped_candidate_is_named_but_its_reason_may_differ() {
        let skip = |reason| Skipped { candidate: 3, reason };
        let found = disagreement(|e| e.skipped.push(skip(SkipReason::Nonce)));
        assert_eq!(found.subject, Subject::Candidate(3));

        let with = |reason| {
            let mut e = execution();
            e.skipped.push(skip(reason));
            Ok(e)
        };
        let answers = alloc::vec![("a", with(SkipReason::Nonce)), ("b", with(SkipReason::Funds))];
        assert!(compare(answers).is_ok());
    }

    #[test]
    fn a_refusal_by_some_is_a_disagreement_and_by_all_is_not() {
        let refuse = || Err(Error::Inputs("time".into()));
        let mixed = compare(alloc::vec![("a", Ok(execution())), ("b", refuse())]);
        assert!(matches!(
            mixed,
            Err(CrossError::Disagree(Disagreement { subject: Subject::Outcome, .. }))
        ));
        let all = compare(alloc::vec![("a", refuse()), ("b", refuse())]);
        assert!(matches!(all, Err(CrossError::AllRefuse(_))));
    }

    #[test]
    fn every_field_is_compared() {
        let names: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        for (change, name) in [
            (
                (|e: &mut Execution| e.header.requests_hash = Some(Hash::ZERO))
                    as fn(&mut Execution),
                "requestsHash",
            ),
            (|e| e.header.logs_bloom[0] = 1, "logsBloom"),
            (|e| e.header.base_fee_per_gas = 8, "baseFeePerGas"),
            (|e| e.header.withdrawals_root = Some(Hash::ZERO), "withdrawalsRoot"),
        ] {
            assert_eq!(disagreement(change).fields, [name]);
            assert!(names.contains(&name));
        }
        assert_eq!(disagreement(|e| e.block.push(0)).subject, Subject::Encoding);
    }
}
