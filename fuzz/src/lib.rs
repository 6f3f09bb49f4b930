//! What the targets that check blocks share.

use tern_protocol::ChainId;
use tern_stf::{
    ChainSpec, Error, Execution, Executor, Keccak, PreimageSet, Witness, WitnessLimits,
};

/// The chain that the seeds were made on.
pub fn spec() -> ChainSpec {
    ChainSpec::rollup(ChainId(7357))
}

/// Takes an input apart: the block's length in four bytes, the block, a binary witness.
pub fn split(input: &[u8], keccak: Keccak) -> Option<(&[u8], PreimageSet)> {
    let (length, rest) = input.split_first_chunk()?;
    let (block, witness) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let limits = WitnessLimits { bytes: 1 << 20, entries: 10_000, entry_bytes: 1 << 17 };
    let witness = Witness::from_bytes(witness, &limits).ok()?;
    Some((block, witness.into_preimages(keccak)))
}

/// Whatever the input, an executor answers; and what it agrees with hashes to its name.
pub fn check(
    executor: &dyn Executor,
    keccak: Keccak,
    input: &[u8],
) -> Option<Result<Execution, Error>> {
    let (block, preimages) = split(input, keccak)?;
    let answer = executor.check(&spec(), block, &preimages);
    if let Ok(execution) = &answer {
        assert_eq!(execution.block, block, "an accepted block has one encoding");
        assert_eq!(keccak(&execution.header_rlp), execution.hash);
    }
    Some(answer)
}
