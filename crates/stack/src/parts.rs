//! How each part is started.

use std::{ffi::OsString, path::PathBuf};

use crate::{folder::Folder, ports::Ports};

/// The hidden command of `tern` that runs another program and ends it with its parent.
pub const GUARD: &str = "dev-guard";

/// How old a segment may become, in L1 blocks: somebody who tries things waits for batches.
const SEGMENT_AGE: u32 = 3;

/// What the parts' command lines are made of.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) folder: PathBuf,
    pub(crate) ports: Ports,
    pub(crate) block_time: u32,
    pub(crate) l1_block_time: u32,
}

/// Names of the parts, which are also names of folders and logs.
pub(crate) const SEQUENCER: &str = "sequencer";
pub(crate) const FOLLOWER: &str = "follower";
pub(crate) const BATCHER: &str = "batcher";
pub(crate) const VOTER: &str = "voter";

impl Layout {
    pub(crate) fn new(folder: &Folder, ports: Ports, block_time: u32, l1_block_time: u32) -> Self {
        Self { folder: folder.path().into(), ports, block_time, l1_block_time }
    }

    pub(crate) fn l1(&self) -> String {
        url(self.ports.l1)
    }

    pub(crate) fn sequencer(&self) -> String {
        url(self.ports.sequencer)
    }

    pub(crate) fn follower(&self) -> String {
        url(self.ports.follower)
    }

    /// The arguments of a part, after the program's name.
    pub(crate) fn arguments(&self, part: &str) -> Vec<OsString> {
        let mut line = Line(Vec::new());
        let rollup = self.folder.join("rollup.json");
        match part {
            SEQUENCER | FOLLOWER => {
                line.word("node").path("--rollup", &rollup);
                line.path("--genesis", &self.folder.join("genesis.json"));
                line.path("--data", &self.folder.join(part)).word("--rpc-debug");
            }
            BATCHER => {
                line.word("batcher").path("--rollup", &rollup);
                line.path("--data", &self.folder.join(part)).value("--node", &self.sequencer());
                line.path("--key-file", &self.folder.join("keys/sequencer.key"));
                line.value("--poll", &1);
            }
            // It believes the node that believes only L1.
            _ => {
                line.word("dev-voter").value("--node", &self.follower());
                line.path("--key-file", &self.folder.join("keys/voter.key"));
            }
        }
        line.value("--l1", &self.l1());
        if part == SEQUENCER {
            line.word("--sequencer").value("--http-port", &self.ports.sequencer);
            line.value("--block-time", &self.block_time);
            let age = SEGMENT_AGE * self.l1_block_time.max(self.block_time);
            line.value("--max-segment-age", &age);
        }
        if part == FOLLOWER {
            line.value("--http-port", &self.ports.follower);
        }
        line.0
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

struct Line(Vec<OsString>);

impl Line {
    fn word(&mut self, word: &str) -> &mut Self {
        self.0.push(word.into());
        self
    }

    fn value(&mut self, name: &str, value: &(impl ToString + ?Sized)) -> &mut Self {
        self.0.extend([name.into(), value.to_string().into()]);
        self
    }

    fn path(&mut self, name: &str, path: &std::path::Path) -> &mut Self {
        self.0.extend([name.into(), path.into()]);
        self
    }
}

/// The command lines that `run` uses, for whoever checks that the program understands them.
pub fn commands() -> Vec<Vec<OsString>> {
    let layout = Layout {
        folder: "folder".into(),
        ports: Ports { l1: 1, sequencer: 2, follower: 3 },
        block_time: 1,
        l1_block_time: 2,
    };
    [SEQUENCER, FOLLOWER, BATCHER, VOTER].map(|part| layout.arguments(part)).into()
}
