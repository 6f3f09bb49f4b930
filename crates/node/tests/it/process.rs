//! A sequencer in a process of its own, to be killed.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tern_node::stop_signal;
use tern_node_api::NodeClient;

use crate::{
    chain::run,
    world::{Node, World, options, sequencing},
};

const FOLDER: &str = "TERN_TEST_FOLDER";
const L1: &str = "TERN_TEST_L1";

/// A running process with the data folder `killed`.
pub(crate) struct Process {
    child: Child,
    pub(crate) node: Node,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address_file(folder: &Path) -> PathBuf {
    folder.join("address")
}

impl Process {
    pub(crate) async fn start(world: &World) -> Self {
        let file = address_file(world.folder());
        let _ = std::fs::remove_file(&file);
        let this = std::env::current_exe().expect("it runs");
        let child = Command::new(this)
            .args(["--ignored", "--exact", "process::a_sequencer_in_a_process", "--nocapture"])
            .env(FOLDER, world.folder())
            .env(L1, &world.url)
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts again");
        let url = loop {
            if let Ok(url) = std::fs::read_to_string(&file) {
                break url;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let client = NodeClient::connect(&url).await.expect("it answers");
        Self { child, node: Node::elsewhere(client, url) }
    }

    /// As `kill -9` does.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

#[test]
#[ignore = "a part of the test that kills it"]
fn a_sequencer_in_a_process() {
    let (Ok(folder), Ok(l1)) = (std::env::var(FOLDER), std::env::var(L1)) else { return };
    let folder = PathBuf::from(folder);
    run(async {
        let options = options(&folder, &l1, "killed", sequencing());
        let ready = |at: tern_node::Ready| {
            let file = address_file(&folder);
            let half = file.with_extension("half");
            std::fs::write(&half, format!("http://{}", at.address)).expect("it is writable");
            std::fs::rename(half, file).expect("it is writable");
        };
        tern_node::run(options, ready, stop_signal()).await.expect("it runs");
    });
}
