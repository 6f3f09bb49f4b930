//! A small rollup and the claims people make about it: one truth, and several lies.

use std::sync::Arc;

use tern_protocol::{
    Address, BatchAcc, BlockNumber, ChainId, Checkpoints, Claim, ClaimId, ConfigHash, Hash,
};
use tern_settlement::{Conflict, Delays, Lanes, Rules, Seconds, Terms, Verifier};

/// Every state is looked at from this moment: what was before moves back as time passes.
pub(crate) const NOW: Seconds = 1_000;

pub(crate) const PROPOSER: Address = Address([0xa1; 20]);
pub(crate) const CHALLENGER: Address = Address([0xa2; 20]);
pub(crate) const STRANGER: Address = Address([0xa3; 20]);

pub(crate) fn acc(number: u8) -> BatchAcc {
    BatchAcc(hash(if number == 0 { 0 } else { 0xb0 + number }))
}

pub(crate) fn hash(byte: u8) -> Hash {
    Hash([byte; 32])
}

/// A contract of a lane: `number` tells versions apart, its first digit the lane.
pub(crate) fn verifier(number: u8) -> Verifier {
    Verifier {
        address: Address([number; 20]),
        is_contract: true,
        proof_system: hash(number),
        executor: hash(number),
        longest_game: 0,
    }
}

pub(crate) fn rules() -> Rules {
    Rules {
        l1_chain: ChainId(1),
        settlement: Address([0x5e; 20]),
        config: ConfigHash(hash(0xcf)),
        genesis: hash(0x90),
        terms: Terms { proposer_bond: 5, challenger_bond: 4, window: 2 },
        delays: Delays {
            notice: 1,
            lapse: 1,
            stall_after: 2,
            stall_max: 1,
            emergency_window: 1,
            probation: 1,
            heartbeat: 2,
            retire_streak: 2,
            longest_game: 0,
            bridge_delay: 0,
            min_window: 1,
            max_window: 2,
            min_bond: 2,
            max_bond: 9,
            forced_wait: 0,
            silence: 0,
        },
        lanes: Lanes {
            zk: Some(verifier(0x11)),
            tee: Some(verifier(0x21)),
            op: Some(verifier(0x31)),
            zk2: Some(verifier(0x41)),
        },
        tee_threshold: 1,
    }
}

/// A claim, its name, and whether it is right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) claim: Claim,
    pub(crate) id: ClaimId,
    pub(crate) right: bool,
}

/// The blocks of a claim, by their numbers.
struct Blocks {
    first: u64,
    hashes: Vec<Hash>,
}

/// All claims. The first batch has two blocks, the second one.
pub(crate) struct Fixture {
    pub(crate) rules: Arc<Rules>,
    pub(crate) claims: Vec<Named>,
    blocks: Vec<Blocks>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let mut all = Self { rules: Arc::new(rules()), claims: Vec::new(), blocks: Vec::new() };
        let genesis = all.rules.genesis;
        let [g1, g2, g3] = [0x01, 0x02, 0x03].map(hash);
        let [b2, b3, c1, c2, x3, t3] = [0x12, 0x13, 0x21, 0x22, 0x33, 0x43].map(hash);
        all.add("A", true, genesis, (0, 1), &[g1, g2]);
        all.add("B", false, genesis, (0, 1), &[g1, b2]);
        all.add("C", false, genesis, (0, 1), &[c1, c2]);
        all.add("A2", true, g2, (1, 2), &[g3]);
        all.add("X2", false, g2, (1, 2), &[x3]);
        all.add("B2", false, b2, (1, 2), &[b3]);
        all.add("S", true, genesis, (0, 2), &[g1, g2, g3]);
        all.add("T", false, genesis, (0, 2), &[g1, g2, t3]);
        all
    }

    pub(crate) fn find(&self, name: &str) -> &Named {
        &self.claims[self.index(name)]
    }

    /// Two chains that differ at their last blocks and agree on genesis.
    pub(crate) fn conflict(&self, a: &[&str], b: &[&str]) -> Conflict {
        let claims = |names: &[&str]| names.iter().map(|name| self.find(name).claim).collect();
        let (last_a, last_b) = (a[a.len() - 1], b[b.len() - 1]);
        let number = self.last(last_a).min(self.last(last_b));
        let (hash_a, path_a) = self.checkpoint(last_a, number);
        let (hash_b, path_b) = self.checkpoint(last_b, number);
        Conflict {
            a: claims(a),
            b: claims(b),
            common: self.rules.genesis,
            common_number: BlockNumber(0),
            common_path_a: Vec::new(),
            common_path_b: Vec::new(),
            differ_number: BlockNumber(number),
            hash_a,
            hash_b,
            path_a,
            path_b,
        }
    }

    fn add(
        &mut self,
        name: &'static str,
        right: bool,
        parent: Hash,
        batches: (u8, u8),
        blocks: &[Hash],
    ) {
        let first = if batches.0 == 0 { 1 } else { 3 };
        let claim = Claim {
            config: self.rules.config,
            parent_block: parent,
            first_batch: acc(batches.0),
            last_batch: acc(batches.1),
            block: blocks[blocks.len() - 1],
            block_number: BlockNumber(first + blocks.len() as u64 - 1),
            checkpoints: Checkpoints::new(blocks).expect("a claim has blocks").root(),
        };
        let id = claim.id(self.rules.l1_chain, &self.rules.settlement);
        self.claims.push(Named { name, claim, id, right });
        self.blocks.push(Blocks { first, hashes: blocks.to_vec() });
    }

    fn index(&self, name: &str) -> usize {
        self.claims.iter().position(|claim| claim.name == name).expect("the fixture has it")
    }

    fn last(&self, name: &str) -> u64 {
        self.find(name).claim.block_number.0
    }

    fn checkpoint(&self, name: &str, number: u64) -> (Hash, Vec<Hash>) {
        let blocks = &self.blocks[self.index(name)];
        let index = (number - blocks.first) as usize;
        let tree = Checkpoints::new(&blocks.hashes).expect("a claim has blocks");
        (blocks.hashes[index], tree.proof(index).expect("it is in the range"))
    }
}
