//! What the client proves is what the trie of an independent library takes.

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
use tern_engine::{Client, EngineError, Proof};
use tern_protocol::{Address, Word};

use crate::chain::{Home, all};

/// Where blocks keep their ancestors' hashes (EIP-2935).
const HISTORY: Address = {
    let mut bytes = [0; 20];
    let tail = 0x0000_f908_27f1_c53a_10cb_7a02_335b_1753_u128.to_be_bytes();
    let mut at = 0;
    while at < 16 {
        bytes[at] = tail[at];
        at += 1;
    }
    [bytes[16], bytes[17], bytes[18], bytes[19]] = [0x20, 0x00, 0x29, 0x35];
    Address(bytes)
};

fn state_root(header: &[u8]) -> B256 {
    let mut rest = alloy_rlp::Header::decode_bytes(&mut &header[..], true).expect("a list");
    for _ in 0..3 {
        alloy_rlp::Header::decode_bytes(&mut rest, false).expect("a field");
    }
    B256::decode(&mut rest).expect("a hash")
}

fn nodes(of: &[Vec<u8>]) -> Vec<Bytes> {
    of.iter().map(|node| node.clone().into()).collect()
}

fn account(proof: &Proof) -> TrieAccount {
    let leaf = proof.account.last().expect("a leaf");
    let mut rest = alloy_rlp::Header::decode_bytes(&mut &leaf[..], true).expect("a list");
    alloy_rlp::Header::decode_bytes(&mut rest, false).expect("a path");
    let value = alloy_rlp::Header::decode_bytes(&mut rest, false).expect("a value");
    let path = Nibbles::unpack(keccak256(HISTORY.0));
    verify_proof(state_root(&proof.header), path, Some(value.to_vec()), &nodes(&proof.account))
        .expect("it proves the account");
    TrieAccount::decode(&mut &value[..]).expect("an account")
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_proven_under_a_block_until_its_state_is_gone() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let blocks = home.grow(&engine, genesis, 300, 1);
    engine.set_heads(all(blocks[299], genesis)).await.expect("moved");
    for at in [299_usize, 250, 200] {
        let slots = [Word::from_u64(at as u64), Word::from_u64(5000)];
        let proof = engine.outbox_proof(blocks[at], HISTORY, &slots).expect("proven");
        assert_eq!(keccak256(&proof.header).0, blocks[at].0);
        let root = account(&proof).storage_root;
        let value = alloy_rlp::encode(U256::from_be_bytes(blocks[at - 1].0));
        let path = |slot: &Word| Nibbles::unpack(keccak256(slot.0));
        verify_proof(root, path(&slots[0]), Some(value), &nodes(&proof.storage[0]))
            .expect("it proves the parent's hash");
        verify_proof(root, path(&slots[1]), None, &nodes(&proof.storage[1]))
            .expect("it proves that there is nothing");
    }
    let gone = engine.outbox_proof(blocks[10], HISTORY, &[]);
    assert!(matches!(gone, Err(EngineError::Gone { .. })), "{gone:?}");
}
