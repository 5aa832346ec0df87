//! Words of rule tests that mean something in rules: names of rules, fields of events and alerts, their values. Rule tests are YAML
//! of their own kind, no part of what Falco loads, so they come as text beside the snapshot of the rules that they are about.

use falco_compiler::ItemKind;
use falco_syntax::yaml::{self, Node};
use falco_syntax::{TextRange, TextSize};

use crate::Analysis;
use crate::definition;
use crate::hover;
use crate::names::{self, Occurrence, Subject};
use crate::rename::{FileEdits, RenameError, write};
use crate::types::{Hover, NavigationTarget, TextEdit};

/// A word of a rule test.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// The name of a rule.
    Rule(String),
    /// A field of an event or an alert.
    Field(String),
    /// What a field is.
    Value { field: String, text: String },
}

struct Found {
    word: Word,
    node: Node,
    range: TextRange,
}

/// All words, in order of position.
fn words(text: &str) -> Vec<Found> {
    let parse = yaml::parse(text);
    let mut found: Vec<Found> = Vec::new();
    for root in parse.documents().map(|document| document.root()) {
        fields(get(&root, "defaults"), &mut found);
        for test in elements(get(&root, "tests")) {
            found.extend(elements(get(&test, "only")).filter_map(|name| word(name, Word::Rule)));
            elements(get(&test, "events")).for_each(|event| fields(Some(event), &mut found));
            for alert in elements(get(&test, "expect")) {
                found.extend(get(&alert, "rule").and_then(|name| word(name, Word::Rule)));
                fields(get(&alert, "fields"), &mut found);
            }
        }
    }
    found.sort_by_key(|found| found.range.start());
    found
}

/// The keys and values of a mapping of fields.
fn fields(values: Option<Node>, found: &mut Vec<Found>) {
    let Some(mapping) = values.and_then(|node| node.as_mapping()) else { return };
    for entry in mapping.entries() {
        found.extend(word(entry.key(), Word::Field));
        let Some(field) = entry.key_text() else { continue };
        let value = entry.value();
        // What an alert has to have can be said in more words.
        let value = value.as_mapping().and_then(|mapping| mapping.get("equals")).unwrap_or(value);
        found.extend(word(value, |text| Word::Value { field, text }));
    }
}

fn word(node: Node, kind: impl FnOnce(String) -> Word) -> Option<Found> {
    let range = names::content(&node).filter(|_| !node.is_alias())?;
    Some(Found { word: kind(node.text()?), node, range })
}

fn get(node: &Node, key: &str) -> Option<Node> {
    node.as_mapping()?.get(key)
}

fn elements(node: Option<Node>) -> impl Iterator<Item = Node> {
    node.and_then(|node| node.as_sequence()).into_iter().flat_map(|sequence| sequence.items())
}

fn word_at(text: &str, offset: TextSize) -> Option<Found> {
    words(text).into_iter().find(|found| found.range.contains_inclusive(offset))
}

fn rules(text: &str) -> impl Iterator<Item = (Found, String)> {
    words(text).into_iter().filter_map(|found| match &found.word {
        Word::Rule(name) => Some(name.clone()).map(|name| (found, name)),
        Word::Field(_) | Word::Value { .. } => None,
    })
}

/// The edits that give a rule its new name in the text of a rule test: in expectations and in `only`.
pub fn rename_in_test(text: &str, old: &str, new: &str) -> Vec<TextEdit> {
    let of_rule = rules(text).filter(|(_, name)| name == old);
    let edits = of_rule.map(|(found, _)| {
        let (range, text) = write::whole(&found.node, found.range, new);
        TextEdit { range, text }
    });
    edits.collect()
}

/// The places in the text of a rule test that name rules, with the names.
pub fn named_in_test(text: &str) -> Vec<(TextRange, String)> {
    rules(text).map(|(found, name)| (found.range, name)).collect()
}

/// The name of a rule at an offset of a rule test, with its place.
pub fn rule_at_in_test(text: &str, offset: TextSize) -> Option<(TextRange, String)> {
    named_in_test(text).into_iter().find(|(range, _)| range.contains_inclusive(offset))
}

/// The places in a rule test that say the same as the word at an offset.
pub fn highlights_in_test(text: &str, offset: TextSize) -> Vec<TextRange> {
    let Some(here) = word_at(text, offset) else { return Vec::new() };
    words(text).into_iter().filter(|found| found.word == here.word).map(|found| found.range).collect()
}

impl Analysis {
    /// What stands at an offset of a rule test, whose rules the snapshot has.
    pub fn hover_in_test(&self, text: &str, offset: TextSize) -> Option<Hover> {
        let found = word_at(text, offset)?;
        let markdown = match &found.word {
            Word::Rule(name) => hover::item::item(self, self.compilation().named(ItemKind::Rule, name)?),
            Word::Field(name) => hover::field_doc(self, name)?,
            Word::Value { field, text } => hover::value_doc(field, text)?,
        };
        Some(Hover { range: found.range, markdown })
    }

    /// Where the rule that is named at an offset of a rule test is defined and changed. `first`: without the changes.
    pub fn definition_in_test(&self, text: &str, offset: TextSize, first: bool) -> Vec<NavigationTarget> {
        let Some((_, name)) = rule_at_in_test(text, offset) else { return Vec::new() };
        definition::of(self, &subject(&name), first)
    }

    /// Every place of a rule's name in the rules.
    pub fn places_of_rule(&self, name: &str) -> Vec<Occurrence> {
        names::occurrences(self, &subject(name))
    }

    /// The edits that give a rule another name in the rules, as [`Analysis::rename`].
    ///
    /// # Errors
    /// When there is no such rule, or as [`Analysis::rename`].
    pub fn rename_rule(&self, name: &str, new: &str) -> Result<FileEdits, RenameError> {
        self.compilation().named(ItemKind::Rule, name).ok_or(RenameError::NoName)?;
        self.rename_subject(&subject(name), new)
    }
}

fn subject(rule: &str) -> Subject {
    Subject::Item(ItemKind::Rule, rule.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    const RULES: &str = "//- /rules.yaml
- rule: Shell
  desc: d
  condition: evt.type = execve
  output: x
  priority: INFO
//- /local.yaml
- rule: Shell
  enabled: false
  override: {enabled: replace}
";

    const TEST: &str = "rules: [rules.yaml]
defaults: {proc.name: bash}
tests:
  - name: Shell
    only: ['Shell']
    events:
      - {evt.type: execve, proc.name: bash}
    expect:
      - {rule: Shell, fields: {proc.name: {equals: bash}, evt.type: execve}}
";

    /// The test with a cursor in the n-th place of a word.
    fn at(word: &str, nth: usize) -> TextSize {
        let (start, _) = TEST.match_indices(word).nth(nth).unwrap();
        TextSize::new(start as u32 + 1)
    }

    fn rules() -> Analysis {
        Fixture::new(RULES).analysis
    }

    fn hover(word: &str, nth: usize) -> Option<String> {
        rules().hover_in_test(TEST, at(word, nth)).map(|hover| hover.markdown)
    }

    #[test]
    fn hover_tells_of_rules_fields_and_values() {
        for nth in [1, 2] {
            assert!(hover("Shell", nth).unwrap().contains("evt.type = execve"));
        }
        for nth in [0, 1, 2] {
            assert!(hover("proc.name", nth).unwrap().starts_with("**proc.name**"), "{:?}", hover("proc.name", nth));
        }
        assert!(hover("execve", 0).is_some() && hover("execve", 1).is_some());
        // The name of a test is only a name, and so is a process's.
        assert_eq!((hover("Shell", 0), hover("bash", 0), hover("tests", 0)), (None, None, None));
    }

    #[test]
    fn definition_leads_to_the_rule() {
        let analysis = rules();
        let paths = |first| -> Vec<u32> {
            let found = analysis.definition_in_test(TEST, at("Shell", 2), first);
            found.iter().map(|target| target.file.0).collect()
        };
        assert_eq!((paths(false), paths(true)), (vec![0, 1], vec![0]));
        assert!(analysis.definition_in_test(TEST, at("proc.name", 0), false).is_empty());
    }

    #[test]
    fn highlights_are_what_means_the_same() {
        let count = |word, nth| highlights_in_test(TEST, at(word, nth)).len();
        assert_eq!((count("Shell", 0), count("Shell", 1), count("Shell", 2)), (0, 2, 2));
        assert_eq!((count("proc.name", 0), count("bash", 1), count("evt.type", 1)), (3, 3, 2));
    }

    #[test]
    fn references_and_renames_go_through_all_rules() {
        let analysis = rules();
        assert_eq!(rule_at_in_test(TEST, at("Shell", 1)).unwrap().1, "Shell");
        assert_eq!(analysis.places_of_rule("Shell").len(), 2);
        let edits = analysis.rename_rule("Shell", "Other").unwrap();
        assert_eq!(edits.iter().map(|(_, edits)| edits.len()).sum::<usize>(), 2);
        assert_eq!(analysis.rename_rule("Nobody", "Other"), Err(RenameError::NoName));
    }
}
