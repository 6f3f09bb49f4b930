//! Instructions on storage, lasting and transient.

use evm::interpreter::{ExitException, Opcode};
use evm::uint::U256;

use super::{NEXT, Step, costs, pop, push};
use crate::{frame::Machine, host::Host, rules::Rules, world::Slot};

/// SLOAD
pub(super) fn sload<R: Rules>(machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    let key = pop(machine)?;
    let address = machine.state.address;
    let was_cold = host.world.warm_slot(address, key);
    machine.state.charge(if was_cold { costs::COLD_SLOT } else { costs::WARM })?;
    let value = host.world.storage(address, key)?.now;
    push(machine, value)
}

/// SSTORE
pub(super) fn sstore<R: Rules>(machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    machine.state.may_write()?;
    if machine.state.gas <= costs::SSTORE_SENTRY {
        return Err(ExitException::OutOfGas.into());
    }
    let (key, value) = (pop(machine)?, pop(machine)?);
    let address = machine.state.address;
    if host.world.warm_slot(address, key) {
        machine.state.charge(costs::COLD_SLOT)?;
    }
    let slot = host.world.storage(address, key)?;
    machine.state.charge(sstore_gas(&slot, value))?;
    machine.state.refund = machine.state.refund.saturating_add(sstore_refund::<R>(&slot, value));
    if slot.now != value {
        host.world.set_storage(address, key, value)?;
    }
    NEXT
}

/// What a slot costs to set, once it is warm (EIP-2200 as EIP-2929 changed it).
fn sstore_gas(slot: &Slot, new: U256) -> u64 {
    if new == slot.now || slot.now != slot.before_transaction {
        costs::WARM
    } else if slot.before_transaction.is_zero() {
        costs::SLOT_SET
    } else {
        costs::SLOT_RESET
    }
}

/// What setting a slot gives back, or takes back (EIP-2200 as EIP-3529 changed it).
fn sstore_refund<R: Rules>(slot: &Slot, new: U256) -> i64 {
    let before = slot.before_transaction;
    if new == slot.now {
        return 0;
    }
    let mut refund = 0;
    if !before.is_zero() {
        if slot.now.is_zero() {
            refund -= R::CLEARING_REFUND;
        } else if new.is_zero() {
            refund += R::CLEARING_REFUND;
        }
    }
    if slot.now != before && new == before {
        let paid = if before.is_zero() { costs::SLOT_SET } else { costs::SLOT_RESET };
        refund += (paid - costs::WARM) as i64;
    }
    refund
}

/// TLOAD
pub(super) fn tload<R>(machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    costs::require(host.config.eip1153_transient_storage, Opcode::TLOAD)?;
    machine.state.charge(costs::WARM)?;
    let key = pop(machine)?;
    let value = host.world.transient(machine.state.address, key);
    push(machine, value)
}

/// TSTORE
pub(super) fn tstore<R>(machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    costs::require(host.config.eip1153_transient_storage, Opcode::TSTORE)?;
    machine.state.may_write()?;
    machine.state.charge(costs::WARM)?;
    let (key, value) = (pop(machine)?, pop(machine)?);
    host.world.set_transient(machine.state.address, key, value);
    NEXT
}
