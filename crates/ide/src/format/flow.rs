//! Collections in brackets and braces.

use falco_syntax::yaml::{SyntaxElement, SyntaxKind as K, SyntaxNode};

use super::Unprintable;
use super::comments::line_start;
use super::scalar::requoted;
use super::style::{Lists, Style};

/// How far the inside of a broken collection stands in.
const STEP: usize = 2;

/// A node in a flow collection.
#[derive(Debug)]
enum Flow {
    /// A scalar or an alias, with its properties.
    Leaf(String),
    Collection(Collection),
}

/// `[…]` or `{…}`.
#[derive(Debug)]
pub(super) struct Collection {
    /// Anchor and tag, with a blank behind.
    properties: String,
    brackets: (char, char),
    elements: Vec<Element>,
    /// A comment behind the opening bracket.
    head: Option<String>,
    /// Comments before the closing bracket.
    tail: Vec<String>,
    /// A comma behind the last element of a collection on several lines: the wish for one element a line.
    wants_lines: bool,
    has_comments: bool,
}

#[derive(Debug)]
struct Element {
    /// With colon and blank.
    key: String,
    value: Flow,
    /// Comments on lines before it.
    above: Vec<String>,
    /// A comment behind it.
    behind: Option<String>,
    /// Whether it starts a line.
    starts_line: bool,
}

impl Collection {
    /// Reads a collection of the tree of `text`.
    pub(super) fn new(node: &SyntaxNode, text: &str, style: &Style) -> Result<Self, Unprintable> {
        let brackets = match node.kind() {
            K::FlowSeq => ('[', ']'),
            K::FlowMap => ('{', '}'),
            _ => return Err(Unprintable),
        };
        let mut out = Self {
            properties: String::new(),
            brackets,
            elements: Vec::new(),
            head: None,
            tail: Vec::new(),
            wants_lines: false,
            has_comments: false,
        };
        // Comments that own their lines, until the element is there that they stand above.
        let mut above = Vec::new();
        let mut trailing_comma = false;
        for element in node.children_with_tokens() {
            match element.kind() {
                K::Whitespace | K::LBracket | K::LBrace => {}
                K::RBracket | K::RBrace => out.tail = std::mem::take(&mut above),
                K::Comma => trailing_comma = true,
                K::Comment => {
                    out.has_comments = true;
                    let comment = element.to_string().trim_end().to_owned();
                    let start = usize::from(element.text_range().start());
                    let owns_line = text.get(line_start(text, start)..start).is_some_and(|b| b.trim().is_empty());
                    match (owns_line, out.elements.last_mut()) {
                        (true, _) => above.push(comment),
                        (false, Some(last)) if last.behind.is_none() => last.behind = Some(comment),
                        (false, None) if out.head.is_none() => out.head = Some(comment),
                        _ => return Err(Unprintable),
                    }
                }
                _ => {
                    trailing_comma = false;
                    let start = usize::from(element.text_range().start());
                    let starts_line = text.get(line_start(text, start)..start).is_some_and(|b| b.trim().is_empty());
                    let (key, value) = pair(element, text, style)?;
                    out.has_comments |= matches!(&value, Flow::Collection(inner) if inner.has_comments);
                    let above = std::mem::take(&mut above);
                    out.elements.push(Element { key, value, above, behind: None, starts_line });
                }
            }
        }
        let is_multiline =
            text.get(std::ops::Range::<usize>::from(node.text_range())).is_some_and(|t| t.contains('\n'));
        out.wants_lines = trailing_comma && is_multiline && !out.elements.is_empty();
        Ok(out)
    }

    /// Puts anchor and tag in front.
    pub(super) fn with_properties(mut self, properties: String) -> Self {
        self.properties = properties;
        self
    }

    /// The collection on one line, if it can be.
    fn flat(&self) -> Option<String> {
        if self.has_comments || self.wants_lines {
            return None;
        }
        let elements: Option<Vec<String>> = self.elements.iter().map(Element::flat).collect();
        Some(format!("{}{}{}{}", self.properties, self.brackets.0, elements?.join(", "), self.brackets.1))
    }

    /// Whether it takes one line for each element when it is printed behind `column` columns; its brackets then have lines of
    /// their own, too.
    pub(super) fn is_tall(&self, column: usize, style: &Style) -> bool {
        self.takes_lines(column, style) && self.one_per_line(style)
    }

    fn takes_lines(&self, column: usize, style: &Style) -> bool {
        if self.elements.is_empty() && !self.has_comments {
            return false;
        }
        let keeps_lines = style.lists == Lists::Preserve && self.elements.iter().any(|element| element.starts_line);
        keeps_lines || self.flat().is_none_or(|flat| column + flat.chars().count() > style.width)
    }

    fn one_per_line(&self, style: &Style) -> bool {
        let nested = self.elements.iter().any(|element| matches!(element.value, Flow::Collection(_)));
        match style.lists {
            Lists::OnePerLine => true,
            Lists::Fill => self.wants_lines || nested || self.brackets.0 == '{',
            Lists::Preserve => self.wants_lines,
        }
    }

    /// Prints it at `column` of a line. The lines of its elements start at `indent`, a closing bracket alone at `close`.
    pub(super) fn print(&self, column: usize, indent: usize, close: usize, style: &Style) -> String {
        match self.flat() {
            Some(flat) if !self.takes_lines(column, style) => flat,
            _ => self.broken(column, indent, close, style),
        }
    }

    /// Prints it over several lines.
    fn broken(&self, column: usize, indent: usize, close: usize, style: &Style) -> String {
        let one_per_line = self.one_per_line(style);
        let mut out =
            Lines { text: format!("{}{}", self.properties, self.brackets.0), column, indent, must_end: false };
        if let Some(head) = &self.head {
            out.comment_behind(head);
        }
        for (index, element) in self.elements.iter().enumerate() {
            for comment in &element.above {
                out.comment(comment);
            }
            let is_last = index + 1 == self.elements.len();
            let comma = if is_last && !self.wants_lines { "" } else { "," };
            // Behind the last element the bracket has to fit, too.
            let needed = |flat: &String| flat.chars().count() + 1 + comma.len() + usize::from(is_last);
            let fits = element.flat().is_some_and(|flat| out.width() + needed(&flat) <= style.width);
            let breaks = match style.lists {
                Lists::Preserve if !self.wants_lines => element.starts_line,
                // The first line of a broken list holds the bracket alone.
                _ => one_per_line || !fits || index == 0,
            };
            if breaks || out.must_end {
                out.next_line();
            } else if index > 0 {
                out.text.push(' ');
            }
            out.text.push_str(&element.print(indent, style));
            out.text.push_str(comma);
            if let Some(behind) = &element.behind {
                out.comment_behind(behind);
            }
        }
        for comment in &self.tail {
            out.comment(comment);
        }
        if out.must_end || one_per_line {
            out.indent = close;
            out.next_line();
        }
        out.text.push(self.brackets.1);
        out.text
    }
}

/// The lines of a broken collection.
struct Lines {
    text: String,
    /// Where the first line starts.
    column: usize,
    /// Where the others start.
    indent: usize,
    /// Whether the line has a comment, so that nothing can follow on it.
    must_end: bool,
}

impl Lines {
    fn next_line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&" ".repeat(self.indent));
        self.must_end = false;
    }

    fn comment(&mut self, comment: &str) {
        self.next_line();
        self.text.push_str(comment);
        self.must_end = true;
    }

    fn comment_behind(&mut self, comment: &str) {
        self.text.push_str("  ");
        self.text.push_str(comment);
        self.must_end = true;
    }

    /// How long the last line is.
    fn width(&self) -> usize {
        match self.text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.column + self.text.chars().count(),
        }
    }
}

impl Element {
    fn flat(&self) -> Option<String> {
        match &self.value {
            Flow::Leaf(text) => Some(format!("{}{text}", self.key)),
            Flow::Collection(inner) => Some(format!("{}{}", self.key, inner.flat()?)),
        }
    }

    fn print(&self, indent: usize, style: &Style) -> String {
        match &self.value {
            Flow::Leaf(text) => format!("{}{text}", self.key),
            Flow::Collection(inner) => {
                let text = inner.print(indent + self.key.chars().count(), indent + STEP, indent, style);
                format!("{}{text}", self.key)
            }
        }
    }
}

/// An element: its key with colon and blank (empty in a sequence), and its value.
fn pair(element: SyntaxElement, text: &str, style: &Style) -> Result<(String, Flow), Unprintable> {
    let entry = match element {
        SyntaxElement::Node(node) if node.kind() == K::MapEntry => node,
        element => return Ok((String::new(), value(&element, text, style)?)),
    };
    // A key with its colon on the next line is one only because of the bracket.
    let colon = entry.children_with_tokens().take_while(|part| part.kind() != K::Colon);
    if colon.into_iter().any(|part| part.to_string().contains('\n')) {
        return Err(Unprintable);
    }
    let mut parts = entry.children_with_tokens().filter(|part| part.kind() != K::Whitespace);
    let (Some(key), Some(colon), content, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Unprintable);
    };
    let (Flow::Leaf(key), K::Colon) = (value(&key, text, style)?, colon.kind()) else { return Err(Unprintable) };
    let Some(content) = content else { return Err(Unprintable) };
    Ok((format!("{key}: "), value(&content, text, style)?))
}

fn value(element: &SyntaxElement, text: &str, style: &Style) -> Result<Flow, Unprintable> {
    match element {
        SyntaxElement::Token(token) => match token.kind() {
            K::Plain | K::Alias | K::SingleQuoted | K::DoubleQuoted if !token.text().contains('\n') => {
                Ok(Flow::Leaf(requoted(token.text(), token.kind(), style.quotes)))
            }
            _ => Err(Unprintable),
        },
        SyntaxElement::Node(node) if node.kind() == K::Annotated => {
            let (properties, content) = super::printer::annotated(node)?;
            match content {
                Some(content) => match value(&content, text, style)? {
                    Flow::Leaf(leaf) => Ok(Flow::Leaf(format!("{properties} {leaf}"))),
                    Flow::Collection(inner) => Ok(Flow::Collection(inner.with_properties(format!("{properties} ")))),
                },
                None => Err(Unprintable),
            }
        }
        SyntaxElement::Node(node) => Ok(Flow::Collection(Collection::new(node, text, style)?)),
    }
}
