//! What may be written at a place of an output format.

use rowan::TextSize;

use crate::condition::parser::Parser;
use crate::condition::{Expectation, Probe, RULE_DEPTH_LIMIT};

/// What is expected in a token of an output format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenExpectation {
    /// Where the `%` of the token stands.
    pub percent: TextSize,
    /// What is expected and the word that stands there: [`crate::condition::Expected::Token`] for the field or call itself,
    /// and the parts of arguments as in a condition.
    pub expectation: Expectation,
}

/// What is expected at `offset` of an output format, judged by the text before it; `None` in literal text.
pub fn expected_at(text: &str, offset: TextSize) -> Option<TokenExpectation> {
    let mut end = usize::from(offset).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end)?;
    let mut parser = Parser::new(before, RULE_DEPTH_LIMIT, Probe::new(before));
    let mut last = None;
    let mut at = 0;
    // The last token that reaches the cursor counts: an earlier one with an open quote is merely broken.
    while let Some(found) = before.as_bytes().get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        let percent = at + found;
        super::token(&mut parser, before, percent);
        at = parser.position();
        if let Some(found) = parser.sink.found.take() {
            last = Some((percent, found));
        }
    }
    let (percent, found) = last?;
    Some(TokenExpectation { percent: super::size(percent), expectation: found.into_expectation(text, end) })
}
