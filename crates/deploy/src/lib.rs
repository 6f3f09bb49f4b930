#![doc = include_str!("../README.md")]

mod abi;
mod apply;
mod bind;
mod check;
mod code;
mod config;
mod construct;
mod error;
mod facts;
mod files;
mod genesis;
mod params;
mod plan;
mod reason;
mod simulate;
mod units;

pub use abi::RollupFactory::{RollupAddresses, RollupParams};
pub use apply::{Applied, Event, afford, apply, missing, preflight};
pub use bind::{Bound, bind};
pub use check::{Report, Row, check};
pub use config::{Config, EXAMPLE};
pub use error::DeployError;
pub use files::{Files, Planned};
pub use genesis::{ANCHOR_CACHE, Account, BlobNumbers, ChainRules, Genesis, OUTBOX, TOKEN_BRIDGE};
pub use plan::{CREATE2_DEPLOYER, Goal, Plan, Shared, Step};
pub use simulate::{Simulated, simulate};
pub use units::{Seconds, Tokens, Wei};
