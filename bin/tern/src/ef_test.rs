//! `tern ef-test`

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use tern_ef_test::{CaseResult, Options, Outcome, Report, run_path};

use crate::{cli::EfTest, failure::Failure, lanes};

/// Runs the tests; true if none failed.
pub(crate) fn run(arguments: &EfTest) -> Result<bool, Failure> {
    let executors = lanes::executors(arguments.lane);
    let executors = lanes::borrowed(&executors);
    let bar = ProgressBar::new_spinner()
        .with_style(style("{spinner} {elapsed_precise} {pos} cases  {msg}"));
    bar.enable_steady_tick(Duration::from_millis(200));
    let progress = |result: &CaseResult| {
        bar.inc(1);
        let name = format!("{} {}", result.file, result.case);
        match &result.outcome {
            Outcome::Failed(_) => bar.suspend(|| eprintln!("FAILED  {name}")),
            Outcome::Passed | Outcome::Skipped(_) => bar.set_message(name.clone()),
        }
        if arguments.verbose {
            for rejection in &result.rejections {
                let expected = rejection.expected.as_deref().unwrap_or("nothing");
                let (lane, block, reason) = (&rejection.lane, rejection.block, &rejection.reason);
                bar.suspend(|| {
                    eprintln!(
                        "{name}: {lane} rejects block {block}: {reason} (expected: {expected})"
                    );
                });
            }
        }
    };
    let options = Options {
        filter: arguments.filter.as_deref(),
        threads: arguments.threads.map(usize::from),
        progress: Some(&progress),
    };
    let start = Instant::now();
    let report = run_path(&arguments.path, &executors, options)?;
    bar.finish_and_clear();
    if report.summary.passed + report.summary.failed == 0 {
        eprintln!("warning: every case was skipped, so nothing was tested");
    }
    let mut out = io::stdout().lock();
    if arguments.json {
        report.write_json(&mut out)?;
    } else {
        write_text(&report, start.elapsed(), &mut out)?;
    }
    Ok(report.summary.failed == 0)
}

fn write_text(report: &Report, took: Duration, out: &mut dyn Write) -> io::Result<()> {
    for failure in &report.failures {
        let block = failure.block.map_or_else(|| "state".into(), |block| format!("block {block}"));
        writeln!(out, "{}: {}", failure.file, failure.case)?;
        writeln!(out, "    {} {block}: {}", failure.lane, failure.reason)?;
    }
    for (reason, count) in &report.skip_reasons {
        writeln!(out, "{count} skipped: {reason}")?;
    }
    let summary = &report.summary;
    writeln!(
        out,
        "{} passed, {} failed, {} skipped in {:.1} s",
        summary.passed,
        summary.failed,
        summary.skipped,
        took.as_secs_f64()
    )
}

/// A progress line; the template is checked by a test.
pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("templates are constants of this program")
}
