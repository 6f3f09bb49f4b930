//! Random traces through the contracts and through the model agree, step by step.

mod claims;
mod compare;
mod duo;
mod plan;

use std::collections::BTreeMap;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tern_settlement::DevFault;

use duo::{Act, Duo};

/// Which rollup a trace begins with, and the seed of each of its steps.
#[derive(Debug, Clone)]
struct Trace {
    seats: [bool; 4],
    tee_threshold: usize,
    lies: u32,
    steps: Vec<u64>,
}

/// How often each call was accepted and refused, and why.
#[derive(Debug, Default)]
struct Seen {
    steps: usize,
    calls: BTreeMap<&'static str, [usize; 2]>,
    refusals: BTreeMap<String, usize>,
    finals: usize,
    retired: usize,
}

/// Where the two part: after so many steps, and how.
#[derive(Debug)]
struct Parting {
    after: usize,
    how: String,
}

impl Trace {
    fn random(seed: u64, length: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let full = [[true; 4], [true, true, true, false], [true; 4], [true, false, true, true]];
        Self {
            seats: full[seed as usize % 4],
            tee_threshold: 1 + (seed as usize / 4) % 2,
            lies: [2, 12, 40][seed as usize % 3],
            steps: (0..length).map(|_| rng.next_u64()).collect(),
        }
    }

    /// Takes a fresh rollup through all steps.
    fn run(&self, base: &Duo, seen: &mut Seen, tell: bool) -> Result<(), Parting> {
        let mut duo = base.clone();
        for (after, seed) in self.steps.iter().enumerate() {
            for act in plan::plan(&mut duo, *seed, self.lies) {
                if tell {
                    eprintln!("{after}: at {}: {act:?}", duo.now());
                }
                let said = duo.step(&act).map_err(|how| Parting { after, how })?;
                seen.count(&act, &said);
            }
        }
        seen.finals += duo.model.contents.values().filter(|c| c.final_at.is_some()).count();
        seen.retired +=
            usize::from(duo.model.registry.phase == tern_protocol::rule::Phase::Retired);
        Ok(())
    }

    fn base(&self, fault: Option<DevFault>) -> Duo {
        Duo::new(self.seats, self.tee_threshold, fault)
    }

    /// The shortest trace, by leaving out steps, in which they still part.
    fn shrink(mut self, base: &Duo, parting: &Parting) -> Self {
        self.steps.truncate(parting.after + 1);
        let mut size = self.steps.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < self.steps.len() {
                let mut shorter = self.clone();
                shorter.steps.drain(at..(at + size).min(self.steps.len()));
                match shorter.run(base, &mut Seen::default(), false) {
                    Err(parting) => {
                        shorter.steps.truncate(parting.after + 1);
                        self = shorter;
                    }
                    Ok(()) => at += size,
                }
            }
            size /= 2;
        }
        self
    }
}

impl Seen {
    fn count(&mut self, act: &Act, said: &Result<(), tern_settlement::Refusal>) {
        self.steps += 1;
        let Act::Call(_, call) = act else { return };
        self.calls.entry(call.name()).or_default()[usize::from(said.is_err())] += 1;
        if let Err(refusal) = said {
            let text = format!("{refusal:?}");
            let name = text.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
            *self.refusals.entry(name).or_default() += 1;
        }
    }
}

/// Runs traces until one parts; shows the shortest that does.
fn agree(seeds: std::ops::Range<u64>, length: usize) -> Seen {
    let mut seen = Seen::default();
    for seed in seeds {
        let trace = Trace::random(seed, length);
        let base = trace.base(None);
        if let Err(parting) = trace.run(&base, &mut seen, false) {
            let short = trace.shrink(&base, &parting);
            let shown = short.run(&base, &mut Seen::default(), true);
            panic!("seed {seed}: the model and the contracts part: {shown:?}\n{short:?}");
        }
    }
    seen
}

/// TERN_TRACES=N takes N traces instead.
#[test]
fn the_contracts_do_what_the_model_does() {
    let traces = std::env::var("TERN_TRACES").ok().and_then(|text| text.parse().ok());
    let seen = agree(0..traces.unwrap_or(24), 250);
    eprintln!("{seen:#?}");
}
