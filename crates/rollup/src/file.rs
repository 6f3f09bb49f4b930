//! Writing files that somebody relies on.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

/// Writes a file, whole or not at all. It is on the disk under its name when this returns, also if
/// the machine stops then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)?;
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
