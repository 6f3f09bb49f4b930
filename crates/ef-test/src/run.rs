//! Many files at once.

use std::path::Path;

use rayon::{
    ThreadPoolBuilder,
    iter::{IntoParallelIterator, ParallelBridge, ParallelIterator},
};
use tern_stf::Executor;

use crate::{
    CaseResult, Error, Outcome, Report, Summary, case,
    json::CasesJson,
    source::{self, Source},
};

/// What a main thread has on Linux. An executor must not need more.
const STACK_BYTES: usize = 8 << 20;

/// How to run.
#[derive(Default, Clone, Copy)]
pub struct Options<'a> {
    /// Runs only cases whose `file/case` contains this.
    pub filter: Option<&'a str>,
    /// How many threads; `None` for one on each core.
    pub threads: Option<usize>,
    /// Told every case as it ends, from any thread and in any order.
    pub progress: Option<&'a (dyn Fn(&CaseResult) + Sync)>,
}

/// Runs every test at or under a path (a JSON file, a folder, or a `.tar.gz` of them)
/// through every executor.
pub fn run_path(
    path: &Path,
    executors: &[&dyn Executor],
    options: Options<'_>,
) -> Result<Report, Error> {
    if executors.is_empty() {
        return Err(Error::NoExecutor);
    }
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let sources = source::stream(path).map_err(unreadable)?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .stack_size(STACK_BYTES)
        .build()?;
    let run = |source| run_source(source, executors, &options);
    let mut report = pool.install(|| {
        sources.into_iter().par_bridge().map(run).reduce(Report::default, Report::merge)
    });
    if report.summary == Summary::default() {
        return Err(Error::NothingToRun { path: path.to_owned() });
    }
    report.sort();
    Ok(report)
}

fn run_source(source: Source, executors: &[&dyn Executor], options: &Options<'_>) -> Report {
    let (file, content) = source.read();
    let wanted =
        |case: &str| options.filter.is_none_or(|filter| format!("{file}/{case}").contains(filter));
    let cases = match content.as_deref().map(serde_json::from_slice::<CasesJson<'_>>) {
        Ok(Ok(cases)) => cases,
        Ok(Err(error)) => {
            return unusable(&file, &format!("not an object of tests: {error}"), options);
        }
        Err(reason) => return unusable(&file, reason, options),
    };
    let cases: Vec<_> = cases.into_iter().filter(|(case, _)| wanted(case)).collect();
    cases
        .into_par_iter()
        .map(|(name, json)| finish(case::run(&file, &name, json, executors), options))
        .reduce(Report::default, Report::merge)
}

/// A file that cannot be used counts as one failed case, whatever the filter: the case
/// that was asked for might be in it.
fn unusable(file: &str, reason: &str, options: &Options<'_>) -> Report {
    let failure = case::unusable(file, "", reason.into());
    let result = CaseResult {
        file: file.into(),
        case: String::new(),
        outcome: Outcome::Failed(vec![failure]),
        rejections: Vec::new(),
    };
    finish(result, options)
}

fn finish(result: CaseResult, options: &Options<'_>) -> Report {
    if let Some(progress) = options.progress {
        progress(&result);
    }
    let mut report = Report::default();
    report.add(result);
    report
}
