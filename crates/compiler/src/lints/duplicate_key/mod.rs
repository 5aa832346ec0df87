//! The lint `duplicate-key`; its page is `page.md`.

use rustc_hash::FxHashMap;

use crate::diagnostic::Repair;
use crate::items::ItemIr;
use crate::lints::{Lint, LintCategory, LintLevel};
use crate::loc::Loc;
use crate::options::Options;
use crate::sink::RawDiag;
use crate::value::{Entry, Value};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "duplicate-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a key stands twice in an item, and Falco ignores the second",
    options: &[],
    page: include_str!("page.md"),
};

/// The findings in the mappings inside of an item: its exceptions, its `override`, requirements of plugins. (The item's own keys are
/// looked at where unknown ones are.)
pub(crate) fn nested(options: &Options, ir: &ItemIr) -> Vec<RawDiag> {
    let mut found = Vec::new();
    for key in ["exceptions", "override", "required_plugin_versions"] {
        match ir.get(key).map(|entry| &entry.value) {
            Some(Value::Map { entries, .. }) => {
                let message = |key: &str| format!("`{key}` stands twice in `override`, and Falco does both");
                mapping(options, ir, entries, &message, "the other one", &mut found);
            }
            Some(Value::Seq { items, .. }) => items.iter().for_each(|item| element(options, ir, item, &mut found)),
            _ => {}
        }
    }
    found
}

fn element(options: &Options, ir: &ItemIr, element: &Value, found: &mut Vec<RawDiag>) {
    let Value::Map { entries, .. } = element else { return };
    let message = |key: &str| format!("`{key}` stands twice here; Falco takes the first and ignores this one");
    mapping(options, ir, entries, &message, "the one that counts", found);
    let alternatives = entries.iter().find(|e| e.key.as_scalar().is_some_and(|key| &*key.text == "alternatives"));
    if let Some(Value::Seq { items, .. }) = alternatives.map(|entry| &entry.value) {
        for item in items {
            if let Value::Map { entries, .. } = item {
                mapping(options, ir, entries, &message, "the one that counts", found);
            }
        }
    }
}

fn mapping(
    options: &Options,
    ir: &ItemIr,
    entries: &[Entry],
    message: &dyn Fn(&str) -> String,
    label: &str,
    found: &mut Vec<RawDiag>,
) {
    let mut seen: FxHashMap<&str, Loc> = FxHashMap::default();
    for key in entries.iter().filter_map(|entry| entry.key.as_scalar()) {
        let loc = key.loc(ir.uid);
        let first = *seen.entry(&key.text).or_insert(loc);
        if first != loc {
            let diag = LINT.diag(&options.lints, message(&key.text), loc);
            let remove = |loc| vec![Repair::RemoveEntry(loc)];
            found.extend(diag.map(|diag| {
                diag.label(first, label).repair("remove this one", remove(loc), false).repair(
                    "remove the first one",
                    remove(first),
                    false,
                )
            }));
        }
    }
}

#[cfg(test)]
mod tests;
