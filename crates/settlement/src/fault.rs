//! Faults planted to see whether the checker finds them.

/// Development only: one rule of the machine, broken. The only way to one is
/// `State::with_dev_fault`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DevFault {
    /// The last of two conflicting full approvals wins.
    LastApprovalWins,
    /// A freeze forgets the votes that a version gave before.
    FrozenVotesCount,
    /// The notice was assigned to itself and is zero.
    NoNotice,
    /// Arbitration does not look whether the chosen one has a vote.
    ArbitrateUnvoted,
    /// An emergency version's vote is worth as much as any.
    NoProbation,
    /// A rival's proposal starts the window again.
    RivalResetsWindow,
    /// A claim may start after the head.
    SkipBatches,
    /// A proposal of a dead content may come to stand.
    StandOnDead,
    /// A lost match ends every proposal of its content.
    LostMatchEndsAll,
    /// The council chooses a claim that was not proven.
    CouncilPicksThird,
    /// The TEE's vote counts after its retirement.
    TeeAfterRetirement,
    /// The window runs without a vote.
    UnvotedAges,
    /// A bond can be taken back again and again.
    ReclaimPaysTwice,
    /// A contradiction freezes nothing.
    FreezeForgotten,
    /// A ZK vote suffices.
    ZkAloneIsFinal,
    /// Two platforms count as two lanes.
    TwoPlatformsAreTwoLanes,
    /// An open match does not keep a proposal from standing.
    StandWithOpenMatch,
    /// The emergency window never closes.
    EmergencyNeverCloses,
    /// One equivocating platform switches the TEE off.
    OnePlatformFreezesTee,
    /// The winner of a match is not paid.
    LostBondVanishes,
    /// Arbitration is open to everyone.
    AnyoneArbitrates,
    /// A freeze undoes what its version made final.
    FreezeUndoesFinality,
    /// The bond of a proposal whose version was replaced stays forever.
    StrandedBond,
    /// A refused proposal's bond is counted all the same.
    RefusalKeepsBond,
    /// The TEE retires whatever the ZK lanes did.
    RetireAtOnce,
    /// A claim that ZK and TEE approve waits for somebody to finalise it.
    ApprovalWaits,
}

impl DevFault {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::LastApprovalWins,
        Self::FrozenVotesCount,
        Self::NoNotice,
        Self::ArbitrateUnvoted,
        Self::NoProbation,
        Self::RivalResetsWindow,
        Self::SkipBatches,
        Self::StandOnDead,
        Self::LostMatchEndsAll,
        Self::CouncilPicksThird,
        Self::TeeAfterRetirement,
        Self::UnvotedAges,
        Self::ReclaimPaysTwice,
        Self::FreezeForgotten,
        Self::ZkAloneIsFinal,
        Self::TwoPlatformsAreTwoLanes,
        Self::StandWithOpenMatch,
        Self::EmergencyNeverCloses,
        Self::OnePlatformFreezesTee,
        Self::LostBondVanishes,
        Self::AnyoneArbitrates,
        Self::FreezeUndoesFinality,
        Self::StrandedBond,
        Self::RefusalKeepsBond,
        Self::RetireAtOnce,
        Self::ApprovalWaits,
    ];
}
