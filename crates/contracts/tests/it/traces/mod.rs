//! Random traces through the contracts and through the model agree, step by step.

mod claims;
mod compare;
mod duo;
mod plan;

use std::collections::BTreeMap;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tern_settlement::DevFault;

use alloy_primitives::Bytes;
use duo::{Act, Duo};

use crate::world::{Codes, codes};

const LENGTH: usize = 300;

const CALLS: [&str; 20] = [
    "propose",
    "proposeOn",
    "vote",
    "stand",
    "finalize",
    "contradict",
    "contradictFinal",
    "arbitrate",
    "matchOpened",
    "matchClosed",
    "reclaim",
    "withdrawCredit",
    "setTerms",
    "schedule",
    "cancel",
    "activate",
    "installTee",
    "emergencyReplace",
    "announceTeeRetirement",
    "retireTee",
];

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
#[allow(dead_code, reason = "shown when a test fails")]
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
            lies: [1, 4, 25][seed as usize % 3],
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

    fn base(&self, fault: Option<DevFault>, codes: &Codes) -> Duo {
        Duo::new(self.seats, self.tee_threshold, fault, codes)
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
        let base = trace.base(None, &codes());
        if let Err(parting) = trace.run(&base, &mut seen, false) {
            let short = trace.shrink(&base, &parting);
            let shown = short.run(&base, &mut Seen::default(), true);
            panic!("seed {seed}: the model and the contracts part: {shown:?}\n{short:?}");
        }
    }
    seen
}

/// How many traces: TERN_TRACES, or what a minute's patience allows.
fn traces() -> u64 {
    std::env::var("TERN_TRACES").ok().and_then(|text| text.parse().ok()).unwrap_or(96)
}

#[test]
fn the_contracts_do_what_the_model_does() {
    let seen = agree(0..traces(), LENGTH);
    eprintln!("{seen:#?}");
    for name in CALLS {
        let [accepted, refused] = seen.calls.get(name).copied().unwrap_or_default();
        assert!(accepted >= 3, "{name} was accepted {accepted} times only: {seen:#?}");
        assert!(refused >= 3, "{name} was refused {refused} times only: {seen:#?}");
    }
    assert!(seen.finals >= 20 && seen.retired >= 3, "too little comes to an end: {seen:#?}");
}

/// The comparison sees something: a model with a fault parts from the contracts.
#[test]
fn a_fault_in_either_would_be_seen() {
    let missed: Vec<_> = DevFault::ALL
        .into_iter()
        .filter(|fault| {
            let parts = |seed| {
                let trace = Trace::random(seed, LENGTH);
                trace.run(&trace.base(Some(*fault), &codes()), &mut Seen::default(), false).is_err()
            };
            !(0..traces()).any(parts)
        })
        .collect();
    assert!(missed.is_empty(), "not seen: {missed:?}");
}

/// Faults planted in Solidity, one a time, compiled by `tools/planted-traces` into the folder that
/// TERN_PLANTED names: each is seen.
#[test]
#[ignore = "needs what tools/planted-traces compiles, which runs it"]
fn a_fault_planted_in_solidity_is_seen() {
    let folder = std::env::var_os("TERN_PLANTED").expect("tools/planted-traces sets TERN_PLANTED");
    let mut missed = Vec::new();
    let mut faults: Vec<_> = std::fs::read_dir(folder).expect("the folder").flatten().collect();
    faults.sort_by_key(std::fs::DirEntry::file_name);
    for fault in &faults {
        let mut codes = codes();
        for (code, part) in codes.iter_mut().zip(tern_contracts::parts()) {
            let json = fault.path().join(format!("{}.json", part.name));
            let Ok(text) = std::fs::read_to_string(json) else { continue };
            let artifact: serde_json::Value = serde_json::from_str(&text).expect("an artifact");
            let text = artifact["bytecode"].as_str().expect("it has bytecode");
            *code = text.parse::<Bytes>().expect("it is hexadecimal");
        }
        let parting = (0..traces()).find_map(|seed| {
            let trace = Trace::random(seed, LENGTH);
            trace.run(&trace.base(None, &codes), &mut Seen::default(), false).err()
        });
        eprintln!("{}: {parting:?}", fault.file_name().display());
        if parting.is_none() {
            missed.push(fault.file_name());
        }
    }
    assert!(!faults.is_empty(), "tools/planted compiled nothing");
    assert!(missed.is_empty(), "not seen: {missed:?}");
}
