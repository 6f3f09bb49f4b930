//! Prices that follow from the block before.

use evm::uint::U256;
use tern_stf::{BlobParams, Header};

/// Gas of a blob (EIP-4844).
pub(crate) const BLOB_GAS: u64 = 1 << 17;

/// Blob gas above the target, carried on (EIP-4844).
pub(crate) fn excess_blob_gas(parent: &Header, blobs: &BlobParams) -> u64 {
    let carried = parent.excess_blob_gas.unwrap_or(0);
    let used = parent.blob_gas_used.unwrap_or(0);
    carried.saturating_add(used).saturating_sub(blobs.target.saturating_mul(BLOB_GAS))
}

/// The price of a unit of blob gas: e to the power of excess over the fraction, as
/// EIP-4844 approximates it. A price above 2^256 is the largest number instead.
pub(crate) fn blob_base_fee(excess: u64, blobs: &BlobParams) -> U256 {
    let fraction = U256::from(blobs.update_fraction.max(1));
    let mut term = fraction;
    let mut sum = U256::zero();
    let mut step = U256::one();
    while !term.is_zero() {
        let next = sum.checked_add(term).and_then(|new_sum| {
            let power = term.checked_mul(U256::from(excess))?;
            Some((new_sum, power / fraction.checked_mul(step)?))
        });
        let Some((new_sum, new_term)) = next else { return U256::MAX };
        (sum, term) = (new_sum, new_term);
        step = step.saturating_add(U256::one());
    }
    sum / fraction
}
