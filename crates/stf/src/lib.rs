#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod error;
mod executor;
mod header;
mod preimages;
mod spec;

pub use error::{Error, ErrorKind, Need};
pub use executor::{
    Execution, Executor, GenesisAccount, GenesisState, Receipt, SkipReason, Skipped,
};
pub use header::Header;
pub use preimages::{Keccak, PreimageSet, Preimages};
pub use spec::{BlobParams, ChainSpec, Fork};
