//! # duplicate-key
//!
//! Of two equal keys in an item Falco takes the first and says nothing. Most YAML tools refuse such a file or take the last one.
//!
//! ## Bad
//!
//! ```yaml
//! - macro: reads
//!   condition: evt.type = read
//!   condition: evt.type in (read, pread)
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - macro: reads
//!   condition: evt.type in (read, pread)
//! ```
//!
//! ## Why
//!
//! Whoever added the second key believes that it counts.

use rustc_hash::FxHashMap;

use crate::diagnostic::Repair;
use crate::items::ItemIr;
use crate::lints::{Lint, LintCategory};
use crate::loc::Loc;
use crate::options::{LintLevel, Options};
use crate::sink::RawDiag;
use crate::value::{Entry, Value};

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "duplicate-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a key stands twice in an item, and Falco ignores the second",
    source: include_str!("duplicate_key.rs"),
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
mod tests {
    use crate::fixture::check;

    #[test]
    fn mappings_in_items_are_looked_at() {
        check(
            r#"
- required_plugin_versions:
    - name: json
      version: 0.1.0
      version: 0.2.0
#     ^^^^^^^ warning: `version` stands twice here; Falco takes the first and ignores this one
      alternatives: [{name: k8s, version: 0.1.0, name: json}]
#                                                ^^^^ warning: `name` stands twice here; Falco takes the first and ignores this one
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: proc.name
      values: [a]
      values: [b]
#     ^^^^^^ warning: `values` stands twice here; Falco takes the first and ignores this one
- rule: r
  desc: e
  override:
    desc: append
    desc: replace
#   ^^^^ warning: `desc` stands twice in `override`, and Falco does both
"#,
        );
    }

    #[test]
    fn the_first_one_counts() {
        check(
            r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
  condition: evt.type = close
# ^^^^^^^^^ warning: `condition` stands twice in this item; Falco takes the first and ignores this one
"#,
        );
    }
}
