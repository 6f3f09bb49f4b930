//! One test case: from JSON to a plan, through every executor, to a verdict.

use serde_json::value::RawValue;
use tern_protocol::keccak256;
use tern_stf::Executor;

use crate::{
    CaseResult, Failure, Outcome, Rejection, header,
    json::{BlockJson, CaseJson, HeadJson},
    lane::{self, Expected, LaneRun, Plan, PlannedBlock, Post},
    network,
};

/// Runs one case, unless it is of a kind or network that is not run.
pub(crate) fn run(
    file: &str,
    case: &str,
    json: &RawValue,
    executors: &[&dyn Executor],
) -> CaseResult {
    let result = |outcome| CaseResult {
        file: file.into(),
        case: case.into(),
        outcome,
        rejections: Vec::new(),
    };
    if let Some(reason) = reason_to_skip(json) {
        return result(Outcome::Skipped(reason));
    }
    match plan(json) {
        Ok(plan) => judge(file, case, &plan, executors),
        Err(reason) => result(Outcome::Failed(vec![unusable(file, case, reason)])),
    }
}

/// The failure of a test that cannot be run.
pub(crate) fn unusable(file: &str, case: &str, reason: String) -> Failure {
    Failure { file: file.into(), case: case.into(), lane: String::new(), block: None, reason }
}

fn reason_to_skip(json: &RawValue) -> Option<String> {
    let Ok(head) = serde_json::from_str::<HeadJson>(json.get()) else {
        return Some("not a block test".into());
    };
    if head.engine.is_some() {
        return Some("an Engine API test, not a block test".into());
    }
    match (head.network, head.blocks, head.genesis) {
        (Some(network), Some(_), Some(_)) if network::is_supported(&network) => None,
        (Some(network), Some(_), Some(_)) => Some(format!("network {network}")),
        _ => Some("not a block test".into()),
    }
}

fn plan(json: &RawValue) -> Result<Plan, String> {
    let json: CaseJson = serde_json::from_str(json.get())
        .map_err(|error| format!("the test is not well-formed: {error}"))?;
    let spec = network::chain_spec(&json.network, json.config.as_ref())
        .ok_or_else(|| format!("network {} is not supported", json.network))?;
    let genesis = header::parse(&json.genesis_block_header)?;
    let genesis_hash = keccak256(&header::encode(&genesis));
    if genesis_hash != json.genesis_block_header.hash {
        return Err(format!("the genesis header's hash is not {genesis_hash}"));
    }
    let block = |block: BlockJson| planned(block, &json.network);
    Ok(Plan {
        spec,
        genesis,
        pre: json.pre.into_accounts(),
        blocks: json.blocks.into_iter().map(block).collect::<Result<_, _>>()?,
        last: json.last_block_hash,
        post: match (json.post_state, json.post_state_hash) {
            (Some(accounts), _) => Post::Accounts(accounts.into_accounts()),
            (None, Some(root)) => Post::Root(root),
            (None, None) => Post::Unsaid,
        },
    })
}

fn planned(block: BlockJson, network: &str) -> Result<PlannedBlock, String> {
    let applies = |suffix: &str| network::exception_applies(suffix, network);
    let exception = block.exceptions.into_iter().find(|(suffix, _)| applies(suffix));
    let expected = match (exception, block.header) {
        (Some((_, exception)), _) => Expected::Rejected { exception },
        (None, None) => Expected::Rejected { exception: "the test does not say why".into() },
        (None, Some(json)) => {
            Expected::Accepted { hash: json.hash, header: Box::new(header::parse(&json)?) }
        }
    };
    Ok(PlannedBlock { rlp: block.rlp.0, expected })
}

fn judge(file: &str, case: &str, plan: &Plan, executors: &[&dyn Executor]) -> CaseResult {
    let runs: Vec<(&str, LaneRun)> =
        executors.iter().map(|executor| (executor.name(), lane::run(*executor, plan))).collect();
    let mut failures = Vec::new();
    let mut rejections = Vec::new();
    for (name, run) in &runs {
        failures.extend(run.failures.iter().map(|(block, reason)| Failure {
            file: file.into(),
            case: case.into(),
            lane: (*name).into(),
            block: *block,
            reason: reason.clone(),
        }));
        rejections.extend(rejected(name, run, plan));
    }
    failures.extend(disagreement(&runs).map(|(lane, block, reason)| Failure {
        file: file.into(),
        case: case.into(),
        lane,
        block: Some(block),
        reason,
    }));
    let outcome = if failures.is_empty() { Outcome::Passed } else { Outcome::Failed(failures) };
    CaseResult { file: file.into(), case: case.into(), outcome, rejections }
}

fn rejected(lane: &str, run: &LaneRun, plan: &Plan) -> Vec<Rejection> {
    let blocks = run.verdicts.iter().zip(&plan.blocks).enumerate();
    blocks
        .filter_map(|(block, (verdict, planned))| {
            Some(Rejection {
                lane: lane.into(),
                block,
                expected: match &planned.expected {
                    Expected::Accepted { .. } => None,
                    Expected::Rejected { exception } => Some(exception.clone()),
                },
                reason: verdict.clone()?,
            })
        })
        .collect()
}

/// The first block that some executors accept and others reject. The test's own verdict
/// shows each executor's fault; this shows that they would part ways on a live chain.
fn disagreement(runs: &[(&str, LaneRun)]) -> Option<(String, usize, String)> {
    let blocks = runs.iter().map(|(_, run)| run.verdicts.len()).max()?;
    (0..blocks).find_map(|block| {
        let verdicts =
            runs.iter().filter_map(|(name, run)| Some((*name, run.verdicts.get(block)?)));
        let (rejecting, accepting): (Vec<_>, Vec<_>) =
            verdicts.partition(|(_, rejected)| rejected.is_some());
        if rejecting.is_empty() || accepting.is_empty() {
            return None;
        }
        let names =
            |side: &[(&str, _)]| side.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("+");
        let (rejecting, accepting) = (names(&rejecting), names(&accepting));
        let lanes = format!("{accepting}+{rejecting}");
        Some((lanes, block, format!("{accepting} accepts the block and {rejecting} rejects it")))
    })
}
