//! What the language server offers while one writes: formatting, signature help, diagnostics on request.

use serde_json::{Value, json};

use crate::lsp_client::Client;

const URI: &str = "file:///nowhere/writing_rules.yaml";

fn document() -> Value {
    json!({"textDocument": {"uri": URI}, "options": {"tabSize": 8, "insertSpaces": true}})
}

/// The text with the server's edits applied; positions count bytes.
fn apply(text: &str, edits: &Value) -> String {
    let offset = |at: &Value| {
        let line = usize::try_from(at["line"].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(at["character"].as_u64().unwrap()).unwrap()
    };
    let mut out = text.to_owned();
    for edit in edits.as_array().unwrap().iter().rev() {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        out.replace_range(range, edit["newText"].as_str().unwrap());
    }
    out
}

#[test]
fn formats_documents_ranges_and_fresh_lines() {
    let text = "-  list: é\n   items: [a,b]\n-  macro: m\n   condition: evt.type=open\n   \n";
    let mut client = Client::start(json!({"general": {"positionEncodings": ["utf-8"]}}), None);
    client.open(URI, text);

    let edits = client.request("textDocument/formatting", document());
    let formatted = "- list: é\n  items: [a, b]\n- macro: m\n  condition: evt.type = open\n";
    assert_eq!(apply(text, &edits), formatted);

    let mut params = document();
    params["range"] = json!({"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 3}});
    let edits = client.request("textDocument/rangeFormatting", params);
    let expected = "-  list: é\n   items: [a,b]\n- macro: m\n  condition: evt.type = open\n";
    assert_eq!(apply(text, &edits), expected);

    let mut params = document();
    params["position"] = json!({"line": 4, "character": 3});
    params["ch"] = json!("\n");
    assert_eq!(client.request("textDocument/onTypeFormatting", params), json!([]));

    client.edit(URI, 2, (0, 0), (0, 0), "- rule: \"\n");
    let id = client.send_request("textDocument/formatting", document());
    let answer = client.response(id);
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("not formatted: "), "{answer}");
    client.stop();
}

#[test]
fn tells_the_arguments_of_a_call() {
    let text = "- macro: m\n  condition: join(\",\", \n";
    let mut client = Client::start(json!({}), None);
    client.open(URI, text);
    let at = json!({"textDocument": {"uri": URI}, "position": {"line": 1, "character": 22}});
    let help = client.request("textDocument/signatureHelp", at);
    assert_eq!(help["signatures"][0]["label"], "join(separator, list)");
    assert_eq!((&help["activeParameter"], &help["activeSignature"]), (&json!(1), &json!(0)));
    assert_eq!(help["signatures"][0]["parameters"][1]["label"], json!([16, 20]));
    client.stop();
}

/// What an editor says that asks for diagnostics, in the protocol's own words.
fn puller() -> Value {
    json!({
        "textDocument": {"diagnostic": {"relatedDocumentSupport": true}},
        "workspace": {"diagnostics": {"refreshSupport": true}},
    })
}

#[test]
fn diagnostics_on_request() {
    let mut client = Client::start(puller(), None);
    let other = "file:///nowhere/other_rules.yaml";
    client.open(URI, "- macro: m\n  condition: proc.nmae = x\n");
    client.open(other, "- rule: R\n  desc: d\n  condition: evt.type = open and m\n  output: x\n  priority: INFO\n");

    let ask = |client: &mut Client, previous: Option<&str>| {
        let params = json!({"textDocument": {"uri": URI}, "previousResultId": previous});
        client.request("textDocument/diagnostic", params)
    };
    let first = ask(&mut client, None);
    assert_eq!(first["kind"], "full");
    assert!(first["items"][0]["message"].as_str().unwrap().contains("proc.nmae"), "{first}");
    assert_eq!(first["relatedDocuments"][other]["kind"], "full", "{first}");
    let id = first["resultId"].as_str().unwrap().to_owned();
    assert_eq!(ask(&mut client, Some(&id))["kind"], "unchanged");

    let workspace = |client: &mut Client, previous: Value| {
        client.request("workspace/diagnostic", json!({"previousResultIds": previous}))["items"].take()
    };
    let all = workspace(&mut client, json!([]));
    let mine = all.as_array().unwrap().iter().find(|report| report["uri"] == URI).unwrap();
    assert_eq!((&mine["kind"], &mine["version"]), (&json!("full"), &json!(1)));
    let again = workspace(&mut client, json!([{"uri": URI, "value": id}]));
    let mine = again.as_array().unwrap().iter().find(|report| report["uri"] == URI).unwrap();
    assert_eq!(mine["kind"], "unchanged");

    // Repaired; what the client has of a file that does not exist any more goes, too.
    client.edit(URI, 2, (1, 13), (1, 22), "proc.name");
    let second = ask(&mut client, Some(&id));
    assert_eq!((&second["kind"], &second["items"]), (&json!("full"), &json!([])));
    let gone = "file:///nowhere/gone.yaml";
    let all = workspace(&mut client, json!([{"uri": gone, "value": "old"}]));
    let report = all.as_array().unwrap().iter().find(|report| report["uri"] == gone).unwrap();
    assert_eq!((&report["kind"], &report["items"]), (&json!("full"), &json!([])));
    client.stop();
}

#[test]
fn completions_are_documented_when_they_are_looked_at() {
    let text = "- macro: m\n  condition: proc.na\n";
    let complete = |capabilities: Value| {
        let mut client = Client::start(capabilities, None);
        client.open(URI, text);
        let at = json!({"textDocument": {"uri": URI}, "position": {"line": 1, "character": 20}});
        let list = client.request("textDocument/completion", at);
        let items = list["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["label"] == "proc.name").unwrap().clone();
        (client, item)
    };
    let (client, item) = complete(json!({}));
    assert!(item["documentation"]["value"].as_str().unwrap().contains("proc.name"));
    client.stop();

    let lazy = json!({"textDocument": {"completion": {"completionItem": {"resolveSupport": {
        "properties": ["documentation"]
    }}}}});
    let (mut client, item) = complete(lazy);
    assert!(item.get("documentation").is_none());
    let resolved = client.request("completionItem/resolve", item.clone());
    assert!(resolved["documentation"]["value"].as_str().unwrap().contains("proc.name"));
    assert_eq!(resolved["textEdit"], item["textEdit"]);
    // A document that is gone, or data of somebody else's, is no error.
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    assert_eq!(client.request("completionItem/resolve", item.clone()), item);
    let strange = json!({"label": "x", "data": [1]});
    assert_eq!(client.request("completionItem/resolve", strange.clone()), strange);
    client.stop();
}

#[test]
fn completes_rule_tests_with_the_rules_beside_them() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("lsp_tests");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("some_rules.yaml"),
        "- rule: Rule of the folder\n  desc: d\n  condition: evt.type = open\n  output: x\n  priority: INFO\n",
    )
    .unwrap();
    let root = format!("file://{}", folder.display());
    let mut client = Client::start(json!({}), Some(&root));
    // The folder is read once its diagnostics have been there; a document of it makes them come.
    let rules = format!("{root}/some_rules.yaml");
    client.open(&rules, &std::fs::read_to_string(folder.join("some_rules.yaml")).unwrap());
    client.diagnostics(&rules, 1);
    let uri = format!("{root}/some_test.yaml");
    client.open(&uri, "tests:\n  - only: []\n    \n");
    let labels = |client: &mut Client, line: usize, character: usize| -> Vec<String> {
        let at = json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
        let list = client.request("textDocument/completion", at);
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(&mut client, 1, 11), ["Rule of the folder"]);
    assert_eq!(labels(&mut client, 2, 4), ["name", "matrix", "mock", "events", "capture", "command", "expect"]);
    client.stop();
}
