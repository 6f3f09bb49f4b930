//! What users do with a rollup: arguments, progress and results.

pub(crate) mod address;
pub(crate) mod deposit;
pub(crate) mod force;
pub(crate) mod relieve;
pub(crate) mod send;
pub(crate) mod status;
pub(crate) mod withdraw;

use std::{io::Write, path::PathBuf, time::Duration};

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;
use tern_interop_address::InteropAddress;
use tern_l1::{Key, L1};
use tern_wallet::{Account, Amount, Chains, Event, Sources};

use crate::{failure::Failure, keys::KeyOptions};

/// Where the two ends are. What is not given comes from a `tern up` that runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Ends {
    /// The URL of an L1 node [default: that of tern up]
    #[arg(long, value_name = "URL")]
    pub(crate) l1: Option<String>,
    /// The URL of a node of the rollup [default: the sequencer of tern up]
    #[arg(long, visible_alias = "node", value_name = "URL")]
    pub(crate) l2: Option<String>,
    /// The rollup's rollup.json [default: that of tern up, or what the node says]
    #[arg(long, value_name = "FILE")]
    pub(crate) rollup: Option<PathBuf>,
    /// The folder of tern up.
    #[arg(long, value_name = "DIR", default_value = ".tern/up")]
    pub(crate) dir: PathBuf,
}

impl Ends {
    fn sources(&self) -> Sources {
        Sources {
            l1: self.l1.clone(),
            l2: self.l2.clone(),
            rollup: self.rollup.clone(),
            dir: self.dir.clone(),
            max_fee: None,
        }
    }
}

/// Connects to L1, and to a node of the rollup if one answers as it should; without a node only if
/// `alone` says that none is needed.
async fn connect(sources: &Sources, alone: bool) -> Result<Chains, Failure> {
    let chains = sources.connect_l1(alone).await?;
    if let Some(why) = &chains.away {
        eprintln!("no node of the rollup is asked: {why}");
    }
    Ok(chains)
}

/// Who pays, where, and how much at most: what every command takes that sends.
#[derive(Debug, Args)]
pub(crate) struct Payer {
    #[command(flatten)]
    ends: Ends,
    /// The most that a unit of gas may cost, on L1 and in the rollup, in gwei unless another unit
    /// follows [default: 500]
    #[arg(long, value_name = "GWEI", value_parser = fee)]
    max_fee: Option<Amount>,
    #[command(flatten)]
    key: KeyOptions,
}

impl Payer {
    /// The ends, held to what may be paid.
    fn sources(&self) -> Sources {
        Sources { max_fee: self.max_fee.map(|fee| fee.0.saturating_to()), ..self.ends.sources() }
    }

    /// The key, said on stderr as the account it signs for.
    fn key(&self, chain: &L1) -> Result<Key, Failure> {
        let key = Key::load(&self.key.source())?;
        let account = InteropAddress::evm(chain.chain_id(), key.address().into_array());
        if let Ok(account) = account {
            eprintln!("from {account}");
        }
        Ok(key)
    }
}

/// What a unit of gas may cost, in the words of the command line.
fn fee(text: &str) -> Result<Amount, tern_wallet::WalletError> {
    tern_wallet::parse_fee(text)
}

/// An account in the words of the command line.
fn account(text: &str) -> Result<Account, tern_interop_address::Error> {
    text.parse()
}

/// An amount in the words of the command line.
fn amount(text: &str) -> Result<Amount, tern_wallet::WalletError> {
    tern_wallet::parse_amount(text)
}

/// Progress on stderr: what is done stays, what it waits for is replaced.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn start() -> Self {
        let bar = ProgressBar::new_spinner()
            .with_style(crate::ef_test::style("{spinner} {elapsed} {msg}"));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Done(text) => self.bar.suspend(|| eprintln!("{text}")),
            // Without a terminal the bar shows nothing, and a log shall.
            Event::Waits(text) if self.bar.is_hidden() => {
                if self.bar.message() != text {
                    eprintln!("... {text}");
                    self.bar.set_message(text);
                }
            }
            Event::Waits(text) => self.bar.set_message(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How much of what.
fn value(amount: Amount, token: Option<&InteropAddress>) -> String {
    match token {
        None => amount.to_string(),
        Some(token) => format!("{} units of the token {token}", amount.0),
    }
}

/// The result: one JSON object, or words.
fn print<T: Serialize>(json: bool, result: &T, words: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(result)?)?;
    } else {
        writeln!(out, "{}", words.trim_end())?;
    }
    Ok(())
}
