//! The bridge's reader of state proofs beside alloy-trie, which makes them.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    doubles::TrieProbe,
    evm::Chain,
    tries::{Account, Proof, Storage, prove_slot},
    world::{DEPLOYER, World},
};

/// A small state; its slots hold small and large values, its accounts small and large numbers.
fn random_state(rng: &mut ChaCha8Rng) -> BTreeMap<Address, Account> {
    let number = |rng: &mut ChaCha8Rng| {
        let bits = rng.random_range(0..=256usize);
        if bits == 0 {
            U256::from(1)
        } else {
            U256::from_be_bytes(rng.random::<[u8; 32]>()) >> (256 - bits)
        }
    };
    let accounts = *[1, 2, 5, 17, 60].choose(rng).expect("there are some");
    (0..accounts)
        .map(|_| {
            let slots = *[1, 2, 3, 16, 40].choose(rng).expect("there are some");
            let storage: Storage = (0..slots)
                .map(|_| (B256::new(rng.random()), number(rng).max(U256::from(1))))
                .collect();
            let account = Account {
                nonce: number(rng).as_limbs()[0],
                balance: number(rng),
                code_hash: B256::new(rng.random()),
                storage,
            };
            (Address::new(rng.random()), account)
        })
        .collect()
}

struct Probe {
    chain: Chain,
    at: Address,
}

impl Probe {
    fn new() -> Self {
        let mut chain = World::l1();
        let at = chain.create(DEPLOYER, &TrieProbe::BYTECODE, &[]);
        Self { chain, at }
    }

    fn ask<C: SolCall>(&mut self, call: &C) -> Option<C::Return> {
        let outcome = self.chain.ask(DEPLOYER, self.at, call.abi_encode().into());
        let answer = outcome.success.then(|| C::abi_decode_returns(&outcome.output));
        answer.map(|answer| answer.expect("the answer has its type"))
    }

    fn storage_root(&mut self, proof: &Proof, account: Address) -> Option<B256> {
        let (root, proof) = (proof.state_root, proof.account.clone());
        self.ask(&TrieProbe::storageRootCall { root, account, proof })
    }

    fn slot(&mut self, root: B256, slot: B256, proof: &[Bytes]) -> Option<B256> {
        self.ask(&TrieProbe::slotValueCall { root, slot, proof: proof.to_vec() })
    }
}

#[test]
fn what_alloy_trie_proves_is_read_as_it_is() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut probe = Probe::new();
    for _ in 0..40 {
        let state = random_state(&mut rng);
        let places: Vec<_> = state
            .iter()
            .flat_map(|(a, account)| account.storage.keys().map(|s| (*a, *s)))
            .collect();
        for _ in 0..5 {
            let (at, slot) = *places.choose(&mut rng).expect("every account has a slot");
            let proof = prove_slot(&state, at, slot);
            let root = probe.storage_root(&proof, at).expect("the account is there");
            let value = probe.slot(root, slot, &proof.storage).expect("the slot is there");
            assert_eq!(U256::from_be_bytes(value.0), state[&at].storage[&slot]);
        }
    }
}

/// A proof that was changed proves nothing, or the same.
#[test]
fn no_changed_proof_ever_proves_something_else() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut probe = Probe::new();
    let (mut refused, mut same) = (0, 0);
    for _ in 0..30 {
        let state = random_state(&mut rng);
        let (at, account) = state.iter().next().expect("there is an account");
        let slots: Vec<_> = account.storage.keys().copied().collect();
        let slot = *slots.choose(&mut rng).expect("there is a slot");
        let proof = prove_slot(&state, *at, slot);
        let root = probe.storage_root(&proof, *at).expect("the account is there");
        let right = B256::from(account.storage[&slot]);
        for _ in 0..100 {
            let changed = change(&proof.storage, &mut rng);
            match probe.slot(root, slot, &changed) {
                None => refused += 1,
                Some(value) => {
                    assert_eq!(value, right, "{changed:?}");
                    same += 1;
                }
            }
            let changed = Proof { account: change(&proof.account, &mut rng), ..proof.clone() };
            if let Some(found) = probe.storage_root(&changed, *at) {
                assert_eq!(found, root, "{changed:?}");
            }
            // Another key's proof is no proof for this one.
            let other = keccak256(slot);
            assert_eq!(probe.slot(root, other, &proof.storage), None);
        }
    }
    assert!(refused > 2_000, "{refused} refused, {same} the same");
}

fn change(proof: &[Bytes], rng: &mut ChaCha8Rng) -> Vec<Bytes> {
    let mut nodes: Vec<Vec<u8>> = proof.iter().map(|node| node.to_vec()).collect();
    let at = rng.random_range(0..nodes.len());
    let len = nodes[at].len();
    match rng.random_range(0..7) {
        0 => nodes[at][rng.random_range(0..len)] ^= 1 << rng.random_range(0..8),
        1 => nodes[at].truncate(rng.random_range(0..len)),
        2 => nodes[at].push(rng.random()),
        3 => {
            nodes.remove(at);
        }
        4 => {
            let again = nodes[at].clone();
            nodes.insert(at, again);
        }
        5 => nodes.push(vec![0x80]),
        _ => {
            let to = rng.random_range(0..nodes.len());
            nodes.swap(at, to);
        }
    }
    nodes.into_iter().map(Into::into).collect()
}
