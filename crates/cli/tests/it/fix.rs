//! `check --fix`, `--unsafe-fixes` and `--diff`, and code actions in the protocol.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::lsp_client::Client;
use crate::shared;

const RULES: &str = "# Shells.
- list: shells
  items: [bash]
- list: shells
  items: [zsh]
  append: true
- rule: Shell
  desc: d
  condition: evt.type = execve and evt.dir = < and proc.name in (shells)
  output: o
  priority: NOTICE
  author: me
";

/// With the repairs that are safe.
fn safe() -> String {
    RULES.replace("append: true", "override: {items: append}").replace(" and evt.dir = <", "")
}

fn falco_rs(args: &[&str], input: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-rs"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn check(args: &[&str], input: Option<&str>, status: i32) -> (String, String) {
    let output = falco_rs(args, input);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{args:?}\n{out}\n{err}");
    (out, err)
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("falco-rs-fix-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn fix_writes_what_is_safe() {
    let folder = Folder::new("safe");
    let path = folder.file("rules.yaml", RULES);
    let (_, err) = check(&["check", "--fix", &path], None, 0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), safe());
    assert!(err.contains("repaired: 2 findings in 1 file; 1 repair left, see --unsafe-fixes"), "{err}");
    let (_, err) = check(&["check", "--fix", "--unsafe-fixes", &path], None, 0);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), safe().replace("  author: me\n", ""));
    assert!(err.contains("repaired: 1 finding in 1 file"), "{err}");
    let (out, _) = check(&["check", "--diff", "--unsafe-fixes", &path], None, 0);
    assert_eq!(out, "");
}

#[test]
fn diff_writes_nothing() {
    let folder = Folder::new("diff");
    let path = folder.file("rules.yaml", RULES);
    let (out, _) = check(&["check", "--diff", &path], None, 1);
    assert!(out.contains("\n-  append: true\n") && out.contains("\n+  override: {items: append}\n"), "{out}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), RULES);
}

#[test]
fn standard_input_comes_out_repaired() {
    let (out, _) = check(&["check", "--fix", "-"], Some(RULES), 0);
    assert_eq!(out, safe());
    let (out, _) = check(&["check", "--fix", "--ignore", "LOAD_DEPRECATED_ITEM", "-"], Some(RULES), 0);
    assert_eq!(out, RULES);
}

#[test]
fn only_the_wanted_codes() {
    let args = ["check", "--fix", "--unsafe-fixes", "--select", "LOAD_UNKNOWN_KEY", "-"];
    let (out, _) = check(&args, Some(RULES), 0);
    assert_eq!(out, RULES.replace("  author: me\n", ""));
}

#[test]
fn unsafe_fixes_alone_is_a_mistake() {
    let (_, err) = check(&["check", "--unsafe-fixes", "-"], Some(RULES), 2);
    assert!(err.contains("`--unsafe-fixes` goes with `--fix` or `--diff`"), "{err}");
}

#[test]
fn what_is_left_decides_the_exit_status() {
    let folder = Folder::new("left");
    let path = folder.file("rules.yaml", &RULES.replace("proc.name in", "proc.unheard_of in"));
    check(&["check", "--fix", &path], None, 1);
}

/// Falco's own rules have nothing that is safe to repair, and stay as they are.
#[test]
fn the_official_rules_stay() {
    let Some(folder) = shared("corpus/falco") else { return };
    let (out, _) = check(&["check", "--diff", folder.to_str().unwrap()], None, 0);
    assert_eq!(out, "");
}

#[test]
fn json_has_the_edits_of_structural_repairs() {
    let (out, _) = check(&["check", "--format", "json", "-"], Some(RULES), 0);
    let document: Value = serde_json::from_str(&out).unwrap();
    let all = document["diagnostics"].as_array().unwrap();
    let unknown = all.iter().find(|d| d["code"] == "LOAD_UNKNOWN_KEY").unwrap();
    let fix = &unknown["fixes"][0];
    assert_eq!(fix["title"], "remove `author`");
    assert_eq!(fix["safe"], false);
    assert_eq!(fix["edits"][0]["text"], "");
    assert_eq!(fix["edits"][0]["range"]["start"]["line"], 12);
}

const URI: &str = "file:///nowhere/fix_rules.yaml";

fn client(lazy: bool) -> Client {
    let resolve = if lazy { json!({"properties": ["edit"]}) } else { Value::Null };
    let capabilities = json!({
        "general": {"positionEncodings": ["utf-8"]},
        "workspace": {"workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}},
        "textDocument": {"codeAction": {"dataSupport": lazy, "resolveSupport": resolve}},
    });
    let mut client = Client::start(capabilities, None);
    client.open(URI, RULES);
    client
}

/// The actions at the place of a text.
fn actions(client: &mut Client, needle: &str, context: Value) -> Vec<Value> {
    let offset = RULES.find(needle).unwrap();
    let line = RULES[..offset].matches('\n').count();
    let character = offset - RULES[..offset].rfind('\n').map_or(0, |i| i + 1);
    let at = json!({"line": line, "character": character});
    let params = json!({"textDocument": {"uri": URI}, "range": {"start": at, "end": at}, "context": context});
    client.request("textDocument/codeAction", params).as_array().unwrap().clone()
}

/// The text with the edits of an action.
fn applied(action: &Value) -> String {
    let change = &action["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({"uri": URI, "version": 1}));
    let mut edits = change["edits"].as_array().unwrap().clone();
    let offset = |at: &Value| {
        let line = at["line"].as_u64().unwrap() as usize;
        let start: usize = RULES.split_inclusive('\n').take(line).map(str::len).sum();
        start + at["character"].as_u64().unwrap() as usize
    };
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(&edit["range"]["start"])));
    let mut text = RULES.to_owned();
    for edit in &edits {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        text.replace_range(range, edit["newText"].as_str().unwrap());
    }
    text
}

#[test]
fn code_actions_with_their_edits() {
    let mut client = client(false);
    let found = client.diagnostics(URI, 1);
    let deprecated: Vec<&Value> = found.iter().filter(|d| d["code"] == "LOAD_DEPRECATED_ITEM").collect();
    let all = actions(&mut client, "append: true", json!({"diagnostics": [deprecated[0]]}));
    let fix = all.iter().find(|a| a["title"] == "Replace with `override`").unwrap();
    assert_eq!((&fix["kind"], &fix["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(fix["diagnostics"], json!([deprecated[0]]));
    assert_eq!(applied(fix), RULES.replace("append: true", "override: {items: append}"));
    let all = actions(&mut client, "append: true", json!({"diagnostics": [], "only": ["source.fixAll"]}));
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(all[0]["kind"], "source.fixAll.falco-rs");
    assert_eq!(applied(&all[0]), safe());
    client.stop();
}

#[test]
fn code_actions_that_are_resolved() {
    let mut client = client(true);
    let all = actions(&mut client, "proc.name in", json!({"diagnostics": [], "only": ["refactor"]}));
    let extract = all.iter().find(|a| a["title"] == "Extract into macro `proc_name_in_shells`").unwrap();
    assert_eq!(extract["kind"], "refactor.extract");
    assert!(extract.get("edit").is_none(), "{extract}");
    assert!(all.iter().all(|a| a["kind"].as_str().unwrap().starts_with("refactor")), "{all:#?}");
    let resolved = client.request("codeAction/resolve", extract.clone());
    let text = applied(&resolved);
    assert!(
        text.contains("- macro: proc_name_in_shells\n  condition: proc.name in (shells)\n\n- rule: Shell\n"),
        "{text}"
    );
    // An action of a text that is no more there is refused.
    client.edit(URI, 2, (0, 0), (0, 0), "# new\n");
    let id = client.send_request("codeAction/resolve", extract.clone());
    assert_eq!(client.response(id)["error"]["code"], -32801);
    client.stop();
}

/// The edit that the server asks the client to apply.
fn asked(client: &mut Client, command: &str, alert: &str) -> Value {
    let arguments = json!([{"uri": URI, "alert": alert}]);
    client.request("workspace/executeCommand", json!({"command": command, "arguments": arguments}));
    let mut asked = client.server_request("workspace/applyEdit");
    asked["params"].take()
}

#[test]
fn commands_for_an_alert() {
    let alert =
        r#"{"rule": "Shell", "priority": "Notice", "output_fields": {"proc.name": "zsh", "evt.type": "execve"}}"#;
    let mut client = client(true);
    let edit = asked(&mut client, "falco-rs.exceptionFromAlert", alert);
    let text = applied(&edit);
    assert!(text.contains("      fields: [proc.name]\n      values:\n        - [zsh]\n"), "{text}");
    let edit = asked(&mut client, "falco-rs.testFromAlert", alert);
    let changes = &edit["edit"]["documentChanges"];
    assert_eq!(changes[0]["kind"], "create");
    assert_eq!(changes[0]["uri"], "file:///nowhere/fix_rules_test.yaml");
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(text.starts_with("rules: [fix_rules.yaml]\ntests:\n  - name: Shell as in an alert\n"), "{text}");
    let broken = json!({"command": "falco-rs.testFromAlert", "arguments": [{"uri": URI, "alert": "{}"}]});
    let id = client.send_request("workspace/executeCommand", broken);
    let error = client.response(id)["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("this is no alert"), "{error}");
    client.stop();
}
