//! What the protocol itself does before and after the transactions.

use ethrex_common::{
    Address, H256,
    constants::DEPOSIT_TOPIC,
    types::{
        EIP1559Transaction, Receipt, Transaction, TxKind,
        requests::{Requests, compute_requests_hash},
    },
};
use ethrex_levm::errors::{ExecutionReport, TxResult};
use ethrex_vm::system_contracts::{
    BEACON_ROOTS_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, HISTORY_STORAGE_ADDRESS,
    WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
};
use tern_stf::{Error, Fork};

use crate::session::{Rejection, Session};

/// The gas of every system call.
const CALL_GAS: u64 = 30_000_000;

/// What happens before the first transaction (EIP-4788, EIP-2935).
pub(crate) fn before(session: &mut Session<'_>) -> Result<(), Error> {
    if session.rules.fork >= Fork::Cancun {
        let root = session.header.parent_beacon_block_root.unwrap_or_default();
        unchecked(session, BEACON_ROOTS_ADDRESS.address, root)?;
    }
    if session.rules.fork >= Fork::Prague {
        let parent = session.header.parent_hash;
        unchecked(session, HISTORY_STORAGE_ADDRESS.address, parent)?;
    }
    Ok(())
}

/// The hash of the requests that the block makes (EIP-7685), from Prague.
pub(crate) fn requests_hash(session: &mut Session<'_>) -> Result<Option<H256>, Error> {
    if session.rules.fork < Fork::Prague {
        return Ok(None);
    }
    let contract = session.rules.chain.deposit_contract_address;
    let deposits = deposits(contract, &session.receipts)?;
    let withdrawals = checked(session, WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS.address)?;
    let consolidations = checked(session, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS.address)?;
    let all = [
        deposits,
        Requests::from_withdrawals_data(withdrawals),
        Requests::from_consolidation_data(consolidations),
    ];
    let encoded = all.map(|requests| requests.encode());
    Ok(Some(compute_requests_hash(&encoded)))
}

/// A call whose failure changes nothing and matters to nobody.
fn unchecked(session: &mut Session<'_>, contract: Address, input: H256) -> Result<(), Error> {
    call(session, contract, input.0.to_vec()).map(|_| ())
}

/// A call that must find code and succeed (EIP-7002, EIP-7251).
fn checked(session: &mut Session<'_>, contract: Address) -> Result<Vec<u8>, Error> {
    let has_code = session.has_code(contract).map_err(|rejection| broken(contract, rejection))?;
    if !has_code {
        return Err(Error::SystemContract(format!("there is no code at {contract:#x}")));
    }
    let report = call(session, contract, Vec::new())?;
    match report.result {
        TxResult::Success => Ok(report.output.to_vec()),
        TxResult::Revert(error) => {
            Err(Error::SystemContract(format!("the call of {contract:#x} failed: {error}")))
        }
    }
}

fn call(
    session: &mut Session<'_>,
    contract: Address,
    input: Vec<u8>,
) -> Result<ExecutionReport, Error> {
    let transaction = Transaction::EIP1559Transaction(EIP1559Transaction {
        to: TxKind::Call(contract),
        data: input.into(),
        ..EIP1559Transaction::default()
    });
    session.system_call(&transaction, CALL_GAS).map_err(|rejection| broken(contract, rejection))
}

fn broken(contract: Address, rejection: Rejection) -> Error {
    let reason = match rejection {
        Rejection::Failed(error) => return error,
        Rejection::Refused(refusal) => refusal.detail.into(),
        Rejection::Broken(reason) => reason,
    };
    Error::SystemContract(format!("the call of {contract:#x} broke off: {reason}"))
}

/// The deposits among the logs (EIP-6110).
fn deposits(contract: Address, receipts: &[Receipt]) -> Result<Requests, Error> {
    let malformed = || Error::SystemContract("a deposit's log is malformed".into());
    let all_well_formed = receipts
        .iter()
        .flat_map(|receipt| &receipt.logs)
        .filter(|log| log.address == contract && log.topics.first() == Some(&*DEPOSIT_TOPIC))
        .all(|log| has_deposit_layout(&log.data));
    if !all_well_formed {
        return Err(malformed());
    }
    Requests::from_deposit_receipts(contract, receipts).ok_or_else(malformed)
}

/// Whether every offset and length stands where EIP-6110 wants it. ethrex compares only
/// the last four bytes of each of these words.
fn has_deposit_layout(data: &[u8]) -> bool {
    const LAYOUT: [(usize, u16); 10] = [
        (0, 160),
        (32, 256),
        (64, 320),
        (96, 384),
        (128, 512),
        (160, 48),
        (256, 32),
        (320, 8),
        (384, 96),
        (512, 8),
    ];
    let word = |value: u16| {
        let mut word = [0; 32];
        word[30..].copy_from_slice(&value.to_be_bytes());
        word
    };
    data.len() == 576
        && LAYOUT.iter().all(|(at, value)| data.get(*at..at + 32) == Some(&word(*value)[..]))
}
