//! The rust-ethereum interpreter over a map in memory. It brings no precompiles that fit
//! its own version, so blocks of precompile calls have no plain run.

use std::collections::BTreeMap;

use alloy_consensus::{SignableTransaction, Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use evm::{
    backend::{InMemoryAccount, InMemoryBackend, InMemoryEnvironment, OverlayedBackend},
    interpreter::etable::Chained,
    standard::{
        Config, DispatchEtable, EtableResolver, GasometerEtable, Invoker, TransactArgs,
        TransactArgsCallCreate, TransactGasPrice,
    },
    uint::{H160, H256, U256, U256Ext},
};
use tern_protocol::{BlockInputs, Candidate, keccak256};
use tern_stf::Header;
use tern_workload::Chain;

use crate::Plain;

/// The interpreter without anything around it.
pub struct PlainEvm {
    state: BTreeMap<H160, InMemoryAccount>,
    chain_id: u64,
}

impl Plain for PlainEvm {
    fn new(chain: &Chain) -> Self {
        let state = chain
            .genesis()
            .iter()
            .map(|account| {
                let in_memory = InMemoryAccount {
                    balance: U256::from_big_endian(&account.balance.0),
                    code: account.code.clone(),
                    nonce: U256::from(account.nonce),
                    storage: account.storage.iter().map(|(k, v)| (H256(k.0), H256(v.0))).collect(),
                    ..InMemoryAccount::default()
                };
                (H160(account.address.0), in_memory)
            })
            .collect();
        Self { state, chain_id: chain.spec().chain_id.0 }
    }

    fn execute(&self, header: &Header, inputs: &BlockInputs) -> u64 {
        let environment = InMemoryEnvironment {
            block_hashes: BTreeMap::new(),
            block_number: U256::from(header.number),
            block_coinbase: H160(inputs.beneficiary.0),
            block_timestamp: U256::from(inputs.timestamp.0),
            block_difficulty: U256::ZERO,
            block_randomness: Some(H256(inputs.prev_randao.0)),
            block_gas_limit: U256::from(inputs.gas_limit),
            block_base_fee_per_gas: U256::from(header.base_fee_per_gas),
            blob_base_fee_per_gas: U256::ONE,
            blob_versioned_hashes: Vec::new(),
            chain_id: U256::from(self.chain_id),
        };
        let config = Config::prague();
        let mut backend = InMemoryBackend { environment, state: self.state.clone() };
        let mut used = 0;
        for candidate in &inputs.candidates {
            let gas;
            (gas, backend) = run(candidate, &config, backend);
            used += gas;
        }
        used
    }
}

fn run(candidate: &Candidate, config: &Config, backend: InMemoryBackend) -> (u64, InMemoryBackend) {
    let signed = TxEnvelope::decode_2718_exact(&candidate.raw).expect("a workload is valid");
    let call = TransactArgsCallCreate::Call {
        address: H160(signed.to().expect("a workload calls").0.0),
        data: signed.input().to_vec(),
    };
    let args = TransactArgs {
        call_create: call,
        caller: sender(&signed),
        value: U256::from_big_endian(&signed.value().to_be_bytes::<32>()),
        gas_limit: U256::from(signed.gas_limit()),
        gas_price: TransactGasPrice::FeeMarket {
            max_priority: U256::from(signed.max_priority_fee_per_gas().unwrap_or_default()),
            max: U256::from(signed.max_fee_per_gas()),
        },
        access_list: Vec::new(),
        config,
    };
    let etable = Chained(GasometerEtable::new(), DispatchEtable::runtime());
    let resolver = EtableResolver::new(&(), &etable);
    let invoker = Invoker::new(&resolver);
    let mut overlay = OverlayedBackend::new(backend, &config.runtime);
    let value = evm::transact(args, Some(4), &mut overlay, &invoker).expect("a workload is valid");
    let (mut backend, changes) = overlay.deconstruct();
    backend.apply_overlayed(&changes);
    (u64::try_from(value.used_gas).expect("gas fits 64 bits"), backend)
}

fn sender(signed: &TxEnvelope) -> H160 {
    let TxEnvelope::Eip1559(signed) = signed else {
        panic!("a workload's transactions are of type 2")
    };
    let hash = signed.tx().signature_hash();
    let signature = signed.signature();
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&signature.r().to_be_bytes::<32>());
    bytes[32..].copy_from_slice(&signature.s().to_be_bytes::<32>());
    let message = libsecp256k1::Message::parse(&hash.0);
    let key = libsecp256k1::Signature::parse_standard(&bytes)
        .and_then(|signature| {
            let id = libsecp256k1::RecoveryId::parse(u8::from(signed.signature().v()))?;
            libsecp256k1::recover(&message, &signature, &id)
        })
        .expect("a workload is signed");
    let hash = keccak256(&key.serialize()[1..]);
    H160(hash.0[12..].try_into().expect("20 of 32 bytes are left"))
}
