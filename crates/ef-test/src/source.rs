//! Finds test files in folders and archives and hands them out one at a time.

use std::{
    fmt::Display,
    fs::{self, DirEntry, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SendError, SyncSender, sync_channel},
    thread,
};

use flate2::read::GzDecoder;
use tar::Archive;

/// How many files wait between the reader and the workers.
const READ_AHEAD: usize = 4;

/// A test file that was found.
pub(crate) enum Source {
    /// On disk, to be read by whoever runs it.
    File(PathBuf),
    /// Out of an archive, where only reading in order is possible.
    Bytes { name: String, bytes: Vec<u8> },
    /// Something that should be readable and is not.
    Unreadable { name: String, reason: String },
}

impl Source {
    /// The file's name and its content.
    pub(crate) fn read(self) -> (String, Result<Vec<u8>, String>) {
        match self {
            Self::File(path) => {
                let name = path.display().to_string();
                (name, fs::read(&path).map_err(|error| error.to_string()))
            }
            Self::Bytes { name, bytes } => (name, Ok(bytes)),
            Self::Unreadable { name, reason } => (name, Err(reason)),
        }
    }

    fn unreadable(name: impl Display, reason: impl Display) -> Self {
        Self::Unreadable { name: name.to_string(), reason: format!("cannot read it: {reason}") }
    }
}

/// Every test file at or under a path: JSON files and archives of them, in order of their
/// names, hidden ones left out. They are found while others run, so that neither a large
/// folder nor a large archive is ever in memory.
pub(crate) fn stream(path: &Path) -> io::Result<Receiver<Source>> {
    fs::metadata(path)?;
    let (sender, receiver) = sync_channel(READ_AHEAD);
    let path = path.to_owned();
    // The only error is that nobody listens any more.
    thread::Builder::new().spawn(move || drop(walk(&path, &sender)))?;
    Ok(receiver)
}

type Sent = Result<(), SendError<Source>>;

fn walk(path: &Path, out: &SyncSender<Source>) -> Sent {
    if path.is_dir() {
        let listed = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => return out.send(Source::unreadable(path.display(), error)),
        };
        entries.sort_by_key(DirEntry::file_name);
        entries
            .iter()
            .map(DirEntry::path)
            .filter(|path| is_wanted(path))
            .try_for_each(|path| walk(&path, out))
    } else if is_archive(path) {
        unpack(path, out)
    } else {
        out.send(Source::File(path.to_owned()))
    }
}

fn is_wanted(path: &Path) -> bool {
    !is_hidden(path) && (path.is_dir() || is_json(path) || is_archive(path))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

fn is_archive(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    name.ends_with(b".tar.gz") || name.ends_with(b".tgz")
}

fn unpack(path: &Path, out: &SyncSender<Source>) -> Sent {
    match unpack_entries(path, out) {
        Ok(sent) => sent,
        Err(error) => out.send(Source::unreadable(path.display(), error)),
    }
}

fn unpack_entries(path: &Path, out: &SyncSender<Source>) -> io::Result<Sent> {
    let mut archive = Archive::new(GzDecoder::new(File::open(path)?));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let inner = entry.path()?.into_owned();
        let hidden =
            inner.iter().any(|part| part.as_encoded_bytes().starts_with(b"._") || part == ".meta");
        if hidden || !is_json(&inner) {
            continue;
        }
        let name = format!("{}/{}", path.display(), inner.display());
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if let Err(closed) = out.send(Source::Bytes { name, bytes }) {
            return Ok(Err(closed));
        }
    }
    Ok(Ok(()))
}
