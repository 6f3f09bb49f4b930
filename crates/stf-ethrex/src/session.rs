//! One block's execution, from its first system call to its state root.

use std::{mem, sync::Arc};

use ethrex_common::{
    U256,
    constants::SYSTEM_ADDRESS,
    types::{AccountUpdate, BlockHeader, Receipt, Withdrawal},
};
use ethrex_crypto::NativeCrypto;
use ethrex_levm::{
    Environment,
    call_frame::Stack,
    db::gen_db::GeneralizedDatabase,
    errors::{ExecutionReport, TxValidationError, VMError},
    memory::Memory,
    tracing::LevmCallTracer,
    vm::{VM, VMType},
};
use tern_stf::{Error, SkipReason};

use crate::{
    rules::Rules,
    store::Store,
    tx::{Price, Refusal, Signed},
};

/// What the execution reads from, asked whether a read failed.
pub(crate) trait Reads {
    /// The first thing that could not be read since this was last asked.
    fn take_failure(&self) -> Option<Error>;
}

/// Why a transaction was not included.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// It is not valid here, and the state is as if it had never been tried.
    Refused(Refusal),
    /// ethrex gave up in the middle of it: the state is not to be used any further.
    Broken(String),
    /// Something could not be read.
    Failed(Error),
}

/// A block while it is executed.
pub(crate) struct Session<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) header: &'a BlockHeader,
    reads: &'a dyn Reads,
    pub(crate) db: GeneralizedDatabase,
    blob_price: U256,
    pub(crate) gas_used: u64,
    pub(crate) receipts: Vec<Receipt>,
    // Buffers that one transaction leaves to the next.
    stacks: Vec<Stack>,
    memories: Vec<Memory>,
}

impl<'a> Session<'a> {
    /// A session in which nothing has happened yet. Of the header, what the execution
    /// determines is not looked at.
    pub(crate) fn new(
        rules: &'a Rules,
        header: &'a BlockHeader,
        store: &'a Arc<Store>,
    ) -> Result<Self, Error> {
        Self::over(rules, header, GeneralizedDatabase::new(store.clone()), store.as_ref())
    }

    /// A session over any database, which tells by `reads` what it could not read.
    pub(crate) fn over(
        rules: &'a Rules,
        header: &'a BlockHeader,
        db: GeneralizedDatabase,
        reads: &'a dyn Reads,
    ) -> Result<Self, Error> {
        Ok(Self {
            rules,
            header,
            reads,
            db,
            blob_price: rules.blob_price(header.excess_blob_gas)?,
            gas_used: 0,
            receipts: Vec::new(),
            stacks: Vec::new(),
            memories: Vec::new(),
        })
    }

    /// Gas that no transaction has used yet.
    pub(crate) const fn gas_left(&self) -> u64 {
        self.header.gas_limit.saturating_sub(self.gas_used)
    }

    /// Executes a transaction, or leaves no trace of it.
    pub(crate) fn transact(&mut self, signed: &Signed) -> Result<(), Rejection> {
        if signed.gas_limit > self.gas_left() {
            let detail = "it may use more gas than the block has left";
            return Err(refused(SkipReason::GasLimit, detail));
        }
        let environment = self.environment(signed)?;
        let report = self.run(environment, &signed.inner)?;
        self.gas_used += report.gas_spent;
        self.receipts.push(Receipt::new(
            signed.inner.tx_type(),
            report.is_success(),
            self.gas_used,
            report.logs,
        ));
        Ok(())
    }

    fn run(
        &mut self,
        environment: Environment,
        transaction: &ethrex_common::types::Transaction,
    ) -> Result<ExecutionReport, Rejection> {
        let result = VM::new_pooled(
            environment,
            &mut self.db,
            transaction,
            LevmCallTracer::disabled(),
            VMType::L1,
            &NativeCrypto,
            &mut self.stacks,
            &mut self.memories,
        )
        .and_then(|mut vm| {
            let result = vm.execute();
            vm.reclaim_into(&mut self.stacks, &mut self.memories);
            result
        });
        // Asked also after a success: what a failed read led to is not worth anything.
        if let Some(failure) = self.reads.take_failure() {
            return Err(Rejection::Failed(failure));
        }
        result.map_err(|error| match error {
            VMError::TxValidation(flaw) => Rejection::Refused(translate(&flaw)),
            other => Rejection::Broken(other.to_string()),
        })
    }

    fn environment(&self, signed: &Signed) -> Result<Environment, Rejection> {
        let base_fee = self.base_fee();
        let (gas_price, max, tip) = match signed.price {
            Price::Fixed(price) => (price, None, None),
            Price::Dynamic { max, tip } => {
                // ethrex has no price to calculate with before it knows these two.
                if tip > max {
                    return Err(refused(SkipReason::Fee, "its tip is above its fee"));
                }
                if max < base_fee {
                    return Err(refused(SkipReason::Fee, "its fee is below the base fee"));
                }
                (max.min(base_fee.saturating_add(tip)), Some(max), Some(tip))
            }
        };
        Ok(Environment {
            origin: signed.sender,
            gas_limit: signed.gas_limit,
            gas_price,
            tx_blob_hashes: signed.blob_hashes.clone(),
            tx_max_priority_fee_per_gas: tip,
            tx_max_fee_per_gas: max,
            tx_max_fee_per_blob_gas: signed.blob_price,
            tx_nonce: signed.nonce,
            ..self.block_environment()
        })
    }

    fn base_fee(&self) -> U256 {
        self.header.base_fee_per_gas.unwrap_or_default().into()
    }

    fn block_environment(&self) -> Environment {
        Environment {
            config: self.rules.evm,
            block_number: self.header.number,
            coinbase: self.header.coinbase,
            timestamp: self.header.timestamp,
            prev_randao: Some(self.header.prev_randao),
            chain_id: self.rules.chain_id.into(),
            base_fee_per_gas: self.base_fee(),
            base_blob_fee_per_gas: self.blob_price,
            block_excess_blob_gas: self.header.excess_blob_gas,
            block_blob_gas_used: self.header.blob_gas_used,
            block_gas_limit: self.header.gas_limit,
            ..Environment::default()
        }
    }

    /// Calls a contract the way the protocol itself does.
    pub(crate) fn system_call(
        &mut self,
        call: &ethrex_common::types::Transaction,
        gas_limit: u64,
    ) -> Result<ExecutionReport, Rejection> {
        let environment = Environment {
            origin: SYSTEM_ADDRESS,
            gas_limit,
            gas_price: self.base_fee(),
            is_system_call: true,
            ..self.block_environment()
        };
        self.run(environment, call)
    }

    /// Whether there is code at an address.
    pub(crate) fn has_code(&mut self, address: ethrex_common::Address) -> Result<bool, Rejection> {
        let found = self.db.get_account_code(address).map(|code| !code.is_empty());
        if let Some(failure) = self.reads.take_failure() {
            return Err(Rejection::Failed(failure));
        }
        found.map_err(|error| Rejection::Broken(error.to_string()))
    }

    /// Credits withdrawals (EIP-4895).
    pub(crate) fn withdraw(&mut self, withdrawals: &[Withdrawal]) -> Result<(), Error> {
        const WEI_PER_GWEI: u64 = 1_000_000_000;
        for withdrawal in withdrawals.iter().filter(|one| one.amount > 0) {
            let wei = U256::from(withdrawal.amount) * U256::from(WEI_PER_GWEI);
            let credited = self.db.get_account_mut(withdrawal.address).map(|account| {
                let sum = account.info.balance.checked_add(wei);
                account.info.balance = sum.unwrap_or(account.info.balance);
                sum.is_some()
            });
            if let Some(failure) = self.reads.take_failure() {
                return Err(failure);
            }
            match credited {
                Ok(true) => {}
                Ok(false) => return Err(Error::Inputs("a balance is beyond 256 bits".into())),
                Err(error) => return Err(Error::Inputs(error.to_string())),
            }
        }
        Ok(())
    }

    /// What changed in the state.
    pub(crate) fn updates(&mut self) -> Result<Vec<AccountUpdate>, Error> {
        let updates = self.db.get_state_transitions();
        if let Some(failure) = self.reads.take_failure() {
            return Err(failure);
        }
        updates.map_err(|error| Error::Inputs(error.to_string()))
    }

    /// The receipts, which the session needs no more.
    pub(crate) fn take_receipts(&mut self) -> Vec<Receipt> {
        mem::take(&mut self.receipts)
    }
}

const fn refused(reason: SkipReason, detail: &'static str) -> Rejection {
    Rejection::Refused(Refusal::new(reason, detail))
}

/// ethrex's reasons in the words of the skip rule.
fn translate(flaw: &TxValidationError) -> Refusal {
    use TxValidationError as E;
    let (reason, detail) = match flaw {
        E::SenderNotEOA(_) => (SkipReason::SenderIsContract, "its sender is a contract"),
        E::NonceIsMax | E::NonceMismatch { .. } => {
            (SkipReason::Nonce, "its nonce is not the sender's next")
        }
        E::InitcodeSizeExceeded { .. } => (SkipReason::InitcodeSize, "its initcode is too long"),
        E::IntrinsicGasTooLow | E::IntrinsicGasBelowFloorGasCost | E::L1GasReservationTooLow => (
            SkipReason::IntrinsicGas,
            "its gas does not cover the intrinsic cost or the calldata floor",
        ),
        E::GasAllowanceExceeded { .. } | E::TxMaxGasLimitExceeded { .. } => {
            (SkipReason::GasLimit, "its gas limit is too high")
        }
        E::InsufficientMaxFeePerGas | E::PriorityGreaterThanMaxFeePerGas { .. } => {
            (SkipReason::Fee, "its fee is below the base fee, or its tip above its fee")
        }
        E::InsufficientAccountFunds | E::GasLimitPriceProductOverflow => {
            (SkipReason::Funds, "the sender's balance does not cover gas and value")
        }
        E::InsufficientMaxFeePerBlobGas { .. } => {
            (SkipReason::Blob, "its blob fee is below the block's")
        }
        E::Type3TxZeroBlobs
        | E::Type3TxInvalidBlobVersionedHash
        | E::Type3TxBlobCountExceeded { .. }
        | E::Type3TxContractCreation => (SkipReason::Blob, "its blobs are not what they must be"),
        E::Type4TxAuthorizationListIsEmpty | E::Type4TxContractCreation => {
            (SkipReason::SetCodeForm, "a set-code transaction must call and carry an authorization")
        }
        E::Type3TxPreFork | E::Type4TxPreFork | E::FrameTxPreFork | E::InvalidFrameTransaction => {
            (SkipReason::TypeNotActive, "its type is not active yet")
        }
    };
    Refusal::new(reason, detail)
}
