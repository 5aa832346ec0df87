//! Falco's reading of an output format: the longest token that compiles.

use rowan::TextRange;

use super::OutputExpr;
use crate::condition::RULE_DEPTH_LIMIT;
use crate::condition::ast::{Call, Field};
use crate::condition::lexer::is_word;
use crate::condition::parser::Parser;
use crate::condition::sink::NoSink;

/// Names are shortened to find a field only up to this length; longer ones are tried whole. No name of a field comes near
/// it, and without it a text of one huge word would take quadratic time.
const MAX_SHORTENED: usize = 256;

/// A stretch of an output format; the pieces of a format cover it without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text {
        /// Where.
        range: TextRange,
    },
    /// `%`, an optional width, and the longest field or call that compiles.
    Token {
        /// From the `%` to the end of the field or call.
        range: TextRange,
        /// The rendered text is cut or padded to that many bytes; a width of 0 has no effect and is `None`.
        width: Option<u32>,
        /// The field or call; its ranges count from the start of the format.
        expr: OutputExpr,
    },
    /// A `%` that starts no token.
    Error {
        /// From the `%` on.
        range: TextRange,
        /// What is wrong.
        message: String,
    },
}

impl Piece {
    /// Where the piece stands in the format.
    pub fn range(&self) -> TextRange {
        match self {
            Self::Text { range } | Self::Token { range, .. } | Self::Error { range, .. } => *range,
        }
    }
}

/// Splits an output format as Falco does: a token is the longest text after `%` (and its width) that parses as a field or a
/// call and that `compiles` accepts. What `compiles` refuses is tried again without the argument, or with a shorter name:
/// `%proc.namefoo` is `%proc.name` and the text `foo`.
///
/// Falco stops at the first error; here the later tokens are found too.
pub fn split(text: &str, compiles: &mut dyn FnMut(&OutputExpr) -> bool) -> Vec<Piece> {
    let mut parser = Parser::new(text, RULE_DEPTH_LIMIT, NoSink);
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = text.as_bytes().get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        let percent = at + found;
        if percent > at {
            pieces.push(Piece::Text { range: super::range(at, percent) });
        }
        let (start, width) = super::width(text, percent);
        let parsed = super::token(&mut parser, text, percent);
        let name = parsed.as_ref().map(name_of);
        let expr = parsed.and_then(|expr| longest(expr, compiles));
        match expr {
            Some(expr) => {
                let end = usize::from(range_of(&expr).end());
                pieces.push(Piece::Token { range: super::range(percent, end), width, expr });
                at = end;
            }
            None => {
                let (end, message) = match name {
                    Some((name, end)) => (end, format!("{name} is no field or call that an output can show")),
                    None => {
                        let (end, message) = super::problem(text, percent, start, &parser);
                        (end, message.into_owned())
                    }
                };
                pieces.push(Piece::Error { range: super::range(percent, end), message });
                at = end.max(percent + 1);
            }
        }
    }
    if at < text.len() {
        pieces.push(Piece::Text { range: super::range(at, text.len()) });
    }
    pieces
}

/// The name in backticks, and where the expression ends.
fn name_of(expr: &OutputExpr) -> (String, usize) {
    let name = match expr {
        OutputExpr::Field(field) => format!("`{}`", field.name),
        OutputExpr::Call(call) => format!("`{}(…)`", call.name),
    };
    (name, usize::from(range_of(expr).end()))
}

fn range_of(expr: &OutputExpr) -> TextRange {
    match expr {
        OutputExpr::Field(field) => field.range,
        OutputExpr::Call(call) => call.range,
    }
}

/// The longest beginning of `parsed`, which is the longest that the grammar allows, that compiles.
fn longest(parsed: OutputExpr, compiles: &mut dyn FnMut(&OutputExpr) -> bool) -> Option<OutputExpr> {
    if compiles(&parsed) {
        return Some(parsed);
    }
    match parsed {
        OutputExpr::Field(field) => shorter_field(field, compiles),
        OutputExpr::Call(call) => without_suffix(call, compiles),
    }
}

/// The field without its argument, or with a shorter name.
fn shorter_field(field: Field, compiles: &mut dyn FnMut(&OutputExpr) -> bool) -> Option<OutputExpr> {
    let mut field = field;
    if field.arg.take().is_some() {
        field.range = field.name_range;
        let expr = OutputExpr::Field(field);
        if compiles(&expr) {
            return Some(expr);
        }
        let OutputExpr::Field(whole) = expr else { return None };
        field = whole;
    }
    let start = field.name_range.start();
    let mut len = field.name.len().min(MAX_SHORTENED + 1);
    field.name.truncate(len);
    while len > 1 {
        len -= 1;
        field.name.truncate(len);
        if !is_name(&field.name) {
            continue;
        }
        field.name_range = TextRange::at(start, super::size(len));
        field.range = field.name_range;
        let expr = OutputExpr::Field(field);
        if compiles(&expr) {
            return Some(expr);
        }
        let OutputExpr::Field(shorter) = expr else { return None };
        field = shorter;
    }
    None
}

/// Whether a prefix of a field's name is one: it has a dot and does not end in one.
fn is_name(prefix: &str) -> bool {
    prefix.contains('.') && prefix.as_bytes().last().is_some_and(|b| is_word(*b))
}

fn without_suffix(call: Call, compiles: &mut dyn FnMut(&OutputExpr) -> bool) -> Option<OutputExpr> {
    // The bracket stands right before the suffix.
    let bracket = usize::from(call.suffix.as_ref()?.range.start()).saturating_sub(1);
    let range = TextRange::new(call.range.start(), super::size(bracket));
    let expr = OutputExpr::Call(Call { range, suffix: None, ..call });
    compiles(&expr).then_some(expr)
}
