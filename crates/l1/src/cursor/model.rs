//! A chain that reorganises between any two requests, and what a cursor makes of it.

use std::{cell::RefCell, collections::HashMap};

use alloy_primitives::{Address, B256, Bloom, BloomInput, Bytes, LogData, keccak256};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    BlockId, CursorOptions, L1Block, L1Log, Step,
    follow::{Chain, Follow},
    window::Claimed,
};
use crate::{Header, L1Error};

const INBOX: Address = Address::repeat_byte(0x11);

struct Model {
    random: ChaCha8Rng,
    /// How often a request meets another chain than the one before, of 100.
    restless: u32,
    deepest: usize,
    /// At most so many logs an answer.
    most: usize,
    /// So many more times it gives no logs of its last block.
    unindexed: u32,
    chain: Vec<(Header, Vec<L1Log>)>,
    every: HashMap<B256, L1Block>,
}

impl Model {
    fn new(seed: u64, deepest: usize) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let (chain, every) = (Vec::new(), HashMap::new());
        let mut model = Self { random, restless: 0, deepest, most: 40, unindexed: 0, chain, every };
        model.grow(40);
        model
    }

    fn grow(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.chain.len() as u64;
            let parent = self.chain.last().map_or(B256::ZERO, |(header, _)| header.hash);
            let hash = keccak256(self.random.random::<[u8; 32]>());
            let logs: Vec<_> = (0..self.random.random_range(0..3_u64))
                .map(|index| L1Log {
                    event: alloy_primitives::Log {
                        address: INBOX,
                        data: LogData::new_unchecked(vec![hash], Bytes::new()),
                    },
                    transaction: hash,
                    index,
                })
                .collect();
            let mut logs_bloom = Bloom::ZERO;
            if !logs.is_empty() {
                logs_bloom.accrue(BloomInput::Raw(INBOX.as_slice()));
            }
            let block =
                L1Block { number, hash, parent, timestamp: 12 * number, logs: logs.clone() };
            self.every.insert(hash, block);
            let header = Header {
                number,
                hash,
                parent,
                timestamp: 12 * number,
                state_root: B256::ZERO,
                logs_bloom,
                rlp: Bytes::new(),
            };
            self.chain.push((header, logs));
        }
    }

    fn live(&mut self) {
        if self.random.random_range(0..100) >= self.restless {
            return;
        }
        if self.random.random_bool(0.5) {
            let depth = self.random.random_range(1..=self.deepest).min(self.chain.len() - 1);
            let length = self.chain.len();
            self.chain.truncate(length - depth);
            // A branch may win while it is shorter.
            let more = self.random.random_range(1..=depth + 4);
            self.grow(more);
        } else {
            let more = self.random.random_range(1..20);
            self.grow(more);
        }
    }

    fn claimed(&self, (header, logs): &(Header, Vec<L1Log>)) -> Vec<Claimed> {
        let block = BlockId::from(header);
        logs.iter().map(|log| Claimed { block, log: log.clone() }).collect()
    }

    fn too_much(&self, method: &str) -> L1Error {
        let (role, host) = ("L1 node".into(), "model".into());
        L1Error::Refused { role, host, method: method.into(), message: "no".into() }
    }
}

impl Chain for &RefCell<Model> {
    async fn header(&self, number: Option<u64>) -> Result<Option<Header>, L1Error> {
        let mut model = self.borrow_mut();
        model.live();
        let number = number.unwrap_or(model.chain.len() as u64 - 1);
        Ok(model.chain.get(number as usize).map(|(header, _)| header.clone()))
    }

    async fn logs(&self, from: u64, to: u64, _: &[Address]) -> Result<Vec<Claimed>, L1Error> {
        let mut model = self.borrow_mut();
        model.live();
        let last = model.chain.len().min(to as usize + 1);
        let some = model.chain.get(from as usize..last).unwrap_or_default();
        let logs: Vec<_> = some.iter().flat_map(|block| model.claimed(block)).collect();
        if logs.len() > model.most { Err(model.too_much("eth_getLogs")) } else { Ok(logs) }
    }

    async fn logs_of(&self, hash: B256, _: &[Address]) -> Result<Vec<Claimed>, L1Error> {
        let mut model = self.borrow_mut();
        model.live();
        let found = model.chain.iter().find(|(header, _)| header.hash == hash);
        if let Some(block) = found {
            let (claimed, number) = (model.claimed(block), block.0.number);
            if number + 1 == model.chain.len() as u64 && model.unindexed > 0 {
                model.unindexed -= 1;
                return Ok(vec![]);
            }
            return Ok(claimed);
        }
        // Some nodes refuse, some say that there is nothing.
        if model.random.random_bool(0.5) { Err(model.too_much("eth_getLogs")) } else { Ok(vec![]) }
    }
}

/// What a reader holds who obeys every step.
struct Reader(Vec<L1Block>);

impl Reader {
    fn obey(&mut self, step: Step, model: &Model) {
        match step {
            Step::Idle => {}
            Step::Back { to } => {
                self.0.retain(|block| block.number <= to.number);
                assert_eq!(self.0.last().map(|block| block.hash), Some(to.hash));
            }
            Step::Forward(blocks) => {
                assert!(!blocks.is_empty());
                for block in blocks {
                    assert_eq!(self.0.last().map(|last| last.hash), Some(block.parent));
                    assert_eq!(model.every[&block.hash], block, "its own logs and no others");
                    self.0.push(block);
                }
            }
        }
    }
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

async fn follow(seed: u64, restless: u32, range: u64) {
    let model = RefCell::new(Model::new(seed, 32));
    let genesis = model.borrow().chain[0].0.clone();
    let options = CursorOptions { depth: 256, range };
    let from = BlockId::from(&genesis);
    let mut cursor =
        Follow::start(&model, vec![INBOX], from, &options).await.expect("genesis stays");
    let mut reader = Reader(vec![model.borrow().every[&genesis.hash].clone()]);
    for _ in 0..60 {
        model.borrow_mut().restless = restless;
        match cursor.next().await {
            Ok(step) => reader.obey(step, &model.borrow()),
            // Many reorganisations while it asks can be deeper together than what it remembers.
            Err(L1Error::Reorged { number, .. }) => {
                let model = model.borrow();
                let held = reader.0.iter().find(|block| block.number == number).map(|b| b.hash);
                let now = model.chain.get(number as usize).map(|(header, _)| header.hash);
                assert!(held.is_some() && held != now, "it gives up only where it must");
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
    // Peace: one more block, and then both are the same.
    model.borrow_mut().restless = 0;
    let length = reader.0.len() + 1;
    let missing = length.saturating_sub(model.borrow().chain.len()).max(1);
    model.borrow_mut().grow(missing);
    // A step may be of one block, after one back.
    let steps = model.borrow().chain.len() + 2;
    for _ in 0..steps {
        let step = cursor.next().await.expect("nothing moves");
        if step == Step::Idle {
            break;
        }
        reader.obey(step, &model.borrow());
    }
    let model = model.borrow();
    let canonical: Vec<_> =
        model.chain.iter().map(|(header, _)| model.every[&header.hash].clone()).collect();
    assert_eq!(reader.0, canonical);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_reader_who_obeys_every_step_holds_the_canonical_chain(
        seed: u64, restless in 0_u32..40, range in 1_u64..80,
    ) {
        run(follow(seed, restless, range));
    }
}

#[test]
fn far_from_the_head_ranges_halve_until_the_node_answers() {
    run(async {
        let model = RefCell::new(Model::new(7, 1));
        model.borrow_mut().grow(3_000);
        model.borrow_mut().most = 10;
        let from = BlockId::from(&model.borrow().chain[0].0);
        let options = CursorOptions { depth: 64, range: 1_000 };
        let mut cursor =
            Follow::start(&model, vec![INBOX], from, &options).await.expect("genesis stays");
        let mut reader = Reader(vec![model.borrow().every[&from.hash].clone()]);
        while reader.0.len() < model.borrow().chain.len() {
            let step = cursor.next().await.expect("the ranges are small enough at last");
            reader.obey(step, &model.borrow());
        }
    });
}

#[test]
fn a_reorganisation_deeper_than_the_window_says_start_from_an_older_checkpoint() {
    run(async {
        let model = RefCell::new(Model::new(3, 1));
        let from = BlockId::from(&model.borrow().chain[30].0);
        let options = CursorOptions { depth: 4, range: 100 };
        let mut cursor =
            Follow::start(&model, vec![INBOX], from, &options).await.expect("it is there");
        assert!(matches!(cursor.next().await, Ok(Step::Forward(blocks)) if blocks.len() == 9));
        model.borrow_mut().chain.truncate(20);
        model.borrow_mut().grow(30);
        let error = cursor.next().await.expect_err("deeper than four blocks");
        assert_eq!(error.kind(), crate::Kind::Reset);
        let again = Follow::start(&model, vec![INBOX], from, &options).await;
        assert!(matches!(again, Err(L1Error::Reorged { .. })));
    });
}

#[test]
fn a_node_whose_index_comes_after_its_blocks_is_asked_again() {
    run(async {
        let model = RefCell::new(Model::new(11, 1));
        while model.borrow().chain.last().is_none_or(|(_, logs)| logs.is_empty()) {
            model.borrow_mut().grow(1);
        }
        let from = BlockId::from(&model.borrow().chain[0].0);
        let options = CursorOptions::default();
        let mut cursor =
            Follow::start(&model, vec![INBOX], from, &options).await.expect("genesis stays");
        let mut reader = Reader(vec![model.borrow().every[&from.hash].clone()]);
        model.borrow_mut().unindexed = 3;
        // It is asked at the first two looks, the fourth and the eighth.
        for _ in 0..8 {
            let step = cursor.next().await.expect("it answers");
            reader.obey(step, &model.borrow());
        }
        assert_eq!(reader.0.len(), model.borrow().chain.len());
        assert!(reader.0.last().is_some_and(|block| !block.logs.is_empty()));
    });
}

#[test]
fn a_bloom_that_says_maybe_for_nothing_stops_nobody() {
    run(async {
        let model = RefCell::new(Model::new(11, 1));
        // A last block whose bloom has the address by chance.
        while model.borrow().chain.last().is_none_or(|(_, logs)| !logs.is_empty()) {
            model.borrow_mut().grow(1);
        }
        if let Some((last, _)) = model.borrow_mut().chain.last_mut() {
            last.logs_bloom.accrue(BloomInput::Raw(INBOX.as_slice()));
        }
        // More than are needed: they count how often it is asked.
        model.borrow_mut().unindexed = 100;
        let from = BlockId::from(&model.borrow().chain[0].0);
        let options = CursorOptions::default();
        let mut cursor =
            Follow::start(&model, vec![INBOX], from, &options).await.expect("genesis stays");
        let mut reader = Reader(vec![model.borrow().every[&from.hash].clone()]);
        for _ in 0..15 {
            let step = cursor.next().await.expect("it answers");
            reader.obey(step, &model.borrow());
        }
        assert_eq!(reader.0.len(), model.borrow().chain.len());
        assert_eq!(model.borrow().unindexed, 95, "it is not asked at every look");
    });
}

#[test]
fn a_cursor_that_just_began_survives_a_reorganisation_below_its_first_block() {
    run(async {
        let model = RefCell::new(Model::new(5, 1));
        let from = BlockId::from(&model.borrow().chain[39].0);
        let options = CursorOptions::default();
        let mut cursor =
            Follow::start(&model, vec![INBOX], from, &options).await.expect("it is there");
        model.borrow_mut().chain.truncate(20);
        model.borrow_mut().grow(30);
        let to = BlockId::from(&model.borrow().chain[19].0);
        assert_eq!(cursor.next().await.expect("within the window"), Step::Back { to });
    });
}
