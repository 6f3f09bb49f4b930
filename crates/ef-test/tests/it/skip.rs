//! The skip rule: every candidate of `spec/vectors/skip*.json` alone in block 1, through
//! every lane.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use tern_protocol::{Address, BlockInputs, Candidate, ChainId, Hash, Timestamp, Word, keccak256};
use tern_stf::{
    ChainSpec, Execution, Executor, GenesisAccount, GenesisState, PreimageSet, compare,
};

const FILES: [&str; 3] = ["skip", "skip-signatures", "skip-encoding"];

#[derive(Deserialize)]
struct Bytes(#[serde(with = "tern_protocol::hex_bytes")] Vec<u8>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    #[serde(deserialize_with = "number")]
    chain_id: u64,
    state_root: Hash,
    parent: Bytes,
    #[serde(deserialize_with = "number")]
    timestamp: u64,
    #[serde(deserialize_with = "number")]
    gas_limit: u64,
    #[serde(deserialize_with = "number")]
    base_fee: u64,
    beneficiary: Address,
    accounts: Vec<Account>,
    sequences: Vec<Sequence>,
}

#[derive(Deserialize)]
struct Account {
    address: Address,
    #[serde(deserialize_with = "number")]
    nonce: u64,
    balance: Word,
    code: Bytes,
}

#[derive(Deserialize)]
struct Sequence {
    name: String,
    candidates: Vec<Bytes>,
    enters: Vec<bool>,
}

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    raw: Bytes,
    zeros_at: usize,
    zeros: usize,
    forced_gas: String,
    enters: bool,
    reason: String,
}

impl Case {
    fn candidate(&self) -> Candidate {
        let (before, after) = self.raw.0.split_at(self.zeros_at);
        let zeros = vec![0; self.zeros];
        let forced = self.forced_gas.as_str();
        Candidate {
            raw: [before, &zeros, after].concat(),
            forced_gas: (!forced.is_empty()).then(|| forced.parse().expect("it is a number")),
        }
    }
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn load<T: DeserializeOwned>(name: &str) -> T {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let path = format!("{here}/../../spec/vectors/{name}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn lanes() -> Vec<&'static dyn Executor> {
    vec![
        #[cfg(feature = "revm")]
        &tern_stf_revm::RevmExecutor,
        #[cfg(feature = "ethrex")]
        &tern_stf_ethrex::EthrexExecutor,
        #[cfg(feature = "evm")]
        const {
            &tern_stf_evm::EvmExecutor::new()
        },
    ]
}

fn sequenced(raw: Vec<u8>) -> Candidate {
    Candidate { raw, forced_gas: None }
}

/// The parent of block 1 and everything that can be asked about it.
struct Parent {
    chain: Chain,
    hash: Hash,
    preimages: PreimageSet,
}

impl Parent {
    fn new() -> Self {
        let chain = load::<Chain>("skip");
        let mut preimages = PreimageSet::new(keccak256);
        let hash = preimages.insert(chain.parent.0.clone());
        for lane in lanes() {
            let state = genesis(lane, &chain);
            assert_eq!(state.root, chain.state_root, "{}: the state's root", lane.name());
            preimages.extend(state.created);
        }
        Self { chain, hash, preimages }
    }

    /// What each lane makes of the candidates, or why they do not agree. The flags say
    /// which candidates entered.
    fn build(&self, candidates: Vec<Candidate>) -> Result<(Execution, Vec<bool>), String> {
        let count = candidates.len();
        let chain = &self.chain;
        let inputs = BlockInputs {
            timestamp: Timestamp(chain.timestamp),
            gas_limit: chain.gas_limit,
            beneficiary: chain.beneficiary,
            prev_randao: Hash::ZERO,
            extra_data: vec![],
            parent_beacon_block_root: Hash::ZERO,
            withdrawals: vec![],
            candidates,
        };
        let spec = ChainSpec::prague(ChainId(chain.chain_id));
        let build = |lane: &'static dyn Executor| {
            (lane.name(), lane.build(&spec, self.hash, &inputs, &self.preimages))
        };
        let answers = lanes().into_iter().map(build).collect();
        let execution = compare(answers).map_err(|error| error.to_string())?;
        if execution.header.base_fee_per_gas != chain.base_fee {
            return Err(format!("the base fee is {}", execution.header.base_fee_per_gas));
        }
        let mut entered = vec![false; count];
        for receipt in &execution.receipts {
            entered[receipt.candidate] = true;
        }
        Ok((execution, entered))
    }

    /// Why the candidates do not enter as they should, if they do not.
    fn fails(&self, candidates: Vec<Candidate>, enters: &[bool]) -> Option<String> {
        match self.build(candidates) {
            Ok((_, entered)) if entered == enters => None,
            Ok((execution, entered)) => {
                Some(format!("all lanes say {entered:?}, {:?}", execution.skipped))
            }
            Err(error) => Some(error),
        }
    }
}

fn genesis(lane: &dyn Executor, chain: &Chain) -> GenesisState {
    let account = |account: &Account| GenesisAccount {
        address: account.address,
        nonce: account.nonce,
        balance: account.balance,
        code: account.code.0.clone(),
        storage: vec![],
    };
    let accounts: Vec<_> = chain.accounts.iter().map(account).collect();
    lane.genesis_state(&accounts).expect("the state is an ordinary one")
}

fn report(failures: &[String]) {
    let mut text = String::new();
    for failure in failures {
        writeln!(text, "{failure}").expect("a string takes all");
    }
    assert!(failures.is_empty(), "{} failures:\n{text}", failures.len());
}

#[test]
fn every_candidate_enters_or_is_skipped_as_the_text_says() {
    let parent = Parent::new();
    let mut failures = vec![];
    for case in FILES.iter().flat_map(|file| load::<Cases>(file).cases) {
        if let Some(why) = parent.fails(vec![case.candidate()], &[case.enters]) {
            let expected = if case.enters { "enters" } else { &case.reason };
            failures.push(format!("{} ({expected}): {why}", case.name));
        }
    }
    report(&failures);
}

#[test]
fn candidates_after_each_other_enter_as_the_text_says() {
    let parent = Parent::new();
    let mut failures = vec![];
    for sequence in load::<Chain>("skip").sequences {
        let candidates = sequence.candidates.into_iter().map(|raw| sequenced(raw.0)).collect();
        if let Some(why) = parent.fails(candidates, &sequence.enters) {
            failures.push(format!("{}: {why}", sequence.name));
        }
    }
    report(&failures);
}

#[test]
fn nothing_that_is_cut_off_or_followed_enters() {
    let parent = Parent::new();
    let mut failures = vec![];
    let cases = load::<Cases>("skip").cases.into_iter();
    for case in cases.filter(|case| case.enters && case.zeros == 0 && case.raw.0.len() < 500) {
        let raw = case.raw.0;
        let mut candidates: Vec<_> = (0..raw.len()).map(|end| raw[..end].to_vec()).collect();
        candidates.extend((0..=255).map(|byte| [raw.as_slice(), &[byte]].concat()));
        let enters = vec![false; candidates.len()];
        if let Some(why) = parent.fails(candidates.into_iter().map(sequenced).collect(), &enters) {
            failures.push(format!("{}: {why}", case.name));
        }
    }
    report(&failures);
}

/// A decoder that follows lists by calling itself would run out of stack here.
#[test]
fn lists_of_any_depth_are_skipped() {
    let mut nested = vec![0xc0];
    for _ in 0..20_000 {
        let mut list = header(nested.len());
        list.append(&mut nested);
        nested = list;
    }
    let parent = Parent::new();
    let typed = [1, 2, 4].map(|kind| [vec![kind], nested.clone()].concat());
    let candidates: Vec<_> = [nested].into_iter().chain(typed).map(sequenced).collect();
    let enters = vec![false; candidates.len()];
    assert_eq!(parent.fails(candidates, &enters), None);
}

/// The header of a list of this many bytes.
fn header(len: usize) -> Vec<u8> {
    if len < 56 {
        return vec![0xc0 + len as u8];
    }
    let bytes = len.to_be_bytes();
    let short = &bytes[len.leading_zeros() as usize / 8..];
    [&[0xf7 + short.len() as u8], short].concat()
}
