//! Faults planted in the machine, and the promise by which the search notices each.

use tern_settlement::DevFault::{self, *};

use crate::model::{search::search, world::World, worlds};

const ZK_LIES: &str = "ZK lies";
const AFTER_ZK: &str = "TEE and council lie after a ZK contradiction";
const RULE: &str = "final only by the rule or by arbitration";
const CHAIN: &str = "final claims are one chain up to the head";
const WINDOW: &str = "a proposal stands only after its whole window";
const NOTICE: &str = "no version comes before its notice";
const END: &str = "every proposal can reach an end";

/// Each fault, a world in which it shows, and the first promise that it breaks there.
const CAUGHT: [(DevFault, &str, &str); 26] = [
    (LastApprovalWins, "another ZK version", CHAIN),
    (FrozenVotesCount, ZK_LIES, "a frozen version never counts"),
    (NoNotice, AFTER_ZK, NOTICE),
    (ArbitrateUnvoted, ZK_LIES, "every final claim has a good ZK or OP vote"),
    (NoProbation, AFTER_ZK, RULE),
    (RivalResetsWindow, ZK_LIES, "nothing restarts a window"),
    (SkipBatches, "two levels", CHAIN),
    (StandOnDead, ZK_LIES, WINDOW),
    (LostMatchEndsAll, "money", "a call ends one proposal at most"),
    (CouncilPicksThird, "all lie", "arbitration chooses one of two proven claims"),
    (TeeAfterRetirement, "retired: ZK lies", RULE),
    (UnvotedAges, ZK_LIES, WINDOW),
    (ReclaimPaysTwice, ZK_LIES, END),
    (FreezeForgotten, ZK_LIES, "a version that contradicts itself is frozen"),
    (ZkAloneIsFinal, ZK_LIES, RULE),
    (TwoPlatformsAreTwoLanes, "platforms", RULE),
    (StandWithOpenMatch, ZK_LIES, WINDOW),
    (EmergencyNeverCloses, AFTER_ZK, NOTICE),
    (
        OnePlatformFreezesTee,
        "platforms",
        "only a contradiction freezes, and the TEE's only of two platforms",
    ),
    (LostBondVanishes, ZK_LIES, "every wei is held, credited, paid or burned"),
    (AnyoneArbitrates, ZK_LIES, "only the council's powers do what is theirs"),
    (FreezeUndoesFinality, ZK_LIES, CHAIN),
    (StrandedBond, "TEE and council lie after an OP contradiction", END),
    (RefusalKeepsBond, ZK_LIES, "a refused call changes nothing"),
    (RetireAtOnce, "the TEE retires", "the TEE retires only for two ZK lanes that are fit"),
    (ApprovalWaits, ZK_LIES, "ZK and TEE in good standing are final at once"),
];

#[test]
fn the_search_notices_every_planted_fault() {
    for fault in DevFault::ALL {
        let caught = CAUGHT.iter().find(|caught| caught.0 == fault);
        let (_, name, promise) = caught.expect("each fault has a line above");
        let world = World { fault: Some(fault), ..worlds::named(name) };
        match search(&world, usize::MAX) {
            Ok(visited) => panic!("{fault:?} went unnoticed in {name}: {visited}"),
            Err(broken) => assert_eq!(broken.promise, *promise, "{fault:?}: {broken}"),
        }
    }
}
