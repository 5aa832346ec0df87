//! Parsing again after an edit.
//!
//! The items of a rules file do not depend on each other: each starts with a dash in the first column, where whatever was
//! left open above it ends. So an edit inside of one item parses that item alone, and the rest of the tree is shared.
//! Where that is not certain (the edit touches an item's dash or the line break before the next one, the last item, markers,
//! aliases, directives), everything is parsed. A property test holds the result against a full parse.

use super::error::SyntaxError;
use super::kind::{SyntaxKind, Yaml};
use super::{GreenNode, Parse, parse, parser};
use rowan::{Language as _, NodeOrToken, TextRange, TextSize};

/// What an edit did: where text went, and how much came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEdit {
    /// The range in the old text that was replaced.
    pub range: TextRange,
    /// The length of the text that replaced it.
    pub inserted: TextSize,
}

impl Parse {
    /// Parses a text that came from this one's by an edit. The result equals that of [`parse`].
    pub fn reparse(&self, text: &str, edit: TextEdit) -> Self {
        self.reparse_item(text, edit).unwrap_or_else(|| parse(text))
    }

    fn reparse_item(&self, text: &str, edit: TextEdit) -> Option<Self> {
        let old_len = self.green.text_len();
        let new_len = TextSize::try_from(text.len()).ok()?;
        let kept = old_len.checked_sub(edit.range.len())?;
        if self.is_linked || edit.range.end() > old_len || kept.checked_add(edit.inserted)? != new_len {
            return None;
        }
        let region = Region::find(&self.green, text, edit.range)?;

        // The edit stays behind the dash and its blank, and before the line break in front of the next item.
        let new_end = region.range.end() + edit.inserted - edit.range.len();
        let new_text = text.get(usize::from(region.range.start())..usize::from(new_end))?;
        let behind_dash = edit.range.start() >= region.range.start() + TextSize::new(2);
        // A recovered item without a dash would not end what the region leaves open.
        let next = text.get(usize::from(new_end)..)?;
        let dash_follows = next.strip_prefix('-').is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r']));
        if !behind_dash
            || !dash_follows
            || edit.range.end() >= region.range.end()
            || !new_text.starts_with("- ")
            || !new_text.ends_with('\n')
        {
            return None;
        }

        let output = parser::parse(new_text);
        if output.is_linked {
            return None;
        }
        let items = items_of(&output.green)?;
        let seq = region.seq.splice_children(region.children.clone(), items);
        let document = region.document.replace_child(region.seq_index, NodeOrToken::Node(seq));
        let green = self.green.replace_child(region.document_index, NodeOrToken::Node(document));

        let shift = |error: &SyntaxError, by: TextSize| SyntaxError { range: error.range + by, ..error.clone() };
        let before = self.errors.iter().filter(|error| error.range.start() < region.range.start()).cloned();
        let own = output.errors.iter().map(|error| shift(error, region.range.start()));
        let after = self
            .errors
            .iter()
            .filter(|error| error.range.start() >= region.range.end())
            .map(|error| SyntaxError { range: error.range + edit.inserted - edit.range.len(), ..error.clone() });
        let mut errors: Vec<_> = before.chain(own).chain(after).collect();
        errors.sort_by_key(|error| (error.range.start(), error.range.end()));
        Some(Self { green, errors: errors.into(), is_linked: false })
    }
}

/// An item of the file's sequence with the trivia up to the next item.
struct Region {
    range: TextRange,
    document_index: usize,
    document: GreenNode,
    seq_index: usize,
    seq: GreenNode,
    /// The sequence's children that the region is made of.
    children: std::ops::Range<usize>,
}

impl Region {
    fn find(root: &GreenNode, text: &str, edit: TextRange) -> Option<Self> {
        let (document_index, document_start, document) = child_at(root, edit, SyntaxKind::Document, TextSize::new(0))?;
        // In a document with more than one root, errors of the document lie in the items.
        if document.children().filter(|child| Yaml::kind_from_raw(child.kind()).is_content()).count() != 1 {
            return None;
        }
        let (seq_index, seq_start, seq) = child_at(&document, edit, SyntaxKind::BlockSeq, document_start)?;
        // What is before the edit is the same in both texts.
        let in_first_column = |at: TextSize| match usize::from(at).checked_sub(1) {
            Some(before) => text.as_bytes().get(before).is_some_and(|byte| matches!(byte, b'\n' | b'\r')),
            None => true,
        };
        if !in_first_column(seq_start) {
            return None;
        }
        let mut at = seq_start;
        let mut first: Option<(usize, TextSize)> = None;
        for (index, child) in seq.children().enumerate() {
            if Yaml::kind_from_raw(child.kind()) == SyntaxKind::SeqItem {
                match first {
                    Some((first_index, start)) if at > edit.end() && in_first_column(start) => {
                        return Some(Self {
                            range: TextRange::new(start, at),
                            document_index,
                            document,
                            seq_index,
                            children: first_index..index,
                            seq: seq.clone(),
                        });
                    }
                    _ if at > edit.start() => return None,
                    _ => first = Some((index, at)),
                }
            }
            at += match child {
                NodeOrToken::Node(node) => node.text_len(),
                NodeOrToken::Token(token) => token.text_len(),
            };
        }
        None
    }
}

/// The child node of a kind that a range lies in, with its index and its start.
fn child_at(
    parent: &GreenNode,
    range: TextRange,
    kind: SyntaxKind,
    parent_start: TextSize,
) -> Option<(usize, TextSize, GreenNode)> {
    let mut at = parent_start;
    for (index, child) in parent.children().enumerate() {
        let len = match child {
            NodeOrToken::Node(node) => node.text_len(),
            NodeOrToken::Token(token) => token.text_len(),
        };
        if range.start() >= at
            && range.end() <= at + len
            && let NodeOrToken::Node(node) = child
            && Yaml::kind_from_raw(node.kind()) == kind
        {
            return Some((index, at, node.to_owned()));
        }
        at += len;
    }
    None
}

type Element = NodeOrToken<GreenNode, rowan::GreenToken>;

/// The children of the one sequence that a tree consists of, with the trivia after it.
fn items_of(root: &GreenNode) -> Option<Vec<Element>> {
    let mut children = root.children();
    let document = children.next()?.into_node()?;
    let mut rest: Vec<Element> = Vec::new();
    for child in children {
        let token = child.into_token()?;
        if !Yaml::kind_from_raw(token.kind()).is_trivia() {
            return None;
        }
        rest.push(NodeOrToken::Token(token.to_owned()));
    }
    let mut contents = document.children();
    let seq = contents.next()?.into_node()?;
    if contents.next().is_some() || Yaml::kind_from_raw(seq.kind()) != SyntaxKind::BlockSeq {
        return None;
    }
    let items = seq.children().map(|child| match child {
        NodeOrToken::Node(node) => NodeOrToken::Node(node.to_owned()),
        NodeOrToken::Token(token) => NodeOrToken::Token(token.to_owned()),
    });
    Some(items.chain(rest).collect())
}
