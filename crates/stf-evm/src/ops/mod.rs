//! The instructions: which the interpreter evaluates, which we do, and what each costs.
//!
//! Stack, arithmetic, jumps and plain memory are the interpreter's. Ours are those that
//! touch state, environment or other contracts, whose gas depends on more than the
//! opcode, and the few that it gets wrong (CODECOPY and CREATE2 against MSIZE) or
//! computes too slowly for a proving machine (BYTE, CALLDATALOAD).

mod calls;
mod costs;
mod environment;
mod memory;
mod storage;

use evm::{
    interpreter::{Control, ExitFatal, etable::DispatchEtable, etable::Etable},
    uint::U256,
};
use tern_protocol::Address;

pub(crate) use calls::{CreateCall, Trap};

use crate::{
    frame::{Frame, Halt, Machine},
    host::Host,
    rules::Rules,
};

/// What an instruction leads to.
pub(crate) type Step = Result<Control<Trap>, Halt>;

/// The next instruction.
pub(crate) const NEXT: Step = Ok(Control::Continue(1));

/// The instructions of a block's fork.
pub(crate) struct Instructions<'a, R> {
    interpreted: DispatchEtable<Frame, Host<'a, R>, Trap>,
}

impl<'a, R: Rules> Instructions<'a, R> {
    pub(crate) fn new() -> Self {
        Self { interpreted: DispatchEtable::core() }
    }
}

impl<'a, R: Rules> Etable<Host<'a, R>> for Instructions<'a, R> {
    type State = Frame;
    type Trap = Trap;

    fn eval(
        &self,
        machine: &mut Machine,
        host: &mut Host<'a, R>,
        position: usize,
    ) -> Control<Trap> {
        let opcode = machine.code()[position];
        let step = match costs::FIXED[usize::from(opcode)] {
            Some(gas) => machine.state.charge(gas.into()).map(|()| None).map_err(Halt::from),
            None => evaluate(opcode, machine, host),
        };
        match step {
            Ok(Some(control)) => control,
            Ok(None) => self.interpreted.eval(machine, host, position),
            Err(Halt::Exception(exception)) => Control::Exit(exception.into()),
            Err(Halt::Fault(error)) => {
                host.fault = Some(*error);
                Control::Exit(ExitFatal::Unfinished.into())
            }
        }
    }
}

/// Evaluates an instruction of ours. `None` leaves the rest to the interpreter: then only
/// the gas was ours.
fn evaluate<R: Rules>(
    opcode: u8,
    machine: &mut Machine,
    host: &mut Host<'_, R>,
) -> Result<Option<Control<Trap>>, Halt> {
    let step = match opcode {
        0x0a => return costs::exp(machine).map(|()| None),
        0x1a => environment::byte(machine),
        0x20 => memory::keccak256(machine),
        0x37 | 0x39 | 0x51..=0x53 | 0x5e | 0xf3 | 0xfd => {
            return memory::gas(opcode, machine, host).map(|()| None);
        }
        0x30..=0x3f => environment::outside(opcode, machine, host),
        0x40..=0x4a => environment::block(opcode, machine, host),
        0x54 => storage::sload(machine, host),
        0x55 => storage::sstore(machine, host),
        0x5a => environment::gas(machine),
        0x5c => storage::tload(machine, host),
        0x5d => storage::tstore(machine, host),
        0x5f => return costs::push0(machine, host).map(|()| None),
        0xa0..=0xa4 => memory::log(usize::from(opcode - 0xa0), machine, host),
        0xf0 => calls::create(false, machine, host),
        0xf5 => calls::create(true, machine, host),
        0xf1 => calls::call(calls::Scheme::Call, machine, host),
        0xf2 => calls::call(calls::Scheme::CallCode, machine, host),
        0xf4 => calls::call(calls::Scheme::DelegateCall, machine, host),
        0xfa => calls::call(calls::Scheme::StaticCall, machine, host),
        0xff => calls::selfdestruct(machine, host),
        // The interpreter knows the name of what does not exist.
        _ => return Ok(None),
    };
    step.map(Some)
}

fn pop(machine: &mut Machine) -> Result<U256, Halt> {
    Ok(machine.stack.pop()?)
}

fn pop_address(machine: &mut Machine) -> Result<Address, Halt> {
    pop(machine).map(to_address)
}

fn push(machine: &mut Machine, value: U256) -> Step {
    machine.stack.push(value)?;
    NEXT
}

fn push_bytes(machine: &mut Machine, bytes: &[u8]) -> Step {
    push(machine, U256::from_big_endian(bytes))
}

fn to_address(word: U256) -> Address {
    let mut bytes = [0; 32];
    word.to_big_endian(&mut bytes);
    let mut address = Address::ZERO;
    address.0.copy_from_slice(&bytes[12..]);
    address
}

/// Charges for reaching an account (EIP-2929).
fn charge_access<R: Rules>(
    machine: &mut Machine,
    host: &mut Host<'_, R>,
    address: Address,
) -> Result<(), Halt> {
    let gas = if host.world.warm(address) { costs::COLD_ACCOUNT } else { costs::WARM };
    Ok(machine.state.charge(gas)?)
}
