#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod cross_check;
mod error;
mod executor;
mod genesis;
mod header;
mod preimages;
mod spec;
mod witness;

pub use cross_check::{
    Answer, CrossError, Disagreement, Subject, compare, cross_build, cross_check,
};
pub use error::{Error, ErrorKind, Need};
pub use executor::{
    Execution, Executor, GenesisAccount, GenesisState, Receipt, SkipReason, Skipped,
};
pub use genesis::{GenesisError, check_genesis_accounts, check_genesis_header, system_accounts};
pub use header::Header;
pub use preimages::{Keccak, PreimageSet, Preimages};
pub use spec::{BlobParams, ChainSpec, Fork};
pub use witness::{Recorder, Witness, WitnessError, WitnessLimits};
