//! revm as the block executor of alloy-evm sees it, with two of its habits corrected.

use alloy_evm::{Evm, EvmEnv, eth::EthEvmContext};
use alloy_primitives::{Address, Bytes, TxKind};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext, MainnetEvm,
    context::{BlockEnv, CfgEnv, ContextSetters, FrameStack, JournalTr, TxEnv},
    context_interface::{
        context::ContextError,
        result::{EVMError, HaltReason, ResultAndState},
    },
    handler::{
        EthFrame, EthPrecompiles, EvmTr, FrameInitOrResult, FrameResult, Handler, ItemOrResult,
        MainnetHandler, evm::FrameInitResult, instructions::EthInstructions,
    },
    interpreter::{
        FrameInput, interpreter::EthInterpreter, interpreter_action::CreateInputs,
        interpreter_action::FrameInit,
    },
    primitives::{constants::CALL_STACK_LIMIT, hardfork::SpecId},
};

use crate::state::{State, StateError};

/// Gas of a system call (EIP-4788, 2935, 7002, 7251).
const SYSTEM_CALL_GAS: u64 = 30_000_000;

type Ctx<'a> = EthEvmContext<State<'a>>;
type Stop = ContextError<StateError>;

/// revm with the fork's own precompiles and without inspectors.
///
/// Its system calls get the gas that Prague gives them, where revm's own get what a later
/// fork does. And it sees that a contract cannot be created where there is storage
/// (EIP-7610).
pub(crate) struct BlockEvm<'a> {
    inner: MainnetEvm<Ctx<'a>>,
}

impl<'a> BlockEvm<'a> {
    pub(crate) fn new(state: State<'a>, env: EvmEnv) -> Self {
        let inner = Context::mainnet()
            .with_block(env.block_env)
            .with_cfg(env.cfg_env)
            .with_db(state)
            .build_mainnet();
        Self { inner }
    }

    fn handler() -> MainnetHandler<Self, EVMError<StateError>, EthFrame> {
        MainnetHandler::default()
    }

    /// Where a creation would meet storage without code or nonce. Where it fails for
    /// another reason first, nothing more is looked at.
    fn storage_in_the_way(
        &mut self,
        depth: usize,
        inputs: &CreateInputs,
    ) -> Result<Option<Address>, Stop> {
        let journal = &mut self.inner.ctx.journaled_state;
        let caller = &journal.load_account(inputs.caller())?.data.info;
        let (nonce, balance) = (caller.nonce, caller.balance);
        if depth > CALL_STACK_LIMIT as usize || balance < inputs.value() || nonce == u64::MAX {
            return Ok(None);
        }
        let target = inputs.created_address(nonce);
        if !journal.database.has_storage(target)? {
            return Ok(None);
        }
        let info = &journal.load_account(target)?.data.info;
        let vacant = info.nonce == 0 && info.is_empty_code_hash();
        Ok(vacant.then_some(target))
    }

    /// Shows revm another nonce of an account that it has loaded.
    fn show_nonce(&mut self, address: Address, nonce: u64) {
        let accounts = &mut self.inner.ctx.journaled_state.inner.state;
        if let Some(account) = accounts.get_mut(&address) {
            account.info.nonce = nonce;
        }
    }
}

impl<'a> EvmTr for BlockEvm<'a> {
    type Context = Ctx<'a>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<'a>>;
    type Precompiles = EthPrecompiles;
    type Frame = EthFrame;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &EthPrecompiles, &FrameStack<EthFrame>) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut EthPrecompiles, &mut FrameStack<EthFrame>)
    {
        self.inner.all_mut()
    }

    fn frame_init(&mut self, frame: FrameInit) -> Result<FrameInitResult<'_, EthFrame>, Stop> {
        let obstacle = match &frame.frame_input {
            FrameInput::Create(inputs) => self.storage_in_the_way(frame.depth, inputs)?,
            FrameInput::Call(_) | FrameInput::Empty => None,
        };
        let Some(target) = obstacle else {
            return self.inner.frame_init(frame);
        };
        // revm refuses to create where there is a nonce, with all that belongs to it.
        self.show_nonce(target, 1);
        let refused = match self.inner.frame_init(frame)? {
            ItemOrResult::Result(refused) => refused,
            ItemOrResult::Item(_) => {
                return Err(ContextError::Custom("created over a nonce".into()));
            }
        };
        self.show_nonce(target, 0);
        Ok(ItemOrResult::Result(refused))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<EthFrame>, Stop> {
        self.inner.frame_run()
    }

    fn frame_return_result(&mut self, result: FrameResult) -> Result<Option<FrameResult>, Stop> {
        self.inner.frame_return_result(result)
    }
}

impl<'a> Evm for BlockEvm<'a> {
    type DB = State<'a>;
    type Tx = TxEnv;
    type Error = EVMError<StateError>;
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

    fn transact_raw(&mut self, tx: TxEnv) -> Result<ResultAndState, Self::Error> {
        self.inner.ctx.set_tx(tx);
        let result = Self::handler().run(self);
        // Also after an error, so that nothing of this transaction reaches the next one.
        let state = self.inner.finalize();
        Ok(ResultAndState::new(result?, state))
    }

    fn transact_system_call(
        &mut self,
        caller: Address,
        contract: Address,
        data: Bytes,
    ) -> Result<ResultAndState, Self::Error> {
        // The price is only seen by the GASPRICE instruction: nothing is paid.
        let gas_price = self.inner.ctx.block.basefee.into();
        self.inner.ctx.set_tx(TxEnv {
            caller,
            gas_price,
            kind: TxKind::Call(contract),
            data,
            gas_limit: SYSTEM_CALL_GAS,
            ..TxEnv::default()
        });
        let result = Self::handler().run_system_call(self);
        let state = self.inner.finalize();
        Ok(ResultAndState::new(result?, state))
    }

    fn finish(self) -> (State<'a>, EvmEnv) {
        let Context { block, cfg, journaled_state, .. } = self.inner.ctx;
        (journaled_state.database, EvmEnv::new(cfg, block))
    }

    fn set_inspector_enabled(&mut self, _: bool) {}

    fn components(&self) -> (&State<'a>, &(), &EthPrecompiles) {
        let inner = &self.inner;
        (&inner.ctx.journaled_state.database, &inner.inspector, &inner.precompiles)
    }

    fn components_mut(&mut self) -> (&mut State<'a>, &mut (), &mut EthPrecompiles) {
        let inner = &mut self.inner;
        (&mut inner.ctx.journaled_state.database, &mut inner.inspector, &mut inner.precompiles)
    }
}
