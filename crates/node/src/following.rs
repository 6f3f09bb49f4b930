//! A sequencer's blocks before L1 has them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tern_engine::{Announced, Client, EngineError};
use tern_node_api::NodeClient;
use tern_protocol::{Hash, RollupConfig};
use tokio::sync::mpsc::Sender;
use tracing::{debug, warn};

use crate::{
    NodeError,
    core::heads::At,
    shared::{Backoff, Shared, now},
};

/// How often the sequencer is asked.
const PAUSE: Duration = Duration::from_millis(400);
/// Blocks in one question.
const COUNT: u64 = 64;
/// Seconds that the sequencer's clock may be before ours.
const DRIFT: u64 = 60;
/// Blocks of one height that are taken before one of them is on L1. An honest sequencer makes
/// another only where L1 goes back.
const SIBLINGS: usize = 16;

/// Imports a sequencer's blocks for as long as the node runs. L1 has the last word: what is
/// imported here is `latest` only as long as it continues what is derived.
pub(crate) async fn follow(shared: Arc<Shared>, url: String, to: Sender<At>) {
    let mut backoff = Backoff::default();
    let mut judge = Judge::default();
    let mut said = String::new();
    loop {
        let error = match NodeClient::connect(&url).await {
            Ok(sequencer) => loop {
                match import(&shared, &sequencer, &to, &mut judge).await {
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
    judge: &mut Judge,
) -> Result<bool, NodeError> {
    let status = shared.status();
    let ours = status.heads;
    let mut after = ours.latest;
    let mut blocks = sequencer.blocks(after.number + 1, COUNT).await?;
    if blocks.is_empty() {
        // It may have gone back and forth; the block where we are tells.
        let theirs = sequencer.status().await?.heads.latest;
        if theirs.number > ours.latest.number || theirs.hash == ours.latest.hash {
            return Ok(false);
        }
    }
    let continues = match blocks.first() {
        Some(block) => Announced::read(&block.0)?.head.parent == after.hash,
        None => false,
    };
    if !continues && after.number > ours.safe.number {
        // The sequencer has dropped what we have: again from what L1 has.
        after = ours.safe;
        blocks = sequencer.blocks(after.number + 1, COUNT).await?;
    }
    judge.forget(ours.safe.number);
    judge.now = now().as_secs().max(status.l1_head.map_or(0, |l1| l1.timestamp));
    let mut last = At { number: after.number, hash: after.hash };
    for block in &blocks {
        let announced = Announced::read(&block.0)?;
        judge.admit(&shared.rollup.config, last, &announced).map_err(|reason| {
            let client = "this node, before it looks closer,".to_owned();
            EngineError::Invalid { client, hash: announced.head.hash, reason }
        })?;
        let head = shared.engine.import(&block.0).await?;
        last = At { number: head.number, hash: head.hash };
    }
    if !blocks.is_empty() {
        debug!(number = last.number, "imported from the sequencer");
        if to.send(last).await.is_err() {
            return Ok(false);
        }
        // The driver has to take it before the next question makes sense.
        tokio::time::sleep(PAUSE / 8).await;
    }
    Ok(blocks.len() as u64 == COUNT)
}

/// Tells what can be a block of this rollup from what cannot. To execute a block costs time, may
/// make older states again and fills the disk, and whoever answers may not be the sequencer.
#[derive(Debug, Default)]
struct Judge {
    /// The time, in seconds.
    now: u64,
    /// The blocks of each height that were let through.
    admitted: BTreeMap<u64, BTreeSet<Hash>>,
}

impl Judge {
    /// Nothing up to the safe block is taken from a sequencer.
    fn forget(&mut self, safe: u64) {
        self.admitted = self.admitted.split_off(&(safe + 1));
    }

    /// Lets a block through, or says why not.
    fn admit(&mut self, config: &RollupConfig, after: At, block: &Announced) -> Result<(), String> {
        let head = &block.head;
        if (head.parent, head.number) != (after.hash, after.number + 1) {
            return Err(format!("it does not follow block {}", after.number));
        }
        let ours = (config.gas_limit, config.fee_recipient, config.extra_data.as_slice());
        if (block.gas_limit, block.beneficiary, block.extra_data.as_slice()) != ours {
            return Err("its gas limit, beneficiary or extraData is not the rollup's".to_owned());
        }
        if head.timestamp > self.now.saturating_add(DRIFT) {
            return Err(format!("it is of time {}, and now is {}", head.timestamp, self.now));
        }
        let siblings = self.admitted.entry(head.number).or_default();
        if siblings.len() >= SIBLINGS && !siblings.contains(&head.hash) {
            return Err(format!(
                "{SIBLINGS} others came for height {} already: blocks up to there are taken from \
                 L1 only",
                head.number
            ));
        }
        siblings.insert(head.hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tern_engine::Head;

    use super::*;
    use crate::core::model::config;

    const PARENT: At = At { number: 7, hash: Hash([7; 32]) };

    fn block(salt: u8) -> Announced {
        let head = Head { number: 8, hash: Hash([salt; 32]), parent: PARENT.hash, timestamp: 1000 };
        let RollupConfig { gas_limit, fee_recipient: beneficiary, extra_data, .. } = config();
        Announced { head, gas_limit, beneficiary, extra_data }
    }

    fn judge() -> Judge {
        Judge { now: 1000, ..Judge::default() }
    }

    #[test]
    fn what_cannot_be_a_block_of_the_rollup_is_not_executed() {
        assert_eq!(judge().admit(&config(), PARENT, &block(1)), Ok(()));
        let changes: [fn(&mut Announced); 6] = [
            |block| block.head.parent = Hash([9; 32]),
            |block| block.head.number = 9,
            |block| block.head.timestamp += DRIFT + 1,
            |block| block.gas_limit += 1,
            |block| block.beneficiary.0[0] ^= 1,
            |block| block.extra_data.push(0),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut block = block(1);
            change(&mut block);
            assert!(judge().admit(&config(), PARENT, &block).is_err(), "change {at}");
        }
    }

    #[test]
    fn one_height_has_so_many_blocks_until_it_is_safe() {
        let mut judge = judge();
        for salt in 0..20 {
            let admitted = judge.admit(&config(), PARENT, &block(salt)).is_ok();
            assert_eq!(admitted, usize::from(salt) < SIBLINGS, "{salt}");
        }
        assert_eq!(judge.admit(&config(), PARENT, &block(0)), Ok(()));
        judge.forget(7);
        assert!(judge.admit(&config(), PARENT, &block(19)).is_err());
        judge.forget(8);
        assert!(judge.admitted.is_empty());
    }
}
