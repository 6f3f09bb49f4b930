#![doc = include_str!("../README.md")]

mod abi;
mod apply;
mod check;
mod code;
mod config;
mod error;
mod facts;
mod params;
mod plan;
mod reason;
mod simulate;
mod units;

pub use abi::RollupFactory::{RollupAddresses, RollupParams};
pub use apply::{Applied, Event, afford, apply, missing, preflight};
pub use check::{Report, Row, check};
pub use config::{Config, EXAMPLE};
pub use error::DeployError;
pub use plan::{CREATE2_DEPLOYER, Goal, Plan, Shared, Step};
pub use simulate::{Simulated, simulate};
pub use units::{Seconds, Tokens, Wei};
