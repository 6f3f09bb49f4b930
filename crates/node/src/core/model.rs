//! A simple model of what L1 accepts, written from `spec/inbox.md` alone.

use tern_node_api::L1Ref;
use tern_protocol::{
    BatchAcc, BatchHeader, BatchLimits, BatchRecord, BlockNumber, ChainId, Deposit, Forced, Gwei,
    Hash, QueueHead, RollupConfig, keccak256,
};

use super::event::{Accepted, Event};

pub(super) const MAX_ANCHOR_AGE: u64 = 20;
pub(super) const FORCED_WAIT: u64 = 60;

pub(crate) fn config() -> RollupConfig {
    RollupConfig {
        chain_id: ChainId(7357),
        l1_chain_id: ChainId(31337),
        inbox: tern_protocol::Address([1; 20]),
        genesis_hash: Hash([2; 32]),
        gas_limit: 30_000_000,
        fee_recipient: tern_protocol::Address([3; 20]),
        extra_data: b"tern".to_vec(),
        limits: BatchLimits {
            blocks: 12,
            anchors: 3,
            blobs: 1,
            decoded_bytes: 40_000,
            transactions: 40,
            deposits: 3,
            forced: 3,
            forced_bytes: 50,
            forced_gas: 10_000_000,
        },
    }
}

#[derive(Debug, Clone)]
struct Waiting<T> {
    entry: T,
    time: u64,
}

/// What the contract keeps.
#[derive(Debug, Clone)]
pub(super) struct State {
    acc: BatchAcc,
    batches: u64,
    blocks: u64,
    timestamp: u64,
    anchor: u64,
    deposits: (QueueHead, Vec<Waiting<Deposit>>, u64),
    forced: (QueueHead, Vec<Waiting<Forced>>, u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Duty,
    Future,
    Other(&'static str),
}

/// A chain of L1 blocks, each with the contract's state after it.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) blocks: Vec<(L1Ref, Vec<Event>, State)>,
    salt: u64,
}

impl Chain {
    pub(super) fn new(time: u64) -> Self {
        let l1 = L1Ref { number: 100, hash: Hash([9; 32]), timestamp: time };
        let state = State {
            acc: BatchAcc::default(),
            batches: 0,
            blocks: 0,
            timestamp: time,
            anchor: 0,
            deposits: (QueueHead::default(), Vec::new(), 0),
            forced: (QueueHead::default(), Vec::new(), 0),
        };
        Self { blocks: vec![(l1, vec![], state)], salt: 0 }
    }

    pub(super) fn head(&self) -> L1Ref {
        self.blocks[self.blocks.len() - 1].0
    }

    /// Goes back; returns the number of the last block that stays.
    pub(super) fn back(&mut self, depth: usize) -> u64 {
        self.blocks.truncate(self.blocks.len().saturating_sub(depth).max(1));
        self.salt += 1;
        self.head().number
    }

    /// The next block; a batch in it is accepted or refused.
    pub(super) fn mine(
        &mut self,
        timestamp: u64,
        deposits: &[Deposit],
        forced: &[Forced],
        batch: Option<&BatchHeader>,
    ) -> Result<(), Refusal> {
        let (head, _, mut state) = self.blocks[self.blocks.len() - 1].clone();
        let mut seed = head.hash.0.to_vec();
        seed.extend(self.salt.to_be_bytes());
        let l1 = L1Ref { number: head.number + 1, hash: keccak256(&seed), timestamp };
        let mut events = Vec::new();
        let mut refusal = Ok(());
        // Batches come first: entries of the same block are not due in any case.
        if let Some(header) = batch {
            match self.accept(&mut state, l1, header) {
                Ok(event) => events.push(event),
                Err(error) => refusal = Err(error),
            }
        }
        for deposit in deposits {
            let (head, waiting, index) = &mut state.deposits;
            let all: Vec<Deposit> = waiting.iter().map(|w| w.entry).chain([*deposit]).collect();
            let acc = head.after_deposits(&all).acc;
            events.push(Event::Deposited { index: *index, deposit: *deposit, acc });
            waiting.push(Waiting { entry: *deposit, time: timestamp });
            *index += 1;
        }
        for entry in forced {
            let (head, waiting, index) = &mut state.forced;
            let all: Vec<Forced> =
                waiting.iter().map(|w| w.entry.clone()).chain([entry.clone()]).collect();
            let acc = head.after_forced(&all).acc;
            events.push(Event::Forced { index: *index, entry: entry.clone(), acc });
            waiting.push(Waiting { entry: entry.clone(), time: timestamp });
            *index += 1;
        }
        self.blocks.push((l1, events, state));
        refusal
    }

    fn accept(&self, state: &mut State, l1: L1Ref, header: &BatchHeader) -> Result<Event, Refusal> {
        let config = config();
        let limits = &config.limits;
        let other = |holds: bool, what| if holds { Ok(()) } else { Err(Refusal::Other(what)) };
        other(header.check(limits).is_ok(), "limits")?;
        other(header.parent == state.acc && header.index.0 == state.batches, "parent")?;
        other(header.first_timestamp.0 > state.timestamp, "first timestamp")?;
        let last = header.timestamp(header.block_count - 1).expect("it fits").0;
        if last > l1.timestamp {
            return Err(Refusal::Future);
        }
        for anchor in &header.anchors {
            let known = self.blocks.iter().find(|(block, ..)| block.number == anchor.number);
            let block = known.ok_or(Refusal::Other("anchor"))?.0;
            other(block.hash == anchor.hash, "anchor hash")?;
            other(block.number + MAX_ANCHOR_AGE >= l1.number, "anchor age")?;
            other(block.number >= state.anchor, "anchor order")?;
            let read = header.timestamp(anchor.from_block).expect("it fits").0;
            other(block.timestamp <= read, "anchor time")?;
        }
        let (deposits, forced) = (usize::from(header.deposits), usize::from(header.forced));
        other(deposits <= state.deposits.1.len(), "deposits")?;
        other(forced <= state.forced.1.len(), "forced")?;
        let room = config.gas_limit - limits.forced_gas;
        let load = |count: usize| {
            let taken = state.forced.1.iter().take(count);
            taken.fold((0, 0), |(bytes, gas), w| (bytes + w.entry.raw.len(), gas + w.entry.gas))
        };
        let (bytes, gas) = load(forced);
        other(bytes <= limits.forced_bytes as usize, "forced bytes")?;
        other(gas <= u64::from(header.block_count - 1) * room, "forced gas")?;
        let overdue = |time: u64| l1.timestamp > time + FORCED_WAIT;
        if state.deposits.1.get(deposits).is_some_and(|w| overdue(w.time))
            && deposits < usize::from(limits.deposits)
        {
            return Err(Refusal::Duty);
        }
        let (bytes, gas) = load(forced + 1);
        if state.forced.1.get(forced).is_some_and(|w| overdue(w.time))
            && forced < usize::from(limits.forced)
            && bytes <= limits.forced_bytes as usize
            && gas <= room
        {
            return Err(Refusal::Duty);
        }
        Ok(state.take(header, last, (deposits, forced)))
    }
}

impl State {
    fn take(&mut self, header: &BatchHeader, last: u64, counts: (usize, usize)) -> Event {
        let deposits: Vec<_> = self.deposits.1.drain(..counts.0).map(|w| w.entry).collect();
        let forced: Vec<_> = self.forced.1.drain(..counts.1).map(|w| w.entry).collect();
        let before = (self.deposits.0, self.forced.0);
        self.deposits.0 = before.0.after_deposits(&deposits);
        self.forced.0 = before.1.after_forced(&forced);
        let record = BatchRecord {
            header: header.clone(),
            first_block: BlockNumber(self.blocks + 1),
            deposits: (before.0, self.deposits.0),
            forced: (before.1, self.forced.0),
        };
        let index = self.batches;
        self.acc = record.acc();
        self.batches += 1;
        self.blocks += u64::from(header.block_count);
        self.timestamp = last;
        self.anchor = header.anchors[header.anchors.len() - 1].number;
        let acc = self.acc;
        Event::Batch(Box::new(Accepted { index, acc, record, transaction: Hash::ZERO }))
    }

    /// The parts of a header that come from L1.
    pub(super) const fn place(&self) -> (BatchAcc, u64) {
        (self.acc, self.batches)
    }

    pub(super) const fn last_time(&self) -> u64 {
        self.timestamp
    }

    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.deposits.1.len(), self.forced.1.len())
    }
}

pub(super) const fn deposit(n: u8) -> Deposit {
    Deposit { to: tern_protocol::Address([n; 20]), amount: Gwei(n as u64 + 1) }
}
