//! Changes of several files, and what it takes to apply them.

use std::collections::BTreeMap;

use falco_syntax::TextRange;

use crate::types::{Change, FileId, TextEdit};

impl Change {
    /// A change of one place.
    pub(crate) fn one(file: FileId, edit: TextEdit) -> Self {
        Self { edits: BTreeMap::from([(file, vec![edit])]) }
    }

    /// Changes of one file.
    pub(crate) fn of_file(file: FileId, edits: Vec<TextEdit>) -> Self {
        Self { edits: BTreeMap::from([(file, edits)]) }
    }

    /// Adds a replacement.
    pub(crate) fn push(&mut self, file: FileId, range: TextRange, text: impl Into<String>) {
        self.edits.entry(file).or_default().push(TextEdit { range, text: text.into() });
    }

    /// Adds all edits of another change.
    pub(crate) fn extend(&mut self, other: Self) {
        for (file, edits) in other.edits {
            self.edits.entry(file).or_default().extend(edits);
        }
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.edits.values().all(Vec::is_empty)
    }

    /// Whether an edit of `other` touches one of this change, so that they cannot both be applied to the same text.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        self.edits.iter().any(|(file, mine)| {
            let theirs = other.edits.get(file).map(Vec::as_slice).unwrap_or_default();
            mine.iter().any(|a| theirs.iter().any(|b| touch(a.range, b.range)))
        })
    }
}

/// Whether two ranges overlap or meet: what is written where two edits meet would depend on their order.
fn touch(a: TextRange, b: TextRange) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// The text with the edits, which may be in any order; `None` if they overlap or lie outside of the text.
pub fn apply(text: &str, edits: &[TextEdit]) -> Option<String> {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    // Stable: of several insertions at one place the first stays the first.
    sorted.sort_by_key(|edit| (edit.range.start(), edit.range.end()));
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in sorted {
        out.push_str(text.get(at..usize::from(edit.range.start()))?);
        out.push_str(&edit.text);
        at = usize::from(edit.range.end());
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use falco_syntax::TextSize;

    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> TextEdit {
        TextEdit { range: TextRange::new(TextSize::new(start), TextSize::new(end)), text: text.to_owned() }
    }

    #[test]
    fn edits_apply_in_order_of_place() {
        assert_eq!(apply("abcdef", &[edit(4, 5, "E"), edit(0, 1, ""), edit(2, 2, "-")]).as_deref(), Some("b-cdEf"));
        assert_eq!(apply("ab", &[edit(1, 1, "x"), edit(1, 1, "y")]).as_deref(), Some("axyb"));
    }

    #[test]
    fn what_cannot_be_applied_is_refused() {
        assert_eq!(apply("abc", &[edit(0, 2, "x"), edit(1, 3, "y")]), None);
        assert_eq!(apply("abc", &[edit(2, 9, "x")]), None);
        assert_eq!(apply("ä", &[edit(1, 1, "x")]), None);
    }

    #[test]
    fn edits_that_meet_are_in_conflict() {
        let change = |edit| Change::one(FileId(0), edit);
        assert!(change(edit(0, 2, "")).conflicts(&change(edit(2, 3, ""))));
        assert!(!change(edit(0, 2, "")).conflicts(&change(edit(3, 3, ""))));
        assert!(!change(edit(0, 2, "")).conflicts(&Change::one(FileId(1), edit(0, 2, ""))));
    }
}
