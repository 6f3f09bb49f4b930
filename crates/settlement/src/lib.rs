#![doc = include_str!("../README.md")]

mod call;
mod conflict;
mod council;
mod fault;
mod inbox;
mod money;
mod planted;
mod refusal;
mod registry;
mod rivals;
mod rules;
mod settle;
mod state;
mod status;
mod tee;
mod times;

pub use call::{Call, Caller, Conflict, Event, Outcome, Proof, World};
pub use fault::DevFault;
pub use inbox::{Inbox, Range};
pub use money::Money;
pub use refusal::Refusal;
pub use registry::{Announced, Registry, Seat, Version};
pub use rules::{Delays, Lane, LaneVersion, Lanes, Platform, Rules, Seconds, Terms, Verifier, Wei};
pub use state::{Beat, Content, Head, Inputs, Point, Proposal, ProposalState, Pulse, State};
pub use status::{Next, Reason, Stage, Status};
pub use tee::TeeBook;
