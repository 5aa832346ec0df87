//! Completion in rule tests: their keys, and what the rules that they are about have to offer.

use falco_catalog::language;
use falco_catalog::test_format::{TestBlock, TestValue};
use falco_compiler::ItemKind;
use falco_syntax::TextSize;
use falco_syntax::condition::ast::Operator;
use falco_syntax::condition::parse_left;
use falco_syntax::yaml;

use super::condition::{Place, values};
use super::values::{Word, word_range};
use super::{Completions, goes_with};
use crate::Analysis;
use crate::context::{Cursor, Slot, Step};
use crate::types::*;

/// The beginning of a key's value, in a block that stands so far in.
fn beginning(value: TestValue, column: usize) -> String {
    let item = |text: &str| format!("\n{}- {text}", " ".repeat(column + 2));
    match value {
        TestValue::Text
        | TestValue::TextOrTexts
        | TestValue::Count
        | TestValue::Priority
        | TestValue::Bool
        | TestValue::TextOr(_) => " $0".to_owned(),
        TestValue::Texts | TestValue::Tags | TestValue::Command => " [$0]".to_owned(),
        TestValue::Fields
        | TestValue::Matchers
        | TestValue::One(_)
        | TestValue::Conditions
        | TestValue::Lists
        | TestValue::Matrix => " {$0}".to_owned(),
        TestValue::FieldsList => item("{evt.type: $0}"),
        // The first key of such a mapping is the one that it must have.
        TestValue::Many(block) => item(&format!("{}: $0", block.keys().first().map_or("", |key| key.name))),
    }
}

/// What a mapping holds.
enum Holds {
    Keys(TestBlock),
    /// Fields of events with their values.
    Fields,
    /// Names of items.
    Names(ItemKind),
}

/// What the mapping at a path holds.
fn holds(path: &[Step]) -> Option<Holds> {
    let names: Vec<&str> = path.iter().map(Step::as_str).collect();
    Some(match names.as_slice() {
        [] => Holds::Keys(TestBlock::File),
        ["defaults"] | ["tests", "-", "events", "-"] | ["tests", "-", "expect", "-", "fields"] => Holds::Fields,
        ["mock"] | ["tests", "-", "mock"] => Holds::Keys(TestBlock::Mock),
        ["mock", "macros"] | ["tests", "-", "mock", "macros"] => Holds::Names(ItemKind::Macro),
        ["mock", "lists"] | ["tests", "-", "mock", "lists"] => Holds::Names(ItemKind::List),
        ["tests", "-"] => Holds::Keys(TestBlock::Case),
        ["tests", "-", "expect", "-"] => Holds::Keys(TestBlock::Expectation),
        ["tests", "-", "expect", "-", "output"] | ["tests", "-", "expect", "-", "fields", _] => {
            Holds::Keys(TestBlock::Matcher)
        }
        _ => return None,
    })
}

/// What can stand at an offset of a test file; `analysis` is of the rules that it is about.
pub(crate) fn at(analysis: &Analysis, text: &str, offset: TextSize) -> CompletionList {
    let mut out = Completions { analysis, items: Vec::new(), is_incomplete: false };
    let parse = yaml::parse(text);
    let root = parse.documents().next().map(|document| document.root());
    let place = Cursor::new(text, offset).and_then(|cursor| cursor.locate(root.as_ref(), |path| holds(path).is_some()));
    if let Some((path, slot)) = place {
        match slot {
            Slot::Key { range, typed, present, has_colon, column } => {
                let word = Word { typed: &typed, range };
                keys(&mut out, &path, &word, &present, has_colon, column);
            }
            Slot::Value(embedded) => {
                let typed = embedded.text.get(..usize::from(embedded.offset)).unwrap_or_default().trim_start();
                value(&mut out, &path, &Word { typed, range: word_range(&embedded) });
            }
        }
    }
    let Completions { mut items, is_incomplete, .. } = out;
    items.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.label.cmp(&b.label)));
    CompletionList { items, is_incomplete }
}

fn keys(
    out: &mut Completions<'_>,
    path: &[Step],
    word: &Word<'_>,
    present: &[String],
    has_colon: bool,
    column: Option<usize>,
) {
    match holds(path) {
        Some(Holds::Keys(keys)) => {
            let free = keys.keys().iter().filter(|key| !present.iter().any(|p| p == key.name));
            for (rank, key) in (0u8..).zip(free.filter(|key| goes_with(key.name, word.typed))) {
                let value = match column {
                    // In braces there are no lines to go on with.
                    None => " $0".to_owned(),
                    Some(column) => beginning(key.value, column),
                };
                let text = if has_colon { key.name.to_owned() } else { format!("{}:{value}", key.name) };
                out.items.push(CompletionItem {
                    label: key.name.to_owned(),
                    kind: CompletionKind::Key,
                    detail: Some(key.detail.to_owned()),
                    topic: None,
                    filter: None,
                    edit: TextEdit { range: word.range, text },
                    is_snippet: !has_colon,
                    deprecated: false,
                    rank,
                });
            }
        }
        Some(Holds::Fields) => {
            out.fields(word.typed, word.range, &[], |field| !present.iter().any(|p| p == field.name));
            for item in out.items.iter_mut().filter(|_| !has_colon) {
                item.edit.text.push_str(": ");
            }
        }
        Some(Holds::Names(kind)) => {
            let shown = if kind == ItemKind::Macro { CompletionKind::Macro } else { CompletionKind::List };
            for name in out.names(kind, word.typed, |_| true) {
                if !present.iter().any(|p| **p == *name) {
                    word.push(out, &name, shown, None, None);
                }
            }
            for item in out.items.iter_mut().filter(|_| !has_colon) {
                item.edit.text.push_str(": ");
            }
        }
        None => {}
    }
}

fn value(out: &mut Completions<'_>, path: &[Step], word: &Word<'_>) {
    let names: Vec<&str> = path.iter().map(Step::as_str).collect();
    match names.as_slice() {
        ["tests", "-", "only", "-"] | ["tests", "-", "expect", "-", "rule"] => {
            for name in out.names(ItemKind::Rule, word.typed, |_| true) {
                word.push(out, &name, CompletionKind::Rule, None, Some(Topic::Rule(name.to_string())));
            }
        }
        ["tests", "-", "expect", "-", "priority"] => {
            for (rank, name) in (0u8..).zip(language::PRIORITIES) {
                let topic = Topic::Priority(name.to_owned());
                word.ranked(out, name, CompletionKind::Value, rank, None, Some(topic));
            }
        }
        ["tests", "-", "expect", "-", "tags", "-"] => {
            for tag in language::tags() {
                word.push(out, tag.name, CompletionKind::Value, None, Some(Topic::Tag(tag.name.to_owned())));
            }
        }
        ["tests", "-", "expect", "-", "fields", field, "absent"] if !field.is_empty() => {
            for label in ["true", "false"] {
                word.push(out, label, CompletionKind::Value, None, None);
            }
        }
        ["defaults", field]
        | ["tests", "-", "events", "-", field]
        | ["tests", "-", "expect", "-", "fields", field]
        | ["tests", "-", "expect", "-", "fields", field, "equals"] => {
            if let Ok(left) = parse_left(field) {
                let place =
                    Place { op: Operator::Eq, in_list: true, quote: None, typed: word.typed, range: word.range };
                values(out, &left, &place, &[]);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, WorkspaceFile};

    const RULES: &str = "- rule: Known rule\n  desc: d\n  condition: evt.type = open\n  output: x\n  priority: INFO\n  tags: [t]\n- macro: known_macro\n  condition: evt.type = open\n- list: known_list\n  items: [a]\n";

    fn complete(text: &str) -> (String, Vec<CompletionItem>) {
        let at = text.find("$0").unwrap();
        let text = text.replacen("$0", "", 1);
        let files = vec![WorkspaceFile { path: "rules.yaml".into(), text: RULES.into() }];
        let analysis = Analysis::new(files, &Settings::default(), None);
        let items = analysis.completions_in_test(&text, TextSize::new(at as u32)).items;
        (text, items)
    }

    fn labels(text: &str) -> Vec<String> {
        complete(text).1.into_iter().map(|item| item.label).collect()
    }

    fn accept(text: &str, label: &str) -> String {
        let (mut text, items) = complete(text);
        let item = items.iter().find(|item| item.label == label).unwrap_or_else(|| {
            panic!("no `{label}` in {:?}", items.iter().map(|item| &item.label).collect::<Vec<_>>())
        });
        text.replace_range(std::ops::Range::<usize>::from(item.edit.range), &item.edit.text);
        text
    }

    #[test]
    fn keys_of_the_file() {
        assert_eq!(labels("$0"), ["rules", "defaults", "mock", "tests"]);
        assert_eq!(labels("rules: [a.yaml]\n$0"), ["defaults", "mock", "tests"]);
        assert_eq!(accept("rules: [a.yaml]\nte$0", "tests"), "rules: [a.yaml]\ntests:\n  - name: $0");
        assert!(labels("rules: [a.yaml]\n# te$0\n").is_empty());
    }

    #[test]
    fn keys_of_a_test() {
        let text = "tests:\n  - name: t\n    $0\n";
        assert_eq!(labels(text), ["matrix", "mock", "events", "capture", "command", "only", "expect"]);
        assert_eq!(accept(text, "expect"), "tests:\n  - name: t\n    expect:\n      - rule: $0\n");
        assert_eq!(accept("tests:\n  - na$0", "name"), "tests:\n  - name: $0");
        assert_eq!(labels("tests:\n  - name: t\n    ca$0pture: x\n"), ["capture", "command"]);
        assert_eq!(
            labels("tests:\n  - $0\n"),
            ["name", "matrix", "mock", "events", "capture", "command", "only", "expect"]
        );
        assert!(labels("tests:\n  - name: $0\n").is_empty());
    }

    #[test]
    fn fields_of_events_and_their_values() {
        let text = "tests:\n  - name: t\n    events:\n      - {evt.type: open, proc.na$0}\n";
        assert!(accept(text, "proc.name").contains("{evt.type: open, proc.name: }"));
        assert!(labels("tests:\n  - events:\n      - {evt.type: ope$0}\n").contains(&"openat".to_owned()));
        assert!(
            labels("tests:\n  - events:\n      - evt.type: open\n        fd.type: $0\n").contains(&"ipv4".to_owned())
        );
        assert!(
            labels("tests:\n  - events:\n      - evt.type: open\n        proc.na$0\n")
                .contains(&"proc.name".to_owned())
        );
        assert!(labels("defaults: {evt.res: $0}\n").contains(&"SUCCESS".to_owned()));
    }

    #[test]
    fn mocks() {
        assert_eq!(labels("tests:\n  - name: t\n    mock: {$0}\n"), ["macros", "lists"]);
        assert_eq!(labels("mock:\n  macros:\n    $0\n"), ["known_macro"]);
        assert_eq!(accept("mock: {lists: {kn$0}}\n", "known_list"), "mock: {lists: {known_list: }}\n");
    }

    #[test]
    fn expectations() {
        let text = "tests:\n  - name: t\n    expect:\n      - rule: $0\n";
        assert_eq!(labels(text), ["Known rule"]);
        for only in ["[$0]", "[Kn$0]", "\n      - $0", "\n      - Kn$0"] {
            assert_eq!(labels(&format!("tests:\n  - only: {only}\n")), ["Known rule"], "{only}");
        }
        let text = "tests:\n  - expect:\n      - rule: Known rule\n        $0\n";
        assert_eq!(labels(text), ["count", "priority", "tags", "output", "fields"]);
        assert_eq!(labels("tests:\n  - expect: [{rule: R, pri$0}]\n"), ["priority"]);
        assert_eq!(
            labels("tests:\n  - expect: [{rule: R, priority: $0}]\n").first().map(String::as_str),
            Some("Emergency")
        );
        assert_eq!(labels("tests:\n  - expect:\n      - output: {con$0}\n"), ["contains", "not_contains"]);
        assert_eq!(
            accept("tests:\n  - expect:\n      - {rule: R, $0}\n", "tags"),
            "tests:\n  - expect:\n      - {rule: R, tags: $0}\n"
        );
        assert!(labels("tests:\n  - expect:\n      - fields: {proc.n$0}\n").contains(&"proc.name".to_owned()));
    }
}
