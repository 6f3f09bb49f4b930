//! What is wrong is said in a sentence, and nothing is touched.

use std::{
    fs,
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{
    rpc::wait,
    stack::{Stack, follower, tern},
};
use crate::{
    folder::{Folder, copy, files},
    stderr, stdout,
};

const POOR: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

/// Runs what must end by itself.
fn ended(mut command: Command) -> Output {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let status = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait(&format!("{command:?} ends"), 60, || child.try_wait().expect("it is ours"))
    }));
    if status.is_err() {
        let _ = child.kill();
    }
    let output = child.wait_with_output().expect("it is ours");
    assert!(status.is_ok(), "{}{}", stdout(&output), stderr(&output));
    output
}

fn refused(command: Command, says: &[&str]) {
    let output = ended(command);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    let [error] = errors[..] else { panic!("one sentence is expected: {said}") };
    assert!(says.iter().all(|says| error.contains(says)), "{says:?}: {error}");
    assert!(!said.contains(&POOR[..16]), "a key is never printed: {said}");
}

/// Everything that can be wrong with what one gives, on a stack that runs.
pub(crate) fn is_said(stack: &Stack, folder: &Folder) {
    given(stack, folder);
    keys(stack, folder);
    kept(stack, folder);
}

fn given(stack: &Stack, folder: &Folder) {
    let at = |name: &str| folder.0.join(name);
    let node = |l1: &str| {
        let mut node = tern();
        node.args(["node", "--data", &folder.path("none"), "--l1", l1]);
        node
    };
    let files = |mut node: Command, rollup: &Path| {
        node.arg("--rollup").arg(rollup).arg("--genesis").arg(stack.folder.join("genesis.json"));
        node
    };
    let rollup = stack.folder.join("rollup.json");
    refused(files(node("nowhere"), &rollup), &["nowhere", "not an address of the L1 node"]);
    refused(files(node(stack.sequencer.url()), &rollup), &["chain 7357", "31337"]);
    let text = fs::read_to_string(&rollup).expect("it is readable").replace("31337", "31338");
    let other = folder.file("other.json", &text, 0o644);
    refused(files(node(stack.l1.url()), Path::new(&other)), &["chain 31337", "31338"]);
    refused(files(node(stack.l1.url()), &at("nothing.json")), &["nothing.json"]);
    let port = stack.sequencer.url().rsplit(':').next().expect("a port");
    let mut taken = follower(stack, &at("none"));
    taken.args(["--http-port", port]);
    refused(taken, &["cannot listen", port, "--http-port"]);

    let up = |more: &[&str], anvil: &str| {
        let mut up = tern();
        up.args(["up", "--dir", &folder.path("other-up")]).args(more).env("TERN_ANVIL", anvil);
        up
    };
    refused(up(&[], "/nowhere/anvil"), &["/nowhere/anvil", "--anvil"]);
    refused(up(&["--port", port], "/bin/true"), &[port, "taken", "--port"]);
    let mut twice = tern();
    twice.args(["up", "--dir"]).arg(&stack.folder);
    refused(twice, &["another `tern up` runs", "--dir"]);
}

fn keys(stack: &Stack, folder: &Folder) {
    let poor = |command: &str, more: &[&str]| {
        let mut tern = tern();
        tern.arg(command).arg("--dir").arg(&stack.folder).args(more).env("TERN_KEY", POOR);
        tern
    };
    let to = ["--amount", "1", "--to", "0x00000000000000000000000000000000000000d1"];
    refused(poor("send", &to), &["has 0 ETH", "send it at least"]);
    refused(poor("force", &[&to[..], &["--gas", "21000"]].concat()), &["send it at least"]);
    refused(poor("deposit", &["--amount", "1"]), &["has 0 ETH", "send it at least"]);
    let gone = poor("deposit", &["--amount", "1", "--l1", "http://127.0.0.1:9"]);
    refused(gone, &["no L1 node answers", "127.0.0.1:9"]);

    let mut batcher = tern();
    batcher.arg("batcher").arg("--rollup").arg(stack.folder.join("rollup.json"));
    batcher.args(["--data", &folder.path("other-batcher"), "--l1", stack.l1.url()]);
    batcher.args(["--node", stack.sequencer.url()]);
    batcher.args(["--key-file", &folder.file("poor.key", POOR, 0o600)]);
    refused(batcher, &["may not submit", "sequencer"]);
}

/// Files of another version or broken ones stay as they are.
fn kept(stack: &Stack, folder: &Folder) {
    let data = folder.0.join("second");
    let spoilt = |name: &str, spoil: &dyn Fn(&Path), says: &[&str]| {
        let copied = folder.0.join(name);
        copy(&data, &copied);
        spoil(&copied);
        // What is well beside it may be opened, and RocksDB writes down that it tried.
        let broken = copied.join(says[0]);
        let diary = |path: &Path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("LOG"))
        };
        let before = databases(&broken);
        refused(follower(stack, &copied), says);
        let after = databases(&broken);
        for (path, bytes) in before.into_iter().filter(|(path, _)| !diary(path)) {
            let found = after.iter().find(|(other, _)| *other == path);
            assert!(found.is_some_and(|(_, now)| *now == bytes), "{} changed", path.display());
        }
    };
    let version = |data: &Path| {
        let path = data.join("engine/engine.version");
        assert!(path.is_file(), "the version of the database is in a file");
        fs::write(path, "0").expect("it is writable");
    };
    spoilt("old", &version, &["engine", "version"]);
    spoilt("torn", &|data| overwrite(&data.join("node.redb")), &["node.redb"]);
    let manifest = |data: &Path| {
        let found = files(&data.join("engine"));
        let name = |path: &Path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("MANIFEST"))
        };
        overwrite(&found.iter().find(|(path, _)| name(path)).expect("a RocksDB").0);
    };
    spoilt("corrupt", &manifest, &["engine"]);
}

/// A database's files: one, or all of a folder.
fn databases(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    if path.is_dir() {
        return files(path);
    }
    vec![(path.into(), fs::read(path).expect("it is readable"))]
}

/// Overwrites what a file begins with.
fn overwrite(path: &Path) {
    let mut file = fs::OpenOptions::new().read(true).write(true).open(path).expect("it is there");
    let mut start = vec![0; 64];
    let read = file.read(&mut start).expect("it is readable");
    start.iter_mut().for_each(|byte| *byte = !*byte);
    file.rewind().and_then(|()| file.write_all(&start[..read])).expect("it is writable");
}
