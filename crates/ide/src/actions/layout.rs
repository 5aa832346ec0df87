//! Where things stand on their lines, and edits that leave everything around them as it is: comments, indentation, line breaks.

use falco_syntax::yaml::{self, NodeKind, SyntaxElement, SyntaxKind, SyntaxNode};
use falco_syntax::{TextRange, TextSize};
use rowan::NodeOrToken;

use crate::types::TextEdit;

/// A file's text with its tree.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    pub(super) tree: &'a yaml::Parse,
}

fn size(offset: usize) -> TextSize {
    // Texts are limited to 4 GiB by the syntax crate.
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

pub(super) fn span(start: usize, end: usize) -> TextRange {
    TextRange::new(size(start.min(end)), size(end))
}

impl<'a> Layout<'a> {
    pub(super) fn slice(&self, range: TextRange) -> &'a str {
        self.text.get(std::ops::Range::<usize>::from(range)).unwrap_or_default()
    }

    /// The line break that the file uses.
    pub(super) fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r') => "\r\n",
            _ => "\n",
        }
    }

    /// Where the line of `offset` begins.
    pub(super) fn line_start(&self, offset: usize) -> usize {
        self.text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
    }

    /// Where the line of `offset` ends, its line break excluded.
    pub(super) fn line_end(&self, offset: usize) -> usize {
        let rest = self.text.get(offset..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        offset + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Where the line after that of `offset` begins.
    fn next_line(&self, offset: usize) -> usize {
        let rest = self.text.get(offset..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |at| offset + at + 1)
    }

    /// The column of an offset, in bytes.
    pub(super) fn column(&self, offset: TextSize) -> usize {
        usize::from(offset) - self.line_start(offset.into())
    }

    /// What stands around a place, innermost first: the leaf's parent, and so on up.
    fn around(&self, place: TextRange) -> impl Iterator<Item = SyntaxNode> + use<> {
        let root = self.tree.syntax();
        let inside = root.text_range().intersect(place).unwrap_or_else(|| TextRange::empty(TextSize::new(0)));
        let element = match inside.is_empty() {
            // A place between two tokens belongs to the one that begins there.
            true => root.token_at_offset(inside.start()).right_biased().map(NodeOrToken::Token),
            false => Some(root.covering_element(inside)),
        };
        element.into_iter().flat_map(|element| {
            match element {
                NodeOrToken::Node(node) => Some(node),
                NodeOrToken::Token(token) => token.parent(),
            }
            .into_iter()
            .flat_map(|node| node.ancestors())
        })
    }

    /// The innermost entry of a mapping around a place.
    pub(super) fn entry_at(&self, place: TextRange) -> Option<SyntaxNode> {
        self.around(place).find(|node| node.kind() == SyntaxKind::MapEntry)
    }

    /// The innermost mapping around a place.
    pub(super) fn mapping_at(&self, place: TextRange) -> Option<SyntaxNode> {
        self.around(place).find(|node| is_mapping(node.kind()))
    }

    /// The innermost element of a sequence around a place: of a block sequence with its dash.
    pub(super) fn element_at(&self, place: TextRange) -> Option<SyntaxElement> {
        let root = self.tree.syntax();
        let token = root.token_at_offset(place.start()).right_biased()?;
        let in_flow = |element: &SyntaxElement| {
            element.parent().is_some_and(|parent| parent.kind() == SyntaxKind::FlowSeq) && element.kind().is_content()
        };
        let leaf = NodeOrToken::Token(token.clone());
        if in_flow(&leaf) {
            return Some(leaf);
        }
        token
            .parent_ancestors()
            .map(NodeOrToken::Node)
            .find(|element| element.kind() == SyntaxKind::SeqItem || in_flow(element))
    }

    /// The item of the file around a place, with its dash.
    pub(super) fn item_at(&self, place: TextRange) -> Option<SyntaxNode> {
        // The outermost: items hold sequences of their own.
        self.around(place).filter(|node| node.kind() == SyntaxKind::SeqItem).last()
    }

    /// The node of a value that stands at a place: the largest one that begins and ends there.
    pub(super) fn value_at(&self, place: TextRange) -> Option<yaml::Node> {
        let root = self.tree.syntax();
        let token = root.token_at_offset(place.start()).right_biased()?;
        let leaf = NodeOrToken::Token(token.clone());
        let all = std::iter::once(leaf).chain(token.parent_ancestors().map(NodeOrToken::Node));
        let fits = |element: &SyntaxElement| {
            element.kind().is_content()
                && element.text_range().start() == place.start()
                && yaml::Node::from_syntax(element.clone()).range().end() <= place.end()
        };
        all.filter(fits).last().map(yaml::Node::from_syntax)
    }

    /// The scalar whose text a place lies in.
    pub(super) fn scalar_at(&self, place: TextRange) -> Option<yaml::Scalar> {
        let root = self.tree.syntax();
        let token = root.token_at_offset(place.start()).right_biased()?;
        let at_end = root.token_at_offset(place.start()).left_biased()?;
        let scalar = |token: yaml::SyntaxToken| {
            let leaf = NodeOrToken::Token(token.clone());
            let mut all = std::iter::once(leaf).chain(token.parent_ancestors().map(NodeOrToken::Node));
            let is_scalar = |element: &SyntaxElement| {
                matches!(
                    element.kind(),
                    SyntaxKind::Plain | SyntaxKind::SingleQuoted | SyntaxKind::DoubleQuoted | SyntaxKind::BlockScalar
                )
            };
            all.find(is_scalar).map(yaml::Node::from_syntax)
        };
        scalar(token).or_else(|| scalar(at_end))?.as_scalar()
    }

    /// The lines of an item, with the comments directly above it.
    pub(super) fn item_lines(&self, item: &SyntaxNode) -> (usize, usize) {
        let start = usize::from(item.text_range().start());
        let mut from = self.line_start(start);
        while from > 0 {
            let above = self.line_start(from - 1);
            let line = self.text.get(above..from).unwrap_or_default();
            if !line.trim_start().starts_with('#') {
                break;
            }
            from = above;
        }
        (from, self.next_line(self.content_end(item)))
    }

    /// Where the last token of a node that is neither blank nor comment ends; a block scalar's last line break is left out.
    pub(super) fn content_end(&self, node: &SyntaxNode) -> usize {
        let tokens = node.descendants_with_tokens().filter_map(NodeOrToken::into_token);
        let last = tokens.filter(|token| !token.kind().is_trivia()).last();
        let range = last.map_or_else(|| node.text_range(), |token| token.text_range());
        let text = self.slice(range);
        usize::from(range.start()) + text.trim_end_matches(['\n', '\r', ' ', '\t']).len()
    }

    /// The same for an element.
    pub(super) fn element_end(&self, element: &SyntaxElement) -> usize {
        match element {
            NodeOrToken::Node(node) => self.content_end(node),
            NodeOrToken::Token(token) => token.text_range().end().into(),
        }
    }

    /// Whether there is a comment between two offsets.
    pub(super) fn has_comment(&self, range: TextRange) -> bool {
        let tokens = self.tree.syntax().descendants_with_tokens().filter_map(NodeOrToken::into_token);
        tokens.filter(|token| token.kind() == SyntaxKind::Comment).any(|comment| {
            let comment = comment.text_range();
            comment.start() < range.end() && range.start() < comment.end()
        })
    }

    /// Removes an item or an element of a sequence.
    pub(super) fn remove_element(&self, element: &SyntaxElement) -> Option<TextEdit> {
        match element {
            NodeOrToken::Node(node) if node.kind() == SyntaxKind::SeqItem => {
                let start = usize::from(node.text_range().start());
                let own_line = self.text.get(self.line_start(start)..start)?.trim().is_empty();
                if !own_line {
                    return None;
                }
                let (from, mut to) = self.item_lines(node);
                // Of the blank lines around it those behind go with it, unless nothing but it separates what stands around.
                let before = self.text.get(..from)?.trim_end_matches([' ', '\t']);
                if before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n") {
                    while to < self.text.len() && self.text.get(to..self.line_end(to))?.trim().is_empty() {
                        to = self.next_line(to);
                    }
                }
                Some(TextEdit { range: span(from, to), text: String::new() })
            }
            element => self.remove_from_flow(element),
        }
    }

    /// Removes an entry of a mapping; with the only entry of a mapping the entry that the mapping is the value of.
    pub(super) fn remove_entry(&self, entry: &SyntaxNode) -> Option<TextEdit> {
        let mapping = entry.parent()?;
        let entries: Vec<SyntaxNode> = mapping.children().filter(|node| node.kind() == SyntaxKind::MapEntry).collect();
        if entries.len() == 1 {
            let outer = mapping.ancestors().skip(1).find(|node| node.kind() == SyntaxKind::MapEntry)?;
            return self.remove_entry(&outer);
        }
        if mapping.kind() != SyntaxKind::BlockMap {
            return self.remove_from_flow(&NodeOrToken::Node(entry.clone()));
        }
        let start = usize::from(entry.text_range().start());
        let line = self.line_start(start);
        let end = self.content_end(entry);
        if self.text.get(line..start)?.trim().is_empty() {
            return Some(TextEdit { range: span(line, self.next_line(end)), text: String::new() });
        }
        // Behind a dash: the next entry moves up.
        let next = entries.iter().find(|other| usize::from(other.text_range().start()) > start)?;
        let range = span(start, next.text_range().start().into());
        (!self.has_comment(span(end, next.text_range().start().into())))
            .then(|| TextEdit { range, text: String::new() })
    }

    /// Removes an element of a flow collection with the comma behind it, or before it for the last one.
    fn remove_from_flow(&self, element: &SyntaxElement) -> Option<TextEdit> {
        let parent = element.parent()?;
        let others = |other: &SyntaxElement| other.kind().is_content() || other.kind() == SyntaxKind::MapEntry;
        let elements: Vec<SyntaxElement> = parent.children_with_tokens().filter(others).collect();
        let index = elements.iter().position(|other| other == element)?;
        let (start, end) = (usize::from(element.text_range().start()), self.element_end(element));
        let range = match (elements.get(index + 1), index.checked_sub(1).and_then(|i| elements.get(i))) {
            (Some(next), _) => span(start, next.text_range().start().into()),
            (None, Some(previous)) => span(self.element_end(previous), end),
            (None, None) => span(start, end),
        };
        (!self.has_comment(range)).then(|| TextEdit { range, text: String::new() })
    }

    /// Adds an entry at the end of a mapping.
    pub(super) fn insert_entry(&self, mapping: &SyntaxNode, key: &str, value: &str) -> Option<TextEdit> {
        let entries = || mapping.children().filter(|node| node.kind() == SyntaxKind::MapEntry);
        let (first, last) = (entries().next()?, entries().last()?);
        let end = self.content_end(&last);
        if mapping.kind() != SyntaxKind::BlockMap {
            return Some(TextEdit { range: span(end, end), text: format!(", {key}: {value}") });
        }
        let indent = " ".repeat(self.column(first.text_range().start()));
        let at = self.line_end(end);
        // A block scalar may end with blank lines that belong to it; the new entry comes behind them only if it must.
        Some(TextEdit { range: span(at, at), text: format!("{}{indent}{key}: {value}", self.newline()) })
    }

    /// Adds an element behind another one.
    pub(super) fn insert_element(&self, element: &SyntaxElement, value: &str) -> Option<TextEdit> {
        let end = self.element_end(element);
        if element.kind() != SyntaxKind::SeqItem {
            return Some(TextEdit { range: span(end, end), text: format!(", {value}") });
        }
        let indent = " ".repeat(self.column(element.text_range().start()));
        let at = self.line_end(end);
        Some(TextEdit { range: span(at, at), text: format!("{}{indent}- {value}", self.newline()) })
    }

    /// Adds an item, given without indentation and line break at its end, in front of another one and its comments.
    pub(super) fn insert_item(&self, before: &SyntaxNode, item: &str) -> Option<TextEdit> {
        let (from, _) = self.item_lines(before);
        let start = usize::from(before.text_range().start());
        let indent = self.text.get(self.line_start(start)..start).filter(|indent| indent.trim().is_empty())?;
        let newline = self.newline();
        let lines: Vec<String> =
            item.lines().map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") }).collect();
        Some(TextEdit { range: span(from, from), text: format!("{}{newline}{newline}", lines.join(newline)) })
    }
}

fn is_mapping(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::BlockMap | SyntaxKind::FlowMap | SyntaxKind::FlowPair)
}

/// A text as a YAML scalar on one line: plain if that reads back as the same text, else in quotes. `in_flow`: in `[ ]` or `{ }`.
pub(super) fn scalar(text: &str, in_flow: bool) -> String {
    let reads_back = |written: &str| {
        let document = if in_flow { format!("[{written}]") } else { format!("k: {written}") };
        let parse = yaml::parse(&document);
        let root = parse.documents().next().map(|document| document.root());
        let node = match in_flow {
            true => root.and_then(|root| root.as_sequence()).and_then(|items| {
                let mut items = items.items();
                items.next().filter(|_| items.next().is_none())
            }),
            false => root.and_then(|root| root.as_mapping()).and_then(|map| map.get("k")),
        };
        parse.errors().is_empty()
            && node.is_some_and(|node| node.kind() == NodeKind::Scalar && node.text().as_deref() == Some(text))
    };
    if !text.contains(['\n', '\r']) && reads_back(text) {
        return text.to_owned();
    }
    if !text.contains(|c: char| c.is_control()) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::change::apply;

    fn edited(text: &str, edit: impl FnOnce(&Layout<'_>, TextRange) -> Option<TextEdit>) -> String {
        let at = text.find('$').unwrap();
        let text = text.replacen('$', "", 1);
        let tree = yaml::parse(&text);
        let layout = Layout { text: &text, tree: &tree };
        let edit = edit(&layout, span(at, at)).expect("there is an edit");
        apply(&text, &[edit]).unwrap()
    }

    fn without_entry(text: &str) -> String {
        edited(text, |layout, at| layout.remove_entry(&layout.entry_at(at)?))
    }

    fn without_element(text: &str) -> String {
        edited(text, |layout, at| layout.remove_element(&layout.element_at(at)?))
    }

    #[test]
    fn entries_go_with_their_lines() {
        assert_eq!(without_entry("- rule: r\n  $foo: >\n    a\n\n    b\n  bar: 1 # c\n"), "- rule: r\n  bar: 1 # c\n");
        assert_eq!(without_entry("- $foo: 1\n  rule: r\n"), "- rule: r\n");
        assert_eq!(without_entry("- {a: 1, $b: 2, c: 3}\n"), "- {a: 1, c: 3}\n");
        assert_eq!(without_entry("- {a: 1, $b: 2}\n"), "- {a: 1}\n");
        assert_eq!(without_entry("- rule: r\n  override: {$b: 2}\n  c: 1\n"), "- rule: r\n  c: 1\n");
        assert_eq!(without_entry("- rule: r\r\n  $b: 2\r\n  c: 1\r\n"), "- rule: r\r\n  c: 1\r\n");
        assert_eq!(without_entry("- rule: r\n  $b: 2"), "- rule: r\n");
    }

    #[test]
    fn items_go_with_their_comments() {
        let text = "- list: a\n\n# about b\n- list: $b\n  items: [x] # y\n\n- list: c\n";
        assert_eq!(without_element(text), "- list: a\n\n- list: c\n");
        assert_eq!(without_element("- list: $a\n  items: []\n\n- list: b\n"), "- list: b\n");
        assert_eq!(without_element("items:\n  - a\n  - $b # why\n  - c\n"), "items:\n  - a\n  - c\n");
        assert_eq!(without_element("items: [a, $b, c]"), "items: [a, c]");
        assert_eq!(without_element("items: [a,\n  $c]"), "items: [a]");
        assert_eq!(without_element("items: [$c]"), "items: []");
    }

    #[test]
    fn entries_are_added_at_the_end() {
        let add = |text: &str| edited(text, |layout, at| layout.insert_entry(&layout.mapping_at(at)?, "k", "v"));
        assert_eq!(add("- rule: $r\n  desc: d # c\n\n- list: l\n"), "- rule: r\n  desc: d # c\n  k: v\n\n- list: l\n");
        assert_eq!(
            add("- rule: $r\n  c: >\n    a\n    b\n\n- x: l\n"),
            "- rule: r\n  c: >\n    a\n    b\n  k: v\n\n- x: l\n"
        );
        assert_eq!(add("- {rule: $r}\n"), "- {rule: r, k: v}\n");
        assert_eq!(add("- rule: $r"), "- rule: r\n  k: v");
        assert_eq!(add("- rule: $r\r\n"), "- rule: r\r\n  k: v\r\n");
    }

    #[test]
    fn scalars_are_quoted_where_they_have_to_be() {
        for (text, in_flow, written) in [
            ("proc.name = a", false, "proc.name = a"),
            ("a, b", false, "a, b"),
            ("a, b", true, "'a, b'"),
            ("a: b", false, "'a: b'"),
            ("it's: x", false, "'it''s: x'"),
            ("a #b", false, "'a #b'"),
            ("null", false, "'null'"),
            ("a\nb", false, "\"a\\nb\""),
            ("\"a\"", false, "'\"a\"'"),
            ("", false, "''"),
        ] {
            assert_eq!(scalar(text, in_flow), written);
        }
    }
}
