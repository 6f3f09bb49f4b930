//! The one function of this crate and what it takes and gives.

use alloc::vec::Vec;

use tern_codec::{BLOB_BYTES, BatchData, DataError};
use tern_protocol::{
    BatchHeader, BlockInputs, BlockNumber, Candidate, DataRef, Deposit, Forced, Hash, HeaderError,
    QueueIndex, RollupConfig, Withdrawal, keccak256,
};

/// An accepted batch with everything that it consumes.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Its header, as L1 accepted it.
    pub header: &'a BatchHeader,
    /// The number of its first block.
    pub first_block: BlockNumber,
    /// Its data as L1 has it, of the kind that the header says. Ignored if the header has none.
    pub data: DataBytes<'a>,
    /// The index of the first deposit it consumes.
    pub first_deposit: QueueIndex,
    /// The deposits it consumes.
    pub deposits: &'a [Deposit],
    /// The forced transactions it consumes.
    pub forced: &'a [Forced],
}

/// A batch's data as L1 has it. Whether it is well formed is for derivation to say; that it is
/// what the header's hashes commit to, and all of it, is the caller's promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataBytes<'a> {
    /// There is none.
    None,
    /// The blobs in the order of the header's hashes.
    Blobs(&'a [&'a [u8]]),
    /// The calldata.
    Calldata(&'a [u8]),
}

/// The inputs of a batch's blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Exactly as many as the header says.
    pub blocks: Vec<BlockInputs>,
    /// Why the sequencer's transactions were dropped, if they were.
    pub dropped: Option<DataError>,
}

/// A batch that L1 cannot have accepted: the caller mixed something up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeriveError {
    /// The header is one that L1 refuses.
    #[error("the batch's header is not valid: {0}")]
    Header(#[from] HeaderError),
    /// Other entries were given than the header consumes.
    #[error("the header consumes {expected} {what}, but {got} were given")]
    Entries {
        /// Which queue.
        what: &'static str,
        /// How many the header consumes.
        expected: u16,
        /// How many were given.
        got: usize,
    },
    /// Data of another kind was given than the header has, or other blobs than it counts.
    #[error("the header's data is {expected}, but {got} was given")]
    Data {
        /// What the header has.
        expected: &'static str,
        /// What was given.
        got: &'static str,
    },
    /// One forced transaction was accepted with more gas than the configuration allows.
    #[error("forced transaction {index} has {got} gas, more than the {limit} allowed")]
    ForcedGas {
        /// Its place among those given.
        index: usize,
        /// Its gas.
        got: u64,
        /// The most it may have.
        limit: u64,
    },
    /// The forced transactions together need more blocks than the batch has.
    #[error("the forced transactions have {got} gas, more than the {limit} that fit the blocks")]
    ForcedCapacity {
        /// Their gas.
        got: u128,
        /// The most that surely fits.
        limit: u128,
    },
    /// The forced transactions together are too long.
    #[error("the forced transactions have {got} bytes, more than the {limit} allowed")]
    ForcedBytes {
        /// Their bytes.
        got: usize,
        /// The most they may have.
        limit: u32,
    },
    /// A deposit of nothing, or block or deposit numbers beyond 64 bits.
    #[error("{0}")]
    Impossible(&'static str),
}

/// The gas of forced transactions that surely fits a batch, in whatever order they come:
/// a block is only closed when the next one does not fit, so all but `forced_gas` of each
/// block from the second on is used.
pub const fn forced_gas_capacity(config: &RollupConfig, block_count: u16) -> u128 {
    let a_block = config.gas_limit.saturating_sub(config.limits.forced_gas);
    a_block as u128 * (block_count as u128).saturating_sub(1)
}

/// Derives the inputs of every block of a batch.
///
/// Malformed data drops the sequencer's transactions, with the reason in
/// [`Derived::dropped`], and nothing else.
pub fn derive(config: &RollupConfig, batch: &Batch<'_>) -> Result<Derived, DeriveError> {
    let header = batch.header;
    header.check(&config.limits)?;
    check_entries(config, batch)?;

    let (data, dropped) = match read_data(config, batch)? {
        Ok(data) => (data, None),
        Err(reason) => (BatchData::default(), Some(reason)),
    };

    let mut forced = batch.forced.iter().peekable();
    let mut sequenced = data.blocks.into_iter();
    let mut blocks = Vec::with_capacity(usize::from(header.block_count));
    for at in 0..header.block_count {
        let mut block = empty_block(config, batch, at)?;
        if at == 0 {
            block.withdrawals = withdrawals(batch)?;
        } else {
            block.candidates = take_forced(&mut forced, config.gas_limit);
        }
        let own = sequenced.next().unwrap_or_default().into_iter();
        block.candidates.extend(own.map(|raw| Candidate { raw, forced_gas: None }));
        blocks.push(block);
    }
    Ok(Derived { blocks, dropped })
}

/// The outer error is the caller's mistake, the inner one the sequencer's.
fn read_data(
    config: &RollupConfig,
    batch: &Batch<'_>,
) -> Result<Result<BatchData, DataError>, DeriveError> {
    let decode = |bytes: &[u8]| tern_codec::decode(bytes, batch.header.block_count, &config.limits);
    match (&batch.header.data, batch.data) {
        (DataRef::None, _) => Ok(Ok(BatchData::default())),
        (DataRef::Calldata(_), DataBytes::Calldata(bytes)) => Ok(decode(bytes)),
        (DataRef::Blobs(hashes), DataBytes::Blobs(blobs)) => {
            let whole = blobs.iter().all(|blob| blob.len() == BLOB_BYTES);
            if hashes.len() != blobs.len() || !whole {
                let (expected, got) = ("one blob a hash", "another number or length of blobs");
                return Err(DeriveError::Data { expected, got });
            }
            Ok(tern_codec::unpack(blobs).and_then(|bytes| decode(&bytes)))
        }
        (expected, got) => {
            let expected = match expected {
                DataRef::None => "none",
                DataRef::Blobs(_) => "blobs",
                DataRef::Calldata(_) => "calldata",
            };
            let got = match got {
                DataBytes::None => "none",
                DataBytes::Blobs(_) => "blobs",
                DataBytes::Calldata(_) => "calldata",
            };
            Err(DeriveError::Data { expected, got })
        }
    }
}

fn check_entries(config: &RollupConfig, batch: &Batch<'_>) -> Result<(), DeriveError> {
    let count = |what, expected: u16, got: usize| {
        let error = DeriveError::Entries { what, expected, got };
        if usize::from(expected) == got { Ok(()) } else { Err(error) }
    };
    count("deposits", batch.header.deposits, batch.deposits.len())?;
    count("forced transactions", batch.header.forced, batch.forced.len())?;

    let limits = &config.limits;
    if let Some(index) = batch.forced.iter().position(|entry| entry.gas > limits.forced_gas) {
        let got = batch.forced[index].gas;
        return Err(DeriveError::ForcedGas { index, got, limit: limits.forced_gas });
    }
    let got = batch.forced.iter().map(|entry| u128::from(entry.gas)).sum();
    let limit = forced_gas_capacity(config, batch.header.block_count);
    if got > limit {
        return Err(DeriveError::ForcedCapacity { got, limit });
    }
    let got = batch.forced.iter().map(|entry| entry.raw.len()).sum();
    if got > limits.forced_bytes as usize {
        return Err(DeriveError::ForcedBytes { got, limit: limits.forced_bytes });
    }
    if batch.deposits.iter().any(|deposit| deposit.amount.0 == 0) {
        return Err(DeriveError::Impossible("a deposit of nothing cannot have been accepted"));
    }
    Ok(())
}

fn empty_block(
    config: &RollupConfig,
    batch: &Batch<'_>,
    at: u16,
) -> Result<BlockInputs, DeriveError> {
    let header = batch.header;
    let number = batch.first_block.0.checked_add(at.into());
    let number = number.ok_or(DeriveError::Impossible("a block number exceeds 64 bits"))?;
    // Both exist: the header was checked.
    let timestamp = header.timestamp(at).ok_or(HeaderError::Time)?;
    let anchor = header.anchor(at).ok_or(HeaderError::AnchorOrder(0))?;
    Ok(BlockInputs {
        timestamp,
        gas_limit: config.gas_limit,
        beneficiary: config.fee_recipient,
        prev_randao: prev_randao(&anchor.hash, number),
        extra_data: config.extra_data.clone(),
        parent_beacon_block_root: anchor.hash,
        withdrawals: Vec::new(),
        candidates: Vec::new(),
    })
}

/// Nobody's choice once the anchor is known; still no source of secrets, since the
/// sequencer picks the anchor.
fn prev_randao(anchor: &Hash, number: u64) -> Hash {
    let mut bytes = Vec::with_capacity(72);
    bytes.extend_from_slice(&keccak256(b"tern.prevrandao.v1").0);
    bytes.extend_from_slice(&anchor.0);
    bytes.extend_from_slice(&number.to_be_bytes());
    keccak256(&bytes)
}

fn withdrawals(batch: &Batch<'_>) -> Result<Vec<Withdrawal>, DeriveError> {
    let too_many = DeriveError::Impossible("a deposit index exceeds 64 bits");
    (0u64..)
        .zip(batch.deposits)
        .map(|(at, deposit)| {
            let index = batch.first_deposit.0.checked_add(at).ok_or(too_many.clone())?;
            let (address, amount) = (deposit.to, deposit.amount);
            Ok(Withdrawal { index, validator_index: 0, address, amount })
        })
        .collect()
}

/// Takes forced transactions in order, as long as the next one surely fits the block.
fn take_forced<'a>(
    queue: &mut core::iter::Peekable<impl Iterator<Item = &'a Forced>>,
    gas_limit: u64,
) -> Vec<Candidate> {
    let mut left = gas_limit;
    let mut taken = Vec::new();
    while let Some(entry) = queue.next_if(|entry| entry.gas <= left) {
        left -= entry.gas;
        taken.push(Candidate { raw: entry.raw.clone(), forced_gas: Some(entry.gas) });
    }
    taken
}
