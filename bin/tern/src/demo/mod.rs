//! `tern demo`: what there is of the stack, in one sitting.

mod story;
mod votes;

use std::{
    io::{self, Write},
    time::Instant,
};

use serde_json::{Value, json};
use tern_protocol::{ClaimId, RollupConfig, rule::Verdict};
use tern_stf::{Executor, cross_build};
use tern_stf_diff::dev_faults::{DevFault, faulty};
use tern_workload::Chain;

use self::{
    story::Told,
    votes::{Content, Run},
};
use crate::{
    cli::{Demo, Lane},
    failure::Failure,
    lanes,
};

const LANES: [&str; 3] = ["ZK", "TEE", "OP"];

/// One fault a lane, each of another kind.
const PLANTED: [(Lane, DevFault); 3] = [
    (Lane::Revm, DevFault::Withdrawals),
    (Lane::Ethrex, DevFault::ChainId),
    (Lane::Evm, DevFault::BaseFee),
];

/// Says things to people or to machines.
struct Teller {
    json: bool,
    step: u32,
    start: Instant,
}

impl Teller {
    fn step(&mut self, title: &str) -> io::Result<()> {
        self.step += 1;
        let seconds = self.start.elapsed().as_secs_f64();
        writeln!(io::stderr(), "[{}] {seconds:6.2} s  {title}", self.step)
    }

    fn say(&self, text: &str, value: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json { writeln!(out, "{value}") } else { writeln!(out, "{text}") }
    }
}

/// Runs the demo; true if all agree and every planted fault is seen.
pub(crate) fn run(arguments: &Demo) -> Result<bool, Failure> {
    let mut teller = Teller { json: arguments.json, step: 0, start: Instant::now() };
    let boxed = lanes::executors(Lane::All);
    let executors = lanes::borrowed(&boxed);
    let notice =
        "This demo has no L1 and no proof yet: a \"vote\" is what a lane's program computes.";
    teller.say(notice, &json!({ "event": "notice", "text": notice }))?;

    teller.step("genesis: Prague's system contracts and funded accounts")?;
    let chain = Chain::new(executors[0], 256, 64)?;
    for executor in &executors[1..] {
        let (root, expected) =
            (executor.genesis_state(chain.genesis())?.root, chain.head().state_root);
        if root != expected {
            return Err(Failure::Genesis { executor: executor.name().into(), root, expected });
        }
    }
    teller.step("derivation: two batches with deposits and forced transactions")?;
    let config = story::config(&chain);
    let story = story::tell(&chain, &config)?;
    teller.step("execution: every block by all three, compared field by field")?;
    let blocks = tell_blocks(&teller, &executors, chain.clone(), &story)?;

    teller.step("the rule: what any votes are worth")?;
    tell_rule(&teller)?;

    teller.step("votes: all executors right")?;
    let runs: Vec<_> = executors.iter().map(|one| votes::run(*one, &chain, &story)).collect();
    let honest = tell_votes(&teller, "all right", &runs, &config, &story)?;
    let right = honest.first().map(|content| content.claim);
    let mut caught = 0;
    for (at, (lane, fault)) in PLANTED.into_iter().enumerate() {
        let right_one = lanes::executors(lane).remove(0);
        let wrong = faulty(right_one, fault);
        teller.step(&format!("votes: the {} lane runs {}", LANES[at], wrong.name()))?;
        caught += usize::from(tell_fault(
            &teller,
            at,
            wrong.as_ref(),
            &runs,
            &chain,
            (&config, &story, right),
        )?);
    }
    let agreed = honest.len() == 1 && honest[0].verdict == Verdict::Final;
    let text = format!(
        "\n{blocks} blocks, all agree; {caught} of {} planted faults seen, none of them final.",
        PLANTED.len()
    );
    let planted = PLANTED.len();
    let end = json!({ "event": "end", "blocks": blocks, "agreed": agreed, "planted": planted, "caught": caught });
    teller.say(&text, &end)?;
    Ok(agreed && caught == planted)
}

fn tell_blocks(
    teller: &Teller,
    executors: &[&dyn Executor],
    mut chain: Chain,
    story: &[Told],
) -> Result<usize, Failure> {
    let mut count = 0;
    for told in story {
        let header = &told.record.header;
        let dropped = told.derived.dropped.map(|reason| reason.to_string());
        let text = format!(
            "\nbatch {}: {} blocks, {} deposits, {} forced{}",
            header.index,
            header.block_count,
            told.deposits.len(),
            told.forced.len(),
            dropped.as_ref().map_or(String::new(), |reason| format!(
                "\n  the sequencer's transactions are dropped: {reason}"
            )),
        );
        let value = json!({
            "event": "batch", "index": header.index, "blocks": header.block_count,
            "deposits": told.deposits.len(), "forced": told.forced.len(),
            "dropped": dropped, "acc": told.record.acc(),
        });
        teller.say(&text, &value)?;
        for inputs in &told.derived.blocks {
            let execution =
                cross_build(executors, chain.spec(), chain.head_hash(), inputs, chain.archive())?;
            let (number, hash) = (execution.header.number, execution.hash);
            let forced = inputs.candidates.iter().filter(|c| c.forced_gas.is_some()).count();
            let mut text = format!(
                "  block {number}  {} deposits  {} transactions ({forced} forced)  {:>9} gas  {}",
                inputs.withdrawals.len(),
                execution.receipts.len(),
                execution.header.gas_used,
                shorten(&hash.to_string()),
            );
            for skip in &execution.skipped {
                text += &format!("\n    candidate {} skipped: {}", skip.candidate, skip.reason);
            }
            let skipped: Vec<_> = execution
                .skipped
                .iter()
                .map(|s| json!({ "candidate": s.candidate, "reason": s.reason.to_string() }))
                .collect();
            let value = json!({
                "event": "block", "number": number, "hash": hash, "deposits": inputs.withdrawals.len(),
                "transactions": execution.receipts.len(), "forced": forced,
                "gasUsed": execution.header.gas_used, "skipped": skipped,
            });
            teller.say(&text, &value)?;
            chain.append(execution);
            count += 1;
        }
    }
    Ok(count)
}

/// The configuration, the story, and the claim on which all agreed before.
type Setting<'a> = (&'a RollupConfig, &'a [Told], Option<ClaimId>);

fn tell_fault(
    teller: &Teller,
    at: usize,
    wrong: &dyn Executor,
    honest: &[Run],
    chain: &Chain,
    (config, story, right): Setting<'_>,
) -> Result<bool, Failure> {
    let mut runs: Vec<_> = honest
        .iter()
        .map(|run| Run { executor: run.executor.clone(), blocks: run.blocks.clone() })
        .collect();
    runs[at] = votes::run(wrong, chain, story);
    let found = votes::first_difference(&runs);
    let seen = found.as_ref().map_or_else(|| "nobody noticed".into(), ToString::to_string);
    let odd = found.as_ref().and_then(|d| d.odd_one_out()).map(str::to_owned);
    let value = json!({ "event": "fault", "lane": LANES[at], "executor": wrong.name(), "seen": seen, "odd": odd });
    let text = format!("\n{} made wrong: {}\n  seen: {}", LANES[at], wrong.name(), shorten(&seen));
    teller.say(&text, &value)?;
    let contents = tell_votes(teller, wrong.name(), &runs, config, story)?;
    let finals: Vec<_> = contents.iter().filter(|c| c.verdict == Verdict::Final).collect();
    let only_the_right_one = finals.len() == 1 && Some(finals[0].claim) == right;
    Ok(only_the_right_one && odd.as_deref() == Some(wrong.name()))
}

fn tell_votes(
    teller: &Teller,
    title: &str,
    runs: &[Run],
    config: &RollupConfig,
    story: &[Told],
) -> Result<Vec<Content>, Failure> {
    let claims = std::array::from_fn(|at| votes::claim(&runs[at], config, story));
    let contents = votes::contents(claims);
    let mut text =
        format!("\n  {:<14}{:>5}{:>5}{:>5}   verdict ({title})", "claim", "ZK", "TEE", "OP");
    for content in &contents {
        let claim = content.claim.to_string();
        let [zk, tee, op] = content.lanes.map(mark);
        text += &format!("\n  {}…  {zk:>5}{tee:>5}{op:>5}   {}", &claim[..10], content.says());
        let value = json!({
            "event": "content", "case": title, "claim": content.claim,
            "zk": content.lanes[0], "tee": content.lanes[1], "op": content.lanes[2],
            "verdict": content.verdict,
        });
        if teller.json {
            teller.say("", &value)?;
        }
    }
    if !teller.json {
        teller.say(&text, &Value::Null)?;
    }
    Ok(contents)
}

/// `protocol::rule` over all votes of versions in good standing.
fn tell_rule(teller: &Teller) -> Result<(), Failure> {
    let mut text = format!("\nthe rule\n  {:>5}{:>5}{:>5}   verdict", "ZK", "TEE", "OP");
    for n in 0..8u8 {
        let lanes = [n & 4 == 0, n & 2 == 0, n & 1 == 0];
        let (verdict, says) = votes::judge(lanes);
        let [zk, tee, op] = lanes.map(mark);
        text += &format!("\n  {zk:>5}{tee:>5}{op:>5}   {says}");
        if teller.json {
            let [zk, tee, op] = lanes;
            let value =
                json!({ "event": "rule", "zk": zk, "tee": tee, "op": op, "verdict": verdict });
            teller.say("", &value)?;
        }
    }
    if !teller.json {
        teller.say(&text, &Value::Null)?;
    }
    Ok(())
}

const fn mark(yes: bool) -> &'static str {
    if yes { "yes" } else { "-" }
}

/// Hashes in full would hide what is said of them; `--json` has them whole.
fn shorten(text: &str) -> String {
    let word = |word: &str| match word.char_indices().nth(18) {
        Some((end, _)) if word.starts_with("0x") && word.len() > 42 => {
            let tail = if word.ends_with(',') { "," } else { "" };
            format!("{}…{tail}", &word[..end])
        }
        _ => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
