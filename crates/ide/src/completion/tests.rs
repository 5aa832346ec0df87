//! Completion at `$0`, in whole and in broken files.

use super::goes_with;
use crate::fixture::Fixture;
use crate::types::*;

fn complete(text: &str) -> (Fixture, Vec<CompletionItem>) {
    let fixture = Fixture::new(text);
    let items = fixture.analysis.completions(fixture.position());
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
    let (_, items) = complete(&rule("proc.na$0"));
    let name = items.iter().find(|i| i.label == "proc.name").unwrap();
    assert_eq!(name.kind, CompletionKind::Field);
    assert_eq!(name.detail.as_deref(), Some("string"));
    assert!(name.documentation.as_ref().unwrap().contains("proc.name"));
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
