//! Each format on the same reports.

use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;

use super::*;
use crate::command::NoCommands;
use crate::run::{RunOptions, run_file_with};
use crate::texts::Texts;

const RULES: &str = "- rule: R
  desc: d
  condition: evt.type = execve and proc.name = bash
  output: x %proc.name
  priority: INFO
";

const TESTS: &str = "rules: [r.yaml]
tests:
  - name: good <one>
    events: [{evt.type: execve, proc.name: bash}]
    expect: [{rule: R}]
  - name: 'bad # one'
    events: [{evt.type: execve, proc.name: zsh}]
    expect: [{rule: R}]
  - name: live
    command: [ls]
    expect: []
  - name: no such capture
    capture: nothing.scap
    expect: []
";

fn reports() -> Vec<FileReport> {
    let mut texts = Texts::default();
    texts.insert(Path::new("/nowhere/r.yaml"), RULES);
    texts.insert(Path::new("/nowhere/a_test.yaml"), TESTS);
    texts.insert(Path::new("/nowhere/b_test.yaml"), "rules: [r.yaml]\ntest: []\n");
    let options = RunOptions { texts, ..RunOptions::default() };
    let run = |name: &str| {
        run_file_with(&Path::new("/nowhere").join(name), &Arc::new(Catalog::builtin()), &options, &NoCommands)
    };
    vec![run("a_test.yaml"), run("b_test.yaml")]
}

#[test]
fn tap_numbers_and_explains() {
    let text = tap::document(&reports());
    assert!(text.starts_with("TAP version 14\nok 1 - /nowhere/a_test.yaml: good <one>\nnot ok 2 - /nowhere/a_test.yaml: bad \\# one\n  ---\n  message: \"no alert of `R`\"\n"), "{text}");
    assert!(text.contains("\nok 3 - /nowhere/a_test.yaml: live # SKIP commands are not run here\n"), "{text}");
    assert!(text.contains("\n  line: 6\n  details: |\n    no alert of `R`\n"), "{text}");
    let points = text.lines().filter(|l| l.starts_with("ok ") || l.starts_with("not ok ")).count();
    assert!(text.ends_with(&format!("\n1..{points}\n")), "{text}");
    assert_eq!(text.matches("\n  ---\n").count(), text.matches("\n  ...\n").count());
}

#[test]
fn junit_has_a_suite_for_each_file() {
    let text = junit::document(&reports()).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let [a, b] = report.test_suites.as_slice() else { panic!("{text}") };
    let counts = |suite: &quick_junit::TestSuite| (suite.tests, suite.failures, suite.errors);
    assert_eq!(counts(a), (4, 1, 1));
    // An unknown key, and so no tests.
    assert_eq!(counts(b), (2, 0, 2));
    assert_eq!(a.test_cases[0].name.as_str(), "good <one>");
    assert!(text.contains("&lt;one&gt;") && text.contains("line=\"6\""), "{text}");
}

#[test]
fn github_points_at_lines() {
    let all = reports();
    let text = github::document(&all[0]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with("::error file=/nowhere/a_test.yaml,line=8,title=bad # one::no alert of `R`%0Anearest"),
        "{text}"
    );
    assert_eq!(
        lines[1],
        "::notice file=/nowhere/a_test.yaml,line=9,title=live::skipped%3A commands are not run here"
            .replace("%3A", ":")
    );
    assert!(
        lines[2].starts_with("::error file=/nowhere/a_test.yaml,line=13,title=no such capture::capture "),
        "{text}"
    );
    assert!(github::document(&all[1]).contains("did you mean `tests`?"));
}

#[test]
fn json_tells_everything() {
    let document = json::document(&reports()[0]);
    assert_eq!(document["tests"][1]["failures"][0]["message"], "no alert of `R`");
    assert_eq!(document["tests"][2]["skipped"], "commands are not run here");
    assert_eq!(document["tests"][0]["passed"], true);
}
