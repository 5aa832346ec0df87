//! Each form on one report.

use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::SourceFile;

use super::*;
use crate::command::NoCommands;
use crate::run::{Counted, RunOptions, run_file_with};
use crate::texts::Texts;

const RULES: &str = "- macro: shell
  condition: proc.name in (bash, zsh)
- rule: <R>
  desc: d
  condition: >
    evt.type = execve and shell
    and user.name != root
  output: x
  priority: INFO
- rule: Untested
  desc: d
  condition: evt.type = open and
    fd.name = a
  output: x
  priority: INFO
";

fn report() -> (CoverageReport, Vec<SourceFile>) {
    let mut texts = Texts::default();
    texts.insert(Path::new("/nowhere/r.yaml"), RULES);
    let test = "rules: [r.yaml]
defaults: {proc.name: bash, user.name: ada}
tests:
  - name: t
    events: [{evt.type: execve}, {evt.type: close}, {evt.type: execve, user.name: root}]
    expect: [{rule: <R>}]
";
    texts.insert(Path::new("/nowhere/r_test.yaml"), test);
    let options = RunOptions { texts, coverage: Counted::All, ..RunOptions::default() };
    let report = run_file_with(Path::new("/nowhere/r_test.yaml"), &Arc::new(Catalog::builtin()), &options, &NoCommands);
    assert!(report.passed(), "{report:?}");
    (report.coverage, report.rules)
}

#[test]
fn points_add_up() {
    let (report, _) = report();
    let lacks: Vec<(String, Vec<&str>, Level)> = report
        .comparisons()
        .map(|c| (c.text.clone(), c.lacks().iter().map(|p| p.lack()).collect(), c.level()))
        .collect();
    let lack = |text: &str, lacks: &[&'static str], level| (text.to_owned(), lacks.to_vec(), level);
    assert_eq!(
        lacks,
        [
            lack("proc.name in (bash, zsh)", &["never false"], Level::Some),
            lack("evt.type = execve", &[], Level::Full),
            lack("user.name != root", &[], Level::Full),
            lack("evt.type = open", &["never true", "never decisive"], Level::Some),
            lack("fd.name = a", &["never true", "never decisive"], Level::Some),
        ]
    );
    assert_eq!(report.share(), Share { seen: 10, of: 15 });
    let owners: Vec<(String, usize)> = report.owners().into_iter().map(|(_, name, s)| (name, s.seen)).collect();
    assert_eq!(owners, [("macro shell".into(), 2), ("rule <R>".into(), 6), ("rule Untested".into(), 2)]);
}

#[test]
fn lcov_has_real_lines() {
    let (report, files) = report();
    let text = lcov::document(&report, &files);
    let all: Vec<&str> = text.lines().collect();
    assert_eq!(&all[..5], ["TN:", "SF:/nowhere/r.yaml", "BRDA:2,0,0,3", "BRDA:2,0,1,0", "BRDA:2,0,2,1"]);
    let lines: Vec<&&str> = all.iter().filter(|l| l.starts_with("DA:")).collect();
    assert_eq!(lines, [&"DA:2,3", &"DA:6,3", &"DA:7,3", &"DA:12,3", &"DA:13,3"]);
    assert!(text.contains("BRF:15\nBRH:10\n") && text.ends_with("LF:5\nLH:5\nend_of_record\n"), "{text}");
}

#[test]
fn the_page_marks_every_comparison_and_escapes_texts() {
    let (report, files) = report();
    let page = html::document(&report, &files);
    assert_eq!(page.matches("<mark class=\"full\" tabindex").count(), 2, "{page}");
    assert_eq!(page.matches("<mark class=\"some\" tabindex").count(), 3, "{page}");
    assert!(page.contains("rule &lt;R&gt;") && !page.contains("<R>"));
    assert!(page.contains(">proc.name in (bash, zsh)<sup aria-label=") && page.contains(">−F</sup></mark>"), "{page}");
    for outside in ["http:", "https:", "<script", "<link", "<img"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Every line of the file is there.
    assert_eq!(page.matches("class=\"line\"").count(), RULES.lines().count());
    for (open, close) in [("<mark", "</mark>"), ("<span", "</span>"), ("<section", "</section>"), ("<sup", "</sup>")] {
        assert_eq!(page.matches(open).count(), page.matches(close).count(), "{open}");
    }
}

#[test]
fn json_has_places() {
    let (report, files) = report();
    let document = json::document(&report, &files);
    assert_eq!(document["points"]["seen"], 10);
    let last = &document["comparisons"][4];
    assert_eq!((last["line"].as_u64(), last["column"].as_u64(), last["false"].as_u64()), (Some(13), Some(5), Some(0)));
    assert_eq!(last["no_value"], 3);
}
