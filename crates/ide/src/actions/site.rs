//! Conditions where they stand in a file, in whatever style of scalar, and edits of their text.

use falco_syntax::condition;
use falco_syntax::condition::syntax::{SyntaxKind, SyntaxNode};
use falco_syntax::yaml::{Decoded, Node, Scalar, ScalarStyle};
use falco_syntax::{TextRange, TextSize};
use rowan::NodeOrToken;

use super::layout::{self, Layout, span};
use crate::types::TextEdit;

/// Conditions that are written anew get lines of at most so many characters.
pub(super) const WIDTH: usize = 100;

/// A condition in a scalar.
pub(super) struct Site<'a> {
    pub(super) layout: Layout<'a>,
    pub(super) scalar: Scalar,
    pub(super) decoded: Decoded,
    pub(super) parse: condition::Parse,
}

impl<'a> Site<'a> {
    pub(super) fn new(layout: Layout<'a>, scalar: Scalar) -> Self {
        let decoded = scalar.decode();
        let parse = condition::parse(&decoded.text);
        Self { layout, scalar, decoded, parse }
    }

    /// The condition that is the value of a key. Aliases are left alone: their text stands elsewhere, and others use it.
    pub(super) fn of_value(layout: Layout<'a>, value: &Node) -> Option<Self> {
        if value.is_alias() || value.is_absent() {
            return None;
        }
        Some(Self::new(layout, value.as_scalar()?))
    }

    pub(super) fn text(&self) -> &str {
        &self.decoded.text
    }

    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.text().get(std::ops::Range::<usize>::from(range)).unwrap_or_default()
    }

    /// Whether the condition can be parsed.
    pub(super) fn is_whole(&self) -> bool {
        self.parse.errors().is_empty()
    }

    /// The range of the condition's text that a range of the file stands for, blanks at its ends left out.
    pub(super) fn to_text(&self, range: TextRange) -> TextRange {
        let len = TextSize::of(self.text());
        let map = &self.decoded.map;
        let first = map.segments().first().map(|s| s.source.start()).unwrap_or_default();
        let at =
            |offset: TextSize| map.to_decoded(offset).unwrap_or(if offset <= first { TextSize::new(0) } else { len });
        let (start, end) = (usize::from(at(range.start())), usize::from(at(range.end())));
        let text = self.text().get(start..end).unwrap_or_default();
        let front = text.len() - text.trim_start().len();
        if text.trim().is_empty() {
            return span(start, start);
        }
        span(start + front, start + front + text.trim().len())
    }

    /// The edit that replaces a part of the condition. Where the scalar's style cannot hold the new text, the whole condition is
    /// written anew.
    pub(super) fn replace(&self, range: TextRange, new: &str) -> TextEdit {
        let written = match self.scalar.style() {
            ScalarStyle::SingleQuoted => new.replace('\'', "''"),
            ScalarStyle::DoubleQuoted => new.replace('\\', "\\\\").replace('"', "\\\""),
            ScalarStyle::Plain => {
                let mut whole = self.text().to_owned();
                whole.replace_range(std::ops::Range::<usize>::from(range), new);
                if layout::scalar(&one_line(&whole), false).starts_with(['\'', '"']) {
                    return self.rewrite(&whole);
                }
                new.to_owned()
            }
            ScalarStyle::Literal | ScalarStyle::Folded => new.to_owned(),
        };
        TextEdit { range: self.decoded.map_range(range), text: written }
    }

    /// The edit that writes the condition anew.
    pub(super) fn rewrite(&self, text: &str) -> TextEdit {
        let range = self.scalar.range();
        let key = self.layout.entry_at(range).map_or(range.start(), |entry| entry.text_range().start());
        let indent = self.layout.column(key) + 2;
        let flow =
            self.layout.mapping_at(range).is_some_and(|map| map.kind() != falco_syntax::yaml::SyntaxKind::BlockMap);
        let mut new =
            if flow { layout::scalar(&one_line(text), flow) } else { value(text, indent, self.layout.newline()) };
        // A block scalar ends with its line break, and what follows it needs one.
        if self.layout.slice(range).ends_with('\n') {
            new.push_str(self.layout.newline());
        }
        TextEdit { range, text: new }
    }

    /// The smallest node of the condition that covers a range, groups in parentheses without their parentheses left aside.
    pub(super) fn node_at(&self, range: TextRange) -> Option<SyntaxNode> {
        let root = self.parse.syntax();
        if !root.text_range().contains_range(range) {
            return None;
        }
        let mut nodes = match range.is_empty() {
            true => condition::nodes::token_at(&root, range.start())?.parent_ancestors().collect::<Vec<_>>(),
            false => match root.covering_element(range) {
                NodeOrToken::Node(node) => node.ancestors().collect(),
                NodeOrToken::Token(token) => token.parent_ancestors().collect(),
            },
        }
        .into_iter();
        nodes.find(|node| is_expression(node.kind()))
    }
}

/// Whether a node of this kind holds or does not hold.
pub(super) fn is_expression(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::OrExpr
            | SyntaxKind::AndExpr
            | SyntaxKind::NotExpr
            | SyntaxKind::ParenExpr
            | SyntaxKind::Check
            | SyntaxKind::MacroRef
    )
}

/// The operands of an `and` or `or`, or what stands in a negation or in parentheses.
pub(super) fn operands(node: &SyntaxNode) -> Vec<SyntaxNode> {
    node.children().filter(|child| is_expression(child.kind())).collect()
}

/// The node without parentheses around it.
pub(super) fn without_parentheses(node: &SyntaxNode) -> SyntaxNode {
    let mut node = node.clone();
    while node.kind() == SyntaxKind::ParenExpr
        && let Some(inner) = operands(&node).into_iter().next()
    {
        node = inner;
    }
    node
}

/// A condition's text with each run of blanks outside of quotes as one blank.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let tree = condition::parse(text).syntax();
    for token in tree.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        match token.kind() {
            SyntaxKind::Whitespace if out.is_empty() => {}
            SyntaxKind::Whitespace => out.push(' '),
            _ => out.push_str(token.text()),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A condition as the value of a key whose contents are indented by `indent`: on the key's line if it is short and YAML allows it,
/// else folded.
pub(super) fn value(text: &str, indent: usize, newline: &str) -> String {
    let line = one_line(text);
    if line.len() <= WIDTH && layout::scalar(&line, false) == line {
        return line;
    }
    folded(&line, indent, newline)
}

/// A condition as a folded block scalar, a line for each operand of the outermost `and` or `or`.
pub(super) fn folded(line: &str, indent: usize, newline: &str) -> String {
    let indent = " ".repeat(indent);
    format!(">{newline}{indent}{}", lines(line).join(&format!("{newline}{indent}")))
}

/// A condition of one line cut in front of each `and` or `or` of its outermost group.
pub(super) fn lines(line: &str) -> Vec<String> {
    let parse = condition::parse(line);
    let root = parse.syntax();
    let outer = root.children().find(|node| matches!(node.kind(), SyntaxKind::AndExpr | SyntaxKind::OrExpr));
    let mut cuts: Vec<usize> = Vec::new();
    if let (true, Some(outer)) = (parse.errors().is_empty(), outer) {
        let tokens = outer.children_with_tokens().filter_map(NodeOrToken::into_token);
        let joins = tokens.filter(|token| matches!(token.kind(), SyntaxKind::AndKw | SyntaxKind::OrKw));
        cuts.extend(joins.map(|token| usize::from(token.text_range().start())));
    }
    let ends = cuts.iter().copied().chain([line.len()]);
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    starts.zip(ends).filter_map(|(start, end)| Some(line.get(start..end)?.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::change::apply;
    use falco_syntax::yaml;

    /// Replaces `old` by `new` in the condition of a macro.
    fn replaced(value: &str, old: &str, new: &str) -> String {
        let text = format!("- macro: m\n  condition: {value}\n  x: 1\n");
        let tree = yaml::parse(&text);
        let layout = Layout { text: &text, tree: &tree };
        let file = falco_syntax::ast::RulesFile::from_parse(&tree);
        let item = file.items().next().unwrap();
        let site = Site::of_value(layout, &item.body().value("condition").unwrap()).unwrap();
        let at = site.text().find(old).unwrap();
        let edit = site.replace(span(at, at + old.len()), new);
        let after = apply(&text, &[edit]).unwrap();
        let expected = site.text().replacen(old, new, 1);
        let tree = yaml::parse(&after);
        let file = falco_syntax::ast::RulesFile::from_parse(&tree);
        let decoded = file.items().next().unwrap().body().value("condition").unwrap().text().unwrap();
        assert_eq!(one_line(&decoded), one_line(&expected), "{after}");
        assert!(after.ends_with("  x: 1\n"), "{after}");
        after["- macro: m\n  condition: ".len()..after.len() - "  x: 1\n".len()].to_owned()
    }

    #[test]
    fn replaces_in_every_style() {
        let new = r#"proc.name = "it's""#;
        assert_eq!(replaced("a and b\n    and c", "b", new), format!("a and {new}\n    and c\n"));
        assert_eq!(replaced("'a and b'", "b", new), "'a and proc.name = \"it''s\"'\n");
        assert_eq!(replaced("\"a and b\"", "b", new), "\"a and proc.name = \\\"it's\\\"\"\n");
        assert_eq!(replaced(">\n    a and b\n    and c", "b", new), format!(">\n    a and {new}\n    and c\n"));
        assert_eq!(replaced("|\n    a and\n    b", "b", new), format!("|\n    a and\n    {new}\n"));
        assert_eq!(
            replaced(">\n    a and b\n    and c\n    and d", "b\n    and c".replace("\n    ", " ").as_str(), "e"),
            ">\n    a and e\n    and d\n"
        );
    }

    #[test]
    fn what_a_plain_scalar_cannot_hold_is_folded() {
        let new = r#"proc.name = "a: b""#;
        assert_eq!(replaced("x and y", "y", new), format!(">\n    x\n    and {new}\n"));
    }
}
