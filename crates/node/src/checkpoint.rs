//! Where reading L1 can begin.

use serde::{Deserialize, Serialize};
use tern_node_api::{Bytes, L1Ref};
use tern_protocol::{Address, Deposit, Forced, Gwei, Hash};

use crate::core::{
    event::Settled,
    inbox::{Snapshot, Tip},
    queue::Queued,
};

/// The inbox after an L1 block whose batches are all derived, and the block that they end with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    pub(crate) l1: L1Ref,
    pub(crate) tip: Tip,
    pub(crate) hash: Hash,
    settled: Option<Settled>,
    deposits: Vec<(Address, u64, u64, u64)>,
    forced: Vec<(Bytes, u64, u64, u64)>,
}

impl Checkpoint {
    pub(crate) fn new(snapshot: &Snapshot, hash: Hash) -> Self {
        let deposit = |at: &Queued<Deposit>| (at.entry.to, at.entry.amount.0, at.l1, at.time);
        let forced =
            |at: &Queued<Forced>| (Bytes(at.entry.raw.clone()), at.entry.gas, at.l1, at.time);
        Self {
            l1: snapshot.l1,
            tip: snapshot.tip,
            hash,
            settled: snapshot.settled,
            deposits: snapshot.deposits.iter().map(deposit).collect(),
            forced: snapshot.forced.iter().map(forced).collect(),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let deposit = |&(to, amount, l1, time): &(Address, u64, u64, u64)| {
            Queued::new(Deposit { to, amount: Gwei(amount) }, l1, time)
        };
        let forced = |(raw, gas, l1, time): &(Bytes, u64, u64, u64)| {
            Queued::new(Forced { raw: raw.0.clone(), gas: *gas }, *l1, *time)
        };
        Snapshot {
            l1: self.l1,
            tip: self.tip,
            settled: self.settled,
            deposits: self.deposits.iter().map(deposit).collect(),
            forced: self.forced.iter().map(forced).collect(),
        }
    }
}
