//! What docs/comparison.md says of falco-rs, beside another language server for Falco rules: inputs that one got wrong, and whether every
//! test that the page names is there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::commands::check;
use crate::repository;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("falco-rs-comparison-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The findings in the files, each as its code and the text that it is about.
fn findings(paths: &[&str], status: i32) -> Vec<(String, String)> {
    let (out, _) = check(&[&["check", "--format", "json"], paths].concat(), status);
    let document: Value = serde_json::from_str(&out).unwrap();
    let all = document["diagnostics"].as_array().unwrap();
    all.iter()
        .map(|finding| {
            let text = fs::read_to_string(finding["file"].as_str().unwrap()).unwrap();
            let offset = |end: &str| finding["range"][end]["offset"].as_u64().unwrap() as usize;
            (finding["code"].as_str().unwrap().to_owned(), text[offset("start")..offset("end")].to_owned())
        })
        .collect()
}

fn rule(condition: &str, more: &str) -> String {
    format!("- rule: R\n  desc: d\n  condition: {condition}\n  output: o\n  priority: NOTICE\n{more}")
}

#[test]
fn conditions_that_were_taken_for_valid_are_errors_at_their_words() {
    let folder = Folder::new("swallowed");
    for (condition, word) in [
        ("evt.type = open proc.name = bash garbage here", "proc.name"),
        ("evt.type =", ""),
        ("evt.type = open and", ""),
        ("evt.type = open)) and proc.name=a", ")"),
        ("evt.type=open and tolower(proc.name) = a and bogus.field = 1", "bogus.field"),
        ("evt.type=open and proc.name istartswith a", "istartswith"),
        ("evt.type=open and proc.name iendswith a", "iendswith"),
        ("evt.type=open and proc.name bendswith a", "bendswith"),
        ("evt.type=open and exists proc.name", "proc.name"),
        ("evt.type=open and evt.num = abc", "abc"),
        ("evt.type=connect and fd.sip = 999.1.1.1", "999.1.1.1"),
        ("evt.type=open and proc.pid regex a", "regex"),
        ("evt.type = opne", "opne"),
    ] {
        let path = folder.write("r.yaml", &rule(condition, ""));
        let found = findings(&[&path], 1);
        let at = found.iter().any(|(code, text)| code == "LOAD_ERR_COMPILE_CONDITION" && text.trim() == word);
        assert!(at, "{condition}: {found:?}");
    }
}

#[test]
fn items_that_were_taken_for_valid_are_findings() {
    let folder = Folder::new("items");
    let good = rule("evt.type=open", "");
    for (text, code, status) in [
        (good.replace("NOTICE", "SILLY"), "LOAD_ERR_YAML_VALIDATE", 1),
        (rule("evt.type=open", "  bogus_key: 1\n"), "LOAD_UNKNOWN_KEY", 0),
        (good.replace("output: o", "output: \"%bogus.field\""), "LOAD_ERR_COMPILE_OUTPUT", 1),
        (
            rule("evt.type=open", "  exceptions: [{name: e, fields: [no.field], comps: [=], values: [[a]]}]\n"),
            "LOAD_ERR_VALIDATE",
            1,
        ),
        (
            rule("evt.type=open", "  exceptions: [{name: e, fields: [proc.name, fd.name], comps: [=], values: []}]\n"),
            "LOAD_ERR_VALIDATE",
            1,
        ),
        (good.replace("  output: o\n", "  output: o\n  output: p\n"), "duplicate-key", 0),
        (
            format!("- macro: a\n  condition: b\n- macro: b\n  condition: a\n{}", rule("evt.type=open and a", "")),
            "LOAD_ERR_VALIDATE",
            1,
        ),
    ] {
        let path = folder.write("r.yaml", &text);
        let found = findings(&[&path], status);
        assert!(found.iter().any(|(found, _)| found == code), "{text}: {found:?}");
    }
}

#[test]
fn what_was_reported_wrongly_is_clean() {
    let folder = Folder::new("clean");
    let base = rule("evt.type in (open, openat, openat2) and proc.name=a", "");
    for more in [
        "- rule: R\n  condition: and proc.aname in (b) and proc.env icontains x\n  override: {condition: append}\n",
        "- rule: R\n  enabled: false\n  override: {enabled: replace}\n",
        "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append}\n",
    ] {
        let path = folder.write("r.yaml", &format!("{base}{more}"));
        let found = findings(&[&path], 0);
        assert!(found.iter().all(|(code, _)| code == "LOAD_UNUSED_LIST"), "{more}: {found:?}");
    }
    let fields = "evt.type in (open, openat, openat2) and (evt.pluginname exists or evt.source=x or proc.pgid=1 or proc.vpgid=1 or proc.pgid.name=a \
                  or evt.is_open_create=true or fd.types intersects (file) or proc.stdin.name=a)";
    assert_eq!(findings(&[&folder.write("f.yaml", &rule(fields, ""))], 0), []);
}

#[test]
fn files_count_together_in_their_order() {
    let folder = Folder::new("order");
    let local = folder.write("falco_rules.local.yaml", &rule("evt.type in (open, openat, openat2) and used", ""));
    let main = folder.write("zz_rules.yaml", "- macro: used\n  condition: proc.name=a\n");
    assert_eq!(findings(&[&main, &local], 0), []);
    let wrong = findings(&[&local, &main], 1);
    assert!(wrong.iter().any(|(_, text)| text == "used"), "{wrong:?}");
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let mut tests = HashSet::new();
    for folder in ["crates", "editors", "xtask"] {
        gather(&repository().join(folder), &mut tests);
    }
    let page = fs::read_to_string(repository().join("docs/comparison.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).collect();
    let mut named = 0;
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        if last == "test" {
            continue;
        }
        let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test is named: {row}");
        for name in names {
            assert!(tests.contains(name), "there is no `{name}`: {row}");
            named += 1;
        }
    }
    assert!(named > 40, "{named}");
}

/// The names of test functions, and of the files of other tests.
fn gather(folder: &Path, tests: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "node_modules" | "target" | "dist" | "out" | ".git") {
                gather(&path, tests);
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let functions = text.lines().filter_map(|line| {
                let line = line.trim_start();
                let rest = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "))?;
                Some(rest.split('(').next().unwrap().to_owned())
            });
            tests.extend(functions);
        } else {
            let shown = path.strip_prefix(repository()).unwrap();
            tests.insert(shown.to_str().unwrap().to_owned());
        }
    }
}
