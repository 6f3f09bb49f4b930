//! revm over a map in memory.

use alloy_consensus::{Transaction as _, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, Bytes, U256};
use revm::{
    Context, ExecuteCommitEvm, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv},
    database::{CacheDB, EmptyDB},
    primitives::hardfork::SpecId,
    state::AccountInfo,
};
use tern_protocol::BlockInputs;
use tern_stf::Header;
use tern_workload::Chain;

use crate::Plain;

/// revm without anything around it.
pub struct PlainRevm {
    state: CacheDB<EmptyDB>,
    chain_id: u64,
}

impl Plain for PlainRevm {
    fn new(chain: &Chain) -> Self {
        let mut state = CacheDB::new(EmptyDB::default());
        for account in chain.genesis() {
            let address = Address::from(account.address.0);
            let code = Bytecode::new_raw(Bytes::from(account.code.clone()));
            let info = AccountInfo {
                balance: U256::from_be_bytes(account.balance.0),
                nonce: account.nonce,
                code_hash: code.hash_slow(),
                code: Some(code),
                ..AccountInfo::default()
            };
            state.insert_account_info(address, info);
            for (slot, value) in &account.storage {
                let (slot, value) = (U256::from_be_bytes(slot.0), U256::from_be_bytes(value.0));
                state
                    .insert_account_storage(address, slot, value)
                    .expect("a database in memory does not fail");
            }
        }
        Self { state, chain_id: chain.spec().chain_id.0 }
    }

    fn execute(&self, header: &Header, inputs: &BlockInputs) -> u64 {
        let block = BlockEnv {
            number: U256::from(header.number),
            beneficiary: Address::from(inputs.beneficiary.0),
            timestamp: U256::from(inputs.timestamp.0),
            gas_limit: inputs.gas_limit,
            basefee: header.base_fee_per_gas,
            prevrandao: Some(inputs.prev_randao.0.into()),
            ..BlockEnv::default()
        };
        let cfg = CfgEnv::new_with_spec(SpecId::PRAGUE).with_chain_id(self.chain_id);
        let mut evm = Context::mainnet()
            .with_db(self.state.clone())
            .with_cfg(cfg)
            .with_block(block)
            .build_mainnet();
        let run = |candidate: &tern_protocol::Candidate| {
            let signed =
                TxEnvelope::decode_2718_exact(&candidate.raw).expect("a workload is valid");
            let caller = signed.recover_signer().expect("a workload is signed");
            let tx = TxEnv {
                tx_type: 2,
                caller,
                gas_limit: signed.gas_limit(),
                gas_price: signed.max_fee_per_gas(),
                gas_priority_fee: signed.max_priority_fee_per_gas(),
                kind: signed.kind(),
                value: signed.value(),
                data: signed.input().clone(),
                nonce: signed.nonce(),
                chain_id: signed.chain_id(),
                ..TxEnv::default()
            };
            let result = evm.transact_commit(tx).expect("a workload is valid");
            assert!(result.is_success(), "a workload's transactions succeed");
            result.tx_gas_used()
        };
        inputs.candidates.iter().map(run).sum()
    }
}
