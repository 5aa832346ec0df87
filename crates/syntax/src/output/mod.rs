//! The output format: literal text with `%` tokens.

use rowan::TextRange;

/// The field or call of a token.
pub use crate::condition::ast::Left as OutputExpr;

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

/// Splits an output format as Falco does: a token is the longest text after `%` (and its width) that parses as a field or a
/// call and that `compiles` accepts. What `compiles` refuses is tried again with a shorter name, or without the argument.
pub fn split(text: &str, compiles: &mut dyn FnMut(&OutputExpr) -> bool) -> Vec<Piece> {
    let _ = (text, compiles);
    Vec::new()
}
