//! Which files belong together: project file, Falco's configuration, several folders, unsaved and untitled documents, and the client's
//! settings.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::lsp_client::Client;

const MACRO: &str = "- macro: started\n  condition: evt.type in (execve, execveat)\n";
const RULE: &str = "- rule: R\n  desc: d\n  condition: started and proc.name = x\n  output: x\n  priority: INFO\n";

/// A folder of files that goes away.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
}

impl Folder {
    /// A fresh folder with these files.
    pub fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("falco-rs-it-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Self { path };
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    /// Writes a file of it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The address of a file of it.
    pub fn uri(&self, name: &str) -> String {
        let name = if name.is_empty() { String::new() } else { format!("/{name}") };
        format!("file://{}{name}", self.path.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The names of the files of the load set that has a file, in load order.
fn set_of(client: &mut Client, uri: &str) -> Vec<String> {
    let status = client.request("falco-rs/status", Value::Null);
    let sets = status["loadSets"].as_array().unwrap().clone();
    let names = |set: &Value| -> Vec<String> {
        set["files"].as_array().unwrap().iter().map(|uri| uri.as_str().unwrap().to_owned()).collect()
    };
    let found = sets.iter().map(names).find(|files| files.iter().any(|file| file == uri)).unwrap_or_default();
    found.iter().map(|file| file.rsplit('/').next().unwrap().to_owned()).collect()
}

/// Waits until the load set of a file has these files.
#[track_caller]
fn expect_set(client: &mut Client, uri: &str, names: &[&str]) {
    let mut found = Vec::new();
    for _ in 0..400 {
        found = set_of(client, uri);
        if found == names {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(found, names);
}

fn watched(client: &mut Client, uri: &str, kind: u8) {
    client.notify("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": kind}]}));
}

/// The messages of a document's next diagnostics.
fn messages(client: &mut Client, uri: &str) -> Vec<String> {
    loop {
        let told = client.wait_for("textDocument/publishDiagnostics");
        if told["params"]["uri"] == uri {
            let all = told["params"]["diagnostics"].as_array().unwrap().clone();
            return all.iter().map(|d| d["message"].as_str().unwrap().to_owned()).collect();
        }
    }
}

/// Waits until a document's diagnostics are so.
#[track_caller]
fn expect_messages(client: &mut Client, uri: &str, wanted: impl Fn(&[String]) -> bool) {
    while !wanted(&messages(client, uri)) {}
}

#[test]
fn falcos_configuration_gives_the_load_order() {
    let config = "rules_files:\n  - /etc/falco-rs-nowhere/z_rules.yaml\n  - /etc/falco-rs-nowhere/rules.d\nengine:\n  kind: modern_ebpf\n";
    let folder = Folder::new(
        "falco",
        &[
            ("falco.yaml", config),
            ("z_rules.yaml", MACRO),
            ("rules.d/b.yaml", RULE),
            ("rules.d/a.yaml", MACRO),
            ("other_rules.yaml", MACRO),
        ],
    );
    let (b, mut client) = (folder.uri("rules.d/b.yaml"), Client::start(json!({}), Some(&folder.uri(""))));
    expect_set(&mut client, &b, &["z_rules.yaml", "a.yaml", "b.yaml"]);
    // The configuration changes; then it is gone.
    folder.write("falco.yaml", "rules_files: [other_rules.yaml, rules.d/b.yaml]\n");
    watched(&mut client, &folder.uri("falco.yaml"), 2);
    expect_set(&mut client, &b, &["other_rules.yaml", "b.yaml"]);
    fs::remove_file(folder.path.join("falco.yaml")).unwrap();
    watched(&mut client, &folder.uri("falco.yaml"), 3);
    expect_set(&mut client, &b, &["other_rules.yaml", "z_rules.yaml", "a.yaml", "b.yaml"]);
    // A project file goes before it, and is followed when it is written.
    folder.write(".falco-rs.yaml", "rules: [rules.d]\n");
    watched(&mut client, &folder.uri(".falco-rs.yaml"), 1);
    expect_set(&mut client, &b, &["a.yaml", "b.yaml"]);
    client.stop();
}

#[test]
fn the_project_file_is_diagnosed_and_completed() {
    let text = "rulse: [a_rules.yaml]\ncaptures: [gone.scap]\nformat: {quotes: doubel}\n";
    let folder = Folder::new("project", &[(".falco-rs.yaml", text), ("a_rules.yaml", MACRO)]);
    let uri = folder.uri(".falco-rs.yaml");
    let mut client = Client::start(json!({}), Some(&folder.uri("")));
    // Before it is opened.
    expect_messages(&mut client, &uri, |all| all.len() == 3 && all[0].contains("did you mean `rules`?"));
    client.open(&uri, text);
    let found = client.diagnostics(&uri, 1);
    let range = |line: u32, from: u32, to: u32| json!({"start": {"line": line, "character": from}, "end": {"line": line, "character": to}});
    let ranges: Vec<&Value> = found.iter().map(|d| &d["range"]).collect();
    assert_eq!(ranges, [&range(0, 0, 5), &range(1, 11, 20), &range(2, 17, 23)]);
    assert_eq!(found[1]["severity"], 2);

    let context = json!({"diagnostics": [found[0]]});
    let params = json!({"textDocument": {"uri": uri}, "range": range(0, 2, 2), "context": context});
    let actions = client.request("textDocument/codeAction", params);
    let edit = &actions[0]["edit"]["changes"][&uri][0];
    assert_eq!((&edit["newText"], &edit["range"]), (&json!("rules"), &range(0, 0, 5)));
    assert_eq!(actions[0]["diagnostics"][0], found[0]);

    // The unsaved text counts.
    client.edit(&uri, 2, (0, 0), (0, 5), "rules");
    client.edit(&uri, 3, (1, 0), (2, 0), "");
    assert_eq!(client.diagnostics(&uri, 3).len(), 1);
    let at = |line: u32, character: u32| json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
    let hover = client.request("textDocument/hover", at(0, 1));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("load order"), "{hover}");
    client.edit(&uri, 4, (1, 17), (1, 23), "");
    let list = client.request("textDocument/completion", at(1, 17));
    let labels: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["label"]).collect();
    assert_eq!(labels, ["preserve", "double", "single"]);
    let links = client.request("textDocument/documentLink", json!({"textDocument": {"uri": uri}}));
    assert_eq!(links[0]["target"], folder.uri("a_rules.yaml"));
    // A question about rules has no answer here, and does no harm.
    assert_eq!(client.request("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}})), Value::Null);
    client.stop();
}

#[test]
fn one_mistake_in_the_project_file_leaves_the_rest() {
    let project = "rules: [b_rules.yaml]\nnonsense: 1\nlints: {duplicat-key: off}\n";
    let folder =
        Folder::new("lenient", &[(".falco-rs.yaml", project), ("a_rules.yaml", MACRO), ("b_rules.yaml", MACRO)]);
    let pulls = json!({"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}}});
    let mut client = Client::start(pulls, Some(&folder.uri("")));
    expect_set(&mut client, &folder.uri("b_rules.yaml"), &["b_rules.yaml"]);
    // A client that asks for diagnostics gets the same.
    let report = client.request("workspace/diagnostic", json!({"previousResultIds": []}));
    let uri = folder.uri(".falco-rs.yaml");
    let of_file = report["items"].as_array().unwrap().iter().find(|item| item["uri"] == uri).cloned().unwrap();
    assert_eq!(of_file["items"].as_array().unwrap().len(), 2, "{of_file}");
    client.open(&uri, project);
    let params = json!({"textDocument": {"uri": uri}, "previousResultId": of_file["resultId"]});
    assert_eq!(client.request("textDocument/diagnostic", params)["kind"], "unchanged");
    client.stop();
}

fn lenses(client: &mut Client, uri: &str) -> usize {
    client.request("textDocument/codeLens", json!({"textDocument": {"uri": uri}})).as_array().map_or(0, Vec::len)
}

fn hints(client: &mut Client, uri: &str) -> usize {
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let params = json!({"textDocument": {"uri": uri}, "range": range});
    client.request("textDocument/inlayHint", params).as_array().map_or(0, Vec::len)
}

/// Waits until something that depends on settings is so.
#[track_caller]
fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..400 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the settings did not come to count");
}

#[test]
fn settings_come_in_three_ways() {
    let settings = json!({"codeLens": {"enable": false}, "inlayHints": {"enable": false}, "captures": ["x.scap"]});
    let folder = Folder::new("settings", &[("a_rules.yaml", &format!("{MACRO}{RULE}"))]);
    let (root, uri) = (folder.uri(""), folder.uri("a_rules.yaml"));
    let folders = json!([{"uri": root, "name": "root"}]);
    // With the first message.
    let mut client = Client::launch();
    client.shake_hands(json!({"capabilities": {}, "workspaceFolders": folders, "initializationOptions": settings}));
    client.open(&uri, &format!("{MACRO}{RULE}"));
    assert_eq!((lenses(&mut client, &uri), hints(&mut client, &uri)), (0, 0));
    // Told later, under the section's name.
    client.notify("workspace/didChangeConfiguration", json!({"settings": {"falco-rs": {"captures": ["x.scap"]}}}));
    until(|| lenses(&mut client, &uri) > 2 && hints(&mut client, &uri) > 0);
    let all = client.request("textDocument/codeLens", json!({"textDocument": {"uri": uri}}));
    assert!(all.to_string().contains("run on x.scap"), "{all}");
    client.stop();
    // Asked for, at the beginning and when the client says that something has changed.
    let mut client = Client::launch();
    client.settings = settings;
    let can = json!({"workspace": {"configuration": true, "didChangeConfiguration": {"dynamicRegistration": true}}});
    client.shake_hands(json!({"capabilities": can, "workspaceFolders": folders}));
    client.open(&uri, &format!("{MACRO}{RULE}"));
    let asked = client.wait_for("workspace/configuration");
    assert_eq!(asked["params"]["items"][0]["section"], "falco-rs");
    until(|| lenses(&mut client, &uri) == 0);
    client.settings = json!({});
    client.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    until(|| lenses(&mut client, &uri) > 0);
    client.stop();
}

#[test]
fn wrong_settings_are_named_and_the_project_file_goes_first() {
    let too_new = "- required_engine_version: 0.55.0\n";
    let folder = Folder::new("wrong", &[("a_rules.yaml", too_new)]);
    let uri = folder.uri("a_rules.yaml");
    let mut client = Client::start(json!({}), Some(&folder.uri("")));
    client.open(&uri, too_new);
    client.notify("workspace/didChangeConfiguration", json!({"settings": {"engineVersion": "0.40.0", "codeLens": 7}}));
    let shown = client.wait_for("window/showMessage");
    assert_eq!(shown["params"]["type"], 2);
    assert!(shown["params"]["message"].as_str().unwrap().contains("`falco-rs.codeLens`"), "{shown}");
    // The rest applies.
    expect_messages(&mut client, &uri, |all| !all.is_empty());
    folder.write(".falco-rs.yaml", "engine_version: 0.60.0\n");
    watched(&mut client, &folder.uri(".falco-rs.yaml"), 1);
    expect_messages(&mut client, &uri, <[String]>::is_empty);
    client.stop();
}

#[test]
fn several_folders_come_and_go() {
    let one = Folder::new("root-1", &[("a_rules.yaml", MACRO), ("b_rules.yaml", RULE)]);
    let two = Folder::new("root-2", &[("c_rules.yaml", RULE)]);
    let mut client = Client::start(json!({}), Some(&one.uri("")));
    let (b, c) = (one.uri("b_rules.yaml"), two.uri("c_rules.yaml"));
    expect_set(&mut client, &b, &["a_rules.yaml", "b_rules.yaml"]);
    let change = |client: &mut Client, added: Value, removed: Value| {
        let event = json!({"added": added, "removed": removed});
        client.notify("workspace/didChangeWorkspaceFolders", json!({"event": event}));
    };
    let of = |folder: &Folder| json!([{"uri": folder.uri(""), "name": "x"}]);
    change(&mut client, of(&two), json!([]));
    // Each folder is a set of its own: there the macro is unknown.
    expect_set(&mut client, &c, &["c_rules.yaml"]);
    expect_messages(&mut client, &c, |all| all.iter().any(|message| message.contains("started")));
    // Added once more, nothing is there twice.
    change(&mut client, of(&two), json!([]));
    change(&mut client, json!([]), of(&two));
    expect_set(&mut client, &c, &[]);
    expect_messages(&mut client, &c, <[String]>::is_empty);
    // An open document of a folder that was removed has its neighbours.
    change(&mut client, json!([]), of(&one));
    client.open(&b, RULE);
    expect_set(&mut client, &b, &["a_rules.yaml", "b_rules.yaml"]);
    client.stop();
}

#[test]
fn files_come_change_and_go_on_disk() {
    let folder = Folder::new("watched", &[("b_rules.yaml", RULE)]);
    let mut client = Client::start(
        json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}}),
        Some(&folder.uri("")),
    );
    let asked = client.wait_for("client/registerCapability");
    assert_eq!(asked["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    let (a, b) = (folder.uri("a_rules.yaml"), folder.uri("b_rules.yaml"));
    expect_messages(&mut client, &b, |all| !all.is_empty());
    folder.write("a_rules.yaml", MACRO);
    watched(&mut client, &a, 1);
    expect_messages(&mut client, &b, <[String]>::is_empty);
    folder.write("a_rules.yaml", &MACRO.replace("started", "begun"));
    watched(&mut client, &a, 2);
    expect_messages(&mut client, &b, |all| !all.is_empty());
    // An unsaved text goes before the one on disk, until it is closed.
    client.open(&a, MACRO);
    expect_messages(&mut client, &b, <[String]>::is_empty);
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": a}}));
    expect_messages(&mut client, &b, |all| !all.is_empty());
    fs::remove_file(folder.path.join("b_rules.yaml")).unwrap();
    watched(&mut client, &b, 3);
    expect_messages(&mut client, &b, <[String]>::is_empty);
    client.stop();
}

#[test]
fn untitled_documents_stand_alone() {
    let mut client = Client::start(json!({}), None);
    let text = format!("{MACRO}{RULE}");
    for uri in ["untitled:Untitled-1", "untitled:Untitled-2"] {
        let document = json!({"uri": uri, "languageId": "falco-rules", "version": 1, "text": text});
        client.notify("textDocument/didOpen", json!({"textDocument": document}));
        assert_eq!(client.diagnostics(uri, 1), [] as [Value; 0]);
        let at = json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 14}});
        let place = client.request("textDocument/definition", at);
        assert_eq!(place[0]["uri"], uri, "{place}");
    }
    client.edit("untitled:Untitled-1", 2, (0, 9), (0, 16), "begun");
    assert_ne!(client.diagnostics("untitled:Untitled-1", 2), [] as [Value; 0]);
    client.stop();
}

#[test]
fn findings_have_pages_and_are_found_again() {
    let can = json!({"textDocument": {"publishDiagnostics": {"codeDescriptionSupport": true, "dataSupport": true}}});
    let mut client = Client::start(can, None);
    let uri = "file:///nowhere/pages_rules.yaml";
    client.open(uri, "- macro: m\n  condition: evt.type = open and proc.nmae = x\n");
    let found = client.diagnostics(uri, 1);
    let wrong = found.iter().find(|d| d["message"].as_str().unwrap().contains("proc.nmae")).unwrap();
    let page = wrong["codeDescription"]["href"].as_str().unwrap().strip_prefix("file://").unwrap();
    let heading = format!("# {}\n", wrong["code"].as_str().unwrap());
    assert!(fs::read_to_string(page).unwrap().starts_with(&heading), "{page}");
    // A client that has moved it on the screen still gets it back with its repair.
    let mut moved = wrong.clone();
    moved["range"]["start"]["character"] = json!(0);
    let params = json!({
        "textDocument": {"uri": uri}, "range": wrong["range"], "context": {"diagnostics": [moved], "only": ["quickfix"]},
    });
    let actions = client.request("textDocument/codeAction", params);
    assert_eq!(actions[0]["diagnostics"][0], moved, "{actions}");
    client.stop();
}
