//! What wallets ask over HTTP.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tern_engine::{Answer, Audience, Client, Ethrex, Hook};
use tern_workload::Kind;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest};

use crate::chain::{Home, all};

pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

struct Greeting;

impl Hook for Greeting {
    fn answer<'a>(&'a self, method: &'a str, _: &'a [Value]) -> Answer<'a> {
        Box::pin(async move { (method == "tern_hello").then(|| Ok(json!("hello"))) })
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

async fn post(address: SocketAddr, body: &Value) -> Value {
    let sent =
        client().post(format!("http://{address}")).json(body).send().await.expect("answered");
    sent.json().await.expect("JSON")
}

async fn ask(address: SocketAddr, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = post(address, &body).await;
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

async fn with_blocks(home: &Home) -> (Ethrex, SocketAddr) {
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let inputs = home.chain.inputs_of(Kind::Tokens, 5);
    let first = engine.build(genesis, &inputs, None).expect("a block").head.hash;
    let second = home.grow(&engine, first, 1, 1)[0];
    engine.set_heads(all(second, genesis)).await.expect("moved");
    let address = serve(engine.rpc(Audience::Operators, Some(Arc::new(Greeting)))).await;
    (engine, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_find_the_methods_that_they_call() {
    let home = Home::new();
    let (_engine, address) = with_blocks(&home).await;
    let who = home.chain.key(0).address().to_string();
    let call = json!({ "from": who, "to": who, "value": "0x1" });
    let cases = [
        ("eth_chainId", json!([])),
        ("eth_blockNumber", json!([])),
        ("net_version", json!([])),
        ("web3_clientVersion", json!([])),
        ("eth_feeHistory", json!(["0x2", "latest", [25.0, 75.0]])),
        ("eth_maxPriorityFeePerGas", json!([])),
        ("eth_gasPrice", json!([])),
        ("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "latest" }])),
        ("eth_getProof", json!([who, [], "latest"])),
        ("eth_estimateGas", json!([call])),
        ("eth_call", json!([call, "latest"])),
        ("eth_getBalance", json!([who, "latest"])),
        ("eth_getTransactionCount", json!([who, "pending"])),
        ("eth_getBlockByNumber", json!(["latest", false])),
        ("eth_getBlockByNumber", json!(["safe", false])),
        ("eth_getBlockByNumber", json!(["finalized", true])),
        ("debug_executionWitness", json!(["0x1"])),
        ("txpool_status", json!([])),
    ];
    for (method, params) in cases {
        let result = ask(address, method, params).await;
        assert!(!result.is_null(), "{method}");
    }
    assert_eq!(ask(address, "eth_syncing", json!([])).await, json!(false));
    assert_eq!(ask(address, "tern_hello", json!([])).await, json!("hello"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_transaction_gets_a_receipt() {
    let home = Home::new();
    let (engine, address) = with_blocks(&home).await;
    let raw = format!("0x{}", hex::encode(home.transfer(19, 0)));
    let hash = ask(address, "eth_sendRawTransaction", json!([raw])).await;
    let head = engine.latest().await.expect("readable");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    let budget = tern_engine::Budget { bytes: 10_000, transactions: 10, until };
    let inputs = home.inputs(head.timestamp + 1, 1, Vec::new());
    let made = engine.build(head.hash, &inputs, Some(budget)).expect("a block");
    engine.set_heads(all(made.head.hash, head.hash)).await.expect("moved");
    let receipt = ask(address, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], json!("0x1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_the_node_much_is_for_operators_only() {
    let home = Home::new();
    let (engine, _) = with_blocks(&home).await;
    let address = serve(engine.rpc(Audience::Public, None)).await;
    for method in ["debug_executionWitness", "debug_getRawBlock", "txpool_content"] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": ["0x1"] });
        let error = &post(address, &body).await["error"];
        assert_eq!(error["code"], json!(-32601), "{method}");
        assert!(error["message"].as_str().is_some_and(|said| said.contains("--rpc-debug")));
    }
    assert_eq!(ask(address, "eth_blockNumber", json!([])).await, json!("0x2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_to_one_batch_are_bounded_together() {
    struct Long;
    impl Hook for Long {
        fn answer<'a>(&'a self, _: &'a str, _: &'a [Value]) -> Answer<'a> {
            Box::pin(async { Some(Ok(json!("x".repeat(6 << 20)))) })
        }
    }
    let home = Home::new();
    let (engine, _) = with_blocks(&home).await;
    let address = serve(engine.rpc(Audience::Public, Some(Arc::new(Long)))).await;
    let one = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "tern_long", "params": [] });
    let answers = post(address, &(0..10).map(one).collect()).await;
    let answers = answers.as_array().expect("an answer to each");
    assert_eq!(answers.len(), 10);
    let told = |answer: &&Value| answer["result"].is_string();
    assert_eq!(answers.iter().filter(told).count(), 5);
    assert_eq!((&answers[9]["id"], &answers[9]["error"]["code"]), (&json!(9), &json!(-32003)));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_nonsense_are_answered() {
    let home = Home::new();
    let (_engine, address) = with_blocks(&home).await;
    let one = json!({ "jsonrpc": "2.0", "id": 7, "method": "eth_chainId", "params": [] });
    let answers = post(address, &json!([one, one])).await;
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
    assert_eq!(answers[1]["id"], json!(7));
    assert_eq!(post(address, &json!([])).await["error"]["code"], json!(-32600));
    let blob = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": ["0x03c0"] });
    assert_eq!(post(address, &blob).await["error"]["code"], json!(-32000));
    let head = json!({ "jsonrpc": "2.0", "id": 1, "method": "debug_setHead", "params": ["0x0"] });
    assert_eq!(post(address, &head).await["error"]["code"], json!(-32601));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_no_more_gas_than_a_block_could_use() {
    let home = Home::new();
    let (_engine, address) = with_blocks(&home).await;
    let who = home.chain.key(0).address().to_string();
    // 4 GiB of memory, which 2^63 - 1 gas would pay for.
    let greedy =
        json!({ "from": who, "to": null, "gas": "0x7fffffffffffffff", "data": "0x63ffffffe051" });
    for method in ["eth_call", "eth_createAccessList"] {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [greedy] });
        let answer = post(address, &body).await;
        let said = answer.to_string();
        assert!(said.to_lowercase().contains("gas") && !said.contains("allocation"), "{said}");
    }
}

async fn refusal(address: SocketAddr, method: &str, params: Value) -> String {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = post(address, &body).await;
    answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{method}: {answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_is_bounded_and_says_so() {
    let home = Home::new();
    let (_engine, address) = with_blocks(&home).await;
    let who = home.chain.key(0).address().to_string();
    let long = json!([{ "fromBlock": "0x0", "toBlock": "0x2710" }]);
    assert!(refusal(address, "eth_getLogs", long).await.contains("10000 blocks"));
    let many = json!([{ "topics": [vec!["0x01"; 600], vec!["0x01"; 600]] }]);
    for method in ["eth_getLogs", "eth_newFilter"] {
        assert!(refusal(address, method, many.clone()).await.contains("1000 addresses"));
    }
    let slots = json!([who, vec!["0x1"; 1025], "latest"]);
    assert!(refusal(address, "eth_getProof", slots).await.contains("1024 at most"));

    let filter = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_newFilter", "params": [{}] });
    for _ in 0..4 {
        let answers = post(address, &json!(vec![&filter; 256])).await;
        assert!(answers.as_array().expect("a list").iter().all(|one| one["result"].is_string()));
    }
    assert!(refusal(address, "eth_newFilter", json!([{}])).await.contains("1024 filters"));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_many_blocks_are_those_of_each() {
    let home = Home::new();
    let (engine, address) = with_blocks(&home).await;
    let head = engine.latest().await.expect("readable");
    let more = home.grow(&engine, head.hash, 3, 1);
    engine.set_heads(all(more[2], head.hash)).await.expect("moved");
    let logs = |from: u64, to: u64| {
        let (from, to) = (format!("{from:#x}"), format!("{to:#x}"));
        ask(address, "eth_getLogs", json!([{ "fromBlock": from, "toBlock": to }]))
    };
    let all = logs(0, 5).await;
    assert_eq!(all.as_array().map(Vec::len), Some(5));
    assert_eq!(all, logs(1, 1).await);
    assert_eq!(logs(2, 5).await, json!([]));
}

/// Answers when it is let, and counts who waits.
struct Slow {
    waiting: AtomicUsize,
    gate: Semaphore,
}

impl Hook for Slow {
    fn answer<'a>(&'a self, method: &'a str, _: &'a [Value]) -> Answer<'a> {
        Box::pin(async move {
            if method != "tern_slow" && method != "eth_sendRawTransaction" {
                return None;
            }
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _turn = self.gate.acquire().await;
            Some(Ok(json!("done")))
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_keeps_its_place_when_the_caller_leaves() {
    let home = Home::new();
    let (engine, _) = with_blocks(&home).await;
    let slow = Arc::new(Slow { waiting: AtomicUsize::new(0), gate: Semaphore::new(0) });
    let address = serve(engine.rpc(Audience::Public, Some(slow.clone()))).await;
    // Transactions wait for others and take no place from those who read.
    let rounds = [("eth_sendRawTransaction", true), ("tern_slow", false)];
    for (method, others_are_answered) in rounds {
        slow.waiting.store(0, Ordering::SeqCst);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] });
        let leaving =
            (0..100).map(|_| tokio::time::timeout(Duration::from_secs(1), post(address, &body)));
        assert!(futures::future::join_all(leaving).await.iter().all(Result::is_err));
        assert_eq!(slow.waiting.load(Ordering::SeqCst), 64, "{method}");
        let other = ask(address, "eth_blockNumber", json!([]));
        let other = tokio::time::timeout(Duration::from_secs(2), other).await;
        assert_eq!(other.is_ok(), others_are_answered, "{method}");
    }
    slow.gate.add_permits(1);
    assert_eq!(ask(address, "eth_blockNumber", json!([])).await, json!("0x2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_machine_is_the_public_also_for_a_node_for_operators() {
    let home = Home::new();
    let (_engine, operators) = with_blocks(&home).await;
    let from = async |page: &str, method: &str| {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [] });
        let request = client().post(format!("http://{operators}")).json(&body);
        let answer = request.header("origin", page).send().await.expect("answered");
        answer.json::<Value>().await.expect("JSON")["error"].is_null()
    };
    assert!(from("https://evil.example", "eth_chainId").await);
    assert!(!from("https://evil.example", "txpool_status").await);
    assert!(from("http://localhost:3000", "txpool_status").await);
    let mut request = format!("ws://{operators}").into_client_request().expect("a request");
    request.headers_mut().insert("origin", "https://evil.example".parse().expect("a value"));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("connected");
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "txpool_status", "params": [] });
    socket.send(tungstenite::Message::text(body.to_string())).await.expect("sent");
    let answer = socket.next().await.expect("answered").expect("answered").to_string();
    assert!(answer.contains("error"), "{answer}");
}
