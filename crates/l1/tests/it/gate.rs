//! A gate before a node: it answers some requests itself.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A word of the requests that it answers itself, and the status and the body that it answers with.
type Answer = (&'static str, u16, &'static str);

pub(crate) struct Gate {
    pub(crate) url: String,
    answers: Arc<Mutex<Vec<Answer>>>,
}

impl Gate {
    /// Passes everything on to the node.
    pub(crate) fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let own = format!("http://{}", listener.local_addr().expect("it is bound"));
        let to = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (to, answers) = (to.clone(), Arc::clone(&shared));
                thread::spawn(move || pass(near, &to, &answers));
            }
        });
        Self { url: own, answers }
    }

    /// Answers requests that hold this word so from now on.
    pub(crate) fn answers(&self, word: &'static str, status: u16, body: &'static str) {
        self.answers.lock().expect("nobody panics").push((word, status, body));
    }

    pub(crate) fn passes_all(&self) {
        self.answers.lock().expect("nobody panics").clear();
    }
}

/// One request a connection: the head says so to both sides.
fn pass(mut near: TcpStream, to: &str, answers: &Mutex<Vec<Answer>>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        near.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    near.read_exact(&mut body).ok()?;
    let asked = String::from_utf8_lossy(&body).into_owned();
    let own = answers.lock().ok()?.iter().find(|(word, ..)| asked.contains(word)).copied();
    if let Some((_, status, text)) = own {
        let answer = format!(
            "HTTP/1.1 {status} so\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
        return near.write_all(answer.as_bytes()).ok();
    }
    let mut far = TcpStream::connect(to).ok()?;
    let asked = format!(
        "POST / HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    far.write_all(asked.as_bytes()).ok()?;
    far.write_all(&body).ok()?;
    let mut answer = Vec::new();
    far.read_to_end(&mut answer).ok()?;
    near.write_all(&answer).ok()
}
