//! State tries made by alloy-trie, with proofs of what is in them.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount, proof::ProofRetainer};

/// Slots that are not zero.
pub(crate) type Storage = BTreeMap<B256, U256>;

/// An account as the trie has it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) code_hash: B256,
    pub(crate) storage: Storage,
}

/// The nodes from the root to one slot of one account.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) state_root: B256,
    pub(crate) account: Vec<Bytes>,
    pub(crate) storage: Vec<Bytes>,
}

/// Leaves in the order of their hashed keys, with the nodes on the way to one of them.
pub(crate) fn prove(leaves: &BTreeMap<B256, Vec<u8>>, target: B256) -> (B256, Vec<Bytes>) {
    let target = Nibbles::unpack(target);
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(vec![target]));
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    let nodes = builder.take_proof_nodes().into_nodes_sorted();
    (root, nodes.into_iter().map(|(_, node)| node).collect())
}

fn storage_leaves(storage: &Storage) -> BTreeMap<B256, Vec<u8>> {
    let leaf = |(slot, value): (&B256, &U256)| (keccak256(slot), alloy_rlp::encode(value));
    storage.iter().map(leaf).collect()
}

/// Proves one slot of one account in a state of these accounts.
pub(crate) fn prove_slot(state: &BTreeMap<Address, Account>, at: Address, slot: B256) -> Proof {
    let mut leaves = BTreeMap::new();
    let mut proven = Vec::new();
    for (address, account) in state {
        let mut storage_root = EMPTY_ROOT_HASH;
        if !account.storage.is_empty() {
            let nodes;
            (storage_root, nodes) = prove(&storage_leaves(&account.storage), keccak256(slot));
            if *address == at {
                proven = nodes;
            }
        }
        let account =
            TrieAccount::new(account.nonce, account.balance, storage_root, account.code_hash);
        let mut value = Vec::new();
        account.encode(&mut value);
        leaves.insert(keccak256(address), value);
    }
    let (state_root, account) = prove(&leaves, keccak256(at));
    Proof { state_root, account, storage: proven }
}
