//! What a part says goes into a file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

const LARGE: u64 = 32 << 20;
const TAIL: u64 = 8 << 10;

/// The log of one part, over all its starts.
#[derive(Debug, Clone)]
pub(crate) struct Log(pub(crate) PathBuf);

impl Log {
    /// Opens it for another start; a large one is put aside first, in the place of the one before.
    /// Returns where this start begins.
    pub(crate) fn open(&self) -> io::Result<(File, u64)> {
        if fs::metadata(&self.0).is_ok_and(|file| file.len() > LARGE) {
            fs::rename(&self.0, self.0.with_extension("log.old"))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        let at = file.metadata()?.len();
        Ok((file, at))
    }

    /// The last thing said since a start: an error, if there is one.
    pub(crate) fn last_words(&self, since: u64) -> String {
        let tail = tail(&self.0, since).unwrap_or_default();
        let lines = || tail.lines().rev().map(str::trim).filter(|line| !line.is_empty());
        let error = lines().find(|line| line.to_ascii_lowercase().starts_with("error:"));
        plain(error.or_else(|| lines().next()).unwrap_or("nothing"))
    }
}

fn tail(path: &Path, since: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(since.max(length.saturating_sub(TAIL)).min(length)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Without the colours of terminals.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_last_words_are_the_error_of_this_start() {
        let path = std::env::temp_dir().join(format!("tern-log-{}", std::process::id()));
        let log = Log(path.clone());
        let (mut file, at) = log.open().expect("it is writable");
        assert_eq!((at, log.last_words(at).as_str()), (0, "nothing"));
        writeln!(file, "error: an old one\n").expect("it is writable");
        let (mut file, at) = log.open().expect("it is writable");
        writeln!(file, "hello\nerror: \u{1b}[31mno L1\u{1b}[0m\nbye\n").expect("it is writable");
        assert_eq!(log.last_words(at), "error: no L1");
        let (mut file, at) = log.open().expect("it is writable");
        writeln!(file, "ready").expect("it is writable");
        assert_eq!(log.last_words(at), "ready");
        fs::remove_file(path).expect("it was made");
    }
}
