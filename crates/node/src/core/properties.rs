//! Whatever L1 and the clock do, what a sequencer makes becomes batches that L1 accepts and from
//! which everybody derives its very blocks.

use std::collections::HashMap;

use proptest::prelude::*;
use tern_node_api::Bytes;
use tern_protocol::{
    Anchor, BatchHeader, BatchIndex, BlockInputs, Candidate, DataRef, Forced, Hash, Timestamp,
    keccak256,
};

use super::{
    derivation::{self, Data},
    event::Event,
    inbox::Inbox,
    model::{Chain, FORCED_WAIT, MAX_ANCHOR_AGE, Refusal, config, deposit},
    pending::{OwnBlock, Pending},
    sequencing::{Decision, Derived, InboxRules, Next, Settings, View, Why, decide},
};

#[derive(Debug, Clone)]
enum Move {
    Tick(u64),
    Jump(i64),
    Mine {
        gap: u64,
        deposits: u8,
        forced: Vec<(usize, u64)>,
    },
    Post {
        gap: u64,
    },
    Stranger {
        gap: u64,
    },
    Reorganise {
        depth: usize,
    },
    Restart,
    /// Many L1 blocks in which nothing happens.
    Idle(u64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let forced = prop::collection::vec((1_usize..40, 21_000_u64..10_000_000), 0..3);
    let one = prop_oneof![
        6 => (0_u64..4).prop_map(Move::Tick),
        1 => (-200_i64..200).prop_map(Move::Jump),
        4 => (1_u64..20, 0_u8..3, forced)
            .prop_map(|(gap, deposits, forced)| Move::Mine { gap, deposits, forced }),
        6 => (1_u64..20).prop_map(|gap| Move::Post { gap }),
        1 => (1_u64..20).prop_map(|gap| Move::Stranger { gap }),
        1 => (1_usize..8).prop_map(|depth| Move::Reorganise { depth }),
        1 => Just(Move::Restart),
        1 => (1_u64..30).prop_map(Move::Idle),
    ];
    prop::collection::vec(one, 1..80)
}

struct World {
    chain: Chain,
    inbox: Inbox,
    derived: Vec<Derived>,
    pending: Pending,
    made: HashMap<Hash, BlockInputs>,
    data: HashMap<Hash, Vec<u8>>,
    now: u64,
    settings: Settings,
    seed: u64,
    posted: usize,
}

impl World {
    fn new(confirmations: u64) -> Self {
        Self::with(confirmations, usize::MAX)
    }

    fn with(confirmations: u64, max_segment_bytes: usize) -> Self {
        let chain = Chain::new(1_000);
        let inbox = Inbox::before(chain.head());
        let tip = inbox.tip();
        let settings = Settings {
            block_time: 1,
            max_segment_age: 10,
            min_segment_age: 4,
            confirmations,
            max_drift: 30,
            max_backlog: 60_000,
            max_segment_bytes,
        };
        let derived = vec![Derived { tip, hash: Hash([2; 32]) }];
        let pending = Pending::default();
        let (made, data) = (HashMap::new(), HashMap::new());
        Self {
            chain,
            inbox,
            derived,
            pending,
            made,
            data,
            now: 1_000,
            settings,
            seed: 1,
            posted: 0,
        }
    }

    fn derived(&self) -> Derived {
        self.derived[self.derived.len() - 1]
    }

    fn decide(&self) -> Decision {
        decide(&View {
            config: &config(),
            rules: &InboxRules { max_anchor_age: MAX_ANCHOR_AGE, forced_wait: FORCED_WAIT },
            settings: &self.settings,
            inbox: &self.inbox,
            derived: &self.derived(),
            pending: &self.pending,
            now: self.now,
        })
    }

    /// Does what is decided until there is nothing to do. Returns why blocks were dropped.
    fn run(&mut self) -> Vec<Why> {
        let mut dropped = Vec::new();
        for _ in 0..2_000 {
            match self.decide() {
                Decision::Wait { until, .. } => {
                    assert!(until > self.now, "waiting for what is past");
                    return dropped;
                }
                Decision::Seal => {
                    assert!(self.pending.last().expect("something").number > self.pending.sealed());
                    self.pending.seal();
                }
                Decision::Drop { after, why } => {
                    assert!(!self.pending.drop_after(after).is_empty(), "it dropped nothing");
                    dropped.push(why);
                }
                Decision::Build(next) => self.build(*next),
            }
        }
        panic!("it never comes to rest: {:?}", self.decide());
    }

    fn build(&mut self, next: Next) {
        let Next { mut block, mut inputs, bytes, transactions } = next;
        let head = self.chain.head();
        assert!(block.timestamp <= head.timestamp.max(self.now).min(head.timestamp + 30));
        let mut left = bytes;
        for n in 0..3_usize.min(transactions) {
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n as u64);
            let size = (self.seed >> 33) as usize % 9_000;
            if size + 3 > left {
                continue;
            }
            left -= size + 3;
            let raw = vec![self.seed as u8; size];
            block.transactions.push(Bytes(raw.clone()));
            inputs.candidates.push(Candidate { raw, forced_gas: None });
        }
        let mut name = block.parent.0.to_vec();
        name.extend(block.timestamp.to_be_bytes());
        name.extend(self.seed.to_be_bytes());
        block.hash = keccak256(&name);
        self.made.insert(block.hash, inputs);
        self.pending.push(block);
    }

    /// What L1 says since the last time, in as many steps as there are blocks.
    fn sync(&mut self) {
        let from = self.inbox.head().number;
        let new: Vec<_> =
            self.chain.blocks.iter().filter(|(l1, ..)| l1.number > from).cloned().collect();
        for (l1, events, _) in new {
            self.inbox.forward(l1, events).expect("L1 is consistent");
        }
        while self.inbox.batches() >= self.derived.len() as u64 {
            self.derive();
        }
        self.inbox.prune(40, self.derived.len() as u64 - 1);
    }

    fn derive(&mut self) {
        let index = self.derived.len() as u64 - 1;
        let batch = self.inbox.batch(index).expect("it waits").clone();
        let data = match &batch.record.header.data {
            DataRef::Calldata(hash) => Data::Calldata(self.data[hash].clone()),
            _ => Data::None,
        };
        let got = derivation::inputs(&config(), &self.inbox, &batch, &data).expect("L1 took it");
        assert_eq!(got.dropped, None);
        let mut hash = self.derived().hash;
        for (number, inputs) in (batch.record.first_block.0..).zip(got.blocks) {
            let own = self
                .pending
                .get(number)
                .filter(|own| own.parent == hash && self.made.get(&own.hash) == Some(&inputs));
            hash = own.map_or_else(
                || keccak256(&[&hash.0[..], format!("{inputs:?}").as_bytes()].concat()),
                |own| own.hash,
            );
            self.made.insert(hash, inputs);
        }
        self.derived.push(Derived { tip: batch.tip(), hash });
    }

    fn mine(&mut self, gap: u64, deposits: u8, forced: &[(usize, u64)]) {
        let deposits: Vec<_> = (0..deposits).map(deposit).collect();
        let forced: Vec<_> =
            forced.iter().map(|(size, gas)| Forced { raw: vec![7; *size], gas: *gas }).collect();
        let time = self.time(gap);
        self.chain.mine(time, &deposits, &forced, None).expect("nothing to refuse");
    }

    fn time(&self, gap: u64) -> u64 {
        self.chain.head().timestamp + gap
    }

    /// Posts the next segment as the batcher would.
    fn post(&mut self, gap: u64) {
        let before = self.derived();
        let Some(segment) = self.pending.sealed_segment(before.tip.block + 1) else {
            return self.mine(gap, 0, &[]);
        };
        // It waits where L1 does not have, or no longer, what the blocks read.
        if segment.anchors.iter().any(|anchor| anchor.number > self.chain.head().number) {
            return self.mine(gap, 0, &[]);
        }
        let (_, _, state) = &self.chain.blocks[self.chain.blocks.len() - 1];
        let (parent, index) = state.place();
        let data = plain(&segment.blocks);
        let limits = config().limits;
        assert!(data.len() <= tern_codec::capacity(limits.blobs.into()), "it fits the blobs");
        assert!(data.len() <= self.settings.max_segment_bytes, "it is as small as asked for");
        let header = BatchHeader {
            parent,
            index: BatchIndex(index),
            block_count: segment.blocks.len() as u16,
            first_timestamp: Timestamp(segment.first_timestamp),
            time_step: segment.time_step,
            deposits: (segment.deposits.after.next.0 - segment.deposits.before.next.0) as u16,
            forced: (segment.forced.after.next.0 - segment.forced.before.next.0) as u16,
            anchors: segment
                .anchors
                .iter()
                .map(|a| Anchor { from_block: a.from_block, number: a.number, hash: a.hash })
                .collect(),
            data: DataRef::Calldata(keccak256(&data)),
        };
        self.data.insert(keccak256(&data), data.clone());
        let last = header.timestamp(header.block_count - 1).expect("it fits").0;
        let time = self.time(gap).max(last);
        let made: Vec<OwnBlock> = self.pending.after(before.tip.block).cloned().collect();
        match self.chain.mine(time, &[], &[], Some(&header)) {
            Ok(()) => {
                self.posted += 1;
                let at = self.chain.blocks.len() - 1;
                self.chain.blocks[at].1.push(Event::Data { index, data });
                self.sync();
                let after = self.derived();
                assert_eq!(after.hash, segment.last_hash, "the very blocks are derived");
                assert!(self.run().is_empty() || made.len() > segment.blocks.len());
            }
            // Time went on between the decision and the block.
            Err(Refusal::Duty) => {
                self.sync();
                assert!(!self.run().is_empty(), "it would wait for ever");
            }
            Err(refusal) => panic!("L1 refuses a segment: {refusal:?} {header:?}"),
        }
    }

    /// Somebody else's batch, which takes what waits.
    fn stranger(&mut self, gap: u64) {
        let time = self.time(gap + 2);
        let (anchor, _, state) = &self.chain.blocks[self.chain.blocks.len() - 1];
        let (parent, index) = state.place();
        let limits = config().limits;
        let header = BatchHeader {
            parent,
            index: BatchIndex(index),
            block_count: 2,
            first_timestamp: Timestamp((time - 1).max(state.last_time() + 1)),
            time_step: 1,
            deposits: state.waiting().0.min(usize::from(limits.deposits)) as u16,
            forced: state.waiting().1.min(1) as u16,
            anchors: vec![Anchor { from_block: 0, number: anchor.number, hash: anchor.hash }],
            data: DataRef::None,
        };
        let _ = self.chain.mine(time, &[], &[], Some(&header));
    }

    fn reorganise(&mut self, depth: usize) {
        let to = self.chain.back(depth);
        self.inbox.back(to).expect("it remembers");
        self.derived.truncate(self.inbox.batches() as usize + 1);
        // A look while L1 is behind must cost no block that could stay.
        assert!(!self.run().contains(&Why::Orphaned), "what L1 has not said yet orphans nothing");
        self.mine(12, 0, &[]);
    }

    /// What was kept of the own blocks is enough.
    fn restart(&mut self) {
        let kept: Vec<_> = self.pending.after(0).cloned().collect();
        let text = serde_json::to_string(&kept).expect("it is plain data");
        let kept: Vec<OwnBlock> = serde_json::from_str(&text).expect("as it was written");
        let again = Pending::restore(kept, self.pending.sealed());
        assert!(self.pending.last().is_none() || again == self.pending);
        let snapshot = self.inbox.snapshot();
        assert_eq!(Inbox::restore(snapshot.clone()).snapshot(), snapshot);
    }
}

/// Data as `spec/batch.md` has it, uncompressed.
fn plain(blocks: &[Vec<Bytes>]) -> Vec<u8> {
    let raws = |block: &Vec<Bytes>| block.iter().map(|raw| raw.0.clone()).collect();
    tern_codec::encode_plain(&tern_codec::BatchData { blocks: blocks.iter().map(raws).collect() })
}

fn play(mut world: World, moves: Vec<Move>) -> World {
    for step in moves {
        match step {
            Move::Tick(seconds) => world.now += seconds,
            Move::Jump(seconds) => world.now = world.now.saturating_add_signed(seconds),
            Move::Mine { gap, deposits, forced } => world.mine(gap, deposits, &forced),
            Move::Post { gap } => {
                world.sync();
                world.run();
                world.post(gap);
            }
            Move::Stranger { gap } => world.stranger(gap),
            Move::Reorganise { depth } => world.reorganise(depth),
            Move::Restart => world.restart(),
            Move::Idle(blocks) => (0..blocks).for_each(|_| world.mine(1, 0, &[])),
        }
        world.sync();
        world.run();
        world.now = world.now.max(world.chain.head().timestamp.saturating_sub(300));
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn segments_become_batches_that_l1_accepts_and_derive_the_very_blocks(
        moves in moves(),
        confirmations in 0_u64..3,
        max_segment_bytes in prop_oneof![Just(usize::MAX), Just(65_536)],
    ) {
        play(World::with(confirmations, max_segment_bytes), moves);
    }
}

#[test]
fn small_deposits_do_not_make_a_segment_each() {
    let mut world = World::new(0);
    for _ in 0..18 {
        world.now += 1;
        world.mine(1, 1, &[]);
        world.sync();
        world.run();
    }
    let segments = world.pending.segments(0).len();
    assert!((3..=5).contains(&segments), "{segments} segments");
    assert!(world.pending.last().is_some_and(|last| last.number > 15));
}

#[test]
fn a_clock_that_is_days_off_changes_nothing_but_how_fresh_blocks_are() {
    let mut world = World::new(0);
    for jump in [86_400, -2 * 86_400, 0, 86_400] {
        world.now = world.now.saturating_add_signed(jump);
        for _ in 0..8 {
            world.now += 12;
            world.mine(12, 0, &[]);
            world.sync();
            assert_eq!(world.run(), [], "nothing is dropped");
            let l1 = world.chain.head().timestamp;
            let last = world.pending.last().expect("it makes blocks").timestamp;
            assert!(l1 <= last + 5 && last <= l1 + world.settings.max_drift, "{last} at {l1}");
        }
        for _ in 0..10 {
            world.post(1);
        }
    }
    assert!(world.posted > 8, "{} batches", world.posted);
}

#[test]
fn an_honest_day_is_posted_whole() {
    let mut moves = Vec::new();
    for n in 0..60_u8 {
        moves.extend([Move::Tick(4), Move::Tick(4), Move::Tick(4)]);
        let forced = if n % 5 == 0 { vec![(20, 50_000)] } else { vec![] };
        moves.push(Move::Mine { gap: 6, deposits: n % 3, forced });
        moves.push(Move::Post { gap: 6 });
    }
    let mut world = play(World::new(0), moves);
    assert!(world.posted > 50, "{} batches", world.posted);
    while world.pending.last().is_some_and(|last| last.number > world.derived().tip.block + 30) {
        world.post(1);
    }
    let (deposits, forced) = world.chain.blocks[world.chain.blocks.len() - 1].2.waiting();
    assert!(deposits <= 6 && forced <= 2, "{deposits} deposits and {forced} forced ones wait");
}
