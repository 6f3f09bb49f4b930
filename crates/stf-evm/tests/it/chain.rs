//! A small chain to try things on.

use libsecp256k1::{Message, PublicKey, SecretKey};
use tern_protocol::{Address, BlockInputs, Candidate, ChainId, Hash, Timestamp, Word};
use tern_stf::{ChainSpec, Error, Execution, Executor, GenesisAccount, Header, PreimageSet};
use tern_stf_evm::{EvmExecutor, keccak};

/// The chain's id.
pub(crate) const CHAIN: u64 = 7_001;
/// The base fee of the first block.
pub(crate) const BASE_FEE: u64 = 875_000_000;
/// Who gets the tips.
pub(crate) const BENEFICIARY: Address = Address([0xbe; 20]);

/// Contracts that Prague wants; here they answer nothing.
const DEQUEUED: [&str; 2] =
    ["0x00000961ef480eb55e80d19ad83579a64c007002", "0x0000bbddc7ce488642fb579f8b00f3a590007251"];

/// One whole ether.
pub(crate) fn ether(count: u64) -> Word {
    let mut word = Word::ZERO;
    word.0[16..].copy_from_slice(&(u128::from(count) * 1_000_000_000_000_000_000).to_be_bytes());
    word
}

/// RLP, written a second time so that tests do not share the crate's.
pub(crate) mod rlp {
    pub(crate) fn bytes(bytes: &[u8]) -> Vec<u8> {
        match bytes {
            [only] if *only < 0x80 => vec![*only],
            _ => [prefix(0x80, bytes.len()), bytes.to_vec()].concat(),
        }
    }

    pub(crate) fn number(number: u64) -> Vec<u8> {
        let digits = number.to_be_bytes();
        bytes(&digits[number.leading_zeros() as usize / 8..])
    }

    pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
        let payload = items.concat();
        [prefix(0xc0, payload.len()), payload].concat()
    }

    fn prefix(base: u8, len: usize) -> Vec<u8> {
        if len < 56 {
            return vec![base + len as u8];
        }
        let digits = len.to_be_bytes();
        let digits = &digits[len.leading_zeros() as usize / 8..];
        [&[base + 55 + digits.len() as u8], digits].concat()
    }
}

/// Somebody with a key.
#[derive(Clone, Copy)]
pub(crate) struct Person(u8);

impl Person {
    pub(crate) const ALICE: Self = Self(1);
    pub(crate) const BOB: Self = Self(2);
    pub(crate) const POOR: Self = Self(3);

    fn key(self) -> SecretKey {
        SecretKey::parse(&[self.0; 32]).unwrap()
    }

    pub(crate) fn address(self) -> Address {
        let public = PublicKey::from_secret_key(&self.key()).serialize();
        Address::from_slice(&keccak(&public[1..]).0[12..]).unwrap()
    }

    /// Parity, r and s in RLP.
    fn sign(self, hash: &Hash) -> [Vec<u8>; 3] {
        let (signature, id) = libsecp256k1::sign(&Message::parse(&hash.0), &self.key());
        let bytes = signature.serialize();
        let number = |half: &[u8]| {
            let zeros = half.iter().take_while(|byte| **byte == 0).count();
            rlp::bytes(&half[zeros..])
        };
        [rlp::number(id.serialize().into()), number(&bytes[..32]), number(&bytes[32..])]
    }
}

/// A transaction to be signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) type_byte: u8,
    pub(crate) chain: u64,
    pub(crate) nonce: u64,
    pub(crate) tip: u64,
    pub(crate) max_fee: u64,
    pub(crate) gas: u64,
    pub(crate) to: Option<Address>,
    pub(crate) value: u64,
    pub(crate) data: Vec<u8>,
    pub(crate) authorizations: Vec<Vec<u8>>,
}

impl Draft {
    pub(crate) fn call(nonce: u64, to: Address) -> Self {
        Self {
            type_byte: 2,
            chain: CHAIN,
            nonce,
            tip: 1_000_000_000,
            max_fee: 10_000_000_000,
            gas: 200_000,
            to: Some(to),
            value: 0,
            data: Vec::new(),
            authorizations: Vec::new(),
        }
    }

    pub(crate) fn signed(&self, by: Person) -> Vec<u8> {
        let to = self.to.map_or_else(|| rlp::bytes(&[]), |to| rlp::bytes(&to.0));
        let mut fields = vec![rlp::number(self.chain), rlp::number(self.nonce)];
        if self.type_byte != 1 {
            fields.push(rlp::number(self.tip));
        }
        fields.extend([
            rlp::number(self.max_fee),
            rlp::number(self.gas),
            to,
            rlp::number(self.value),
            rlp::bytes(&self.data),
            rlp::list(&[]),
        ]);
        match self.type_byte {
            3 => fields.extend([rlp::number(1), rlp::list(&[rlp::bytes(&[1; 32])])]),
            4 => fields.push(rlp::list(&self.authorizations)),
            _ => {}
        }
        let message = [vec![self.type_byte], rlp::list(&fields)].concat();
        fields.extend(by.sign(&keccak(&message)));
        [vec![self.type_byte], rlp::list(&fields)].concat()
    }

    /// The same as a legacy transaction, without a chain id.
    pub(crate) fn signed_for_any_chain(&self, by: Person) -> Vec<u8> {
        let to = self.to.map_or_else(|| rlp::bytes(&[]), |to| rlp::bytes(&to.0));
        let mut fields = vec![
            rlp::number(self.nonce),
            rlp::number(self.max_fee),
            rlp::number(self.gas),
            to,
            rlp::number(self.value),
            rlp::bytes(&self.data),
        ];
        let [parity, r, s] = by.sign(&keccak(&rlp::list(&fields)));
        let v = if parity == rlp::number(1) { 28 } else { 27 };
        fields.extend([rlp::number(v), r, s]);
        rlp::list(&fields)
    }
}

/// A signed authorization (EIP-7702).
pub(crate) fn authorization(by: Person, chain: u64, to: Address, nonce: u64) -> Vec<u8> {
    let mut fields = vec![rlp::number(chain), rlp::bytes(&to.0), rlp::number(nonce)];
    let message = [vec![5], rlp::list(&fields)].concat();
    fields.extend(by.sign(&keccak(&message)));
    rlp::list(&fields)
}

/// A chain of which everything is known.
pub(crate) struct Chain {
    pub(crate) spec: ChainSpec,
    pub(crate) known: PreimageSet,
    pub(crate) tip: Hash,
    pub(crate) tip_header: Header,
}

impl Chain {
    /// Alice and Bob are rich; `more` stands beside them.
    pub(crate) fn new(more: Vec<GenesisAccount>) -> Self {
        Self::with_spec(ChainSpec::prague(ChainId(CHAIN)), more)
    }

    pub(crate) fn with_spec(spec: ChainSpec, more: Vec<GenesisAccount>) -> Self {
        let rich = |person: Person| GenesisAccount {
            address: person.address(),
            balance: ether(100),
            ..GenesisAccount::default()
        };
        let mut accounts = vec![rich(Person::ALICE), rich(Person::BOB)];
        accounts.extend(DEQUEUED.map(|address| GenesisAccount {
            address: address.parse().unwrap(),
            nonce: 1,
            code: vec![0x00],
            ..GenesisAccount::default()
        }));
        accounts.extend(more);
        let state = EvmExecutor::new().genesis_state(&accounts).unwrap();
        let mut known = PreimageSet::new(keccak);
        known.extend(state.created);
        let tip_header = Header {
            parent_hash: Hash::ZERO,
            ommers_hash: Hash([0x1d; 32]),
            beneficiary: Address::ZERO,
            state_root: state.root,
            transactions_root: Hash::ZERO,
            receipts_root: Hash::ZERO,
            logs_bloom: [0; 256],
            difficulty: Word::ZERO,
            number: 0,
            gas_limit: 30_000_000,
            gas_used: 0,
            timestamp: 1_000,
            extra_data: Vec::new(),
            prev_randao: Hash::ZERO,
            nonce: [0; 8],
            base_fee_per_gas: 1_000_000_000,
            withdrawals_root: Some(Hash::ZERO),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(Hash::ZERO),
            requests_hash: Some(Hash::ZERO),
        };
        let tip = known.insert(encode_genesis(&tip_header));
        Self { spec, known, tip, tip_header }
    }

    /// Inputs of the next block.
    pub(crate) fn inputs(&self, candidates: Vec<Candidate>) -> BlockInputs {
        BlockInputs {
            timestamp: Timestamp(self.tip_header.timestamp + 12),
            gas_limit: self.tip_header.gas_limit,
            beneficiary: BENEFICIARY,
            prev_randao: Hash([0x44; 32]),
            extra_data: vec![1, 2, 3],
            parent_beacon_block_root: Hash([0x47; 32]),
            withdrawals: Vec::new(),
            candidates,
        }
    }

    pub(crate) fn build(&self, inputs: &BlockInputs) -> Result<Execution, Error> {
        EvmExecutor::new().build(&self.spec, self.tip, inputs, &self.known)
    }

    /// Builds the next block with these transactions, checks that a check agrees, and
    /// moves on.
    pub(crate) fn advance(&mut self, raw: Vec<Vec<u8>>) -> Execution {
        self.advance_with(&self.inputs(raw.into_iter().map(free).collect()))
    }

    pub(crate) fn advance_with(&mut self, inputs: &BlockInputs) -> Execution {
        let built = self.build(inputs).unwrap();
        let checked = EvmExecutor::new().check(&self.spec, &built.block, &self.known).unwrap();
        assert_eq!(checked.hash, built.hash);
        assert_eq!(checked.header, built.header);
        assert_eq!(checked.block, built.block);
        self.known.extend(built.created.clone());
        self.tip = self.known.insert(built.header_rlp.clone());
        assert_eq!(self.tip, built.hash);
        self.tip_header = built.header.clone();
        built
    }
}

/// A candidate of the sequencer.
pub(crate) fn free(raw: Vec<u8>) -> Candidate {
    Candidate { raw, forced_gas: None }
}

fn encode_genesis(header: &Header) -> Vec<u8> {
    let hash = |hash: &Hash| rlp::bytes(&hash.0);
    let optional = |value: &Option<Hash>| value.iter().map(hash).collect::<Vec<_>>().concat();
    rlp::list(&[
        hash(&header.parent_hash),
        hash(&header.ommers_hash),
        rlp::bytes(&header.beneficiary.0),
        hash(&header.state_root),
        hash(&header.transactions_root),
        hash(&header.receipts_root),
        rlp::bytes(&header.logs_bloom),
        rlp::number(0),
        rlp::number(header.number),
        rlp::number(header.gas_limit),
        rlp::number(header.gas_used),
        rlp::number(header.timestamp),
        rlp::bytes(&header.extra_data),
        hash(&header.prev_randao),
        rlp::bytes(&header.nonce),
        rlp::number(header.base_fee_per_gas),
        optional(&header.withdrawals_root),
        rlp::number(0),
        rlp::number(0),
        optional(&header.parent_beacon_block_root),
        optional(&header.requests_hash),
    ])
}
