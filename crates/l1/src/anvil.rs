//! A development L1.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A development node that lives as long as this value.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    url: String,
}

/// How a development node runs.
#[derive(Debug, Clone, Default)]
pub struct AnvilOptions {
    /// Its port; a free one if none is given.
    pub port: Option<u16>,
    /// A file that it loads at the start, if it is there, and writes every few seconds and at its end.
    /// Blobs are not part of it.
    pub state: Option<PathBuf>,
    /// Seconds between blocks. Else every transaction makes one.
    pub block_time: Option<u64>,
    /// Its chain id, else 31337.
    pub chain_id: Option<u64>,
    /// The words its accounts come from.
    pub mnemonic: Option<String>,
    /// How many accounts have ether.
    pub accounts: Option<u16>,
    /// A file for what it says, else nobody reads it.
    pub log: Option<PathBuf>,
    /// Other arguments.
    pub arguments: Vec<String>,
}

/// Why there is no development node.
#[derive(Debug, thiserror::Error)]
pub enum AnvilError {
    /// The program does not start.
    #[error("cannot start {program}: {source}; run tools/contracts path anvil to install it")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It ended before it listened.
    #[error("{program} ended before it listened: {said}")]
    Ended {
        /// The program.
        program: PathBuf,
        /// Its last words.
        said: String,
    },
}

impl Anvil {
    /// Starts one on a free port under Osaka rules, and waits until it listens.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self, AnvilError> {
        let arguments = arguments.iter().copied().map(Into::into).collect();
        Self::with(program, &AnvilOptions { arguments, ..AnvilOptions::default() })
    }

    /// As `start`, with options.
    pub fn with(program: &Path, options: &AnvilOptions) -> Result<Self, AnvilError> {
        let error = |source| AnvilError::Start { program: program.into(), source };
        let port = match options.port {
            Some(port) => port,
            // Somebody may take it in between; then the node ends, and says so.
            None => TcpListener::bind("127.0.0.1:0")
                .and_then(|socket| socket.local_addr())
                .map_err(error)?
                .port(),
        };
        let mut log = options.log.as_ref().map(File::create).transpose().map_err(error)?;
        let mut child = Command::new(program)
            .args(["--hardfork", "osaka", "--port", &port.to_string()])
            .args(options.command_line())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(error)?;
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout);
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).map_err(error)? == 0 {
                    break;
                }
                if let Some(log) = &mut log {
                    log.write_all(line.as_bytes()).map_err(error)?;
                }
                if line.contains("Listening on") {
                    // A pipe that nobody empties stops the node.
                    if let Some(mut stderr) = child.stderr.take() {
                        std::thread::spawn(move || io::copy(&mut stderr, &mut io::sink()));
                    }
                    std::thread::spawn(move || match log {
                        Some(mut log) => io::copy(&mut lines, &mut log),
                        None => io::copy(&mut lines, &mut io::sink()),
                    });
                    return Ok(Self { child, url: format!("http://127.0.0.1:{port}") });
                }
            }
        }
        let mut said = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        let _ = child.wait();
        Err(AnvilError::Ended { program: program.into(), said: said.trim().into() })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it in a way that lets it write its state; after some seconds, in any way.
    pub fn stop(mut self) {
        let Ok(pid) = i32::try_from(self.child.id()) else { return };
        if kill(Pid::from_raw(pid), Signal::SIGINT).is_err() {
            return;
        }
        let start = Instant::now();
        while self.is_running() && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl AnvilOptions {
    fn command_line(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            arguments.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        };
        let state = self.state.as_ref().map(|path| path.display().to_string());
        // What a killed node loses is what it did since it last wrote.
        add("--state-interval", state.as_ref().map(|_| "2".to_owned()));
        add("--state", state);
        add("--block-time", self.block_time.map(|seconds| seconds.to_string()));
        add("--chain-id", self.chain_id.map(|id| id.to_string()));
        add("--mnemonic", self.mnemonic.clone());
        add("--accounts", self.accounts.map(|count| count.to_string()));
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
