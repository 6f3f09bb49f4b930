//! Who subscribes over a WebSocket hears of what happens.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tern_engine::{Audience, Client, Heads};
use tern_workload::Kind;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::{
    chain::{Home, all},
    rpc::serve,
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn hear(socket: &mut Socket) -> Value {
    let next = tokio::time::timeout(Duration::from_secs(10), socket.next());
    let message = next.await.expect("in time").expect("open").expect("readable");
    serde_json::from_str(message.to_text().expect("text")).expect("JSON")
}

async fn ask(socket: &mut Socket, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    socket.send(Message::text(request.to_string())).await.expect("sent");
    hear(socket).await
}

async fn connect(engine: &tern_engine::Ethrex) -> Socket {
    let address = serve(engine.rpc(Audience::Public, None)).await;
    tokio_tungstenite::connect_async(format!("ws://{address}")).await.expect("connected").0
}

#[tokio::test(flavor = "multi_thread")]
async fn new_heads_are_told_in_order_until_unsubscribed() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let mut socket = connect(&engine).await;
    assert_eq!(ask(&mut socket, "eth_blockNumber", json!([])).await["result"], json!("0x0"));
    let id = ask(&mut socket, "eth_subscribe", json!(["newHeads"])).await["result"].clone();
    let blocks = home.grow(&engine, genesis, 3, 1);
    engine.set_heads(all(blocks[2], genesis)).await.expect("moved");
    // The head is the same: nobody hears of it again.
    let safer = Heads { safe: blocks[1], ..all(blocks[2], genesis) };
    engine.set_heads(safer).await.expect("moved");
    for (at, block) in blocks.iter().enumerate() {
        let told = hear(&mut socket).await;
        assert_eq!(told["method"], json!("eth_subscription"));
        assert_eq!(told["params"]["subscription"], id);
        let header = &told["params"]["result"];
        assert_eq!(header["hash"], json!(block.to_string()));
        assert_eq!(header["number"], json!(format!("{:#x}", at + 1)));
    }
    assert_eq!(ask(&mut socket, "eth_unsubscribe", json!([id])).await["result"], json!(true));
    assert_eq!(ask(&mut socket, "eth_unsubscribe", json!([id])).await["result"], json!(false));
    let more = home.grow(&engine, blocks[2], 1, 1);
    engine.set_heads(all(more[0], genesis)).await.expect("moved");
    assert_eq!(ask(&mut socket, "eth_blockNumber", json!([])).await["result"], json!("0x4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_pending_transactions_are_told_to_who_asked_for_them() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let mut socket = connect(&engine).await;
    let bad = ask(&mut socket, "eth_subscribe", json!(["logs", { "address": 5 }])).await;
    assert!(bad["error"]["code"].is_number(), "{bad}");
    let other = json!(["logs", { "address": home.chain.stranger(1).to_string() }]);
    ask(&mut socket, "eth_subscribe", other).await;
    let id = ask(&mut socket, "eth_subscribe", json!(["logs"])).await["result"].clone();
    let made = engine.build(genesis, &home.chain.inputs_of(Kind::Tokens, 3), None);
    let made = made.expect("a block").head;
    engine.set_heads(all(made.hash, genesis)).await.expect("moved");
    for _ in 0..3 {
        let told = hear(&mut socket).await;
        assert_eq!(told["params"]["subscription"], id);
        assert_eq!(told["params"]["result"]["blockHash"], json!(made.hash.to_string()));
    }
    let id = ask(&mut socket, "eth_subscribe", json!(["newPendingTransactions"])).await;
    let hash = engine.submit(&home.transfer(19, 0)).await.expect("taken");
    let told = hear(&mut socket).await;
    assert_eq!(told["params"]["subscription"], id["result"]);
    assert_eq!(told["params"]["result"], json!(hash.to_string()));
    let unknown = ask(&mut socket, "eth_subscribe", json!(["syncing"])).await;
    assert_eq!(unknown["error"]["code"], json!(-32602));
}
