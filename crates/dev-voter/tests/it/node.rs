//! A node that says what the test tells it to say.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tern_node_api::BatchInfo;
use tern_rollup::Rollup;

/// Answers until the test's process ends.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) url: String,
    pub(crate) batches: Arc<Mutex<Vec<BatchInfo>>>,
}

impl Node {
    pub(crate) fn start(rollup: Rollup) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", socket.local_addr().expect("it has one"));
        let batches = Arc::new(Mutex::new(Vec::new()));
        let node = Self { url, batches: Arc::clone(&batches) };
        std::thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                let (rollup, batches) = (rollup.clone(), Arc::clone(&batches));
                std::thread::spawn(move || serve(&stream, &rollup, &batches));
            }
        });
        node
    }
}

/// Answers the requests of one connection until its other end goes.
fn serve(stream: &TcpStream, rollup: &Rollup, batches: &Mutex<Vec<BatchInfo>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request: Value = serde_json::from_slice(&body).ok()?;
        let result = match request["method"].as_str()? {
            "eth_chainId" => json!(format!("{:#x}", rollup.config.chain_id.0)),
            "tern_rollup" => json!(rollup),
            "tern_batch" => {
                let index = request["params"][0].as_u64()? as usize;
                json!(batches.lock().expect("nobody panics").get(index))
            }
            _ => return None,
        };
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        write!(writer, "{head} {}\r\n\r\n{answer}", answer.len()).ok()?;
    }
}
