//! LEVM over a map in memory.

use std::{collections::HashMap, sync::Arc};

use alloy_consensus::{SignableTransaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use bytes::Bytes;
use ethrex_common::{
    Address, H256, U256,
    types::{
        AccountState, BlobSchedule, BlockHeader, ChainConfig, Code, CodeMetadata, Transaction,
    },
};
use ethrex_crypto::{Crypto, NativeCrypto};
use ethrex_levm::{
    db::{Database, gen_db::GeneralizedDatabase},
    errors::DatabaseError,
    vm::VMType,
};
use ethrex_vm::backends::levm::LEVM;
use tern_protocol::BlockInputs;
use tern_stf::Header;
use tern_workload::Chain;

use crate::Plain;

/// LEVM without anything around it.
pub struct PlainEthrex {
    state: Arc<InMemory>,
}

struct InMemory {
    accounts: HashMap<Address, AccountState>,
    storage: HashMap<(Address, H256), U256>,
    codes: HashMap<H256, Code>,
    config: ChainConfig,
}

impl Plain for PlainEthrex {
    fn new(chain: &Chain) -> Self {
        let config = ChainConfig {
            chain_id: chain.spec().chain_id.0,
            shanghai_time: Some(0),
            cancun_time: Some(0),
            prague_time: Some(0),
            terminal_total_difficulty: Some(0),
            terminal_total_difficulty_passed: true,
            blob_schedule: BlobSchedule::default(),
            ..ChainConfig::default()
        };
        let mut state = InMemory {
            accounts: HashMap::new(),
            storage: HashMap::new(),
            codes: HashMap::new(),
            config,
        };
        for account in chain.genesis() {
            let address = Address::from(account.address.0);
            let code = Code::from_bytecode(Bytes::from(account.code.clone()), &NativeCrypto);
            let info = AccountState {
                nonce: account.nonce,
                balance: U256::from_big_endian(&account.balance.0),
                code_hash: code.hash,
                ..AccountState::default()
            };
            state.accounts.insert(address, info);
            state.codes.insert(code.hash, code);
            for (slot, value) in &account.storage {
                state.storage.insert((address, H256(slot.0)), U256::from_big_endian(&value.0));
            }
        }
        Self { state: Arc::new(state) }
    }

    fn execute(&self, header: &Header, inputs: &BlockInputs) -> u64 {
        let block = BlockHeader {
            number: header.number,
            coinbase: Address::from(inputs.beneficiary.0),
            timestamp: inputs.timestamp.0,
            gas_limit: inputs.gas_limit,
            base_fee_per_gas: Some(header.base_fee_per_gas),
            prev_randao: H256(inputs.prev_randao.0),
            excess_blob_gas: Some(0),
            blob_gas_used: Some(0),
            ..BlockHeader::default()
        };
        let mut database = GeneralizedDatabase::new(self.state.clone());
        let mut run = |candidate: &tern_protocol::Candidate| {
            let signed =
                Transaction::decode_canonical(&candidate.raw).expect("a workload is valid");
            let sender = sender(&candidate.raw);
            let report =
                LEVM::execute_tx(&signed, sender, &block, &mut database, VMType::L1, &NativeCrypto)
                    .expect("a workload is valid");
            assert!(report.is_success(), "a workload's transactions succeed");
            report.gas_spent
        };
        inputs.candidates.iter().map(&mut run).sum()
    }
}

/// ethrex remembers the senders of a whole process; a repeated run would measure that memory.
fn sender(raw: &[u8]) -> Address {
    let signed = TxEnvelope::decode_2718_exact(raw).expect("a workload is valid");
    let TxEnvelope::Eip1559(signed) = signed else {
        panic!("a workload's transactions are of type 2")
    };
    let signature = signed.signature().as_rsy();
    let hash = signed.tx().signature_hash();
    NativeCrypto.recover_signer(&signature, &hash.0).expect("a workload is signed")
}

impl Database for InMemory {
    fn get_account_state(&self, address: Address) -> Result<AccountState, DatabaseError> {
        Ok(self.accounts.get(&address).copied().unwrap_or_default())
    }

    fn get_storage_value(&self, address: Address, key: H256) -> Result<U256, DatabaseError> {
        Ok(self.storage.get(&(address, key)).copied().unwrap_or_default())
    }

    fn get_block_hash(&self, _: u64) -> Result<H256, DatabaseError> {
        Ok(H256::zero())
    }

    fn get_chain_config(&self) -> Result<ChainConfig, DatabaseError> {
        Ok(self.config)
    }

    fn get_account_code(&self, hash: H256) -> Result<Code, DatabaseError> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn get_code_metadata(&self, hash: H256) -> Result<CodeMetadata, DatabaseError> {
        let length = self.codes.get(&hash).map_or(0, |code| code.len() as u64);
        Ok(CodeMetadata { length })
    }
}
