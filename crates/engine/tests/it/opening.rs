//! What a database says that does not open, and that nothing is lost when a process is killed.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use tern_engine::{Client, EngineError, Ethrex};
use tern_protocol::Hash;

use crate::chain::{Home, all};

pub(crate) const FOLDER: &str = "TERN_ENGINE_TEST_FOLDER";

/// How long the branch of a child is.
const BRANCH: &str = "TERN_ENGINE_TEST_BRANCH";

/// One test of this program as a process of its own that finds its folder in `FOLDER`.
fn this_test(name: &str, home: &Home) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .args(["--exact", name, "--nocapture"])
        .env(FOLDER, home.dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_has_a_folder_at_a_time() {
    let home = Home::new();
    let engine = home.open().await;
    let again = Ethrex::open(&home.data(), &home.genesis, home.chain.head_hash()).await;
    assert!(matches!(again, Err(EngineError::InUse { .. })));
    drop(engine);
    home.open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_says_why_and_stays() {
    let home = Home::new();
    let hash = home.chain.head_hash();
    let wrong = Ethrex::open(&home.data(), &home.genesis, Hash([1; 32])).await;
    assert!(matches!(wrong, Err(EngineError::Genesis { .. })));
    assert!(!home.data().exists(), "nothing was made for the wrong rollup");
    drop(home.open().await);

    let version = home.data().join("engine.version");
    fs::write(&version, "99\n").expect("writable");
    let newer = Ethrex::open(&home.data(), &home.genesis, hash).await;
    assert!(matches!(newer, Err(EngineError::Version { .. })));
    fs::write(&version, "1\n").expect("writable");

    let other =
        fs::read_to_string(&home.genesis).expect("readable").replace("0x1c9c380", "0x1c9c381");
    let other_genesis = home.dir.path().join("other.json");
    fs::write(&other_genesis, other).expect("writable");
    let Err(EngineError::Genesis { got, .. }) =
        Ethrex::open(&home.data(), &other_genesis, hash).await
    else {
        panic!("another genesis was taken")
    };
    let foreign = Ethrex::open(&home.data(), &other_genesis, got).await;
    assert!(matches!(foreign, Err(EngineError::OtherChain { .. })));

    let current = home.data().join("chain/CURRENT");
    let kept = fs::read(&current).expect("readable");
    fs::write(&current, "nonsense\n").expect("writable");
    let corrupt = Ethrex::open(&home.data(), &home.genesis, hash).await;
    assert!(matches!(corrupt, Err(EngineError::Open { .. })), "{corrupt:?}");
    fs::write(&current, kept).expect("writable");
    home.open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_no_head_that_it_told_of() {
    if let Some(folder) = env::var_os(FOLDER) {
        return make_blocks_until_killed(Path::new(&folder)).await;
    }
    let home = Home::new();
    let name = "opening::a_killed_process_loses_no_head_that_it_told_of";
    let mut child = this_test(name, &home).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let told = lines
        .map(|line| line.expect("text"))
        .filter_map(|line| line.strip_prefix("head ").and_then(|text| text.parse::<u64>().ok()))
        .find(|number| *number >= 200)
        .expect("it tells of its heads");
    child.kill().expect("killed");
    child.wait().expect("ended");
    let engine = home.open().await;
    let head = engine.latest().await.expect("readable");
    assert!(head.number >= told.saturating_sub(1), "{} after {told}", head.number);
    assert!(engine.has_state(head.hash).expect("readable"));
    home.grow(&engine, head.hash, 2, 9);
}

async fn make_blocks_until_killed(folder: &Path) {
    let home = Home::new();
    let engine =
        Ethrex::open(&folder.join("data"), &folder.join("genesis.json"), home.chain.head_hash())
            .await
            .expect("it opens");
    let genesis = home.chain.head_hash();
    let mut head = genesis;
    for number in 1..u64::MAX {
        head = home.grow(&engine, head, 1, 1)[0];
        engine.set_heads(all(head, genesis)).await.expect("moved");
        println!("\nhead {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_on_another_branch_finds_it_again() {
    if let Some(folder) = env::var_os(FOLDER) {
        let length = env::var(BRANCH).expect("set").parse().expect("a number");
        return change_branch_and_wait(Path::new(&folder), length).await;
    }
    let name = "opening::a_process_that_is_killed_on_another_branch_finds_it_again";
    // With the short branch the disk still has the trunk's state; with the long one the branch's.
    for length in [5_u64, 200] {
        let home = Home::new();
        let mut child =
            this_test(name, &home).env(BRANCH, length.to_string()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let told = lines
            .map(|line| line.expect("text"))
            .find_map(|line| line.strip_prefix("head ").map(str::to_owned))
            .expect("it tells of its head");
        child.kill().expect("killed");
        child.wait().expect("ended");
        let engine = home.open().await;
        let head = engine.latest().await.expect("readable");
        assert_eq!(head.hash.to_string(), told);
        assert!(engine.has_state(head.hash).expect("readable"));
        let more = home.grow(&engine, head.hash, 2, 9);
        engine.set_heads(all(more[1], home.chain.head_hash())).await.expect("moved");
        let numbers = 1..=22 + length;
        let chain: Vec<Hash> = numbers
            .map(|number| engine.head_at(number).expect("readable").expect("canonical").hash)
            .collect();
        home.check(&engine, &chain).await;
    }
}

async fn change_branch_and_wait(folder: &Path, length: u64) {
    let home = Home::new();
    let genesis = home.chain.head_hash();
    let (data, file) = (folder.join("data"), folder.join("genesis.json"));
    let engine = Ethrex::open(&data, &file, genesis).await.expect("it opens");
    let trunk = home.grow(&engine, genesis, 300, 1);
    engine.set_heads(all(trunk[299], genesis)).await.expect("moved");
    engine.set_heads(all(trunk[19], genesis)).await.expect("moved back");
    let branch = home.grow(&engine, trunk[19], length, 2);
    let head = *branch.last().expect("a block");
    engine.set_heads(all(head, genesis)).await.expect("moved to the branch");
    println!("\nhead {head}");
    std::thread::park();
}
