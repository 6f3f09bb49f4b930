//! The development L1: where its program is, and how its state survives.

use std::{
    env,
    ffi::OsString,
    fs, io,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tern_l1::{L1, L1Error};
use tern_rollup::write_whole;

use crate::{StackError, accounts::ACCOUNTS};

/// The chain id of every development L1 that a stack starts.
pub(crate) const CHAIN_ID: u64 = 31_337;

const KEEP_EVERY: Duration = Duration::from_secs(5);
/// Keeping may take one part in so many of the time.
const KEEP_SHARE: u32 = 20;

/// Finds the program: as given, by the variable, in a source folder around this one, on the PATH.
pub(crate) fn find(given: Option<&Path>) -> Result<PathBuf, StackError> {
    let variable = env::var_os("TERN_ANVIL").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = given.map(Path::to_path_buf).or(variable) {
        return if path.is_file() { Ok(path) } else { Err(StackError::AnvilPath { path }) };
    }
    let system = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
    let machine = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let inside = format!("contracts/node_modules/@foundry-rs/anvil-{system}-{machine}/bin/anvil");
    let starts = [env::current_dir().ok(), env::current_exe().ok()];
    let around = starts.iter().flatten().flat_map(|start| start.ancestors());
    let path = env::var_os("PATH").unwrap_or_default();
    around
        .map(|folder| folder.join(&inside))
        .chain(env::split_paths(&path).map(|folder| folder.join("anvil")))
        .find(|program| program.is_file())
        .ok_or(StackError::NoAnvil)
}

/// Where the L1 and its state are.
///
/// While it runs its state is copied every few seconds, each time whole or not at all. When it is
/// asked to stop it writes the last state itself. So only a hard kill of the L1 itself loses blocks,
/// those since the last copy; the parts see that as a reorganisation.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    kept: PathBuf,
    last: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { kept: folder.join("state.json"), last: folder.join("last.json") }
    }

    /// How the program is started now. The newest whole state is made the kept one.
    pub(crate) fn arguments(&self, port: u16, block_time: u32) -> Vec<OsString> {
        if is_whole(&self.last) {
            let _ = fs::rename(&self.last, &self.kept);
        }
        // What is left is torn, and would be taken for newer the next time.
        let _ = fs::remove_file(&self.last);
        let mut arguments: Vec<OsString> =
            ["--hardfork", "osaka", "--host", "127.0.0.1", "--quiet"].map(Into::into).into();
        for (name, value) in [
            ("--port", u64::from(port)),
            ("--chain-id", CHAIN_ID),
            ("--block-time", u64::from(block_time)),
            ("--accounts", ACCOUNTS.len() as u64),
            // It calls a block final once two epochs lie on it.
            ("--slots-in-an-epoch", 1),
            // Else it writes `last` now and then as well, also in the middle of a block.
            ("--state-interval", u64::from(u32::MAX)),
        ] {
            arguments.extend([name.into(), value.to_string().into()]);
        }
        arguments.extend(["--dump-state".into(), self.last.clone().into()]);
        if self.kept.exists() {
            arguments.extend(["--load-state".into(), self.kept.clone().into()]);
        }
        arguments
    }

    /// Copies the state of a running L1, as it is after a block.
    pub(crate) async fn keep(&self, l1: &L1) -> Result<(), StackError> {
        for _ in 0..TRIES {
            let before = l1.header(None).await?.hash;
            let dump: alloy_primitives::Bytes = l1.ask("anvil_dumpState", ()).await?;
            // It copies blocks first and accounts last: with a block in between, its contracts would
            // know of batches that no block has.
            if l1.header(None).await?.hash == before {
                return self.write(&dump);
            }
        }
        Err(StackError::L1State("it makes blocks faster than its state is copied".into()))
    }

    fn write(&self, dump: &[u8]) -> Result<(), StackError> {
        let mut state = Vec::new();
        flate2::read::GzDecoder::new(dump)
            .read_to_end(&mut state)
            .map_err(|error| StackError::L1State(error.to_string()))?;
        write_whole(&self.kept, &state)
            .map_err(|source| StackError::File { path: self.kept.clone(), source })
    }

    /// Copies the state again and again, when there is a new block. `trouble` hears of what fails.
    pub(crate) async fn keep_on(&self, l1: &L1, trouble: impl Fn(&StackError)) {
        let (mut seen, mut cost) = (None, Duration::ZERO);
        loop {
            tokio::time::sleep(KEEP_EVERY.max(cost * KEEP_SHARE)).await;
            // It may have been started again since.
            if let Ok(true) = mend_block_hashes(l1).await {
                seen = None;
            }
            let head = l1.ask::<_, String>("eth_blockNumber", ()).await.ok();
            if head.is_none() || head == seen {
                continue;
            }
            let start = Instant::now();
            match self.keep(l1).await {
                Ok(()) => seen = head,
                // It is being started again, which is somebody else's to say.
                Err(StackError::L1(L1Error::Unreachable { .. })) => {}
                Err(error) => trouble(&error),
            }
            cost = start.elapsed();
        }
    }
}

/// Whether a file is JSON from its beginning to its end.
fn is_whole(path: &Path) -> bool {
    let Ok(file) = fs::File::open(path) else { return false };
    serde_json::from_reader::<_, serde::de::IgnoredAny>(io::BufReader::new(file)).is_ok()
}

/// So often a copy is made again because a block came meanwhile.
const TRIES: usize = 8;

/// The blocks whose hashes the EVM's BLOCKHASH knows.
const KNOWN_HASHES: u64 = 256;

/// Makes the first two blocks where there are none, the second later than those before. anvil makes
/// block 0 anew whenever it starts, and it must be neither the block that a rollup remembers as
/// that of its deployment nor the one before.
pub(crate) async fn leave_block_0(l1: &L1) -> Result<(), L1Error> {
    if l1.header(None).await?.number < 2 {
        l1.ask::<_, serde_json::Value>("anvil_mine", ("0x2", "0x1")).await?;
    }
    Ok(())
}

/// An L1 that goes on from a file answers BLOCKHASH wrongly for blocks of the file, and the inbox
/// would refuse every batch that reads one of them. With so many new blocks on them they are asked
/// of EIP-2935, which is in the file. Whether that was needed.
pub(crate) async fn mend_block_hashes(l1: &L1) -> Result<bool, L1Error> {
    let head = l1.header(None).await?;
    let oldest = head.number.saturating_sub(KNOWN_HASHES - 8).max(1);
    if oldest >= head.number {
        return Ok(false);
    }
    // PUSH8 oldest, BLOCKHASH, and return what it gives.
    let code = format!("0x67{oldest:016x}4060005260206000f3");
    let call = serde_json::Map::from_iter([("data".to_owned(), code.into())]);
    let seen: alloy_primitives::B256 = l1.ask("eth_call", (call, "latest")).await?;
    if seen == l1.header(Some(oldest)).await?.hash {
        return Ok(false);
    }
    let blocks = format!("{:#x}", KNOWN_HASHES + 1);
    l1.ask::<_, serde_json::Value>("anvil_mine", (blocks,)).await?;
    Ok(true)
}

/// Lets the L1 make a block for each transaction, or one every few seconds again.
pub(crate) async fn mine_at_once(l1: &L1, at_once: bool, block_time: u32) -> Result<(), L1Error> {
    if at_once {
        return l1.ask("evm_setAutomine", (true,)).await;
    }
    l1.ask("evm_setIntervalMining", (block_time,)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_state_is_not_loaded_and_a_whole_one_is_the_newest() {
        let folder = env::temp_dir().join(format!("tern-anvil-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("it is writable");
        let files = Files::new(&folder);
        let loads = |files: &Files| files.arguments(1, 2).contains(&"--load-state".into());
        assert!(!loads(&files), "at first there is no state");
        fs::write(&files.last, "{\"block\":").expect("it is writable");
        assert!(!loads(&files) && !files.last.exists());
        fs::write(&files.kept, "{\"block\":1}").expect("it is writable");
        fs::write(&files.last, "{\"block\":2}").expect("it is writable");
        assert!(loads(&files));
        assert_eq!(fs::read_to_string(&files.kept).expect("it is there"), "{\"block\":2}");
        fs::remove_dir_all(folder).expect("it was made");
    }
}
