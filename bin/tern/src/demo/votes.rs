//! What each lane would vote for, and what the rule makes of it.

use tern_protocol::{
    BatchAcc, BlockNumber, Checkpoints, Claim, ClaimId, Hash, RollupConfig,
    rule::{Optimistic, Phase, Verdict, Vote, Votes, verdict},
};
use tern_stf::{CrossError, Disagreement, Error, Execution, Executor, PreimageSet, compare};
use tern_workload::{Chain, Key};

use super::story::{L1_CHAIN, Told};

/// A lane's own chain: every block, or why it stopped.
pub(crate) struct Run {
    pub(crate) executor: String,
    pub(crate) blocks: Vec<Result<Execution, Error>>,
}

/// Lets one executor go through the whole story by itself.
pub(crate) fn run(executor: &dyn Executor, chain: &Chain, story: &[Told]) -> Run {
    let mut archive: PreimageSet = chain.archive().clone();
    let mut parent = chain.head_hash();
    let mut blocks = Vec::new();
    for inputs in story.iter().flat_map(|told| &told.derived.blocks) {
        let built = executor.build(chain.spec(), parent, inputs, &archive);
        if let Ok(execution) = &built {
            archive.extend(execution.created.iter().cloned());
            parent = archive.insert(execution.header_rlp.clone());
        }
        let stopped = built.is_err();
        blocks.push(built);
        if stopped {
            break;
        }
    }
    Run { executor: executor.name().into(), blocks }
}

/// The first block on which lanes part, if they do.
pub(crate) fn first_difference(runs: &[Run]) -> Option<Disagreement> {
    let longest = runs.iter().map(|run| run.blocks.len()).max().unwrap_or(0);
    (0..longest).find_map(|at| {
        let answers = runs
            .iter()
            .filter_map(|run| Some((run.executor.as_str(), run.blocks.get(at)?.clone())))
            .collect();
        match compare(answers) {
            Err(CrossError::Disagree(disagreement)) => Some(disagreement),
            Ok(_) | Err(CrossError::AllRefuse(_) | CrossError::Nobody) => None,
        }
    })
}

/// The claim that a lane's chain amounts to, if it got to the end.
pub(crate) fn claim(run: &Run, config: &RollupConfig, story: &[Told]) -> Option<ClaimId> {
    let hashes: Vec<Hash> = run
        .blocks
        .iter()
        .map(|block| block.as_ref().ok().map(|b| b.hash))
        .collect::<Option<_>>()?;
    let last = run.blocks.last()?.as_ref().ok()?;
    let claim = Claim {
        config: config.hash(),
        parent_block: config.genesis_hash,
        first_batch: BatchAcc::default(),
        last_batch: story.last()?.record.acc(),
        block: last.hash,
        block_number: BlockNumber(last.header.number),
        checkpoints: Checkpoints::new(&hashes).ok()?.root(),
    };
    Some(claim.id(L1_CHAIN, &Key::dev(0x5e77).address()))
}

/// One content and who is for it, in the order ZK, TEE, OP.
pub(crate) struct Content {
    pub(crate) claim: ClaimId,
    pub(crate) lanes: [bool; 3],
    pub(crate) verdict: Verdict,
}

impl Content {
    /// What a person wants to know of it.
    pub(crate) fn says(&self) -> &'static str {
        judge(self.lanes).1
    }
}

/// The rule's verdict on votes of versions in good standing, and what it means to a person.
pub(crate) fn judge(lanes: [bool; 3]) -> (Verdict, &'static str) {
    let vote = |yes| if yes { Vote::Yes } else { Vote::None };
    let votes = Votes {
        zk: vote(lanes[0]),
        second: vote(lanes[1]),
        op: if lanes[2] { Optimistic::Yes } else { Optimistic::No },
        op_probation: false,
        zk_differs_from_second: true,
        op_differs_from_zk: true,
        op_differs_from_second: true,
    };
    let verdict = verdict(Phase::Three, votes);
    let says = match (verdict, lanes) {
        (Verdict::Final, [true, true, _]) => "final at once",
        (Verdict::Final, _) => "final once the game's seven days are over",
        (Verdict::NeedsSecond, _) => "not final: one of two",
        (Verdict::NoVote, _) => "not final: no vote",
        (Verdict::OnProbation, _) => "not final: no lane in good standing",
    };
    (verdict, says)
}

/// Counts votes as the rule does. The optimistic lane is taken to say yes to what its own
/// program computes: whoever proposes something else loses the game.
pub(crate) fn contents(claims: [Option<ClaimId>; 3]) -> Vec<Content> {
    let mut ids: Vec<ClaimId> = claims.iter().flatten().copied().collect();
    ids.sort();
    ids.dedup();
    let mut contents: Vec<_> = ids
        .into_iter()
        .map(|claim| {
            let lanes = claims.map(|voted| voted == Some(claim));
            let (verdict, _) = judge(lanes);
            Content { claim, lanes, verdict }
        })
        .collect();
    contents.sort_by_key(|content| std::cmp::Reverse(content.lanes.iter().filter(|l| **l).count()));
    contents
}
