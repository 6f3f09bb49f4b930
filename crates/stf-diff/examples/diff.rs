//! Runs random blocks through the lanes that were compiled in, or shows a disagreement
//! again.

use std::{io::Write, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use tern_stf::Executor;
use tern_stf_diff::{Chain, Options, Progress, Report, Verdict, judge, replay, run};

/// Random blocks through one executor or several.
#[derive(Parser)]
struct Arguments {
    /// How many blocks.
    #[arg(long, default_value_t = 500)]
    blocks: u64,
    /// The first chain's seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Blocks in a chain.
    #[arg(long, default_value_t = 50)]
    chain: u64,
    /// Stop after so many disagreements.
    #[arg(long, default_value_t = 5)]
    stop_after: usize,
    /// Seconds to spend on making a disagreement smaller.
    #[arg(long, default_value_t = 60)]
    shrink: u64,
    /// Chains side by side.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Lanes, by name, separated by commas; all that were compiled in if not given.
    #[arg(long, value_delimiter = ',')]
    lanes: Vec<String>,
    /// Where to write replay files.
    #[arg(long, default_value = "target/diff")]
    out: PathBuf,
    /// Writes the chain of the seed to this file instead: its genesis accounts and its
    /// blocks, for other programs to execute.
    #[arg(long)]
    dump: Option<PathBuf>,
    /// Shows this replay file again instead.
    #[arg(long)]
    replay: Option<PathBuf>,
}

fn lanes() -> Vec<Box<dyn Executor>> {
    vec![
        #[cfg(feature = "revm")]
        Box::new(tern_stf_revm::RevmExecutor),
        #[cfg(feature = "ethrex")]
        Box::new(tern_stf_ethrex::EthrexExecutor),
        #[cfg(feature = "evm")]
        Box::new(tern_stf_evm::EvmExecutor::new()),
    ]
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let lanes = lanes();
    let wanted =
        |name: &str| arguments.lanes.is_empty() || arguments.lanes.iter().any(|lane| lane == name);
    let chosen: Vec<&dyn Executor> =
        lanes.iter().map(AsRef::as_ref).filter(|lane| wanted(lane.name())).collect();
    if let Some(file) = &arguments.replay {
        return show(file, &chosen);
    }
    if let Some(file) = &arguments.dump {
        return dump(file, &chosen, &arguments);
    }
    let options = Options {
        blocks_per_chain: arguments.chain,
        threads: arguments.threads,
        stop_after: arguments.stop_after,
        shrink_for: Duration::from_secs(arguments.shrink),
        replays: Some(arguments.out.clone()),
        ..Options::new(arguments.seed, arguments.blocks)
    };
    let started = std::time::Instant::now();
    let report = run(&chosen, &options, &|at: Progress| {
        if at.blocks.is_multiple_of(50) {
            let seconds = started.elapsed().as_secs_f64();
            let mut out = std::io::stderr().lock();
            let _ = write!(
                out,
                "\r{} of {} blocks, {:.1} a second, {} disagreements ",
                at.blocks,
                at.of,
                at.blocks as f64 / seconds,
                at.failures
            );
        }
    });
    eprintln!();
    print(&report);
    if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(report: &Report) {
    println!(
        "{} blocks, {} transactions ran, {} reverted, {} million gas",
        report.blocks,
        report.succeeded,
        report.reverted,
        report.gas / 1_000_000
    );
    for (reason, count) in &report.skipped {
        println!("{count:8} skipped: {reason}");
    }
    for failure in &report.failures {
        let file = failure.replay.as_ref().map_or_else(String::new, |file| match file {
            Ok(path) => path.display().to_string(),
            Err(error) => error.to_string(),
        });
        println!("seed {}, block {}: {}\n  {file}", failure.seed, failure.block, failure.verdict);
    }
}

fn dump(file: &std::path::Path, lanes: &[&dyn Executor], arguments: &Arguments) -> ExitCode {
    let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
    let mut chain = match Chain::begin(lanes, arguments.seed) {
        Ok(chain) => chain,
        Err(failure) => {
            eprintln!("{}", failure.verdict);
            return ExitCode::FAILURE;
        }
    };
    let accounts: Vec<_> = chain
        .generator()
        .accounts()
        .iter()
        .map(|account| {
            serde_json::json!({
                "address": account.address,
                "nonce": account.nonce,
                "balance": account.balance,
                "code": hex(&account.code),
                "storage": account.storage,
            })
        })
        .collect();
    let genesis = hex(chain.head());
    let mut blocks = Vec::new();
    for _ in 0..arguments.blocks {
        let case = chain.next_case();
        let Verdict::Agreed(execution) = judge(lanes, &case, false) else { break };
        blocks.push(hex(&execution.block));
        chain.accept(case, &execution);
    }
    let chain_id = chain.generator().spec().chain_id;
    let text = serde_json::json!({
        "chainId": chain_id, "genesis": genesis, "accounts": accounts, "blocks": blocks,
    });
    match std::fs::write(file, text.to_string()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn show(file: &std::path::Path, lanes: &[&dyn Executor]) -> ExitCode {
    match replay(file, lanes) {
        Ok(Verdict::Agreed(execution)) => {
            println!("all agree now, on {}", execution.hash);
            ExitCode::SUCCESS
        }
        Ok(verdict) => {
            println!("{verdict}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
