//! Transactions: decoding, the limits of the skip rule, and why one is refused.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use alloc::string::{String, ToString};

use alloy_consensus::{
    EthereumTxEnvelope, Transaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    transaction::{Recovered, RlpEcdsaDecodableTx, SignerRecoverable},
};
use alloy_evm::block::{BlockExecutionError, BlockValidationError};
use alloy_rlp::EMPTY_LIST_CODE;
use revm::context_interface::result::InvalidTransaction;
use tern_stf::{Fork, SkipReason};

/// A signed transaction; blob transactions without their blobs.
pub(crate) type Signed = EthereumTxEnvelope<TxEip4844>;

/// Why a transaction is not valid where it stands.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: SkipReason,
    pub(crate) text: String,
}

impl From<SkipReason> for Refusal {
    fn from(reason: SkipReason) -> Self {
        let text = reason.to_string();
        Self { reason, text }
    }
}

const BLOB_TYPE: u8 = 3;
const PER_AUTHORIZATION: u64 = 25_000;
const PER_TRANSACTION: u64 = 21_000;

/// Whether bytes claim to be a blob transaction.
pub(crate) fn is_blob(raw: &[u8]) -> bool {
    raw.first() == Some(&BLOB_TYPE)
}

/// Decodes exactly one transaction in EIP-2718 form.
pub(crate) fn decode(raw: &[u8]) -> Result<Signed, Refusal> {
    let undecodable = |text: &str| Refusal { reason: SkipReason::Undecodable, text: text.into() };
    let mut rest = raw.get(1..).unwrap_or_default();
    let decoded = match raw.first() {
        Some(1) => TxEip2930::rlp_decode_signed(&mut rest).map(Signed::Eip2930),
        Some(2) => TxEip1559::rlp_decode_signed(&mut rest).map(Signed::Eip1559),
        Some(&BLOB_TYPE) => TxEip4844::rlp_decode_signed(&mut rest).map(Signed::Eip4844),
        Some(4) => TxEip7702::rlp_decode_signed(&mut rest).map(Signed::Eip7702),
        Some(&(EMPTY_LIST_CODE..)) => {
            rest = raw;
            TxLegacy::rlp_decode_signed(&mut rest).map(Signed::Legacy)
        }
        _ => return Err(undecodable("it has no known type")),
    };
    match decoded {
        Ok(transaction) if rest.is_empty() => Ok(transaction),
        Ok(_) => Err(undecodable("bytes follow it")),
        Err(error) => Err(undecodable(&error.to_string())),
    }
}

/// Whether a fork knows a transaction's type.
pub(crate) fn check_type(transaction: &Signed, fork: Fork) -> Result<(), Refusal> {
    let since = match transaction {
        Signed::Legacy(_) | Signed::Eip2930(_) | Signed::Eip1559(_) => Fork::Paris,
        Signed::Eip4844(_) => Fork::Cancun,
        Signed::Eip7702(_) => Fork::Prague,
    };
    if fork >= since { Ok(()) } else { Err(SkipReason::TypeNotActive.into()) }
}

/// Whether the fee fields are below 2^64, as the skip rule demands. Nonce, gas limit and
/// chain id cannot be larger once they are decoded.
pub(crate) fn check_fee_fields(transaction: &Signed) -> Result<(), Refusal> {
    let most = u128::from(u64::MAX);
    let tip = transaction.max_priority_fee_per_gas().unwrap_or_default();
    if transaction.max_fee_per_gas() > most || tip > most {
        return Err(SkipReason::Fee.into());
    }
    Ok(())
}

/// Refuses what the EVM would refuse too, but before anything is recovered from signatures.
pub(crate) fn check_before_recovery(
    transaction: &Signed,
    chain_id: u64,
    gas_left: u64,
) -> Result<(), Refusal> {
    if transaction.chain_id().is_some_and(|id| id != chain_id) {
        return Err(SkipReason::WrongChain.into());
    }
    if transaction.gas_limit() > gas_left {
        return Err(SkipReason::GasLimit.into());
    }
    let authorizations = match transaction.authorization_list() {
        Some([]) => return Err(SkipReason::SetCodeForm.into()),
        Some(list) => list.len() as u64,
        None => 0,
    };
    let least = authorizations.saturating_mul(PER_AUTHORIZATION);
    if least.saturating_add(PER_TRANSACTION) > transaction.gas_limit() {
        return Err(SkipReason::IntrinsicGas.into());
    }
    Ok(())
}

/// Recovers the sender; a high `s` is refused (EIP-2).
pub(crate) fn recover(transaction: &Signed) -> Result<Recovered<&Signed>, Refusal> {
    match transaction.recover_signer() {
        Ok(sender) => Ok(Recovered::new_unchecked(transaction, sender)),
        Err(_) => Err(SkipReason::BadSignature.into()),
    }
}

/// Reads why the EVM refused a transaction. `None` if it is not the transaction's fault.
pub(crate) fn refusal(error: &BlockExecutionError) -> Option<Refusal> {
    let text = error.to_string();
    let reason = match error.as_validation()? {
        BlockValidationError::TransactionGasLimitMoreThanAvailableBlockGas { .. } => {
            SkipReason::GasLimit
        }
        BlockValidationError::InvalidTx { error, .. } => skip_reason(error.as_invalid_tx_err()?),
        _ => return None,
    };
    Some(Refusal { reason, text })
}

const fn skip_reason(error: &InvalidTransaction) -> SkipReason {
    use InvalidTransaction as Invalid;
    match error {
        Invalid::PriorityFeeGreaterThanMaxFee | Invalid::GasPriceLessThanBasefee => SkipReason::Fee,
        Invalid::CallerGasLimitMoreThanBlock | Invalid::TxGasLimitGreaterThanCap { .. } => {
            SkipReason::GasLimit
        }
        Invalid::CallGasCostMoreThanGasLimit { .. } | Invalid::GasFloorMoreThanGasLimit { .. } => {
            SkipReason::IntrinsicGas
        }
        Invalid::RejectCallerWithCode => SkipReason::SenderIsContract,
        Invalid::LackOfFundForMaxFee { .. } | Invalid::OverflowPaymentInTransaction => {
            SkipReason::Funds
        }
        Invalid::NonceOverflowInTransaction
        | Invalid::NonceTooHigh { .. }
        | Invalid::NonceTooLow { .. } => SkipReason::Nonce,
        Invalid::CreateInitCodeSizeLimit => SkipReason::InitcodeSize,
        Invalid::InvalidChainId | Invalid::MissingChainId => SkipReason::WrongChain,
        Invalid::AuthorizationListInvalidFields | Invalid::EmptyAuthorizationList => {
            SkipReason::SetCodeForm
        }
        Invalid::BlobGasPriceGreaterThanMax { .. }
        | Invalid::EmptyBlobs
        | Invalid::BlobCreateTransaction
        | Invalid::TooManyBlobs { .. }
        | Invalid::BlobVersionNotSupported => SkipReason::Blob,
        _ => SkipReason::TypeNotActive,
    }
}
