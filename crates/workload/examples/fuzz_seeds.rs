//! Writes the seeds of the fuzz targets that check blocks: a small block of each kind with
//! its witness. `cargo run -p tern-workload --example fuzz_seeds -- fuzz/corpus/check`

use std::{fs, path::PathBuf};

use tern_stf::Executor;
use tern_stf_revm::RevmExecutor;
use tern_workload::{Chain, Kind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write to")?);
    fs::create_dir_all(&folder)?;
    let executor = RevmExecutor;
    let chain = Chain::new(&executor, 8, 4)?;
    for kind in Kind::ALL {
        for count in [0, 2] {
            let inputs = chain.inputs_of(kind, count);
            let built =
                executor.build(chain.spec(), chain.head_hash(), &inputs, chain.archive())?;
            let witness = chain.witness(&[&executor], &built.block)?.to_bytes();
            let mut seed = (built.block.len() as u32).to_be_bytes().to_vec();
            seed.extend(&built.block);
            seed.extend(witness);
            fs::write(folder.join(format!("{}-{count}", kind.name())), seed)?;
        }
    }
    Ok(())
}
