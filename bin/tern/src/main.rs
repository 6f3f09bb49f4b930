//! The one binary people meet: arguments and wiring, nothing else.

mod batcher;
mod cli;
mod demo;
mod deploy;
mod dev_voter;
mod ef_test;
mod failure;
mod keys;
mod lanes;
mod node;
mod runtime;
mod stf;
mod up;
mod wallet;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    log(&arguments.command);
    let result = match arguments.command {
        cli::Command::Up(arguments) => up::run(arguments),
        cli::Command::Node(arguments) => node::run(arguments),
        cli::Command::Batcher(arguments) => batcher::run(arguments),
        cli::Command::DevVoter(arguments) => dev_voter::run(arguments),
        cli::Command::Deposit(arguments) => wallet::deposit::run(&arguments),
        cli::Command::Send(arguments) => wallet::send::run(&arguments),
        cli::Command::Withdraw(arguments) => wallet::withdraw::run(&arguments),
        cli::Command::Force(arguments) => wallet::force::run(&arguments),
        cli::Command::Relieve(arguments) => wallet::relieve::run(&arguments),
        cli::Command::Status(arguments) => wallet::status::run(&arguments),
        cli::Command::Address(arguments) => wallet::address::run(&arguments),
        cli::Command::Demo(arguments) => demo::run(&arguments),
        cli::Command::Deploy(arguments) => deploy::run(&arguments),
        cli::Command::EfTest(arguments) => ef_test::run(&arguments),
        cli::Command::Stf(cli::Stf::Diff(arguments)) => stf::diff(&arguments),
        cli::Command::Stf(cli::Stf::Replay(arguments)) => stf::replay(&arguments),
        cli::Command::Guard(arguments) => up::guard(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads the output has seen enough.
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Servers say what they do, other commands only what is wrong; RUST_LOG says otherwise.
fn log(command: &cli::Command) {
    let level = match command {
        cli::Command::Node(_) | cli::Command::Batcher(_) | cli::Command::DevVoter(_) => {
            "info,ethrex=warn"
        }
        _ => "warn",
    };
    let filter = EnvFilter::try_from_default_env();
    // Below a warning these print URLs whole, and with them the keys that are in many.
    let quiet = ["alloy_transport_http=warn", "hyper=warn", "hyper_util=warn", "reqwest=warn"];
    let filter = quiet
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter.unwrap_or_else(|_| level.into()), EnvFilter::add_directive);
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .init();
}
