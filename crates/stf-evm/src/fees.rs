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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ethereum, Rules};

    #[test]
    fn blob_prices_are_those_of_the_eip() {
        // From the specification's own approximation, and at both ends.
        for (excess, price) in [(0u64, 1u64), (2_314_057, 1), (2_314_058, 2), (10 << 20, 23)] {
            assert_eq!(blob_base_fee(excess, &BlobParams::CANCUN), U256::from(price), "{excess}");
        }
        assert_eq!(blob_base_fee(u64::MAX, &BlobParams::CANCUN), U256::MAX);
        let odd = BlobParams { target: 0, max: 0, update_fraction: 0 };
        assert_eq!(blob_base_fee(0, &odd), U256::one());
    }

    #[test]
    fn base_fees_follow_the_gas_used() {
        let next = Ethereum::next_base_fee;
        assert_eq!(next(1_000_000_000, 15_000_000, 30_000_000), 1_000_000_000);
        assert_eq!(next(1_000_000_000, 30_000_000, 30_000_000), 1_125_000_000);
        assert_eq!(next(1_000_000_000, 0, 30_000_000), 875_000_000);
        assert_eq!(next(7, 15_000_001, 30_000_000), 8);
        assert_eq!(next(7, 14_999_999, 30_000_000), 7);
        assert_eq!(next(0, 30_000_000, 30_000_000), 1);
        assert_eq!(next(u64::MAX, 30_000_000, 30_000_000), u64::MAX);
        assert_eq!(next(5, 7, 0), 9);
    }
}
