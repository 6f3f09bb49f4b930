//! A small chain under Prague's rules.

use tern_protocol::{
    Address, BlockInputs, Candidate, ChainId, Gwei, Hash, Timestamp, Withdrawal, Word,
    predeploys::PREDEPLOYS,
};
use tern_stf::{ChainSpec, Error, Execution, Executor, GenesisAccount, PreimageSet, Preimages};
use tern_stf_ethrex::{EthrexExecutor, keccak};

use crate::{
    rlp::{list, number, string},
    sign::{CHAIN, Key},
};

/// Stores its number's third ancestor's hash under the number of the block.
pub(crate) const ANCESTOR_KEEPER: Address = Address([0xaa; 20]);
/// Has storage, and clears its first slot when called.
pub(crate) const FORGETFUL: Address = Address([0xbb; 20]);
/// Reverts with one byte.
pub(crate) const REFUSER: Address = Address([0xcc; 20]);

pub(crate) struct Net {
    pub(crate) spec: ChainSpec,
    pub(crate) archive: PreimageSet,
    pub(crate) head: Hash,
    pub(crate) time: u64,
}

pub(crate) fn funded(address: Address) -> GenesisAccount {
    GenesisAccount { address, balance: Word::from_u64(10u64.pow(19)), ..GenesisAccount::default() }
}

fn contract(address: Address, code: Vec<u8>, slots: u64) -> GenesisAccount {
    let word = Word::from_u64;
    GenesisAccount {
        address,
        nonce: 1,
        code,
        storage: (0..slots).map(|slot| (word(slot), word(slot + 1))).collect(),
        ..GenesisAccount::default()
    }
}

impl Net {
    /// The contracts above, ten funded keys, and whatever else is given.
    pub(crate) fn new(more: Vec<GenesisAccount>) -> Self {
        let mut accounts: Vec<_> = PREDEPLOYS
            .iter()
            .map(|predeploy| contract(predeploy.address, predeploy.code(), 0))
            .collect();
        // sstore(number, blockhash(number - 3))
        let keeper = vec![0x60, 3, 0x43, 0x03, 0x40, 0x43, 0x55, 0x00];
        accounts.push(contract(ANCESTOR_KEEPER, keeper, 0));
        // sstore(0, 0)
        accounts.push(contract(FORGETFUL, vec![0x5f, 0x5f, 0x55, 0x00], 2));
        accounts.push(contract(REFUSER, vec![0x60, 1, 0x5f, 0xfd], 0));
        accounts.extend((1..=10).map(|number| funded(Key::new(number).address())));
        accounts.extend(more);
        let state = EthrexExecutor.genesis_state(&accounts).expect("the accounts differ");
        let mut archive = PreimageSet::new(keccak);
        archive.extend(state.created);
        let head = archive.insert(genesis_header(state.root));
        Self { spec: ChainSpec::prague(ChainId(CHAIN)), archive, head, time: 0 }
    }

    pub(crate) fn inputs(&self, candidates: Vec<Vec<u8>>) -> BlockInputs {
        BlockInputs {
            timestamp: Timestamp(self.time + 12),
            gas_limit: 30_000_000,
            beneficiary: Address([0xfe; 20]),
            prev_randao: Hash([0x44; 32]),
            extra_data: b"tern".to_vec(),
            parent_beacon_block_root: Hash([0x55; 32]),
            withdrawals: vec![Withdrawal {
                index: 0,
                validator_index: 0,
                address: Address([0xdd; 20]),
                amount: Gwei(7),
            }],
            candidates: candidates
                .into_iter()
                .map(|raw| Candidate { raw, forced_gas: None })
                .collect(),
        }
    }

    pub(crate) fn build(&self, inputs: &BlockInputs) -> Execution {
        self.build_from(inputs, &self.archive).expect("inputs of a possible block give one")
    }

    pub(crate) fn build_from(
        &self,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        EthrexExecutor.build(&self.spec, self.head, inputs, preimages)
    }

    pub(crate) fn check(&self, block: &[u8]) -> Result<Execution, Error> {
        EthrexExecutor.check(&self.spec, block, &self.archive)
    }

    /// Builds a block, checks it, and goes on from it with nothing but what it created.
    pub(crate) fn grow(&mut self, candidates: Vec<Vec<u8>>) -> Execution {
        let made = self.build(&self.inputs(candidates));
        let checked = self.check(&made.block).expect("what was built is valid");
        assert_eq!(checked.header, made.header);
        assert_eq!(checked.hash, made.hash);
        assert_eq!(sorted(&checked.created), sorted(&made.created));
        self.archive.extend(made.created.iter().cloned());
        self.head = self.archive.insert(made.header_rlp.clone());
        assert_eq!(self.head, made.hash);
        self.time = made.header.timestamp;
        made
    }
}

pub(crate) fn sorted(all: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all = all.to_vec();
    all.sort();
    all
}

fn genesis_header(state_root: Hash) -> Vec<u8> {
    let empty_list = string(&keccak(&[0xc0]).0);
    let empty_trie = string(&keccak(&[0x80]).0);
    let zero = string(&[0; 32]);
    // SHA-256 of nothing (EIP-7685).
    let no_requests = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    list(&[
        zero.clone(),
        empty_list,
        string(&[0; 20]),
        string(&state_root.0),
        empty_trie.clone(),
        empty_trie.clone(),
        string(&[0; 256]),
        number(0),
        number(0),
        number(30_000_000),
        number(0),
        number(0),
        string(&[]),
        zero.clone(),
        string(&[0; 8]),
        number(1_000_000_000),
        empty_trie,
        number(0),
        number(0),
        zero,
        string(&hex::decode(no_requests).expect("it is hexadecimal")),
    ])
}
