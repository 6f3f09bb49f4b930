//! What can be done to settlement, and what comes of it.

use tern_protocol::{Address, BatchAcc, BlockNumber, Claim, ClaimId, Hash};

use crate::{Lane, LaneVersion, Platform, Terms, Verifier, Wei};

/// Who sends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Anyone.
    Account(Address),
    /// The council's powers.
    Powers,
    /// Governance's timelock.
    Timelock,
    /// The contract of an optimistic version.
    Games(Address),
}

/// What a lane's contract is shown, as far as its answer depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Proof {
    /// It accepts.
    Valid,
    /// It refuses.
    Invalid,
    /// Signatures of these platforms. The TEE's contract accepts if there is one and none of
    /// them is revoked.
    Signed(Vec<Platform>),
}

/// Two chains of claims that cannot both be right, as `ISettlement.Conflict`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// One chain.
    pub a: Vec<Claim>,
    /// The other.
    pub b: Vec<Claim>,
    /// The block on which they agree. Nothing else is used if both are one claim with equal
    /// inputs.
    pub common: Hash,
    /// Its number.
    pub common_number: BlockNumber,
    /// Its path in the first claim of `a`; empty if that claim starts from it.
    pub common_path_a: Vec<Hash>,
    /// Its path in the first claim of `b`.
    pub common_path_b: Vec<Hash>,
    /// The number of the block on which they differ.
    pub differ_number: BlockNumber,
    /// That block in the last claim of `a`.
    pub hash_a: Hash,
    /// That block in the last claim of `b`.
    pub hash_b: Hash,
    /// Its path in the last claim of `a`.
    pub path_a: Vec<Hash>,
    /// Its path in the last claim of `b`.
    pub path_b: Vec<Hash>,
}

impl Conflict {
    /// Two claims of equal inputs and different outcomes: no path is needed.
    pub fn of_rivals(a: Claim, b: Claim) -> Self {
        Self {
            a: vec![a],
            b: vec![b],
            common: Hash::ZERO,
            common_number: BlockNumber(0),
            common_path_a: Vec::new(),
            common_path_b: Vec::new(),
            differ_number: BlockNumber(0),
            hash_a: Hash::ZERO,
            hash_b: Hash::ZERO,
            path_a: Vec::new(),
            path_b: Vec::new(),
        }
    }
}

/// A transaction to settlement or to the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A bond behind a claim: `propose`, or with a parent `proposeOn`.
    Propose {
        /// What is proposed.
        claim: Claim,
        /// A known content that ends where the claim starts.
        parent: Option<Claim>,
        /// The wei sent along.
        value: Wei,
    },
    /// A lane's vote.
    Vote {
        /// Whose.
        lane: Lane,
        /// For what.
        claim: Claim,
        /// With what.
        proof: Proof,
    },
    /// A proposal stood its window.
    Stand {
        /// Of this content.
        claim: Claim,
        /// The proposal's number.
        number: u32,
    },
    /// The votes suffice.
    Finalize {
        /// For this content.
        claim: Claim,
    },
    /// One version of a lane voted for both sides.
    Contradict {
        /// The lane.
        lane: Lane,
        /// What it voted for.
        conflict: Box<Conflict>,
    },
    /// The TEE voted for `a`, but `b` is final.
    ContradictFinal {
        /// What it voted for, and what is final.
        conflict: Box<Conflict>,
    },
    /// The council chooses between a ZK vote (`a`) and an optimistic one (`b`).
    Arbitrate {
        /// The two.
        conflict: Box<Conflict>,
        /// Whether `b` is chosen.
        choose_op: bool,
    },
    /// A challenger came.
    MatchOpened {
        /// Of this content.
        claim: Claim,
        /// The proposal's number.
        number: u32,
    },
    /// A match ended.
    MatchClosed {
        /// Of this content.
        id: ClaimId,
        /// The proposal's number.
        number: u32,
        /// Whether the proposer's side won.
        defended: bool,
        /// Who won otherwise.
        challenger: Address,
    },
    /// A bond whose proposal has no future goes back.
    Reclaim {
        /// Of this content.
        claim: Claim,
        /// The proposal's number.
        number: u32,
    },
    /// The caller's credit is paid.
    WithdrawCredit {
        /// To whom.
        to: Address,
    },
    /// New terms for later proposals.
    SetTerms(Terms),
    /// A version of `Zk`, `Op` or `Zk2` is announced.
    Schedule {
        /// Its lane.
        lane: Lane,
        /// Its contract.
        verifier: Verifier,
    },
    /// An announcement is taken back.
    Cancel {
        /// Of this lane.
        lane: Lane,
    },
    /// An announced version becomes active.
    Activate {
        /// Of this lane.
        lane: Lane,
    },
    /// A TEE version becomes active at once.
    InstallTee {
        /// Its contract.
        verifier: Verifier,
    },
    /// A version becomes active at once, on probation, after a contradiction.
    EmergencyReplace {
        /// Its lane.
        lane: Lane,
        /// Its contract.
        verifier: Verifier,
    },
    /// The TEE's retirement is announced.
    AnnounceTeeRetirement,
    /// The TEE retires.
    RetireTee,
}

/// What happens around settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum World {
    /// The inbox accepted a batch.
    Batch {
        /// Its accumulator afterwards.
        acc: BatchAcc,
        /// Blocks in it.
        blocks: u16,
    },
    /// The contract of a TEE version revoked a platform, or its key came of age.
    Revoked {
        /// The contract.
        verifier: Address,
        /// The platform.
        platform: Platform,
    },
    /// Whether the contract of a TEE version answers when asked what it upholds.
    Answers {
        /// The contract.
        verifier: Address,
        /// If not, that is a no.
        answers: bool,
    },
}

/// What a call changed, beside the plain bookkeeping of the call itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A proposal has this number.
    Proposed(ClaimId, u32),
    /// A content is final.
    Final(ClaimId),
    /// A version is frozen.
    Frozen(Lane, LaneVersion),
    /// A platform was condemned.
    Condemned(LaneVersion, Platform),
    /// A version is active.
    Active(Lane, LaneVersion),
    /// Somebody may withdraw this much more.
    Credited(Address, Wei),
    /// This much is gone.
    Burned(Wei),
    /// This much left the contract.
    Paid(Address, Wei),
    /// The TEE no longer votes.
    TeeRetired,
}

/// What an allowed call did, in order.
pub type Outcome = Vec<Event>;
