//! The folder of a stack: one run at a time, and what is remembered for the next.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tern_rollup::write_whole;

use crate::{StackError, ports::Ports};

const VERSION: u32 = 1;
const LOCK: &str = "up.lock";
const STATE: &str = "up.json";
/// Everything that a run makes, beside the lock: what `--fresh` takes away.
const MADE: [&str; 14] = [
    "up.json.new",
    "endpoints.json",
    "endpoints.json.new",
    "genesis.json",
    "genesis.json.new",
    "rollup.json",
    "rollup.json.new",
    "keys",
    "run",
    "logs",
    "l1",
    "sequencer",
    "follower",
    "batcher",
];
const VOTER: &str = "voter";

/// What is remembered for the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct State {
    pub(crate) version: u32,
    /// Where everything listens.
    pub(crate) ports: Ports,
    /// Whether the accounts have been given ETH on the rollup.
    pub(crate) funded: bool,
}

impl State {
    pub(crate) const fn new(ports: Ports) -> Self {
        Self { version: VERSION, ports, funded: false }
    }
}

/// A folder that is ours alone as long as this value lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes a folder; makes it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, StackError> {
        let failed = |source| StackError::File { path: path.into(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let path = fs::canonicalize(path).map_err(failed)?;
        if !path.join(LOCK).exists() && path.read_dir().map_err(failed)?.next().is_some() {
            return Err(StackError::NotOurs { folder: path });
        }
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Takes away what runs before made, and nothing else.
    pub(crate) fn clear(&self) -> Result<(), StackError> {
        // The state goes last: who is stopped in between starts over next time as well.
        for name in MADE.into_iter().chain([VOTER, STATE]) {
            let path = self.at(name);
            let gone =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match gone {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(StackError::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A file or folder in it.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it.
    pub(crate) fn make(&self, name: &str) -> Result<PathBuf, StackError> {
        let path = self.at(name);
        fs::create_dir_all(&path)
            .map_err(|source| StackError::File { path: path.clone(), source })?;
        Ok(path)
    }

    /// What the run before left, if there was one.
    pub(crate) fn state(&self) -> Result<Option<State>, StackError> {
        let path = self.at(STATE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StackError::File { path, source }),
        };
        let wrong = |reason: String| StackError::State { path: path.clone(), reason };
        let state: State = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if state.version != VERSION {
            return Err(wrong(format!("it has version {}, not {VERSION}", state.version)));
        }
        Ok(Some(state))
    }

    /// Remembers for the next run.
    pub(crate) fn remember(&self, state: &State) -> Result<(), StackError> {
        let text = serde_json::to_string_pretty(state).map_err(io::Error::from);
        let path = self.at(STATE);
        text.and_then(|text| write_whole(&path, text.as_bytes()))
            .map_err(|source| StackError::File { path, source })
    }

    /// Writes a file that nobody else can read.
    pub(crate) fn secret(&self, name: &str, text: &str) -> Result<PathBuf, StackError> {
        use std::os::unix::fs::OpenOptionsExt;
        let path = self.make("keys")?.join(name);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|source| StackError::File { path: path.clone(), source })?;
        Ok(path)
    }
}

fn lock(folder: &Path) -> Result<File, StackError> {
    let path = folder.join(LOCK);
    let failed = |source| StackError::File { path: path.clone(), source };
    let mut options = OpenOptions::new();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(source)) => return Err(failed(source)),
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            let _ = file.read_to_string(&mut process);
            let (folder, process) = (folder.into(), process.trim().to_owned());
            return Err(StackError::Busy { folder, process });
        }
    }
    let note = file.set_len(0).and_then(|()| file.rewind());
    note.and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let name = format!("tern-stack-{name}-{}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_folder_serves_one_run_at_a_time() {
        let place = Place::new("lock");
        let first = Folder::open(&place.0).expect("it is free");
        let error = Folder::open(&place.0).expect_err("it is taken").to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(first);
        Folder::open(&place.0).expect("it is free again");
    }

    #[test]
    fn what_is_remembered_is_there_for_the_next_run() {
        let place = Place::new("state");
        let folder = Folder::open(&place.0).expect("it is free");
        assert_eq!(folder.state().expect("it is readable"), None);
        let state = State::new(Ports { l1: 1, sequencer: 2, follower: 3 });
        folder.remember(&state).expect("it is writable");
        assert_eq!(folder.state().expect("it is readable"), Some(state));
        let text = fs::read_to_string(folder.at(STATE)).expect("it is readable");
        fs::write(folder.at(STATE), text.replace("\"version\": 1", "\"version\": 2")).expect("ok");
        let error = folder.state().expect_err("it is of another version").to_string();
        assert!(error.contains("version 2") && error.contains("--fresh"), "{error}");
    }

    #[test]
    fn starting_over_takes_away_only_what_a_run_made() {
        let place = Place::new("fresh");
        let folder = Folder::open(&place.0).expect("it is free");
        let ports = Ports { l1: 1, sequencer: 2, follower: 3 };
        folder.remember(&State::new(ports)).expect("it is writable");
        folder.make("l1").expect("it is writable");
        fs::write(folder.at("notes.txt"), "mine").expect("it is writable");
        folder.clear().expect("it is writable");
        assert!(!folder.at("l1").exists() && !folder.at(STATE).exists());
        assert!(folder.at("notes.txt").exists(), "what others put there stays");
    }

    #[test]
    fn a_folder_with_other_things_is_refused() {
        let place = Place::new("other");
        fs::create_dir_all(&place.0).expect("it is writable");
        fs::write(place.0.join("notes.txt"), "mine").expect("it is writable");
        let error = Folder::open(&place.0).expect_err("it is not ours").to_string();
        assert!(error.contains("--dir"), "{error}");
        assert!(place.0.join("notes.txt").exists());
    }
}
