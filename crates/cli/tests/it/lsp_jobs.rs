//! Runs, explanations and rule tests through the language server.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::lsp_client::Client;
use crate::repository;

const RULES: &str = "- macro: opened
  condition: evt.type in (open, openat, openat2)

- rule: Secret read
  desc: d
  condition: opened and fd.name = /etc/nothing
  output: read %fd.name by %proc.name
  priority: WARNING
";

const TESTS: &str = "rules: [rules.yaml]
tests:
  - name: reads of the secret are told
    events: [{evt.type: openat, fd.name: /etc/shadow}, {evt.type: openat, fd.name: /etc/hosts}]
    expect: [{rule: Secret read}]
";

/// A workspace with a project file, and a server in which its rules are open.
struct Session {
    folder: PathBuf,
    client: Client,
    uri: String,
}

impl Session {
    fn new(name: &str, capture: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("falco-rs-jobs-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("rules.yaml"), RULES).unwrap();
        fs::write(folder.join("rules_test.yaml"), TESTS).unwrap();
        let project = format!("rules: [rules.yaml]\ncaptures: [{capture}]\n");
        fs::write(folder.join(".falco-rs.yaml"), project).unwrap();
        let root = format!("file://{}", folder.display());
        let uri = format!("{root}/rules.yaml");
        let mut client = Client::start(json!({"window": {"workDoneProgress": true}}), Some(&root));
        client.open(&uri, RULES);
        // The folder is read in the background; the lenses of captures say that the project file is known.
        let lenses = json!({"textDocument": {"uri": uri}});
        while !client.request("textDocument/codeLens", lenses.clone()).to_string().contains("run on") {}
        Self { folder, client, uri }
    }

    /// On the recording of an intrusion, with the rule changed in the editor only: now it is about a file that is read.
    fn edited(name: &str) -> Self {
        let capture = repository().join("testdata/captures/intrusion.scap").canonicalize().unwrap();
        let mut session = Self::new(name, &capture.display().to_string());
        let (line, start) = (5, RULES.lines().nth(5).unwrap().find("/etc/nothing").unwrap());
        session.client.edit(&session.uri, 2, (line, start), (line, start + "/etc/nothing".len()), "/etc/shadow");
        session
    }

    fn ask(&mut self, method: &str, more: Value) -> Value {
        let id = self.send(method, more);
        let mut response = self.client.response(id);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].take()
    }

    fn send(&mut self, method: &str, more: Value) -> i64 {
        let mut params = json!({"uri": self.uri});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.client.send_request(method, params)
    }

    fn end(self) {
        self.client.stop();
        fs::remove_dir_all(self.folder).unwrap();
    }
}

#[test]
fn a_rule_runs_as_it_stands_in_the_editor() {
    let mut session = Session::edited("run");
    let result = session.ask("falco-rs/run", json!({"rule": "Secret read"}));
    let rule = &result["rules"][0];
    assert_eq!((&rule["rule"], &rule["matched"]), (&"Secret read".into(), &1.into()), "{result}");
    assert_eq!(rule["alerts"][0]["output"], "read /etc/shadow by update");
    assert_eq!(rule["alerts"][0]["output_fields"]["fd.name"], "/etc/shadow");
    let failing = &rule["misses"][0]["failing"][0];
    assert_eq!((&failing["needs"], &failing["uri"]), (&"/etc/shadow".into(), &session.uri.clone().into()));
    assert_eq!(failing["range"]["start"], json!({"line": 5, "character": 24}));

    // The counts stand beside the comparisons, and follow the text.
    let hints = |session: &mut Session| {
        let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 20, "character": 0}});
        let hints = json!({"textDocument": {"uri": session.uri}, "range": range});
        let hints = session.client.request("textDocument/inlayHint", hints);
        let counts = |hint: &Value| {
            let label = hint["label"].as_str()?;
            label.starts_with('✓').then(|| (hint["position"]["line"].as_u64().unwrap(), label.to_owned()))
        };
        hints.as_array().unwrap().iter().filter_map(counts).collect::<Vec<_>>()
    };
    let [(1, opened), (5, name)] = &hints(&mut session)[..] else { panic!("{:?}", hints(&mut session)) };
    assert!(opened.ends_with(" ✗0") && name.starts_with("✓1 ✗"), "{opened} {name}");
    session.client.edit(&session.uri.clone(), 3, (0, 0), (0, 0), "# a line\n");
    let moved: Vec<u64> = hints(&mut session).into_iter().map(|(line, _)| line).collect();
    assert_eq!(moved, [2, 6]);

    let event = rule["alerts"][0]["event"].clone();
    let explained = session.ask("falco-rs/explain", json!({"rule": "Secret read", "event": event}));
    assert_eq!(explained["matches"], true);
    let text = explained["text"].as_str().unwrap();
    assert!(text.starts_with("Secret read\nevent ") && text.contains("✓ fd.name = /etc/shadow"), "{text}");
    let id = session.send("falco-rs/explain", json!({"rule": "Secret read", "event": 1_000_000}));
    let response = session.client.response(id);
    let message = response["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("there is no event 1000000"), "{response}");
    assert_eq!(explained["condition"]["children"][1]["written"]["range"]["start"]["line"], 6);
    let overview = session.ask("falco-rs/explain", json!({"rule": "Secret read", "nearest": 1}));
    assert_eq!((&overview["matched"], &overview["misses"][0]["distance"]), (&1.into(), &1.into()));

    let expanded = session.ask("falco-rs/expand", json!({"rule": "Secret read"}));
    assert_eq!(expanded["condition"], "(evt.type in (open, openat, openat2) and fd.name = /etc/shadow)");
    let tree = session.ask("falco-rs/syntaxTree", json!({}));
    assert!(tree.as_str().unwrap().contains("# a line"), "{tree}");
    let status = session.ask("falco-rs/status", json!({}));
    assert_eq!(status["loadSets"][0]["files"][0], session.uri.as_str());
    assert_eq!(status["loadSets"][0]["errors"], 0);
    session.end();
}

#[test]
fn rule_tests_run_on_unsaved_rules() {
    let mut session = Session::edited("tests");
    let found = session.ask("falco-rs/tests/discover", json!({}));
    let test = &found["files"][0]["tests"][0];
    assert_eq!(test["name"], "reads of the secret are told");
    assert_eq!(test["range"]["start"], json!({"line": 2, "character": 10}));
    let result = session.ask("falco-rs/tests/run", json!({}));
    assert_eq!(result["summary"], json!({"passed": 1, "failed": 0, "skipped": 0}), "{result}");
    assert_eq!(result["comparisons"], Value::Null);
    let result = session.ask("falco-rs/coverage", json!({"rule": "Secret read"}));
    let counts =
        |entry: &Value| (entry["text"].as_str().unwrap().to_owned(), entry["true"].clone(), entry["false"].clone());
    let counts: Vec<_> = result["comparisons"].as_array().unwrap().iter().map(counts).collect();
    assert_eq!(counts[0], ("evt.type in (open, openat, openat2)".to_owned(), 2.into(), 0.into()));
    assert_eq!(counts[1], ("fd.name = /etc/shadow".to_owned(), 1.into(), 1.into()));
    session.end();
}

/// A test of another rule, and one that names no rule.
const MORE: &str = "rules: [rules.yaml]
tests:
  - name: nothing is told of hosts
    events: [{evt.type: openat, fd.name: /etc/hosts}]
    expect: []
  - name: only another
    events: [{evt.type: openat, fd.name: /etc/other}]
    only: [Other read]
    expect: [{rule: Other read}]
";

#[test]
fn a_rule_has_its_tests_run_and_no_others() {
    let mut session = Session::edited("of-rule");
    let other = RULES.replace("Secret read", "Other read").replace("/etc/nothing", "/etc/other");
    fs::write(session.folder.join("rules.yaml"), format!("{RULES}{}", &other[other.find("- rule").unwrap()..]))
        .unwrap();
    let text = fs::read_to_string(session.folder.join("rules.yaml")).unwrap().replace("/etc/nothing", "/etc/shadow");
    let uri = session.uri.clone();
    session.client.notify(
        "textDocument/didChange",
        json!({
            "textDocument": {"uri": uri, "version": 3}, "contentChanges": [{"text": text}],
        }),
    );
    fs::write(session.folder.join("more_test.yaml"), MORE).unwrap();
    let mut names = |rule: &str| {
        let result = session.ask("falco-rs/tests/run", json!({"rule": rule}));
        let tests = result["files"].as_array().unwrap().iter().flat_map(|file| file["tests"].as_array().unwrap());
        let names = tests.map(|test| test["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(result["summary"]["passed"], names.len(), "{result}");
        names
    };
    assert_eq!(names("Secret read"), ["nothing is told of hosts", "reads of the secret are told"]);
    assert_eq!(names("Other read"), ["nothing is told of hosts", "only another"]);
    session.end();
}

#[test]
fn a_rule_test_is_explained_event_by_event() {
    let mut session = Session::edited("explain-test");
    let file = format!("{}_test.yaml", session.uri.trim_end_matches(".yaml"));
    let name = "reads of the secret are told";
    let result = session.ask("falco-rs/tests/explain", json!({"uri": file, "name": name}));
    let explanations = result["explanations"].as_array().unwrap();
    let matches: Vec<&Value> = explanations.iter().map(|each| &each["matches"]).collect();
    assert_eq!(matches, [&json!(true), &json!(false)], "{result}");
    let failing = &explanations[1]["condition"]["children"][1];
    assert_eq!(
        (&failing["value"], &failing["written"]["uri"]),
        (&"\"/etc/hosts\"".into(), &session.uri.clone().into())
    );
    assert!(explanations[1]["text"].as_str().unwrap().contains("needs /etc/shadow"), "{result}");
    let id = session.send("falco-rs/tests/explain", json!({"uri": file, "name": "no such"}));
    let response = session.client.response(id);
    assert!(response["error"]["message"].as_str().unwrap().starts_with("there is no test `no such`"), "{response}");
    session.end();
}

/// What a live run recorded can be explained while the session lasts; then nothing is left of it.
#[test]
fn recordings_of_the_kernel_go_with_the_session() {
    if !crate::live::works("recordings_of_the_kernel_go_with_the_session") {
        return;
    }
    let mut session = Session::edited("live");
    let live = json!({"rule": "Secret read", "live": true, "seconds": 1});
    let result = session.ask("falco-rs/run", live);
    let capture = PathBuf::from(result["capture"].as_str().unwrap());
    assert!(capture.exists() && result["events"].as_u64().unwrap() > 0, "{result}");
    let overview = session.ask("falco-rs/explain", json!({"rule": "Secret read", "capture": capture}));
    assert_eq!(overview["events"], result["events"]);

    // One that is cancelled leaves nothing, either.
    let id = session.send("falco-rs/run", json!({"live": true, "seconds": 60, "workDoneToken": "mine"}));
    let folder = capture.parent().unwrap().to_owned();
    let count = |folder: &PathBuf| fs::read_dir(folder).map_or(0, |entries| entries.count());
    let began = std::time::Instant::now();
    let wait = |what: &str, holds: &dyn Fn() -> bool| {
        while !holds() {
            assert!(began.elapsed().as_secs() < 60, "{what}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    wait("the second recording begins", &|| count(&folder) == 2);
    session.client.notify("$/cancelRequest", json!({"id": id}));
    assert_eq!(session.client.response(id)["error"]["code"], -32800);
    wait("the second recording is taken away", &|| count(&folder) == 1);
    session.end();
    wait("the folder is taken away", &|| !folder.exists());
}

#[test]
fn lenses_are_commands_that_work_anywhere() {
    let mut session = Session::edited("lenses");
    let lenses = session.client.request("textDocument/codeLens", json!({"textDocument": {"uri": session.uri}}));
    let lenses = lenses.as_array().unwrap().clone();
    let titles: Vec<&str> = lenses.iter().map(|lens| lens["command"]["title"].as_str().unwrap()).collect();
    assert_eq!(titles[..4], ["▶ run on intrusion.scap", "explain", "run tests", "coverage"]);
    assert_eq!(lenses[0]["range"]["start"], json!({"line": 3, "character": 8}));
    let result = session.client.request("workspace/executeCommand", lenses[0]["command"].clone());
    assert_eq!(result["rules"][0]["matched"], 1);
    let told = session.client.wait_for("window/showMessage");
    assert_eq!(told["params"]["message"], "`Secret read`: 1 matches on 43 events");
    session.end();
}

#[test]
fn what_cannot_be_done_is_an_error_of_that_request() {
    let mut session = Session::edited("errors");
    let id = session.send("falco-rs/run", json!({"rule": "Secret raed"}));
    let response = session.client.response(id);
    assert_eq!(
        (&response["error"]["code"], &response["error"]["message"]),
        (&(-32803).into(), &"no rule `Secret raed` is loaded".into())
    );
    let id = session.send("falco-rs/run", json!({"capture": "nothing.scap"}));
    let response = session.client.response(id);
    let damage = response["result"]["damage"].as_str().unwrap();
    assert!(damage.contains("nothing.scap"), "{response}");
    session.end();
}

/// A capture that nobody ever writes keeps a job waiting until it is cancelled; then its process is gone.
#[cfg(unix)]
#[test]
fn jobs_end_when_they_are_cancelled() {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut session = Session::edited("cancel");
    let pipe = session.folder.join("pipe.scap");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let nobody_reads = |pipe: &PathBuf| {
        let opened = fs::OpenOptions::new().write(true).custom_flags(0o4000).open(pipe);
        opened.is_err_and(|error| error.raw_os_error() == Some(6))
    };
    let job = json!({"capture": "pipe.scap", "workDoneToken": "mine"});
    for by_token in [false, true] {
        let id = session.send("falco-rs/run", job.clone());
        session.client.wait_for("$/progress");
        match by_token {
            false => session.client.notify("$/cancelRequest", json!({"id": id})),
            true => session.client.notify("window/workDoneProgress/cancel", json!({"token": "mine"})),
        }
        let response = session.client.response(id);
        assert_eq!(response["error"]["code"], -32800, "{response}");
        let began = std::time::Instant::now();
        while !nobody_reads(&pipe) {
            assert!(began.elapsed().as_secs() < 30, "the job lives on");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    session.end();
}
