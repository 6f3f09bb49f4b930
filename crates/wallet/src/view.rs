//! Asking contracts.

use alloy_primitives::{Address, B256, Bytes};
use alloy_rpc_types_eth::{Block, Log};
use alloy_sol_types::{SolCall, SolEvent, SolInterface};
use serde_json::json;
use tern_contracts::{Bridge, Inbox, Outbox};
use tern_l1::{L1, L1Error};

use crate::WalletError;

/// The outbox of every rollup.
pub(crate) const OUTBOX: Address = Address::new(tern_rollup::predeploys::OUTBOX.0);

/// Public nodes answer about some thousands of blocks at a time.
const BLOCKS: u64 = 5_000;

/// What a view answers.
pub(crate) async fn view<C: SolCall>(
    node: &L1,
    to: Address,
    call: C,
) -> Result<C::Return, WalletError> {
    let answer = node.view(C::SIGNATURE, to, call.abi_encode()).await.map_err(explain)?;
    returned::<C>(&answer)
}

/// What a view answered at a block.
pub(crate) async fn view_at<C: SolCall>(
    node: &L1,
    to: Address,
    call: C,
    block: u64,
) -> Result<C::Return, WalletError> {
    let request = json!({ "to": to, "input": Bytes::from(call.abi_encode()) });
    let answer: Bytes = node.ask("eth_call", (request, format!("{block:#x}"))).await?;
    returned::<C>(&answer)
}

fn returned<C: SolCall>(answer: &[u8]) -> Result<C::Return, WalletError> {
    C::abi_decode_returns_validate(answer)
        .map_err(|error| WalletError::Answer { what: C::SIGNATURE, reason: error.to_string() })
}

/// The newest block that a node calls safe, if it does.
pub(crate) async fn safe_block(node: &L1) -> Result<Option<u64>, L1Error> {
    let block: Option<Block<B256>> = node.ask("eth_getBlockByNumber", ("safe", false)).await?;
    Ok(block.map(|block| block.header.inner.number))
}

/// The events of a contract in a span of blocks, and where they are.
pub(crate) async fn events<E: SolEvent>(
    node: &L1,
    contract: Address,
    from: u64,
    to: u64,
) -> Result<Vec<(E, Log)>, WalletError> {
    let mut found = Vec::new();
    let mut from = from;
    while from <= to {
        let end = to.min(from.saturating_add(BLOCKS - 1));
        let filter = json!({
            "address": contract,
            "topics": [E::SIGNATURE_HASH],
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{end:#x}"),
        });
        let logs: Vec<Log> = node.ask("eth_getLogs", (filter,)).await?;
        for log in logs {
            found.push((decode::<E>(&log)?, log));
        }
        let Some(next) = end.checked_add(1) else { break };
        from = next;
    }
    Ok(found)
}

/// The events of a kind that a contract wrote into a receipt's logs.
pub(crate) fn all<E: SolEvent>(logs: &[Log], from: Address) -> Result<Vec<E>, WalletError> {
    let of_kind = |log: &&Log| {
        log.address() == from && log.topic0().is_some_and(|topic| *topic == E::SIGNATURE_HASH)
    };
    logs.iter().filter(of_kind).map(decode).collect()
}

/// The first of them.
pub(crate) fn first<E: SolEvent>(logs: &[Log], from: Address) -> Result<Option<E>, WalletError> {
    Ok(all(logs, from)?.into_iter().next())
}

fn decode<E: SolEvent>(log: &Log) -> Result<E, WalletError> {
    E::decode_log_data(log.data())
        .map_err(|error| WalletError::Answer { what: E::SIGNATURE, reason: error.to_string() })
}

/// An error in the words of who uses a wallet: with what the contract says instead of its bytes.
pub(crate) fn explain(error: L1Error) -> WalletError {
    match error {
        L1Error::Reverted { what, data } if data.len() >= 4 => match reason(&data) {
            Some(reason) => WalletError::Refused { what, reason },
            None => L1Error::Reverted { what, data }.into(),
        },
        other => other.into(),
    }
}

/// Whether the bridge refuses what its views allowed a moment ago: somebody else was faster, or L1
/// reorganised. What they say next counts.
pub(crate) fn overtaken(error: &L1Error) -> bool {
    use Bridge::BridgeErrors as B;
    let L1Error::Reverted { data, .. } = error else { return false };
    matches!(
        Bridge::BridgeErrors::abi_decode(data),
        Ok(B::AlreadyDone(_)
            | B::AlreadyRegistered(_)
            | B::UnknownChain(_)
            | B::NotFinal(_)
            | B::TooEarly(_)
            | B::OutboxNotProven(_)
            | B::NotFailed(_))
    )
}

fn reason(data: &Bytes) -> Option<String> {
    use Bridge::BridgeErrors as B;
    use Inbox::InboxErrors as I;
    if let Ok(error) = Inbox::InboxErrors::abi_decode(data) {
        return Some(match error {
            I::NotWholeGwei(e) => format!("{} wei are not whole gwei", e.value),
            I::DepositAmount(e) => {
                format!("{} gwei are not between {} and {}", e.gweiAmount, e.least, e.most)
            }
            I::ForcedSize(e) => {
                format!(
                    "the transaction has {} bytes, allowed are {} to {}",
                    e.got, e.least, e.most
                )
            }
            I::ForcedGas(e) => {
                format!(
                    "the transaction asks for {} gas, allowed are {} to {}",
                    e.got, e.least, e.most
                )
            }
            I::FeeTooLow(e) => format!("the fee rose to {} wei: run again", e.fee),
            other => format!("{other:?}"),
        });
    }
    if let Ok(error) = Bridge::BridgeErrors::abi_decode(data) {
        return Some(match error {
            B::AlreadyDone(_) => "it is paid already".into(),
            B::TooEarly(e) => format!("it is not before {} s since 1970", e.earliest),
            B::NotFinal(e) => format!("claim {} is not final", e.claim),
            other => format!("{other:?}"),
        });
    }
    Outbox::OutboxErrors::abi_decode(data).ok().map(|error| format!("{error:?}"))
}

/// A contract's answer of an unknown kind.
pub(crate) fn unknown(what: &'static str, got: u8) -> WalletError {
    WalletError::Answer { what, reason: format!("an unknown value {got}") }
}

pub(crate) fn hash(bytes: tern_protocol::Hash) -> B256 {
    B256::from(bytes.0)
}
