//! What grows around the cursor: word, check, condition, value, key, item, file.

use falco_catalog::keys::KeyValue;
use falco_syntax::condition::nodes::token_at;
use falco_syntax::condition::syntax::SyntaxNode;
use falco_syntax::{TextRange, TextSize, condition, output};

use crate::Analysis;
use crate::context::{self, Context, Embedded};
use crate::types::FilePosition;

impl Analysis {
    /// Ranges around a position, each within the next, the smallest first.
    pub fn selection_ranges(&self, position: FilePosition) -> Vec<TextRange> {
        let Some(tree) = self.tree(position.file) else { return Vec::new() };
        let text = self.text(position.file);
        let mut ranges = Vec::new();
        if let Some((Context::Value { key, embedded, .. }, _)) = context::at(tree, text, position.offset) {
            match key.value {
                KeyValue::Condition => around(&condition::parse(&embedded.text).syntax(), &embedded, &mut ranges),
                KeyValue::Output => around(&output::parse(&embedded.text).syntax(), &embedded, &mut ranges),
                _ => {}
            }
        }
        if let Some(token) = tree.syntax().token_at_offset(position.offset).right_biased() {
            ranges.push(token.text_range());
            ranges.extend(token.parent_ancestors().map(|node| node.text_range()));
        }
        ranges.push(TextRange::up_to(TextSize::of(text)));
        let mut grown: Vec<TextRange> = Vec::new();
        for range in ranges {
            let range = trimmed(text, range);
            let grows = grown.last().is_none_or(|last| range.contains_range(*last) && range != *last);
            if grows && range.contains_inclusive(position.offset) {
                grown.push(range);
            }
        }
        grown
    }
}

/// The nodes of an embedded text around the cursor.
fn around(root: &SyntaxNode, embedded: &Embedded, out: &mut Vec<TextRange>) {
    let Some(token) = token_at(root, embedded.offset) else { return };
    out.push(embedded.to_file(token.text_range()));
    out.extend(token.parent_ancestors().map(|node| embedded.to_file(node.text_range())));
}

/// Without the blanks at its ends, unless there is nothing else.
fn trimmed(text: &str, range: TextRange) -> TextRange {
    let inside = text.get(std::ops::Range::<usize>::from(range)).unwrap_or_default();
    let start = TextSize::of(inside) - TextSize::of(inside.trim_start());
    match inside.trim() {
        "" => range,
        words => TextRange::at(range.start() + start, TextSize::of(words)),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    fn check(text: &str, expected: &[&str]) {
        let fixture = Fixture::new(text);
        let ranges = fixture.analysis.selection_ranges(fixture.position());
        let texts: Vec<&str> = ranges.iter().map(|range| &fixture.texts[0][*range]).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn from_a_word_of_a_condition_to_the_file() {
        check(
            "- list: l\n- macro: m\n  condition: >\n    a and (proc.na$0me = x\n    or b)\n",
            &[
                "proc.name",
                "proc.name = x",
                "proc.name = x\n    or b",
                "(proc.name = x\n    or b)",
                "a and (proc.name = x\n    or b)",
                ">\n    a and (proc.name = x\n    or b)",
                "condition: >\n    a and (proc.name = x\n    or b)",
                "macro: m\n  condition: >\n    a and (proc.name = x\n    or b)",
                "- macro: m\n  condition: >\n    a and (proc.name = x\n    or b)",
                "- list: l\n- macro: m\n  condition: >\n    a and (proc.name = x\n    or b)",
            ],
        );
    }

    #[test]
    fn from_an_element_of_a_list() {
        check(
            "- list: l\n  items: [a, b$0b]\n",
            &["bb", "[a, bb]", "items: [a, bb]", "list: l\n  items: [a, bb]", "- list: l\n  items: [a, bb]"],
        );
    }
}
