//! The worlds that are searched: together they have every lane, call and delay of the spec.

use tern_settlement::{Call, Caller, Lane, Platform, Proof, World as Around};

use super::{
    fixture::{Fixture, PROPOSER, STRANGER, acc, verifier},
    world::{Step, World, account},
};

/// How much may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// For every test run.
    Small,
    /// For when there is time.
    Large,
}

const EVERYONE: &[Lane] = &Lane::ALL;
type Chain = &'static [&'static str];
const CHAINS: &[(Chain, Chain)] =
    &[(&["A", "A2"], &["T"]), (&["T"], &["A", "A2"]), (&["S"], &["B"])];
const RIVALS: &[&str] = &["A", "B", "C"];

/// All worlds.
pub(crate) fn all(size: Size) -> Vec<World> {
    vec![
        zk_lies(size),
        three_rivals(size),
        op_lies(size),
        tee_and_council_lie(size),
        council_after_zk_contradiction(size),
        council_after_op_contradiction(size),
        all_lie(size),
        levels(size),
        ranges(size),
        platforms(size),
        versions(size),
        money(size),
        retirement(size),
        another_zk(size),
        retired("retired: ZK lies", &[Lane::Zk], size),
        retired("retired: the second ZK lies", &[Lane::Zk2], size),
        retired("retired: OP lies", &[Lane::Op], size),
    ]
}

/// The world of a name.
pub(crate) fn named(name: &str) -> World {
    let mut worlds = all(Size::Small);
    let at = worlds.iter().position(|world| world.name == name);
    worlds.swap_remove(at.unwrap_or_else(|| panic!("no world is named {name}")))
}

fn zk_lies(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        corrupt: &[Lane::Zk],
        arbitrates: true,
        revokes: true,
        ..World::new("ZK lies")
    }
}

/// As above with one rival more, and with no platform ever revoked.
fn three_rivals(size: Size) -> World {
    World {
        claims: RIVALS,
        corrupt: &[Lane::Zk],
        lanes: if size == Size::Large { &[Lane::Zk, Lane::Tee] } else { &[Lane::Zk] },
        arbitrates: size == Size::Large,
        ..World::new("ZK lies to three rivals")
    }
}

fn op_lies(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        corrupt: &[Lane::Op],
        arbitrates: true,
        ..World::new("OP lies")
    }
}

fn tee_and_council_lie(size: Size) -> World {
    let large = size == Size::Large;
    World {
        corrupt: &[Lane::Tee],
        corrupt_council: true,
        replaced: if large { &[Lane::Tee, Lane::Zk] } else { &[Lane::Tee] },
        arbitrates: true,
        ..World::new("TEE and council lie")
    }
}

fn council_after_zk_contradiction(size: Size) -> World {
    let large = size == Size::Large;
    let vote = |name| {
        let claim = Fixture::new().find(name).claim;
        account(STRANGER, Call::Vote { lane: Lane::Zk, claim, proof: Proof::Valid })
    };
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        proposals: u32::from(large),
        corrupt: &[Lane::Tee],
        corrupt_council: true,
        replaced: &[Lane::Zk],
        arbitrates: large,
        before: vec![vote("B"), vote("C")],
        ..World::new("TEE and council lie after a ZK contradiction")
    }
}

fn council_after_op_contradiction(size: Size) -> World {
    let large = size == Size::Large;
    let propose = |name| {
        let claim = Fixture::new().find(name).claim;
        account(PROPOSER, Call::Propose { claim, parent: None, value: 5 })
    };
    let tee = |name| {
        let claim = Fixture::new().find(name).claim;
        let proof = Proof::Signed(vec![Platform(0)]);
        account(STRANGER, Call::Vote { lane: Lane::Tee, claim, proof })
    };
    let stand = |name| {
        let claim = Fixture::new().find(name).claim;
        account(STRANGER, Call::Stand { claim, number: 0 })
    };
    // One platform signed both and is condemned: its first vote started the windows.
    let mut before = vec![propose("B"), propose("C"), tee("B"), tee("C")];
    before.extend([Step::Tick, Step::Tick, stand("B"), stand("C")]);
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        corrupt: &[Lane::Tee],
        corrupt_council: true,
        replaced: &[Lane::Op],
        platforms: 2,
        before,
        ..World::new("TEE and council lie after an OP contradiction")
    }
}

fn all_lie(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        corrupt: EVERYONE,
        corrupt_council: true,
        replaced: if large { &[Lane::Zk] } else { &[] },
        arbitrates: true,
        ..World::new("all lie")
    }
}

fn levels(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: if large { &["A", "B", "A2", "B2"] } else { &["A", "B", "B2"] },
        corrupt: EVERYONE,
        lanes: if large { &[Lane::Zk, Lane::Tee] } else { &[Lane::Zk] },
        batches: 2,
        matches: 0,
        ..World::new("two levels")
    }
}

fn ranges(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: if large { &["A", "A2", "S", "T", "B"] } else { &["A", "A2", "T"] },
        corrupt: EVERYONE,
        batches: 2,
        revokes: true,
        proposals: 0,
        platforms: if large { 2 } else { 1 },
        chains: if large { CHAINS } else { &CHAINS[..2] },
        ..World::new("ranges that overlap")
    }
}

fn platforms(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: RIVALS,
        corrupt: &[Lane::Tee],
        replaced: if large { &[Lane::Tee] } else { &[] },
        platforms: 2,
        revokes: true,
        proposals: 0,
        ..World::new("platforms")
    }
}

fn versions(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: &["A", "B"],
        corrupt: EVERYONE,
        replaced: if large { &[Lane::Zk, Lane::Op] } else { &[Lane::Op] },
        lanes: &[Lane::Zk],
        ..World::new("versions")
    }
}

/// A claim is final, and a second ZK version's day has come.
fn another_zk(size: Size) -> World {
    let large = size == Size::Large;
    let (lane, verifier) = (Lane::Zk, verifier(0x12));
    let announce = Step::Call(Caller::Powers, Call::Schedule { lane, verifier });
    let claim = Fixture::new().find("A").claim;
    let mut before = vec![
        announce,
        account(PROPOSER, Call::Propose { claim, parent: None, value: 5 }),
        account(STRANGER, Call::Vote { lane, claim, proof: Proof::Valid }),
    ];
    before.extend([Step::Tick, Step::Tick, Step::Tick]);
    before.push(account(STRANGER, Call::Stand { claim, number: 0 }));
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        corrupt: EVERYONE,
        replaced: &[Lane::Zk],
        proposals: u32::from(large),
        matches: 0,
        before,
        ..World::new("another ZK version")
    }
}

fn money(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: if large { &["A", "B"] } else { &["A"] },
        corrupt: EVERYONE,
        lanes: &[Lane::Zk],
        proposals: 2,
        matches: 2,
        withdraws: true,
        terms: 2,
        ..World::new("money")
    }
}

fn retirement(size: Size) -> World {
    let large = size == Size::Large;
    World {
        claims: &["A", "A2"],
        corrupt: if large { EVERYONE } else { &[] },
        lanes: if large { &[Lane::Zk, Lane::Tee, Lane::Zk2] } else { &[Lane::Zk, Lane::Zk2] },
        batches: 2,
        proposals: u32::from(large),
        matches: 0,
        retires: true,
        ..World::new("the TEE retires")
    }
}

/// The TEE has retired after both ZK lanes voted without a gap.
fn retired(name: &'static str, corrupt: &'static [Lane], size: Size) -> World {
    let large = size == Size::Large;
    let vote = |lane, name| {
        let claim = Fixture::new().find(name).claim;
        let proof = if lane == Lane::Tee { Proof::Signed(vec![Platform(0)]) } else { Proof::Valid };
        account(STRANGER, Call::Vote { lane, claim, proof })
    };
    let announce = Step::Call(Caller::Timelock, Call::AnnounceTeeRetirement);
    let retire = account(STRANGER, Call::RetireTee);
    let batch = Around::Batch { acc: acc(2), blocks: 1 };
    let mut before = vec![announce, vote(Lane::Tee, "B"), Step::Around(batch), Step::Tick];
    // Of contents that play no part later: a version votes once for each.
    before.extend([vote(Lane::Zk, "A2"), vote(Lane::Zk2, "A2"), Step::Tick]);
    before.extend([vote(Lane::Zk, "B2"), vote(Lane::Zk2, "B2"), Step::Tick, retire]);
    World {
        claims: if large { RIVALS } else { &["A", "B"] },
        corrupt,
        lanes: &[Lane::Zk, Lane::Tee, Lane::Zk2],
        arbitrates: true,
        before,
        ..World::new(name)
    }
}
