//! Holds the YAML parser against the YAML test suite: what is an error there is one here, everything else is accepted and
//! gives the same events.
//!
//! `cargo test -p falco-syntax --test yaml_suite -- --nocapture` prints the tally and each exception by name.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

use falco_syntax::yaml::{self, Document, Node, NodeKind, ScalarStyle};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/yaml-test-suite");

/// Cases that the suite itself tells runners to skip, and in which we do otherwise than it says.
const SKIPPED: [&str; 1] = ["ZYU8/2"];

struct Case {
    name: String,
    skip: bool,
    fail: bool,
    yaml: String,
    tree: String,
}

/// The suite's files, if it is there.
fn suite(test: &str) -> Option<Vec<PathBuf>> {
    if !Path::new(SUITE).exists() {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("skipped: ../shared is not here ({test})\n").as_bytes(),
        );
        return None;
    }
    let mut files: Vec<_> = std::fs::read_dir(SUITE).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    Some(files)
}

/// What yaml-cpp makes of the suite where it differs from YAML 1.2: error cases that it accepts, valid ones that it refuses.
/// Recorded from yaml-cpp itself.
const FALCO_ACCEPTS: [&str; 34] = [
    "236B", "3HFZ", "7MNF", "9C9N", "9CWY", "9HCY", "9JBA", "9MAG", "9MMA", "B63P", "BD7L", "BS4K", "CQ3W", "CTN5",
    "CVW2", "DK95/1", "EB22", "G5U8", "G9HC", "GT5M", "H7J7", "HRE5", "KS4U", "LHL4", "MUS6/1", "QB6E", "QLJ7", "RHX7",
    "S98Z", "SU5Z", "TD5N", "X4QW", "Y79Y/3", "YJV2",
];
const FALCO_REFUSES: [&str; 15] = [
    "4MUZ/0", "4MUZ/1", "4MUZ/2", "5MUD", "652Z", "8KB6", "9BXH", "9SA2", "DK95/4", "HM87/1", "JR7V", "K3WX", "NJ66",
    "UT92", "VJP3/1",
];

#[test]
fn judges_the_suite_as_falcos_reader_does() {
    let Some(files) = suite("judges_the_suite_as_falcos_reader_does") else { return };
    let (mut accepts, mut refuses) = (Vec::new(), Vec::new());
    for case in files.iter().flat_map(|path| read_cases(path)) {
        match (case.fail || SKIPPED.contains(&case.name.as_str()), yaml::verdict(&case.yaml).refusal) {
            (true, None) => accepts.push(case.name),
            (false, Some(_)) => refuses.push(case.name),
            _ => {}
        }
    }
    assert_eq!(accepts, FALCO_ACCEPTS);
    assert_eq!(refuses, FALCO_REFUSES);
}

#[test]
fn agrees_with_the_suite() {
    let Some(files) = suite("agrees_with_the_suite") else { return };

    let (mut cases, mut errors, mut good_files) = (0, 0, 0);
    let mut exceptions = Vec::new();
    for path in &files {
        let before = exceptions.len();
        for case in read_cases(path) {
            cases += 1;
            errors += usize::from(case.fail);
            if let Err(why) = judge(&case) {
                exceptions.push((case.name, case.skip, why));
            }
        }
        good_files += usize::from(exceptions.len() == before);
    }
    println!(
        "yaml-test-suite: {good_files} of {} files, {} of {cases} cases ({errors} of them error cases)",
        files.len(),
        cases - exceptions.len()
    );
    for (name, skip, why) in &exceptions {
        println!("exception {name}{}: {why}", if *skip { " (skipped by the suite)" } else { "" });
    }
    assert_eq!(files.len(), 351);
    let unexpected: Vec<_> =
        exceptions.iter().map(|(name, ..)| name.as_str()).filter(|name| !SKIPPED.contains(name)).collect();
    assert_eq!(unexpected, Vec::<&str>::new());
    assert_eq!(exceptions.len(), SKIPPED.len(), "an exception is gone: take it off the list");
}

fn judge(case: &Case) -> Result<(), String> {
    let parse = yaml::parse(&case.yaml);
    if parse.syntax().text() != case.yaml.as_str() {
        return Err("the tree's text differs from the input".to_owned());
    }
    match (case.fail, parse.errors()) {
        (true, []) => Err(format!("no error\n{}", case.yaml)),
        (true, _) => Ok(()),
        (false, [error, ..]) => Err(format!("{} at {:?}\n{}", error.message, error.range, case.yaml)),
        (false, []) => {
            let events = events(&parse);
            let expected: String =
                case.tree.lines().map(|line| line.trim_start_matches(' ').to_owned() + "\n").collect();
            if events == expected {
                Ok(())
            } else {
                Err(format!("events differ\n{}--- expected\n{expected}--- found\n{events}", case.yaml))
            }
        }
    }
}

/// Reads a file of the suite with another reader than the one under test. A case takes over what it leaves out from the
/// case before it.
fn read_cases(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap();
    let maps: Vec<BTreeMap<String, serde_yaml::Value>> = serde_yaml::from_str(&text).unwrap();
    let id = path.file_stem().unwrap().to_str().unwrap();
    let single = maps.len() == 1;
    let mut tree = String::new();
    let mut cases = Vec::new();
    for (index, map) in maps.iter().enumerate() {
        let text = |key: &str| map.get(key).and_then(|value| value.as_str()).map(unescape);
        let flag = |key: &str| map.get(key).and_then(|value| value.as_bool()).unwrap_or(false);
        tree = text("tree").unwrap_or(tree);
        cases.push(Case {
            name: if single { id.to_owned() } else { format!("{id}/{index}") },
            skip: maps[0].contains_key("skip"),
            fail: flag("fail"),
            yaml: text("yaml").unwrap(),
            tree: tree.clone(),
        });
    }
    cases
}

/// The suite writes characters that are hard to see as visible ones.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut dashes = 0;
    for char in text.chars() {
        if char == '—' {
            dashes += 1;
            continue;
        }
        if char == '»' {
            dashes = 0;
        }
        out.extend(std::iter::repeat_n('—', std::mem::take(&mut dashes)));
        match char {
            '␣' => out.push(' '),
            '»' => out.push('\t'),
            '←' => out.push('\r'),
            '⇔' => out.push('\u{feff}'),
            '↵' => {}
            char => out.push(char),
        }
    }
    match out.strip_suffix("∎\n") {
        Some(text) => text.to_owned(),
        None => out,
    }
}

fn events(parse: &yaml::Parse) -> String {
    let mut out = String::from("+STR\n");
    for document in parse.documents() {
        document_events(&document, &mut out);
    }
    out.push_str("-STR\n");
    out
}

fn document_events(document: &Document, out: &mut String) {
    out.push_str(if document.has_explicit_start() { "+DOC ---\n" } else { "+DOC\n" });
    node_events(&document.root(), out);
    out.push_str(if document.has_explicit_end() { "-DOC ...\n" } else { "-DOC\n" });
}

fn node_events(node: &Node, out: &mut String) {
    if let Some(name) = node.alias_name() {
        writeln!(out, "=ALI *{name}").unwrap();
        return;
    }
    let mut properties = String::new();
    if let Some(anchor) = node.anchor() {
        write!(properties, " &{anchor}").unwrap();
    }
    if let Some(tag) = node.tag() {
        write!(properties, " <{tag}>").unwrap();
    }
    match node.kind() {
        NodeKind::Sequence => {
            let sequence = node.as_sequence().unwrap();
            writeln!(out, "+SEQ{}{properties}", if sequence.is_flow() { " []" } else { "" }).unwrap();
            sequence.items().for_each(|item| node_events(&item, out));
            out.push_str("-SEQ\n");
        }
        NodeKind::Mapping => {
            let mapping = node.as_mapping().unwrap();
            writeln!(out, "+MAP{}{properties}", if mapping.is_flow() { " {}" } else { "" }).unwrap();
            for entry in mapping.entries() {
                node_events(&entry.key(), out);
                node_events(&entry.value(), out);
            }
            out.push_str("-MAP\n");
        }
        NodeKind::Scalar | NodeKind::Null => {
            let scalar = node.as_scalar().unwrap();
            let style = match scalar.style() {
                ScalarStyle::Plain => ':',
                ScalarStyle::SingleQuoted => '\'',
                ScalarStyle::DoubleQuoted => '"',
                ScalarStyle::Literal => '|',
                ScalarStyle::Folded => '>',
            };
            writeln!(out, "=VAL{properties} {style}{}", escape(&scalar.decode().text)).unwrap();
        }
    }
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            char => out.push(char),
        }
    }
    out
}
