//! The output format of a rule: literal text with `%` tokens.
//!
//! There are two readings. [`parse`] knows the grammar alone and gives a lossless tree for editors. [`split`] gives Falco's
//! reading: where a token ends depends on which fields exist, so it asks its caller.

mod complete;
mod split;
#[cfg(test)]
mod tests;
mod tree;

use std::borrow::Cow;

use rowan::{TextRange, TextSize};

/// The field or call of a token.
pub use crate::condition::ast::Left as OutputExpr;
use crate::condition::lexer::{is_blank, is_word};
use crate::condition::parser::Parser;
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;
pub use complete::{TokenExpectation, expected_at};
pub use split::{Piece, split};
pub use tree::{Parse, parse};

/// How far past a `%` its width goes, and the width. No width and a width of 0 are the same to Falco.
fn width(text: &str, percent: usize) -> (usize, Option<u32>) {
    let digits =
        text.as_bytes().get(percent + 1..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let end = percent + 1 + digits;
    let width = text.get(percent + 1..end).unwrap_or_default();
    // More digits than fit mean the largest number: the text is padded beyond all use either way.
    let width = if width.is_empty() { 0 } else { width.parse().unwrap_or(u32::MAX) };
    (end, Some(width).filter(|width| *width > 0))
}

/// What is wrong with a `%` whose token starts at `start`, or with the token.
fn problem<S: Sink>(text: &str, percent: usize, start: usize, parser: &Parser<'_, S>) -> (usize, Cow<'static, str>) {
    let rest = text.get(start..).unwrap_or_default();
    let in_call = parser.position() > start;
    match rest.as_bytes().first() {
        // Whatever stands behind the fault may hold the next token.
        _ if in_call => match parser.errors.first() {
            Some(error) => (parser.position(), error.message.clone()),
            None => (parser.position(), "this is no field or call".into()),
        },
        None if start > percent + 1 => (start, "the text ends where a `%` token needs its field".into()),
        None => (start, "the text ends with `%`; a field must follow".into()),
        Some(b'%') if start == percent + 1 => {
            (start + 1, "`%%` is no escape: a `%` always starts a field, and none can be printed".into())
        }
        Some(byte) if is_blank(*byte) => (start, "`%` must start a field, not stand alone".into()),
        Some(_) => {
            let name = rest.bytes().take_while(|b| is_word(*b) || *b == b'.').count();
            let word = if name > 0 { name } else { rest.chars().next().map_or(0, char::len_utf8) };
            let (text, after) = rest.split_at_checked(word).unwrap_or((rest, ""));
            let message = match text {
                "val" if after.starts_with('(') => {
                    "`val(…)` has no place in an output; write the field itself".to_owned()
                }
                _ if after.starts_with('(') => format!("`{text}` is not a transformer"),
                _ if name > 0 && !text.contains('.') => format!("`{text}` is no field: a field's name has a dot"),
                _ => format!("expected a field or a transformer call after `%`, found `{text}`"),
            };
            (start + word, message.into())
        }
    }
}

fn size(offset: usize) -> TextSize {
    // Trees cannot hold more than 4 GiB, so an offset that does not fit has no place in one.
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(size(start), size(end.max(start)))
}

/// Parses a token's `%`, width and expression, and gives all of it to the sink. `None` where the grammar has none.
fn token<S: Sink>(parser: &mut Parser<'_, S>, text: &str, percent: usize) -> Option<OutputExpr> {
    let (start, _) = width(text, percent);
    parser.restart(percent);
    parser.output_token(SyntaxKind::Percent, percent + 1);
    if start > percent + 1 {
        parser.output_token(SyntaxKind::Width, start);
    }
    let expr = parser.left();
    expr.filter(|_| parser.errors.is_empty())
}
