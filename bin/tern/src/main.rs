//! The one binary people meet: arguments and wiring, nothing else.

mod cli;
mod demo;
mod deploy;
mod ef_test;
mod failure;
mod lanes;
mod stf;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let result = match cli::Cli::parse().command {
        cli::Command::Demo(arguments) => demo::run(&arguments),
        cli::Command::Deploy(arguments) => deploy::run(&arguments),
        cli::Command::EfTest(arguments) => ef_test::run(&arguments),
        cli::Command::Stf(cli::Stf::Diff(arguments)) => stf::diff(&arguments),
        cli::Command::Stf(cli::Stf::Replay(arguments)) => stf::replay(&arguments),
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
