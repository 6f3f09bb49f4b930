//! One block before all executors.

use core::fmt;

use tern_protocol::{BlockInputs, Hash, keccak256};
use tern_stf::{
    ChainSpec, CrossError, Disagreement, Execution, Executor, PreimageSet, Preimages, Recorder,
    cross_build, cross_check,
};

use crate::{
    caught::{borrowed, caught},
    spoil::spoiled,
};

/// Everything that decides one block.
#[derive(Debug, Clone)]
pub struct Case {
    /// The chain's rules.
    pub spec: ChainSpec,
    /// The parent's header in RLP; it is also among the preimages.
    pub parent: Vec<u8>,
    /// The block's inputs.
    pub inputs: BlockInputs,
    /// The chain before the block, or as much of it as is needed.
    pub preimages: PreimageSet,
}

/// What the executors were doing when they parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// They made the state before the first block.
    Genesis,
    /// They built a block from all that is known.
    Build,
    /// They built it from what any of them had asked for before, and no more.
    BuildFromWitness,
    /// They checked the block on which they had agreed.
    Check,
    /// A check gave another block than the build did.
    Repeat,
    /// They checked a block like the agreed one with something wrong in it.
    CheckSpoiled,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Genesis => "making the genesis state",
            Self::Build => "building a block",
            Self::BuildFromWitness => "building a block from the smallest witness",
            Self::Check => "checking a block",
            Self::Repeat => "checking the block that was built",
            Self::CheckSpoiled => "checking a block that was spoiled",
        })
    }
}

/// What came of a case.
#[derive(Debug)]
pub enum Verdict {
    /// All agree.
    Agreed(Box<Execution>),
    /// They do not.
    Apart {
        /// When they parted.
        stage: Stage,
        /// On what.
        disagreement: Disagreement,
    },
    /// All refuse the block: an impossible input, or all are wrong. Here is the first
    /// one's reason.
    Refused(Stage, tern_stf::Error),
}

impl Case {
    /// The parent's hash.
    pub fn parent_hash(&self) -> Hash {
        keccak256(&self.parent)
    }

    /// The same case with only those preimages that any executor asks for.
    pub fn slim(&self, executors: &[&dyn Executor]) -> Self {
        let caught = caught(executors);
        let executors = borrowed(&caught);
        let recorder = Recorder::new(&self.preimages);
        // The parent belongs to every witness, whoever reads it.
        recorder.get(&self.parent_hash());
        for executor in &executors {
            let built = executor.build(&self.spec, self.parent_hash(), &self.inputs, &recorder);
            if let Ok(execution) = built {
                // What a check reads counts, even where its answer does not.
                executors.iter().for_each(|other| {
                    let _ = other.check(&self.spec, &execution.block, &recorder);
                });
            }
        }
        Self { preimages: recorder.into_preimages(keccak256), ..self.clone() }
    }
}

/// Lets all executors build the block, check the block they agree on, and, if asked,
/// build and check it once more from the smallest witness.
pub fn judge(executors: &[&dyn Executor], case: &Case, from_witness: bool) -> Verdict {
    let caught = caught(executors);
    let executors = &borrowed(&caught)[..];
    let recorder = Recorder::new(&case.preimages);
    let built = cross_build(executors, &case.spec, case.parent_hash(), &case.inputs, &recorder);
    let execution = match built {
        Ok(execution) => execution,
        Err(error) => return failed(Stage::Build, error),
    };
    let witness;
    let mut preimages: &dyn Preimages = &case.preimages;
    if from_witness {
        witness = recorder.into_preimages(keccak256);
        let again = cross_build(executors, &case.spec, case.parent_hash(), &case.inputs, &witness);
        if let Err(error) = again {
            return failed(Stage::BuildFromWitness, error);
        }
        preimages = &witness;
    }
    match cross_check(executors, &case.spec, &execution.block, preimages) {
        Err(error) => failed(Stage::Check, error),
        Ok(checked) if checked.hash != execution.hash => {
            let pair = vec![("build", Ok(execution)), ("check", Ok(checked))];
            match tern_stf::compare(pair) {
                Err(error) => failed(Stage::Repeat, error),
                Ok(execution) => Verdict::Agreed(Box::new(execution)),
            }
        }
        Ok(_) => judge_spoiled(executors, case, execution),
    }
}

/// Whether all refuse, or all take, what lies next to the agreed block.
fn judge_spoiled(executors: &[&dyn Executor], case: &Case, execution: Execution) -> Verdict {
    for block in spoiled(&execution.block, &execution.hash) {
        let checked = cross_check(executors, &case.spec, &block, &case.preimages);
        if let Err(CrossError::Disagree(disagreement)) = checked {
            return Verdict::Apart { stage: Stage::CheckSpoiled, disagreement };
        }
    }
    Verdict::Agreed(Box::new(execution))
}

fn failed(stage: Stage, error: CrossError) -> Verdict {
    match error {
        CrossError::Disagree(disagreement) => Verdict::Apart { stage, disagreement },
        CrossError::AllRefuse(error) => Verdict::Refused(stage, error),
        CrossError::Nobody => {
            Verdict::Refused(stage, tern_stf::Error::Inputs("there is no executor to ask".into()))
        }
    }
}
