//! `tern deploy` as people and machines use it, on a real development node.

use std::{fs, process::Output};

use serde_json::Value;
use tern_l1::Anvil;

use crate::{folder::Folder, lines, program, stderr, stdout, tern};

fn anvil() -> Anvil {
    Anvil::start(program::anvil(), &[]).expect("the development node starts")
}

// The first account of every development node.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

fn refused(output: &Output, says: &[&str]) {
    assert_eq!(output.status.code(), Some(2), "{}", stdout(output));
    let error = stderr(output);
    assert!(says.iter().all(|says| error.contains(says)), "{says:?}: {error}");
    assert!(!error.contains(&KEY[..16]), "a key is never printed: {error}");
}

#[test]
fn deploy_simulates_deploys_and_reads_back_the_example() {
    let (anvil, folder) = (anvil(), Folder::new("deploy"));
    let example = tern(&["deploy", "--example"]);
    let config = folder.file("rollup.toml", &stdout(&example), 0o644);
    let key = folder.file("deployer.key", KEY, 0o600);
    let out = folder.path("rollup");
    let common = ["deploy", "--l1", anvil.url(), "--config", &config, "--out", &out, "--json"];
    let run = |more: &[&str]| tern(&[&common[..], more].concat());

    let output = run(&["--simulate"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let plan = lines(&output).pop().expect("a plan");
    assert!(plan["gas"].as_u64().is_some_and(|gas| gas > 10_000_000), "{plan}");

    refused(&run(&["--check"]), &["which block 0", "--out"]);

    let output = run(&["--key-file", &key]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let result = lines(&output).pop().expect("a result");
    assert_eq!(result["contracts"]["bridge"], plan["contracts"]["bridge"]);
    for file in ["rollup.json", "genesis.json"] {
        let text = fs::read_to_string(folder.0.join("rollup").join(file)).expect("it is written");
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{file}");
    }
    assert_eq!((&result["ok"], &result["preset"]), (&true.into(), &"none".into()));
    assert!(result["check"].as_array().is_some_and(|rows| rows.len() > 60));
    assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains(&KEY[..16]));

    let again = lines(&run(&["--key-file", &key])).pop().expect("a result");
    assert_eq!((&again["deployed"], &again["gas"]), (&0.into(), &0.into()));
    let output =
        tern(&["deploy", "--l1", anvil.url(), "--config", &config, "--out", &out, "--check"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("facts are as configured"), "{}", stdout(&output));
}

#[test]
fn deploy_dev_needs_nothing_but_a_development_node() {
    let (anvil, folder) = (anvil(), Folder::new("deploy-dev"));
    let out = folder.path("rollup");
    let output = tern(&["deploy", "--l1", anvil.url(), "--dev", "--out", &out, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let result: Value = lines(&output).pop().expect("a result");
    assert_eq!((&result["preset"], &result["ok"]), (&"dev".into(), &true.into()));
}

#[test]
fn deploy_says_what_is_wrong_and_how_to_mend_it() {
    let (anvil, folder) = (anvil(), Folder::new("deploy-errors"));
    let example = stdout(&tern(&["deploy", "--example"]));
    let config = folder.file("rollup.toml", &example, 0o644);
    let l1 = anvil.url();
    let out = folder.path("rollup");
    let deploy = |url: &str, config: &str, more: &[&str]| {
        tern(&[&["deploy", "--l1", url, "--config", config, "--out", &out], more].concat())
    };

    let gone = "http://127.0.0.1:9";
    refused(&deploy(gone, &config, &["--check"]), &["no L1 node answers", "127.0.0.1:9"]);
    refused(&deploy("127.0.0.1", &config, &["--check"]), &["not an address of the L1 node"]);
    refused(&deploy(l1, "/nowhere.toml", &[]), &["/nowhere.toml", "--example"]);
    let other =
        folder.file("other.toml", &example.replace("chainId = 31337", "chainId = 5"), 0o644);
    refused(&deploy(l1, &other, &["--simulate"]), &["on chain 31337", "chain 5 is expected"]);
    let text = example.replace("chainId = 31337", "chainId = 1");
    let short = text.replace("notice = \"30 days\"", "notice = \"1 day\"");
    let short = folder.file("short.toml", &short, 0o644);
    refused(&deploy(l1, &short, &[]), &["on Ethereum delays.notice is 1 day", "30 days"]);
    let typo = folder.file("typo.toml", &example.replace("lapse =", "laps ="), 0o644);
    refused(&deploy(l1, &typo, &[]), &["typo.toml, line ", "laps"]);

    let open = folder.file("open.key", KEY, 0o644);
    refused(&deploy(l1, &config, &["--key-file", &open]), &["can be read by others", "chmod 600"]);
    let broken = folder.file("broken.key", &KEY[..63], 0o600);
    refused(&deploy(l1, &config, &["--key-file", &broken]), &["64 hexadecimal digits"]);
    refused(&deploy(l1, &config, &["--key-file", "/nowhere.key"]), &["/nowhere.key"]);
    let poor = folder.file("poor.key", &"11".repeat(32), 0o600);
    refused(&deploy(l1, &config, &["--key-file", &poor]), &["has 0 ETH", "send it at least"]);
    refused(&deploy(l1, &config, &[]), &["TERN_KEY", "--key-file"]);
}
