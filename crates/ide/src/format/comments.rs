//! The comments of a text, in order, to be placed one after the other as the text around them is printed.

use falco_syntax::yaml::{SyntaxKind, SyntaxNode};

/// A comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment<'t> {
    /// Where it starts.
    pub(super) start: usize,
    /// From its `#` on, without blanks at its end.
    pub(super) text: &'t str,
    /// Its column.
    pub(super) column: usize,
    /// Whether nothing stands before it on its line.
    pub(super) owns_line: bool,
}

/// All comments of a tree whose text is `text`.
pub(super) fn all<'t>(root: &SyntaxNode, text: &'t str) -> Vec<Comment<'t>> {
    let tokens = root.descendants_with_tokens().filter_map(rowan_token).filter(|t| t.kind() == SyntaxKind::Comment);
    tokens
        .filter_map(|token| {
            let range = std::ops::Range::<usize>::from(token.text_range());
            let line = line_start(text, range.start);
            let before = text.get(line..range.start)?;
            Some(Comment {
                start: range.start,
                text: text.get(range.clone())?.trim_end(),
                column: before.chars().count(),
                owns_line: before.trim_matches([' ', '\t', '\u{feff}']).is_empty(),
            })
        })
        .collect()
}

fn rowan_token(element: falco_syntax::yaml::SyntaxElement) -> Option<falco_syntax::yaml::SyntaxToken> {
    element.into_token()
}

/// Where the line of an offset starts.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

/// The column of an offset, in characters.
pub(super) fn column(text: &str, offset: usize) -> usize {
    text.get(line_start(text, offset)..offset).map_or(0, |before| before.chars().count())
}

/// Whether the line before that of `offset` is there and blank.
pub(super) fn follows_blank_line(text: &str, offset: usize) -> bool {
    let line = line_start(text, offset);
    let Some(before) = text.get(..line).and_then(|before| before.strip_suffix('\n')) else { return false };
    before.get(line_start(before, before.len())..).is_some_and(|last| last.trim().is_empty())
}
