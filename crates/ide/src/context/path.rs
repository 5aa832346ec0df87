//! Where the cursor is in any YAML document, as a path from its root.

use falco_syntax::TextRange;
use falco_syntax::TextSize;
use falco_syntax::yaml::{Mapping, Node, NodeKind};

use super::{Cursor, Embedded};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the value of a key.
    Key(String),
    /// To an element of a sequence.
    Element,
}

impl Step {
    /// The key, or `-` for an element.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Key(key) => key,
            Self::Element => "-",
        }
    }
}

/// Whether a mapping belongs at a path.
pub(crate) type TakesMapping = fn(&[Step]) -> bool;

/// What the cursor is in at the end of the path.
#[derive(Debug, Clone)]
pub(crate) enum Slot {
    /// A key of the mapping at the path, perhaps still without its colon.
    Key {
        /// The key's text.
        range: TextRange,
        /// What is typed of it.
        typed: String,
        /// The other keys of the mapping.
        present: Vec<String>,
        /// Whether a colon follows already.
        has_colon: bool,
        /// The column of the mapping's keys; `None` in braces.
        column: Option<usize>,
    },
    /// The value at the path.
    Value(Embedded),
}

impl Cursor<'_> {
    /// The path from the root of a document, and what is at its end. Without a root the text is empty. `takes_mapping` tells at
    /// which paths a mapping belongs.
    pub(crate) fn locate(&self, root: Option<&Node>, takes_mapping: TakesMapping) -> Option<(Vec<Step>, Slot)> {
        if self.is_in_comment() {
            return None;
        }
        let mut path = Vec::new();
        let slot = match root.filter(|root| !root.is_null()) {
            Some(root) => self.locate_in(root, &mut path, takes_mapping)?,
            None => self.fresh_key(Vec::new(), Some(self.line_column())),
        };
        Some((path, slot))
    }

    fn locate_in(&self, node: &Node, path: &mut Vec<Step>, takes_mapping: TakesMapping) -> Option<Slot> {
        let node = node.resolve();
        match node.kind() {
            NodeKind::Mapping => self.locate_in_mapping(&node.as_mapping()?, path, takes_mapping),
            NodeKind::Sequence => self.locate_in_sequence(&node, path, takes_mapping),
            NodeKind::Scalar | NodeKind::Null => {
                // A mapping's first key is a mere word while it is typed, on a line of its own or behind a dash.
                let before = self.before().trim_start_matches([' ', '-']);
                let is_word = before.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
                if is_word && takes_mapping(path) {
                    return Some(self.fresh_key(Vec::new(), Some(self.line_column())));
                }
                Some(Slot::Value(self.embedded(&node)))
            }
        }
    }

    fn locate_in_mapping(&self, mapping: &Mapping, path: &mut Vec<Step>, takes_mapping: TakesMapping) -> Option<Slot> {
        let entries: Vec<_> = mapping.entries().collect();
        let present = |except: Option<usize>| -> Vec<String> {
            let others = entries.iter().enumerate().filter(|(index, _)| Some(*index) != except);
            others.filter_map(|(_, entry)| entry.key_text()).collect()
        };
        let column = (!mapping.is_flow()).then(|| self.column_of(mapping.range().start()));
        let Some(index) = entries.iter().rposition(|entry| entry.range().start() <= self.offset) else {
            return Some(self.fresh_key(present(None), column));
        };
        let entry = entries.get(index)?;
        let key_range = entry.key().range();
        let colon = entry.colon().map(|colon| colon.text_range().end());
        if colon.is_none_or(|colon| colon > self.offset) && key_range.contains_inclusive(self.offset) {
            let typed = self.text.get(usize::from(key_range.start())..self.at).unwrap_or_default().to_owned();
            let (present, has_colon) = (present(Some(index)), colon.is_some());
            return Some(Slot::Key { range: key_range, typed, present, has_colon, column });
        }
        if let Some(column) = column {
            let own_column = self.line_column();
            if self.column_line(key_range.start()) != self.line && own_column <= column {
                return (own_column == column).then(|| self.fresh_key(present(None), Some(column)));
            }
        } else {
            // Behind a comma the next entry begins.
            let end = entry.range().end().max(colon.unwrap_or(key_range.end()));
            let between = self.text.get(usize::from(end)..self.at).unwrap_or_default();
            if between.contains(',') {
                return Some(self.fresh_key(present(None), None));
            }
        }
        colon?;
        path.push(Step::Key(entry.key_text()?));
        self.locate_in(&entry.value(), path, takes_mapping)
    }

    fn locate_in_sequence(&self, node: &Node, path: &mut Vec<Step>, takes_mapping: TakesMapping) -> Option<Slot> {
        let sequence = node.as_sequence()?;
        let items: Vec<Node> = sequence.items().collect();
        path.push(Step::Element);
        let touched = items.iter().find(|item| item.range().contains_inclusive(self.offset));
        if sequence.is_flow() {
            return match touched {
                Some(item) => self.locate_in(item, path, takes_mapping),
                None => Some(Slot::Value(self.nothing())),
            };
        }
        let last = items.iter().rfind(|item| item.full_range().start() <= self.offset);
        let item = touched.or(last)?;
        let indent = self.before().len() - self.before().trim_start().len();
        let dashed = self.before().trim_start().starts_with('-') && indent <= self.column_of(sequence.range().start());
        if dashed && self.column_line(item.range().start()) != self.line {
            return Some(match takes_mapping(path) {
                true => self.fresh_key(Vec::new(), Some(self.line_column())),
                false => Slot::Value(self.nothing()),
            });
        }
        self.locate_in(item, path, takes_mapping)
    }

    /// A key that is begun, or yet to be written, at the cursor.
    fn fresh_key(&self, present: Vec<String>, column: Option<usize>) -> Slot {
        let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
        let word = self.before().bytes().rev().take_while(|b| is_part(*b)).count();
        let start = self.at - word;
        let typed = self.text.get(start..self.at).unwrap_or_default().to_owned();
        let range = TextRange::new(TextSize::new(u32::try_from(start).unwrap_or(u32::MAX)), self.word_end());
        let rest = self.after().trim_start_matches(|c: char| !c.is_whitespace() && c != ':');
        Slot::Key { range, typed, present, has_colon: rest.starts_with(':'), column }
    }
}
