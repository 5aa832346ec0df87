//! Rule tests of commands: those that are recorded once, and those that run anew each time.

use crate::commands::check;
use crate::live::{COMMAND, Folder, binary, clean, works};

#[test]
fn a_command_becomes_a_test() {
    if !works("a_command_becomes_a_test") {
        return;
    }
    let folder = Folder::new("recordtest");
    let (rules, test) = (folder.path("rules.yaml"), folder.path("rules_test.yaml"));
    let record = |name: &str, command: &[&str]| {
        binary().args(["record", "--test", name, "-r", &rules, "--"]).args(command).output().unwrap()
    };
    let shown = clean(&record("cat of the shadow file", &COMMAND));
    assert_eq!(shown.lines().count(), 3, "{shown}");
    let written = std::fs::read_to_string(&test).unwrap();
    assert!(written.contains("rules: [rules.yaml]") && written.contains("fd.name: /etc/shadow\n"), "{written}");
    let (out, _) = check(&["test", &test], 0);
    assert!(out.contains("ok cat of the shadow file") && out.contains("1 passed, 0 failed"), "{out}");
    let capture = folder.path("captures/cat-of-the-shadow-file.scap");
    let (events, _) = check(&["read", &capture], 0);
    assert!(events.lines().count() < 30, "{events}");

    // What is written by hand stays, and a second test goes below it.
    std::fs::write(&test, format!("# mine\n{written}")).unwrap();
    let shown = clean(&record("nothing", &["cat", "/etc/hostname"]));
    assert_eq!(shown, "");
    let both = std::fs::read_to_string(&test).unwrap();
    assert!(both.starts_with(&format!("# mine\n{written}")) && both.contains("expect: []"), "{both}");
    let (out, _) = check(&["test", &test], 0);
    assert!(out.contains("2 passed, 0 failed"), "{out}");

    // The tests can fail: a rule that no longer matches is noticed.
    let text = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, text.replace("fd.name=/etc/shadow", "fd.name=/etc/gshadow")).unwrap();
    let (out, _) = check(&["test", &test], 1);
    assert!(out.contains("no alert of `Read shadow`"), "{out}");
    // And one that is loose enough to match the quiet command.
    std::fs::write(&rules, text.replace("fd.name=/etc/shadow", "fd.name startswith /etc")).unwrap();
    let (out, _) = check(&["test", &test, "--filter", "nothing"], 1);
    assert!(out.contains("unexpected alert of `Read shadow`"), "{out}");

    std::fs::write(&rules, text).unwrap();
    let again = record("nothing", &["cat", "/etc/hostname"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("there is a test `nothing` already"));
    assert_eq!(std::fs::read_to_string(&test).unwrap(), both);
    assert_eq!(std::fs::read_dir(folder.path("captures")).unwrap().count(), 2, "no capture is left over");
}

#[test]
fn commands_of_tests_run_or_are_skipped() {
    let folder = Folder::new("commandtest");
    let test = folder.path("live_test.yaml");
    let text = "rules: [rules.yaml]
tests:
  - name: reads
    command: [cat, /etc/shadow]
    only: [Read shadow]
    expect: [{rule: Read shadow, fields: {proc.name: cat}}]
  - name: reads nothing
    command: 'cat rules.yaml > /dev/null'
    only: [Read shadow]
    expect: []
";
    std::fs::write(&test, text).unwrap();
    if !works("commands_of_tests_run_or_are_skipped") {
        let (out, _) = check(&["test", &test], 0);
        assert!(out.contains("skipped reads") && out.contains("0 passed, 0 failed, 2 skipped"), "{out}");
        return;
    }
    let (out, _) = check(&["test", &test], 0);
    assert!(out.contains("2 passed, 0 failed"), "{out}");
    std::fs::write(&test, text.replace("[cat, /etc/shadow]", "[cat, /etc/hostname]")).unwrap();
    let (out, _) = check(&["test", &test], 1);
    assert!(out.contains("no alert of `Read shadow`"), "{out}");
    std::fs::write(&test, text.replace("[cat, /etc/shadow]", "[/nowhere/cat]")).unwrap();
    let (out, _) = check(&["test", &test], 1);
    assert!(out.contains("/nowhere/cat") && out.contains("1 passed, 1 failed"), "{out}");
}
