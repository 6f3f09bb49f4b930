//! One transaction, or one system call, from beginning to end.

use alloc::{rc::Rc, vec::Vec};

use evm::uint::U256;
use tern_protocol::Address;
use tern_stf::Error;

use crate::{
    account::EMPTY_CODE,
    frame::Message,
    host::{Host, TxEnv},
    invoker::{Calls, First, Outcome, Program},
    ops::{CreateCall, Instructions},
    precompiles,
    rules::{DELEGATION_MARKER, Rules},
    tx::{Authorization, Transaction},
    validate::{Accepted, blob_gas},
    world::Log,
};

/// Calls deeper than this live on the heap.
const NATIVE_DEPTH: usize = 1;

/// The gas of a system call, which nobody pays.
const SYSTEM_GAS: u64 = 30_000_000;

/// Who makes system calls.
const SYSTEM_ADDRESS: Address = Address([
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xfe,
]);

/// What a transaction did.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) success: bool,
    pub(crate) gas_used: u64,
    pub(crate) logs: Vec<Log>,
}

/// Runs a transaction that was accepted, and settles it.
pub(crate) fn transaction<'a, R: Rules>(
    host: &mut Host<'a, R>,
    instructions: &Instructions<'a, R>,
    tx: &Transaction,
    accepted: &Accepted,
) -> Result<Receipt, Error> {
    let sender = accepted.sender;
    buy_gas(host, tx, accepted)?;
    host.tx =
        TxEnv { origin: sender, gas_price: accepted.price, blob_hashes: tx.blob_hashes.clone() };
    warm_up(host, tx, sender);
    let refund = authorize(host, &tx.authorizations)?;
    let gas = tx.gas_limit.saturating_sub(accepted.intrinsic);
    let first = first_message(host, tx, sender, gas)?;
    let outcome = run(host, instructions, first)?;
    let refund = refund.saturating_add(outcome.refund);
    let gas_used = settle_gas(host, tx, accepted, outcome.gas_left, refund)?;
    let logs = host.world.settle::<R>();
    Ok(Receipt { success: outcome.success, gas_used, logs })
}

fn run<'a, R: Rules>(
    host: &mut Host<'a, R>,
    instructions: &Instructions<'a, R>,
    first: First,
) -> Result<Outcome, Error> {
    let calls = Calls::new(instructions);
    match evm::transact(first, Some(NATIVE_DEPTH), host, &calls) {
        Ok(outcome) => Ok(outcome),
        Err(exit) => Err(host
            .fault
            .take()
            .unwrap_or_else(|| Error::Inputs(alloc::format!("the interpreter gave up: {exit}")))),
    }
}

fn buy_gas<R: Rules>(
    host: &mut Host<'_, R>,
    tx: &Transaction,
    accepted: &Accepted,
) -> Result<(), Error> {
    let gas = U256::from(tx.gas_limit).saturating_mul(accepted.price);
    let blobs = U256::from(blob_gas(tx)).saturating_mul(host.block.blob_base_fee);
    let blobs = if tx.blob_hashes.is_empty() { U256::zero() } else { blobs };
    host.world.debit(accepted.sender, gas.saturating_add(blobs))?;
    let nonce = R::next_nonce(tx.nonce).unwrap_or(tx.nonce);
    host.world.set_nonce(accepted.sender, nonce)
}

/// What is warm before the first instruction (EIP-2929, EIP-2930, EIP-3651).
fn warm_up<R: Rules>(host: &mut Host<'_, R>, tx: &Transaction, sender: Address) {
    let fork = host.block.fork;
    host.world.warm(sender);
    if let Some(to) = tx.to {
        host.world.warm(to);
    }
    if R::warms_beneficiary(fork) {
        host.world.warm(host.block.beneficiary);
    }
    if R::warms_precompiles() {
        for address in precompiles::addresses(fork) {
            host.world.warm(Address(address));
        }
    }
    for access in &tx.access_list {
        host.world.warm(access.address);
        for key in &access.keys {
            host.world.warm_slot(access.address, *key);
        }
    }
}

/// Delegates the accounts that agreed (EIP-7702). Returns the gas to give back.
fn authorize<R: Rules>(
    host: &mut Host<'_, R>,
    authorizations: &[Authorization],
) -> Result<i64, Error> {
    let mut refund: i64 = 0;
    for authorization in authorizations {
        if authorize_one(host, authorization)? {
            refund = refund.saturating_add(R::AUTHORIZATION_REFUND);
        }
    }
    Ok(refund)
}

/// Whether the account existed and was delegated. One that is not valid does nothing.
fn authorize_one<R: Rules>(
    host: &mut Host<'_, R>,
    authorization: &Authorization,
) -> Result<bool, Error> {
    let own_chain = U256::from(host.block.chain_id);
    if !authorization.chain_id.is_zero() && authorization.chain_id != own_chain {
        return Ok(false);
    }
    let Some(next) = R::next_nonce(authorization.nonce) else { return Ok(false) };
    let signer = authorization.signature.signer(&authorization.signing_hash());
    let Some(authority) = signer else { return Ok(false) };
    host.world.warm(authority);
    let code = host.world.code(authority)?;
    if !code.bytes.is_empty() && R::delegate(&code.bytes).is_none() {
        return Ok(false);
    }
    let account = host.world.account(authority)?;
    if account.nonce != authorization.nonce {
        return Ok(false);
    }
    let existed = account.exists || !account.is_empty();
    let code = if authorization.address == Address::ZERO {
        Vec::new()
    } else {
        [&DELEGATION_MARKER[..], &authorization.address.0].concat()
    };
    host.world.set_code(authority, code)?;
    host.world.set_nonce(authority, next)?;
    Ok(existed)
}

fn first_message<R: Rules>(
    host: &mut Host<'_, R>,
    tx: &Transaction,
    sender: Address,
    gas: u64,
) -> Result<First, Error> {
    let mut message = Message {
        address: Address::ZERO,
        caller: sender,
        value: tx.value,
        transfers: true,
        is_static: false,
        input: Rc::new(tx.data.clone()),
        gas,
    };
    if let Some(to) = tx.to {
        message.address = to;
        let program = program(host, to)?;
        return Ok(First::Call(message, program));
    }
    let mut call = CreateCall { message, salt: None };
    call.message.address = call.address(tx.nonce);
    host.world.warm(call.message.address);
    Ok(First::Create(call))
}

/// What a transaction's target runs. Looking a delegation up is free here.
fn program<R: Rules>(host: &mut Host<'_, R>, to: Address) -> Result<Program, Error> {
    if let Some(precompile) = host.precompile(&to) {
        return Ok(Program::Precompile(precompile));
    }
    let code = host.world.code(to)?;
    match host.delegate(&code.bytes) {
        Some(delegate) => {
            host.world.warm(delegate);
            Ok(Program::Code(host.world.code(delegate)?))
        }
        None => Ok(Program::Code(code)),
    }
}

/// Gives back what was not used and pays the beneficiary. Returns the gas used.
fn settle_gas<R: Rules>(
    host: &mut Host<'_, R>,
    tx: &Transaction,
    accepted: &Accepted,
    gas_left: u64,
    refund: i64,
) -> Result<u64, Error> {
    let spent = tx.gas_limit.saturating_sub(gas_left);
    let used = spent.saturating_sub(R::refund(refund, spent)).max(accepted.floor);
    let back = U256::from(tx.gas_limit.saturating_sub(used)).saturating_mul(accepted.price);
    host.world.credit(accepted.sender, back)?;
    let tip = R::tip(accepted.price, host.block.base_fee);
    host.world.credit(host.block.beneficiary, U256::from(used).saturating_mul(tip))?;
    Ok(used)
}

/// Calls a contract that the protocol knows. `None` if there is none.
pub(crate) fn system_call<'a, R: Rules>(
    host: &mut Host<'a, R>,
    instructions: &Instructions<'a, R>,
    contract: Address,
    input: &[u8],
) -> Result<Option<Outcome>, Error> {
    if host.world.account(contract)?.code_hash == EMPTY_CODE {
        return Ok(None);
    }
    host.tx = TxEnv {
        origin: SYSTEM_ADDRESS,
        gas_price: U256::from(host.block.base_fee),
        blob_hashes: Vec::new(),
    };
    let message = Message {
        address: contract,
        caller: SYSTEM_ADDRESS,
        value: U256::zero(),
        transfers: false,
        is_static: false,
        input: Rc::new(input.to_vec()),
        gas: SYSTEM_GAS,
    };
    let program = program(host, contract)?;
    let outcome = run(host, instructions, First::Call(message, program))?;
    host.world.settle::<R>();
    Ok(Some(outcome))
}
