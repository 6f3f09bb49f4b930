#![doc = include_str!("../README.md")]

mod client;
mod types;

pub use client::NodeClient;
pub use types::{
    BatchInfo, BlockRef, Bytes, Heads, L1Ref, MessageProof, NodeStatus, QueueSpan, Role, Segment,
    SegmentAnchor,
};
