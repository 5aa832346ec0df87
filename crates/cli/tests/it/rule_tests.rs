//! `test` with all its options, as scripts see it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::commands::check;

const RULES: &str = "- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (bash, zsh)
  output: x %proc.name
  priority: INFO
";

const TESTS: &str = "rules: [r.yaml]
defaults: {evt.type: execve}
tests:
  - name: one
    events: [{proc.name: bash}]
    expect: [{rule: Shell}]
  - name: two
    events: [{proc.name: ls}]
    expect: []
";

/// A folder that goes with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("falco-rs-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("r.yaml", RULES);
        folder.write("a_test.yaml", TESTS);
        folder.write("b_test.yaml", TESTS);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn jobs_patterns_lists_and_orders() {
    let folder = Folder::new("test-order");
    let all = folder.path("");
    let (one, _) = check(&["test", &all, "--jobs", "1"], 0);
    let (four, _) = check(&["test", &all, "--jobs", "4"], 0);
    assert_eq!(one, four);
    assert!(one.ends_with("4 passed, 0 failed\n"), "{one}");
    let (out, _) = check(&["test", &folder.path("b*_test.yaml")], 0);
    assert!(out.ends_with("2 passed, 0 failed\n"), "{out}");
    let (out, _) = check(&["test", &all, "--list", "--filter", "two"], 0);
    assert_eq!(out, format!("{}: two\n{}: two\n", folder.path("a_test.yaml"), folder.path("b_test.yaml")));
    let (first, err) = check(&["test", &all, "--shuffle=7"], 0);
    assert_eq!(err, "shuffled: --shuffle=7\n");
    assert_eq!(first, check(&["test", &all, "--shuffle=7", "--jobs", "1"], 0).0);
    let (_, err) = check(&["test", &all, "--shuffle"], 0);
    let again = err.trim().strip_prefix("shuffled: ").unwrap().to_owned();
    check(&["test", &all, &again], 0);
    check(&["test", &all, "--shuffle=x"], 2);
    check(&["test", &folder.path("z*_test.yaml")], 2);
}

#[test]
fn fail_fast_ends_after_the_first_failure() {
    let folder = Folder::new("test-fast");
    folder.write("a_test.yaml", &TESTS.replace("proc.name: bash", "proc.name: ls"));
    let (out, _) = check(&["test", &folder.path("")], 1);
    assert!(out.ends_with("3 passed, 1 failed\n"), "{out}");
    let (out, _) = check(&["test", &folder.path(""), "--fail-fast"], 1);
    assert!(out.ends_with("0 passed, 1 failed\n"), "{out}");
}

#[test]
fn formats_for_machines() {
    let folder = Folder::new("test-formats");
    folder.write("a_test.yaml", &TESTS.replace("proc.name: bash", "proc.name: ls"));
    let with = |format: &str| check(&["test", &folder.path(""), "--format", format], 1).0;
    let json: Value = serde_json::from_str(&with("json")).unwrap();
    assert_eq!(json["summary"]["failed"], 1);
    let junit = with("junit");
    assert!(
        junit.contains("<testsuites name=\"falco-rs\" tests=\"4\" skipped=\"0\" failures=\"1\" errors=\"0\">"),
        "{junit}"
    );
    assert!(with("tap").ends_with("1..4\n"));
    assert_eq!(with("github").lines().count(), 1);
}

#[test]
fn since_runs_what_a_change_concerns() {
    let folder = Folder::new("test-since");
    folder.write("b_test.yaml", &TESTS.replace("r.yaml", "other.yaml"));
    folder.write("other.yaml", RULES);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).current_dir(&folder.0);
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    let test = |commit: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_falco-rs"));
        let output = command.args(["test", "--since", commit]).current_dir(&folder.0).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    let (status, out, err) = test("HEAD");
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (Some(0), "", "nothing that a test depends on changed since `HEAD`\n")
    );
    folder.write("other.yaml", &RULES.replace("zsh", "ksh"));
    let (status, out, _) = test("HEAD");
    assert_eq!(status, Some(0));
    assert!(out.contains("b_test.yaml") && !out.contains("a_test.yaml"), "{out}");
    folder.write("c_test.yaml", TESTS);
    assert!(test("HEAD").1.contains("c_test.yaml"));
    let (status, _, err) = test("nowhere");
    assert_eq!((status, err.as_str()), (Some(2), "error: git knows no commit `nowhere`\n"));
    assert_eq!(test("--output=x").0, Some(2));
}

#[test]
fn the_schema_is_printed() {
    let schema: Value = serde_json::from_str(&check(&["schema", "test"], 0).0).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["rules", "tests"]));
}

#[test]
fn coverage_has_a_threshold_and_four_forms() {
    let folder = Folder::new("test-coverage");
    let all = folder.path("");
    let (out, err) = check(&["test", &all, "--coverage", "--threshold", "90"], 1);
    assert!(out.contains("never false: `evt.type = execve`") && out.contains("r.yaml:3:14"), "{out}");
    assert!(out.ends_with("all          83.3%  5 of 6\n"), "{out}");
    assert_eq!(err, "failed: coverage is 83.3%, less than 90%\n");
    check(&["test", &all, "--coverage", "--threshold", "80"], 0);
    let file = folder.path("out");
    for (format, sign) in
        [("json", "\"version\": 1"), ("lcov", "end_of_record"), ("html", "<!doctype html>"), ("text", "rule Shell")]
    {
        check(&["test", &all, "--coverage", "--coverage-format", format, "--coverage-output", &file], 0);
        assert!(std::fs::read_to_string(&file).unwrap().contains(sign), "{format}");
    }
    check(&["test", &all, "--coverage", "--format", "json"], 2);
}

#[test]
fn mutation_lists_what_no_test_notices() {
    let folder = Folder::new("test-mutate");
    let all = folder.path("");
    let (out, _) = check(&["test", &all, "--mutate"], 1);
    assert!(out.contains("no test notices: `proc.name in (bash, zsh)` without `zsh`"), "{out}");
    assert!(out.contains("r.yaml:3:36"), "{out}");
    assert!(out.contains("help: a test with this event would: {evt.type: \"execve\", proc.name: \"zsh\"}"), "{out}");
    let (out, _) = check(&["test", &all, "--mutate", "--format", "json"], 1);
    let json: Value = serde_json::from_str(&out).unwrap();
    let survivors = json["survivors"].as_array().unwrap().len() as u64;
    assert_eq!(json["tried"].as_u64().unwrap(), json["noticed"].as_u64().unwrap() + survivors);
    let better = TESTS
        .replace("[{proc.name: bash}]", "[{proc.name: bash}, {proc.name: zsh}]")
        .replace("[{rule: Shell}]", "[{rule: Shell, count: 2}]")
        .replace("[{proc.name: ls}]", "[{proc.name: ls}, {evt.type: clone, proc.name: bash}]");
    folder.write("b_test.yaml", &better);
    let (out, _) = check(&["test", &all, "--mutate", "--coverage", "--rule", "Shell"], 0);
    assert!(out.contains(" 0 not, 0 argued; "), "{out}");
    check(&["test", &all, "--mutate", "--rule", "Shel"], 2);
    folder.write("a_test.yaml", &TESTS.replace("proc.name: bash", "proc.name: ls"));
    check(&["test", &all, "--mutate"], 1);
}

#[test]
fn update_rewrites_what_captures_raise() {
    let folder = Folder::new("test-update");
    std::fs::remove_file(Path::new(&folder.path("b_test.yaml"))).unwrap();
    let capture = crate::repository().join("testdata/captures/intrusion.scap");
    let capture = std::fs::canonicalize(capture).unwrap().display().to_string();
    folder.write("r.yaml", &RULES.replace("bash", "sh"));
    let test = format!("rules: [r.yaml]\ntests:\n  - name: t # kept\n    capture: {capture}\n    expect: [] # why\n");
    folder.write("a_test.yaml", &test);
    check(&["test", &folder.path("")], 1);
    let (out, _) = check(&["test", &folder.path(""), "--update"], 0);
    assert!(out.ends_with("1 updated, 0 left as they are\n"), "{out}");
    check(&["test", &folder.path("")], 0);
    let text = std::fs::read_to_string(folder.path("a_test.yaml")).unwrap();
    assert!(text.contains("t # kept") && text.contains("# why") && text.contains("- rule: Shell"), "{text}");
    assert!(check(&["test", &folder.path(""), "--update"], 0).0.ends_with("0 updated, 0 left as they are\n"));
}

#[test]
fn watch_runs_what_a_change_concerns() {
    use std::io::{BufRead, BufReader};
    let folder = Folder::new("test-watch");
    folder.write("other.yaml", RULES);
    folder.write("b_test.yaml", &TESTS.replace("r.yaml", "other.yaml"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-rs"));
    command.args(["test", "--watch", "--color", "never"]).current_dir(&folder.0).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut until_watching = || {
        let mut seen = Vec::new();
        for line in lines.by_ref() {
            let done = line.ends_with("; watching");
            seen.push(line);
            if done {
                break;
            }
        }
        seen.join("\n")
    };
    let first = until_watching();
    assert!(first.contains("ran 2 of 2 test files in "), "{first}");
    folder.write("other.yaml", &RULES.replace("bash", "ash"));
    let second = until_watching();
    assert!(second.contains("ran 1 of 2 test files in ") && second.contains("1 passed, 1 failed"), "{second}");
    assert!(!second.contains("a_test.yaml"), "{second}");
    folder.write("c_test.yaml", TESTS);
    let third = until_watching();
    assert!(third.contains("ran 1 of 3 test files in ") && third.contains("c_test.yaml"), "{third}");
    child.kill().unwrap();
    child.wait().unwrap();
}
