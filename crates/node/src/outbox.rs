//! Proving messages of the outbox under a block whose state is gone.
//!
//! The outbox only ever gains storage: message `n` stays in its slot, and the next nonce counts
//! them. So its storage trie at an old block is made of the first so many messages, and those can
//! be read from any newer state.

use alloy_primitives::{B256, U256, keccak256};
use alloy_trie::{HashBuilder, Nibbles, proof::ProofRetainer};
use tern_engine::Ethrex;
use tern_protocol::{Hash, Word};
use tern_rollup::predeploys::OUTBOX;

use crate::NodeError;

/// The slot of the next nonce.
const NEXT_NONCE: Word = Word::from_u64(1);

/// Messages that are read while the engine stands still.
const TOGETHER: u64 = 64;

/// The slot of a message in the outbox (`spec/bridge.md`).
pub(crate) fn message_slot(nonce: u64) -> Hash {
    let mut key = [0; 64];
    key[24..32].copy_from_slice(&nonce.to_be_bytes());
    tern_protocol::keccak256(&key)
}

/// How many messages there are at a block.
pub(crate) fn count(engine: &Ethrex, block: Hash) -> Result<u64, NodeError> {
    let proof = engine.outbox_proof(block, OUTBOX, &[NEXT_NONCE])?;
    let nodes = proof.storage.into_iter().next().unwrap_or_default();
    Ok(leaf_value(&nodes, B256::from(NEXT_NONCE.0)).saturating_to())
}

/// The first so many messages, by nonce, out of the newest state: a few at a time, since nobody
/// makes blocks meanwhile.
pub(crate) fn messages(engine: &Ethrex, count: u64) -> Result<Vec<B256>, NodeError> {
    let mut values = Vec::new();
    let mut first = 0;
    while first < count {
        let next = count.min(first + TOGETHER);
        let slots: Vec<Word> = (first..next).map(|nonce| Word(message_slot(nonce).0)).collect();
        // None of them ever changes, so the newest state may be another each time.
        let proof = engine.outbox_proof(engine.heads()?.latest, OUTBOX, &slots)?;
        let found = slots.iter().zip(&proof.storage);
        values.extend(found.map(|(slot, nodes)| B256::from(leaf_value(nodes, slot.0.into()))));
        first = next;
    }
    Ok(values)
}

/// What the last node of a proof says of a slot: zero if it is not there.
fn leaf_value(nodes: &[Vec<u8>], slot: B256) -> U256 {
    let path = Nibbles::unpack(keccak256(slot));
    let read = |node: &Vec<u8>| {
        let items = rlp_items(node)?;
        let [encoded, value] = items.as_slice() else { return None };
        let flag = encoded.first()? >> 4;
        let odd = flag & 1 == 1;
        let mut rest: Vec<u8> = if odd { vec![encoded[0] & 15] } else { Vec::new() };
        rest.extend(encoded[1..].iter().flat_map(|byte| [byte >> 4, byte & 15]));
        let is_leaf = flag & 2 == 2 && path.to_vec().ends_with(&rest);
        let inner = alloy_rlp::Header::decode_bytes(&mut &value[..], false).ok()?;
        is_leaf.then(|| U256::try_from_be_slice(inner)).flatten()
    };
    nodes.last().and_then(read).unwrap_or_default()
}

fn rlp_items(node: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = alloy_rlp::Header::decode_bytes(&mut &node[..], true).ok()?;
    let mut items = Vec::new();
    while !rest.is_empty() {
        items.push(alloy_rlp::Header::decode_bytes(&mut rest, false).ok()?.to_vec());
    }
    Some(items)
}

/// The nodes from the root of the outbox's storage trie to a message, when it has these.
pub(crate) fn storage_proof(messages: &[B256], nonce: u64) -> Vec<Vec<u8>> {
    let word = |n: u64| B256::from(Word::from_u64(n).0);
    let slots = (0_u64..).map(|nonce| B256::from(message_slot(nonce).0)).zip(messages.to_vec());
    let all = slots.chain([(B256::from(NEXT_NONCE.0), word(messages.len() as u64))]);
    let mut leaves: Vec<(Nibbles, Vec<u8>)> = all
        .filter(|(_, value)| !value.is_zero())
        .map(|(slot, value)| {
            let value = alloy_rlp::encode(U256::from_be_bytes(value.0));
            (Nibbles::unpack(keccak256(slot)), value)
        })
        .collect();
    leaves.sort_unstable();
    let target = Nibbles::unpack(keccak256(message_slot(nonce).0));
    let mut builder =
        HashBuilder::default().with_proof_retainer(ProofRetainer::from_iter([target]));
    for (path, value) in &leaves {
        builder.add_leaf(*path, value);
    }
    builder.root();
    let nodes = builder.take_proof_nodes().into_nodes_sorted();
    nodes.into_iter().map(|(_, node)| node.to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rebuilt_proof_leads_to_the_message() {
        for count in [1_u64, 2, 17, 300] {
            let messages: Vec<B256> = (0..count).map(|n| keccak256(n.to_be_bytes())).collect();
            for nonce in [0, count / 2, count - 1] {
                let proof = storage_proof(&messages, nonce);
                let root = keccak256(&proof[0]);
                let slot = B256::from(message_slot(nonce).0);
                let value = alloy_rlp::encode(U256::from_be_bytes(messages[nonce as usize].0));
                let nodes: Vec<alloy_primitives::Bytes> =
                    proof.iter().map(|node| node.clone().into()).collect();
                alloy_trie::proof::verify_proof(
                    root,
                    Nibbles::unpack(keccak256(slot)),
                    Some(value),
                    &nodes,
                )
                .expect("it proves");
                assert_eq!(B256::from(leaf_value(&proof, slot)), messages[nonce as usize]);
            }
        }
    }
}
