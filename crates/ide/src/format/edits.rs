//! From two texts to the edits between them.

use falco_syntax::{TextRange, TextSize};
use similar::{DiffTag, TextDiff};

use crate::types::TextEdit;

/// The edits of whole lines that make `old` into `new`.
pub fn edits_between(old: &str, new: &str) -> Vec<TextEdit> {
    let starts = |text: &str| -> Vec<usize> {
        let mut at = 0;
        let mut starts = vec![0];
        for line in text.split_inclusive('\n') {
            at += line.len();
            starts.push(at);
        }
        starts
    };
    let (old_starts, new_starts) = (starts(old), starts(new));
    let at = |starts: &[usize], line: usize, text: &str| starts.get(line).copied().unwrap_or(text.len());
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let diff = TextDiff::from_slices(&old_lines, &new_lines);
    let changes = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    changes
        .map(|op| {
            let (from, to) = (op.old_range(), op.new_range());
            let range = at(&old_starts, from.start, old)..at(&old_starts, from.end, old);
            let text = new.get(at(&new_starts, to.start, new)..at(&new_starts, to.end, new)).unwrap_or_default();
            let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
            TextEdit { range: TextRange::new(size(range.start), size(range.end)), text: text.to_owned() }
        })
        .collect()
}

/// The difference as a unified diff; empty for equal texts.
pub fn unified_diff(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}
