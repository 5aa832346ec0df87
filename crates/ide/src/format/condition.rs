//! Layout of conditions: one operand of the outermost chain a line, groups broken only where they do not fit.

use falco_syntax::condition;
use falco_syntax::condition::syntax::{SyntaxElement, SyntaxKind as K, SyntaxNode};

/// How far the inside of a broken group stands in.
const STEP: usize = 2;

/// A condition that can be laid out.
#[derive(Debug)]
pub(super) struct Layout {
    /// The `and` or `or` that an appended condition starts with.
    lead: Option<&'static str>,
    root: SyntaxNode,
}

impl Layout {
    /// Reads a condition. `None` if it has mistakes, or constants that a line cannot hold.
    pub(super) fn new(text: &str) -> Option<Self> {
        let (lead, rest) = split_lead(text);
        let parse = condition::parse(rest);
        let root = parse.syntax();
        let on_one_line = root.descendants_with_tokens().filter_map(SyntaxElement::into_token).all(|token| {
            token.kind() == K::Whitespace || !token.text().contains(|c: char| c.is_control() || c == '\u{2028}')
        });
        (parse.errors().is_empty() && on_one_line).then_some(Self { lead, root })
    }

    /// The condition on one line.
    pub(super) fn flat(&self) -> String {
        let flat = flat(&self.root);
        match self.lead {
            Some(lead) => format!("{lead} {flat}"),
            None => flat,
        }
    }

    /// The condition on several lines that should not be longer than `width`.
    pub(super) fn broken(&self, width: usize) -> Vec<String> {
        let mut lines = Lines { done: Vec::new(), line: String::new(), indent: 0, width };
        if let Some(lead) = self.lead {
            lines.push(lead);
            lines.push(" ");
        }
        if let Some(child) = content(&self.root) {
            lines.chain(&child, 0);
        }
        lines.end(0);
        lines.done
    }
}

/// What tells two conditions apart: the `and` or `or` in front, and the tree without blanks. `None` for text with mistakes.
pub(super) fn meaning(text: &str) -> Option<(Option<&'static str>, String)> {
    let (lead, rest) = split_lead(text);
    let (expr, errors) = condition::parse_expr(rest);
    errors.is_empty().then(|| (lead, expr.source().to_string()))
}

/// An appended condition starts with `and` or `or`, which is no condition of its own.
fn split_lead(text: &str) -> (Option<&'static str>, &str) {
    let text = text.trim();
    for lead in ["and", "or"] {
        if let Some(rest) = text.strip_prefix(lead)
            && rest.starts_with([' ', '\t', '\n', '\r', '('])
        {
            return (Some(lead), rest);
        }
    }
    (None, text)
}

/// The expression in a root or in parentheses.
fn content(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children().next()
}

/// A condition on one line without parentheses that say nothing: around all of it, around a part of a chain of the same kind, doubled
/// ones. The depth of a tree is bounded by the grammar. `None` if it has mistakes.
pub(super) fn plain(text: &str) -> Option<String> {
    let parse = condition::parse(text);
    let root = content(&parse.syntax())?;
    parse.errors().is_empty().then(|| plain_part(&root, None))
}

/// A part of a condition; `around` is the chain or negation that it stands in.
fn plain_part(node: &SyntaxNode, around: Option<K>) -> String {
    match node.kind() {
        K::AndExpr | K::OrExpr => {
            let word = if node.kind() == K::AndExpr { " and " } else { " or " };
            let parts: Vec<String> = node.children().map(|child| plain_part(&child, Some(node.kind()))).collect();
            parts.join(word)
        }
        K::ParenExpr => {
            let Some(inner) = content(node) else { return flat(node) };
            let says_something = match inner.kind() {
                K::AndExpr | K::OrExpr => around.is_some_and(|around| around != inner.kind()),
                K::NotExpr => around == Some(K::NotExpr),
                _ => false,
            };
            let text = plain_part(&inner, if says_something { None } else { around });
            if says_something { format!("({text})") } else { text }
        }
        K::NotExpr => {
            let nots = node.children_with_tokens().filter(|element| element.kind() == K::NotKw).count();
            let text = content(node).map(|child| plain_part(&child, Some(K::NotExpr))).unwrap_or_default();
            format!("{}{text}", "not ".repeat(nots))
        }
        _ => flat(node),
    }
}

/// A node's text with blanks where they belong.
fn flat(node: &SyntaxNode) -> String {
    let mut out = String::new();
    let mut last: Option<K> = None;
    for token in node.descendants_with_tokens().filter_map(SyntaxElement::into_token) {
        let kind = token.kind();
        if kind == K::Whitespace {
            continue;
        }
        if last.is_some_and(|last| is_apart(last, kind)) {
            out.push(' ');
        }
        out.push_str(token.text());
        last = Some(kind);
    }
    out
}

/// Whether a blank stands between two tokens.
fn is_apart(left: K, right: K) -> bool {
    let glued_right = matches!(right, K::Comma | K::RParen | K::LBracket | K::RBracket);
    let glued_left = matches!(left, K::LParen | K::LBracket);
    let call = left == K::Transformer && right == K::LParen;
    !(glued_right || glued_left || call)
}

struct Lines {
    done: Vec<String>,
    line: String,
    /// The indentation of the line that is being written.
    indent: usize,
    width: usize,
}

impl Lines {
    fn push(&mut self, text: &str) {
        self.line.push_str(text);
    }

    /// Ends the line; the next one has that indentation.
    fn end(&mut self, indent: usize) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if !line.is_empty() {
            self.done.push(format!("{}{line}", " ".repeat(self.indent)));
        }
        self.indent = indent;
    }

    fn fits(&self, text: &str) -> bool {
        self.indent + self.line.chars().count() + text.chars().count() <= self.width
    }

    /// An expression, with its operands on lines of their own if it is a chain. The line may have been begun.
    fn chain(&mut self, node: &SyntaxNode, indent: usize) {
        if !matches!(node.kind(), K::AndExpr | K::OrExpr) {
            return self.operand(node, indent);
        }
        // An `and` chain in an `or` chain stands in, so that it can be told apart.
        let inner = |child: &SyntaxNode| indent + if child.kind() == K::AndExpr { STEP } else { 0 };
        for element in node.children_with_tokens() {
            match element {
                SyntaxElement::Token(token) if matches!(token.kind(), K::AndKw | K::OrKw) => {
                    self.end(indent);
                    self.push(token.text());
                    self.push(" ");
                }
                SyntaxElement::Node(child) => {
                    let flat = flat(&child);
                    if self.fits(&flat) { self.push(&flat) } else { self.chain(&child, inner(&child)) }
                }
                SyntaxElement::Token(_) => {}
            }
        }
    }

    /// An operand on the line that has been begun, broken where it does not fit.
    fn operand(&mut self, node: &SyntaxNode, indent: usize) {
        let flat = flat(node);
        if self.fits(&flat) {
            return self.push(&flat);
        }
        match node.kind() {
            K::NotExpr => {
                for element in node.children_with_tokens() {
                    match element {
                        SyntaxElement::Token(token) if token.kind() == K::NotKw => {
                            self.push(token.text());
                            self.push(" ");
                        }
                        SyntaxElement::Node(child) => self.operand(&child, indent),
                        SyntaxElement::Token(_) => {}
                    }
                }
            }
            K::ParenExpr => {
                self.push("(");
                self.end(indent + STEP);
                if let Some(child) = content(node) {
                    self.chain(&child, indent + STEP);
                }
                self.end(indent);
                self.push(")");
            }
            K::Check => self.check(node, indent),
            _ => self.push(&flat),
        }
    }

    /// A check whose list of values does not fit: the list is filled over several lines.
    fn check(&mut self, node: &SyntaxNode, indent: usize) {
        let list = node.children().find(|child| child.kind() == K::List);
        let Some(list) = list else { return self.push(&flat(node)) };
        let left: Vec<String> = node.children().take_while(|child| *child != list).map(|child| flat(&child)).collect();
        self.push(&left.join(" "));
        self.push(" (");
        let values: Vec<String> = list.children().map(|value| flat(&value)).collect();
        for (index, value) in values.iter().enumerate() {
            let close = if index + 1 == values.len() { ")" } else { "," };
            let piece = format!("{value}{close}");
            let blank = !self.line.ends_with('(') && !self.line.is_empty();
            let spaced = if blank { format!(" {piece}") } else { piece.clone() };
            if self.fits(&spaced) {
                self.push(&spaced);
            } else {
                self.end(indent + STEP);
                self.push(&piece);
            }
        }
        if values.is_empty() {
            self.push(")");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, width: usize) -> String {
        let layout = Layout::new(text).unwrap();
        let lines = layout.broken(width).join("\n");
        assert_eq!(meaning(text), meaning(&lines), "{lines}");
        lines
    }

    #[test]
    fn parentheses_that_say_nothing_go() {
        let plain = |text| plain(text).unwrap();
        assert_eq!(plain("((a and b) and (c))"), "a and b and c");
        assert_eq!(plain("(a or (b and (c and d)) or (e or f))"), "a or (b and c and d) or e or f");
        assert_eq!(plain("not (not (a and b)) and not ((c))"), "not (not (a and b)) and not c");
        assert_eq!(plain("(((proc.name in (x, y))))"), "proc.name in (x, y)");
    }

    #[test]
    fn blanks_stand_where_they_belong() {
        let flat = |text| Layout::new(text).unwrap().flat();
        assert_eq!(flat("evt.type=open  and not(a)"), "evt.type = open and not (a)");
        assert_eq!(flat("proc.name in(a ,b,\n 'c d')"), "proc.name in (a, b, 'c d')");
        assert_eq!(flat("tolower( proc.name )=val( proc.pname )"), "tolower(proc.name) = val(proc.pname)");
        assert_eq!(flat("proc.aname[2]!=x or evt.dir=<"), "proc.aname[2] != x or evt.dir = <");
        assert_eq!(flat("and (a or b)"), "and (a or b)");
        assert_eq!(flat("or(a)"), "or (a)");
    }

    #[test]
    fn an_operand_a_line() {
        assert_eq!(broken("a and (b or c) and not d", 40), "a\nand (b or c)\nand not d");
        assert_eq!(broken("a or b and c", 40), "a\nor b and c");
        assert_eq!(broken("and not proc.name = x or y", 40), "and not proc.name = x\nor y");
    }

    #[test]
    fn groups_and_lists_that_do_not_fit() {
        let text = "spawned_process and not (proc.name in (aaaaaaaa, bbbbbbbb, cccccccc) or proc.pname = dddddddd)";
        let expected = "\
spawned_process
and not (
  proc.name in (aaaaaaaa, bbbbbbbb,
    cccccccc)
  or proc.pname = dddddddd
)";
        assert_eq!(broken(text, 36), expected);
    }

    #[test]
    fn text_that_cannot_be_laid_out() {
        assert!(Layout::new("evt.type = (").is_none());
        assert!(Layout::new("proc.name = \"a\nb\"").is_none());
        assert!(Layout::new("").is_none());
    }
}
