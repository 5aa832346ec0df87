//! Scalars: quotes, and the lines of those that have several.

use falco_syntax::yaml::{SyntaxElement, SyntaxKind as K, SyntaxNode};

use super::Unprintable;
use super::style::Quotes;

/// A scalar on one line with the quotes that are wanted, if it says the same with them.
pub(super) fn requoted(text: &str, kind: K, quotes: Quotes) -> String {
    let inner = || text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match (kind, quotes) {
        (K::SingleQuoted, Quotes::Double) if !inner().contains(['\\', '"', '\'']) => format!("\"{}\"", inner()),
        (K::DoubleQuoted, Quotes::Single) if !inner().contains(['\\', '\'']) => format!("'{}'", inner()),
        _ => text.to_owned(),
    }
}

/// The lines of a plain or quoted scalar, the first one where it stands, the others `indent` deep.
pub(super) fn reindented(text: &str, kind: K, indent: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        // Blanks around a line break mean nothing, but for one that a backslash protects.
        let line = if kind == K::DoubleQuoted && line.trim_end().ends_with('\\') { line } else { line.trim_end() };
        let line = if index == 0 { line } else { line.trim_start_matches([' ', '\t']) };
        if index > 0 {
            out.push('\n');
            if !line.is_empty() {
                out.push_str(&" ".repeat(indent));
            }
        }
        out.push_str(line);
    }
    out
}

/// A block scalar, taken apart.
#[derive(Debug)]
pub(super) struct Block {
    /// `|` or `>` with its indicators.
    pub(super) header: String,
    /// The comment behind the header.
    pub(super) comment: Option<String>,
    /// The lines without their indentation; empty ones at the end only where they count.
    pub(super) lines: Vec<String>,
}

impl Block {
    /// Reads a block scalar's node.
    pub(super) fn new(node: &SyntaxNode) -> Result<Self, Unprintable> {
        let mut block = Self { header: String::new(), comment: None, lines: Vec::new() };
        let mut body = String::new();
        let mut width = None;
        for token in node.children_with_tokens().filter_map(SyntaxElement::into_token) {
            match token.kind() {
                K::Whitespace => {}
                K::BlockHeader => block.header = token.text().to_owned(),
                K::Comment => block.comment = Some(token.text().trim_end().to_owned()),
                K::BlockIndent => {
                    body.push_str(token.text());
                    width = token.text().rsplit_once('\n').map(|(_, last)| last.len());
                }
                K::BlockText => body.push_str(token.text()),
                _ => return Err(Unprintable),
            }
        }
        let width = width.unwrap_or(0);
        // The first line break ends the header's line.
        for line in body.split('\n').skip(1) {
            let spaces = line.bytes().take_while(|b| *b == b' ').count();
            if spaces < width && spaces < line.len() {
                return Err(Unprintable);
            }
            block.lines.push(line.get(spaces.min(width)..).unwrap_or_default().to_owned());
        }
        if block.keeps_end() {
            // The text ends with a break: what is behind the last one is no line.
            if block.lines.pop().is_none_or(|last| !last.is_empty()) {
                return Err(Unprintable);
            }
        } else {
            while block.lines.last().is_some_and(String::is_empty) {
                block.lines.pop();
            }
        }
        Ok(block)
    }

    /// Whether empty lines at the end are part of the text.
    pub(super) fn keeps_end(&self) -> bool {
        self.header.contains('+')
    }

    /// The indentation that the header gives, counted from the parent's.
    pub(super) fn explicit_indent(&self) -> Option<usize> {
        let digit = self.header.chars().find_map(|c| c.to_digit(10))?;
        usize::try_from(digit).ok()
    }

    /// How many lines have text.
    pub(super) fn text_lines(&self) -> usize {
        self.lines.iter().filter(|line| !line.trim().is_empty()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_change_only_where_they_mean_the_same() {
        assert_eq!(requoted("'a'", K::SingleQuoted, Quotes::Double), "\"a\"");
        assert_eq!(requoted(r"'a\d'", K::SingleQuoted, Quotes::Double), r"'a\d'");
        assert_eq!(requoted("'it''s'", K::SingleQuoted, Quotes::Double), "'it''s'");
        assert_eq!(requoted(r#""a\n""#, K::DoubleQuoted, Quotes::Single), r#""a\n""#);
        assert_eq!(requoted("\"a\"", K::DoubleQuoted, Quotes::Single), "'a'");
        assert_eq!(requoted("a", K::Plain, Quotes::Single), "a");
    }

    #[test]
    fn lines_of_scalars_are_set_in() {
        assert_eq!(reindented("a  \n      b\n\n c", K::Plain, 4), "a\n    b\n\n    c");
        assert_eq!(reindented("\"a\\ \n  \\ b\"", K::DoubleQuoted, 4), "\"a\\ \n    \\ b\"");
    }
}
