//! Ethereum's checks before a transaction runs.

use evm::uint::U256;
use tern_protocol::Address;
use tern_stf::{Error, Fork, SkipReason};

use crate::{
    fees::BLOB_GAS,
    host::Host,
    rules::Rules,
    tx::{Kind, Transaction},
};

/// Bytes an initcode may have (EIP-3860).
const INITCODE_LIMIT: usize = 0xc000;
/// The first byte of a blob's versioned hash (EIP-4844).
const BLOB_VERSION: u8 = 1;

/// Why a transaction does not run.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not valid where it stands.
    Skip(SkipReason),
    /// Its blobs are not. Chains that take blob transactions have no word for it.
    Blob(&'static str),
    /// The block cannot be executed here.
    Fault(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

impl From<SkipReason> for Refusal {
    fn from(reason: SkipReason) -> Self {
        Self::Skip(reason)
    }
}

/// What is left for a transaction in its block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) gas: u64,
    pub(crate) blob_gas: u64,
}

/// A transaction that may run.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) sender: Address,
    /// What it pays for a unit of gas.
    pub(crate) price: U256,
    /// Gas that is used before it runs.
    pub(crate) intrinsic: u64,
    /// The least it uses (EIP-7623).
    pub(crate) floor: u64,
}

fn require(holds: bool, reason: SkipReason) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(reason.into()) }
}

/// Checks a transaction against the block and the state. Changes nothing.
pub(crate) fn validate<R: Rules>(
    host: &mut Host<'_, R>,
    tx: &Transaction,
    room: Room,
) -> Result<Accepted, Refusal> {
    let fork = host.block.fork;
    require(is_active(tx.kind, fork), SkipReason::TypeNotActive)?;
    require(R::accepts_chain(tx.chain_id, host.block.chain_id), SkipReason::WrongChain)?;
    require(tx.gas_limit <= room.gas, SkipReason::GasLimit)?;
    let base_fee = U256::from(host.block.base_fee);
    require(tx.max_fee >= base_fee && tx.max_fee >= tx.max_tip, SkipReason::Fee)?;
    if fork >= Fork::Shanghai && tx.to.is_none() {
        require(tx.data.len() <= INITCODE_LIMIT, SkipReason::InitcodeSize)?;
    }
    if tx.kind == Kind::SetCode {
        let formed = tx.to.is_some() && !tx.authorizations.is_empty();
        require(formed, SkipReason::SetCodeForm)?;
    }
    if tx.kind == Kind::Blob {
        check_blobs(tx, room.blob_gas, host.block.blob_base_fee)?;
    }
    let intrinsic = intrinsic_gas::<R>(tx, fork).ok_or(SkipReason::IntrinsicGas)?;
    let floor = floor_gas::<R>(tx, fork).ok_or(SkipReason::IntrinsicGas)?;
    require(tx.gas_limit >= intrinsic.max(floor), SkipReason::IntrinsicGas)?;
    let sender = tx.sender().ok_or(SkipReason::BadSignature)?;
    check_sender(host, tx, sender)?;
    let price = tx.max_fee.min(base_fee.saturating_add(tx.max_tip));
    Ok(Accepted { sender, price, intrinsic, floor })
}

fn is_active(kind: Kind, fork: Fork) -> bool {
    match kind {
        Kind::Legacy | Kind::AccessList | Kind::DynamicFee => true,
        Kind::Blob => fork >= Fork::Cancun,
        Kind::SetCode => fork >= Fork::Prague,
    }
}

fn check_blobs(tx: &Transaction, room: u64, blob_base_fee: U256) -> Result<(), Refusal> {
    if tx.to.is_none() {
        return Err(Refusal::Blob("a blob transaction cannot create a contract"));
    }
    if tx.blob_hashes.is_empty() {
        return Err(Refusal::Blob("a blob transaction needs a blob"));
    }
    if tx.blob_hashes.iter().any(|hash| hash.0[0] != BLOB_VERSION) {
        return Err(Refusal::Blob("a blob hash has an unknown version"));
    }
    if blob_gas(tx) > room {
        return Err(Refusal::Blob("its blobs do not fit into the block"));
    }
    if tx.max_blob_fee < blob_base_fee {
        return Err(Refusal::Blob("it offers less than the blob base fee"));
    }
    Ok(())
}

/// Gas of its blobs.
pub(crate) fn blob_gas(tx: &Transaction) -> u64 {
    BLOB_GAS.saturating_mul(tx.blob_hashes.len() as u64)
}

fn check_sender<R: Rules>(
    host: &mut Host<'_, R>,
    tx: &Transaction,
    sender: Address,
) -> Result<(), Refusal> {
    let account = host.world.account(sender)?;
    let (nonce, balance) = (account.nonce, account.balance);
    require(tx.nonce == nonce && nonce < u64::MAX, SkipReason::Nonce)?;
    let cost = largest_cost(tx);
    require(cost.is_some_and(|cost| cost <= balance), SkipReason::Funds)?;
    let code = host.world.code(sender)?;
    let forbidden = R::code_forbids_sending(host.block.fork, &code.bytes);
    require(!forbidden, SkipReason::SenderIsContract)
}

/// What the sender has to have. `None` if nobody can.
fn largest_cost(tx: &Transaction) -> Option<U256> {
    let gas = U256::from(tx.gas_limit).checked_mul(tx.max_fee)?;
    let blobs = U256::from(blob_gas(tx)).checked_mul(tx.max_blob_fee)?;
    gas.checked_add(blobs)?.checked_add(tx.value)
}

/// Zero bytes count once, others four times (EIP-2028, EIP-7623).
fn calldata_tokens(data: &[u8]) -> u64 {
    data.iter().map(|byte| if *byte == 0 { 1 } else { 4 }).sum()
}

fn intrinsic_gas<R: Rules>(tx: &Transaction, fork: Fork) -> Option<u64> {
    let mut gas = R::TRANSACTION_GAS
        .checked_add(R::CALLDATA_TOKEN_GAS.checked_mul(calldata_tokens(&tx.data))?)?;
    if tx.to.is_none() {
        gas = gas.checked_add(R::CREATION_GAS)?;
        if fork >= Fork::Shanghai {
            let words = (tx.data.len() as u64).div_ceil(32);
            gas = gas.checked_add(R::INITCODE_WORD_GAS.checked_mul(words)?)?;
        }
    }
    for access in &tx.access_list {
        let keys = R::ACCESS_KEY_GAS.checked_mul(access.keys.len() as u64)?;
        gas = gas.checked_add(R::ACCESS_ADDRESS_GAS)?.checked_add(keys)?;
    }
    gas.checked_add(R::AUTHORIZATION_GAS.checked_mul(tx.authorizations.len() as u64)?)
}

fn floor_gas<R: Rules>(tx: &Transaction, fork: Fork) -> Option<u64> {
    if fork < Fork::Prague {
        return Some(0);
    }
    R::TRANSACTION_GAS.checked_add(R::FLOOR_TOKEN_GAS.checked_mul(calldata_tokens(&tx.data))?)
}
