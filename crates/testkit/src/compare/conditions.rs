//! Conditions and exceptions before and after.

use std::collections::BTreeMap;

use falco_compiler::program::RuleProgram;
use falco_compiler::{Effective, Named, Part, Relation};

use super::What;

/// A rule of one of the sets.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) named: Named<'a>,
    pub(super) rule: &'a RuleProgram,
}

/// How the conditions of two rules relate.
pub(super) fn of_rules(old: Side<'_>, new: Side<'_>, part: Part) -> Relation {
    if old.rule.condition_text == new.rule.condition_text {
        return Relation::Equal;
    }
    old.named.relate(&new.named, part)
}

/// The text of a condition as it was written, all appends joined, and with everything in it opened.
#[derive(PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) written: String,
    pub(super) opened: Option<String>,
}

pub(super) fn texts(named: Named<'_>) -> Texts {
    match named.effective() {
        Effective::Macro { text, expanded } | Effective::Rule { text, expanded, .. } => {
            Texts { written: text, opened: expanded }
        }
        Effective::List { .. } => Texts { written: String::new(), opened: None },
    }
}

/// What changed of a rule's exceptions.
pub(super) fn exceptions(old: Side<'_>, new: Side<'_>) -> Option<What> {
    let (before, after) = (by_name(old.rule), by_name(new.rule));
    let names = |of: &BTreeMap<&str, Vec<&str>>, other: &BTreeMap<&str, Vec<&str>>| -> Vec<String> {
        of.keys().filter(|name| !other.contains_key(*name)).map(|name| (*name).to_owned()).collect()
    };
    let changed: Vec<String> = before
        .iter()
        .filter(|(name, checks)| after.get(*name).is_some_and(|now| now != *checks))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let (removed, added) = (names(&before, &after), names(&after, &before));
    let same = added.is_empty() && removed.is_empty() && changed.is_empty();
    (!same).then_some(What::Exceptions { added, removed, changed })
}

/// The checks that exceptions make, by the exception's name.
fn by_name(rule: &RuleProgram) -> BTreeMap<&str, Vec<&str>> {
    let mut checks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for written in &rule.provenance {
        if let Some(name) = &written.exception {
            checks.entry(name).or_default().push(&written.text);
        }
    }
    checks
}
