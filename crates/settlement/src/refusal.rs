//! Why a call is refused. A refused call changes nothing.

use tern_protocol::{Address, BatchAcc, BlockNumber, ClaimId, ConfigHash, Hash, rule::Verdict};

use crate::{Call, Lane, LaneVersion, Point, ProposalState, Seconds, Wei};

/// What was wrong, and what was expected. Time may mend those with a time in them; the
/// others need another call, another vote, or another caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // Who may call.
    /// Only the council's powers.
    #[error("only the council's powers may do this")]
    NotPowers,
    /// Only governance's timelock.
    #[error("only governance's timelock may do this")]
    NotTimelock,
    /// Only the games of the proposal's version.
    #[error("only the games of the proposal's optimistic version, {expected}, may do this")]
    NotGames {
        /// Their address.
        expected: Address,
    },
    /// Whoever has no account of its own sends no such call.
    #[error("an account must send this, so that it can own what comes of it")]
    NotAccount,

    // Claims.
    /// Another rollup's claim.
    #[error("the claim's configuration is {got}, this rollup's is {expected}")]
    WrongConfig {
        /// The claim's.
        got: ConfigHash,
        /// This rollup's.
        expected: ConfigHash,
    },
    /// The inbox has no such place.
    #[error("the inbox recorded no batch with the accumulator {0}")]
    UnknownBatch(BatchAcc),
    /// Nothing in it.
    #[error("the range is empty: from {from} batches to {to}")]
    EmptyRange {
        /// Batches before it.
        from: u64,
        /// Batches up to its end.
        to: u64,
    },
    /// Another number of blocks than the batches have.
    #[error("the claim's block has the number {got}, the inbox counted {expected}")]
    WrongBlockNumber {
        /// The claim's.
        got: BlockNumber,
        /// The inbox's.
        expected: BlockNumber,
    },
    /// More blocks than checkpoints can name.
    #[error("the range has {0} blocks, at most 1,024 are allowed")]
    TooManyBlocks(u64),
    /// The first claim starts from the genesis block.
    #[error("the first claim starts from {got}, the genesis block is {expected}")]
    NotGenesis {
        /// The claim's.
        got: Hash,
        /// This rollup's.
        expected: Hash,
    },
    /// Nobody spoke of it yet.
    #[error("nothing was ever said of the content {0}")]
    UnknownContent(ClaimId),
    /// It can never be final.
    #[error("the content {0} conflicts with the head")]
    Dead(ClaimId),
    /// It is final already.
    #[error("the content {0} is final")]
    AlreadyFinal(ClaimId),
    /// It does not start at the head.
    #[error("the claim does not start at the head, {0:?}")]
    NotAtHead(Point),
    /// The votes do not suffice.
    #[error("the votes on {0} do not suffice: {1}")]
    NotFinal(ClaimId, Verdict),

    // Lanes.
    /// Nobody sits there.
    #[error("the lane {0:?} has no active version")]
    EmptySeat(Lane),
    /// The active version contradicted itself.
    #[error("the version {1:?} of {0:?} is frozen")]
    Frozen(Lane, LaneVersion),
    /// This lane takes no part in this.
    #[error("not for the lane {0:?}")]
    WrongLane(Lane),
    /// The TEE has retired.
    #[error("the TEE has retired")]
    TeeRetired,
    /// A version votes once for a content.
    #[error("the version {1:?} of {0:?} voted for this already")]
    AlreadyVoted(Lane, LaneVersion),
    /// The lane's contract says no.
    #[error("the contract of {0:?} refuses the proof")]
    ProofRefused(Lane),

    // Proposals.
    /// Too much or too little.
    #[error("{got} wei were sent, the bond is {expected}")]
    WrongBond {
        /// Sent.
        got: Wei,
        /// The terms'.
        expected: Wei,
    },
    /// Where it starts is neither the head nor the end of the content given.
    #[error("no living content that was given ends at {0:?}")]
    NoParent(Point),
    /// No such proposal.
    #[error("the content {0} has no proposal {1}")]
    NoProposal(ClaimId, u32),
    /// The proposal's life has moved on.
    #[error("the proposal is {0:?}, not Live")]
    NotLive(ProposalState),
    /// Its optimistic version was replaced.
    #[error("the proposal's optimistic version is {got:?}, the active one {active:?}")]
    NotActiveVersion {
        /// The proposal's.
        got: LaneVersion,
        /// Today's.
        active: Option<LaneVersion>,
    },
    /// No vote has started the window.
    #[error("the window has not started: it takes a vote of a ZK or TEE version")]
    NoWindow,
    /// The window is not over.
    #[error("the window is over at {0}")]
    WindowOpen(Seconds),
    /// The window is over.
    #[error("the window was over at {0}")]
    WindowOver(Seconds),
    /// Matches are open.
    #[error("{0} matches are open")]
    MatchesOpen(u16),
    /// As many as can be counted.
    #[error("65,535 matches are open, which is the most: wait until one is closed")]
    TooManyMatches,
    /// None to close.
    #[error("no match is open")]
    NoMatch,
    /// It may still come to something.
    #[error(
        "the proposal may still come to something: it can be taken back once its content is final or dead, its version is over, or its window passed without a vote"
    )]
    StillNeeded,
    /// Nothing to pay.
    #[error("{0} has no credit")]
    NoCredit(Address),
    /// Outside the bounds.
    #[error("these terms are outside their bounds")]
    TermsOutOfBounds,

    // Conflicts.
    /// A chain is empty, or longer than arbitration looks at.
    #[error("a chain has {0} claims")]
    WrongLength(usize),
    /// A claim does not start where the one before ends.
    #[error("claim {0} does not start where the one before ends")]
    BrokenChain(usize),
    /// Both sides can be right.
    #[error("the two do not conflict")]
    NoConflict,
    /// The common block is not in one of them.
    #[error("the common block is not proven")]
    CommonNotProven,
    /// The differing block is not in one of them.
    #[error("the block at which they differ is not proven")]
    DifferNotProven,
    /// One of them does not hold the vote.
    #[error("the content {0} does not hold the needed vote of {1:?}")]
    NoVote(ClaimId, Lane),
    /// One of them should be final.
    #[error("the content {0} is not final")]
    NotYetFinal(ClaimId),
    /// No platform signed everything.
    #[error("no platform signed all of it")]
    NobodyGuilty,
    /// The third lane spoke: the ordinary rule decides.
    #[error("{1:?} voted for {0}: the ordinary rule decides")]
    RuleDecides(ClaimId, Lane),

    // Versions.
    /// There is no code there.
    #[error("there is no contract at {0}")]
    NotContract(Address),
    /// Its matches may take too long.
    #[error("its longest game takes {got}, at most {most} is allowed")]
    GameTooLong {
        /// The version's.
        got: Seconds,
        /// The rollup's.
        most: Seconds,
    },
    /// Nothing is announced.
    #[error(
        "nothing is announced: the council announces versions, governance the TEE's retirement"
    )]
    NotAnnounced,
    /// Not yet.
    #[error("ready at {0}")]
    NotReady(Seconds),
    /// Too late.
    #[error("it lapsed after {0}")]
    Lapsed(Seconds),
    /// The emergency window is not open.
    #[error("no contradiction has opened the emergency window of {0:?}, or it has closed")]
    NoEmergency(Lane),
    /// A ZK lane is not fit to stand without the TEE.
    #[error(
        "{0:?} is not fit for the TEE's retirement: its version must be in good standing, and active and voting without a gap for long enough"
    )]
    UnfitForRetirement(Lane),
    /// The two ZK lanes share something.
    #[error("the two ZK lanes share a proof system or an executor")]
    SameSystem,
}

impl Refusal {
    pub(crate) fn unless(fine: bool, otherwise: Self) -> Result<(), Self> {
        if fine { Ok(()) } else { Err(otherwise) }
    }
}

impl Call {
    /// The call's name in the contracts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Propose { parent: None, .. } => "propose",
            Self::Propose { .. } => "proposeOn",
            Self::Vote { .. } => "vote",
            Self::Stand { .. } => "stand",
            Self::Finalize { .. } => "finalize",
            Self::Contradict { .. } => "contradict",
            Self::ContradictFinal { .. } => "contradictFinal",
            Self::Arbitrate { .. } => "arbitrate",
            Self::MatchOpened { .. } => "matchOpened",
            Self::MatchClosed { .. } => "matchClosed",
            Self::Reclaim { .. } => "reclaim",
            Self::WithdrawCredit { .. } => "withdrawCredit",
            Self::SetTerms(_) => "setTerms",
            Self::Schedule { .. } => "schedule",
            Self::Cancel { .. } => "cancel",
            Self::Activate { .. } => "activate",
            Self::InstallTee { .. } => "installTee",
            Self::EmergencyReplace { .. } => "emergencyReplace",
            Self::AnnounceTeeRetirement => "announceTeeRetirement",
            Self::RetireTee => "retireTee",
        }
    }
}
