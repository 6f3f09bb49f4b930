//! Instructions that run other contracts, make them or end them.

use alloc::{rc::Rc, vec::Vec};

use evm::{
    interpreter::{Control, ExitException, ExitSucceed},
    uint::U256,
};
use tern_protocol::{Address, Hash};

use super::{Step, charge_access, costs, pop, pop_address};
use crate::{
    crypto::keccak,
    frame::{Machine, Message, expand, read_memory, words_gas},
    host::Host,
    invoker::Program,
    rules::Rules,
    world::World,
};

/// A call or creation that the machine waits for. All its gas is paid.
pub(crate) enum Trap {
    Call {
        message: Message,
        program: Program,
        /// Where in the caller's memory the answer goes.
        out: (usize, usize),
    },
    Create(CreateCall),
}

/// A contract to be made. The message is complete but for the new address.
pub(crate) struct CreateCall {
    pub(crate) message: Message,
    /// CREATE2 takes the address from this, CREATE from the nonce.
    pub(crate) salt: Option<U256>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
}

/// All but a 64th of what is left (EIP-150).
const fn most(gas: u64) -> u64 {
    gas - gas / 64
}

/// CALL, CALLCODE, DELEGATECALL and STATICCALL
pub(super) fn call<R: Rules>(
    scheme: Scheme,
    machine: &mut Machine,
    host: &mut Host<'_, R>,
) -> Step {
    let wanted = pop(machine)?;
    let to = pop_address(machine)?;
    let has_value = matches!(scheme, Scheme::Call | Scheme::CallCode);
    let value = if has_value { pop(machine)? } else { U256::zero() };
    if scheme == Scheme::Call && !value.is_zero() {
        machine.state.may_write()?;
    }
    let (from, len) = (pop(machine)?, pop(machine)?);
    let (out_from, out_len) = (pop(machine)?, pop(machine)?);
    let (from, len) = expand(machine, from, len)?;
    let out = expand(machine, out_from, out_len)?;
    charge_access(machine, host, to)?;
    if !value.is_zero() {
        machine.state.charge(costs::CALL_VALUE)?;
        if scheme == Scheme::Call && host.world.account(to)?.is_empty() {
            machine.state.charge(costs::NEW_ACCOUNT)?;
        }
    }
    let program = resolve(machine, host, to)?;
    let mut gas = most(machine.state.gas);
    if wanted < U256::from(gas) {
        gas = wanted.low_u64();
    }
    machine.state.charge(gas)?;
    if !value.is_zero() {
        gas = gas.saturating_add(R::CALL_STIPEND);
    }
    machine.state.return_data.clear();
    // Nobody reads the input of an account without code, and copying it costs no gas.
    let read = match &program {
        Program::Code(code) if code.bytes.is_empty() => Vec::new(),
        Program::Code(_) | Program::Precompile(_) => read_memory(machine, from, len),
    };
    let input = Rc::new(read);
    let frame = &machine.state;
    let delegates = scheme == Scheme::DelegateCall;
    let keeps_address = delegates || scheme == Scheme::CallCode;
    let message = Message {
        address: if keeps_address { frame.address } else { to },
        caller: if delegates { frame.caller } else { frame.address },
        value: if delegates { frame.value } else { value },
        transfers: has_value,
        is_static: frame.is_static || scheme == Scheme::StaticCall,
        input,
        gas,
    };
    Ok(Control::Trap(Trap::Call { message, program, out }.into()))
}

/// What runs at an address, and the gas of looking it up at a second one (EIP-7702).
fn resolve<R: Rules>(
    machine: &mut Machine,
    host: &mut Host<'_, R>,
    to: Address,
) -> Result<Program, crate::frame::Halt> {
    if let Some(precompile) = host.precompile(&to) {
        return Ok(Program::Precompile(precompile));
    }
    let code = host.world.code(to)?;
    match host.delegate(&code.bytes) {
        Some(delegate) => {
            charge_access(machine, host, delegate)?;
            // What is delegated to runs as plain code, precompile or not, marker or not.
            Ok(Program::Code(host.world.code(delegate)?))
        }
        None => Ok(Program::Code(code)),
    }
}

/// CREATE and CREATE2
pub(super) fn create<R: Rules>(
    salted: bool,
    machine: &mut Machine,
    host: &mut Host<'_, R>,
) -> Step {
    machine.state.may_write()?;
    let (value, from, len) = (pop(machine)?, pop(machine)?, pop(machine)?);
    let salt = if salted { Some(pop(machine)?) } else { None };
    let (from, len) = expand(machine, from, len)?;
    machine.state.charge(costs::CREATE)?;
    if let Some(longest) = host.config.max_initcode_size() {
        if len > longest {
            return Err(ExitException::CreateContractLimit.into());
        }
        machine.state.charge(words_gas(len, R::INITCODE_WORD_GAS))?;
    }
    if salted {
        machine.state.charge(words_gas(len, costs::KECCAK_WORD))?;
    }
    let gas = most(machine.state.gas);
    machine.state.charge(gas)?;
    machine.state.return_data.clear();
    let message = Message {
        address: Address::ZERO,
        caller: machine.state.address,
        value,
        transfers: true,
        is_static: false,
        input: Rc::new(read_memory(machine, from, len)),
        gas,
    };
    Ok(Control::Trap(Trap::Create(CreateCall { message, salt }).into()))
}

impl CreateCall {
    /// Where the contract will be, given its creator's nonce.
    pub(crate) fn address(&self, nonce: u64) -> Address {
        let hash = match self.salt {
            None => {
                let preimage = crate::rlp::List::new().bytes(&self.message.caller.0).u64(nonce);
                keccak(&preimage.finish())
            }
            Some(salt) => self.salted(salt),
        };
        super::to_address(U256::from_big_endian(&hash.0))
    }

    fn salted(&self, salt: U256) -> Hash {
        let mut preimage = [0xff; 85];
        preimage[1..21].copy_from_slice(&self.message.caller.0);
        salt.to_big_endian(&mut preimage[21..53]);
        preimage[53..].copy_from_slice(&keccak(&self.message.input).0);
        keccak(&preimage)
    }
}

/// SELFDESTRUCT
pub(super) fn selfdestruct<R: Rules>(machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    machine.state.may_write()?;
    let heir = pop_address(machine)?;
    let address = machine.state.address;
    machine.state.charge(costs::SELFDESTRUCT)?;
    if host.world.warm(heir) {
        machine.state.charge(costs::COLD_ACCOUNT)?;
    }
    let balance = host.world.account(address)?.balance;
    if !balance.is_zero() && host.world.account(heir)?.is_empty() {
        machine.state.charge(costs::NEW_ACCOUNT)?;
    }
    let world: &mut World<'_> = &mut host.world;
    world.debit(address, balance)?;
    world.credit(heir, balance)?;
    if R::selfdestruct_deletes(host.block.fork, world.was_created(address)?) {
        // What the account would leave to itself is burned.
        let left = world.account(address)?.balance;
        world.debit(address, left)?;
        world.mark_deleted(address)?;
    }
    Ok(Control::Exit(ExitSucceed::Suicided.into()))
}
