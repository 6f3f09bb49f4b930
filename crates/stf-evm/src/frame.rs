//! What one running contract knows besides code, stack and memory.

use alloc::{boxed::Box, rc::Rc, vec::Vec};

use evm::{
    interpreter::{ExitException, ExitFatal, ExitResult},
    uint::U256,
};
use tern_protocol::Address;
use tern_stf::Error;

/// The interpreter's machine with our frame in it.
pub(crate) type Machine = evm::interpreter::Machine<Frame>;

/// Memory beyond this is out of gas, so that machines of 32 bits agree with others. It
/// would cost more than eight trillion gas.
const MEMORY_LIMIT: u64 = i32::MAX as u64;

/// Gas of a word that is hashed or copied, and of a word of new memory.
pub(crate) const WORD_GAS: u64 = 3;

/// Why an instruction did not finish.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The contract fails and loses its gas.
    Exception(ExitException),
    /// The block cannot be executed here.
    Fault(Box<Error>),
}

impl From<ExitException> for Halt {
    fn from(exception: ExitException) -> Self {
        Self::Exception(exception)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Fault(Box::new(error))
    }
}

/// What a contract is started with.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Whose storage and balance it uses.
    pub(crate) address: Address,
    pub(crate) caller: Address,
    /// What CALLVALUE says.
    pub(crate) value: U256,
    /// Whether the value moves from the caller to the address.
    pub(crate) transfers: bool,
    pub(crate) is_static: bool,
    pub(crate) input: Rc<Vec<u8>>,
    pub(crate) gas: u64,
}

/// What one running contract knows besides code, stack and memory.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Whose storage and balance it uses.
    pub(crate) address: Address,
    pub(crate) caller: Address,
    pub(crate) value: U256,
    pub(crate) is_static: bool,
    /// What it was called with.
    pub(crate) input: Rc<Vec<u8>>,
    /// Gas it has left.
    pub(crate) gas: u64,
    /// Gas to give back when the transaction ends, if nothing reverts.
    pub(crate) refund: i64,
    /// What the last call returned.
    pub(crate) return_data: Vec<u8>,
    memory_words: u64,
}

impl Frame {
    pub(crate) fn new(message: &Message) -> Self {
        Self {
            address: message.address,
            caller: message.caller,
            value: message.value,
            is_static: message.is_static,
            input: Rc::clone(&message.input),
            gas: message.gas,
            refund: 0,
            return_data: Vec::new(),
            memory_words: 0,
        }
    }

    pub(crate) fn charge(&mut self, gas: u64) -> Result<(), ExitException> {
        self.gas = self.gas.checked_sub(gas).ok_or(ExitException::OutOfGas)?;
        Ok(())
    }

    /// Refuses what a static call may not do.
    pub(crate) const fn may_write(&self) -> Result<(), ExitException> {
        if self.is_static { Err(ExitException::DesignatedInvalid) } else { Ok(()) }
    }

    /// Charges for memory up to `words`.
    fn charge_memory(&mut self, words: u64) -> Result<bool, ExitException> {
        if words <= self.memory_words {
            return Ok(false);
        }
        self.charge(memory_gas(words) - memory_gas(self.memory_words))?;
        self.memory_words = words;
        Ok(true)
    }

    /// Takes over what a call left. Only what succeeded keeps its refunds; only what
    /// succeeded or reverted keeps its gas.
    pub(crate) fn absorb(&mut self, child: &Self, result: &ExitResult) {
        match result {
            Ok(_) => {
                self.gas = self.gas.saturating_add(child.gas);
                self.refund = self.refund.saturating_add(child.refund);
            }
            Err(evm::interpreter::ExitError::Reverted) => {
                self.gas = self.gas.saturating_add(child.gas);
            }
            Err(_) => {}
        }
    }
}

/// Words are at most 2^26, so nothing overflows.
const fn memory_gas(words: u64) -> u64 {
    WORD_GAS * words + words * words / 512
}

/// Pays for the memory that an instruction uses and makes it visible to MSIZE. A range
/// without length costs and reaches nothing.
pub(crate) fn expand(
    machine: &mut Machine,
    offset: U256,
    len: U256,
) -> Result<(usize, usize), Halt> {
    if len.is_zero() {
        return Ok((0, 0));
    }
    let end = offset
        .checked_add(len)
        .filter(|end| *end <= U256::from(MEMORY_LIMIT))
        .ok_or(ExitException::OutOfGas)?;
    if machine.state.charge_memory(end.low_u64().div_ceil(32))? {
        machine.memory.resize_offset(offset, len)?;
    }
    // Both are below the limit, which fits in 32 bits.
    Ok((offset.low_u64() as usize, len.low_u64() as usize))
}

/// A range that was paid for. The interpreter keeps memory only as far as it was written.
pub(crate) fn read_memory(machine: &Machine, offset: usize, len: usize) -> Vec<u8> {
    let mut out = alloc::vec![0; len];
    if let Some(written) = machine.memory.data().get(offset..) {
        let kept = written.len().min(len);
        out[..kept].copy_from_slice(&written[..kept]);
    }
    out
}

/// Copies `source[from..]`, zeros behind its end, to a range that was paid for.
pub(crate) fn write_memory(
    machine: &mut Machine,
    offset: usize,
    len: usize,
    source: &[u8],
    from: U256,
) -> Result<(), Halt> {
    let from =
        if from < U256::from(source.len() as u64) { from.low_u64() as usize } else { source.len() };
    let tail = &source[from..];
    let tail = &tail[..tail.len().min(len)];
    machine.memory.set(offset, tail, Some(len)).map_err(unreachable_memory)
}

/// The gas for a range that large was refused before.
pub(crate) fn unreachable_memory(_: ExitFatal) -> Halt {
    Halt::Exception(ExitException::OutOfGas)
}

/// The gas of hashing or copying `len` bytes at `price` a word.
pub(crate) const fn words_gas(len: usize, price: u64) -> u64 {
    price * (len as u64).div_ceil(32)
}
