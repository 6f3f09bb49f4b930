//! ethrex's journal of what each block overwrote on the disk, and stepping back over it.
//!
//! The first block that goes to the disk after a step back overwrites the newest state of the
//! branch before. ethrex journals just that, under an entry which says that it leads to the
//! block's parent: a second step back over this block would end in a mix of two states. So what
//! a step back undoes is written down before, and that entry is set right before it is used.

use std::{
    collections::HashMap,
    mem, thread,
    time::{Duration, Instant},
};

use ethrex_common::H256;
use ethrex_storage::{
    api::tables::{MISC_VALUES, STATE_HISTORY},
    journal::{FlatDiff, JournalEntry},
};
use tern_stf_ethrex::keccak;
use tracing::{debug, warn};

use super::{Inner, revive::Turn};
use crate::{EngineError, convert::h256};

/// Where the last step back is written down: as one entry for all that it undid.
const STEP_BACK: &[u8] = b"tern_step_back";

/// How long a deep step back waits for ethrex's background work on a new database.
const PATIENCE: Duration = Duration::from_secs(30);

impl Inner {
    /// What undoes a block of the branch whose state is on the disk.
    pub(super) fn journal(&self, number: u64) -> Result<Option<JournalEntry>, EngineError> {
        self.entry(STATE_HISTORY, number.to_be_bytes().to_vec())
    }

    fn entry(
        &self,
        table: &'static str,
        key: Vec<u8>,
    ) -> Result<Option<JournalEntry>, EngineError> {
        let bytes =
            self.store.read(table, key).map_err(|error| self.failed("read its journal", &error))?;
        let entry = bytes.map(|bytes| JournalEntry::decode(&bytes)).transpose();
        entry.map_err(|error| broken(error.to_string()))
    }

    fn write_entry(
        &self,
        table: &'static str,
        key: Vec<u8>,
        entry: &JournalEntry,
    ) -> Result<(), EngineError> {
        self.store
            .write(table, key, entry.encode())
            .map_err(|error| self.failed("write its journal", &error))
    }

    /// Puts the state before block `from` in place of the newest one on the disk. The states
    /// in memory are dropped; all of them can be made again.
    pub(super) fn undo(&self, turn: &mut Turn, from: u64) -> Result<(), EngineError> {
        let failed = |error| self.failed("step back in its journal", &error);
        self.await_background_work()?;
        let Some(_pass) = self.chain.enter_reorg() else {
            return Err(broken("another step back is under way".to_owned()));
        };
        self.mend()?;
        let edge = self.store.highest_state_history_block_number().map_err(failed)?.unwrap_or(from);
        warn!(from, to = edge, "stepping back over blocks that are not canonical any more");
        let undone = self.between(from, edge)?;
        self.write_entry(MISC_VALUES, STEP_BACK.to_vec(), &undone)?;
        turn.pivot = Some(undone.parent_state_root);
        // That the oldest entry is of the right block was looked at already.
        self.store.install_overlay_for_reorg(edge, from, |_| None).map_err(failed)
    }

    /// Waits until the journal of what comes is whole.
    pub(super) fn await_background_work(&self) -> Result<(), EngineError> {
        let failed = |error| self.failed("look at its background work", &error);
        let begun = Instant::now();
        while !self.store.flatkeyvalue_fully_generated().map_err(failed)? {
            if begun.elapsed() > PATIENCE {
                return Err(broken(
                    "its background work on the state has not ended yet".to_owned(),
                ));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// All that undoing these blocks changes, as the entry of the first.
    fn between(&self, from: u64, to: u64) -> Result<JournalEntry, EngineError> {
        let mut sections: [HashMap<Vec<u8>, Option<Vec<u8>>>; 4] = Default::default();
        let mut number = to;
        loop {
            let missing = || broken(format!("the entry of block {number} is not there"));
            let mut entry = self.journal(number)?.ok_or_else(missing)?;
            // What the oldest block overwrote counts, and it comes last.
            for (section, diff) in sections.iter_mut().zip(diffs(&mut entry)) {
                section.extend(mem::take(diff));
            }
            if number <= from {
                for (section, diff) in sections.into_iter().zip(diffs(&mut entry)) {
                    diff.extend(section);
                }
                return Ok(entry);
            }
            number -= 1;
        }
    }

    /// Sets the entry right that ethrex wrote for the first block after the last step back.
    fn mend(&self) -> Result<(), EngineError> {
        let Some(mut undone) = self.entry(MISC_VALUES, STEP_BACK.to_vec())? else { return Ok(()) };
        let Some(first) = self.header(undone.block_hash)? else { return Ok(()) };
        let Some(mut entry) = self.journal(first.number)? else { return Ok(()) };
        let promised = entry.parent_state_root;
        if leads_to(&entry) == Some(promised) || promised != undone.parent_state_root {
            return Ok(());
        }
        debug!(number = first.number, "setting the journal right after a step back");
        for (diff, undone) in diffs(&mut entry).into_iter().zip(diffs(&mut undone)) {
            let before: HashMap<_, _> = mem::take(undone).into_iter().collect();
            for (key, value) in diff {
                if let Some(before) = before.get(key) {
                    value.clone_from(before);
                }
            }
        }
        if leads_to(&entry) != Some(promised) {
            return Err(broken(format!("the entry of block {} is of another state", first.number)));
        }
        self.write_entry(STATE_HISTORY, first.number.to_be_bytes().to_vec(), &entry)
    }
}

fn diffs(entry: &mut JournalEntry) -> [&mut FlatDiff; 4] {
    [
        &mut entry.account_trie_diff,
        &mut entry.storage_trie_diff,
        &mut entry.account_flat_diff,
        &mut entry.storage_flat_diff,
    ]
}

/// The state that undoing an entry ends in: the one of the root that the block overwrote.
fn leads_to(entry: &JournalEntry) -> Option<H256> {
    let root = entry.account_trie_diff.iter().find(|(path, _)| path.is_empty());
    root.and_then(|(_, node)| node.as_deref()).map(|node| h256(keccak(node)))
}

fn broken(reason: String) -> EngineError {
    EngineError::Ethrex { what: "step back in its journal", reason }
}
