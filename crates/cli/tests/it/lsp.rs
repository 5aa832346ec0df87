//! The language server as an editor sees it.

use serde_json::{Value, json};

use crate::lsp_client::Client;
use crate::shared;

const URI: &str = "file:///nowhere/demo_rules.yaml";

const TEXT: &str = "- list: shells
  items: [bash, zsh]

- macro: started
  condition: evt.type in (execve, execveat)

- rule: Shell in a folded condition
  desc: d
  condition: >
    started and
    proc.name in (shells) and
    fd.num >= 0
  output: shell %proc.name
  priority: NOTICE
";

fn utf8() -> Value {
    json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}})
}

fn position(line: usize, character: usize) -> Value {
    json!({"line": line, "character": character})
}

fn at(uri: &str, line: usize, character: usize) -> Value {
    json!({"textDocument": {"uri": uri}, "position": position(line, character)})
}

/// Line and character (bytes) of a text's first occurrence.
fn find(text: &str, needle: &str) -> (usize, usize) {
    let offset = text.find(needle).unwrap();
    let line = text[..offset].matches('\n').count();
    (line, offset - text[..offset].rfind('\n').map_or(0, |i| i + 1))
}

/// The issue's own example: the official rules, a wrong field typed in the middle of a folded condition.
#[test]
fn a_wrong_field_in_the_official_rules() {
    let Some(path) = shared("corpus/falco/falco_rules.yaml") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut client = Client::start(utf8(), None);
    client.open(URI, &text);
    let before = client.diagnostics(URI, 1);
    let errors = |all: &[Value]| all.iter().filter(|d| d["severity"] == 1).cloned().collect::<Vec<_>>();
    assert_eq!(errors(&before), [] as [Value; 0]);

    // In the middle of the first folded condition of a rule: on its second line.
    let rule = text.find("- rule:").unwrap();
    let folded = rule + text[rule..].find("condition: >\n").unwrap();
    let line = text[..folded].matches('\n').count() + 2;
    let column = text.lines().nth(line).unwrap().len() - text.lines().nth(line).unwrap().trim_start().len();
    let typed = "proc.nmae = cat or ";
    let at_start = text.lines().nth(line).unwrap()[column..].starts_with("and ");
    // After a leading `and`, so that the condition stays one.
    let column = if at_start { column + 4 } else { column };
    client.edit(URI, 2, (line, column), (line, column), typed);
    let found = errors(&client.diagnostics(URI, 2));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["range"], json!({"start": position(line, column), "end": position(line, column + 9)}));
    assert_eq!(found[0]["code"], "LOAD_ERR_COMPILE_CONDITION");
    assert!(found[0]["message"].as_str().unwrap().contains("proc.nmae"));

    // Shorten it to the beginning of a field and complete that.
    client.edit(URI, 3, (line, column + 6), (line, column + 9), "");
    let list = client.request("textDocument/completion", at(URI, line, column + 6));
    let items = list["items"].as_array().unwrap();
    let item = items.iter().find(|i| i["label"] == "proc.name").unwrap();
    assert_eq!(item["detail"], "string");
    assert_eq!(item["textEdit"]["range"], json!({"start": position(line, column), "end": position(line, column + 6)}));
    client.edit(URI, 4, (line, column), (line, column + 6), "proc.name");
    assert_eq!(errors(&client.diagnostics(URI, 4)), [] as [Value; 0]);

    let hover = client.request("textDocument/hover", at(URI, line, column + 3));
    assert_eq!(hover["range"], json!({"start": position(line, column), "end": position(line, column + 9)}));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("proc.name"));
    client.stop();
}

#[test]
fn definition_symbols_and_hover_of_names() {
    let mut client = Client::start(utf8(), None);
    client.open(URI, TEXT);
    assert_eq!(client.diagnostics(URI, 1), [] as [Value; 0]);

    let (line, column) = find(TEXT, "started and");
    let places = client.request("textDocument/definition", at(URI, line, column + 2));
    let (target, start) = find(TEXT, "started\n");
    assert_eq!(
        places[0],
        json!({"uri": URI, "range": {"start": position(target, start), "end": position(target, start + 7)}})
    );

    let symbols = client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    let names: Vec<&str> = symbols.as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shells", "started", "Shell in a folded condition"]);

    let (line, column) = find(TEXT, "shells)");
    let hover = client.request("textDocument/hover", at(URI, line, column));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("bash, zsh"));
    client.stop();
}

#[test]
fn positions_in_utf_16_by_default_and_utf_32_on_request() {
    let text = "# 😀\n- macro: m\n  condition: proc.name = \"😀\" and proc.nmae = x\n";
    for (capabilities, encoding, start) in [
        (json!({}), "utf-16", 34),
        (json!({"general": {"positionEncodings": ["utf-32"]}}), "utf-32", 33),
        (json!({"general": {"positionEncodings": ["utf-8"]}}), "utf-8", 36),
    ] {
        let mut client = Client::start(capabilities, None);
        client.open(URI, text);
        let found = client.diagnostics(URI, 1);
        let wrong = found.iter().find(|d| d["message"].as_str().unwrap().contains("proc.nmae")).unwrap();
        assert_eq!(wrong["range"]["start"], position(2, start), "{encoding}");
        assert_eq!(wrong["range"]["end"], position(2, start + 9), "{encoding}");
        client.stop();
    }
}

#[test]
fn a_broken_item_costs_its_neighbours_nothing() {
    let broken = TEXT.replace("  items: [bash, zsh]", "  items: [bash, \"zsh");
    let mut client = Client::start(utf8(), None);
    client.open(URI, &broken);
    let found = client.diagnostics(URI, 1);
    assert!(!found.is_empty());
    let (started, _) = find(&broken, "- macro: started");
    assert!(found.iter().all(|d| d["range"]["start"]["line"].as_u64().unwrap() < started as u64), "{found:#?}");
    let symbols = client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    assert_eq!(symbols.as_array().unwrap().len(), 3);
    let (line, column) = find(&broken, "started and");
    let places = client.request("textDocument/definition", at(URI, line, column));
    assert_eq!(places.as_array().unwrap().len(), 1);
    client.stop();
}

#[test]
fn items_of_other_files_of_the_workspace() {
    let folder = std::env::temp_dir().join(format!("falco-rs-workspace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("falco_rules.yaml"), "- macro: started\n  condition: evt.type = execve\n").unwrap();
    let root = format!("file://{}", folder.display());
    let uri = format!("{root}/falco_rules.local.yaml");
    let text = "- rule: R\n  desc: d\n  condition: started and proc.name = x\n  output: x\n  priority: INFO\n";
    let mut client = Client::start(utf8(), Some(&root));
    client.open(&uri, text);
    // The folder is read in the background: the last word is that the macro is known.
    let mut found = client.diagnostics(&uri, 1);
    while !found.is_empty() {
        found = client.diagnostics(&uri, 1);
    }
    let places = client.request("textDocument/definition", at(&uri, 2, 14));
    assert_eq!(places[0]["uri"], format!("{root}/falco_rules.yaml"));
    client.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

/// A thousand edits and requests back to back: none overtakes another, and the server's text is the client's.
#[test]
fn a_thousand_edits_in_order() {
    let mut client = Client::start(utf8(), None);
    let mut text = String::from("- macro: m\n  condition: evt.type = open\n# ");
    client.open(URI, &text);
    let line = 2;
    let mut pending = Vec::new();
    for i in 0..1000usize {
        let at_end = text.len() - text.rfind('\n').unwrap() - 1;
        // Mostly typing at the end, now and then something removed: any swap would garble the line.
        if i % 7 == 3 {
            client.edit(URI, 2 + i as i64, (line, at_end - 1), (line, at_end), "");
            text.pop();
        } else {
            let piece = format!("{i}é,");
            client.edit(URI, 2 + i as i64, (line, at_end), (line, at_end), &piece);
            text.push_str(&piece);
        }
        if i % 10 == 0 {
            pending.push(client.send_request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}})));
        }
    }
    for id in pending {
        // A request that a newer edit made pointless is answered so; the others see the text of their moment.
        let response = client.response(id);
        let stale = response["error"]["code"] == -32801;
        assert!(stale || response["result"][0]["name"] == "m", "{response}");
    }
    // Make the whole comment line a name, and read it back from the outline.
    let body = text[text.rfind('\n').unwrap() + 3..].to_owned();
    client.edit(URI, 2000, (line, 0), (line, 2), "- list: ");
    let end = "- list: ".len() + body.len();
    client.edit(URI, 2001, (line, end), (line, end), "\n  items: []\n");
    let symbols = client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    assert_eq!(symbols[1]["name"], body);
    client.stop();
}

#[test]
fn unknown_documents_and_wild_positions_get_empty_answers() {
    let mut client = Client::start(utf8(), None);
    assert_eq!(client.request("textDocument/hover", at("file:///nowhere/else.yaml", 0, 0)), Value::Null);
    client.open(URI, TEXT);
    assert_eq!(client.request("textDocument/hover", at(URI, 9_999, 9_999)), Value::Null);
    // A character past its line's end means the line's end: here the list's name.
    assert_eq!(client.request("textDocument/definition", at(URI, 0, 4_000_000_000))[0]["uri"], URI);
    client.edit(URI, 2, (500, 7), (4, 100_000), "");
    client.notify("textDocument/didChange", json!({"nonsense": true}));
    client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    client.stop();
}
