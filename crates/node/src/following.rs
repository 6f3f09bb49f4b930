//! A sequencer's blocks before L1 has them.

use std::{sync::Arc, time::Duration};

use tern_engine::{Client, EngineError};
use tern_node_api::NodeClient;
use tokio::sync::mpsc::Sender;
use tracing::{debug, warn};

use crate::{
    NodeError,
    core::heads::At,
    shared::{Backoff, Shared},
};

/// How often the sequencer is asked.
const PAUSE: Duration = Duration::from_millis(400);
/// Blocks in one question.
const COUNT: u64 = 64;

/// Imports a sequencer's blocks for as long as the node runs. L1 has the last word: what is
/// imported here is `latest` only as long as it continues what is derived.
pub(crate) async fn follow(shared: Arc<Shared>, url: String, to: Sender<At>) {
    let mut backoff = Backoff::default();
    let mut said = String::new();
    loop {
        let error = match NodeClient::connect(&url).await {
            Ok(sequencer) => loop {
                match import(&shared, &sequencer, &to).await {
                    Ok(true) => backoff.reset(),
                    Ok(false) => {
                        backoff.reset();
                        tokio::time::sleep(PAUSE).await;
                    }
                    Err(error) => break error,
                }
                if to.is_closed() {
                    return;
                }
            },
            Err(error) => error.into(),
        };
        if said != error.to_string() {
            said = error.to_string();
            warn!(
                "the sequencer cannot be followed ({said}); blocks come from L1 only until it can"
            );
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

/// Imports the next blocks. Whether there may be more at once.
async fn import(
    shared: &Arc<Shared>,
    sequencer: &NodeClient,
    to: &Sender<At>,
) -> Result<bool, NodeError> {
    let ours = shared.status().heads;
    let mut from = ours.latest.number + 1;
    let mut blocks = sequencer.blocks(from, COUNT).await?;
    if blocks.is_empty() {
        // It may have gone back and forth; the block where we are tells.
        let theirs = sequencer.status().await?.heads.latest;
        if theirs.number > ours.latest.number || theirs.hash == ours.latest.hash {
            return Ok(false);
        }
        from = ours.safe.number + 1;
        blocks = sequencer.blocks(from, COUNT).await?;
    }
    let mut last = None;
    for (at, block) in blocks.iter().enumerate() {
        match shared.engine.import(&block.0).await {
            Ok(head) => last = Some(At { number: head.number, hash: head.hash }),
            // The sequencer has dropped what we have: again from what L1 has.
            Err(EngineError::Unknown { .. }) if at == 0 && from > ours.safe.number + 1 => {
                let again = sequencer.blocks(ours.safe.number + 1, COUNT).await?;
                for block in &again {
                    let head = shared.engine.import(&block.0).await?;
                    last = Some(At { number: head.number, hash: head.hash });
                }
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(last) = last {
        debug!(number = last.number, "imported from the sequencer");
        if to.send(last).await.is_err() {
            return Ok(false);
        }
        // The driver has to take it before the next question makes sense.
        tokio::time::sleep(PAUSE / 8).await;
    }
    Ok(blocks.len() as u64 == COUNT)
}
