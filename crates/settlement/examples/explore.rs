//! Searches small worlds of the settlement machine to their last state:
//! `explore --size small|large [--most STATES] [--world NAME]`.

#[allow(dead_code)]
#[path = "../tests/it/model/mod.rs"]
mod model;

use std::{process::ExitCode, time::Instant};

use model::{
    search::search,
    worlds::{self, Size},
};

const USAGE: &str = "explore --size small|large [--most STATES] [--world NAME]";

struct Wanted {
    size: Size,
    most: usize,
    world: Option<String>,
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("usage: {USAGE}");
        return ExitCode::FAILURE;
    };
    let (mut states, mut moves) = (0, 0);
    for world in worlds::all(wanted.size) {
        if wanted.world.as_ref().is_some_and(|name| name != world.name) {
            continue;
        }
        let started = Instant::now();
        match search(&world, wanted.most) {
            Ok(visited) => {
                println!("{}: {visited}, {:.0?}", world.name, started.elapsed());
                states += visited.states;
                moves += visited.moves;
            }
            Err(broken) => {
                println!("{}: {broken}", world.name);
                return ExitCode::FAILURE;
            }
        }
    }
    println!("all: {states} states, {moves} transitions");
    ExitCode::SUCCESS
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted { size: Size::Small, most: 3_000_000, world: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next()?;
        match flag.as_str() {
            "--size" if value == "small" => wanted.size = Size::Small,
            "--size" if value == "large" => wanted.size = Size::Large,
            "--most" => wanted.most = value.parse().ok()?,
            "--world" => wanted.world = Some(value),
            _ => return None,
        }
    }
    Some(wanted)
}
