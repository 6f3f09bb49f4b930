//! A small chain whose blocks this executor builds and then checks.

use alloy_consensus::{
    SignableTransaction, Signed, TxEip1559, crypto::secp256k1::sign_message,
    transaction::RlpEcdsaEncodableTx,
};
use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_primitives::{Address as AlloyAddress, B256, Signature, TxKind, U256};
use tern_protocol::Word;
use tern_protocol::{Address, BlockInputs, Candidate, ChainId, Gwei, Hash, Timestamp, Withdrawal};
use tern_stf::{
    ChainSpec, Error, Execution, Executor, GenesisAccount, PreimageSet, Preimages, Recorder,
};
use tern_stf_revm::{RevmExecutor, keccak};

pub(crate) const CHAIN: u64 = 7357;
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;
pub(crate) const GAS_LIMIT: u64 = 30_000_000;
pub(crate) const TO: AlloyAddress = AlloyAddress::repeat_byte(0xee);

/// A key pair of the tests.
pub(crate) fn key(n: u8) -> B256 {
    B256::repeat_byte(n)
}

pub(crate) fn address_of(key: B256) -> AlloyAddress {
    let any = B256::repeat_byte(1);
    let signature = sign_message(key, any).unwrap();
    signature.recover_address_from_prehash(&any).unwrap()
}

pub(crate) fn account(address: AlloyAddress, balance: u128, code: &[u8]) -> GenesisAccount {
    GenesisAccount {
        address: Address(address.into_array()),
        nonce: u64::from(!code.is_empty()),
        balance: Word(U256::from(balance).to_be_bytes()),
        code: code.to_vec(),
        storage: vec![],
    }
}

pub(crate) fn system_contracts() -> Vec<GenesisAccount> {
    vec![
        account(eip4788::BEACON_ROOTS_ADDRESS, 0, &eip4788::BEACON_ROOTS_CODE),
        account(eip2935::HISTORY_STORAGE_ADDRESS, 0, &eip2935::HISTORY_STORAGE_CODE),
        account(
            eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            0,
            &eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE,
        ),
        account(
            eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
            0,
            &eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE,
        ),
    ]
}

/// A transfer to build other transactions from.
pub(crate) fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(TO),
        value: U256::from(1),
        ..TxEip1559::default()
    }
}

pub(crate) fn sign<T: SignableTransaction<Signature> + RlpEcdsaEncodableTx>(
    tx: T,
    key: B256,
) -> Vec<u8> {
    let signature = sign_message(key, tx.signature_hash()).unwrap();
    let signed: Signed<T> = tx.into_signed(signature);
    let mut raw = Vec::new();
    signed.tx().eip2718_encode(signed.signature(), &mut raw);
    raw
}

pub(crate) fn candidate(raw: Vec<u8>) -> Candidate {
    Candidate { raw, forced_gas: None }
}

pub(crate) struct Chain {
    pub(crate) spec: ChainSpec,
    pub(crate) archive: PreimageSet,
    pub(crate) head: Hash,
    pub(crate) time: u64,
}

impl Chain {
    /// The system contracts and one rich account with key 1.
    pub(crate) fn prague() -> Self {
        let mut accounts = system_contracts();
        accounts.push(account(address_of(key(1)), 1_000_000 * ETHER, &[]));
        Self::new(ChainSpec::prague(ChainId(CHAIN)), &accounts)
    }

    pub(crate) fn new(spec: ChainSpec, accounts: &[GenesisAccount]) -> Self {
        let state = RevmExecutor.genesis_state(accounts).unwrap();
        let header = alloy_consensus::Header {
            state_root: B256::new(state.root.0),
            gas_limit: GAS_LIMIT,
            base_fee_per_gas: Some(1_000_000_000),
            timestamp: 1,
            ..Default::default()
        };
        let mut archive = PreimageSet::new(keccak);
        archive.extend(state.created);
        let head = archive.insert(alloy_rlp::encode(header));
        Self { spec, archive, head, time: 1 }
    }

    pub(crate) fn inputs(&self, candidates: Vec<Candidate>) -> BlockInputs {
        BlockInputs {
            timestamp: Timestamp(self.time + 2),
            gas_limit: GAS_LIMIT,
            beneficiary: Address([0xfe; 20]),
            prev_randao: Hash([9; 32]),
            extra_data: b"tern".to_vec(),
            parent_beacon_block_root: Hash([7; 32]),
            withdrawals: vec![Withdrawal {
                index: 3,
                validator_index: 0,
                address: Address([0xdd; 20]),
                amount: Gwei(5),
            }],
            candidates,
        }
    }

    pub(crate) fn build_from(
        &self,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        RevmExecutor.build(&self.spec, self.head, inputs, preimages)
    }

    /// Builds a block and demands that a check agrees in all it says.
    pub(crate) fn build(&self, inputs: &BlockInputs) -> Result<Execution, Error> {
        let built = self.build_from(inputs, &self.archive)?;
        let checked = self.check(&built.block)?;
        assert_eq!((built.hash, &built.header), (checked.hash, &checked.header));
        assert_eq!((&built.block, &built.header_rlp), (&checked.block, &checked.header_rlp));
        assert_eq!(keccak(&built.header_rlp), built.hash);
        Ok(built)
    }

    pub(crate) fn check(&self, block: &[u8]) -> Result<Execution, Error> {
        RevmExecutor.check(&self.spec, block, &self.archive)
    }

    /// Builds, checks and appends.
    pub(crate) fn grow(&mut self, inputs: &BlockInputs) -> Execution {
        let built = self.build(inputs).unwrap();
        self.archive.insert(built.header_rlp.clone());
        self.archive.extend(built.created.clone());
        self.head = built.hash;
        self.time = built.header.timestamp;
        built
    }

    /// The witness of a block: what a build asks for.
    pub(crate) fn witness(&self, inputs: &BlockInputs) -> PreimageSet {
        let recorder = Recorder::new(&self.archive);
        self.build_from(inputs, &recorder).unwrap();
        recorder.into_preimages(keccak)
    }
}
