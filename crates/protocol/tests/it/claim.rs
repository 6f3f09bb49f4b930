//! `spec/claim.md`.

use serde::Deserialize;
use tern_protocol::{
    Address, BatchAcc, BlockNumber, ChainId, Checkpoints, Claim, ConfigHash, Hash, Statement,
    keccak256,
};

use crate::json::{Bytes, Number, kind, load};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    claims: Vec<ClaimCase>,
    statements: Vec<StatementCase>,
    seed: Hash,
    checkpoints: Vec<RootCase>,
    checkpoints_invalid: Vec<CountCase>,
    proofs: Vec<ProofCase>,
    proofs_invalid: Vec<ProofCase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimCase {
    name: String,
    l1_chain_id: Number,
    settlement: Address,
    config_hash: Hash,
    parent_block_hash: Hash,
    first_batch_acc: Hash,
    last_batch_acc: Hash,
    block_hash: Hash,
    block_number: Number,
    checkpoints_root: Hash,
    id: Hash,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementCase {
    name: String,
    system: u32,
    verifier_version: u32,
    vk_hash: Hash,
    public_inputs: Bytes,
    id: Hash,
}

#[derive(Deserialize)]
struct RootCase {
    name: String,
    count: usize,
    root: Hash,
}

#[derive(Deserialize)]
struct CountCase {
    name: String,
    count: usize,
    kind: String,
}

#[derive(Deserialize)]
struct ProofCase {
    name: String,
    root: Hash,
    count: usize,
    index: usize,
    block: Hash,
    proof: Vec<Hash>,
    #[serde(default)]
    reason: String,
}

impl ProofCase {
    fn holds(&self) -> bool {
        Checkpoints::verify(&self.root, self.count, self.index, &self.block, &self.proof)
    }
}

fn blocks(seed: &Hash, count: usize) -> Vec<Hash> {
    let index = |at: usize| [[0; 24].as_slice(), &(at as u64).to_be_bytes()].concat();
    (0..count).map(|at| keccak256(&[seed.0.as_slice(), &index(at)].concat())).collect()
}

#[test]
fn claims_have_the_ids_of_the_text() {
    for case in load::<Vectors>("claim").claims {
        let claim = Claim {
            config: ConfigHash(case.config_hash),
            parent_block: case.parent_block_hash,
            first_batch: BatchAcc(case.first_batch_acc),
            last_batch: BatchAcc(case.last_batch_acc),
            block: case.block_hash,
            block_number: BlockNumber(case.block_number.0),
            checkpoints: case.checkpoints_root,
        };
        let id = claim.id(ChainId(case.l1_chain_id.0), &case.settlement);
        assert_eq!(id.0, case.id, "{}", case.name);
    }
}

#[test]
fn statements_have_the_ids_of_the_text() {
    for case in load::<Vectors>("claim").statements {
        let statement = Statement {
            system: case.system,
            verifier_version: case.verifier_version,
            key: case.vk_hash,
            public_inputs: &case.public_inputs.0,
        };
        assert_eq!(statement.id().0, case.id, "{}", case.name);
    }
}

#[test]
fn checkpoints_have_the_roots_of_the_text() {
    let vectors = load::<Vectors>("claim");
    for case in vectors.checkpoints {
        let tree = Checkpoints::new(&blocks(&vectors.seed, case.count)).expect(&case.name);
        assert_eq!(tree.root(), case.root, "{}", case.name);
    }
    for case in vectors.checkpoints_invalid {
        let error = Checkpoints::new(&blocks(&vectors.seed, case.count)).expect_err(&case.name);
        assert_eq!(kind(&error), case.kind, "{}", case.name);
    }
}

#[test]
fn proofs_are_made_and_accepted() {
    let vectors = load::<Vectors>("claim");
    for case in vectors.proofs {
        assert!(case.holds(), "{}", case.name);
        let tree = Checkpoints::new(&blocks(&vectors.seed, case.count)).expect(&case.name);
        assert_eq!(tree.root(), case.root, "{}", case.name);
        assert_eq!(tree.proof(case.index), Some(case.proof), "{}", case.name);
        assert_eq!(tree.proof(case.count), None, "{}", case.name);
    }
}

#[test]
fn proofs_of_something_else_are_refused() {
    for case in load::<Vectors>("claim").proofs_invalid {
        assert!(!case.holds(), "{}: {}", case.name, case.reason);
    }
}
