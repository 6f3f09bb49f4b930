//! A development L1.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A development node that lives as long as this value.
#[derive(Debug)]
pub struct Anvil {
    child: Child,
    url: String,
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
        let error = |source| AnvilError::Start { program: program.into(), source };
        // Somebody may take the port in between; then it ends, and says so.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .map_err(error)?
            .port();
        let mut child = Command::new(program)
            .args(["--hardfork", "osaka", "--port", &port.to_string()])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(error)?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout);
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).map_err(error)? == 0 {
                    break;
                }
                if line.contains("Listening on") {
                    // A pipe that nobody empties stops the node.
                    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
                    return Ok(Self { child, url: format!("http://127.0.0.1:{port}") });
                }
            }
        }
        if let Some(mut stderr) = child.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut stderr, &mut said);
        }
        let _ = child.wait();
        Err(AnvilError::Ended { program: program.into(), said: said.trim().into() })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
