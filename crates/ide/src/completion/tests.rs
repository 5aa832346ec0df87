//! Completion at `$0`, in whole and in broken files.

use super::goes_with;
use crate::fixture::Fixture;
use crate::types::*;

fn complete(text: &str) -> (Fixture, Vec<CompletionItem>) {
    let fixture = Fixture::new(text);
    let items = fixture.analysis.completions(fixture.position()).items;
    (fixture, items)
}

fn labels(text: &str) -> Vec<String> {
    complete(text).1.into_iter().map(|i| i.label).collect()
}

/// The text after accepting a completion.
fn accept(text: &str, label: &str) -> String {
    let (fixture, items) = complete(text);
    let item = items.iter().find(|i| i.label == label).unwrap_or_else(|| {
        panic!("no `{label}` in {:?}", items.iter().map(|i| &i.label).collect::<Vec<_>>());
    });
    let mut text = fixture.texts[fixture.position().file.0 as usize].clone();
    text.replace_range(std::ops::Range::<usize>::from(item.edit.range), &item.edit.text);
    text
}

fn rule(condition: &str) -> String {
    format!(
        "- list: shells
  items: [bash]
- macro: spawned
  condition: evt.type = execve
- rule: R
  desc: d
  condition: {condition}
  output: x
  priority: INFO
"
    )
}

#[test]
fn fields_of_the_rules_source_only() {
    let k8s = "- rule: R\n  source: k8s_audit\n  condition: ka.u$0\n";
    let found = labels(k8s);
    assert!(found.contains(&"ka.uri".to_owned()), "{found:?}");
    assert!(found.iter().all(|l| l.starts_with("ka.")), "{found:?}");
    assert!(!labels(&rule("ka.u$0")).iter().any(|l| l.starts_with("ka.")));
}

#[test]
fn a_field_tells_its_type_and_documentation() {
    let (fixture, items) = complete(&rule("proc.na$0"));
    let name = items.iter().find(|i| i.label == "proc.name").unwrap();
    assert_eq!(name.kind, CompletionKind::Field);
    assert_eq!(name.detail.as_deref(), Some("string"));
    let documentation = fixture.analysis.documentation(name.topic.as_ref().unwrap()).unwrap();
    assert!(documentation.contains("proc.name"));
}

#[test]
fn the_partial_word_is_replaced_in_a_folded_scalar() {
    let text = rule(">\n    spawned and\n    proc.na$0 = cat");
    assert!(accept(&text, "proc.name").contains("    spawned and\n    proc.name = cat"));
}

#[test]
fn macros_and_not_where_a_check_starts() {
    let found = labels(&rule("spawned and $0"));
    assert!(found.contains(&"spawned".to_owned()) && found.contains(&"not".to_owned()));
    assert!(found.contains(&"tolower".to_owned()) && found.contains(&"proc.name".to_owned()));
    assert!(!found.contains(&"evt.outputtime".to_owned()), "print only");
}

#[test]
fn a_fresh_line_of_a_block_goes_on_with_the_condition() {
    let found = labels(&rule(">\n    spawned and\n    $0"));
    assert!(found.contains(&"proc.name".to_owned()), "{found:?}");
    let found = labels(&rule("|\n    spawned\n    $0"));
    assert_eq!(found, ["and", "or"]);
}

#[test]
fn operators_fit_the_type() {
    let found = labels(&rule("evt.num $0"));
    assert!(found.contains(&">=".to_owned()) && !found.contains(&"startswith".to_owned()), "{found:?}");
    let found = labels(&rule("proc.name $0"));
    assert!(found.contains(&"startswith".to_owned()) && found.contains(&"in".to_owned()), "{found:?}");
}

#[test]
fn event_types_as_values() {
    assert!(accept(&rule("evt.type = exec$0"), "execve").contains("evt.type = execve\n"));
    assert!(accept(&rule("evt.type in (open, ope$0)"), "openat").contains("evt.type in (open, openat)\n"));
}

#[test]
fn lists_after_in() {
    assert!(accept(&rule("proc.name in (sh$0)"), "shells").contains("in (shells)\n"));
    assert!(accept(&rule("proc.name in $0"), "shells").contains("in (shells)\n"));
}

#[test]
fn known_values_and_flags() {
    assert!(labels(&rule("evt.res = $0")).contains(&"SUCCESS".to_owned()));
    assert!(labels(&rule("evt.is_open_read = $0")).starts_with(&["false".to_owned(), "true".to_owned()]));
    assert!(labels(&rule("evt.arg.flags contains O_$0")).contains(&"O_CREAT".to_owned()));
    assert!(labels(&rule("evt.arg.fl$0")).contains(&"evt.arg.flags".to_owned()));
}

#[test]
fn fields_of_an_output() {
    let text = rule("spawned").replace("output: x", "output: \"user=%us$0 x\"");
    assert!(accept(&text, "user.name").contains("output: \"user=%user.name x\""));
    let none = rule("spawned").replace("output: x", "output: user$0");
    assert!(labels(&none).is_empty());
}

#[test]
fn keys_that_are_missing() {
    let text = "- rule: R\n  desc: d\n  $0\n- rule: S\n";
    let found = labels(text);
    assert!(found.contains(&"condition".to_owned()) && found.contains(&"tags".to_owned()), "{found:?}");
    assert!(!found.contains(&"desc".to_owned()) && !found.contains(&"rule".to_owned()));
    assert!(accept("- rule: R\n  pri$0\n", "priority").contains("\n  priority: $0"));
    assert!(accept("- rule: R\n  con$0dition: x\n", "condition").contains("\n  condition: x\n"));
}

#[test]
fn keys_of_exceptions_and_overrides() {
    let found = labels("- rule: R\n  exceptions:\n    - name: e\n      $0\n  priority: INFO\n");
    assert_eq!(found, ["fields", "comps", "values"]);
    let found = labels("- rule: R\n  condition: and x\n  override:\n    $0\n");
    assert!(found.contains(&"condition".to_owned()) && found.contains(&"warn_evttypes".to_owned()), "{found:?}");
    assert_eq!(labels("- list: l\n  items: [a]\n  override:\n    items: $0\n"), ["append", "replace"]);
    assert_eq!(labels("- rule: R\n  priority: INFO\n  override:\n    priority: $0\n"), ["replace"]);
}

#[test]
fn values_of_keys() {
    let found = labels("- rule: R\n  priority: $0\n");
    assert_eq!(found.first().map(String::as_str), Some("EMERGENCY"));
    assert_eq!(found.len(), 8);
    assert!(labels("- rule: R\n  source: $0\n").contains(&"k8s_audit".to_owned()));
    assert_eq!(labels("- rule: R\n  enabled: $0\n"), ["false", "true"]);
    assert!(labels("- rule: R\n  tags: [mitre_$0]\n").contains(&"mitre_execution".to_owned()));
    assert!(
        labels("- rule: R\n  exceptions:\n    - name: e\n      fields: [proc.n$0]\n").contains(&"proc.name".to_owned())
    );
    assert!(labels("- rule: R\n  exceptions:\n    - name: e\n      comps: [$0]\n").contains(&"startswith".to_owned()));
    assert!(labels("- required_plugin_versions:\n    - name: $0\n").contains(&"container".to_owned()));
}

#[test]
fn everything_that_says_so_is_documented() {
    let places = [
        rule("$0"),
        rule("proc.name $0"),
        rule("evt.type in ($0"),
        rule("fd.type = $0"),
        rule("spawned $0"),
        "- rule: R\n  $0\n".to_owned(),
        "- rule: R\n  priority: $0\n".to_owned(),
        "- rule: R\n  source: $0\n".to_owned(),
        "- rule: R\n  tags: [$0]\n".to_owned(),
        "- list: l\n  items: [a]\n  override:\n    items: $0\n".to_owned(),
        "$0".to_owned(),
    ];
    for place in places {
        let (fixture, items) = complete(&place);
        assert!(!items.is_empty(), "{place}");
        for item in items {
            let Some(topic) = &item.topic else { continue };
            assert!(fixture.analysis.documentation(topic).is_some(), "{topic:?}");
            // It travels to the client and back.
            let text = serde_yaml::to_string(topic).unwrap();
            assert_eq!(serde_yaml::from_str::<Topic>(&text).unwrap(), *topic);
        }
    }
}

#[test]
fn a_macro_sees_those_before_its_last_change() {
    let text = "- macro: first\n  condition: evt.type = open\n- macro: here\n  condition: fi$0\n- macro: fine\n  condition: evt.type = close\n";
    let found = labels(text);
    assert!(found.contains(&"first".to_owned()) && !found.contains(&"fine".to_owned()), "{found:?}");
    let changed = format!("{text}- macro: here\n  condition: or first\n  override:\n    condition: append\n");
    assert!(labels(&changed).contains(&"fine".to_owned()), "it sees what comes before its last change");
    assert!(!labels("- macro: me\n  condition: m$0\n").contains(&"me".to_owned()));
    let found = labels(&text.replace("- macro: here", "- rule: here"));
    assert!(found.contains(&"fine".to_owned()), "a rule sees all: {found:?}");
}

#[test]
fn a_list_sees_those_before_it_and_a_condition_all() {
    let text = "- list: before\n  items: [a]\n- list: here\n  items: [$0]\n- list: behind\n  items: [b]\n";
    let (fixture, items) = complete(text);
    assert_eq!(items.iter().map(|i| i.label.as_str()).collect::<Vec<_>>(), ["before"]);
    assert!(fixture.analysis.completions(fixture.position()).is_incomplete, "event types come with the first letter");
    assert!(labels(&text.replace("items: [$0]", "items: [ex$0]")).contains(&"execve".to_owned()));
    let text = "- macro: m\n  condition: proc.name in (sh$0)\n- list: shells\n  items: [b]\n";
    assert!(labels(text).contains(&"shells".to_owned()));
}

#[test]
fn arguments_in_brackets_and_behind_dots() {
    assert!(accept(&rule("proc.aname[$0"), "1").contains("proc.aname[1"));
    assert!(labels(&rule("proc.env[LD_$0]")).contains(&"LD_PRELOAD".to_owned()));
    assert!(labels(&rule("proc.name[$0")).is_empty());
    assert!(labels(&rule("fd.types[$0")).contains(&"0".to_owned()));
    assert_eq!(labels(&rule("evt.abspath.$0")), ["evt.abspath.dst", "evt.abspath.src"]);
    assert!(accept(&rule("evt.type.is.ope$0 = 1"), "evt.type.is.open").contains("evt.type.is.open = 1"));
    assert!(labels(&rule("evt.rawarg.fl$0")).contains(&"evt.rawarg.flags".to_owned()));
}

#[test]
fn values_by_field() {
    assert!(labels(&rule("fd.type = $0")).contains(&"ipv4".to_owned()));
    assert!(labels(&rule("evt.res in (ENO$0")).contains(&"ENOSPC".to_owned()));
    assert!(labels(&rule("evt.source = $0")).contains(&"k8s_audit".to_owned()));
    assert!(accept(&rule("evt.arg.flags contains O_CR$0"), "O_CREAT").contains("contains O_CREAT\n"));
    assert!(accept(&rule("proc.name = $0"), "tolower").contains("= tolower($0)"));
    assert!(accept(&rule("proc.name = v$0"), "val").contains("= val($0)"));
}

#[test]
fn tags_of_the_workspace_and_not_twice() {
    let text = "- rule: A\n  desc: d\n  condition: evt.type = open\n  output: x\n  priority: INFO\n  tags: [team_red]\n- rule: B\n  tags: [mitre_execution, $0]\n";
    let found = labels(text);
    assert!(found.contains(&"team_red".to_owned()) && found.contains(&"T1059".to_owned()), "{found:?}");
    assert!(!found.contains(&"mitre_execution".to_owned()));
}

#[test]
fn versions_of_the_engine() {
    let found = labels("- required_engine_version: $0\n");
    let rank = |version: &str| found.iter().position(|label| label == version).unwrap();
    assert!(rank("0.62.0") < rank("0.43.0") && rank("0.43.0") < rank("0.7.0"), "newest first: {found:?}");
}

const EXCEPTION: &str = "- rule: R
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: [evt.type, fd.type]
      comps: [in, =]
      values: [[open, file]]
";

#[test]
fn rows_and_values_of_exceptions() {
    let row = EXCEPTION.replace("[[open, file]]", "[$0]");
    assert!(accept(&row, "[evt.type, fd.type]").contains("values: [[[${1:evt.type}], ${2:fd.type}]]"));
    let first = EXCEPTION.replace("[[open, file]]", "[[ope$0, file]]");
    assert!(accept(&first, "openat").contains("[[openat, file]]"));
    let second = EXCEPTION.replace("[[open, file]]", "\n        - [[open], $0]");
    let found = labels(&second);
    assert!(found.contains(&"ipv4".to_owned()) && !found.contains(&"openat".to_owned()), "{found:?}");
    let inner = EXCEPTION.replace("[[open, file]]", "[[[open, cl$0], file]]");
    assert!(labels(&inner).contains(&"close".to_owned()));
}

#[test]
fn operators_of_exceptions_fit_their_fields() {
    let text = EXCEPTION.replace("[evt.type, fd.type]", "[proc.name, evt.num]").replace("[in, =]", "[in, $0]");
    let found = labels(&text);
    assert!(found.contains(&">=".to_owned()) && !found.contains(&"startswith".to_owned()), "{found:?}");
}

#[test]
fn values_that_are_added_to_an_exception() {
    let added = format!(
        "{EXCEPTION}- rule: R\n  exceptions:\n    - name: e\n      values: [[[open], $0]]\n  override:\n    exceptions: append\n"
    );
    assert!(labels(&added).contains(&"ipv4".to_owned()));
    let named = format!("{EXCEPTION}- rule: R\n  exceptions:\n    - name: $0\n");
    assert_eq!(labels(&named), ["e"]);
}

#[test]
fn overrides_of_what_the_item_has_come_first() {
    let text = "- rule: R\n  tags: [a]\n  override:\n    $0\n";
    assert_eq!(labels(text).first().map(String::as_str), Some("tags"));
}

#[test]
fn every_style_of_scalar_has_its_word_replaced() {
    for (before, after) in [
        ("proc.na$0 = x", "proc.name = x"),
        ("'not proc.na$0 = ''x'''", "'not proc.name = ''x'''"),
        ("\"not proc.na$0 = \\\"x\\\"\"", "\"not proc.name = \\\"x\\\"\""),
        ("|\n    spawned and\n    proc.na$0 = x", "|\n    spawned and\n    proc.name = x"),
        ("spawned and\n    proc.na$0 = x", "spawned and\n    proc.name = x"),
        ("\"spawned and\n    proc.na$0", "\"spawned and\n    proc.name"),
    ] {
        assert!(accept(&rule(before), "proc.name").contains(after), "{before}");
    }
}

#[test]
fn items_are_matched_with_their_dash_if_it_is_there() {
    let (_, items) = complete("- ru$0");
    assert_eq!(items[0].filter.as_deref(), Some("- rule"));
    let (_, items) = complete("ru$0");
    assert_eq!(items[0].filter, None);
}

#[test]
fn names_of_rules_to_change() {
    let text = "//- /a.yaml\n- rule: Known rule\n  desc: d\n  condition: evt.type = open\n  output: x\n  priority: INFO\n//- /b.yaml\n- rule: Kn$0\n";
    assert!(labels(text).contains(&"Known rule".to_owned()));
}

#[test]
fn whole_items_at_the_left_margin() {
    assert!(accept("$0", "rule").starts_with("- rule: "));
    assert!(accept("- list: l\n  items: []\n- ma$0\n", "macro").contains("items: []\n- macro: "));
}

#[test]
fn a_broken_item_above_costs_nothing() {
    let text = format!("- rule: Broken\n  condition: \"evt.type = (\n  output: [\n{}", rule("proc.na$0"));
    assert!(labels(&text).contains(&"proc.name".to_owned()));
}

#[test]
fn nothing_in_comments_and_descriptions() {
    assert!(labels("- rule: R\n  # proc.$0\n").is_empty());
    assert!(labels("- rule: R\n  desc: proc.$0\n").is_empty());
}

#[test]
fn what_goes_with_what() {
    assert!(goes_with("proc.name", "proc.na"));
    assert!(goes_with("proc.name", "na"));
    assert!(goes_with("proc.exepath", "pexe"));
    assert!(!goes_with("proc.name", "roc"));
    assert!(!goes_with("fd.name", "proc"));
}
