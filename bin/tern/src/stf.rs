//! `tern stf`

use std::{io::Write, path::Path};

use indicatif::{HumanDuration, ProgressBar};
use serde_json::json;
use tern_stf_diff::{Options, Report, Verdict};

use crate::{
    cli::{Diff, Lane, Replay},
    ef_test::style,
    failure::Failure,
    lanes,
};

/// Runs random blocks through all executors; true if they agree on every one.
pub(crate) fn diff(arguments: &Diff) -> Result<bool, Failure> {
    let executors = lanes::executors(Lane::All);
    let executors = lanes::borrowed(&executors);
    let options = Options {
        replays: Some(writable(&arguments.out)?.to_owned()),
        ..Options::new(arguments.seed, arguments.blocks)
    };
    let bar = ProgressBar::new(arguments.blocks)
        .with_style(style("{bar:30} {pos}/{len} blocks  {per_sec}  {eta} left  {msg}"));
    let report = tern_stf_diff::run(&executors, &options, &|progress| {
        bar.set_position(progress.blocks);
        if progress.failures > 0 {
            bar.set_message(format!("{} differences", progress.failures));
        }
    });
    bar.finish_and_clear();
    let took = bar.elapsed();
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", summary(&report, arguments.seed))?;
    } else {
        write_text(&report, &mut out)?;
        writeln!(out, "in {}", HumanDuration(took))?;
    }
    Ok(report.failures.is_empty())
}

/// Runs one difference again; true if the executors agree now.
pub(crate) fn replay(arguments: &Replay) -> Result<bool, Failure> {
    let executors = lanes::executors(Lane::All);
    let verdict = tern_stf_diff::replay(&arguments.file, &lanes::borrowed(&executors))?;
    let agreed = matches!(verdict, Verdict::Agreed(_));
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", json!({ "agreed": agreed, "finding": describe(&verdict) }))?;
    } else {
        writeln!(out, "{}", describe(&verdict))?;
    }
    Ok(agreed)
}

/// Refused before hours of work, not after.
fn writable(folder: &Path) -> Result<&Path, Failure> {
    let probe = folder.join(format!(".tern-{}", std::process::id()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, []))
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|source| Failure::Folder { path: folder.display().to_string(), source })?;
    Ok(folder)
}

fn describe(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Agreed(execution) => format!("all agree on {}", execution.hash),
        Verdict::Apart { stage, disagreement } => format!("while {stage}: {disagreement}"),
        Verdict::Refused(stage, error) => format!("while {stage}, all refuse: {error}"),
    }
}

fn summary(report: &Report, seed: u64) -> serde_json::Value {
    let failures: Vec<_> = report
        .failures
        .iter()
        .map(|failure| {
            json!({
                "seed": failure.seed,
                "block": failure.block,
                "finding": describe(&failure.verdict),
                "replay": failure.replay.as_ref().and_then(|file| file.as_ref().ok()),
            })
        })
        .collect();
    json!({
        "seed": seed,
        "blocks": report.blocks,
        "succeeded": report.succeeded,
        "reverted": report.reverted,
        "skipped": report.skipped.values().sum::<u64>(),
        "gas": report.gas,
        "failures": failures,
    })
}

fn write_text(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for failure in &report.failures {
        writeln!(out, "seed {} block {}", failure.seed, failure.block)?;
        writeln!(out, "    {}", describe(&failure.verdict))?;
        match &failure.replay {
            Some(Ok(path)) => writeln!(out, "    again: tern stf replay {}", path.display())?,
            Some(Err(error)) => writeln!(out, "    not kept: {error}")?,
            None => {}
        }
    }
    writeln!(
        out,
        "{} blocks agreed, {} differences: {} transactions succeeded, {} failed, {} candidates skipped, {} gas",
        report.blocks,
        report.failures.len(),
        report.succeeded,
        report.reverted,
        report.skipped.values().sum::<u64>(),
        report.gas,
    )
}
