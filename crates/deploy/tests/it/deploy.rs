use alloy_primitives::{Address, Bytes, U256};
use serde_json::{Value, json};
use tern_deploy::{Applied, DeployError, Event, Plan, apply, check, missing, preflight, simulate};
use tern_l1::{Anvil, Key, L1, L1Error};

use crate::node::{anvil, connect, dev_config, dev_key, run};

fn plan() -> Plan {
    Plan::new(dev_config()).expect("in bounds")
}

async fn deployed() -> (Anvil, L1, Plan) {
    let anvil = anvil(&[]);
    let l1 = connect(&anvil).await;
    let plan = plan();
    apply(&l1, &dev_key(), &plan, &mut |_| {}).await.expect("it works");
    (anvil, l1, plan)
}

/// A change that only a development node allows.
async fn tamper(l1: &L1, method: &'static str, params: Value) {
    l1.ask::<_, Value>(method, params).await.expect("a development node does it");
}

/// What differs now, as `contract: fact`.
async fn differences(l1: &L1, plan: &Plan) -> Vec<String> {
    let report = check(l1, plan).await.expect("it answers");
    assert_eq!(report.is_right(), report.rows.iter().all(|row| row.ok));
    let wrong = report.rows.iter().filter(|row| !row.ok);
    wrong.map(|row| format!("{}: {} is {}", row.contract, row.what, row.found)).collect()
}

#[test]
fn everything_is_deployed_once_and_reads_back_as_configured() {
    run(async {
        let anvil = anvil(&[]);
        let l1 = connect(&anvil).await;
        let (key, plan) = (dev_key(), plan());
        preflight(&l1, &plan).await.expect("a development node has what it takes");
        let left = missing(&l1, &plan).await.expect("it answers");
        assert_eq!(left.len(), plan.steps.len());

        let simulated = simulate(&l1, key.address(), &left).await.expect("it would work");
        assert_eq!(l1.nonce(key.address(), true).await.expect("it answers"), 0, "nothing is sent");
        assert_eq!(missing(&l1, &plan).await.expect("it answers").len(), plan.steps.len());

        let mut events = Vec::new();
        let applied =
            apply(&l1, &key, &plan, &mut |event| events.push(event)).await.expect("it works");
        assert_eq!(applied.deployed, plan.steps.len());
        assert_eq!(applied.gas, simulated.gas, "the simulation knows the gas");
        assert_eq!(differences(&l1, &plan).await, Vec::<String>::new());

        let nonce = l1.nonce(key.address(), true).await.expect("it answers");
        let again = apply(&l1, &key, &plan, &mut |_| {}).await.expect("there is nothing to do");
        let there = Applied { there: plan.steps.len(), ..Applied::default() };
        assert_eq!(again, there, "the second run finds everything");
        assert_eq!(l1.nonce(key.address(), true).await.expect("it answers"), nonce);
        assert!(events.iter().any(|event| matches!(event, Event::Deployed("Settlement", _))));
    });
}

/// Wherever the first run stopped, the second one, even somebody else's, does the rest.
#[test]
fn a_deployment_that_was_stopped_goes_on() {
    run(async {
        let anvil = anvil(&[]);
        let l1 = connect(&anvil).await;
        let plan = plan();
        let fresh: Value = l1.ask("evm_snapshot", ()).await.expect("a development node does it");
        let mut fresh = fresh;
        for stop in 0..plan.steps.len() {
            let mut first = plan.clone();
            first.steps.truncate(stop);
            apply(&l1, &dev_key(), &first, &mut |_| {}).await.expect("the first run");
            let rest = apply(&l1, &second_key(), &plan, &mut |_| {}).await.expect("the second");
            assert_eq!((rest.there, rest.deployed), (stop, plan.steps.len() - stop));
            if stop % 4 == 0 {
                assert_eq!(differences(&l1, &plan).await, Vec::<String>::new());
            }
            tamper(&l1, "evm_revert", json!([fresh])).await;
            fresh = l1.ask("evm_snapshot", ()).await.expect("a development node does it");
        }
    });
}

fn second_key() -> Key {
    // The second account of every development node.
    let key = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
    Key::parse(key, "the test").expect("it is one")
}

/// Stopped between sending and the receipt: the transaction is mined later, or already.
#[test]
fn an_answer_that_was_lost_sends_nothing_twice() {
    run(async {
        let anvil = anvil(&["--no-mining"]);
        let l1 = connect(&anvil).await;
        let (key, plan) = (dev_key(), plan());
        let first = &plan.steps[0];
        l1.broadcast(&key, &first.call, 6_000_000).await.expect("it is accepted");
        assert_eq!(l1.nonce(key.address(), true).await.expect("it answers"), 1);

        let waiting = l1.clone().with_patience(std::time::Duration::from_millis(50));
        let error = apply(&waiting, &key, &plan, &mut |_| {}).await.expect_err("it waits");
        assert!(matches!(error, DeployError::L1(L1Error::Pending { count: 1, .. })), "{error}");

        tamper(&l1, "evm_mine", json!([])).await;
        tamper(&l1, "evm_setAutomine", json!([true])).await;
        let applied = apply(&l1, &key, &plan, &mut |_| {}).await.expect("it goes on");
        assert_eq!((applied.there, applied.deployed), (1, plan.steps.len() - 1));
    });
}

#[test]
fn reading_back_finds_what_was_tampered_with() {
    run(async {
        let (_anvil, l1, plan) = deployed().await;
        assert_eq!(differences(&l1, &plan).await, Vec::<String>::new());
        let fresh: Value = l1.ask("evm_snapshot", ()).await.expect("a development node does it");
        let mut fresh = fresh;
        let a = &plan.rollup;

        // One byte of code; an immutable value; no code; other code.
        let code = l1.code(a.inbox).await.expect("it answers");
        let mut flipped = code.to_vec();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        let delay = 300_u64.to_be_bytes();
        let registry = l1.code(a.registry).await.expect("it answers").to_vec();
        let at = registry.windows(32).position(|w| w[..24] == [0; 24] && w[24..] == delay);
        let mut immutable = registry.clone();
        immutable[at.expect("the notice is in the code") + 31] = 1;
        let cases: [(Address, Bytes, &str); 4] = [
            (a.inbox, flipped.into(), "Inbox: code"),
            (a.registry, immutable.into(), "as compiled, with other values"),
            (plan.shared.bridge, Bytes::new(), "Bridge: code"),
            (a.settlement, code, "Settlement: code"),
        ];
        for (account, code, says) in cases {
            tamper(&l1, "anvil_setCode", json!([account, code])).await;
            let found = differences(&l1, &plan).await;
            assert!(found.iter().any(|row| row.contains(says)), "{says}: {found:?}");
            tamper(&l1, "evm_revert", json!([fresh])).await;
            fresh = l1.ask("evm_snapshot", ()).await.expect("a development node does it");
        }

        // The Safe's threshold is at slot 4, the timelock's delay at slot 2.
        for (account, slot, says) in [
            (plan.council, 4, "Council: threshold is 1"),
            (a.timelock, 2, "Timelock: delay is 1 second"),
        ] {
            let word = U256::from(1).to_be_bytes::<32>();
            let params = json!([account, U256::from(slot), Bytes::from(word)]);
            tamper(&l1, "anvil_setStorageAt", params).await;
            let found = differences(&l1, &plan).await;
            assert_eq!(found, [says]);
            tamper(&l1, "evm_revert", json!([fresh])).await;
            fresh = l1.ask("evm_snapshot", ()).await.expect("a development node does it");
        }
    });
}

#[test]
fn what_is_wrong_with_l1_or_the_account_is_said_before_anything_is_sent() {
    run(async {
        let anvil = anvil(&[]);
        let l1 = connect(&anvil).await;
        let mut config = dev_config();
        config.l1.chain_id = 1_337;
        let error = preflight(&l1, &Plan::new(config).expect("in bounds")).await;
        let error = error.expect_err("another chain").to_string();
        assert!(error.contains("31337") && error.contains("1337 is expected"), "{error}");

        let poor = Key::parse(&"11".repeat(32), "the test").expect("a key");
        let error =
            apply(&l1, &poor, &plan(), &mut |_| {}).await.expect_err("no money").to_string();
        assert!(error.contains("has 0 ETH") && error.contains("send it at least"), "{error}");

        let mut config = dev_config();
        config.council.safe = Some(Address::repeat_byte(7));
        let error = preflight(&l1, &Plan::new(config).expect("in bounds")).await;
        assert!(matches!(error, Err(DeployError::NoSafe(_))));

        tamper(&l1, "anvil_setCode", json!([tern_deploy::CREATE2_DEPLOYER, "0x"])).await;
        let error = preflight(&l1, &plan()).await.expect_err("no deployer").to_string();
        assert!(error.contains("CREATE2"), "{error}");

        drop(anvil);
        let error = l1.balance(poor.address()).await.expect_err("nobody is there").to_string();
        assert!(error.contains("no L1 node answers"), "{error}");
    });
}
