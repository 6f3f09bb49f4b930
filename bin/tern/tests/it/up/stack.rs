//! A stack that `tern up` runs.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::rpc::{Node, wait};
use crate::{lines, program, stderr, stdout};

pub(crate) const PARTS: [&str; 5] = ["l1", "sequencer", "follower", "batcher", "voter"];

/// The program, as nobody's shell has it configured.
pub(crate) fn tern() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tern"));
    command.env_remove("TERN_KEY").env_remove("RUST_LOG").env("TERN_ANVIL", program::anvil());
    command.stdin(Stdio::null());
    command
}

/// What runs in a folder.
pub(crate) struct Stack {
    up: Child,
    pub(crate) folder: PathBuf,
    pub(crate) endpoints: Value,
    pub(crate) l1: Node,
    pub(crate) sequencer: Node,
    pub(crate) follower: Node,
    /// How long it took until everything answered.
    pub(crate) ready: Duration,
}

impl Stack {
    /// Brings one up, or goes on with what the folder has.
    pub(crate) fn up(folder: &Path, options: &[&str]) -> Self {
        let (start, said) = (Instant::now(), folder.with_extension("stderr"));
        let errors = fs::OpenOptions::new().create(true).append(true).open(&said);
        let mut up = tern()
            .args(["up", "--json", "--dir"])
            .arg(folder)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(errors.expect("it is writable"))
            .spawn()
            .expect("the binary starts");
        let out = BufReader::new(up.stdout.take().expect("it is piped"));
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let Ok(line) = receiver.recv_timeout(Duration::from_secs(180)) else {
            let _ = up.kill();
            let _ = up.wait();
            panic!("it is not up: {}", fs::read_to_string(&said).unwrap_or_default());
        };
        let endpoints: Value = serde_json::from_str(&line).expect("one line of JSON");
        let node = |at: &Value| Node::new(at["http"].as_str().expect("a URL"));
        Self {
            up,
            folder: folder.into(),
            l1: node(&endpoints["l1"]),
            sequencer: node(&endpoints["l2"]["sequencer"]),
            follower: node(&endpoints["l2"]["follower"]),
            endpoints,
            ready: start.elapsed(),
        }
    }

    /// The process of a part.
    pub(crate) fn process(&self, part: &str) -> Option<u32> {
        let file = self.folder.join("run").join(format!("{part}.pid"));
        fs::read_to_string(file).ok()?.trim().parse().ok()
    }

    pub(crate) fn processes(&self) -> Vec<u32> {
        PARTS.iter().map(|part| self.process(part).expect("it runs")).collect()
    }

    /// Kills a part as the machine would, and waits until another one runs.
    pub(crate) fn kill(&self, part: &str) {
        let before = self.process(part).expect("it runs");
        signal(before, "KILL");
        wait(&format!("the {part} is started again"), 60, || {
            self.process(part).filter(|process| *process != before && runs(*process))
        });
    }

    /// A key that everybody knows, by the account's role and place among those of the role.
    pub(crate) fn key(&self, role: &str, place: usize) -> (String, String) {
        let accounts = self.endpoints["devAccounts"].as_array().expect("accounts");
        let account = accounts.iter().filter(|account| account["role"] == role).nth(place);
        let account = account.expect("there are as many");
        let text = |name: &str| account[name].as_str().expect("text").to_owned();
        (text("devKey"), text("address"))
    }

    /// Runs a command on this stack, for an account.
    pub(crate) fn run(&self, key: &str, arguments: &[&str]) -> Output {
        let (command, rest) = arguments.split_first().expect("a command");
        let mut tern = tern();
        tern.arg(command).arg("--dir").arg(&self.folder).arg("--json").args(rest);
        tern.env("TERN_KEY", key).output().expect("the binary starts")
    }

    /// What a command that must succeed says at its end.
    pub(crate) fn result(&self, key: &str, arguments: &[&str]) -> Value {
        let output = self.run(key, arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        lines(&output).pop().expect("a result")
    }

    /// Stops it, and waits until it has stopped.
    pub(crate) fn end(&mut self, name: &str) -> ExitStatus {
        signal(self.up.id(), name);
        let up = &mut self.up;
        wait("`tern up` ends", 60, || up.try_wait().expect("it is ours"))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if matches!(self.up.try_wait(), Ok(Some(_))) {
            return;
        }
        signal(self.up.id(), "TERM");
        let start = Instant::now();
        while start.elapsed().as_secs() < 60 && matches!(self.up.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.up.kill();
        let _ = self.up.wait();
    }
}

/// A node beside the stack.
pub(crate) struct Beside {
    child: Child,
    pub(crate) node: Node,
}

impl Beside {
    /// A follower of the stack's rollup with a folder of its own.
    pub(crate) fn follow(stack: &Stack, data: &Path) -> Self {
        Self::follow_with(stack, data, &[])
    }

    /// The same with more options.
    pub(crate) fn follow_with(stack: &Stack, data: &Path, options: &[&str]) -> Self {
        let log = data.with_extension("log");
        let mut child = follower(stack, data)
            .args(options)
            .stderr(fs::File::create(&log).expect("it is writable"))
            .spawn()
            .expect("the binary starts");
        let url = wait("the follower answers", 60, || {
            let said = fs::read_to_string(&log).expect("it is readable");
            assert_eq!(child.try_wait().expect("it is ours"), None, "{said}");
            let (_, url) = said.lines().find(|line| line.contains("ready"))?.split_once("http=")?;
            Some(url.split_whitespace().next()?.to_owned())
        });
        Self { child, node: Node::new(&url) }
    }

    /// Asks it to stop.
    pub(crate) fn stop(mut self) {
        signal(self.child.id(), "TERM");
        let child = &mut self.child;
        let status = wait("the follower stops", 30, || child.try_wait().expect("it is ours"));
        assert!(status.success(), "{status}");
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command of a follower of the stack's rollup.
pub(crate) fn follower(stack: &Stack, data: &Path) -> Command {
    let mut command = tern();
    command.arg("node").arg("--data").arg(data).args(["--l1", stack.l1.url()]);
    for name in ["rollup", "genesis"] {
        command.arg(format!("--{name}")).arg(stack.folder.join(format!("{name}.json")));
    }
    command
}

pub(crate) fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(status.expect("kill is there").success() || name == "TERM");
}

/// Whether a process runs.
pub(crate) fn runs(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name, which may contain anything, is the state; Z has ended.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
