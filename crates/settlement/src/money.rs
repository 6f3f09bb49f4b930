//! Bonds: every wei is held, credited, paid or burned.

use std::collections::BTreeMap;

use tern_protocol::Address;

use crate::{Event, Outcome, Wei};

/// Where the money is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Money {
    /// Ever received.
    pub received: Wei,
    /// Ever paid out.
    pub paid: Wei,
    /// Burned.
    pub burned: Wei,
    /// What each may withdraw; nobody is listed with nothing.
    pub credits: BTreeMap<Address, Wei>,
}

impl Money {
    /// All credits together.
    pub fn credited(&self) -> Wei {
        self.credits.values().sum()
    }

    pub(crate) fn credit(&mut self, to: Address, amount: Wei, outcome: &mut Outcome) {
        if amount > 0 {
            *self.credits.entry(to).or_default() += amount;
            outcome.push(Event::Credited(to, amount));
        }
    }

    pub(crate) fn burn(&mut self, amount: Wei, outcome: &mut Outcome) {
        if amount > 0 {
            self.burned += amount;
            outcome.push(Event::Burned(amount));
        }
    }
}
