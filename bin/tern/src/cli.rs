//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A rollup that is final when any two of three independent proofs agree.
///
/// Results go to stdout, progress to stderr. Exit code 0: all is well; 1: a difference or a
/// failed test was found; 2: the command could not do its work, and says why.
#[derive(Debug, Parser)]
#[command(name = "tern", version, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  tern up                                 a whole rollup on this machine
  tern deploy --example > rollup.toml     begin one of your own
  tern node --help                        follow one, trusting only L1")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a whole rollup for development: L1, sequencer, batcher, follower.
    Up(crate::up::Up),
    /// Run a node of a rollup: it trusts only L1. With --sequencer it makes blocks.
    Node(crate::node::Node),
    /// Post a sequencer's blocks to L1.
    Batcher(crate::batcher::Batcher),
    /// Vote for what a node derived, in place of the provers: development chains only.
    DevVoter(crate::dev_voter::DevVoter),
    /// Move ETH from L1 into a rollup.
    Deposit(crate::wallet::deposit::Deposit),
    /// Send ETH, or call a contract, in a rollup.
    Send(crate::wallet::send::Send),
    /// Move ETH from a rollup to L1.
    Withdraw(crate::wallet::withdraw::Withdraw),
    /// Send a transaction to a rollup past its sequencer.
    Force(crate::wallet::force::Force),
    /// Take the queues on L1 into a rollup whose sequencer is silent.
    Relieve(crate::wallet::relieve::Relieve),
    /// Show how far a rollup, its claims and one's withdrawals are.
    Status(crate::wallet::status::Status),
    /// Show addresses with their chain as text and as bytes.
    Address(crate::wallet::address::Address),
    /// Deploy a rollup's contracts to L1, or read back what is deployed.
    Deploy(Deploy),
    /// Show three executors on one chain, one of them made wrong in turn (no L1, no proof).
    Demo(Demo),
    /// Run public Ethereum block tests.
    EfTest(EfTest),
    /// Compare the executors with each other.
    #[command(subcommand)]
    Stf(Stf),
    #[command(name = tern_stack::GUARD, hide = true)]
    Guard(crate::up::Guard),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern deploy --example > rollup.toml
  tern deploy --l1 http://127.0.0.1:8545 --config rollup.toml --simulate
  tern deploy --l1 http://127.0.0.1:8545 --config rollup.toml --key-file deployer.key
  tern deploy --l1 http://127.0.0.1:8545 --config rollup.toml --check --json
  tern deploy --l1 http://127.0.0.1:8545 --dev

Stopped at any moment, the same command goes on where it stopped. Without --key-file and
--keystore the key comes from the variable TERN_KEY.")]
#[command(group(clap::ArgGroup::new("what").args(["config", "dev", "example"]).required(true)))]
pub(crate) struct Deploy {
    /// Print a complete configuration with comments, and do nothing else.
    #[arg(long, exclusive = true)]
    pub(crate) example: bool,
    /// The URL of a node of the chain that the rollup settles on.
    #[arg(long, value_name = "URL", required_unless_present = "example")]
    pub(crate) l1: Option<String>,
    /// The rollup's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Use delays of minutes and a key that everybody knows: development chains only.
    #[arg(long)]
    pub(crate) dev: bool,
    /// Where rollup.json and genesis.json are, or go: what every node of the rollup reads.
    #[arg(long, value_name = "DIR", default_value = "rollup")]
    pub(crate) out: PathBuf,
    /// Run every step on the live state and print the plan and its cost; send nothing.
    #[arg(long, conflicts_with = "check")]
    pub(crate) simulate: bool,
    /// Only read back what is deployed, and compare it with the configuration.
    #[arg(long)]
    pub(crate) check: bool,
    /// A file with the private key, which nobody else can read.
    #[arg(long, value_name = "FILE", conflicts_with = "keystore")]
    pub(crate) key_file: Option<PathBuf>,
    /// An encrypted key (Web3 Secret Storage).
    #[arg(long, value_name = "FILE")]
    pub(crate) keystore: Option<PathBuf>,
    /// A file with the keystore's password; else it comes from the variable TERN_PASSWORD.
    #[arg(long, value_name = "FILE", requires = "keystore")]
    pub(crate) password_file: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tern demo\n  tern demo --json | tail -n 1")]
pub(crate) struct Demo {
    /// Print one JSON object a line; the last one sums up.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern ef-test ethereum-tests/BlockchainTests
  tern ef-test tests.tar.gz --lane evm
  tern ef-test folder --filter bcStateTests --json | tail -n 1")]
pub(crate) struct EfTest {
    /// A JSON file of BlockchainTests, a folder of them, or a .tar.gz.
    pub(crate) path: PathBuf,
    /// Which executor.
    #[arg(long, value_enum, default_value_t = Lane::All)]
    pub(crate) lane: Lane,
    /// Run only cases whose file and name contain this.
    #[arg(long)]
    pub(crate) filter: Option<String>,
    /// Run on this many threads instead of one for each core.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print every failure as a JSON object, and last {"passed":…,"failed":…,"skipped":…}.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say of each rejected block why each executor rejected it.
    #[arg(long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Stf {
    /// Execute random blocks in all executors and report the first difference.
    Diff(Diff),
    /// Execute a difference that was found again.
    Replay(Replay),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern stf diff --blocks 500 --seed 1
  tern stf diff --blocks 20000 --seed 7 --out differences --json")]
pub(crate) struct Diff {
    /// How many blocks.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) blocks: u64,
    /// The same seed makes the same blocks.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where the files that replay a difference go.
    #[arg(long, default_value = ".")]
    pub(crate) out: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tern stf replay seed-1-block-17.json")]
pub(crate) struct Replay {
    /// A file that `tern stf diff` wrote.
    pub(crate) file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// An executor by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lane {
    /// The ZK lane's.
    Revm,
    /// The TEE lane's.
    Ethrex,
    /// The OP lane's.
    Evm,
    /// All three, and that they agree.
    All,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_parts_of_a_stack_are_started_as_they_expect() {
        for line in tern_stack::commands() {
            let words = std::iter::once("tern".into()).chain(line.clone());
            if let Err(error) = super::Cli::try_parse_from(words) {
                panic!("{line:?}: {error}");
            }
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
