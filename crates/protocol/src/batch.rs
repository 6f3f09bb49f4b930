//! A batch: the header that L1 checks and the record that L1 keeps.

use alloc::vec::Vec;

use crate::{
    BatchAcc, BatchIndex, BatchLimits, BlockNumber, FormatError, Hash, QueueHead, Timestamp,
    packed::{Packed, Unpack},
};

const HEADER_VERSION: u8 = 1;

/// An L1 block that L2 blocks can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The first block of the batch, counted from 0, that reads it.
    pub from_block: u16,
    /// Its number on L1.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Where a batch's data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataRef {
    /// There is none: the batch only consumes the queues.
    None,
    /// In blobs, by their versioned hashes in order.
    Blobs(Vec<Hash>),
    /// In the calldata of the submission, by its hash.
    Calldata(Hash),
}

/// Everything about a batch that must not depend on its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    /// The accumulator after the batch before; a race loses cleanly.
    pub parent: BatchAcc,
    /// The batch's place.
    pub index: BatchIndex,
    /// How many blocks it derives, whatever its data.
    pub block_count: u16,
    /// The first block's time.
    pub first_timestamp: Timestamp,
    /// Seconds between blocks.
    pub time_step: u32,
    /// Deposits it consumes.
    pub deposits: u16,
    /// Forced transactions it consumes.
    pub forced: u16,
    /// The L1 blocks its blocks can read, one or a few.
    pub anchors: Vec<Anchor>,
    /// Where its data is.
    pub data: DataRef,
}

/// A header that L1 refuses, so that derivation never sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A count is out of bounds.
    #[error("the batch has {got} {what}, but must have between {min} and {max}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        got: u64,
        /// The fewest.
        min: u64,
        /// The most.
        max: u64,
    },
    /// Blocks of one batch must have rising times.
    #[error("the time step is 0 or the last block's time does not fit 64 bits")]
    Time,
    /// Anchors must begin with block 0 and rise in both blocks and numbers.
    #[error(
        "anchor {0} is out of order: the first is for block 0, later ones for later blocks and later L1 blocks"
    )]
    AnchorOrder(usize),
    /// Forced transactions begin with the second block.
    #[error("a batch with forced transactions needs two blocks or more")]
    ForcedNeedsTwoBlocks,
}

impl BatchHeader {
    /// The packed form that L1 hashes; `spec/batch.md` describes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Packed::default()
            .u8(HEADER_VERSION)
            .hash(&self.parent.0)
            .u64(self.index.0)
            .u16(self.block_count)
            .u64(self.first_timestamp.0)
            .u32(self.time_step)
            .u16(self.deposits)
            .u16(self.forced)
            .u8(self.anchors.len().min(255) as u8);
        for anchor in &self.anchors {
            out = out.u16(anchor.from_block).u64(anchor.number).hash(&anchor.hash);
        }
        let (kind, hashes) = match &self.data {
            DataRef::None => (0, [].as_slice()),
            DataRef::Blobs(hashes) => (1, hashes.as_slice()),
            DataRef::Calldata(hash) => (2, core::slice::from_ref(hash)),
        };
        out = out.u8(kind).u8(hashes.len().min(255) as u8);
        hashes.iter().fold(out, Packed::hash).finish()
    }

    /// Reads the packed form, strictly: what reads encodes to the same bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut input = Unpack(bytes);
        match input.u8("version")? {
            HEADER_VERSION => {}
            got => {
                return Err(FormatError::Unknown { what: "header version", got, known: "1" });
            }
        }
        let parent = BatchAcc(input.hash("parent")?);
        let index = BatchIndex(input.u64("index")?);
        let block_count = input.u16("block count")?;
        let first_timestamp = Timestamp(input.u64("first timestamp")?);
        let time_step = input.u32("time step")?;
        let deposits = input.u16("deposits")?;
        let forced = input.u16("forced")?;
        let anchors = (0..input.u8("anchor count")?)
            .map(|_| {
                Ok(Anchor {
                    from_block: input.u16("anchor block")?,
                    number: input.u64("anchor number")?,
                    hash: input.hash("anchor hash")?,
                })
            })
            .collect::<Result<_, FormatError>>()?;
        let data = decode_data_ref(&mut input)?;
        input.end()?;
        Ok(Self {
            parent,
            index,
            block_count,
            first_timestamp,
            time_step,
            deposits,
            forced,
            anchors,
            data,
        })
    }

    /// The time of one of its blocks, counted from 0.
    pub fn timestamp(&self, block: u16) -> Option<Timestamp> {
        let offset = u64::from(self.time_step) * u64::from(block);
        self.first_timestamp.0.checked_add(offset).map(Timestamp)
    }

    /// The anchor that one of its blocks reads, counted from 0.
    pub fn anchor(&self, block: u16) -> Option<&Anchor> {
        self.anchors.iter().rev().find(|anchor| anchor.from_block <= block)
    }

    /// Everything L1 checks without looking at its own clock, queues and history.
    pub fn check(&self, limits: &BatchLimits) -> Result<(), HeaderError> {
        let count = |what, got: u64, min: u64, max: u64| {
            let error = HeaderError::Count { what, got, min, max };
            if (min..=max).contains(&got) { Ok(()) } else { Err(error) }
        };
        count("blocks", self.block_count.into(), 1, limits.blocks.into())?;
        count("anchors", self.anchors.len() as u64, 1, limits.anchors.into())?;
        count("deposits", self.deposits.into(), 0, limits.deposits.into())?;
        count("forced transactions", self.forced.into(), 0, limits.forced.into())?;
        if let DataRef::Blobs(hashes) = &self.data {
            count("blobs", hashes.len() as u64, 1, limits.blobs.into())?;
        }
        if self.time_step == 0 || self.timestamp(self.block_count - 1).is_none() {
            return Err(HeaderError::Time);
        }
        if self.forced > 0 && self.block_count < 2 {
            return Err(HeaderError::ForcedNeedsTwoBlocks);
        }
        self.check_anchors()
    }

    fn check_anchors(&self) -> Result<(), HeaderError> {
        let starts = self.anchors.first().is_some_and(|anchor| anchor.from_block == 0);
        let fits = |anchor: &Anchor| anchor.from_block < self.block_count;
        let rises = |pair: &[Anchor]| {
            pair[0].from_block < pair[1].from_block && pair[0].number < pair[1].number
        };
        if !starts {
            return Err(HeaderError::AnchorOrder(0));
        }
        if let Some(at) = self.anchors.iter().position(|anchor| !fits(anchor)) {
            return Err(HeaderError::AnchorOrder(at));
        }
        match self.anchors.windows(2).position(|pair| !rises(pair)) {
            Some(at) => Err(HeaderError::AnchorOrder(at + 1)),
            None => Ok(()),
        }
    }
}

fn decode_data_ref(input: &mut Unpack<'_>) -> Result<DataRef, FormatError> {
    let kind = input.u8("data kind")?;
    let hashes = (0..input.u8("hash count")?)
        .map(|_| input.hash("data hash"))
        .collect::<Result<Vec<_>, _>>()?;
    match (kind, hashes.as_slice()) {
        (0, []) => Ok(DataRef::None),
        (1, _) => Ok(DataRef::Blobs(hashes)),
        (2, [hash]) => Ok(DataRef::Calldata(*hash)),
        (got, _) => Err(FormatError::Unknown {
            what: "data kind",
            got,
            known: "0 without, 1 with any and 2 with one hash",
        }),
    }
}

/// What L1 remembers of an accepted batch, as one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRecord {
    /// The batch.
    pub header: BatchHeader,
    /// The number of its first block, as L1 counted.
    pub first_block: BlockNumber,
    /// The deposit queue before and after it.
    pub deposits: (QueueHead, QueueHead),
    /// The forced queue before and after it.
    pub forced: (QueueHead, QueueHead),
}

impl BatchRecord {
    /// The inbox's accumulator after this batch.
    pub fn acc(&self) -> BatchAcc {
        let queue = |out: Packed, (before, after): &(QueueHead, QueueHead)| {
            out.u64(before.next.0).hash(&before.acc.0).u64(after.next.0).hash(&after.acc.0)
        };
        let header = crate::keccak256(&self.header.encode());
        let out = Packed::tagged("tern.batch.v1")
            .hash(&self.header.parent.0)
            .hash(&header)
            .u64(self.first_block.0);
        BatchAcc(queue(queue(out, &self.deposits), &self.forced).keccak())
    }
}
