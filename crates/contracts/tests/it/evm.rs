//! An L1 in memory: revm by Osaka's rules, one transaction a block.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, SystemCallCommitEvm,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv, result::ExecutionResult},
    database::InMemoryDB,
    primitives::{TxKind, hardfork::SpecId},
    state::AccountInfo,
};
use tern_protocol::predeploys::HISTORY_STORAGE;

/// What one transaction may use by EIP-7825.
pub(crate) const GAS_CAP: u64 = 16_777_216;
const CHAIN_ID: u64 = 31_337;
/// Where EIP-2935 keeps the hashes of blocks, and its code.
const HISTORY: Address = Address::new(HISTORY_STORAGE.address.0);

/// The chain and its clock.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    db: InMemoryDB,
    block: BlockEnv,
    last: Header,
}

/// What a transaction did.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) output: Bytes,
    pub(crate) gas: u64,
    pub(crate) created: Option<Address>,
}

/// A transaction, most fields of which are seldom named.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tx {
    pub(crate) from: Address,
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
    pub(crate) blobs: Vec<B256>,
}

impl Chain {
    pub(crate) fn new() -> Self {
        let block = BlockEnv {
            number: U256::from(1_000_000),
            timestamp: U256::from(1_800_000_000u64),
            gas_limit: 60_000_000,
            ..BlockEnv::default()
        };
        let mut chain = Self { db: InMemoryDB::default(), block, last: Header::default() };
        chain.put_code(HISTORY, HISTORY_STORAGE.code());
        chain.warp(12);
        chain
    }

    pub(crate) fn chain_id(&self) -> u64 {
        CHAIN_ID
    }

    pub(crate) fn now(&self) -> u64 {
        self.block.timestamp.to()
    }

    pub(crate) fn number(&self) -> u64 {
        self.block.number.to()
    }

    /// Goes on by so many seconds and one block, whose hash EIP-2935 then knows.
    pub(crate) fn warp(&mut self, seconds: u64) {
        let header = Header { number: self.number(), timestamp: self.now(), ..Header::default() };
        let (number, hash) = (U256::from(header.number), header.hash_slow());
        self.db
            .insert_account_storage(HISTORY, U256::from(header.number % 8191), hash.into())
            .expect("memory does not fail");
        self.db.cache.block_hashes.insert(number, hash);
        self.last = header;
        self.block.number += U256::from(1);
        self.block.timestamp += U256::from(seconds);
    }

    /// The L1 block before this one.
    pub(crate) fn last(&self) -> &Header {
        &self.last
    }

    pub(crate) fn put_code(&mut self, at: Address, code: Vec<u8>) {
        let code = Bytecode::new_raw(code.into());
        let mut info = AccountInfo::default().with_code(code);
        info.balance = self.balance(at);
        info.nonce = 1;
        self.db.insert_account_info(at, info);
    }

    pub(crate) fn fund(&mut self, who: Address, wei: U256) {
        let mut info = self.db.load_account(who).expect("memory does not fail").info.clone();
        info.balance = wei;
        self.db.insert_account_info(who, info);
    }

    pub(crate) fn balance(&mut self, who: Address) -> U256 {
        self.db.load_account(who).expect("memory does not fail").info.balance
    }

    pub(crate) fn run(&mut self, tx: Tx) -> Outcome {
        let env = TxEnv {
            tx_type: if tx.blobs.is_empty() { 2 } else { 3 },
            caller: tx.from,
            gas_limit: GAS_CAP,
            kind: tx.to.map_or(TxKind::Create, TxKind::Call),
            value: tx.value,
            data: tx.data,
            chain_id: Some(CHAIN_ID),
            max_fee_per_blob_gas: if tx.blobs.is_empty() { 0 } else { 1_000_000_000 },
            blob_hashes: tx.blobs,
            gas_priority_fee: Some(0),
            ..TxEnv::default()
        };
        let block = self.block.clone();
        let mut evm = context(&mut self.db, block).build_mainnet();
        outcome(evm.transact_commit(env).expect("the transaction is valid"))
    }

    pub(crate) fn send(&mut self, from: Address, to: Address, call: &impl SolCall) -> Outcome {
        self.pay(from, to, U256::ZERO, call)
    }

    pub(crate) fn pay(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
        call: &impl SolCall,
    ) -> Outcome {
        let data = call.abi_encode().into();
        self.run(Tx { from, to: Some(to), value, data, ..Tx::default() })
    }

    /// A call by a contract, which no signature could make.
    pub(crate) fn send_as(
        &mut self,
        contract: Address,
        to: Address,
        call: &impl SolCall,
    ) -> Outcome {
        let block = self.block.clone();
        let mut evm = context(&mut self.db, block).build_mainnet();
        let result = evm.system_call_with_caller_commit(contract, to, call.abi_encode().into());
        outcome(result.expect("the call is valid"))
    }

    /// Asks, and changes nothing.
    pub(crate) fn ask(&mut self, from: Address, to: Address, data: Bytes) -> Outcome {
        let block = self.block.clone();
        let mut evm = context(&mut self.db, block).build_mainnet();
        let env = TxEnv {
            tx_type: 2,
            caller: from,
            gas_limit: GAS_CAP,
            kind: TxKind::Call(to),
            data,
            chain_id: Some(CHAIN_ID),
            gas_priority_fee: Some(0),
            ..TxEnv::default()
        };
        outcome(evm.transact(env).expect("the transaction is valid").result)
    }

    /// The answer of a view that must answer.
    pub(crate) fn view<C: SolCall>(&mut self, to: Address, call: &C) -> C::Return {
        let outcome = self.ask(Address::repeat_byte(0xee), to, call.abi_encode().into());
        assert!(outcome.success, "{} of {to} refused: {}", C::SIGNATURE, outcome.output);
        C::abi_decode_returns(&outcome.output).expect("the answer has its type")
    }

    /// Deploys creation code with encoded arguments.
    pub(crate) fn create(&mut self, from: Address, code: &[u8], arguments: &[u8]) -> Address {
        let data = [code, arguments].concat().into();
        let outcome = self.run(Tx { from, data, ..Tx::default() });
        assert!(outcome.success, "the constructor refused: {}", outcome.output);
        outcome.created.expect("a creation says where")
    }
}

impl Outcome {
    /// The result, or a panic that shows the refusal.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.success, "refused: {}", self.output);
        self
    }
}

fn context<DB: revm::Database>(db: DB, block: BlockEnv) -> revm::handler::MainnetContext<DB> {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA);
    cfg.chain_id = CHAIN_ID;
    cfg.disable_nonce_check = true;
    let mut context = Context::mainnet().with_db(db).with_block(block);
    context.cfg = cfg;
    context
}

#[expect(clippy::needless_pass_by_value, reason = "results are made where they are read")]
fn outcome(result: ExecutionResult) -> Outcome {
    let created = match &result {
        ExecutionResult::Success { output, .. } => output.address().copied(),
        _ => None,
    };
    Outcome {
        success: result.is_success(),
        output: result.output().cloned().unwrap_or_default(),
        gas: result.tx_gas_used(),
        created,
    }
}
