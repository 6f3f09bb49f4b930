//! Other execution clients that are given every block.

use std::sync::Arc;

use tern_engine::{Client, EngineError, Heads, Replica};
use tern_protocol::Hash;
use tracing::{info, warn};

use crate::{
    NodeError, ReplicaOptions,
    shared::{Backoff, Shared},
};

/// Blocks after which a client that is behind is told how far it is: it may be killed, and some
/// look through everything above their head for each block.
const STRIDE: usize = 32;

/// Keeps one client where this node is, for as long as the node runs. Whatever the client does,
/// the node goes on.
pub(crate) async fn feed(shared: Arc<Shared>, options: ReplicaOptions) {
    let mut heads = shared.heads.subscribe();
    let mut backoff = Backoff::default();
    let mut said = String::new();
    loop {
        let error = match Replica::connect(&options.url, &options.jwt_secret).await {
            Ok(replica) => {
                info!(replica = replica.name(), "connected");
                let replica = replica.with_requests_from(shared.engine.clone());
                loop {
                    let target = *heads.borrow_and_update();
                    match bring(&shared, &replica, target).await {
                        Ok(()) => backoff.reset(),
                        Err(error) => break error,
                    }
                    if heads.changed().await.is_err() {
                        return;
                    }
                }
            }
            Err(error) => error.into(),
        };
        if said != error.to_string() {
            said = error.to_string();
            warn!("{said}; it is tried again");
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

/// Gives a client what it misses, in order, then the tags.
async fn bring(shared: &Arc<Shared>, replica: &Replica, target: Heads) -> Result<(), NodeError> {
    let has = replica.latest().await?;
    // Downwards from the target until a block that the client has for sure.
    let path = shared
        .blocking(move |shared| {
            let mut path = Vec::new();
            let mut at = target.latest;
            while let Some(head) = shared.engine.head(at)? {
                if head.hash == has.hash || head.number == 0 {
                    break;
                }
                path.push(at);
                at = head.parent;
                // Above its head it may have nothing; below, trying is cheaper than walking on.
                if head.number + 64 < has.number {
                    break;
                }
            }
            Ok(path)
        })
        .await?;
    let mut missing: Vec<_> = path.into_iter().rev().collect();
    let (mut valid, mut at) = (has.hash, 0);
    while let Some(hash) = missing.get(at).copied() {
        let found = shared
            .blocking(move |shared| Ok(shared.engine.block(hash)?.zip(shared.engine.head(hash)?)));
        let Some((block, head)) = found.await? else { return Ok(()) };
        let alone = Heads { latest: hash, safe: Hash::ZERO, finalized: Hash::ZERO };
        match replica.import(&block).await {
            Ok(_) if (at + 1).is_multiple_of(STRIDE) => replica.set_heads(alone).await?,
            Ok(_) => {}
            // It has the block before and puts this one off: some execute a large block only
            // when it is to be the head.
            Err(EngineError::Unknown { .. }) if head.parent == valid => {
                replica.set_heads(alone).await?;
            }
            // It misses the block before, too.
            Err(EngineError::Unknown { .. }) if at == 0 && head.number > 1 => {
                missing.insert(0, head.parent);
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        (valid, at) = (hash, at + 1);
    }
    Ok(replica.set_heads(target).await?)
}
