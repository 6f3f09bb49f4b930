//! Against a second trie, and against its own promises.

use alloc::{collections::BTreeMap, vec::Vec};
use core::cell::RefCell;

use alloy_primitives::B256;
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;
use tern_stf::{ErrorKind, PreimageSet};

use super::*;
use crate::{Ethereum, rlp::encoded_bytes};

type Pairs = BTreeMap<[u8; 32], Vec<u8>>;
/// Keys with their new values; `None` removes.
type Changes = Vec<([u8; 32], Option<Vec<u8>>)>;

/// Keys that share long beginnings, so that every kind of node occurs.
fn keys() -> impl Strategy<Value = [u8; 32]> {
    let byte = prop_oneof![Just(0u8), Just(1), Just(0x10), Just(0xff)];
    let crowded = (prop::array::uniform4(byte.clone()), byte).prop_map(|(start, end)| {
        let mut key = [0x11; 32];
        key[..4].copy_from_slice(&start);
        key[31] = end;
        key
    });
    prop_oneof![crowded, any::<[u8; 32]>()]
}

/// Values short enough that nodes are embedded, and long ones.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let lengths = prop_oneof![Just(1usize), 1..4usize, 30..80usize];
    lengths.prop_flat_map(|len| prop::collection::vec(1..=255u8, len))
}

fn pairs() -> impl Strategy<Value = Pairs> {
    prop::collection::btree_map(keys(), values(), 0..60)
}

fn second_opinion(pairs: &Pairs) -> Hash {
    let mut builder = HashBuilder::default();
    for (key, value) in pairs {
        builder.add_leaf(Nibbles::unpack(B256::from(*key)), value);
    }
    Hash(builder.root().0)
}

fn nothing() -> PreimageSet {
    PreimageSet::new(keccak)
}

fn made_from(pairs: &Pairs) -> (Hash, Vec<Vec<u8>>) {
    let mut trie = Trie::new();
    for (key, value) in pairs {
        trie.insert(&Hash(*key), value.clone(), &nothing()).unwrap();
    }
    let mut created = Vec::new();
    let root = trie.root::<Ethereum>(&mut created);
    (root, created)
}

fn stored(created: &[Vec<u8>]) -> PreimageSet {
    let mut set = nothing();
    set.extend(created.iter().cloned());
    set
}

/// What is set and what is removed.
fn apply(
    trie: &mut Trie,
    changes: &[([u8; 32], Option<Vec<u8>>)],
    from: &dyn Preimages,
) -> Result<(), Error> {
    for (key, value) in changes {
        match value {
            Some(value) => trie.insert(&Hash(*key), value.clone(), from)?,
            None => trie.remove(&Hash(*key), from)?,
        }
    }
    Ok(())
}

fn applied(pairs: &Pairs, changes: &[([u8; 32], Option<Vec<u8>>)]) -> Pairs {
    let mut after = pairs.clone();
    for (key, value) in changes {
        match value {
            Some(value) => {
                after.insert(*key, value.clone());
            }
            None => {
                after.remove(key);
            }
        }
    }
    after
}

/// New keys, and many of those that are there.
fn pairs_and_changes() -> impl Strategy<Value = (Pairs, Changes)> {
    pairs().prop_flat_map(|pairs| {
        let mut known: Vec<_> = pairs.keys().copied().collect();
        known.push([0x11; 32]);
        let key = prop_oneof![3 => prop::sample::select(known), 1 => keys()];
        let change = (key, prop::option::of(values()));
        (Just(pairs), prop::collection::vec(change, 0..60))
    })
}

/// Remembers what was asked for.
struct Asked<'a>(&'a PreimageSet, RefCell<Vec<Hash>>);

impl Preimages for Asked<'_> {
    fn get(&self, hash: &Hash) -> Option<&[u8]> {
        self.1.borrow_mut().push(*hash);
        self.0.get(hash)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn roots_are_those_of_another_trie(pairs in pairs()) {
        prop_assert_eq!(made_from(&pairs).0, second_opinion(&pairs));
    }

    #[test]
    fn changes_lead_to_the_root_of_the_result((pairs, changes) in pairs_and_changes()) {
        let (root, created) = made_from(&pairs);
        let set = stored(&created);
        let mut trie = Trie::open(root);
        apply(&mut trie, &changes, &set).unwrap();
        let mut more = Vec::new();
        let after = applied(&pairs, &changes);
        prop_assert_eq!(trie.root::<Ethereum>(&mut more), second_opinion(&after));

        // What was known and what was created is all of the new trie.
        let mut both = set;
        both.extend(more);
        let mut reopened = Trie::open(second_opinion(&after));
        for (key, value) in &after {
            let got = reopened.get(&Hash(*key), &both).unwrap();
            prop_assert_eq!(got, Some(value.as_slice()));
        }
    }

    #[test]
    fn a_missing_node_is_named((pairs, changes) in pairs_and_changes(), which in any::<prop::sample::Index>()) {
        let (root, created) = made_from(&pairs);
        let set = stored(&created);
        let asked = Asked(&set, RefCell::default());
        apply(&mut Trie::open(root), &changes, &asked).unwrap();
        let asked = asked.1.into_inner();
        prop_assume!(!asked.is_empty());
        let gone = asked[which.index(asked.len())];

        // What was asked for suffices, and nothing less.
        let mut exact = nothing();
        exact.extend(asked.iter().filter_map(|hash| set.get(hash)).map(<[u8]>::to_vec));
        apply(&mut Trie::open(root), &changes, &exact).unwrap();
        exact.remove(&gone);
        let error = apply(&mut Trie::open(root), &changes, &exact).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Retry);
        prop_assert_eq!(error, Error::missing(Need::Node, gone));
    }

    #[test]
    fn any_bytes_are_a_node_or_malformed(bytes in prop::collection::vec(any::<u8>(), 0..120), key in keys()) {
        let mut set = nothing();
        let root = set.insert(bytes);
        let mut trie = Trie::open(root);
        let _ = trie.get(&Hash(key), &set);
        let _ = trie.insert(&Hash(key), [1].to_vec(), &set);
        let _ = trie.remove(&Hash(key), &set);
        trie.root::<Ethereum>(&mut Vec::new());
    }

    #[test]
    fn a_damaged_node_never_panics(
        (pairs, changes) in pairs_and_changes(),
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (root, created) = made_from(&pairs);
        prop_assume!(!created.is_empty());
        let mut damaged = created[which.index(created.len())].clone();
        let hash = keccak(&damaged);
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let lies = Lies { set: stored(&created), hash, instead: damaged };
        let mut trie = Trie::open(root);
        let _ = apply(&mut trie, &changes, &lies);
        trie.root::<Ethereum>(&mut Vec::new());
    }

    #[test]
    fn lists_have_the_roots_of_another_trie(count in 0usize..300, size in 1usize..40) {
        let items: Vec<Vec<u8>> = (0..count).map(|index| alloc::vec![(index % 255) as u8 + 1; size]).collect();
        let ours = ordered_root::<Ethereum>(items.iter().map(Vec::as_slice)).unwrap();
        let keyed: BTreeMap<_, _> = (0u64..).zip(&items).map(|(index, item)| {
            (encoded_bytes(crate::rlp::trimmed(&index.to_be_bytes())), item)
        }).collect();
        let mut builder = HashBuilder::default();
        for (key, item) in &keyed {
            builder.add_leaf(Nibbles::unpack(key), item);
        }
        prop_assert_eq!(ours, Hash(builder.root().0));
    }
}

/// Breaks the promise of [`Preimages`] for one hash.
struct Lies {
    set: PreimageSet,
    hash: Hash,
    instead: Vec<u8>,
}

impl Preimages for Lies {
    fn get(&self, hash: &Hash) -> Option<&[u8]> {
        if *hash == self.hash { Some(&self.instead) } else { self.set.get(hash) }
    }
}

#[test]
fn the_empty_trie_has_the_known_root() {
    assert_eq!(Trie::new().root::<Ethereum>(&mut Vec::new()), EMPTY_ROOT);
    assert_eq!(keccak(&[0x80]), EMPTY_ROOT);
    assert_eq!(ordered_root::<Ethereum>(core::iter::empty()), Ok(EMPTY_ROOT));
}

#[test]
fn clearing_a_slot_beside_a_new_one_needs_no_third() {
    // Three keys below one branch: 1 goes, 2 comes, 3 stays and is not in the witness.
    let key = |first: u8| {
        let mut key = [0x55; 32];
        key[0] = first;
        Hash(key)
    };
    let long = |byte: u8| alloc::vec![byte; 40];
    let mut trie = Trie::new();
    trie.insert(&key(0x10), long(1), &nothing()).unwrap();
    trie.insert(&key(0x30), long(3), &nothing()).unwrap();
    let mut created = Vec::new();
    let root = trie.root::<Ethereum>(&mut created);
    let mut set = stored(&created);
    let [_first, third, _branch] = created.as_slice() else { panic!("two leaves and a branch") };
    set.remove(&keccak(third));
    let mut trie = Trie::open(root);
    trie.insert(&key(0x20), long(2), &set).unwrap();
    trie.remove(&key(0x10), &set).unwrap();
    trie.root::<Ethereum>(&mut created);
}
