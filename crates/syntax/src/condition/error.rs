//! What can be wrong in a condition, and where.

use std::borrow::Cow;
use std::fmt;

use rowan::{TextRange, TextSize};

/// A syntax error in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where Falco's lexer stands when it gives up. Exact for the first error of a condition; later ones are ours alone.
    pub offset: TextSize,
    /// What to underline; empty at the end of the text.
    pub range: TextRange,
    /// What is wrong: lower case, no full stop.
    pub message: Cow<'static, str>,
    /// The opening parenthesis or quote that the error is about, if it stands elsewhere.
    pub related: Option<TextRange>,
    /// What to try.
    pub help: Option<Cow<'static, str>>,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// A place in a text as Falco counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes from the start of the text.
    pub offset: u32,
    /// 1-based; LF and CR each start a new line, so CR LF starts two.
    pub line: u32,
    /// 1-based, in bytes.
    pub column: u32,
}

impl Position {
    /// The position of `offset` in `text`; offsets past the end count as the end.
    pub fn new(text: &str, offset: TextSize) -> Self {
        let offset = usize::from(offset).min(text.len());
        let before = text.as_bytes().get(..offset).unwrap_or_default();
        let line = 1 + before.iter().filter(|b| matches!(b, b'\n' | b'\r')).count();
        let column = 1 + before.iter().rev().take_while(|b| !matches!(b, b'\n' | b'\r')).count();
        Self { offset: offset as u32, line: line as u32, column: column as u32 }
    }
}
