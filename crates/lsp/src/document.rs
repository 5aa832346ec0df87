//! One open document.

use std::sync::Arc;

use ropey::Rope;
use tower_lsp::lsp_types::TextDocumentContentChangeEvent;

use crate::encoding::{self, Encoding};

/// The client's text of a document, at a version. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Document {
    rope: Rope,
    text: Arc<str>,
    version: i32,
    language: Arc<str>,
}

impl Document {
    /// The document as it was opened.
    pub fn new(text: &str, version: i32, language: &str) -> Self {
        Self { rope: Rope::from_str(text), text: text.into(), version, language: language.into() }
    }

    /// Applies changes in order. A range whose ends are swapped or out of the text is clamped, as the protocol asks.
    pub fn apply(&mut self, changes: &[TextDocumentContentChangeEvent], version: i32, encoding: Encoding) {
        for change in changes {
            match change.range {
                Some(range) => {
                    let start = encoding::offset(&self.rope, range.start, encoding);
                    let end = encoding::offset(&self.rope, range.end, encoding);
                    let (start, end) = (start.min(end), start.max(end));
                    let at = self.rope.byte_to_char(start);
                    self.rope.remove(at..self.rope.byte_to_char(end));
                    self.rope.insert(at, &change.text);
                }
                None => self.rope = Rope::from_str(&change.text),
            }
        }
        self.text = self.rope.to_string().into();
        self.version = version;
    }

    /// For converting positions.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The client's version.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The client's language id.
    pub fn language(&self) -> &str {
        &self.language
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::{Position, Range};

    use super::*;

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let range = Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1));
        TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: text.into() }
    }

    #[test]
    fn changes_apply_in_order() {
        let mut doc = Document::new("- rule: a\n  desc: b\n", 1, "yaml");
        doc.apply(&[change((0, 8), (0, 9), "xyz"), change((0, 11), (1, 2), "\n  ")], 2, Encoding::Utf16);
        assert_eq!(&**doc.text(), "- rule: xyz\n  desc: b\n");
        assert_eq!(doc.version(), 2);
    }

    #[test]
    fn an_edit_after_an_emoji_lands_where_the_client_meant() {
        let mut doc = Document::new("# 😀 x\n", 1, "yaml");
        doc.apply(&[change((0, 5), (0, 6), "y")], 2, Encoding::Utf16);
        assert_eq!(&**doc.text(), "# 😀 y\n");
    }

    #[test]
    fn swapped_and_wild_ranges_are_clamped() {
        let mut doc = Document::new("abc\n", 1, "yaml");
        doc.apply(&[change((0, 2), (0, 1), "X"), change((7, 7), (9, 9), "!")], 2, Encoding::Utf16);
        assert_eq!(&**doc.text(), "aXc\n!");
    }

    #[test]
    fn a_change_without_range_replaces_everything() {
        let mut doc = Document::new("abc", 1, "yaml");
        let all = TextDocumentContentChangeEvent { range: None, range_length: None, text: "new".into() };
        doc.apply(&[all], 5, Encoding::Utf8);
        assert_eq!(&**doc.text(), "new");
    }
}
