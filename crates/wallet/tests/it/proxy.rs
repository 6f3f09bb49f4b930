//! A plain node with the one method of a rollup's node that a withdrawal needs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::SolValue;
use serde_json::{Value, json};
use tern_l1::{L1, L1Error};
use tern_node_api::{BlockRef, Bytes, MessageProof};
use tern_protocol::Hash;

use crate::world::{OUTBOX, run};

/// What a proxy does instead of answering.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It says 502, and has not handed on what it was asked.
    Lost,
    /// It refuses in these words.
    Refuses(&'static str),
}

/// Where it answers, and what it does to one method.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) url: String,
    fault: Arc<Mutex<Option<(&'static str, Fault)>>>,
}

impl Proxy {
    pub(crate) fn fails(&self, method: &'static str, fault: Fault) {
        *self.fault.lock().expect("nobody panics") = Some((method, fault));
    }

    pub(crate) fn works(&self) {
        *self.fault.lock().expect("nobody panics") = None;
    }
}

/// Answers for a node as long as the process lives.
pub(crate) fn start(node: String) -> Proxy {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", socket.local_addr().expect("it listens"));
    let proxy = Proxy { url, fault: Arc::default() };
    let started = proxy.clone();
    std::thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let (node, proxy) = (node.clone(), started.clone());
            std::thread::spawn(move || answer(stream, &node, &proxy));
        }
    });
    proxy
}

fn answer(mut stream: TcpStream, node: &str, proxy: &Proxy) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_lowercase();
        match line.strip_prefix("content-length:") {
            Some(number) => length = number.trim().parse().ok()?,
            None if line.is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let mut response = json!({ "jsonrpc": "2.0", "id": request["id"] });
    let method = request["method"].as_str()?;
    let fault = *proxy.fault.lock().expect("nobody panics");
    let answer = match fault.filter(|(failing, _)| *failing == method) {
        Some((_, Fault::Lost)) => {
            let empty = "content-length: 0\r\nconnection: close\r\n\r\n";
            return write!(stream, "HTTP/1.1 502 Bad Gateway\r\n{empty}").ok();
        }
        Some((method, Fault::Refuses(message))) => Err(L1Error::Refused {
            role: "rollup node".into(),
            host: node.into(),
            method: method.into(),
            message: message.into(),
        }),
        None => run(call(node, method, &request["params"])),
    };
    match answer {
        Ok(result) => response["result"] = result,
        Err(L1Error::Reverted { data, .. }) => {
            response["error"] = json!({ "code": 3, "message": "execution reverted", "data": data });
        }
        Err(error) => response["error"] = json!({ "code": -32000, "message": error.to_string() }),
    }
    let body = response.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

async fn call(node: &str, method: &str, params: &Value) -> Result<Value, L1Error> {
    let node = L1::connect(node).await?;
    if method == "tern_messageProof" {
        let number = |at: usize| params[at].as_u64().expect("a number");
        let proof = message_proof(&node, number(0), number(1)).await?;
        return Ok(serde_json::to_value(proof).expect("it serializes"));
    }
    // A test asks for a handful of methods.
    node.ask(Box::leak(method.to_owned().into_boxed_str()), params.clone()).await
}

async fn message_proof(node: &L1, nonce: u64, block: u64) -> Result<MessageProof, L1Error> {
    let slot = keccak256((U256::from(nonce), U256::ZERO).abi_encode());
    let proof = node.proof(OUTBOX, &[slot], block).await?;
    let header = node.header(Some(block)).await?;
    let hash = |bytes: B256| Hash(bytes.0);
    let list = |nodes: &[alloy_primitives::Bytes]| {
        nodes.iter().map(|node| Bytes(node.to_vec())).collect::<Vec<_>>()
    };
    Ok(MessageProof {
        block: BlockRef {
            number: block,
            hash: hash(header.hash),
            parent: Hash::ZERO,
            timestamp: header.timestamp,
        },
        header: Bytes(header.rlp.to_vec()),
        account: list(&proof.account_proof),
        storage: list(&proof.storage_proof[0].proof),
    })
}
