//! The commands as scripts see them: output, exit status, errors.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::{repository, shared};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-rs"));
    command.args(args).current_dir(repository()).env("TZ", "UTC").env("FALCO_HOSTNAME", "host").env_remove("NO_COLOR");
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs and checks the exit status; gives both outputs.
pub fn check(args: &[&str], status: i32) -> (String, String) {
    let output = run(args);
    assert_eq!(output.status.code(), Some(status), "{args:?}\n{}\n{}", stdout(&output), stderr(&output));
    (stdout(&output), stderr(&output))
}

#[test]
fn check_of_the_official_files() {
    let Some(folder) = shared("corpus/falco") else { return };
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let names = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"].map(file);
    let [a, b, c] = names.each_ref().map(String::as_str);
    for paths in [vec![a], vec![a, b], vec![a, b, c]] {
        let mut args = vec!["check", "--format", "json"];
        args.extend(paths);
        let (out, _) = check(&args, 0);
        let document: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["summary"]["errors"], 0, "{out}");
    }
}

#[test]
fn check_shows_the_exact_words() {
    let (out, _) = check(&["check", "--color", "never", "testdata/broken/unknown_field.yaml"], 1);
    assert_eq!(
        out,
        "error[LOAD_ERR_COMPILE_CONDITION]: unknown field `proc.pnmae`
   ┌─ testdata/broken/unknown_field.yaml:10:5
   │
10 │     proc.pnmae = bash
   │     ^^^^^^^^^^
   │
   = help: did you mean `proc.pname`?

failed: 1 file: 1 error, 0 warnings, 0 lints
"
    );
}

#[test]
fn check_shows_only_the_part_of_a_long_line_that_matters() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("long_line.yaml");
    let names = vec!["name"; 100_000].join(", ");
    std::fs::write(
        &file,
        format!("- list: l\n  items: [{names}]\n- macro: m\n  condition: proc.nme in ({names}, é)\n"),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let (out, _) =
        check(&["check", "--color", "never", "--select", "LOAD_ERR_COMPILE_CONDITION,unchecked-macro", file], 0);
    assert!(out.len() < 1000, "{} bytes", out.len());
    assert!(out.contains("long_line.yaml:4:14\n  │   condition: proc.nme in (name, name"), "{out}");
    assert!(out.contains("\n  │              ^^^^^^^^\n  = help: did you mean `proc.name`?"), "{out}");
}

#[test]
fn check_tells_every_items_mistake() {
    let (out, _) = check(&["check", "--format", "json", "testdata/broken/many_items.yaml"], 1);
    let document: Value = serde_json::from_str(&out).unwrap();
    let text = std::fs::read_to_string(repository().join("testdata/broken/many_items.yaml")).unwrap();
    let words: Vec<String> = document["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["severity"] == "error")
        .map(|d| {
            let offset = |end: &str| d["range"][end]["offset"].as_u64().unwrap() as usize;
            text[offset("start")..offset("end")].to_owned()
        })
        .collect();
    assert_eq!(words, ["[", "", "file_is_secret", "contains", "SILLY", "fd.nane", "Missing output"]);
}

#[test]
fn check_reads_standard_input_and_selects_codes() {
    let mut child = command(&["check", "-", "--select", "LOAD_UNUSED_MACRO", "--deny", "warnings"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"- macro: m\n  condition: evt.type = open\n- list: l\n  items: []\n")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let out = stdout(&output);
    assert!(out.contains("<stdin>:1:10") && !out.contains("LOAD_UNUSED_LIST"), "{out}");
}

#[test]
fn malformed_input_ends_in_a_clear_message() {
    check(&["check", "testdata/broken/empty.yaml"], 0);
    let (out, _) = check(&["check", "testdata/broken/binary.yaml"], 1);
    assert!(out.contains("is not UTF-8 text: invalid byte at offset 8"), "{out}");
    let (out, _) = check(&["check", "testdata/broken/tabs.yaml"], 1);
    assert!(out.contains("a tab cannot be used for indentation"), "{out}");
    let (_, err) = check(&["check", "testdata/nothing.yaml"], 2);
    assert!(err.starts_with("error: cannot read `testdata/nothing.yaml`: no such file"), "{err}");
    let (_, err) = check(&["check", "testdata/captures"], 2);
    assert!(err.contains("no rules files in `testdata/captures`"), "{err}");
    let (_, err) = check(&["check"], 2);
    assert!(err.contains(".falco-rs.yaml"), "{err}");
    let (_, err) = check(&["check", "rules", "--engine-version", "new"], 2);
    assert!(err.contains("`new` is no engine version"), "{err}");
    check(&["check", "--nonsense"], 2);
    let (_, err) = check(&["read", "rules/base.yaml"], 2);
    assert!(err.contains("rules/base.yaml"), "{err}");
    let (_, err) = check(&["read", "testdata/captures/intrusion.scap", "proc.nmae = x"], 2);
    assert!(err.contains("^^^^^^^^^") && err.contains("did you mean `proc.name`?"), "{err}");
    let (_, err) = check(&["run", "-r", "testdata/broken/unknown_field.yaml", "--capture", "x"], 2);
    assert!(err.contains("proc.pnmae") && err.contains("the rules do not load: 1 error"), "{err}");
}

#[test]
fn a_truncated_capture_gives_its_events_and_then_an_error() {
    let whole = std::fs::read(repository().join("testdata/captures/intrusion.scap")).unwrap();
    let path = std::env::temp_dir().join(format!("falco-rs-truncated-{}.scap", std::process::id()));
    std::fs::write(&path, &whole[..whole.len() - 200]).unwrap();
    let (all, _) = check(&["read", "testdata/captures/intrusion.scap"], 0);
    let (some, err) = check(&["read", path.to_str().unwrap()], 2);
    assert!(!some.is_empty() && all.starts_with(&some) && some.len() < all.len());
    assert!(err.starts_with("error: cannot read"), "{err}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn our_rules_have_no_findings_and_pass_their_tests() {
    let (out, _) = check(&["check", "--deny", "warnings", "rules"], 0);
    assert!(out.ends_with("0 errors, 0 warnings, 0 lints\n"), "{out}");
    let (out, _) = check(&["test", "rules", "--coverage", "--threshold", "100", "--mutate", "-q"], 0);
    assert!(out.contains("all ") && out.contains("100.0%"), "{out}");
    let rules = std::fs::read_dir(repository().join("rules")).unwrap();
    let texts = rules.filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok());
    assert_eq!(texts.map(|text| text.matches("\n- rule: ").count()).sum::<usize>(), 31);
}

#[test]
fn a_broken_rule_fails_its_test_with_an_explanation() {
    let folder = std::env::temp_dir().join(format!("falco-rs-broken-rule-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(repository().join("rules")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    let rules = folder.join("credentials.yaml");
    let text = std::fs::read_to_string(&rules).unwrap();
    let broken = text.replace("and fd.name in (password_stores)", "and not fd.name in (password_stores)");
    assert_ne!(text, broken);
    std::fs::write(&rules, broken).unwrap();
    let test = folder.join("credentials_test.yaml");
    let (out, _) = check(&["test", test.to_str().unwrap(), "--filter", "cat of the shadow"], 1);
    assert!(out.contains("no alert of `Password store read`"), "{out}");
    assert!(out.contains("nearest is event 1, 1 comparison away") && out.contains("[is \"/etc/shadow\"]"), "{out}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn run_prints_alerts_alone_on_standard_output() {
    let args = ["run", "-r", "rules", "--capture", "testdata/captures/intrusion.scap"];
    let (text, err) = check(&args, 0);
    assert_eq!(text.lines().count(), 10, "{text}");
    assert!(text.starts_with("09:30:00.054000000: Warning Program started from a scratch folder"), "{text}");
    assert!(err.starts_with("Events detected: 10\nRule counts by severity:\n   CRITICAL: 2\n"), "{err}");

    let (json, _) = check(&[&args[..], &["--json", "-q"]].concat(), 0);
    for (line, alert) in text.lines().zip(json.lines()) {
        let alert: Value = serde_json::from_str(alert).unwrap();
        assert_eq!(alert["output"], line);
        assert_eq!(alert["hostname"], "host");
    }
    let (one, _) = check(&[&args[..], &["--rule", "Program started from memory"]].concat(), 0);
    assert_eq!(one.lines().count(), 1);
    let (_, err) = check(&[&args[..], &["--rule", "Nothing"]].concat(), 2);
    assert!(err.contains("no rule `Nothing` is loaded"), "{err}");
}

#[test]
fn run_takes_made_up_events() {
    let mut child = command(&["run", "-r", "rules", "--events", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let good = r#"{"evt.type": "execve", "evt.res": "SUCCESS", "proc.name": "x", "proc.exepath": "/tmp/x"}"#;
    let bad = r#"{"proc.nmae": "x"}"#;
    child.stdin.take().unwrap().write_all(format!("{good}\n\n{bad}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("path=/tmp/x"), "{}", stdout(&output));
    assert!(stderr(&output).contains("line 3") && stderr(&output).contains("proc.nmae"), "{}", stderr(&output));
}

#[test]
fn read_filters_and_formats() {
    let capture = "testdata/captures/intrusion.scap";
    let (out, _) = check(&["read", capture, "evt.type = connect", "-p", "%proc.name %fd.name"], 0);
    assert_eq!(out, "curl 192.0.2.10:50112->203.0.113.7:80\nkworker 192.0.2.10:50114->203.0.113.7:4444\n");
    let (out, _) = check(&["read", capture, "evt.type = procexit", "-p", "%proc.pid", "--json", "-n", "1"], 0);
    assert_eq!(out, "{\"proc.pid\":301}\n");
    // Without the leading `*` an event that lacks a value is left out.
    let (out, _) = check(&["read", capture, "evt.type = execve", "-p", "%fd.name"], 0);
    assert_eq!(out, "");
    let (out, _) = check(&["read", capture, "evt.type = execve", "-p", "*%fd.name", "-n", "1"], 0);
    assert_eq!(out, "<NA>\n");
}

#[test]
fn fields_of_the_catalogue() {
    let (out, _) = check(&["fields", "proc.aname"], 0);
    assert!(out.starts_with("proc.aname[") && out.contains("ancestor"), "{out}");
    let (out, _) = check(&["fields", "--format", "json", "--source", "k8s_audit", "ka.verb"], 0);
    let fields: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(fields[0]["name"], "ka.verb");
    let (_, err) = check(&["fields", "proc.nmae"], 1);
    assert!(err.contains("did you mean `proc.name`?"), "{err}");
    let (_, err) = check(&["fields", "--source", "nowhere"], 2);
    assert!(err.contains("unknown event source `nowhere`"), "{err}");
}

#[test]
fn alerts_on_a_live_recording_of_the_official_rules() {
    let (Some(rules), Some(capture)) = (shared("corpus/falco"), shared("expected/modern/workload.scap")) else {
        return;
    };
    let expected = shared("expected/alerts/official.workload.json").unwrap();
    let expected: Value = serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
    let mut args = vec!["run".to_owned(), "--json".into(), "--rule-matching".into(), "all".into()];
    for file in expected["rules"].as_array().unwrap() {
        args.extend(["-r".to_owned(), rules.join(file.as_str().unwrap()).to_str().unwrap().to_owned()]);
    }
    args.extend(["--capture".to_owned(), capture.to_str().unwrap().to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (out, _) = check(&args, 0);
    let alerts: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let wanted = expected["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), wanted.len(), "{out}");
    for (alert, wanted) in alerts.iter().zip(wanted) {
        for key in ["time", "rule", "priority"] {
            assert_eq!(alert[key], wanted[key]);
        }
    }
}

#[test]
fn the_demonstration_capture_is_what_the_code_makes() {
    let capture = repository().join("testdata/captures/intrusion.scap");
    assert!(Path::new(&capture).is_file());
    let (out, _) = check(&["read", capture.to_str().unwrap(), "-p", "%evt.num"], 0);
    assert_eq!(out.lines().count(), 43);
}

const UNFORMATTED: &str = "-  list: l\n   items: [a,b]  # kept\n";
const FORMATTED: &str = "- list: l\n  items: [a, b]  # kept\n";

#[test]
fn fmt_formats_in_place_or_tells() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fmt");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("a.yaml");
    std::fs::write(&file, UNFORMATTED).unwrap();
    let path = file.to_str().unwrap();

    let (out, _) = check(&["fmt", "--check", path], 1);
    assert_eq!(out, format!("{path}\n"));
    let (out, _) = check(&["fmt", "--diff", path], 1);
    assert!(out.contains("--- a/") && out.contains("-   items: [a,b]  # kept\n+- list: l\n"), "{out}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), UNFORMATTED);

    let (out, err) = check(&["fmt", folder.to_str().unwrap()], 0);
    assert_eq!((out, err.contains("1 file, 0 unchanged")), (format!("{path}\n"), true), "{err}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), FORMATTED);
    assert_eq!(check(&["fmt", "--check", "-q", path], 0), (String::new(), String::new()));
}

#[test]
fn fmt_leaves_what_is_no_yaml_and_goes_on() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fmt_broken");
    std::fs::create_dir_all(&folder).unwrap();
    let (broken, fine) = (folder.join("a.yaml"), folder.join("b.yaml"));
    std::fs::write(&broken, "- list: l\n  items: [a,\n- macro: \"m\n").unwrap();
    std::fs::write(&fine, UNFORMATTED).unwrap();
    let (_, err) = check(&["fmt", folder.to_str().unwrap()], 2);
    assert!(err.contains("a.yaml`: line ") && err.contains("1 of the files could not be formatted"), "{err}");
    assert_eq!(std::fs::read_to_string(&fine).unwrap(), FORMATTED);
    check(&["fmt", "no/such/file.yaml"], 2);
}

#[test]
fn fmt_of_standard_input_with_the_projects_style() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fmt_project");
    std::fs::create_dir_all(&folder).unwrap();
    let fmt = |style: &str| {
        std::fs::write(folder.join(".falco-rs.yaml"), style).unwrap();
        let mut child = command(&["fmt", "-"])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"- list: l\n  items: ['a',b]\n").unwrap();
        child.wait_with_output().unwrap()
    };
    let output = fmt("format: {quotes: double}\n");
    assert_eq!(stdout(&output), "- list: l\n  items: [\"a\", b]\n");
    assert_eq!(stderr(&output), "");
    let output = fmt("format: {quote: double}\n");
    assert_eq!(output.status.code(), Some(2));
    let err = stderr(&output);
    assert!(err.contains("line 1 column 10") && err.contains("`quote`") && err.contains("`quotes`"), "{err}");
}
