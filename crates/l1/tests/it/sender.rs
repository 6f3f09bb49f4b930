//! The sender against a node that mines only when told.

use std::path::Path;

use alloy_primitives::{Address, B256, U256};
use tern_l1::{
    AnvilOptions, Blob, Call, Kind, L1, L1Error, Outcome, Sender, SenderOptions, TransactionKind,
    sidecar_parallel,
};

use crate::{
    chain::{fresh, key, mine, start},
    gate::Gate,
};

const QUIET: &[&str] = &["--no-mining"];
const TO: Address = Address::repeat_byte(0x55);

async fn sender(l1: &L1, folder: &Path) -> Sender {
    let options = SenderOptions { confirmations: 1, ..SenderOptions::default() };
    Sender::open(l1.clone(), key(), &folder.join("journal"), options).await.expect("a sender")
}

fn call(word: u8) -> Call {
    Call::new(format!("call {word}"), TO, vec![word])
}

async fn blob_call() -> Call {
    let blobs = Some(sidecar_parallel(vec![Blob::ZERO]).await.expect("a blob"));
    Call { blobs, ..call(0) }
}

async fn in_pool(l1: &L1, hash: B256) -> bool {
    let found: Option<serde_json::Value> =
        l1.ask("eth_getTransactionByHash", (hash,)).await.expect("an answer");
    found.is_some()
}

async fn drop_from_pool(l1: &L1, hash: B256) {
    l1.ask::<_, Option<B256>>("anvil_dropTransaction", (hash,)).await.expect("it is dropped");
}

fn mined(outcomes: &[Outcome]) -> Vec<(u64, bool)> {
    let one = |outcome: &Outcome| match outcome {
        Outcome::Mined { nonce, success: true, cancelled, .. } => (*nonce, *cancelled),
        other => panic!("{other:?}"),
    };
    outcomes.iter().map(one).collect()
}

#[tokio::test]
async fn several_in_flight_are_mined_in_order() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    for word in 0..4 {
        assert_eq!(sender.submit(call(word), 50_000).await.expect("sent"), u64::from(word));
    }
    assert!(sender.tick().await.expect("a look").is_empty());
    assert_eq!(sender.pending().len(), 4);
    mine(&l1, 1).await;
    let outcomes = sender.tick().await.expect("a look");
    assert_eq!(mined(&outcomes), [(0, false), (1, false), (2, false), (3, false)]);
    assert!(sender.pending().is_empty());
}

#[tokio::test]
async fn whoever_is_killed_between_writing_and_sending_sends_the_same_again() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = sender(&l1, folder.path()).await;
    first.submit(blob_call().await, 50_000).await.expect("sent");
    first.submit(blob_call().await, 50_000).await.expect("sent");
    let before = first.pending();
    drop(first);
    // As if it had never left: what the pool had is gone.
    for waiting in &before {
        drop_from_pool(&l1, waiting.hash).await;
        assert!(!in_pool(&l1, waiting.hash).await);
    }
    let mut second = sender(&l1, folder.path()).await;
    assert_eq!(second.pending(), before);
    assert!(second.tick().await.expect("a look").is_empty());
    for waiting in &before {
        assert!(in_pool(&l1, waiting.hash).await, "the same transaction");
    }
    assert_eq!(second.submit(blob_call().await, 50_000).await.expect("sent"), 2);
    mine(&l1, 1).await;
    assert_eq!(mined(&second.tick().await.expect("a look")).len(), 3);
}

#[tokio::test]
async fn fees_rise_until_a_block_takes_it() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    for kind in [TransactionKind::Ordinary, TransactionKind::Blob] {
        let call = if kind == TransactionKind::Blob { blob_call().await } else { call(1) };
        let nonce = sender.submit(call, 50_000).await.expect("sent");
        let cheap = sender.pending()[0].hash;
        // A base fee that it does not pay, for as many blocks as it is patient.
        for _ in 0..3 {
            set_base_fee(&l1, 60_000_000_000).await;
            mine(&l1, 1).await;
        }
        set_base_fee(&l1, 60_000_000_000).await;
        assert!(sender.tick().await.expect("a look").is_empty());
        let dear = sender.pending()[0].hash;
        assert_ne!(cheap, dear);
        assert!(in_pool(&l1, dear).await && !in_pool(&l1, cheap).await);
        mine(&l1, 1).await;
        assert_eq!(mined(&sender.tick().await.expect("a look")), [(nonce, false)]);
        set_base_fee(&l1, 1_000_000_000).await;
        mine(&l1, 1).await;
    }
}

async fn set_base_fee(l1: &L1, fee: u64) {
    let fee = format!("{fee:#x}");
    l1.ask::<_, Option<()>>("anvil_setNextBlockBaseFeePerGas", (fee,)).await.expect("a base fee");
}

#[tokio::test]
async fn what_is_cancelled_is_replaced_by_nothing_of_its_kind() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    for _ in 0..3 {
        sender.submit(blob_call().await, 50_000).await.expect("sent");
    }
    let refused = sender.submit(call(1), 50_000).await.expect_err("the other kind");
    assert!(matches!(refused, L1Error::OtherKind { .. }) && refused.kind() == Kind::Retry);
    sender.cancel_after(0).await.expect("replaced");
    mine(&l1, 1).await;
    let outcomes = sender.tick().await.expect("a look");
    assert_eq!(mined(&outcomes), [(0, false), (1, true), (2, true)]);
    sender.submit(call(1), 50_000).await.expect("the other kind is done");
}

#[tokio::test]
async fn what_a_reorganisation_undid_is_sent_again() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = SenderOptions { confirmations: 3, ..SenderOptions::default() };
    let path = folder.path().join("journal");
    let mut sender = Sender::open(l1.clone(), key(), &path, options).await.expect("a sender");
    mine(&l1, 3).await;
    sender.submit(call(7), 50_000).await.expect("sent");
    mine(&l1, 1).await;
    assert!(sender.tick().await.expect("a look").is_empty());
    let waiting = sender.pending();
    assert_eq!(waiting[0].mined.map(|block| block.number), Some(4));
    let none: [(); 0] = [];
    l1.ask::<_, Option<()>>("anvil_reorg", (2, none)).await.expect("a reorganisation");
    assert!(sender.tick().await.expect("a look").is_empty());
    assert_eq!(sender.pending()[0].mined, None);
    assert!(in_pool(&l1, waiting[0].hash).await);
    mine(&l1, 3).await;
    assert_eq!(mined(&sender.tick().await.expect("a look")), [(0, false)]);
}

#[tokio::test]
async fn what_a_reorganisation_undid_after_it_was_done_blocks_nothing() {
    for kind in [TransactionKind::Ordinary, TransactionKind::Blob] {
        let (_anvil, l1) = fresh(QUIET).await;
        let folder = tempfile::tempdir().expect("a folder");
        let mut sender = sender(&l1, folder.path()).await;
        let call = async |word| match kind {
            TransactionKind::Ordinary => call(word),
            TransactionKind::Blob => blob_call().await,
        };
        mine(&l1, 1).await;
        for word in 0..3 {
            sender.submit(call(word).await, 50_000).await.expect("sent");
        }
        mine(&l1, 3).await;
        assert_eq!(sender.tick().await.expect("a look").len(), 3);
        sender.submit(call(3).await, 50_000).await.expect("sent");
        // The development node forgets what it takes back.
        let none: [(); 0] = [];
        l1.ask::<_, Option<()>>("anvil_reorg", (3, none)).await.expect("a reorganisation");
        assert_eq!(l1.nonce(key().address(), false).await.expect("an answer"), 0);
        // Some blocks say that nothing comes back by itself; whoever opens the journal later, too.
        let mut outcomes = Vec::new();
        for round in 0..12 {
            outcomes.extend(sender.tick().await.expect("a look"));
            mine(&l1, 1).await;
            if round == 4 {
                drop(sender);
                sender = self::sender(&l1, folder.path()).await;
            }
        }
        assert_eq!(mined(&outcomes), [(0, true), (1, true), (2, true), (3, false)], "{kind:?}");
    }
}

#[tokio::test]
async fn a_nonce_that_somebody_else_took_is_said() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    sender.submit(call(1), 50_000).await.expect("sent");
    drop_from_pool(&l1, sender.pending()[0].hash).await;
    l1.broadcast(&key(), &call(2), 50_000).await.expect("sent by another program");
    l1.broadcast(&key(), &call(3), 50_000).await.expect("sent by another program");
    let error = sender.submit(call(4), 50_000).await.expect_err("two programs with one key");
    assert!(matches!(error, L1Error::NonceTaken { nonce: 1, .. }), "{error}");
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        mine(&l1, 1).await;
        outcomes.extend(sender.tick().await.expect("a look"));
    }
    assert_eq!(outcomes, [Outcome::Gone { nonce: 0, what: "call 1".into() }]);
    assert_eq!(sender.submit(call(4), 50_000).await.expect("the nonce after both"), 2);
}

#[tokio::test]
async fn who_cannot_pay_or_would_pay_too_much_sends_nothing() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = SenderOptions { max_fee: 1_000, ..SenderOptions::default() };
    let path = folder.path().join("journal");
    let mut frugal = Sender::open(l1.clone(), key(), &path, options).await.expect("a sender");
    let error = frugal.submit(call(1), 50_000).await.expect_err("too dear");
    assert!(matches!(error, L1Error::FeeCap { .. }) && error.kind() == Kind::Retry, "{error}");
    drop(frugal);
    let mut sender = sender(&l1, folder.path()).await;
    l1.ask::<_, Option<()>>("anvil_setBalance", (key().address(), U256::from(5)))
        .await
        .expect("poor");
    let error = sender.submit(call(1), 50_000).await.expect_err("too poor");
    assert!(matches!(error, L1Error::Funds { .. }), "{error}");
    assert!(sender.pending().is_empty());
}

#[tokio::test]
async fn what_a_proxy_lets_through_to_nobody_is_not_sent() {
    let (anvil, _) = fresh(QUIET).await;
    let gate = Gate::to(anvil.url());
    let l1 = L1::connect(&gate.url).await.expect("it answers");
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    gate.answers("eth_sendRawTransaction", 413, "too large");
    let error = sender.submit(call(1), 50_000).await.expect_err("it reached nobody");
    assert!(error.to_string().contains("HTTP status 413") && error.passes(), "{error}");
    assert!(sender.pending().is_empty());
    gate.passes_all();
    sender.submit(call(1), 50_000).await.expect("sent");
    assert_eq!(sender.trouble(), None);
    // Later it is lost, and the proxy lets nothing through.
    gate.answers("eth_sendRawTransaction", 413, "too large");
    drop_from_pool(&l1, sender.pending()[0].hash).await;
    for _ in 0..4 {
        mine(&l1, 1).await;
        assert!(sender.tick().await.expect("a look").is_empty());
    }
    let trouble = sender.trouble().expect("nobody has it");
    assert!(trouble.contains("call 1") && trouble.contains("HTTP status 413"), "{trouble}");
    gate.passes_all();
    for _ in 0..2 {
        sender.tick().await.expect("a look");
        mine(&l1, 1).await;
    }
    assert_eq!(mined(&sender.tick().await.expect("a look")).len(), 0);
    assert!(sender.pending().is_empty() && sender.trouble().is_none());
}

const REFUSES: &str =
    r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"transaction underpriced"}}"#;

#[tokio::test]
async fn a_refused_replacement_is_no_step_for_the_next_and_leaves_the_one_before() {
    let (anvil, _) = fresh(QUIET).await;
    let gate = Gate::to(anvil.url());
    let l1 = L1::connect(&gate.url).await.expect("it answers");
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = self::sender(&l1, folder.path()).await;
    sender.submit(blob_call().await, 50_000).await.expect("sent");
    let hash = sender.pending()[0].hash;
    gate.answers("eth_sendRawTransaction", 200, REFUSES);
    for _ in 0..7 {
        // More than it pays, so that no block takes it.
        set_base_fee(&l1, 60_000_000_000).await;
        mine(&l1, 1).await;
        assert!(sender.tick().await.expect("a look").is_empty());
        assert_eq!(sender.pending()[0].hash, hash);
    }
    // The pool loses it, and the sender is killed: what it sends again is what the pool had.
    drop_from_pool(&l1, hash).await;
    gate.passes_all();
    drop(sender);
    set_base_fee(&l1, 1_000_000_000).await;
    let mut sender = self::sender(&l1, folder.path()).await;
    sender.tick().await.expect("a look");
    assert_eq!(sender.pending()[0].hash, hash);
    assert!(in_pool(&l1, hash).await);
}

#[tokio::test]
async fn a_replacement_that_the_account_cannot_pay_is_not_made_and_harms_no_other() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    sender.submit(blob_call().await, 50_000).await.expect("sent");
    let hash = sender.pending()[0].hash;
    for _ in 0..3 {
        set_base_fee(&l1, 60_000_000_000).await;
        mine(&l1, 1).await;
    }
    set_base_fee(&l1, 60_000_000_000).await;
    l1.ask::<_, Option<()>>("anvil_setBalance", (key().address(), U256::from(10_u64.pow(15))))
        .await
        .expect("it has less");
    for _ in 0..2 {
        let error = sender.tick().await.expect_err("it cannot pay");
        assert!(matches!(error, L1Error::Funds { .. }), "{error}");
        assert_eq!(sender.pending()[0].hash, hash);
    }
    let much = U256::from(10_u64.pow(19));
    l1.ask::<_, Option<()>>("anvil_setBalance", (key().address(), much))
        .await
        .expect("it has more");
    sender.tick().await.expect("a look");
    assert_ne!(sender.pending()[0].hash, hash);
}

#[tokio::test]
async fn what_only_a_price_above_the_cap_would_help_is_said() {
    let (_anvil, l1) = fresh(QUIET).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = SenderOptions { max_fee: 2_000_000_000, ..SenderOptions::default() };
    let path = folder.path().join("journal");
    let mut sender = Sender::open(l1.clone(), key(), &path, options).await.expect("a sender");
    set_base_fee(&l1, 1_000_000_000).await;
    mine(&l1, 1).await;
    sender.submit(blob_call().await, 50_000).await.expect("sent");
    for _ in 0..3 {
        set_base_fee(&l1, 60_000_000_000).await;
        mine(&l1, 1).await;
    }
    sender.tick().await.expect("a look");
    let trouble = sender.trouble().expect("it pays too little");
    assert!(trouble.contains("call 0") && trouble.contains("--max-fee"), "{trouble}");
}

#[tokio::test]
async fn an_l1_that_knows_no_blobs_takes_ordinary_calls() {
    let (anvil, _) = fresh(QUIET).await;
    let gate = Gate::to(anvil.url());
    gate.answers(
        "eth_feeHistory",
        200,
        r#"{"jsonrpc":"2.0","id":0,"result":{"baseFeePerGas":["0x3b9aca00","0x3b9aca00"]}}"#,
    );
    gate.answers(
        "eth_blobBaseFee",
        200,
        r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"no such method"}}"#,
    );
    let l1 = L1::connect(&gate.url).await.expect("it answers");
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = sender(&l1, folder.path()).await;
    let error = sender.submit(blob_call().await, 50_000).await.expect_err("no price of blobs");
    assert!(error.to_string().contains("eth_blobBaseFee"), "{error}");
    sender.submit(call(1), 50_000).await.expect("sent");
    sender.tick().await.expect("a look");
}

#[tokio::test]
async fn a_node_that_starts_again_from_its_state_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        AnvilOptions { state: Some(folder.path().join("state")), ..AnvilOptions::default() };
    let (anvil, l1) = start(&options).await;
    let mut before = sender(&l1, folder.path()).await;
    before.submit(call(1), 50_000).await.expect("sent");
    // It mines by itself, but after it has answered.
    while l1.header(None).await.expect("a header").number == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let head = l1.header(None).await.expect("a header");
    anvil.stop();
    drop(before);
    let (anvil, l1) = start(&options).await;
    assert!(anvil.pid() > 0);
    assert_eq!(l1.header(None).await.expect("a header").hash, head.hash);
    let mut after = sender(&l1, folder.path()).await;
    assert_eq!(mined(&after.tick().await.expect("a look")), [(0, false)]);
    assert_eq!(after.submit(call(2), 50_000).await.expect("sent"), 1);
}
