//! `tern up`

use std::{ffi::OsString, io::Write, path::PathBuf};

use clap::Args;
use tern_stack::{Endpoints, Options, Role};

use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern up
  tern up --fresh --block-time 1 --l1-block-time 12
  tern up --json | jq -r .l2.sequencer.http

Ctrl-C stops everything it started; the same command goes on from there. For development only: its
keys are known to everybody.")]
pub(crate) struct Up {
    /// Where everything lies; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = ".tern/up")]
    dir: PathBuf,
    /// Start over: what earlier runs made in the folder goes.
    #[arg(long)]
    fresh: bool,
    /// Seconds between blocks of the rollup.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    block_time: u32,
    /// Seconds between blocks of L1.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=3600))]
    l1_block_time: u32,
    /// The L1's port [default: that of the run before, at first a free one]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    l1_port: Option<u16>,
    /// The sequencer's port [default: that of the run before, at first a free one]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// The program anvil [default: TERN_ANVIL, or contracts/node_modules around here, or the PATH]
    #[arg(long, value_name = "FILE")]
    anvil: Option<PathBuf>,
    /// Vote for no claim: nothing becomes final, no withdrawal is paid.
    #[arg(long)]
    no_voter: bool,
    /// Print the endpoints on one line.
    #[arg(long)]
    json: bool,
}

/// Not for people: `tern up` starts its parts through it.
#[derive(Debug, Args)]
pub(crate) struct Guard {
    /// The process that starts it.
    parent: u32,
    /// The program and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    program: Vec<OsString>,
}

/// Runs until somebody stops it.
pub(crate) fn run(arguments: Up) -> Result<bool, Failure> {
    let tern = std::env::current_exe().map_err(Failure::Runtime)?;
    let options = Options {
        folder: arguments.dir,
        fresh: arguments.fresh,
        block_time: arguments.block_time,
        l1_block_time: arguments.l1_block_time,
        l1_port: arguments.l1_port,
        port: arguments.port,
        anvil: arguments.anvil,
        voter: !arguments.no_voter,
        tern,
    };
    // On this thread, with which the parts end.
    runtime::single()?.block_on(async {
        let stop = runtime::stop_signal()?;
        let ready = |endpoints: &Endpoints| {
            // Whoever reads the output may have seen enough; the stack stays up.
            let _ = print(endpoints, arguments.json);
            hint(endpoints);
        };
        tern_stack::run(options, ready, stop).await?;
        Ok(true)
    })
}

/// Becomes another program that ends with its parent.
pub(crate) fn guard(arguments: &Guard) -> Result<bool, Failure> {
    let source = tern_stack::die_with_parent(arguments.parent, &arguments.program);
    let program = arguments.program.first().cloned().unwrap_or_default();
    Err(Failure::Program { program: program.into(), source })
}

fn print(endpoints: &Endpoints, one_line: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if one_line {
        writeln!(out, "{}", serde_json::to_string(endpoints)?)?;
    } else {
        writeln!(out, "{}", serde_json::to_string_pretty(endpoints)?)?;
    }
    Ok(out.flush()?)
}

/// What to try next.
fn hint(endpoints: &Endpoints) {
    let you = tern_stack::account(Role::Deployer);
    let other = tern_stack::account(Role::User);
    let l2 = &endpoints.l2.sequencer.http;
    let (dir, key, to) = (endpoints.folder.display(), you.dev_key, other.address);
    eprintln!(
        "
The rollup is up. Try, in another terminal (this key is for development, everybody knows it):

  export TERN_KEY={key}
  tern status   --dir {dir}
  tern deposit  --dir {dir} --amount 1
  tern send     --dir {dir} --amount 0.5 --to {to}
  tern withdraw --dir {dir} --amount 0.25
  cast send --rpc-url {l2} --private-key $TERN_KEY {to} --value 1ether

Logs are in {}. Ctrl-C stops everything; the same command goes on from there.",
        endpoints.folder.join("logs").display()
    );
}
