//! Navigation and view features of the language server as an editor sees them.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::lsp_client::Client;

const URI: &str = "file:///nowhere/demo_rules.yaml";

const TEXT: &str = "- list: shells
  items: [bash, zsh]

# When a program
# is started
- macro: started
  condition: evt.type in (execve, execveat)

- rule: Shell
  desc: d
  condition: >
    started and
    (proc.name in (shells) or
    not started)
  output: shell %proc.name
  priority: NOTICE
  tags: [T1059]
";

fn client() -> Client {
    let capabilities = json!({
        "general": {"positionEncodings": ["utf-8", "utf-16"]},
        "workspace": {"workspaceEdit": {"documentChanges": true}},
        "textDocument": {"documentSymbol": {"hierarchicalDocumentSymbolSupport": true}},
    });
    let mut client = Client::start(capabilities, None);
    client.open(URI, TEXT);
    assert_eq!(client.diagnostics(URI, 1), [] as [Value; 0]);
    client
}

/// The position of a word, its first letter marked by `|`.
fn at(text: &str, marked: &str) -> Value {
    let offset = text.find(&marked.replace('|', "")).unwrap() + marked.find('|').unwrap();
    let line = text[..offset].matches('\n').count();
    json!({"line": line, "character": offset - text[..offset].rfind('\n').map_or(0, |i| i + 1)})
}

fn of(marked: &str) -> Value {
    json!({"textDocument": {"uri": URI}, "position": at(TEXT, marked)})
}

/// Lines and words of ranges.
fn words(text: &str, ranges: &[Value]) -> Vec<String> {
    let word = |range: &Value| {
        let number = |v: &Value| v.as_u64().unwrap() as usize;
        let (start, end) = (&range["start"], &range["end"]);
        let line = number(&start["line"]);
        let text = text.lines().nth(line).unwrap();
        format!("{} {}", line + 1, &text[number(&start["character"])..number(&end["character"])])
    };
    ranges.iter().map(word).collect()
}

fn ranges(answer: &Value, pointer: &str) -> Vec<Value> {
    answer.as_array().unwrap().iter().map(|v| v.pointer(pointer).unwrap().clone()).collect()
}

#[test]
fn references_highlights_declaration_and_linked_editing() {
    let mut client = client();
    let mut params = of("|started and");
    params["context"] = json!({"includeDeclaration": true});
    let found = client.request("textDocument/references", params.clone());
    assert_eq!(words(TEXT, &ranges(&found, "/range")), ["6 started", "12 started", "14 started"]);
    params["context"] = json!({"includeDeclaration": false});
    let found = client.request("textDocument/references", params);
    assert_eq!(found.as_array().unwrap().len(), 2);

    let found = client.request("textDocument/documentHighlight", of("|started and"));
    let kinds: Vec<u64> = ranges(&found, "/kind").iter().map(|k| k.as_u64().unwrap()).collect();
    assert_eq!(kinds, [3, 2, 2]);
    let found = client.request("textDocument/documentHighlight", of("%proc.|name"));
    assert_eq!(words(TEXT, &ranges(&found, "/range")), ["13 proc.name", "15 proc.name"]);

    let found = client.request("textDocument/declaration", of("(|shells)"));
    assert_eq!(words(TEXT, &ranges(&found, "/range")), ["1 shells"]);
    let found = client.request("textDocument/linkedEditingRange", of("list: |shells"));
    assert_eq!(words(TEXT, found["ranges"].as_array().unwrap()), ["1 shells", "13 shells"]);
    client.stop();
}

#[test]
fn rename_with_its_refusals() {
    let mut client = client();
    let prepared = client.request("textDocument/prepareRename", of("(|shells)"));
    assert_eq!(prepared["placeholder"], "shells");
    assert_eq!(client.request("textDocument/prepareRename", of("desc: |d")), Value::Null);
    let mut params = of("(|shells)");
    params["newName"] = json!("shell_names");
    let edit = client.request("textDocument/rename", params.clone());
    let file = &edit["documentChanges"][0];
    assert_eq!(file["textDocument"], json!({"uri": URI, "version": 1}));
    let edits = file["edits"].as_array().unwrap();
    assert!(edits.iter().all(|edit| edit["newText"] == "shell_names"));
    assert_eq!(words(TEXT, &edits.iter().map(|e| e["range"].clone()).collect::<Vec<_>>()), ["1 shells", "13 shells"]);

    params["newName"] = json!("started");
    let id = client.send_request("textDocument/rename", params);
    let refused = client.response(id);
    assert_eq!(refused["error"]["message"], "there is a macro `started` already");
    assert_eq!(refused["error"]["code"], -32803);
    client.stop();
}

/// A folder that is removed when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("falco-rs-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            std::fs::write(folder.join(file), text).unwrap();
        }
        Self(folder)
    }

    fn uri(&self) -> String {
        format!("file://{}", self.0.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_rule_is_renamed_in_overrides_and_in_tests() {
    let test = "rules: [a_rules.yaml]\ntests:\n  - name: t\n    events: []\n    expect: [{rule: \"Shell\"}]\n";
    let local = "- rule: Shell\n  enabled: false\n  override: {enabled: replace}\n";
    let files = [("a_rules.yaml", TEXT), ("b.local.yaml", local), ("a_test.yaml", test)];
    let folder = Folder::new("rename", &files);
    let mut client = Client::start(json!({"general": {"positionEncodings": ["utf-8"]}}), Some(&folder.uri()));
    let uri = format!("{}/a_rules.yaml", folder.uri());
    client.open(&uri, TEXT);
    // The folder is read in the background; the workspace's symbols tell when it is known.
    let params = json!({"textDocument": {"uri": uri}, "position": at(TEXT, "rule: |Shell")});
    while client.request("textDocument/definition", params.clone()).as_array().unwrap().len() < 2 {}
    let mut rename = params;
    rename["newName"] = json!("A shell");
    let edit = client.request("textDocument/rename", rename);
    let changes = edit["changes"].as_object().unwrap();
    let mut names: Vec<&str> = changes.keys().map(|uri| uri.rsplit('/').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a_rules.yaml", "a_test.yaml", "b.local.yaml"]);
    let in_test = &changes[&format!("{}/a_test.yaml", folder.uri())][0];
    assert_eq!(in_test["newText"], "A shell");
    assert_eq!(words(test, &[in_test["range"].clone()]), ["5 Shell"]);

    // The same from the test.
    let test_uri = format!("{}/a_test.yaml", folder.uri());
    client.open(&test_uri, test);
    let mut params = json!({"textDocument": {"uri": test_uri}, "position": at(test, "Sh|ell")});
    assert_eq!(client.request("textDocument/definition", params.clone()).as_array().unwrap().len(), 2);
    let hover = client.request("textDocument/hover", params.clone());
    assert!(hover["contents"]["value"].as_str().unwrap().contains("**Shell**"), "{hover}");
    assert_eq!(client.request("textDocument/documentHighlight", params.clone()).as_array().unwrap().len(), 1);
    assert_eq!(client.request("textDocument/prepareRename", params.clone())["placeholder"], "Shell");
    params["newName"] = json!("A shell");
    let from_test = client.request("textDocument/rename", params.clone());
    assert_eq!(from_test, edit);
    params["context"] = json!({"includeDeclaration": true});
    let of_test = client.request("textDocument/references", params.clone());
    params["textDocument"]["uri"] = json!(uri);
    params["position"] = at(TEXT, "rule: |Shell");
    assert_eq!(of_test.as_array().unwrap().len(), 3, "{of_test}");
    assert_eq!(of_test, client.request("textDocument/references", params));
    client.stop();
}

#[test]
fn symbols_of_the_workspace_and_whole_ranges_of_a_document() {
    let mut client = client();
    let found = client.request("workspace/symbol", json!({"query": "sh"}));
    let names: Vec<&str> = found.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Shell", "shells"]);
    assert_eq!(words(TEXT, &ranges(&found, "/location/range")), ["9 Shell", "1 shells"]);

    let outline = client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    assert_eq!(outline[2]["range"]["start"], at(TEXT, "|rule: Shell"));
    assert_eq!(outline[2]["range"]["end"], at(TEXT, "[T1059]|\n"));
    client.stop();
}

#[test]
fn who_calls_whom() {
    let mut client = client();
    let items = client.request("textDocument/prepareCallHierarchy", of("macro: |started"));
    assert_eq!(items[0]["name"], "started");
    let calls = client.request("callHierarchy/incomingCalls", json!({"item": items[0]}));
    assert_eq!(calls[0]["from"]["name"], "Shell");
    assert_eq!(words(TEXT, calls[0]["fromRanges"].as_array().unwrap()), ["12 started", "14 started"]);
    let calls = client.request("callHierarchy/outgoingCalls", json!({"item": calls[0]["from"]}));
    let names: Vec<&str> = calls.as_array().unwrap().iter().map(|c| c["to"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["started", "shells"]);
    client.stop();
}

#[test]
fn folding_selection_hints_and_links() {
    let mut client = client();
    let document = json!({"textDocument": {"uri": URI}});
    let folds = client.request("textDocument/foldingRange", document.clone());
    let lines: Vec<(u64, u64)> = folds
        .as_array()
        .unwrap()
        .iter()
        .map(|fold| (fold["startLine"].as_u64().unwrap(), fold["endLine"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [(0, 1), (3, 4), (5, 6), (8, 16), (10, 13), (12, 13)]);

    let mut params = document.clone();
    params["positions"] = json!([at(TEXT, "(|shells)")]);
    let selections = client.request("textDocument/selectionRange", params);
    let mut depth = 0;
    let mut selection = &selections[0];
    assert_eq!(words(TEXT, &[selection["range"].clone()]), ["13 shells"]);
    while !selection["parent"].is_null() {
        selection = &selection["parent"];
        depth += 1;
    }
    assert!(depth >= 6, "{selections}");
    assert_eq!(selection["range"]["start"], json!({"line": 0, "character": 0}));

    let mut params = document.clone();
    params["range"] = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let hints = client.request("textDocument/inlayHint", params);
    assert_eq!(ranges(&hints, "/label"), [json!("execve, execveat"), json!("2 items")]);
    assert_eq!(hints[0]["position"], at(TEXT, "rule: Shell|\n"));

    let links = client.request("textDocument/documentLink", document);
    assert_eq!(links[0]["target"], "https://attack.mitre.org/techniques/T1059/");
    let test = "file:///nowhere/demo_test.yaml";
    client.open(test, "rules: [demo_rules.yaml]\ntests: []\n");
    let links = client.request("textDocument/documentLink", json!({"textDocument": {"uri": test}}));
    assert_eq!(links[0]["target"], URI);
    client.stop();
}

/// Applies the edits of a delta to the numbers of an earlier answer.
fn apply(mut data: Vec<Value>, delta: &Value) -> Vec<Value> {
    for edit in delta["edits"].as_array().unwrap() {
        let start = edit["start"].as_u64().unwrap() as usize;
        let end = start + edit["deleteCount"].as_u64().unwrap() as usize;
        data.splice(start..end, edit["data"].as_array().unwrap().iter().cloned());
    }
    data
}

#[test]
fn semantic_tokens_follow_edits() {
    let mut client = client();
    let document = json!({"textDocument": {"uri": URI}});
    let full = client.request("textDocument/semanticTokens/full", document.clone());
    let data = full["data"].as_array().unwrap().clone();
    // `list` at 0:2 is a key, `shells` behind it the definition of a list.
    let first: Vec<u64> = data[..10].iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(first, [0, 2, 4, 0, 0, 0, 6, 6, 3, 1]);

    // Another name for the list: its use in the condition is a plain value now.
    client.edit(URI, 2, (0, 8), (0, 14), "other");
    let mut params = document.clone();
    params["previousResultId"] = full["resultId"].clone();
    let delta = client.request("textDocument/semanticTokens/full/delta", params);
    let fresh = client.request("textDocument/semanticTokens/full", document.clone());
    assert_eq!(apply(data.clone(), &delta), *fresh["data"].as_array().unwrap());

    // An id that was never given: the whole answer.
    let mut params = document.clone();
    params["previousResultId"] = json!("gone");
    let delta = client.request("textDocument/semanticTokens/full/delta", params);
    assert_eq!(delta["data"], fresh["data"]);

    let mut params = document;
    params["range"] = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 99}});
    let range = client.request("textDocument/semanticTokens/range", params);
    assert_eq!(range["data"].as_array().unwrap().len(), 10);
    client.stop();
}
