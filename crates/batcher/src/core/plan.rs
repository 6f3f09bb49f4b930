//! What to do next.

use std::collections::VecDeque;

use tern_l1::TransactionKind;
use tern_protocol::{BatchAcc, Hash};

use crate::Tip;

/// So often may L1 answer from before a block that it has told of, as one of several nodes behind one
/// URL may, before it is taken to have been reorganised to a shorter chain.
const PATIENCE: u32 = 16;

/// A batch that was given to L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    /// The nonce of its transaction.
    pub nonce: u64,
    /// The accumulator that it continues.
    pub parent: BatchAcc,
    /// Where the chain of batches ends with it.
    pub next: Tip,
    /// The hash of its last block.
    pub last_hash: Hash,
    /// How it travels.
    pub kind: TransactionKind,
    /// How many blobs it has.
    pub blobs: usize,
    /// Bytes of its data.
    pub bytes: usize,
    /// The sequencer's transactions in it.
    pub transactions: u64,
}

/// A transaction that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Its nonce.
    pub nonce: u64,
    /// Its kind.
    pub kind: TransactionKind,
    /// The number of the L1 block that has it, if one has.
    pub mined: Option<u64>,
}

/// What became of a transaction for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It did what it should.
    Done,
    /// It failed, or another took its nonce.
    Lost,
}

/// What is seen at one moment: transactions first, then the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The number of the L1 block at which the inbox was asked.
    pub head: u64,
    /// Where the inbox's chain of batches ends there.
    pub tip: Tip,
    /// The account's transactions that are not done.
    pub pending: Vec<Pending>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Make the batch that continues this tip.
    Submit {
        /// The tip: L1's, or the last batch's on its way.
        tip: Tip,
        /// The hash of the block before, if a batch of ours ends with it.
        parent: Option<Hash>,
        /// Whether L1 has the parent already, so that a node can estimate the gas.
        settled: bool,
    },
    /// Void the transactions after this nonce, and start again from L1's tip once all is quiet.
    Void {
        /// The nonce.
        after: u64,
        /// What happened.
        why: Setback,
    },
    /// Look again later.
    Wait(Pause),
}

/// Why the batches on their way are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setback {
    /// L1 refused a batch.
    Refused {
        /// Its place.
        index: u64,
    },
    /// The inbox's last batch is none of ours: somebody else's, or L1 was reorganised.
    Foreign {
        /// How many batches it has.
        batches: u64,
    },
}

/// Why there is nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// So many batches are on their way.
    Full,
    /// Transactions from before are not mined: where the chain of batches ends is not known.
    Draining,
    /// The L1 node answers from before a block that it has told of.
    Behind,
}

/// The batches on their way, and what may follow them.
///
/// Lost with the process: a new one waits until what was sent is mined, and reads L1's tip.
#[derive(Debug, Clone)]
pub struct Pipeline {
    flights: VecDeque<Flight>,
    /// How many of them L1 had when it was last seen.
    landed: usize,
    limit: usize,
    draining: bool,
    lost: Option<u64>,
    /// The latest L1 block of which anything is known, and how often L1 answered from before it.
    known: u64,
    behind: u32,
    /// Where our last batch on L1 ended.
    last: Option<(BatchAcc, Hash)>,
}

impl Pipeline {
    /// With at most so many batches on their way.
    pub fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        let flights = VecDeque::new();
        Self {
            flights,
            landed: 0,
            limit,
            draining: true,
            lost: None,
            known: 0,
            behind: 0,
            last: None,
        }
    }

    /// Batches that L1 was given and does not have.
    pub fn on_their_way(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter().skip(self.landed)
    }

    /// Batches that L1 has, not yet with all confirmations.
    pub fn landed(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter().take(self.landed)
    }

    /// Whether L1 has everything that it was given.
    pub fn is_idle(&self) -> bool {
        self.landed == self.flights.len() && !self.draining
    }

    /// A batch was given to L1. It continues what `plan` said.
    pub fn submitted(&mut self, flight: Flight) {
        self.flights.push_back(flight);
    }

    /// What became of a transaction, by this L1 block. Returns the batch, if it was one.
    pub fn settled(&mut self, nonce: u64, fate: Fate, block: u64) -> Option<Flight> {
        self.known = self.known.max(block);
        let flight = *self.flights.iter().find(|flight| flight.nonce == nonce)?;
        if fate == Fate::Lost {
            self.lost = Some(self.lost.map_or(nonce, |lost| lost.min(nonce)));
        }
        Some(flight)
    }

    /// What to do now. To be asked again after each `submitted`, with what is pending since.
    pub fn plan(&mut self, seen: &Seen) -> Action {
        let mined = seen.pending.iter().filter_map(|pending| pending.mined).max();
        self.known = self.known.max(mined.unwrap_or(0));
        if seen.head < self.known {
            self.behind += 1;
            if self.behind < PATIENCE {
                return Action::Wait(Pause::Behind);
            }
        }
        (self.behind, self.known) = (0, seen.head);
        if self.draining {
            if seen.pending.iter().any(|pending| pending.mined.is_none()) {
                return Action::Wait(Pause::Draining);
            }
            self.draining = false;
            self.lost = None;
            self.flights.clear();
        }
        match self.place(seen) {
            Ok(landed) => self.landed = landed,
            Err((after, why)) => {
                self.draining = true;
                self.landed = self.flights.len();
                return Action::Void { after, why };
            }
        }
        self.retire(seen);
        self.next(seen)
    }

    /// How many flights L1 has, or why the others will never land.
    fn place(&self, seen: &Seen) -> Result<usize, (u64, Setback)> {
        let Some(first) = self.flights.front() else { return Ok(0) };
        let landed = if seen.tip.acc == first.parent {
            0
        } else {
            match self.flights.iter().position(|flight| flight.next.acc == seen.tip.acc) {
                Some(at) => at + 1,
                None => {
                    let waits = |flight: &&Flight| {
                        let pending = seen.pending.iter().find(|p| p.nonce == flight.nonce);
                        pending.is_some_and(|pending| pending.mined.is_none())
                    };
                    // There is no nonce before 0; that one may fail by itself.
                    let waiting = self.flights.iter().find(waits).map(|flight| flight.nonce);
                    let last = self.flights.back().unwrap_or(first).nonce;
                    let after = waiting.map_or(last, |nonce| nonce.saturating_sub(1));
                    return Err((after, Setback::Foreign { batches: seen.tip.batches }));
                }
            }
        };
        // A transaction that was mined or is done, and whose batch L1 has not, has failed.
        let failed = |flight: &&Flight| {
            let pending = seen.pending.iter().find(|pending| pending.nonce == flight.nonce);
            pending.is_none_or(|pending| pending.mined.is_some()) || self.lost == Some(flight.nonce)
        };
        match self.flights.iter().skip(landed).find(failed) {
            Some(flight) => {
                Err((flight.nonce, Setback::Refused { index: flight.next.batches - 1 }))
            }
            None => Ok(landed),
        }
    }

    /// Forgets what is on L1 with all its confirmations.
    fn retire(&mut self, seen: &Seen) {
        while self.landed > 0 {
            let Some(flight) = self.flights.front() else { break };
            if seen.pending.iter().any(|pending| pending.nonce == flight.nonce) {
                break;
            }
            self.last = Some((flight.next.acc, flight.last_hash));
            self.flights.pop_front();
            self.landed -= 1;
        }
    }

    fn next(&self, seen: &Seen) -> Action {
        if self.on_their_way().count() >= self.limit {
            return Action::Wait(Pause::Full);
        }
        let known = self.last.filter(|(acc, _)| *acc == seen.tip.acc).map(|(_, hash)| hash);
        let (tip, parent) = match self.flights.back() {
            Some(flight) => (flight.next, Some(flight.last_hash)),
            None => (seen.tip, known),
        };
        Action::Submit { tip, parent, settled: self.landed == self.flights.len() }
    }
}
