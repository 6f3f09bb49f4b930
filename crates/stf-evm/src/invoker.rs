//! Starting and ending contracts: the `evm` crate's call stack calls us for both.

use alloc::{rc::Rc, vec::Vec};
use core::convert::Infallible;

use evm::{
    Invoker, InvokerControl, InvokerExit,
    interpreter::{
        Capture, Control, ExitError, ExitException, ExitFatal, ExitResult, ExitSucceed,
        Interpreter, etable::Etable,
    },
    uint::U256,
};
use tern_protocol::Address;
use tern_stf::Error;

use crate::{
    frame::{Frame, Machine, Message},
    host::Host,
    ops::{CreateCall, Instructions, Trap},
    precompiles::Precompile,
    rules::Rules,
    world::{Checkpoint, Code},
};

/// Contracts may call each other this deep.
const DEPTH_LIMIT: usize = 1024;
/// Values a stack may hold.
const STACK_LIMIT: usize = 1024;
/// Bytes a contract may have (EIP-170).
const CODE_LIMIT: usize = 0x6000;
/// Gas of a byte of new code.
const CODE_BYTE_GAS: u64 = 200;

type Exit = InvokerExit<Frame>;
type Start<'i, 'a, R> = InvokerControl<Runner<'i, 'a, R>, Frame>;

/// What runs when an address is called.
#[derive(Debug, Clone)]
pub(crate) enum Program {
    Precompile(Precompile),
    Code(Rc<Code>),
}

/// What a transaction starts with.
pub(crate) enum First {
    Call(Message, Program),
    Create(CreateCall),
}

/// How a transaction's execution ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) gas_left: u64,
    pub(crate) refund: i64,
    pub(crate) output: Vec<u8>,
}

/// What to come back to when a contract ends.
pub(crate) enum Pending {
    Call {
        checkpoint: Checkpoint,
        out: (usize, usize),
    },
    Create {
        checkpoint: Checkpoint,
        address: Address,
    },
    /// It never started; its gas goes back.
    Refused,
}

/// One contract on the interpreter's machine.
pub(crate) struct Runner<'i, 'a, R> {
    machine: Machine,
    code: Rc<Code>,
    position: usize,
    instructions: &'i Instructions<'a, R>,
}

impl<'a, R: Rules> Interpreter<Host<'a, R>> for Runner<'_, 'a, R> {
    type State = Frame;
    type Trap = Trap;

    fn deconstruct(self) -> (Frame, Vec<u8>) {
        (self.machine.state, self.machine.retval)
    }

    fn state(&self) -> &Frame {
        &self.machine.state
    }

    fn state_mut(&mut self) -> &mut Frame {
        &mut self.machine.state
    }

    fn run(&mut self, host: &mut Host<'a, R>) -> Capture<ExitResult, Trap> {
        loop {
            if self.position >= self.code.bytes.len() {
                return Capture::Exit(ExitSucceed::Stopped.into());
            }
            match self.instructions.eval(&mut self.machine, host, self.position) {
                Control::Continue(width) => self.position += width,
                Control::Jump(to) if self.code.destinations.is_valid(to) => self.position = to,
                Control::Jump(_) => return Capture::Exit(ExitException::InvalidJump.into()),
                Control::Exit(result) => return Capture::Exit(result),
                Control::Trap(trap) => {
                    self.position += 1;
                    return Capture::Trap(trap);
                }
                Control::NoAction => return Capture::Exit(ExitFatal::NotSupported.into()),
            }
        }
    }
}

/// Starts and ends contracts.
pub(crate) struct Calls<'i, 'a, R> {
    instructions: &'i Instructions<'a, R>,
}

impl<'i, 'a, R: Rules> Calls<'i, 'a, R> {
    pub(crate) const fn new(instructions: &'i Instructions<'a, R>) -> Self {
        Self { instructions }
    }

    fn enter(&self, message: &Message, code: Rc<Code>) -> Start<'i, 'a, R> {
        let machine = Machine::new(
            Rc::clone(&code.bytes),
            Rc::clone(&message.input),
            STACK_LIMIT,
            usize::MAX,
            Frame::new(message),
        );
        InvokerControl::Enter(Runner {
            machine,
            code,
            position: 0,
            instructions: self.instructions,
        })
    }

    /// Moves the value and runs what is at the address. The caller made a checkpoint.
    fn start_call(
        &self,
        host: &mut Host<'a, R>,
        message: &Message,
        program: Program,
    ) -> Result<Start<'i, 'a, R>, Error> {
        transfer(host, message)?;
        match program {
            Program::Precompile(precompile) => Ok(run_precompile(message, precompile)),
            Program::Code(code) if code.bytes.is_empty() => {
                Ok(ended(message, ExitSucceed::Stopped.into()))
            }
            Program::Code(code) => Ok(self.enter(message, code)),
        }
    }

    /// Makes the account and runs the initcode. The creator's nonce is bumped already and
    /// the caller made a checkpoint.
    fn start_create(
        &self,
        host: &mut Host<'a, R>,
        call: CreateCall,
        address: Address,
    ) -> Result<Start<'i, 'a, R>, Error> {
        let message = Message { address, ..call.message };
        if !host.world.is_free(address)? {
            return Ok(ended(&message, ExitException::CreateCollision.into()));
        }
        host.world.mark_created(address)?;
        host.world.set_nonce(address, 1)?;
        transfer(host, &message)?;
        let code = Rc::new(Code::new(message.input.to_vec()));
        let message = Message { input: Rc::default(), ..message };
        Ok(self.enter(&message, code))
    }

    fn enter_trap(
        &self,
        trap: Trap,
        host: &mut Host<'a, R>,
        depth: usize,
    ) -> Result<(Pending, Start<'i, 'a, R>), Error> {
        match trap {
            Trap::Call { message, program, out } => {
                let short = message.transfers
                    && host.world.account(message.caller)?.balance < message.value;
                if depth > DEPTH_LIMIT || short {
                    return Ok((Pending::Refused, ended(&message, ExitError::Reverted.into())));
                }
                let checkpoint = host.world.checkpoint();
                let start = self.start_call(host, &message, program)?;
                Ok((Pending::Call { checkpoint, out }, start))
            }
            Trap::Create(call) => {
                let creator = call.message.caller;
                let account = host.world.account(creator)?;
                let (nonce, short) = (account.nonce, account.balance < call.message.value);
                let next = nonce.checked_add(1).filter(|_| depth <= DEPTH_LIMIT && !short);
                let Some(next) = next else {
                    return Ok((
                        Pending::Refused,
                        ended(&call.message, ExitError::Reverted.into()),
                    ));
                };
                let address = call.address(nonce);
                host.world.warm(address);
                host.world.set_nonce(creator, next)?;
                let checkpoint = host.world.checkpoint();
                let start = self.start_create(host, call, address)?;
                Ok((Pending::Create { checkpoint, address }, start))
            }
        }
    }
}

/// A contract that ends before it runs.
fn ended<'i, 'a, R>(message: &Message, result: ExitResult) -> Start<'i, 'a, R> {
    InvokerControl::DirectExit(InvokerExit {
        result,
        substate: Some(Frame::new(message)),
        retval: Vec::new(),
    })
}

fn run_precompile<'i, 'a, R>(message: &Message, precompile: Precompile) -> Start<'i, 'a, R> {
    let mut frame = Frame::new(message);
    let (result, retval) = match precompile.run(&message.input, message.gas) {
        Ok(output) => {
            frame.gas = frame.gas.saturating_sub(output.gas_used);
            (ExitSucceed::Returned.into(), output.bytes)
        }
        Err(_) => (ExitException::OutOfGas.into(), Vec::new()),
    };
    InvokerControl::DirectExit(InvokerExit { result, substate: Some(frame), retval })
}

/// Moves the value. A call touches its target even without.
fn transfer<R: Rules>(host: &mut Host<'_, R>, message: &Message) -> Result<(), Error> {
    host.world.touch(message.address)?;
    if message.transfers && !message.value.is_zero() {
        // A CALLCODE with value pays itself.
        let to = message.address;
        host.world.debit(message.caller, message.value)?;
        host.world.credit(to, message.value)?;
    }
    Ok(())
}

/// Checks and stores the code of a contract that was made, or takes the making back.
fn finish_create<R: Rules>(
    host: &mut Host<'_, R>,
    exit: &mut Exit,
    address: Address,
    checkpoint: Checkpoint,
) -> Result<(), Error> {
    if exit.result.is_ok() {
        let code = core::mem::take(&mut exit.retval);
        if let Err(exception) = check_code(&code, exit.substate.as_mut()) {
            exit.result = exception.into();
        } else {
            host.world.set_code(address, code)?;
        }
    }
    if exit.result.is_err() {
        host.world.revert::<R>(checkpoint);
    }
    Ok(())
}

fn check_code(code: &[u8], frame: Option<&mut Frame>) -> Result<(), ExitException> {
    if code.len() > CODE_LIMIT {
        return Err(ExitException::CreateContractLimit);
    }
    // EIP-3541
    if code.first() == Some(&0xef) {
        return Err(ExitException::DesignatedInvalid);
    }
    match frame {
        Some(frame) => frame.charge(CODE_BYTE_GAS * code.len() as u64),
        None => Err(ExitException::OutOfGas),
    }
}

impl<'i, 'a, R: Rules> Invoker<Host<'a, R>> for Calls<'i, 'a, R> {
    type State = Frame;
    type Interpreter = Runner<'i, 'a, R>;
    type Interrupt = Infallible;
    type TransactArgs = First;
    type TransactInvoke = (Checkpoint, Option<Address>);
    type TransactValue = Outcome;
    type SubstackInvoke = Pending;

    fn new_transact(
        &self,
        first: First,
        host: &mut Host<'a, R>,
    ) -> Result<(Self::TransactInvoke, Start<'i, 'a, R>), ExitError> {
        let checkpoint = host.world.checkpoint();
        let (created, start) = match first {
            First::Call(message, program) => (None, self.start_call(host, &message, program)),
            First::Create(call) => {
                let address = call.message.address;
                (Some(address), self.start_create(host, call, address))
            }
        };
        Ok(((checkpoint, created), start.map_err(|error| fault(host, error))?))
    }

    fn finalize_transact(
        &self,
        (checkpoint, created): &Self::TransactInvoke,
        mut exit: Exit,
        host: &mut Host<'a, R>,
    ) -> Result<Outcome, ExitError> {
        stop_on_fault(host)?;
        match created {
            Some(address) => finish_create(host, &mut exit, *address, *checkpoint)
                .map_err(|error| fault(host, error))?,
            None if exit.result.is_err() => host.world.revert::<R>(*checkpoint),
            None => {}
        }
        let keeps_gas = matches!(exit.result, Ok(_) | Err(ExitError::Reverted));
        let frame = exit.substate.as_ref();
        Ok(Outcome {
            success: exit.result.is_ok(),
            gas_left: frame.filter(|_| keeps_gas).map_or(0, |frame| frame.gas),
            refund: frame.filter(|_| exit.result.is_ok()).map_or(0, |frame| frame.refund),
            output: exit.retval,
        })
    }

    fn enter_substack(
        &self,
        trap: Trap,
        _: &mut Runner<'i, 'a, R>,
        host: &mut Host<'a, R>,
        depth: usize,
    ) -> Capture<Result<(Pending, Start<'i, 'a, R>), ExitError>, Infallible> {
        Capture::Exit(self.enter_trap(trap, host, depth).map_err(|error| fault(host, error)))
    }

    fn exit_substack(
        &self,
        pending: Pending,
        mut exit: Exit,
        parent: &mut Runner<'i, 'a, R>,
        host: &mut Host<'a, R>,
    ) -> Result<(), ExitError> {
        stop_on_fault(host)?;
        let mut answer = U256::one();
        let mut out = (0, 0);
        match pending {
            Pending::Refused => {}
            Pending::Call { checkpoint, out: wanted } => {
                out = wanted;
                if exit.result.is_err() {
                    host.world.revert::<R>(checkpoint);
                }
            }
            Pending::Create { checkpoint, address } => {
                answer = U256::from_big_endian(&address.0);
                finish_create(host, &mut exit, address, checkpoint)
                    .map_err(|error| fault(host, error))?;
            }
        }
        let machine = &mut parent.machine;
        if let Some(child) = &exit.substate {
            machine.state.absorb(child, &exit.result);
        }
        let answer = if exit.result.is_ok() { answer } else { U256::zero() };
        machine.stack.push(answer)?;
        let copied = out.1.min(exit.retval.len());
        machine.memory.set(out.0, &exit.retval[..copied], Some(copied))?;
        machine.state.return_data = exit.retval;
        Ok(())
    }
}

/// Keeps the error for the caller of the call stack and stops the call stack.
fn fault<R>(host: &mut Host<'_, R>, error: Error) -> ExitError {
    host.fault = Some(error);
    ExitFatal::Unfinished.into()
}

fn stop_on_fault<R>(host: &Host<'_, R>) -> Result<(), ExitError> {
    if host.fault.is_some() { Err(ExitFatal::Unfinished.into()) } else { Ok(()) }
}
