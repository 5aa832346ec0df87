//! `check --format` for the machines: what each service reads is there, and says the same as our own document.

use std::collections::HashSet;

use serde_json::Value;
use serde_sarif::sarif::{ResultLevel, Sarif};

use crate::commands::check;

const FILES: [&str; 3] = ["testdata/broken/many_items.yaml", "testdata/broken/binary.yaml", "rules/base.yaml"];

fn output(format: &str) -> String {
    check(&[&["check", "--format", format], &FILES[..]].concat(), 1).0
}

fn json(format: &str) -> Value {
    serde_json::from_str(&output(format)).unwrap()
}

#[test]
fn sarif_says_what_our_document_says() {
    let ours = json("json");
    let ours = ours["diagnostics"].as_array().unwrap();
    let text = output("sarif");
    let sarif: Sarif = serde_json::from_str(&text).unwrap();
    let [run] = &sarif.runs[..] else { panic!("one run") };
    let results = run.results.as_ref().unwrap();
    assert_eq!(results.len(), ours.len());
    let rules = run.tool.driver.rules.as_ref().unwrap();
    for (result, ours) in results.iter().zip(ours) {
        let rule = &rules[result.rule_index.unwrap() as usize];
        assert_eq!(result.rule_id.as_deref(), Some(rule.id.as_str()));
        assert_eq!(ours["code"], rule.id.as_str());
        let level = match result.level {
            Some(ResultLevel::Error) => "error",
            Some(ResultLevel::Warning) => "warning",
            _ => "info or hint",
        };
        assert!(level.contains(ours["severity"].as_str().unwrap()), "{ours}");
        let region = result.locations.as_ref().unwrap()[0].physical_location.as_ref().unwrap().region.as_ref().unwrap();
        let place = |which: &str, what: &str| ours["range"][which][what].as_i64();
        assert_eq!(region.start_line, place("start", "line"));
        assert_eq!(region.start_column, place("start", "column"));
        assert_eq!(region.end_line, place("end", "line"));
        assert_eq!(region.end_column, place("end", "column"));
        let fixes = result.fixes.as_ref().map_or(0, Vec::len);
        assert_eq!(Some(fixes), ours["fixes"].as_array().map(Vec::len));
        let help = rule.help.as_ref().unwrap();
        assert!(help.text.len() > 20 && help.markdown.is_some(), "{}", rule.id);
    }
    let with_repair = results.iter().find_map(|result| result.fixes.as_ref()?.first()).unwrap();
    let change = &with_repair.artifact_changes[0];
    assert_eq!(change.artifact_location.uri.as_deref(), Some(FILES[0]));
    assert!(change.replacements[0].inserted_content.as_ref().unwrap().text.as_ref().unwrap().contains("- macro:"));
}

#[test]
fn a_fingerprint_stays_when_lines_move() {
    let folder = std::env::temp_dir().join(format!("falco-rs-fingerprints-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("rules.yaml");
    let broken =
        "- rule: A\n  desc: d\n  condition: evt.type = open and proc.nmae = x\n  output: o\n  priority: NOTICE\n";
    let prints = |text: &str| -> Vec<String> {
        std::fs::write(&file, text).unwrap();
        let (out, _) = check(
            &["check", "--format", "gitlab", "--select", "LOAD_ERR_COMPILE_CONDITION", file.to_str().unwrap()],
            1,
        );
        let issues: Vec<Value> = serde_json::from_str(&out).unwrap();
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let before = prints(broken);
    assert_eq!(before.len(), 1);
    assert_eq!(prints(&format!("# a line above\n{broken}")), before);
    let twice = broken.replace("= x", "= x or proc.nmae = y");
    let twice = prints(&twice);
    assert_eq!(twice.iter().collect::<HashSet<_>>().len(), twice.len(), "{twice:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn gitlab_gets_an_issue_for_each_finding() {
    let issues = json("gitlab");
    let ours = json("json");
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), ours["diagnostics"].as_array().unwrap().len());
    for (issue, ours) in issues.iter().zip(ours["diagnostics"].as_array().unwrap()) {
        assert_eq!(issue["check_name"], ours["code"]);
        assert_eq!(issue["location"]["path"], ours["file"]);
        assert_eq!(issue["location"]["lines"]["begin"], ours["range"]["start"]["line"]);
        let severity = match ours["severity"].as_str().unwrap() {
            "error" => "critical",
            "warning" => "major",
            "info" => "minor",
            _ => "info",
        };
        assert_eq!(issue["severity"], severity);
    }
}

#[test]
fn github_gets_a_command_for_each_finding() {
    let out = output("github");
    let ours = json("json");
    assert_eq!(out.lines().count(), ours["diagnostics"].as_array().unwrap().len());
    let unknown = out.lines().find(|line| line.contains("SILLY")).unwrap();
    assert!(unknown.starts_with("::error file=testdata/broken/many_items.yaml,line="), "{unknown}");
    // Two lines in one message.
    assert!(unknown.contains("%0Ait is one of Emergency, Alert"), "{unknown}");
}

#[test]
fn a_junit_report_has_a_suite_for_each_file() {
    let report = quick_junit::Report::deserialize_from_str(&output("junit")).unwrap();
    assert_eq!(report.test_suites.len(), FILES.len());
    let ours = json("json");
    for (suite, file) in report.test_suites.iter().zip([FILES[0], FILES[2], FILES[1]]) {
        assert_eq!(*suite.name, *file);
        let found = ours["diagnostics"].as_array().unwrap().iter().filter(|d| d["file"] == file);
        let (failing, all) = found.fold((0, 0), |(failing, all), finding| {
            let fails = finding["severity"] == "error" || finding["severity"] == "warning";
            (failing + usize::from(fails), all + 1)
        });
        assert_eq!(suite.failures, failing, "{file}");
        // A file without findings is seen to have been checked.
        assert_eq!(suite.tests, all.max(1), "{file}");
    }
}
