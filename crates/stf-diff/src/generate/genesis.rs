//! The accounts a random chain is born with.

use std::sync::OnceLock;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tern_protocol::{Address, Word};
use tern_stf::GenesisAccount;

use super::{
    asm::op,
    code::{CodeWriter, Places},
    dice::{Dice, named},
    fixed::{self, Role},
    key::Key,
    precompile, system,
};

/// Keys that sign; the first so many are ordinary.
const KEYS: u64 = 60;
pub(crate) const ORDINARY: usize = 40;
const DELEGATED: std::ops::Range<usize> = 40..46;
/// One transaction left before its nonce is used up; none left.
const LAST_NONCES: [(usize, u64); 2] = [(46, u64::MAX - 1), (47, u64::MAX)];
/// A key whose account has code, which EIP-3607 forbids to send.
pub(crate) const CONTRACT_KEY: usize = 48;
/// Delegated to itself, to a precompile, to a delegated account, to nothing.
const LOOP: usize = 49;
const TO_PRECOMPILE: usize = 50;
const TO_DELEGATED: usize = 51;
const TO_NOTHING: usize = 52;
const POOR: [(usize, u128); 3] = [(53, 1_000_000_000_000_000), (54, 100_000), (55, 0)];
// From 56 on: accounts that do not exist.

const RANDOM_CONTRACTS: u64 = 28;

/// The same keys for every chain: making them is the slow part.
pub(crate) fn keys() -> &'static [Key] {
    static ALL: OnceLock<Vec<Key>> = OnceLock::new();
    ALL.get_or_init(|| (0..KEYS).map(|number| Key::named("sender", number)).collect())
}

/// Accounts, and what the generator has to know of them.
pub(crate) struct World {
    pub(crate) accounts: Vec<GenesisAccount>,
    pub(crate) places: Places,
    pub(crate) roles: Vec<(Role, Address)>,
}

/// An address that depends on its number only.
fn contract_address(number: u64) -> Address {
    let mut address = Address::ZERO;
    address.0.copy_from_slice(&named("contract", number)[..20]);
    address
}

pub(crate) fn world(rng: &mut ChaCha8Rng) -> World {
    let fixed = fixed::contracts();
    let contracts = fixed.len() as u64 + RANDOM_CONTRACTS;
    let places = Places {
        contracts: (0..contracts).map(contract_address).collect(),
        people: keys().iter().map(|key| key.address).collect(),
        odd: odd_addresses(),
    };
    let mut accounts = tern_stf::system_accounts();
    if rng.random_bool(0.5) {
        // As their own deployments leave them: no request before the first system call.
        for account in &mut accounts[2..] {
            account.storage.push((Word::ZERO, Word([0xff; 32])));
        }
    }
    let mut roles = Vec::new();
    for (index, address) in places.contracts.iter().enumerate() {
        let (role, code) = match fixed.get(index) {
            Some(known) => known.clone(),
            None => (Role::Random, random_code(rng, &places, index)),
        };
        roles.push((role, *address));
        // One that can create no more, or only once (EIP-2681).
        let nonce = if rng.one_in(12) { rng.pick(&[u64::MAX, u64::MAX - 1]) } else { 1 };
        accounts.push(GenesisAccount {
            address: *address,
            nonce,
            balance: wei(rng.pick(&[0, 1, 1_000_000, 1 << 60])),
            code,
            storage: storage(rng),
        });
    }
    accounts.extend((0..keys().len()).filter_map(|index| person(rng, &places, index)));
    accounts.extend(odd_accounts(rng));
    World { accounts, places, roles }
}

fn random_code(rng: &mut ChaCha8Rng, places: &Places, index: usize) -> Vec<u8> {
    let statements = rng.random_range(4..30);
    let mut code = CodeWriter::new(rng, places).contract(statements);
    if index.is_multiple_of(13) {
        // As long as a code may be, to be copied and delegated to.
        code.resize(24_576, op::JUMPDEST);
    }
    code
}

fn storage(rng: &mut ChaCha8Rng) -> Vec<(Word, Word)> {
    let count = rng.random_range(0..12);
    (0..count).map(|slot| (Word::from_u64(slot), Word(rng.edgy_word()))).collect()
}

fn person(rng: &mut ChaCha8Rng, places: &Places, index: usize) -> Option<GenesisAccount> {
    let mut account = GenesisAccount {
        address: keys()[index].address,
        nonce: u64::from(index.is_multiple_of(3)),
        balance: wei((1 << 80) + rng.random_range(0..1 << 70)),
        ..GenesisAccount::default()
    };
    if index == 0 {
        // One who can pay the highest fees.
        account.balance = wei(1 << 120);
    }
    if let Some((_, nonce)) = LAST_NONCES.iter().find(|(key, _)| *key == index) {
        account.nonce = *nonce;
    }
    if let Some((_, balance)) = POOR.iter().find(|(key, _)| *key == index) {
        account.balance = wei(*balance);
        account.nonce = 1;
    }
    let target = match index {
        LOOP => Some(account.address),
        TO_PRECOMPILE => Some(precompile::address(rng.random_range(1..=precompile::LAST))),
        TO_DELEGATED => Some(keys()[DELEGATED.start].address),
        TO_NOTHING => Some(contract_address(u64::MAX)),
        index if DELEGATED.contains(&index) => Some(rng.pick(&places.contracts)),
        _ => None,
    };
    if let Some(target) = target {
        account.code = delegation(&target);
        account.nonce = 1;
        account.storage = storage(rng);
    }
    if index == CONTRACT_KEY {
        account.code = vec![op::STOP];
    }
    (index < 56).then_some(account)
}

/// The code of an account that runs another's (EIP-7702).
pub(crate) fn delegation(target: &Address) -> Vec<u8> {
    [&[0xef, 0x01, 0x00], &target.0[..]].concat()
}

const SYSTEM_ADDRESS: Address = Address([
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xfe,
]);

fn odd_addresses() -> Vec<Address> {
    let mut all: Vec<Address> = (0..=precompile::LAST + 2).map(precompile::address).collect();
    let mut p256 = Address::ZERO;
    p256.0[18] = 1;
    all.extend([p256, SYSTEM_ADDRESS, Address([0xff; 20]), fee_recipient()]);
    all.extend(system::addresses());
    all.extend((0..4).map(|number| contract_address(u64::MAX - number)));
    all
}

/// Who is usually paid.
pub(crate) fn fee_recipient() -> Address {
    contract_address(1 << 40)
}

/// Some precompiles and other odd places own something.
fn odd_accounts(rng: &mut ChaCha8Rng) -> Vec<GenesisAccount> {
    let taken = system::addresses();
    let poor = odd_addresses().into_iter().filter(|address| !taken.contains(address));
    let owners: Vec<Address> = poor.filter(|_| rng.one_in(3)).collect();
    owners
        .into_iter()
        .map(|address| GenesisAccount {
            address,
            balance: wei(rng.pick(&[1, 1_000_000_000_000])),
            ..GenesisAccount::default()
        })
        .collect()
}

fn wei(amount: u128) -> Word {
    let mut word = Word::ZERO;
    word.0[16..].copy_from_slice(&amount.to_be_bytes());
    word
}
