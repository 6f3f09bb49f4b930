//! Keeps processes running.

use std::{
    ffi::OsString,
    fmt, fs,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
};

use crate::{StackError, backoff::Backoff, log::Log, parts::GUARD, progress::Progress};

/// How long a part may take to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to run.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    /// What it is started with: asked before each start.
    pub(crate) arguments: Box<dyn Fn() -> Vec<OsString> + Send + Sync>,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Where the parts' traces go, and who starts them.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) logs: PathBuf,
    /// A file for each process with its id, for people and tests.
    pub(crate) processes: PathBuf,
    pub(crate) tern: PathBuf,
    pub(crate) progress: Progress,
}

/// How often a part has ended, and what it said last.
#[derive(Debug, Default)]
struct Ends {
    count: u32,
    said: String,
}

/// A part that is kept running until it is stopped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) name: &'static str,
    pub(crate) log: Log,
    ends: Arc<Mutex<Ends>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Starts a part, and again whenever it ends.
pub(crate) fn start(part: Part, place: &Place) -> Result<Running, StackError> {
    let name = part.name;
    let log = Log(place.logs.join(format!("{name}.log")));
    let ends = Arc::<Mutex<Ends>>::default();
    let (stop, stopped) = watch::channel(false);
    let mut keeper =
        Keeper { part, place: place.clone(), log: log.clone(), ends: ends.clone(), stopped };
    // What is wrong with the program or the folder shows at once.
    let first = keeper.spawn()?;
    let task = tokio::spawn(async move { keeper.keep(first).await });
    Ok(Running { name, log, ends, stop, task })
}

impl Running {
    /// Fails if the part has ended three times: it will not come up by waiting.
    pub(crate) fn check(&self) -> Result<(), StackError> {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.count < 3 {
            return Ok(());
        }
        let (part, log) = (self.name, self.log.0.clone());
        Err(StackError::Ended { part, said: ends.said.clone(), log })
    }

    /// Asks it to stop, and waits until it has; who does not stop is killed.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

struct Keeper {
    part: Part,
    place: Place,
    log: Log,
    ends: Arc<Mutex<Ends>>,
    stopped: watch::Receiver<bool>,
}

/// One life of a part.
struct Life {
    child: Child,
    since: Instant,
    log_at: u64,
}

impl Keeper {
    fn spawn(&self) -> Result<Life, StackError> {
        let file = |source| StackError::File { path: self.log.0.clone(), source };
        let (log, log_at) = self.log.open().map_err(file)?;
        let errors = log.try_clone().map_err(file)?;
        let mut command = Command::new(&self.place.tern);
        command.args([GUARD, &std::process::id().to_string()]);
        command.arg(&self.part.program).args((self.part.arguments)());
        // In a group of its own, so that Ctrl-C reaches this process only and it stops them in order.
        command.process_group(0).stdin(Stdio::null()).stdout(log).stderr(errors);
        let child = command
            .spawn()
            .map_err(|source| StackError::Start { program: self.place.tern.clone(), source })?;
        if let Some(process) = child.id() {
            let path = self.pid_file();
            // It runs all the same; a second one in its place would not.
            if let Err(error) = fs::write(&path, process.to_string()) {
                let note = format!("{} cannot be written ({error})", path.display());
                self.place.progress.note(&note);
            }
        }
        Ok(Life { child, since: Instant::now(), log_at })
    }

    fn pid_file(&self) -> PathBuf {
        self.place.processes.join(format!("{}.pid", self.part.name))
    }

    async fn keep(&mut self, first: Life) {
        let mut backoff = Backoff::default();
        let mut life = Some(first);
        loop {
            let ran = match &mut life {
                Some(life) => {
                    let Some(status) = self.watch(life).await else { break };
                    self.note(life, status);
                    life.since.elapsed()
                }
                None => Duration::ZERO,
            };
            let wait = backoff.after(ran);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = self.stopped.wait_for(|stopped| *stopped) => break,
            }
            life = match self.spawn() {
                Ok(life) => Some(life),
                Err(error) => {
                    self.place
                        .progress
                        .note(&format!("the {} is not back: {error}", self.part.name));
                    None
                }
            };
        }
        let _ = fs::remove_file(self.pid_file());
    }

    /// Waits until it ends by itself, or stops it.
    async fn watch(&mut self, life: &mut Life) -> Option<std::io::Result<ExitStatus>> {
        tokio::select! {
            status = life.child.wait() => return Some(status),
            _ = self.stopped.wait_for(|stopped| *stopped) => {}
        }
        if let Some(process) = life.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
        {
            let _ = kill_process(process, Signal::TERM);
        }
        if tokio::time::timeout(PATIENCE, life.child.wait()).await.is_err() {
            let (name, seconds) = (self.part.name, PATIENCE.as_secs());
            self.place
                .progress
                .note(&format!("the {name} did not stop in {seconds} s: it is killed"));
            let _ = life.child.kill().await;
        }
        None
    }

    fn note(&self, life: &Life, status: std::io::Result<ExitStatus>) {
        let said = self.log.last_words(life.log_at);
        let how = status.map_or_else(|error| error.to_string(), how);
        let (name, log) = (self.part.name, self.log.0.display());
        self.place.progress.note(&format!(
            "the {name} ended ({how}) and is started again; it said: {said} (all of it is in {log})"
        ));
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.count = ends.count.saturating_add(1);
        ends.said = said;
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    struct Stage(PathBuf);

    impl Stage {
        fn new(name: &str) -> Self {
            use std::os::unix::fs::PermissionsExt;
            let folder = std::env::temp_dir().join(format!("tern-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).expect("it is writable");
            let guard = folder.join("guard");
            fs::write(&guard, "#!/bin/sh\nshift 2\nexec \"$@\"\n").expect("it is writable");
            fs::set_permissions(&guard, fs::Permissions::from_mode(0o755)).expect("it is ours");
            Self(folder)
        }

        fn place(&self) -> Place {
            let (logs, processes) = (self.0.clone(), self.0.clone());
            Place { logs, processes, tern: self.0.join("guard"), progress: Progress::new() }
        }

        fn shell(script: &'static str) -> Part {
            let arguments = Box::new(move || vec!["-c".into(), script.into()]);
            Part { name: "shell", program: "/bin/sh".into(), arguments }
        }

        fn log(&self) -> String {
            fs::read_to_string(self.0.join("shell.log")).unwrap_or_default()
        }
    }

    impl Drop for Stage {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(future)
    }

    async fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < Duration::from_secs(20), "{what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[test]
    fn who_ends_is_started_again_and_who_does_not_stay_up_is_named() {
        let stage = Stage::new("again");
        run(async {
            let part = Stage::shell("echo 'error: no way'; exit 3");
            let part = start(part, &stage.place()).expect("there is a shell");
            part.check().expect("once is nothing");
            until("it ends three times", || part.check().is_err()).await;
            let error = part.check().expect_err("three times").to_string();
            assert!(error.contains("error: no way") && error.contains("shell.log"), "{error}");
            assert!(stage.log().matches("no way").count() >= 3);
            part.stop().await;
        });
    }

    #[test]
    fn who_is_killed_is_started_again() {
        let stage = Stage::new("killed");
        run(async {
            let part = start(Stage::shell("echo up; exec sleep 100"), &stage.place());
            let part = part.expect("there is a shell");
            let ups = || stage.log().matches("up").count();
            until("it is up", || ups() == 1).await;
            let process: i32 = read(&stage.0.join("shell.pid"));
            kill_process(Pid::from_raw(process).expect("an id"), Signal::KILL).expect("it runs");
            until("it is up again", || ups() == 2).await;
            assert_ne!(read(&stage.0.join("shell.pid")), process);
            part.stop().await;
            assert!(!stage.0.join("shell.pid").exists());
        });
    }

    #[test]
    fn who_is_stopped_may_end_its_work_and_is_not_started_again() {
        let stage = Stage::new("stopped");
        run(async {
            let script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
            let part = start(Stage::shell(script), &stage.place()).expect("there is a shell");
            until("it is up", || stage.log().contains("up")).await;
            part.stop().await;
            assert_eq!(stage.log(), "up\nbye\n");
        });
    }

    fn read(path: &Path) -> i32 {
        fs::read_to_string(path).expect("it is there").parse().expect("an id")
    }
}
