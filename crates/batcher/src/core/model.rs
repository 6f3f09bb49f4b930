//! The pipeline against a model of L1 that loses, reorders and takes back.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tern_l1::TransactionKind;
use tern_protocol::{BatchAcc, QueueHead, keccak256};

use super::{Action, Fate, Flight, Pause, Pending, Pipeline, Seen};
use crate::Tip;

const CONFIRMATIONS: usize = 2;

#[derive(Debug, Clone, Copy)]
struct Sent {
    parent: BatchAcc,
    next: Tip,
    void: bool,
    done: bool,
}

/// L1 after a block.
#[derive(Debug, Clone, Default)]
struct Block {
    tip: Option<Tip>,
    nonce: u64,
    failures: u32,
}

/// L1, the account's transactions (what the sender's journal keeps), and the batcher.
struct World {
    blocks: Vec<Block>,
    sent: BTreeMap<u64, Sent>,
    pipeline: Pipeline,
    limit: usize,
    reported: u64,
    /// The last block that the sequencer has sealed.
    sealed: u64,
    salt: u8,
}

fn genesis() -> Tip {
    Tip {
        batches: 0,
        acc: BatchAcc::default(),
        block: 0,
        timestamp: 0,
        anchor: 0,
        deposits: QueueHead::default(),
        forced: QueueHead::default(),
    }
}

/// The batch of so many blocks behind a tip. Batches with another salt are others.
fn batch(tip: &Tip, blocks: u64, salt: u8) -> Tip {
    let mut bytes = tip.acc.0.0.to_vec();
    bytes.extend([blocks as u8, salt]);
    let (batches, block) = (tip.batches + 1, tip.block + blocks);
    Tip { batches, block, acc: BatchAcc(keccak256(&bytes)), ..*tip }
}

impl World {
    fn new(limit: usize, sealed: u64) -> Self {
        let blocks = vec![Block { tip: Some(genesis()), ..Block::default() }];
        let pipeline = Pipeline::new(limit);
        Self { blocks, sent: BTreeMap::new(), pipeline, limit, reported: 0, sealed, salt: 0 }
    }

    fn head(&self) -> &Block {
        self.blocks.last().expect("the first block stays")
    }

    fn tip(&self) -> Tip {
        self.head().tip.expect("each block has one")
    }

    /// The block that has a transaction, if one has.
    fn mined(&self, nonce: u64) -> Option<usize> {
        self.blocks.iter().position(|block| block.nonce > nonce)
    }

    /// A block with up to so many of the account's transactions; `broken` fails, whatever it is.
    fn mine(&mut self, count: u64, broken: Option<u64>, foreign: bool) {
        let mut block = self.head().clone();
        let mut tip = self.tip();
        if foreign {
            self.salt = self.salt.wrapping_add(1);
            tip = batch(&tip, 2, 100 + self.salt % 100);
        }
        for _ in 0..count {
            let Some(sent) = self.sent.get(&block.nonce) else { break };
            match (sent.void, sent.parent == tip.acc && broken != Some(block.nonce)) {
                (true, _) => {}
                (false, true) => tip = sent.next,
                (false, false) => block.failures += 1,
            }
            block.nonce += 1;
        }
        block.tip = Some(tip);
        self.blocks.push(block);
    }

    /// L1 takes back blocks; what was in them waits again.
    fn reorganise(&mut self, depth: usize) {
        let keep = self.blocks.len().saturating_sub(depth).max(1);
        self.blocks.truncate(keep);
    }

    fn pending(&self) -> Vec<Pending> {
        let pending = |(nonce, _): (&u64, &Sent)| Pending {
            nonce: *nonce,
            kind: TransactionKind::Blob,
            mined: self.mined(*nonce).map(|at| at as u64),
        };
        self.sent.iter().filter(|(_, sent)| !sent.done).map(pending).collect()
    }

    /// The sender looks, and tells what became of its transactions.
    fn report(&mut self) {
        let confirmed = (self.blocks.len() + 1).saturating_sub(CONFIRMATIONS);
        let nonces: Vec<u64> = self.sent.keys().copied().filter(|n| *n >= self.reported).collect();
        for nonce in nonces {
            let Some(at) = self.mined(nonce).filter(|at| *at < confirmed) else { break };
            let sent = self.sent.get_mut(&nonce).expect("it is listed");
            sent.done = true;
            let landed = self.blocks[at..].iter().any(|b| b.tip.is_some_and(|t| t == sent.next));
            let fate = if landed { Fate::Done } else { Fate::Lost };
            self.pipeline.settled(nonce, fate, at as u64);
            self.reported = nonce + 1;
        }
    }

    /// One look of the batcher, which sees L1 as it was `lag` blocks ago. It may die before its
    /// last step is remembered.
    fn look(&mut self, lag: usize, dies: bool) {
        self.report();
        let at = self.blocks.len().saturating_sub(lag + 1);
        let tip = self.blocks[at].tip.expect("each block has one");
        loop {
            let seen = Seen { head: at as u64, tip, pending: self.pending() };
            match self.pipeline.plan(&seen) {
                Action::Submit { tip, .. } if tip.block < self.sealed => {
                    // The sequencer's segments begin wherever the last batch ends.
                    let blocks = (1 + tip.block % 3).min(self.sealed - tip.block);
                    let next = batch(&tip, blocks, self.salt);
                    let nonce = self.sent.keys().last().map_or(0, |nonce| nonce + 1);
                    let sent = Sent { parent: tip.acc, next, void: false, done: false };
                    self.sent.insert(nonce, sent);
                    if dies {
                        self.die();
                        return;
                    }
                    self.pipeline.submitted(Flight {
                        nonce,
                        parent: tip.acc,
                        next,
                        last_hash: next.acc.0,
                        kind: TransactionKind::Blob,
                        blobs: 1,
                        bytes: 0,
                        transactions: 0,
                    });
                }
                Action::Void { after, .. } => {
                    let mined = self.head().nonce;
                    for (nonce, sent) in &mut self.sent {
                        sent.void |= *nonce > after && *nonce >= mined;
                    }
                }
                Action::Submit { .. } | Action::Wait(_) => return,
            }
        }
    }

    fn die(&mut self) {
        self.pipeline = Pipeline::new(self.limit);
    }
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Mine(u64),
    Broken(u64),
    Foreign(u64),
    Reorganise(usize),
    Look(usize),
    Die,
    DieSending,
    Remake,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0..5_u64).prop_map(Event::Mine),
        1 => (0..5_u64).prop_map(Event::Broken),
        1 => (0..3_u64).prop_map(Event::Foreign),
        2 => (1..5_usize).prop_map(Event::Reorganise),
        8 => Just(Event::Look(0)),
        2 => (1..3_usize).prop_map(Event::Look),
        1 => Just(Event::Die),
        1 => Just(Event::DieSending),
        1 => Just(Event::Remake),
    ];
    prop::collection::vec(event, 0..60)
}

fn play(world: &mut World, event: Event) {
    match event {
        Event::Mine(count) => world.mine(count, None, false),
        Event::Broken(count) => world.mine(count, Some(world.head().nonce), false),
        Event::Foreign(count) => world.mine(count, None, true),
        Event::Reorganise(depth) => world.reorganise(depth),
        Event::Look(lag) => world.look(lag, false),
        Event::Die => world.die(),
        Event::DieSending => world.look(0, true),
        // The sequencer makes its blocks anew, so that each batch is another.
        Event::Remake => world.salt = world.salt.wrapping_add(1),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_block_comes_to_l1_once_and_in_order(
        limit in 1..6_usize,
        sealed in 1..40_u64,
        events in events(),
    ) {
        let mut world = World::new(limit, sealed);
        for event in events {
            play(&mut world, event);
            // Foreign batches may be longer than what is sealed.
            world.sealed = world.sealed.max(world.tip().block);
        }
        for _ in 0..200 {
            if world.tip().block == world.sealed {
                break;
            }
            world.look(0, false);
            world.mine(3, None, false);
        }
        prop_assert_eq!(world.tip().block, world.sealed, "it must come to an end");
        for pair in world.blocks.windows(2) {
            let [before, after] = [0, 1].map(|at: usize| pair[at].tip.expect("each has one"));
            prop_assert!(before.batches <= after.batches && before.block <= after.block);
        }
    }

    #[test]
    fn as_long_as_nothing_goes_wrong_no_transaction_fails(
        limit in 1..6_usize,
        sealed in 1..40_u64,
        steps in prop::collection::vec((0..5_u64, 0..2_usize, prop::bool::ANY), 1..60),
    ) {
        let mut world = World::new(limit, sealed);
        for (count, lag, looks) in steps {
            if looks {
                world.look(lag, false);
            }
            prop_assert!(world.pipeline.on_their_way().count() <= limit);
            world.mine(count, None, false);
        }
        prop_assert_eq!(world.head().failures, 0);
        prop_assert!(world.sent.values().all(|sent| !sent.void), "nothing was given up");
    }
}

#[test]
fn several_batches_are_on_their_way_and_one_block_takes_them() {
    let mut world = World::new(3, 30);
    world.look(0, false);
    assert_eq!(world.sent.len(), 3);
    world.mine(9, None, false);
    assert_eq!(world.tip().batches, 3);
    world.look(0, false);
    assert_eq!(world.sent.len(), 6);
    let seen = Seen { head: 1, tip: world.tip(), pending: world.pending() };
    assert_eq!(world.pipeline.plan(&seen), Action::Wait(Pause::Full));
}

#[test]
fn after_somebody_elses_batch_those_on_their_way_are_voided() {
    let mut world = World::new(3, 30);
    world.look(0, false);
    world.mine(0, None, true);
    world.look(0, false);
    assert!(world.sent.iter().all(|(nonce, sent)| sent.void == (*nonce > 0)));
    world.mine(9, None, false);
    world.look(0, false);
    assert_eq!(world.sent.len(), 6, "it goes on from what L1 has");
    world.mine(9, None, false);
    assert_eq!((world.tip().batches, world.head().failures), (4, 1));
}
