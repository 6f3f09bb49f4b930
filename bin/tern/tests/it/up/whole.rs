//! What people do with a rollup, on one stack.

use std::{fs, process::Command};

use serde_json::{Value, json};
use tern_workload::{Key, Transaction};

use super::{
    alloy,
    load::batches_are_contiguous,
    replica::{self, Replica},
    rpc::{Node, hex, number, same_blocks, wait},
    stack::{Beside, Stack, signal},
    trouble,
};
use crate::{folder::Folder, repository, stderr};

#[test]
fn a_rollup_takes_deposits_transactions_and_withdrawals_and_followers_agree() {
    let folder = Folder::new("whole");
    let stack = Stack::up(&folder.0.join("up"), &["--l1-block-time", "1"]);
    assert!(stack.ready.as_secs() < 120, "up after {:?}", stack.ready);
    let (user, address) = stack.key("user", 0);

    let status = stack.result(&user, &["status"]);
    assert_eq!(status["node"]["role"], "sequencer", "{status}");
    let (deposited, sent) = (deposit(&stack, &user), send(&stack, &user));
    let created = contract(&stack);
    let forced = force(&stack, &user);
    withdraw(&stack, &user, &address, &folder);
    clients(&stack);
    let spoken = alloy::does_what_people_do(&stack);
    let (requested, large) =
        (replica::a_request(&stack, &user), replica::a_large_block(&stack, &user));

    let all = [deposited, sent, created, forced, spoken, requested, large];
    let last = all.into_iter().max().expect("blocks");
    let safe = stack.follower.reaches("safe", last);
    stack.sequencer.reaches("safe", safe);
    same_blocks(&stack.sequencer, &stack.follower, 0..=safe);
    stack.follower.reaches("finalized", last);
    stack.sequencer.reaches("finalized", last);

    followers_without_a_past(&stack, &folder, safe);
    trouble::is_said(&stack, &folder);
    assert!(batches_are_contiguous(&stack) > 1);
}

fn balance(node: &Node, account: &str) -> u128 {
    let balance = node.get("eth_getBalance", json!([account, "latest"]));
    let digits = balance.as_str().and_then(|text| text.strip_prefix("0x")).expect("a quantity");
    u128::from_str_radix(digits, 16).expect("a quantity")
}

const ETHER: u128 = 1_000_000_000_000_000_000;
/// Nobody's account.
const NOBODY: &str = "0x00000000000000000000000000000000000000d1";

fn deposit(stack: &Stack, key: &str) -> u64 {
    let result = stack.result(key, &["deposit", "--amount", "2", "--to", NOBODY]);
    assert_eq!(balance(&stack.sequencer, NOBODY), 2 * ETHER);
    result["credited"]["block"].as_u64().expect("a block has it")
}

fn send(stack: &Stack, key: &str) -> u64 {
    let result = stack.result(key, &["send", "--amount", "1", "--to", NOBODY]);
    assert_eq!(balance(&stack.sequencer, NOBODY), 3 * ETHER);
    result["block"].as_u64().expect("a block has it")
}

fn force(stack: &Stack, key: &str) -> u64 {
    let result = stack.result(key, &["force", "--amount", "1", "--to", NOBODY]);
    assert_eq!(result["fate"]["kind"], "executed", "{result}");
    let transaction = result["transaction"].as_str().expect("a hash");
    let block = result["fate"]["block"].as_u64().expect("a block has it");
    // The queue on L1 brought it: the follower, which no pool feeds, has it as well.
    stack.follower.reaches("safe", block);
    let receipt = stack.follower.receipt(transaction);
    assert_eq!((&receipt["status"], number(&receipt["blockNumber"])), (&"0x1".into(), Some(block)));
    block
}

fn withdraw(stack: &Stack, key: &str, address: &str, folder: &Folder) {
    let to = "0x00000000000000000000000000000000000000d2";
    let journal = folder.path("withdrawals");
    let call = ["withdraw", "--amount", "0.5", "--to", to, "--journal", &journal];
    let result = stack.result(key, &call);
    assert_ne!(result["paidBy"], Value::Null, "{result} of {address}");
    assert_eq!(balance(&stack.l1, to), ETHER / 2);
}

/// Deploys the outbox again, as a contract like any other, and has it called and heard.
fn contract(stack: &Stack) -> u64 {
    let artifact = repository().join("artifacts/contracts/Outbox.json");
    let artifact: Value =
        serde_json::from_slice(&fs::read(artifact).expect("it is there")).expect("it is JSON");
    let code = artifact["bytecode"].as_str().expect("bytecode");
    let (l1, bridge) = (31_337, 0xb1);
    let key = Key::dev(77);
    let (payer, _) = stack.key("user", 0);
    stack.result(&payer, &["send", "--amount", "2", "--to", &hex(&key.address().0)]);
    let mut create = Transaction::transfer(7_357, 0, key.address(), 0);
    (create.to, create.gas_limit) = (None, 3_000_000);
    create.input = bytes(&format!("{code}{l1:064x}{bridge:064x}"));
    let raw = hex(&create.sign(&key));
    let hash = stack.sequencer.get("eth_sendRawTransaction", json!([raw]));
    let created = stack.sequencer.receipt(hash.as_str().expect("a hash"));
    assert_eq!(created["status"], "0x1");
    let contract = created["contractAddress"].as_str().expect("an address");
    let ask = |what: &str| {
        let call = json!([{ "to": contract, "data": selector(what) }, "latest"]);
        stack.sequencer.get("eth_call", call)
    };
    assert_eq!(ask("l1ChainId()"), format!("0x{l1:064x}"));
    let [to, gas, at, length] = [0xd3, 21_000, 96, 0].map(|word: u64| format!("{word:064x}"));
    let data = format!("{}{to}{gas}{at}{length}", selector("withdraw(address,uint64,bytes)"));
    let sent =
        stack.result(&payer, &["send", "--to", contract, "--amount", "1gwei", "--data", &data]);
    assert_eq!(ask("nextNonce()"), format!("0x{:064x}", 1));
    let block = sent["block"].as_u64().expect("a block has it");
    let logs = stack.sequencer.get(
        "eth_getLogs",
        json!([{ "address": contract, "fromBlock": super::rpc::quantity(block), "toBlock": "latest" }]),
    );
    assert_eq!(logs[0]["transactionHash"], sent["transaction"]);
    block
}

fn selector(function: &str) -> String {
    hex(&tern_protocol::keccak256(function.as_bytes()).0[..4])
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.strip_prefix("0x").unwrap_or(hex);
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// ethers, viem and cast.
fn clients(stack: &Stack) {
    let tool = repository().join("tools/clients");
    let output = Command::new(tool).arg(stack.folder.join("endpoints.json")).output();
    let output = output.expect("a shell");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A new follower with another execution client, and the stack's own when its folder is lost.
fn followers_without_a_past(stack: &Stack, folder: &Folder, safe: u64) {
    let mut replica = Replica::start(stack, folder);
    let second = Beside::follow_with(stack, &folder.0.join("second"), &[&replica.option()]);
    second.node.reaches("safe", safe);
    same_blocks(&stack.sequencer, &second.node, 0..=safe);
    replica.follows(stack, &second, safe);
    second.stop();

    let before = stack.process("follower").expect("it runs");
    fs::remove_dir_all(stack.folder.join("follower")).expect("it is there");
    signal(before, "KILL");
    wait("the follower is started again", 60, || {
        stack.process("follower").filter(|process| *process != before)
    });
    stack.follower.reaches("safe", safe);
    same_blocks(&stack.sequencer, &stack.follower, 0..=safe);
}
