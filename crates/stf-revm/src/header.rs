//! What a header must be, given its parent: everything that needs no execution.

use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt::Display;

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_primitives::{B64, U256};
use alloy_rlp::Decodable;
use tern_protocol::{Hash, Timestamp};
use tern_stf::{BlobParams, ChainSpec, Error, Fork, Need, Preimages};

/// Gas of one blob (EIP-4844).
pub(crate) const GAS_PER_BLOB: u64 = 1 << 17;

const MIN_GAS_LIMIT: u64 = 5_000;
const MAX_GAS_LIMIT: u64 = i64::MAX as u64;
const GAS_LIMIT_STEP: u64 = 1_024;
const MAX_EXTRA_DATA: usize = 32;
const ELASTICITY: u64 = 2;
const BASE_FEE_STEP: u128 = 8;

/// Decodes exactly one header.
pub(crate) fn decode(mut rlp: &[u8]) -> Result<Header, String> {
    let header = Header::decode(&mut rlp).map_err(|error| error.to_string())?;
    if rlp.is_empty() { Ok(header) } else { Err("bytes follow the header".into()) }
}

/// A known header.
pub(crate) fn load(preimages: &dyn Preimages, hash: Hash) -> Result<Header, Error> {
    let need = Need::Header;
    let rlp = preimages.get(&hash).ok_or_else(|| Error::missing(need, hash))?;
    decode(rlp).map_err(|reason| Error::Malformed { need, hash, reason })
}

/// The error for a field that is not what it must be.
pub(crate) fn wrong(field: &'static str, expected: impl Display, got: impl Display) -> Error {
    Error::Field { field, expected: expected.to_string(), got: got.to_string() }
}

/// Demands that a field has one certain value.
pub(crate) fn must_be<T: PartialEq + Display>(
    field: &'static str,
    expected: T,
    got: T,
) -> Result<(), Error> {
    if expected == got { Ok(()) } else { Err(wrong(field, expected, got)) }
}

/// The fields that follow from the parent and the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Derived {
    pub(crate) fork: Fork,
    pub(crate) number: u64,
    pub(crate) base_fee: u64,
    /// Blob numbers and excess blob gas, from Cancun.
    pub(crate) blobs: Option<(BlobParams, u64)>,
}

impl Derived {
    /// Computes them for a block at `timestamp` after `parent`.
    pub(crate) fn new(spec: &ChainSpec, parent: &Header, timestamp: u64) -> Result<Self, Error> {
        let time = Timestamp(timestamp);
        let blobs = match spec.blobs_at(time) {
            Some(BlobParams { update_fraction: 0, .. }) => {
                return Err(Error::Inputs("the blob update fraction is zero".into()));
            }
            Some(params) => Some((params, next_excess_blob_gas(parent, params)?)),
            None => None,
        };
        Ok(Self {
            fork: spec.fork_at(time),
            number: parent
                .number
                .checked_add(1)
                .ok_or_else(|| Error::Inputs("the parent is the last possible block".into()))?,
            base_fee: next_base_fee(parent)?,
            blobs,
        })
    }
}

/// The first header field that a block's maker chooses and that breaks a rule.
pub(crate) fn check_choices(parent: &Header, header: &Header) -> Result<(), Error> {
    if header.timestamp <= parent.timestamp {
        let expected = format!("more than {}", parent.timestamp);
        return Err(wrong("timestamp", expected, header.timestamp));
    }
    let (limit, before) = (header.gas_limit, parent.gas_limit);
    if limit.abs_diff(before) >= before / GAS_LIMIT_STEP
        || !(MIN_GAS_LIMIT..=MAX_GAS_LIMIT).contains(&limit)
    {
        let expected = format!(
            "from {MIN_GAS_LIMIT} to {MAX_GAS_LIMIT} and less than {} away from {before}",
            before / GAS_LIMIT_STEP
        );
        return Err(wrong("gasLimit", expected, limit));
    }
    if header.extra_data.len() > MAX_EXTRA_DATA {
        let expected = format!("at most {MAX_EXTRA_DATA} bytes");
        let got = format!("{} bytes", header.extra_data.len());
        return Err(wrong("extraData", expected, got));
    }
    Ok(())
}

/// Checks every field that does not depend on execution or on the body.
pub(crate) fn check(parent: &Header, derived: &Derived, header: &Header) -> Result<(), Error> {
    must_be("number", derived.number, header.number)?;
    check_choices(parent, header)?;
    must_be("sha3Uncles", EMPTY_OMMER_ROOT_HASH, header.ommers_hash)?;
    must_be("difficulty", U256::ZERO, header.difficulty)?;
    must_be("nonce", B64::ZERO, header.nonce)?;
    check_presence(derived.fork, header)?;
    let base_fee = header.base_fee_per_gas.unwrap_or_default();
    must_be("baseFeePerGas", derived.base_fee, base_fee)?;
    if header.gas_used > header.gas_limit {
        let expected = format!("at most {}", header.gas_limit);
        return Err(wrong("gasUsed", expected, header.gas_used));
    }
    if let Some((params, excess)) = derived.blobs {
        must_be("excessBlobGas", excess, header.excess_blob_gas.unwrap_or_default())?;
        let used = header.blob_gas_used.unwrap_or_default();
        let most = params.max.saturating_mul(GAS_PER_BLOB);
        if used > most || !used.is_multiple_of(GAS_PER_BLOB) {
            let expected = format!("a multiple of {GAS_PER_BLOB}, at most {most}");
            return Err(wrong("blobGasUsed", expected, used));
        }
    }
    Ok(())
}

fn check_presence(fork: Fork, header: &Header) -> Result<(), Error> {
    let fields = [
        ("baseFeePerGas", Some(Fork::Paris), header.base_fee_per_gas.is_some()),
        ("withdrawalsRoot", Some(Fork::Shanghai), header.withdrawals_root.is_some()),
        ("blobGasUsed", Some(Fork::Cancun), header.blob_gas_used.is_some()),
        ("excessBlobGas", Some(Fork::Cancun), header.excess_blob_gas.is_some()),
        ("parentBeaconBlockRoot", Some(Fork::Cancun), header.parent_beacon_block_root.is_some()),
        ("requestsHash", Some(Fork::Prague), header.requests_hash.is_some()),
        ("blockAccessListHash", None, header.block_access_list_hash.is_some()),
        ("slotNumber", None, header.slot_number.is_some()),
    ];
    let word = |present| if present { "present" } else { "absent" };
    for (field, since, present) in fields {
        let expected = since.is_some_and(|since| fork >= since);
        must_be(field, word(expected), word(present))?;
    }
    Ok(())
}

/// EIP-1559.
fn next_base_fee(parent: &Header) -> Result<u64, Error> {
    let unusable = |what: &str| Error::Inputs(format!("the parent has {what}"));
    let base_fee = parent.base_fee_per_gas.ok_or_else(|| unusable("no base fee"))?;
    let target = parent.gas_limit / ELASTICITY;
    if target == 0 {
        return Err(unusable("no gas"));
    }
    let change = |distance: u64| {
        u128::from(base_fee) * u128::from(distance) / u128::from(target) / BASE_FEE_STEP
    };
    let next = if parent.gas_used > target {
        u128::from(base_fee) + change(parent.gas_used - target).max(1)
    } else {
        u128::from(base_fee) - change(target - parent.gas_used)
    };
    u64::try_from(next).map_err(|_| unusable("a base fee that cannot rise further"))
}

/// EIP-4844, with the numbers that hold for the new block (EIP-7691).
fn next_excess_blob_gas(parent: &Header, params: BlobParams) -> Result<u64, Error> {
    let excess = parent.excess_blob_gas.unwrap_or_default();
    let used = parent.blob_gas_used.unwrap_or_default();
    let target = params.target.saturating_mul(GAS_PER_BLOB);
    let total = u128::from(excess) + u128::from(used);
    u64::try_from(total.saturating_sub(u128::from(target)))
        .map_err(|_| Error::Inputs("the parent's excess blob gas cannot rise further".into()))
}
