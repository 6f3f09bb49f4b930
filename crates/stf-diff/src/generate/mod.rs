//! Random chains: accounts to begin with, and the inputs of block after block.

mod asm;
mod authorization;
mod call;
mod code;
mod compose;
mod dice;
mod fixed;
mod genesis;
mod key;
mod odd;
#[rustfmt::skip]
mod points;
mod precompile;
mod statement;
mod system;
mod tx;

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tern_protocol::{Address, BlockInputs, Candidate, ChainId, Gwei, Hash, Timestamp, Withdrawal};
use tern_stf::{ChainSpec, GenesisAccount, Header, Preimages};

use self::{dice::Dice, genesis::World};
use crate::trie;

/// The id of every random chain: a development chain's.
pub const CHAIN_ID: ChainId = ChainId(7357);

/// The gas limit of an ordinary random chain.
const GAS_LIMIT: u64 = 30_000_000;
/// The gas limit of a chain on which calls can nest 1024 deep: each level keeps a 64th.
const DEEP_GAS_LIMIT: u64 = 1 << 41;

/// Yields a random chain, the same one for the same seed and the same executions.
pub struct Generator {
    seed: u64,
    rng: ChaCha8Rng,
    spec: ChainSpec,
    world: World,
    gas_limit: u64,
    first_base_fee: u64,
    withdrawals: u64,
    block: BlockView,
}

/// What is known while one block's candidates are made.
#[derive(Debug, Default)]
struct BlockView {
    base_fee: u128,
    number: u64,
    time: u64,
    /// The next nonce of each key and what it owns, as far as known.
    people: HashMap<usize, (u64, u128)>,
}

impl Generator {
    /// The chain of this seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let world = genesis::world(&mut rng);
        let gas_limit = if seed % 10 == 9 { DEEP_GAS_LIMIT } else { GAS_LIMIT };
        let first_base_fee = rng.pick(&[7, 8, 1_000, 1_000_000_000, 1_000_000_007]);
        Self {
            seed,
            rng,
            spec: ChainSpec::prague(CHAIN_ID),
            world,
            gas_limit,
            first_base_fee,
            withdrawals: 0,
            block: BlockView::default(),
        }
    }

    /// The chain's rules.
    pub fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// The seed it began with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Every account that exists before the first block.
    pub fn accounts(&self) -> &[GenesisAccount] {
        &self.world.accounts
    }

    /// The header of block 0 over the state of [`Self::accounts`].
    pub fn genesis_header(&self, state_root: Hash) -> Header {
        Header {
            gas_limit: self.gas_limit,
            base_fee_per_gas: self.first_base_fee,
            ..crate::header::genesis(state_root)
        }
    }

    /// The inputs of the block after `parent`, whose state is in `preimages`.
    pub fn next(&mut self, parent: &Header, preimages: &dyn Preimages) -> BlockInputs {
        let time = parent.timestamp + self.rng.pick(&[1, 1, 2, 2, 12, 30, 100_000]);
        self.block = BlockView {
            base_fee: crate::header::next_base_fee(parent).into(),
            number: parent.number + 1,
            time,
            people: HashMap::new(),
        };
        let count = match self.rng.weighted(&[1, 10, 4, 1]) {
            0 => 0,
            1 => self.rng.random_range(1..12),
            2 => self.rng.random_range(8..25),
            _ => self.rng.random_range(25..50),
        };
        let fill = self.gas_limit == GAS_LIMIT && self.rng.one_in(6);
        let mut candidates = Vec::with_capacity(count);
        for _ in 0..count {
            let state = State { root: parent.state_root, preimages };
            candidates.push(self.candidate(&state, fill, &candidates));
        }
        BlockInputs {
            timestamp: Timestamp(time),
            gas_limit: self.gas_limit,
            beneficiary: self.beneficiary(),
            prev_randao: Hash(self.rng.word()),
            extra_data: {
                let len = self.rng.random_range(0..=32);
                self.rng.bytes(len)
            },
            parent_beacon_block_root: Hash(self.rng.word()),
            withdrawals: self.withdrawals(),
            candidates,
        }
    }

    /// Inputs of a block with nothing in it.
    pub(crate) fn no_inputs(&self) -> BlockInputs {
        BlockInputs {
            timestamp: Timestamp(0),
            gas_limit: self.gas_limit,
            beneficiary: Address::ZERO,
            prev_randao: Hash::ZERO,
            extra_data: Vec::new(),
            parent_beacon_block_root: Hash::ZERO,
            withdrawals: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn beneficiary(&mut self) -> Address {
        if self.rng.random_bool(0.7) {
            genesis::fee_recipient()
        } else {
            self.world.places.any(&mut self.rng)
        }
    }

    fn withdrawals(&mut self) -> Vec<Withdrawal> {
        let count = match self.rng.weighted(&[6, 3, 1]) {
            0 => 0,
            1 => self.rng.random_range(1..4),
            _ => self.rng.random_range(4..=16),
        };
        (0..count).map(|_| self.withdrawal()).collect()
    }

    fn withdrawal(&mut self) -> Withdrawal {
        let address = if self.rng.one_in(3) {
            Address(std::array::from_fn(|_| self.rng.random()))
        } else {
            self.world.places.any(&mut self.rng)
        };
        let amount = match self.rng.weighted(&[3, 6, 4, 1]) {
            0 => 0,
            1 => self.rng.random_range(1..1_000_000_000),
            2 => 32_000_000_000,
            _ => u64::MAX,
        };
        let index = self.withdrawals;
        self.withdrawals += 1;
        Withdrawal { index, validator_index: 0, address, amount: Gwei(amount) }
    }

    fn candidate(&mut self, state: &State<'_>, fill: bool, before: &[Candidate]) -> Candidate {
        let raw = match self.rng.weighted(&[30, 10, 1]) {
            0 => self.good(state, fill),
            1 => {
                let sender = self.sender();
                let tx = self.compose(sender, state);
                let base_fee = self.block.base_fee;
                odd::spoiled(&mut self.rng, tx, &genesis::keys()[sender], base_fee)
            }
            // The same again, which its nonce forbids.
            _ => match before.last() {
                Some(candidate) => candidate.raw.clone(),
                None => self.good(state, fill),
            },
        };
        let forced_gas = self.rng.one_in(4).then(|| match self.rng.random_range(0..4) {
            0 => self.rng.random_range(0..300_000),
            _ => 5_000_000,
        });
        Candidate { raw, forced_gas }
    }

    fn good(&mut self, state: &State<'_>, fill: bool) -> Vec<u8> {
        let sender = self.sender();
        let mut tx = self.compose(sender, state);
        if fill && self.rng.one_in(4) {
            self.burn(&mut tx);
        }
        self.count(sender, &tx, state);
        tx.signed(&genesis::keys()[sender])
    }

    fn sender(&mut self) -> usize {
        if self.rng.one_in(12) {
            self.rng.random_range(genesis::ORDINARY..genesis::keys().len())
        } else {
            // Few enough that one sender often has several transactions in a block.
            self.rng.random_range(0..genesis::ORDINARY / 2)
                + self.rng.random_range(0..=genesis::ORDINARY / 2 - 1)
        }
    }

    /// A key's next nonce and balance.
    fn person(&mut self, key: usize, state: &State<'_>) -> (u64, u128) {
        *self.block.people.entry(key).or_insert_with(|| {
            let address = &genesis::keys()[key].address;
            trie::account(state.root, address, state.preimages)
                .map_or((0, 0), |account| (account.nonce, account.balance))
        })
    }

    /// Moves the nonces on that a transaction uses, if it enters the block.
    fn count(&mut self, sender: usize, tx: &tx::Tx, state: &State<'_>) {
        let (_, balance) = self.person(sender, state);
        let cost = u128::from(tx.gas).saturating_mul(tx.max_fee).saturating_add(tx.value);
        let may_send = sender != genesis::CONTRACT_KEY && tx.nonce != u64::MAX;
        if cost > balance || !may_send {
            return;
        }
        if let Some((nonce, _)) = self.block.people.get_mut(&sender) {
            *nonce = tx.nonce + 1;
        }
        if tx.to.is_none() {
            let address = tx::created_address(&genesis::keys()[sender].address, tx.nonce);
            self.remember(address);
        }
    }

    /// A contract that may exist from now on.
    fn remember(&mut self, address: Address) {
        let contracts = &mut self.world.places.contracts;
        if contracts.len() < 200 && !contracts.contains(&address) {
            contracts.push(address);
        }
    }
}

/// Where nonces and balances are read.
struct State<'a> {
    root: Hash,
    preimages: &'a dyn Preimages,
}
