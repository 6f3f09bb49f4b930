//! A full disk and a folder without rights: one sentence, and nothing is lost.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use tern_engine::{Client, EngineError, Ethrex, Kind};

use crate::{
    chain::{Home, all},
    opening::FOLDER,
};

/// The user that owns nothing.
const NOBODY: u32 = 65_534;

fn told(command: &mut Command) -> Vec<String> {
    let output = command.stderr(Stdio::null()).output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn after<'a>(told: &'a [String], sign: &str) -> Option<&'a str> {
    told.iter().rev().find_map(|line| line.strip_prefix(sign))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_named_and_loses_nothing() {
    if let Some(folder) = env::var_os(FOLDER) {
        return make_blocks_until_refused(Path::new(&folder)).await;
    }
    let home = Home::new();
    // A limit of the length of files stands for the end of the disk.
    let name = "trouble::a_full_disk_is_named_and_loses_nothing";
    let told = told(
        Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 4000; exec \"$0\" --exact \"$1\" --nocapture"])
            .arg(env::current_exe().expect("this program"))
            .arg(name)
            .env(FOLDER, home.dir.path()),
    );
    let error = after(&told, "error ").expect("it was refused");
    assert!(error.contains("free space"), "{error}");
    let told: u64 = after(&told, "head ").expect("heads").parse().expect("a number");
    let engine = home.open().await;
    let head = engine.latest().await.expect("readable");
    assert!(head.number >= told && told > 10, "{} after {told}", head.number);
    let more = home.grow(&engine, head.hash, 2, 9);
    engine.set_heads(all(more[1], home.chain.head_hash())).await.expect("moved");
}

async fn make_blocks_until_refused(folder: &Path) {
    let home = Home::new();
    let genesis = home.chain.head_hash();
    let (data, file) = (folder.join("data"), folder.join("genesis.json"));
    let engine = Ethrex::open(&data, &file, genesis).await.expect("it opens");
    let mut head = engine.latest().await.expect("readable");
    loop {
        let inputs = home.inputs(head.timestamp + 1, 1, Vec::new());
        let moved = match engine.build(head.hash, &inputs, None) {
            Ok(built) => {
                head = built.head;
                engine.set_heads(all(head.hash, genesis)).await
            }
            Err(error) => Err(error),
        };
        match moved {
            Ok(()) => println!("\nhead {}", head.number),
            Err(error) => {
                assert!(matches!(error.kind(), Kind::Stop | Kind::Retry));
                println!("\nerror {error}");
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_rights_is_named() {
    if let Some(folder) = env::var_os(FOLDER) {
        let home = Home::new();
        let folder = Path::new(&folder);
        let hash = home.chain.head_hash();
        let opened = Ethrex::open(&folder.join("data"), &folder.join("genesis.json"), hash).await;
        let error = opened.expect_err("it may not write");
        assert!(matches!(error, EngineError::Open { .. }));
        println!("\nerror {error}");
        return;
    }
    let home = Home::new();
    let folder = home.dir.path();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).expect("changed");
    // Where the build folder is, another user may not look.
    let shared = tempfile::tempdir().expect("a folder");
    let program = shared.path().join("it");
    fs::copy(env::current_exe().expect("this program"), &program).expect("copied");
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o755)).expect("changed");
    let refused = || {
        let mut command = Command::new(&program);
        command
            .args(["--exact", "trouble::a_folder_without_rights_is_named", "--nocapture"])
            .env(FOLDER, folder);
        // Rights bind everybody but the first user.
        if fs::metadata("/proc/self").expect("readable").uid() == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.stderr(Stdio::null()).output().expect("it runs")
    };
    let output = refused();
    let says = String::from_utf8_lossy(&output.stdout);
    assert!(says.contains("error the database in"), "{says}");
    assert!(says.contains("give a folder that this user may write"), "{says}");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("changed");
    drop(home.open().await);
    // Also where the database is there already.
    let output = refused();
    if fs::metadata("/proc/self").expect("readable").uid() == 0 {
        let says = String::from_utf8_lossy(&output.stdout);
        assert!(says.contains("give a folder that this user may write"), "{says}");
    }
    home.open().await;
}
