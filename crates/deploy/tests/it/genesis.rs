//! Block 0 and the files of a rollup, as other programs read them.

use std::{fs, path::PathBuf};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use ethrex_common::types::Genesis as EthrexGenesis;
use serde::Deserialize;
use serde_json::{Value, json};
use tern_contracts::{Outbox, TokenBridge};
use tern_deploy::{
    Bound, Config, DeployError, Files, Genesis, OUTBOX, Plan, TOKEN_BRIDGE, apply, bind, check,
};
use tern_l1::{Anvil, Key, L1};
use tern_rollup::Rollup;
use tern_stf::Executor;
use tern_stf_ethrex::EthrexExecutor;

use crate::node::{anvil, connect, dev_key, run};

const TIME: u64 = 1_800_000_000;

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tern-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn files(&self) -> Files {
        Files::new(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn dev() -> Config {
    Config::dev(31_337).expect("a development chain")
}

fn binder() -> Key {
    // The tenth account of every development node.
    let key = "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6";
    Key::parse(key, "the test").expect("it is one")
}

#[test]
fn block_0_is_the_same_to_other_clients_and_executors() {
    let genesis = Genesis::new(&dev(), TIME).expect("it is made");
    let header = genesis.header().expect("it has one");
    let text = serde_json::to_string(&genesis).expect("it is text");

    let theirs: EthrexGenesis = serde_json::from_str(&text).expect("they read it");
    let block = theirs.get_block();
    assert_eq!(block.header.state_root.0, header.state_root.0);
    assert_eq!(block.hash().0, genesis.hash().expect("it has one").0);
    let state = EthrexExecutor.genesis_state(&genesis.accounts()).expect("they execute it");
    assert_eq!(state.root.0, header.state_root.0);

    let again: Genesis = serde_json::from_str(&text).expect("it reads itself");
    assert_eq!(again, genesis);
    assert_eq!((header.timestamp, header.gas_limit), (TIME, 30_000_000));
}

#[test]
fn block_0_depends_on_everything_it_holds() {
    let hash = |change: &dyn Fn(&mut Config), time| {
        let mut config = dev();
        change(&mut config);
        Genesis::new(&config, time).and_then(|genesis| genesis.hash()).expect("it is made")
    };
    type Change = fn(&mut Config);
    let changes: [Change; 5] = [
        |_| (),
        |c| c.chain.gas_limit += 1,
        |c| c.chain.extra_data = vec![1].into(),
        |c| c.l1.chain_id = 1_337,
        |c| c.genesis.as_mut().expect("there").binder = Address::repeat_byte(1),
    ];
    let mut hashes: Vec<B256> = changes.iter().map(|change| hash(change, TIME)).collect();
    hashes.push(hash(&|_| (), TIME + 1));
    for (at, one) in hashes.iter().enumerate() {
        assert!(!hashes[..at].contains(one), "change {at} changes nothing");
    }
}

#[derive(Deserialize)]
struct Vectors {
    codes: B256,
    bridge: Address,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    l1_chain_id: String,
    chain_id: String,
    gas_limit: String,
    extra_data: Bytes,
    binder: Address,
    funded: Vec<Address>,
    balances: Vec<String>,
    time: String,
    state_root: B256,
    header: Bytes,
    hash: B256,
}

#[test]
fn block_0_is_what_the_text_says() {
    let text = include_str!("../../../../spec/vectors/genesis.json");
    let vectors: Vectors = serde_json::from_str(text).expect("the vectors");
    let codes = ["Outbox", "TokenBridge", "AnchorCache", "Bridge"].map(|name| {
        let mut all = tern_contracts::ALL.iter();
        &all.find(|artifact| artifact.name == name).expect("it is compiled").creation[..]
    });
    assert_eq!(keccak256(codes.concat()), vectors.codes, "contracts changed: run make vectors");

    let number = |text: &str| text.parse::<u64>().expect("a number");
    for case in vectors.cases {
        let mut config = dev();
        config.l1.chain_id = number(&case.l1_chain_id);
        config.chain.chain_id = number(&case.chain_id);
        config.chain.gas_limit = number(&case.gas_limit);
        config.chain.extra_data = case.extra_data;
        let section = config.genesis.as_mut().expect("there");
        section.binder = case.binder;
        let some = section.accounts[0];
        section.accounts = vec![some; case.funded.len()];
        let given = case.funded.iter().zip(&case.balances);
        for (account, (address, balance)) in section.accounts.iter_mut().zip(given) {
            account.address = *address;
            account.balance.0 = balance.parse().expect("a number");
        }
        let genesis = Genesis::new(&config, number(&case.time)).expect("it is made");
        let header = genesis.header().expect("it has one");
        assert_eq!(header.state_root, case.state_root, "{}", case.name);
        let hash = genesis.hash().expect("it has one");
        assert_eq!([hash, keccak256(&case.header)], [case.hash; 2], "{}", case.name);
        let pinned = Plan::new(config.with_genesis(case.hash)).expect("in bounds");
        assert_eq!(pinned.shared.bridge, vectors.bridge);
    }
}

#[test]
fn what_nobody_deposited_stays_on_development_chains() {
    let mut config = dev();
    config.l1.chain_id = 11_155_111;
    let error = config.check_bounds().expect_err("not here").to_string();
    assert!(error.contains("genesis.accounts") && error.contains("lanes.devAttestor"), "{error}");
    config.genesis.as_mut().expect("there").accounts.clear();
    config.lanes.dev_attestor = None;
    config.check_bounds().expect("nothing is for development any more");
}

#[test]
fn a_genesis_that_no_chain_can_begin_with_is_refused() {
    let mut config = dev();
    let genesis = config.genesis.as_mut().expect("there");
    genesis.accounts[0].balance.0 = U256::from(1) << 128;
    let error = Genesis::new(&config, TIME).expect_err("too much").to_string();
    assert!(error.contains("2^128") && error.contains("[genesis]"), "{error}");
}

#[test]
fn an_account_that_is_there_already_is_refused() {
    let twice = dev().genesis.expect("there").accounts[0].address;
    for address in [twice, OUTBOX] {
        let mut config = dev();
        let accounts = &mut config.genesis.as_mut().expect("there").accounts;
        let mut again = accounts[0];
        again.address = address;
        accounts.push(again);
        let error = Genesis::new(&config, TIME).expect_err("it has it").to_string();
        assert!(error.contains(&address.to_string()) && error.contains("twice"), "{error}");
    }
}

#[test]
fn files_are_written_once_and_read_again() {
    run(async {
        let (anvil, folder) = (anvil(&[]), Folder::new("files"));
        let (l1, files) = (connect(&anvil).await, folder.files());
        let missing = files.plan(&l1, dev(), false).await;
        assert!(matches!(missing, Err(DeployError::NoGenesis)));

        let planned = files.plan(&l1, dev(), true).await.expect("it is made");
        assert!(!folder.0.exists(), "a plan writes nothing");
        let rollup = files.save(&l1, &planned).await.expect("it is written");
        apply(&l1, &dev_key(), &planned.plan, &mut |_| {}).await.expect("it deploys");
        assert_eq!(Rollup::load(&files.rollup()).expect("it is read"), rollup);
        assert_eq!(rollup.config, planned.plan.config.rollup_config(planned.plan.rollup.inbox));
        assert_eq!(rollup.deployed.number, 0);

        // Later, of the same folder: the same rollup, which is there.
        let again = files.plan(&l1, dev(), true).await.expect("it is read");
        assert_eq!(again.plan.params_hash, planned.plan.params_hash);
        assert_eq!(files.save(&l1, &again).await.expect("it is written"), rollup);
        assert!(check(&l1, &again.plan).await.expect("it answers").is_right());

        // Without rollup.json the block is found again.
        fs::remove_file(files.rollup()).expect("it is there");
        assert_eq!(files.save(&l1, &again).await.expect("it is written"), rollup);

        let mut other = dev();
        other.chain.gas_limit += 1;
        let error = files.plan(&l1, other, true).await.expect_err("another one").to_string();
        assert!(error.contains("genesis.json") && error.contains("--out"), "{error}");
        let pinned = dev().with_genesis(B256::repeat_byte(1));
        let error = files.plan(&l1, pinned, true).await.expect_err("another one").to_string();
        assert!(error.contains("chain.genesisHash"), "{error}");
        fs::write(files.genesis(), "{}").expect("it is writable");
        let error = files.plan(&l1, dev(), true).await.expect_err("no genesis").to_string();
        assert!(error.contains("does not describe"), "{error}");
        assert_eq!(fs::read_to_string(files.genesis()).expect("it is there"), "{}");
    });
}

#[test]
fn an_existing_block_0_needs_no_file() {
    run(async {
        let (anvil, folder) = (anvil(&[]), Folder::new("pinned"));
        let (l1, files) = (connect(&anvil).await, folder.files());
        let mut config = dev().with_genesis(B256::repeat_byte(1));
        config.genesis = None;
        let planned = files.plan(&l1, config, false).await.expect("the hash is given");
        assert!(planned.genesis.is_none());
        files.save(&l1, &planned).await.expect("rollup.json is written");
        assert!(files.rollup().exists() && !files.genesis().exists());
    });
}

/// A node whose first state is a genesis of ours.
async fn l2(folder: &Folder, genesis: &Genesis) -> (Anvil, L1) {
    fs::create_dir_all(&folder.0).expect("a folder for the test");
    genesis.save(&folder.files().genesis()).expect("it is written");
    let path = folder.files().genesis();
    let node = anvil(&["--init", path.to_str().expect("text"), "--chain-id", "7357"]);
    let l2 = connect(&node).await;
    (node, l2)
}

async fn ask<C: SolCall>(l2: &L1, to: Address, call: C) -> C::Return {
    let answer = l2.view(C::SIGNATURE, to, call.abi_encode()).await.expect("it answers");
    C::abi_decode_returns_validate(&answer).expect("as its ABI says")
}

#[test]
fn predeploys_know_their_l1_and_the_binder_binds_once() {
    run(async {
        let (first, folder) = (anvil(&[]), Folder::new("bind"));
        let l1 = connect(&first).await;
        let planned = Files::new("/nowhere").plan(&l1, dev(), true).await.expect("a plan");
        let (_node, l2) = l2(&folder, planned.genesis.as_ref().expect("it is made")).await;
        let (bridge, inbox) = (planned.plan.shared.bridge, planned.plan.rollup.inbox);
        assert_eq!(ask(&l2, OUTBOX, Outbox::l1ChainIdCall {}).await, 31_337);
        assert_eq!(ask(&l2, OUTBOX, Outbox::l1BridgeCall {}).await, bridge);
        assert_eq!(ask(&l2, TOKEN_BRIDGE, TokenBridge::l1BridgeCall {}).await, bridge);
        assert_eq!(ask(&l2, TOKEN_BRIDGE, TokenBridge::l1ChainIdCall {}).await, 31_337);
        assert_eq!(ask(&l2, TOKEN_BRIDGE, TokenBridge::binderCall {}).await, binder().address());

        let rollup = folder.files().save(&l1, &planned).await.expect("it is written");
        let error = bind(&l2, &dev_key(), &rollup).await.expect_err("another key").to_string();
        assert!(error.contains("only ") && error.contains(&binder().address().to_string()));
        let error = bind(&l1, &binder(), &rollup).await.expect_err("another chain").to_string();
        assert!(error.contains("7357 is expected"), "{error}");

        assert_eq!(bind(&l2, &binder(), &rollup).await.expect("it binds"), Bound::Now);
        assert_eq!(ask(&l2, TOKEN_BRIDGE, TokenBridge::inboxCall {}).await, inbox);
        assert_eq!(bind(&l2, &binder(), &rollup).await.expect("it did"), Bound::Already);
        let mut other = rollup;
        other.config.inbox.0[0] ^= 1;
        let error = bind(&l2, &binder(), &other).await.expect_err("for ever").to_string();
        assert!(error.contains("for ever") && error.contains("deposit no tokens"), "{error}");
    });
}

#[test]
fn lanes_for_development_are_deployed_and_shown_as_such() {
    run(async {
        let anvil = anvil(&[]);
        let l1 = connect(&anvil).await;
        let plan = Plan::new(crate::node::dev_config()).expect("in bounds");
        apply(&l1, &dev_key(), &plan, &mut |_| {}).await.expect("it deploys");
        let report = check(&l1, &plan).await.expect("it answers");
        assert!(report.is_right(), "{report:?}");
        for lane in ["lane ZK is", "lane TEE is"] {
            let row = report.rows.iter().find(|row| row.what == lane).expect("it is asked");
            assert!(row.found.starts_with("dev "), "{}", row.found);
        }

        let other = json!([plan.config.lanes.zk, "0x"]);
        l1.ask::<_, Value>("anvil_setCode", other).await.expect("a development node");
        let report = check(&l1, &plan).await.expect("it answers");
        let wrong: Vec<_> = report.rows.iter().filter(|row| !row.ok).collect();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    });
}
