#![doc = include_str!("../README.md")]

mod client;
mod convert;
mod engine_api;
mod error;
mod ethrex;
mod jwt;
mod limits;
mod listener;
mod logs;
mod pages;
mod pool;
mod replica;
mod rpc;
mod subscriptions;

pub use client::{Announced, Budget, Built, Client, Head, Heads};
pub use error::{EngineError, Kind};
pub use ethrex::{Ethrex, Proof};
pub use jwt::Secret;
pub use listener::Bounded;
pub use replica::Replica;
pub use rpc::{Answer, Audience, Hook, RpcError};
