//! Whether a change keeps its promise: compiles what there would be and compares.

use falco_compiler::{Compilation, Diagnostic, Severity};
use rustc_hash::FxHashMap;

use crate::Analysis;
use crate::types::Change;

/// Whether Falco loads the same rules after a change, and has nothing new to complain about.
pub(super) fn keeps_meaning(analysis: &Analysis, change: &Change) -> bool {
    let before = analysis.compilation();
    let Some(after) = analysis.compile_changed(change) else { return false };
    !change.is_empty() && !is_worse(before, &after) && before.differences(&after).is_empty()
}

/// Whether there are more findings of some kind that Falco would report, unused items aside: a refactoring may well use the last use
/// of a name.
pub(super) fn is_worse(before: &Compilation, after: &Compilation) -> bool {
    let mut counts: FxHashMap<&str, i64> = FxHashMap::default();
    let counted = |d: &&Diagnostic| {
        let unused = matches!(d.code, "LOAD_UNUSED_MACRO" | "LOAD_UNUSED_LIST");
        (d.severity == Severity::Error || d.code.starts_with("LOAD_")) && !unused
    };
    for diagnostic in after.iter().filter(counted) {
        *counts.entry(diagnostic.code).or_default() += 1;
    }
    for diagnostic in before.iter().filter(counted) {
        *counts.entry(diagnostic.code).or_default() -= 1;
    }
    counts.values().any(|count| *count > 0)
}
