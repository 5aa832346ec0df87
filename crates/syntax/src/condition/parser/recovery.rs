//! Going on after an error, and the words of messages.

use std::borrow::Cow;

use rowan::TextRange;

use super::Parser;
use crate::condition::ast::Expr;
use crate::condition::lexer::{is_bare, is_blank};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

/// Longest word that an error underlines.
const MAX_WORD: usize = 1000;
/// Longest piece of the text that a message repeats.
const MAX_QUOTED: usize = 40;

/// Which parentheses of a text match. Made once, at the first error that needs it, so that recovery stays linear.
pub(super) struct Parens {
    pairs: Vec<(usize, usize)>,
}

impl Parens {
    fn closing(&self, open: usize) -> Option<usize> {
        let index = self.pairs.binary_search_by_key(&open, |pair| pair.0).ok()?;
        self.pairs.get(index).map(|pair| pair.1)
    }
}

/// What ends skipped text, besides `and`, `or` and the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The `)` of an open group.
    Operand,
    /// Any `)` that was not opened on the way.
    Close,
    /// The same or a comma.
    Comma,
}

impl<S: Sink> Parser<'_, S> {
    /// Leaves the current check: skips to where the next operand may begin and says nothing more until then.
    pub(super) fn give_up(&mut self) {
        self.skip(Until::Operand);
        self.quiet = true;
    }

    pub(super) fn skip(&mut self, until: Until) {
        if self.strict {
            return;
        }
        let end = self.skip_end(until);
        self.junk(end);
    }

    /// Puts the text up to `end` into the tree as an error; trailing blanks stay outside.
    pub(super) fn junk(&mut self, end: usize) {
        let trimmed = self.slice(self.pos, end).trim_end_matches(|c: char| u8::try_from(c).is_ok_and(is_blank)).len();
        if trimmed > 0 {
            let last_end = self.last_end;
            self.start(SyntaxKind::Error);
            self.bump(SyntaxKind::Junk, self.pos + trimmed);
            self.sink.finish();
            self.last_end = last_end;
        }
    }

    fn skip_end(&mut self, until: Until) -> usize {
        let text = self.full;
        let bytes = text.as_bytes();
        let mut at = self.pos;
        while let Some(byte) = bytes.get(at).copied() {
            match byte {
                b')' if until != Until::Operand || self.open.is_some() => break,
                b',' if until == Until::Comma => break,
                b'(' => at = self.closing_paren(at).unwrap_or(at) + 1,
                b'"' | b'\'' => at = self.closing_quote(at).unwrap_or(at) + 1,
                b'a' | b'o' if self.connective_at(at) => break,
                _ => at += 1,
            }
        }
        at.min(bytes.len())
    }

    /// Whether the word `and` or `or` stands at `at`, apart from what surrounds it.
    pub(super) fn connective_at(&self, at: usize) -> bool {
        let bytes = self.full.as_bytes();
        let Some(rest) = bytes.get(at..) else { return false };
        let len = if rest.starts_with(b"and") {
            3
        } else if rest.starts_with(b"or") {
            2
        } else {
            return false;
        };
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let apart = before.is_none_or(|b| is_blank(*b) || matches!(b, b')' | b'"' | b'\''));
        apart && rest.get(len).is_none_or(|b| is_blank(*b) || *b == b'(')
    }

    /// Skips what is left of the innermost open group without looking into it.
    pub(super) fn skip_group(&mut self) -> Expr {
        let range = self.range(self.pos, self.pos);
        let close = match self.open {
            Some(open) => self.closing_paren(open),
            None => None,
        };
        self.junk(close.unwrap_or(self.full.len()).max(self.pos));
        self.blank();
        Expr::Missing { range }
    }

    pub(super) fn closing_paren(&mut self, open: usize) -> Option<usize> {
        if self.parens.is_none() {
            let mut pairs = Vec::new();
            let mut stack = Vec::new();
            let mut at = 0;
            while let Some(byte) = self.full.as_bytes().get(at).copied() {
                match byte {
                    b'(' => stack.push(at),
                    b')' => pairs.extend(stack.pop().map(|open| (open, at))),
                    b'"' | b'\'' => at = self.closing_quote(at).unwrap_or(at),
                    _ => {}
                }
                at += 1;
            }
            pairs.sort_unstable();
            self.parens = Some(Parens { pairs });
        }
        self.parens.as_ref()?.closing(open)
    }

    /// The quote that closes the one at `open`: the next one that does not follow a backslash. A NUL ends the search.
    pub(super) fn closing_quote(&self, open: usize) -> Option<usize> {
        let bytes = self.full.as_bytes();
        let quote = *bytes.get(open)?;
        let slot = usize::from(quote == b'"');
        let mut unclosed = self.unclosed.get();
        if unclosed.get(slot).is_some_and(|end| open < *end) {
            return None;
        }
        let mut at = open + 1;
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(quote, 0, rest)) {
            at += found;
            if bytes.get(at) == Some(&0) {
                break;
            }
            if bytes.get(at - 1) != Some(&b'\\') {
                return Some(at);
            }
            at += 1;
        }
        let reach = if bytes.get(at) == Some(&0) { at } else { bytes.len() };
        if let Some(end) = unclosed.get_mut(slot) {
            *end = reach;
        }
        self.unclosed.set(unclosed);
        None
    }

    // Words for messages.

    /// End of the word at `at`: as far as a bare value or a quoted text goes, or one character. A huge word is cut, since
    /// many errors may stand in one.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let rest = self.full.get(at..).unwrap_or_default();
        let near = rest.get(..rest.floor_char_boundary(MAX_WORD)).unwrap_or_default();
        let first = near.chars().next().map_or(0, char::len_utf8);
        if is_quote(near.bytes().next()) {
            return self.closing_quote(at).filter(|close| close - at < MAX_WORD).map_or(at + first, |close| close + 1);
        }
        at + near.bytes().take_while(|b| is_bare(*b)).count().max(first)
    }

    /// The word at `at`, or nothing at the end of the text.
    pub(super) fn word_range(&self, at: usize) -> TextRange {
        self.range(at, self.word_end(at))
    }

    /// The word at the position as messages name it.
    pub(super) fn found(&self) -> String {
        let word = self.slice(self.pos, self.word_end(self.pos));
        if word.is_empty() { "the end of the condition".to_owned() } else { quoted(word) }
    }

    /// Whether an operand ends here: at the end, at `)`, or before `and` or `or`.
    pub(super) fn at_operand_end(&self) -> bool {
        self.at_end() || self.at(")") || self.connective_at(self.pos)
    }

    pub(super) fn char_len(&self) -> usize {
        self.full.get(self.pos..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
    }
}

pub(super) fn is_quote(byte: Option<u8>) -> bool {
    matches!(byte, Some(b'"' | b'\''))
}

/// The text in backticks, cut when it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", clip(text))
}

pub(super) fn clip(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

pub(super) fn list_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The name that `word` most likely stands for.
pub(super) fn suggest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    if word.len() > MAX_QUOTED {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let distance = |name: &str| strsim::osa_distance(&lower, name);
    names.iter().copied().filter(|name| distance(name) <= name.len() / 3).min_by_key(|name| distance(name))
}
