//! `tern deploy`

use std::{io::Write, time::Duration};

use indicatif::ProgressBar;
use serde_json::{Value, json};
use tern_deploy::{Applied, Config, Event, Files, Plan, Planned, Report, Simulated, Wei};
use tern_l1::{Key, KeySource, L1};

use crate::{cli::Deploy, ef_test::style, failure::Failure};

/// Deploys and reads back; true if everything is as configured.
pub(crate) fn run(arguments: &Deploy) -> Result<bool, Failure> {
    if arguments.example {
        write!(std::io::stdout().lock(), "{}", tern_deploy::EXAMPLE)?;
        return Ok(true);
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?
        .block_on(deploy(arguments))
}

async fn deploy(arguments: &Deploy) -> Result<bool, Failure> {
    // What is wrong with files shows before anything is asked of a network.
    let config = arguments.config.as_deref().map(Config::load).transpose()?;
    if let Some(config) = &config {
        config.check_bounds()?;
    }
    let l1 = L1::connect(arguments.l1.as_deref().unwrap_or_default()).await?;
    let config = match config {
        Some(config) => config,
        None => Config::dev(l1.chain_id())?,
    };
    let files = Files::new(&arguments.out);
    let planned = files.plan(&l1, config, !arguments.check).await?;
    let plan = &planned.plan;
    if arguments.simulate {
        return simulate(&l1, arguments, plan).await;
    }
    let applied = match arguments.check {
        true => None,
        false => Some(apply(&l1, arguments, &files, &planned).await?),
    };
    let report = tern_deploy::check(&l1, plan).await?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let mut result = describe(plan, arguments.dev);
        result["ok"] = json!(report.is_right());
        result["check"] = json!(report.rows);
        if let Some(applied) = applied {
            result["deployed"] = json!(applied.deployed);
            result["gas"] = json!(applied.gas);
            result["costWei"] = json!(applied.cost.to_string());
            result["files"] = json!({"rollup": files.rollup(), "genesis": files.genesis()});
        }
        writeln!(out, "{result}")?;
    } else {
        write_report(plan, &report, &mut out)?;
    }
    Ok(report.is_right())
}

async fn apply(
    l1: &L1,
    arguments: &Deploy,
    files: &Files,
    planned: &Planned,
) -> Result<Applied, Failure> {
    let plan = &planned.plan;
    let key = Key::load(&key_source(arguments))?;
    tern_deploy::preflight(l1, plan).await?;
    l1.wait_for_pending(key.address()).await?;
    let left = tern_deploy::missing(l1, plan).await?;
    if !left.is_empty() {
        let simulated = tern_deploy::simulate(l1, key.address(), &left).await?;
        tern_deploy::afford(l1, key.address(), simulated.gas).await?;
        eprintln!(
            "{} of {} steps are left: {} gas, about {} now, paid by {}",
            left.len(),
            plan.steps.len(),
            simulated.gas,
            Wei(simulated.cost).about(),
            key.address()
        );
    }
    // What is sent depends on block 0: without its file nobody could follow the rollup.
    files.save(l1, planned).await?;
    eprintln!("wrote rollup.json and genesis.json to {}", files.folder().display());
    let bar = ProgressBar::new(plan.steps.len() as u64)
        .with_style(style("{bar:30} {pos}/{len} steps  {eta} left  {msg}"));
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut number = 0;
    let mut watch = |event| match event {
        Event::Sending(name) => bar.set_message(name),
        Event::There(name) => {
            number += 1;
            bar.inc(1);
            bar.suspend(|| eprintln!("[{number}] {name}: is there already"));
        }
        Event::Deployed(name, gas) => {
            number += 1;
            bar.inc(1);
            bar.suspend(|| eprintln!("[{number}] {name}: done, {gas} gas"));
        }
    };
    let applied = tern_deploy::apply(l1, &key, plan, &mut watch).await;
    bar.finish_and_clear();
    Ok(applied?)
}

async fn simulate(l1: &L1, arguments: &Deploy, plan: &Plan) -> Result<bool, Failure> {
    tern_deploy::preflight(l1, plan).await?;
    let left = tern_deploy::missing(l1, plan).await?;
    // Who deploys makes no difference to what is deployed: a plan needs no key.
    let key = match key_source(arguments) {
        KeySource::Variable(name) if std::env::var_os(name).is_none() => None,
        source => Some(Key::load(&source)?),
    };
    let from = key.as_ref().map(Key::address).unwrap_or_default();
    let simulated = tern_deploy::simulate(l1, from, &left).await?;
    if key.is_some() {
        tern_deploy::afford(l1, from, simulated.gas).await?;
    }
    let mut out = std::io::stdout().lock();
    if arguments.json {
        let mut result = describe(plan, arguments.dev);
        result["simulated"] = json!(true);
        result["steps"] = steps(plan, &simulated);
        result["gas"] = json!(simulated.gas);
        result["costWei"] = json!(simulated.cost.to_string());
        writeln!(out, "{result}")?;
        return Ok(true);
    }
    for step in steps(plan, &simulated).as_array().into_iter().flatten() {
        let gas = step["gas"].as_u64().map_or("is there".into(), |gas| format!("{gas} gas"));
        let (name, address) = (text(&step["name"]), text(&step["address"]));
        writeln!(out, "{name:<30} {address}  {gas:>14}")?;
    }
    let cost = Wei(simulated.cost).about();
    writeln!(
        out,
        "{} steps are left: {} gas, {cost} now; nothing was sent",
        left.len(),
        simulated.gas
    )?;
    Ok(true)
}

fn key_source(arguments: &Deploy) -> KeySource {
    match (&arguments.key_file, &arguments.keystore) {
        (Some(path), _) => KeySource::File(path.clone()),
        (None, Some(path)) => KeySource::Keystore {
            path: path.clone(),
            password_file: arguments.password_file.clone(),
        },
        (None, None) if arguments.dev && std::env::var_os("TERN_KEY").is_none() => KeySource::Dev,
        (None, None) => KeySource::Variable("TERN_KEY"),
    }
}

fn steps(plan: &Plan, simulated: &Simulated) -> Value {
    let gas = |name| simulated.steps.iter().find(|(step, _)| *step == name).map(|(_, gas)| gas);
    plan.steps
        .iter()
        .map(|step| json!({"name": step.name, "address": step.address, "gas": gas(step.name)}))
        .collect()
}

/// Where everything is, and its names.
fn describe(plan: &Plan, dev: bool) -> Value {
    let (a, shared) = (&plan.rollup, &plan.shared);
    json!({
        "preset": if dev { "dev" } else { "none" },
        "l1ChainId": plan.config.l1.chain_id,
        "chainId": plan.config.chain.chain_id,
        "configHash": plan.config.rollup_config(a.inbox).hash(),
        "config": plan.config.rollup_config(a.inbox),
        "paramsHash": plan.params_hash,
        "exitTimeSeconds": plan.config.exit_time(),
        "lanes": {
            "zk": plan.config.lanes.zk, "tee": plan.config.lanes.tee, "op": plan.config.lanes.op,
            "zk2": plan.config.lanes.zk2, "devAttestor": plan.config.lanes.dev_attestor,
        },
        "contracts": {
            "token": a.token, "timelock": a.timelock, "governance": a.governance,
            "powers": a.powers, "registry": a.registry, "inbox": a.inbox,
            "settlement": a.settlement, "council": plan.council, "bridge": shared.bridge,
            "status": shared.status,
            "rollupFactory": shared.rollup_factory, "safeSingleton": shared.safe_singleton,
            "safeProxyFactory": shared.safe_proxy_factory,
            "safeFallbackHandler": shared.safe_fallback_handler,
        },
    })
}

fn write_report(plan: &Plan, report: &Report, out: &mut impl Write) -> Result<(), Failure> {
    for row in &report.rows {
        let (contract, what) = (row.contract, &row.what);
        let verdict = match (row.ok, row.changed_by) {
            (true, _) => "ok".to_owned(),
            (false, None) => format!("DIFFERS: expected {}", row.expected),
            (false, Some(by)) => {
                format!("DIFFERS: expected {} ({by} may have changed it)", row.expected)
            }
        };
        writeln!(out, "{contract:<14} {what:<40} {:<44} {verdict}", row.found)?;
    }
    let wrong = report.rows.iter().filter(|row| !row.ok).count();
    let (all, inbox) = (report.rows.len(), plan.rollup.inbox);
    match wrong {
        0 => writeln!(out, "all {all} facts are as configured; the rollup's inbox is {inbox}")?,
        _ => writeln!(out, "{wrong} of {all} facts differ from the configuration")?,
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
