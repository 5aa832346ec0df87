//! What the grammar expects at a place: the basis of completion.

use rowan::{TextRange, TextSize};

use super::ast::{Left, Modifier, Operator};
use super::lexer::{is_bare, is_space, is_word};
use super::parser::Parser;
use super::sink::Sink;
use super::syntax::SyntaxKind;

/// What may be written at a place, with what has been written of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// What the grammar looks for.
    pub expected: Expected,
    /// The word under the cursor up to the cursor, without an opening quote; empty between words.
    pub prefix: TextRange,
    /// The whole word under the cursor: what a completion replaces.
    pub word: TextRange,
    /// The opening quote before the word, if there is one.
    pub quote: Option<char>,
}

/// What the grammar looks for at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The start of a check: a field, a transformer call, a macro, `not` or `(`.
    Check {
        /// Whether a `not` stands before it.
        negated: bool,
    },
    /// An operator.
    Operator {
        /// The left side.
        left: Left,
    },
    /// The operand of an operator, or a part of it.
    Value {
        /// The left side.
        left: Left,
        /// The operator.
        op: Operator,
        /// Its modifier.
        modifier: Option<Modifier>,
        /// Which part.
        place: ValuePlace,
    },
    /// `,` or `)` after a value of a list.
    ListSeparator,
    /// The argument of a field, after `[`.
    FieldArgument {
        /// The field's name.
        field: String,
    },
    /// The field in `val(…)`.
    ValField,
    /// An argument of a transformer.
    CallArgument {
        /// The transformer's name.
        transformer: String,
        /// Which argument, from 0.
        index: usize,
        /// Whether it is an element of a list that is the argument.
        in_list: bool,
    },
    /// `,` or `)` after an argument of a transformer.
    CallSeparator {
        /// The transformer's name.
        transformer: String,
    },
    /// The argument in brackets after a transformer call.
    CallSuffix {
        /// The transformer's name.
        transformer: String,
    },
    /// In an output format, behind `%` and its width: a field or a transformer call.
    Token,
    /// `and`, `or`, or the end.
    Logical {
        /// Whether `)` is possible too.
        in_group: bool,
    },
}

/// Where in an operand a value is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValuePlace {
    /// Right after the operator: one value for string and order operators; for list operators and after a modifier the
    /// whole list, parenthesis included.
    Operand,
    /// In a parenthesised list.
    InList {
        /// Which element, from 0.
        index: usize,
    },
}

/// What is expected at `offset` of a condition, judged by the text before it.
pub fn expected_at(text: &str, offset: TextSize) -> Expectation {
    let mut end = usize::from(offset).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let mut parser = Parser::new(before, super::RULE_DEPTH_LIMIT, Probe::new(before));
    parser.condition();
    let found = parser.sink.found.unwrap_or(Found {
        at: end,
        quote: None,
        // Behind a nesting that is too deep to be read.
        expected: Expected::Logical { in_group: false },
    });
    found.into_expectation(text, end)
}

/// A place that the parser looked at and that the cursor touches.
pub(crate) struct Found {
    at: usize,
    quote: Option<char>,
    expected: Expected,
}

impl Found {
    pub(crate) fn into_expectation(self, text: &str, cursor: usize) -> Expectation {
        let start = self.at + usize::from(self.quote.is_some());
        let rest = text.as_bytes().get(cursor..).unwrap_or_default();
        let part = |byte: u8| match self.quote {
            Some(quote) => char::from(byte) != quote && !matches!(byte, b'\n' | b'\r'),
            None => self.expected.has(byte),
        };
        let tail = rest.iter().take_while(|b| part(**b)).count();
        // A quote that is not closed would swallow the text behind it.
        let tail = if self.quote.is_some() && rest.get(tail).copied().map(char::from) != self.quote { 0 } else { tail };
        let size = |offset: usize| TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX));
        Expectation {
            expected: self.expected,
            prefix: TextRange::new(size(start), size(cursor)),
            word: TextRange::new(size(start), size(cursor + tail)),
            quote: self.quote,
        }
    }
}

impl Expected {
    /// Whether the byte may be part of a word that is expected here.
    fn has(&self, byte: u8) -> bool {
        match self {
            Self::Check { .. } | Self::Token | Self::ValField | Self::CallArgument { .. } => {
                is_word(byte) || byte == b'.'
            }
            Self::Operator { .. } => byte.is_ascii_alphabetic() || byte == b'!',
            Self::Logical { .. } => byte.is_ascii_alphabetic(),
            Self::Value { place: ValuePlace::Operand, modifier, op, .. } if op.is_list() || modifier.is_some() => {
                is_word(byte)
            }
            Self::Value { .. } => is_bare(byte),
            Self::FieldArgument { .. } | Self::CallSuffix { .. } => {
                !is_space(byte) && !matches!(byte, b'[' | b']' | b'"' | b'\'')
            }
            Self::ListSeparator | Self::CallSeparator { .. } => false,
        }
    }

    fn may_be_quoted(&self) -> bool {
        matches!(
            self,
            Self::Value { .. } | Self::FieldArgument { .. } | Self::CallSuffix { .. } | Self::CallArgument { .. }
        )
    }
}

/// Listens to a parser that reads the text before the cursor, and keeps the first place whose word reaches its end.
pub(crate) struct Probe<'t> {
    text: &'t str,
    pub(crate) found: Option<Found>,
}

impl<'t> Probe<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, found: None }
    }
}

impl Sink for Probe<'_> {
    type Mark = ();

    const PROBES: bool = true;

    fn token(&mut self, _: SyntaxKind, _: &str) {}
    fn mark(&mut self) {}
    fn start(&mut self, _: SyntaxKind) {}
    fn start_at(&mut self, (): (), _: SyntaxKind) {}
    fn finish(&mut self) {}

    fn expect(&mut self, at: usize, expected: Expected) {
        if self.found.is_some() {
            return;
        }
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        let quote = rest.first().copied().filter(|b| expected.may_be_quoted() && matches!(b, b'"' | b'\''));
        let reaches_end = match quote {
            // An open quote: no later quote closes it.
            Some(quote) => {
                !rest.windows(2).any(|pair| matches!(pair, [before, last] if *last == quote && *before != b'\\'))
            }
            None => rest.iter().all(|b| expected.has(*b)),
        };
        if reaches_end {
            self.found = Some(Found { at, quote: quote.map(char::from), expected });
        }
    }
}
