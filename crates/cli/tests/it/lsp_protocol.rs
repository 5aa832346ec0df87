//! What the protocol says of messages that are wrong, come out of turn, or do not come any more.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::lsp_client::Client;
use crate::lsp_workspace::Folder;

const URI: &str = "file:///nowhere/protocol_rules.yaml";
const TEXT: &str = "# 😀\n- list: shells\n  items: [bash]\n";
const PATIENCE: Duration = Duration::from_secs(30);

fn opened() -> Client {
    let mut client = Client::start(json!({}), None);
    client.open(URI, TEXT);
    client
}

fn symbols(client: &mut Client) -> Value {
    client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}))
}

/// The next answer.
fn answer(client: &mut Client) -> Value {
    loop {
        let message = client.next(PATIENCE).unwrap();
        if message.get("method").is_none() {
            return message;
        }
    }
}

#[test]
fn broken_messages_are_answered_and_passed_over() {
    let mut client = opened();
    let frame = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let deep = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":{}", "[".repeat(300_000));
    let cases = [
        (frame("{not json"), -32700),
        (frame("\u{0}"), -32700),
        (frame(&deep), -32700),
        ("Content-Length: 5\r\n\r\n{\"jsonrpc\": \"2.0\"}\r\n".to_owned(), -32700),
        ("Content-Length: lots\r\n\r\n".to_owned(), -32700),
        ("Content-Type: text/plain\r\n\r\n".to_owned(), -32700),
        (frame("[]"), -32600),
        (frame("7"), -32600),
        (frame("{\"jsonrpc\":\"2.0\",\"id\":7}"), -32600),
        (frame("{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"shutdown\"}"), -32600),
        (frame("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":5}"), -32600),
        (frame("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"textDocument/hover\",\"params\":\"x\"}"), -32600),
    ];
    for (bytes, code) in cases {
        client.send_raw(bytes.as_bytes());
        let shown: String = bytes.chars().take(80).collect();
        assert_eq!(answer(&mut client)["error"]["code"], code, "{shown:?}");
        assert_eq!(symbols(&mut client)[0]["name"], "shells", "{shown:?}");
    }
    let before = client.memory();
    // Announced, but never sent: it is neither waited for with memory nor answered before it is there.
    client.send_raw(b"garbage\r\n\r\nContent-Length: 99999999999\r\n\r\n{}");
    std::thread::sleep(Duration::from_millis(200));
    assert!(client.memory() < before + (64 << 20));
    client.hang_up();
    client.left();
}

#[test]
fn wrong_requests_get_the_protocols_errors() {
    let mut client = opened();
    let mut code = |method: &str, params: Value| {
        let id = client.send_request(method, params);
        client.response(id)["error"]["code"].clone()
    };
    assert_eq!(code("textDocument/nonsense", json!({})), -32601);
    assert_eq!(code("$/nonsense", json!({})), -32601);
    assert_eq!(code("textDocument/hover", json!({"textDocument": 5})), -32602);
    assert_eq!(code("textDocument/hover", Value::Null), -32602);
    assert_eq!(code("initialize", json!({"capabilities": {}})), -32600);
    client.notify("$/nonsense", json!({}));
    client.notify("textDocument/nonsense", json!([1]));
    client.notify("$/cancelRequest", json!({"id": 99_999}));
    client.notify("$/setTrace", json!({"value": "verbose"}));
    // An answer to a question that was never asked.
    client.send_raw(b"Content-Length: 38\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":777,\"result\":{}}");
    // Documents that are not open.
    client.edit("file:///nowhere/else.yaml", 3, (0, 0), (0, 1), "x");
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": "file:///nowhere/else.yaml"}}));
    assert_eq!(symbols(&mut client)[0]["name"], "shells");
    client.stop();
}

#[test]
fn wrong_places_and_versions() {
    let mut client = opened();
    let text = |client: &mut Client| client.request("falco-rs/text", json!({"uri": URI}));
    // Within the two units of one character: its start is meant.
    client.edit(URI, 2, (0, 3), (0, 4), "x");
    assert_eq!(text(&mut client)["text"], TEXT.replacen('😀', "x", 1));
    // Past the line, past the text, ends swapped.
    client.edit(URI, 3, (0, 900), (0, 2), "y");
    client.edit(URI, 4, (900, 900), (901, 0), "# end\n");
    assert_eq!(text(&mut client)["text"], "# y\n- list: shells\n  items: [bash]\n# end\n");
    // A version that goes backwards: edits count in the order in which they come.
    client.edit(URI, 1, (0, 2), (0, 3), "z");
    let after = text(&mut client);
    assert_eq!((&after["version"], after["text"].as_str().unwrap().starts_with("# z\n")), (&json!(1), true));
    // Opened again without having been closed: the newer text counts.
    client.open(URI, "- list: other\n  items: []\n");
    assert_eq!(symbols(&mut client)[0]["name"], "other");
    client.stop();
}

#[test]
fn nothing_counts_before_the_handshake_and_after_the_goodbye() {
    let mut client = Client::launch();
    client.open(URI, TEXT);
    let id = client.send_request("textDocument/hover", json!({}));
    assert_eq!(client.response(id)["error"]["code"], -32002);
    client.shake_hands(json!({"capabilities": {}}));
    assert_eq!(client.request("falco-rs/text", json!({"uri": URI})), Value::Null);
    client.request("shutdown", Value::Null);
    let id = client.send_request("textDocument/hover", json!({}));
    assert_eq!(client.response(id)["error"]["code"], -32600);
    client.notify("exit", Value::Null);
    assert_eq!(client.left().code(), Some(0));
}

#[test]
fn an_exit_without_a_goodbye_is_status_1() {
    let mut client = opened();
    // The input stays open: `exit` alone must do.
    client.notify("exit", Value::Null);
    assert_eq!(client.left().code(), Some(1));
    let mut client = Client::launch();
    client.notify("exit", Value::Null);
    assert_eq!(client.left().code(), Some(1));
    let mut client = opened();
    client.hang_up();
    assert_eq!(client.left().code(), Some(1));
    // Goodbye and exit in one breath: the answer still comes.
    let mut client = opened();
    let id = client.send_request("shutdown", Value::Null);
    client.notify("exit", Value::Null);
    assert_eq!(client.response(id)["result"], Value::Null);
    assert_eq!(client.left().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn the_server_leaves_when_the_clients_process_is_gone() {
    let mut editor = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let mut client = Client::launch();
    client.shake_hands(json!({"processId": editor.id(), "capabilities": {}}));
    client.open(URI, TEXT);
    assert_eq!(symbols(&mut client)[0]["name"], "shells");
    editor.kill().unwrap();
    editor.wait().unwrap();
    // Its input is still open, in our hands.
    assert_eq!(client.left().code(), Some(1));
}

/// The jobs of a server that run now.
#[cfg(target_os = "linux")]
fn jobs(server: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |number: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|parent| parent.trim() == server.to_string()))
    };
    numbers.filter(is_child).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn no_job_outlives_the_server() {
    let leave: [fn(&mut Client); 3] = [
        Client::hang_up,
        |client| client.notify("exit", Value::Null),
        |client| {
            client.send_request("shutdown", Value::Null);
            client.notify("exit", Value::Null);
        },
    ];
    for (number, leave) in leave.into_iter().enumerate() {
        let folder = Folder::new(&format!("orphan-{number}"), &[("a_rules.yaml", TEXT)]);
        // A capture that never begins.
        let pipe = folder.path.join("pipe.scap");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut client = Client::start(json!({}), Some(&folder.uri("")));
        client.open(&folder.uri("a_rules.yaml"), TEXT);
        client.send_request("falco-rs/run", json!({"uri": folder.uri("a_rules.yaml"), "capture": pipe}));
        let deadline = Instant::now() + PATIENCE;
        let mut running = jobs(client.pid());
        while running.is_empty() {
            assert!(Instant::now() < deadline, "no job was started");
            std::thread::sleep(Duration::from_millis(5));
            running = jobs(client.pid());
        }
        leave(&mut client);
        client.left();
        let lives = |job: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{job}/status")).unwrap_or_default();
            !status.is_empty() && !status.contains("State:\tZ")
        };
        while running.iter().any(lives) {
            assert!(Instant::now() < deadline, "a job outlived its server");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A workspace on which whatever concerns all of it takes a while.
fn large() -> (Folder, Client, String) {
    let mut files = Vec::new();
    for file in 0..60 {
        let mut text = format!("- list: shells_{file}\n  items: [bash]\n");
        for rule in 0..60 {
            text.push_str(&format!(
                "- macro: opened_{file}_{rule}\n  condition: evt.type = open and fd.name = /x/{rule}\n- rule: Rule {file} {rule}\n  \
                 desc: d\n  condition: opened_{file}_{rule} and proc.name in (shells_{file}) and proc.nme = x\n  output: x\n  \
                 priority: INFO\n"
            ));
        }
        files.push((format!("{file:02}_rules.yaml"), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = Folder::new(&format!("large-{:?}", std::thread::current().id()), &files);
    let pulls = json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}});
    let mut client = Client::start(pulls, Some(&folder.uri("")));
    let uri = folder.uri("00_rules.yaml");
    client.open(&uri, files[0].1);
    while client.request("falco-rs/status", Value::Null)["loadSets"][0]["files"].as_array().map_or(0, Vec::len) < 60 {}
    (folder, client, uri)
}

#[test]
fn short_requests_do_not_wait_for_long_ones() {
    let (_folder, mut client, uri) = large();
    let place = json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 10}});
    client.request("textDocument/hover", place.clone());
    client.forget();
    let long: Vec<i64> =
        (0..12).map(|_| client.send_request("workspace/diagnostic", json!({"previousResultIds": []}))).collect();
    let short = [
        client.send_request("textDocument/hover", place.clone()),
        client.send_request("textDocument/completion", place),
    ];
    let mut order = Vec::new();
    while order.len() < long.len() + short.len() {
        let message = answer(&mut client);
        assert!(message.get("error").is_none(), "{message}");
        order.push(message["id"].as_i64().unwrap());
    }
    for id in short {
        let before = order.iter().take_while(|answered| **answered != id).filter(|id| long.contains(id)).count();
        assert!(before < long.len() / 2, "{before} of {} long requests were answered before a short one", long.len());
    }
    client.stop();
}

#[test]
fn what_an_edit_overtakes_is_answered_as_stale() {
    let (_folder, mut client, uri) = large();
    let place = json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 10}});
    client.request("textDocument/hover", place.clone());
    // Another engine: everything is judged anew, which takes a while.
    client.notify("workspace/didChangeConfiguration", json!({"settings": {"falco-rs": {"engineVersion": "0.40.0"}}}));
    while client.request("falco-rs/text", json!({"uri": uri}))["version"] != 1 {}
    client.edit(&uri, 2, (0, 0), (0, 0), "# a\n");
    let stale = client.send_request("textDocument/hover", place.clone());
    // Time to begin, not to finish.
    std::thread::sleep(Duration::from_millis(15));
    client.edit(&uri, 3, (0, 0), (0, 0), "# b\n");
    let fresh = client.send_request("textDocument/hover", place);
    assert_eq!(client.response(stale)["error"]["code"], -32801);
    assert!(client.response(fresh).get("error").is_none());
    client.stop();
}
