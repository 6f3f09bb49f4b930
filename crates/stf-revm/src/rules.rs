//! A block's fork in the words of alloy and revm.

use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, TxType};
use alloy_evm::{
    Evm,
    eth::{
        receipt_builder::{ReceiptBuilder, ReceiptBuilderCtx},
        spec::EthExecutorSpec,
    },
};
use alloy_hardforks::{EthereumHardfork, EthereumHardforks, ForkCondition};
use alloy_primitives::{Address, Log};
use revm::primitives::hardfork::SpecId;
use tern_stf::Fork;

use crate::transaction::Signed;

/// The rules of one block: its fork is already decided, so time plays no part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) fork: Fork,
    pub(crate) deposit_contract: Address,
}

impl Rules {
    /// revm's name for the fork.
    pub(crate) const fn spec_id(&self) -> SpecId {
        match self.fork {
            Fork::Paris => SpecId::MERGE,
            Fork::Shanghai => SpecId::SHANGHAI,
            Fork::Cancun => SpecId::CANCUN,
            Fork::Prague => SpecId::PRAGUE,
        }
    }
}

impl EthereumHardforks for Rules {
    fn ethereum_fork_activation(&self, fork: EthereumHardfork) -> ForkCondition {
        let since = match fork {
            EthereumHardfork::Shanghai => Fork::Shanghai,
            EthereumHardfork::Cancun => Fork::Cancun,
            EthereumHardfork::Prague => Fork::Prague,
            EthereumHardfork::Dao => return ForkCondition::Never,
            earlier if earlier <= EthereumHardfork::Paris => return ForkCondition::Block(0),
            _ => return ForkCondition::Never,
        };
        if self.fork >= since { ForkCondition::Timestamp(0) } else { ForkCondition::Never }
    }
}

impl EthExecutorSpec for Rules {
    fn deposit_contract_address(&self) -> Option<Address> {
        Some(self.deposit_contract)
    }
}

/// Makes receipts with their blooms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipts;

impl ReceiptBuilder for Receipts {
    type Transaction = Signed;
    type Receipt = ReceiptEnvelope<Log>;

    fn build_receipt<E: Evm>(&self, ctx: ReceiptBuilderCtx<'_, TxType, E>) -> Self::Receipt {
        let receipt = Receipt {
            status: Eip658Value::Eip658(ctx.result.is_success()),
            cumulative_gas_used: ctx.cumulative_gas_used,
            logs: ctx.result.into_logs(),
        };
        ReceiptEnvelope::from_typed(ctx.tx_type, receipt)
    }
}
