//! No process outlives the one that started it.

use std::{ffi::OsString, io, os::unix::process::CommandExt, process::Command};

/// Becomes another program, which is asked to stop when the process `parent` ends, in whatever
/// way that is. Returns only if it cannot.
pub fn die_with_parent(parent: u32, program: &[OsString]) -> io::Error {
    let Some((name, arguments)) = program.split_first() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no program is given");
    };
    if let Err(error) = tie() {
        return error;
    }
    // The parent may have ended before that.
    let now = rustix::process::getppid().map(|process| process.as_raw_nonzero().get());
    if now.and_then(|now| u32::try_from(now).ok()) != Some(parent) {
        return io::Error::other("the process that started this one has ended");
    }
    Command::new(name).args(arguments).exec()
}

#[cfg(target_os = "linux")]
fn tie() -> io::Result<()> {
    let signal = Some(rustix::process::Signal::TERM);
    Ok(rustix::process::set_parent_process_death_signal(signal)?)
}

// Other systems have no such signal: there, whoever kills `tern up` hard stops its parts by hand.
#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps, reason = "as on Linux")]
fn tie() -> io::Result<()> {
    Ok(())
}
