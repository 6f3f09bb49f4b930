//! revm as the block executor of alloy-evm sees it.

use alloy_evm::{Database, Evm, EvmEnv, eth::EthEvmContext};
use alloy_primitives::{Address, Bytes, TxKind};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext, MainnetEvm,
    context::{BlockEnv, CfgEnv, ContextSetters, TxEnv},
    context_interface::result::{EVMError, HaltReason, ResultAndState},
    handler::{EthPrecompiles, Handler, MainnetHandler},
    primitives::hardfork::SpecId,
};

/// Gas of a system call (EIP-4788, 2935, 7002, 7251).
const SYSTEM_CALL_GAS: u64 = 30_000_000;

/// revm with the fork's own precompiles and without inspectors. Its system calls get the
/// gas that Prague gives them; revm's own give them what a later fork does.
pub(crate) struct BlockEvm<DB: Database> {
    inner: MainnetEvm<EthEvmContext<DB>>,
}

impl<DB: Database> BlockEvm<DB> {
    pub(crate) fn new(db: DB, env: EvmEnv) -> Self {
        let inner = Context::mainnet()
            .with_block(env.block_env)
            .with_cfg(env.cfg_env)
            .with_db(db)
            .build_mainnet();
        Self { inner }
    }
}

impl<DB: Database> Evm for BlockEvm<DB> {
    type DB = DB;
    type Tx = TxEnv;
    type Error = EVMError<DB::Error>;
    type HaltReason = HaltReason;
    type Spec = SpecId;
    type BlockEnv = BlockEnv;
    type Precompiles = EthPrecompiles;
    type Inspector = ();

    fn block(&self) -> &BlockEnv {
        &self.inner.ctx.block
    }

    fn cfg_env(&self) -> &CfgEnv {
        &self.inner.ctx.cfg
    }

    fn chain_id(&self) -> u64 {
        self.inner.ctx.cfg.chain_id
    }

    fn transact_raw(&mut self, tx: TxEnv) -> Result<ResultAndState<HaltReason>, Self::Error> {
        self.inner.transact(tx)
    }

    fn transact_system_call(
        &mut self,
        caller: Address,
        contract: Address,
        data: Bytes,
    ) -> Result<ResultAndState<HaltReason>, Self::Error> {
        self.inner.ctx.set_tx(TxEnv {
            caller,
            kind: TxKind::Call(contract),
            data,
            gas_limit: SYSTEM_CALL_GAS,
            ..TxEnv::default()
        });
        let result: Result<_, Self::Error> =
            MainnetHandler::default().run_system_call(&mut self.inner);
        // Also after an error, so that nothing of this call reaches the next one.
        let state = self.inner.finalize();
        Ok(ResultAndState::new(result?, state))
    }

    fn finish(self) -> (DB, EvmEnv) {
        let Context {
            block,
            cfg,
            journaled_state,
            ..
        } = self.inner.ctx;
        (journaled_state.database, EvmEnv::new(cfg, block))
    }

    fn set_inspector_enabled(&mut self, _: bool) {}

    fn components(&self) -> (&DB, &(), &EthPrecompiles) {
        let inner = &self.inner;
        (
            &inner.ctx.journaled_state.database,
            &inner.inspector,
            &inner.precompiles,
        )
    }

    fn components_mut(&mut self) -> (&mut DB, &mut (), &mut EthPrecompiles) {
        let inner = &mut self.inner;
        (
            &mut inner.ctx.journaled_state.database,
            &mut inner.inspector,
            &mut inner.precompiles,
        )
    }
}
