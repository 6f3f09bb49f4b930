//! Runs block tests through the lanes that were compiled in.

use std::{io, path::PathBuf, process::ExitCode};

use clap::Parser;
use tern_ef_test::{CaseResult, Options, Outcome, run_path};
use tern_stf::Executor;

/// Runs Ethereum's block tests through one executor or several.
#[derive(Parser)]
struct Arguments {
    /// A JSON file, a folder or a .tar.gz of them.
    path: PathBuf,
    /// revm, ethrex, evm or all (that were compiled in).
    #[arg(long, default_value = "all")]
    lane: String,
    /// Runs only cases whose path and name contain this.
    #[arg(long)]
    filter: Option<String>,
    /// Prints every case and why blocks were rejected, on stderr.
    #[arg(long)]
    verbose: bool,
}

fn lanes() -> Vec<Box<dyn Executor>> {
    vec![
        #[cfg(feature = "revm")]
        Box::new(tern_stf_revm::RevmExecutor),
        #[cfg(feature = "ethrex")]
        Box::new(tern_stf_ethrex::EthrexExecutor),
        #[cfg(feature = "evm")]
        Box::new(tern_stf_evm::EvmExecutor::default()),
    ]
}

fn print(result: &CaseResult) {
    let outcome = match &result.outcome {
        Outcome::Passed => "passed".into(),
        Outcome::Failed(_) => "FAILED".into(),
        Outcome::Skipped(reason) => format!("skipped: {reason}"),
    };
    eprintln!("{} {} {outcome}", result.file, result.case);
    for rejection in &result.rejections {
        let expected = rejection.expected.as_deref().unwrap_or("nothing");
        let (lane, block, reason) = (&rejection.lane, rejection.block, &rejection.reason);
        eprintln!("  {lane} rejects block {block} ({expected} expected): {reason}");
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let lanes = lanes();
    let wanted = |name: &str| arguments.lane == "all" || arguments.lane == name;
    let chosen: Vec<&dyn Executor> =
        lanes.iter().map(AsRef::as_ref).filter(|lane| wanted(lane.name())).collect();
    let options = Options {
        filter: arguments.filter.as_deref(),
        progress: arguments.verbose.then_some(&print),
        ..Options::default()
    };
    let written = run_path(&arguments.path, &chosen, options).map(|report| {
        let written = report.write_json(&mut io::stdout().lock());
        (report.summary.failed, written)
    });
    match written {
        Ok((0, Ok(()))) => ExitCode::SUCCESS,
        Ok((_, Ok(()))) => ExitCode::FAILURE,
        Ok((_, Err(error))) => {
            eprintln!("cannot write the report: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
