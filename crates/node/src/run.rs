//! Starting and stopping a node.

use std::{future::Future, net::SocketAddr};

use crate::{NodeError, Options};

/// What is known once a node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Where it answers: HTTP and WebSocket.
    pub address: SocketAddr,
}

/// Runs a node until `stop` is done or something has to be changed by somebody.
///
/// `ready` is called once, when the node answers. It may be killed at any instant: the next run
/// with the same folder goes on.
pub async fn run(
    options: Options,
    ready: impl FnOnce(Ready) + Send,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), NodeError> {
    let _ = (options, ready, stop);
    Err(NodeError::Ended("start"))
}

/// Done when somebody asks the process to stop: Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    std::future::pending().await
}
