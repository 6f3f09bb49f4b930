//! Ethereum's precompiled contracts, Paris to Prague: what they cost and what they give.
//!
//! Nothing here reads or changes state. A call either pays its price and has an output,
//! or fails and takes all the gas it was given; there is nothing in between.

mod blake2;
mod bls12_381;
mod bn254;
mod ecrecover;
mod hashes;
mod kzg;
mod modexp;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use tern_stf::Fork;

pub(crate) use ecrecover::recover_address;

/// A successful call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// What the call cost.
    pub(crate) gas_used: u64,
    /// What it returned.
    pub(crate) bytes: Vec<u8>,
}

/// A failed call: it returns nothing and takes all the gas it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure;

/// A precompiled contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precompile {
    /// The sender of a signature.
    EcRecover,
    /// SHA-256.
    Sha256,
    /// RIPEMD-160.
    Ripemd160,
    /// The input itself.
    Identity,
    /// Modular exponentiation (EIP-198, priced by EIP-2565).
    ModExp,
    /// BN254 addition (EIP-196, priced by EIP-1108).
    Bn254Add,
    /// BN254 multiplication (EIP-196, priced by EIP-1108).
    Bn254Mul,
    /// BN254 pairing check (EIP-197, priced by EIP-1108).
    Bn254Pairing,
    /// BLAKE2b's compression function (EIP-152).
    Blake2F,
    /// KZG point evaluation (EIP-4844).
    PointEvaluation,
    /// BLS12-381 addition in G1 (EIP-2537, like all that follow).
    BlsG1Add,
    /// BLS12-381 multi-scalar multiplication in G1.
    BlsG1Msm,
    /// BLS12-381 addition in G2.
    BlsG2Add,
    /// BLS12-381 multi-scalar multiplication in G2.
    BlsG2Msm,
    /// BLS12-381 pairing check.
    BlsPairing,
    /// BLS12-381 field element to a point of G1.
    BlsMapG1,
    /// BLS12-381 extension field element to a point of G2.
    BlsMapG2,
}

/// The contracts by address: the first is at 0x01, the next at 0x02, and so on.
const BY_ADDRESS: [Precompile; 17] = [
    Precompile::EcRecover,
    Precompile::Sha256,
    Precompile::Ripemd160,
    Precompile::Identity,
    Precompile::ModExp,
    Precompile::Bn254Add,
    Precompile::Bn254Mul,
    Precompile::Bn254Pairing,
    Precompile::Blake2F,
    Precompile::PointEvaluation,
    Precompile::BlsG1Add,
    Precompile::BlsG1Msm,
    Precompile::BlsG2Add,
    Precompile::BlsG2Msm,
    Precompile::BlsPairing,
    Precompile::BlsMapG1,
    Precompile::BlsMapG2,
];

/// How many of them a fork has.
const fn count(fork: Fork) -> u8 {
    match fork {
        Fork::Paris | Fork::Shanghai => 9,
        Fork::Cancun => 10,
        Fork::Prague => 17,
    }
}

/// The contract at an address, if the fork has one there.
pub(crate) fn lookup(fork: Fork, address: &[u8; 20]) -> Option<Precompile> {
    let (last, leading) = address.split_last()?;
    if leading.iter().any(|byte| *byte != 0) || *last > count(fork) {
        return None;
    }
    BY_ADDRESS.get(usize::from(last.checked_sub(1)?)).copied()
}

/// Where the fork's contracts are. Every transaction starts with these warm (EIP-2929).
pub(crate) fn addresses(fork: Fork) -> impl Iterator<Item = [u8; 20]> {
    (1..=count(fork)).map(|last| {
        let mut address = [0; 20];
        address[19] = last;
        address
    })
}

impl Precompile {
    /// Pays for the call and makes it.
    pub(crate) fn run(self, input: &[u8], gas_limit: u64) -> Result<Output, Failure> {
        // Nothing is read, let alone allocated, before it is paid for.
        let gas_used = self.gas(input).ok_or(Failure)?;
        if gas_used > gas_limit {
            return Err(Failure);
        }
        let bytes = self.execute(input)?;
        Ok(Output { gas_used, bytes })
    }

    /// What a call costs; `None` if it is more than 64 bits can say.
    pub(crate) fn gas(self, input: &[u8]) -> Option<u64> {
        let words = || u64::try_from(input.len().div_ceil(32)).ok();
        let items = |size: usize| u64::try_from(input.len() / size).ok();
        match self {
            Self::EcRecover => Some(3000),
            Self::Sha256 => linear(60, 12, words()?),
            Self::Ripemd160 => linear(600, 120, words()?),
            Self::Identity => linear(15, 3, words()?),
            Self::ModExp => modexp::gas(input),
            Self::Bn254Add => Some(150),
            Self::Bn254Mul => Some(6000),
            Self::Bn254Pairing => linear(45_000, 34_000, items(bn254::PAIR)?),
            Self::Blake2F => Some(blake2::rounds(input).into()),
            Self::PointEvaluation => Some(50_000),
            Self::BlsG1Add => Some(375),
            Self::BlsG1Msm => bls12_381::g1_msm_gas(input.len()),
            Self::BlsG2Add => Some(600),
            Self::BlsG2Msm => bls12_381::g2_msm_gas(input.len()),
            Self::BlsPairing => linear(37_700, 32_600, items(bls12_381::PAIR)?),
            Self::BlsMapG1 => Some(5500),
            Self::BlsMapG2 => Some(23_800),
        }
    }

    fn execute(self, input: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::EcRecover => Ok(ecrecover::run(input)),
            Self::Sha256 => Ok(hashes::sha256(input).to_vec()),
            Self::Ripemd160 => Ok(hashes::ripemd160(input).to_vec()),
            Self::Identity => Ok(input.to_vec()),
            Self::ModExp => modexp::run(input),
            Self::Bn254Add => bn254::add(input),
            Self::Bn254Mul => bn254::mul(input),
            Self::Bn254Pairing => bn254::pairing(input),
            Self::Blake2F => blake2::run(input),
            Self::PointEvaluation => kzg::run(input),
            Self::BlsG1Add => bls12_381::g1_add(input),
            Self::BlsG1Msm => bls12_381::g1_msm(input),
            Self::BlsG2Add => bls12_381::g2_add(input),
            Self::BlsG2Msm => bls12_381::g2_msm(input),
            Self::BlsPairing => bls12_381::pairing(input),
            Self::BlsMapG1 => bls12_381::map_g1(input),
            Self::BlsMapG2 => bls12_381::map_g2(input),
        }
    }
}

fn linear(base: u64, each: u64, items: u64) -> Option<u64> {
    each.checked_mul(items)?.checked_add(base)
}

/// The first bytes of an input that is read as if zeros followed it forever.
fn padded<const N: usize>(input: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let len = input.len().min(N);
    out[..len].copy_from_slice(&input[..len]);
    out
}

/// A boolean as the 32 bytes contracts expect.
fn boolean(value: bool) -> Vec<u8> {
    let mut out = alloc::vec![0; 32];
    out[31] = value.into();
    out
}
