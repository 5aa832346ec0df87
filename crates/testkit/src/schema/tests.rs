//! The schema against the reader: what the one takes the other takes.

use std::path::{Path, PathBuf};

use super::*;
use crate::discover::test_files;

fn is_valid(yaml: &str) -> bool {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let value: Value = serde_yaml::from_str(yaml).unwrap();
    validator.is_valid(&value)
}

#[test]
fn it_is_a_schema_with_descriptions_for_every_key() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    for block in [TestBlock::File, TestBlock::Case, TestBlock::Expectation, TestBlock::Matcher, TestBlock::Mock] {
        assert!(block.keys().iter().all(|key| key.detail.len() >= 8));
    }
}

#[test]
fn our_own_test_files_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files: Vec<PathBuf> =
        ["rules", "testdata"].iter().flat_map(|folder| test_files(&root.join(folder)).unwrap()).collect();
    assert!(files.len() >= 5);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(crate::parse(&text).1, [], "{}", file.display());
        assert!(is_valid(&text), "{}", file.display());
    }
}

const GOOD: &str = "rules: [a.yaml]
defaults: {evt.type: open, proc.tty: 0}
mock: {macros: {m: evt.type = open}, lists: {l: [a, b]}}
tests:
  - name: one
    matrix: {a: [x, 1]}
    mock: {lists: {l: []}}
    events: [{proc.name: \"${a}\", proc.aname: [a, b], fd.name: null, evt.is_io: true}]
    expect:
      - rule: R
        count: 2
        priority: notice
        tags: [t]
        output: {contains: [a, b], not_contains: c, regex: x}
        fields: {proc.name: bash, fd.name: {absent: true}, user.name: null}
  - {name: two, capture: x.scap, only: [R], expect: []}
  - {name: three, command: [ls, /], expect: [{rule: R, output: text}]}
  - {name: four, command: ls /, matrix: [{a: 1, b: 2}, {a: 2, b: 3}], expect: [{rule: \"${a}${b}\"}]}
";

#[test]
fn reader_and_schema_agree() {
    assert_eq!(crate::parse(GOOD).1, []);
    assert!(is_valid(GOOD));
    for (from, to) in [
        ("rule: R\n        count", "rul: R\n        count"),
        ("count: 2", "count: many, x"),
        ("count: 2", "count: -1"),
        ("priority: notice", "priority: loud"),
        ("capture: x.scap, ", ""),
        ("capture: x.scap", "capture: x.scap, command: [ls]"),
        ("only: [R]", "only: R"),
        ("expect: []", "exepct: []"),
        ("absent: true", "absent: 7"),
        ("macros: {m: evt.type = open}", "macro: {m: evt.type = open}"),
        ("lists: {l: [a, b]}", "lists: {l: a}"),
        ("defaults: {evt.type: open", "defaults: {evt.type: {a: b}"),
        ("matrix: {a: [x, 1]}", "matrix: {a: x}"),
        ("name: two, ", ""),
        ("tests:\n", "test:\n"),
    ] {
        let broken = GOOD.replacen(from, to, 1);
        assert_ne!(broken, GOOD, "{from}");
        // A number that is none is told when the tests run through the matrix.
        assert!(!crate::parse(&broken).1.is_empty(), "reader: {to}");
        if !to.contains("many") {
            assert!(!is_valid(&broken), "schema: {to}");
        }
    }
}
