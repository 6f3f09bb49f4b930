use alloc::{collections::BTreeMap, vec, vec::Vec};

use alloy_primitives::{B256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles};
use proptest::{collection::vec as many, prelude::*};
use tern_stf::{Error, Need, PreimageSet, Recorder};

use super::{Trie, node::Node};

type Map = BTreeMap<B256, Vec<u8>>;
type Changes = Vec<(B256, Option<Vec<u8>>)>;

fn expected_root(map: &Map) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in map {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

/// Keys that share long prefixes, so that extensions and small inline nodes occur.
fn key() -> impl Strategy<Value = B256> {
    let near = (0u8..3, 0u8..4, any::<u8>(), prop_oneof![Just(2usize), Just(30), Just(31)]);
    prop_oneof![
        3 => near.prop_map(|(first, second, last, at)| {
            let mut key = B256::ZERO;
            key[0] = first;
            key[1] = second;
            key[at] = last;
            key
        }),
        1 => any::<u64>().prop_map(|seed| keccak256(seed.to_be_bytes())),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![many(1u8.., 1..3), many(any::<u8>(), 1..80)]
}

fn store(map: &Map) -> (PreimageSet, B256) {
    let mut set = PreimageSet::new(crate::keccak);
    let empty = PreimageSet::new(crate::keccak);
    let mut trie = Trie::new(&empty, EMPTY_ROOT_HASH);
    for (key, value) in map {
        trie.insert(key, value.clone()).unwrap();
    }
    let mut created = Vec::new();
    let root = trie.root(&mut created);
    set.extend(created);
    (set, root)
}

/// Applies changes, insertions first, and gives the new root.
fn apply(trie: &mut Trie<'_>, changes: &[(B256, Option<Vec<u8>>)]) -> Result<B256, Error> {
    for (key, value) in changes {
        if let Some(value) = value {
            trie.insert(key, value.clone())?;
        }
    }
    for (key, _) in changes.iter().filter(|(_, value)| value.is_none()) {
        trie.remove(key)?;
    }
    Ok(trie.root(&mut Vec::new()))
}

fn merged(map: &Map, changes: &Map, removed: &[B256]) -> (Map, Changes) {
    let mut after = map.clone();
    after.extend(changes.clone());
    let mut all: Vec<_> = changes.iter().map(|(k, v)| (*k, Some(v.clone()))).collect();
    for key in removed.iter().filter(|key| !changes.contains_key(*key)) {
        after.remove(key);
        all.push((*key, None));
    }
    (after, all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_change_gives_the_root_of_the_whole(
        map in prop::collection::btree_map(key(), value(), 0..40),
        changes in prop::collection::btree_map(key(), value(), 0..20),
        others in many(key(), 0..10),
        picks in many(any::<prop::sample::Index>(), 0..30),
    ) {
        let (set, root) = store(&map);
        prop_assert_eq!(root, expected_root(&map));

        let mut removed = others;
        let keys: Vec<_> = map.keys().copied().collect();
        if !keys.is_empty() {
            removed.extend(picks.iter().map(|pick| *pick.get(&keys)));
        }
        let (after, all) = merged(&map, &changes, &removed);
        let recorder = Recorder::new(&set);
        let mut trie = Trie::new(&recorder, root);
        for (key, _) in &all {
            let got = trie.get(key).unwrap().map(<[u8]>::to_vec);
            prop_assert_eq!(got.as_ref(), map.get(key));
        }
        prop_assert_eq!(apply(&mut trie, &all).unwrap(), expected_root(&after));

        // What was asked for is enough, and all of it is needed.
        let witness = recorder.into_preimages(crate::keccak);
        prop_assert_eq!(apply(&mut Trie::new(&witness, root), &all).unwrap(), expected_root(&after));
        for (hash, _) in witness.iter() {
            let mut less = witness.clone();
            less.remove(hash);
            let got = apply(&mut Trie::new(&less, root), &all);
            prop_assert_eq!(got, Err(Error::missing(Need::Node, *hash)));
        }
    }

    #[test]
    fn created_nodes_carry_the_next_block(
        map in prop::collection::btree_map(key(), value(), 1..30),
        changes in prop::collection::btree_map(key(), value(), 1..10),
    ) {
        let (mut set, root) = store(&map);
        let before = set.clone();
        let mut trie = Trie::new(&before, root);
        for (key, value) in &changes {
            trie.insert(key, value.clone()).unwrap();
        }
        let mut created = Vec::new();
        let next = trie.root(&mut created);
        set.extend(created);
        let (after, _) = merged(&map, &changes, &[]);
        let mut trie = Trie::new(&set, next);
        for (key, value) in &after {
            prop_assert_eq!(trie.get(key).unwrap(), Some(value.as_slice()));
        }
    }

    #[test]
    fn any_bytes_are_a_node_or_an_error(bytes in many(any::<u8>(), 0..120), remaining in 0usize..=64) {
        let _ = Node::decode(&bytes, remaining);
    }

    #[test]
    fn damaged_nodes_are_read_or_refused(
        map in prop::collection::btree_map(key(), value(), 1..20),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
        sought in key(),
    ) {
        let (set, root) = store(&map);
        for (_, bytes) in set.iter() {
            let mut bytes = bytes.to_vec();
            let place = at.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let mut damaged = set.clone();
            let hash = B256::new(damaged.insert(bytes).0);
            let mut trie = Trie::new(&damaged, hash);
            let _ = trie.get(&sought);
            let _ = apply(&mut trie, &[(sought, None)]);
            let _ = apply(&mut Trie::new(&damaged, hash), &[(sought, Some(vec![1]))]);
        }
        prop_assert!(!set.is_empty() && root != EMPTY_ROOT_HASH);
    }
}

#[test]
fn a_missing_root_is_named() {
    let set = PreimageSet::new(crate::keccak);
    let root = B256::repeat_byte(7);
    let mut trie = Trie::new(&set, root);
    let expected = Error::missing(Need::Node, crate::convert::hash(root));
    assert_eq!(trie.get(&B256::ZERO), Err(expected));
}

#[test]
fn removing_everything_leaves_nothing() {
    let map: Map = (0u8..20).map(|n| (keccak256([n]), vec![n + 1])).collect();
    let (set, root) = store(&map);
    let mut trie = Trie::new(&set, root);
    for key in map.keys() {
        trie.remove(key).unwrap();
    }
    let mut created = Vec::new();
    assert_eq!(trie.root(&mut created), EMPTY_ROOT_HASH);
    assert!(created.is_empty());
}
