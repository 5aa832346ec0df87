//! A language client in a few lines: speaks the real protocol to the real binary.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No answer takes longer, even on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server process and our side of the conversation.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    incoming: Receiver<Value>,
    next_id: i64,
    /// Notifications and server requests that arrived while we waited for something else.
    backlog: Vec<Value>,
    /// What `workspace/configuration` is answered with.
    pub settings: Value,
}

impl Client {
    /// Starts `falco-rs lsp` and shakes hands.
    pub fn start(capabilities: Value, root: Option<&str>) -> Self {
        let folders = root.map(|uri| json!([{"uri": uri, "name": "root"}])).unwrap_or(Value::Null);
        let mut client = Self::launch();
        client.shake_hands(json!({
            "processId": null, "rootUri": root, "workspaceFolders": folders, "capabilities": capabilities,
        }));
        client
    }

    /// `initialize` with these parameters, and `initialized`.
    pub fn shake_hands(&mut self, params: Value) {
        self.request("initialize", params);
        self.notify("initialized", json!({}));
    }

    /// Starts `falco-rs lsp` and says nothing.
    pub fn launch() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_falco-rs"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            while let Some(message) = read_message(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, incoming, next_id: 0, backlog: Vec::new(), settings: Value::Null }
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request without waiting; the id is for [`Self::response`].
    pub fn send_request(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// Waits for the response of a request and returns the whole message.
    pub fn response(&mut self, id: i64) -> Value {
        self.wait(|m| m.get("method").is_none() && m["id"] == json!(id))
    }

    /// The next message, whatever it is. Requests of the server are answered.
    #[allow(dead_code, reason = "only the simulation wants everything")]
    pub fn next(&mut self, patience: Duration) -> Option<Value> {
        if !self.backlog.is_empty() {
            return Some(self.backlog.remove(0));
        }
        match self.incoming.recv_timeout(patience) {
            Ok(message) => {
                self.reply(&message);
                Some(message)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server left"),
        }
    }

    /// Waits for a notification.
    #[allow(dead_code, reason = "the benchmarks wait for nothing")]
    pub fn wait_for(&mut self, method: &str) -> Value {
        self.wait(|m| m["method"] == method)
    }

    /// Sends a request and returns its result.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send_request(method, params);
        let mut response = self.response(id);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].take()
    }

    /// Waits for a request of the server, which is answered with nothing.
    pub fn server_request(&mut self, method: &str) -> Value {
        self.wait(|m| m["method"] == method)
    }

    /// Waits for diagnostics of a document at a version.
    pub fn diagnostics(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let message = self.wait(|m| {
            m["method"] == "textDocument/publishDiagnostics"
                && m["params"]["uri"] == uri
                && m["params"]["version"] == json!(version)
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Forgets messages that nobody waited for.
    #[allow(dead_code, reason = "only the benchmark of requests has so many")]
    pub fn forget(&mut self) {
        self.backlog.clear();
    }

    /// The server's resident memory in bytes; 0 where the system does not tell.
    #[allow(dead_code, reason = "only the typing benchmark asks")]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
    }

    /// The processor time of each of the server's threads that live, by thread; nothing where the system does not tell.
    #[allow(dead_code, reason = "only the benchmark of requests asks")]
    pub fn processor_time(&self) -> std::collections::HashMap<String, Duration> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let time = |task: std::fs::DirEntry| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
            Some((task.file_name().into_string().ok()?, Duration::from_nanos(nanoseconds)))
        };
        tasks.into_iter().flatten().filter_map(|task| time(task.ok()?)).collect()
    }

    /// Opens a document at version 1.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Replaces a range; positions are (line, character).
    pub fn edit(&mut self, uri: &str, version: i64, from: (usize, usize), to: (usize, usize), text: &str) {
        let at = |p: (usize, usize)| json!({"line": p.0, "character": p.1});
        let change = json!({"range": {"start": at(from), "end": at(to)}, "text": text});
        let document = json!({"uri": uri, "version": version});
        self.notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": [change]}));
    }

    /// Says goodbye as the protocol asks, and checks that the server leaves well.
    pub fn stop(mut self) {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        let status = self.left();
        assert!(status.success(), "{status}");
    }

    /// Waits until the server has left. Our end of its input stays as it is.
    pub fn left(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server did not leave");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Closes the server's input, as the system does when a client dies.
    #[allow(dead_code, reason = "the benchmarks say goodbye")]
    pub fn hang_up(&mut self) {
        self.stdin.take();
    }

    /// The server's process.
    #[allow(dead_code, reason = "the benchmarks do not look at it")]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends bytes as they are.
    #[allow(dead_code, reason = "the benchmarks are well-behaved")]
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let stdin = self.stdin.as_mut().unwrap();
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        stdin.flush().unwrap();
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.backlog.iter().position(&wanted) {
            return self.backlog.remove(at);
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.incoming.recv_timeout(left) {
                Ok(message) => {
                    self.reply(&message);
                    if wanted(&message) {
                        return message;
                    }
                    self.backlog.push(message);
                }
                Err(RecvTimeoutError::Timeout) => panic!("no answer; so far: {:#?}", self.backlog),
                Err(RecvTimeoutError::Disconnected) => panic!("the server left; so far: {:#?}", self.backlog),
            }
        }
    }

    /// Requests of the server want an answer, or it waits for ever.
    fn reply(&mut self, message: &Value) {
        if message.get("method").is_some() && message.get("id").is_some() {
            let result = match message["method"] == "workspace/configuration" {
                true => json!([self.settings]),
                false => Value::Null,
            };
            self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_message(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
