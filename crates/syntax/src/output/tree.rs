//! The lossless tree of an output format.

use rowan::GreenNode;

use crate::condition::parser::Parser;
use crate::condition::sink::{Sink, TreeSink};
use crate::condition::syntax::{SyntaxKind, SyntaxNode};
use crate::condition::{RULE_DEPTH_LIMIT, SyntaxError};

/// A parsed output format.
#[derive(Debug, Clone)]
pub struct Parse {
    green: GreenNode,
    errors: Vec<SyntaxError>,
}

impl Parse {
    /// The root of the lossless tree, an `Output` node; its text is the parsed text.
    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The errors of the grammar, in the order of the text. Whether the fields exist is not looked at.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }
}

/// Parses an output format by its grammar alone. A name goes as far as it can: `%proc.namefoo` is one field here, and only
/// [`super::split`] can tell that it is `%proc.name` and `foo`.
pub fn parse(text: &str) -> Parse {
    let mut parser = Parser::new(text, RULE_DEPTH_LIMIT, TreeSink::new());
    let mut errors = Vec::new();
    parser.sink.start(SyntaxKind::Output);
    let mut at = 0;
    while let Some(found) = text.as_bytes().get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        let percent = at + found;
        if percent > at {
            parser.sink.token(SyntaxKind::Literal, text.get(at..percent).unwrap_or_default());
        }
        parser.sink.start(SyntaxKind::Format);
        let expr = super::token(&mut parser, text, percent);
        at = parser.position();
        if expr.is_none() {
            let (start, _) = super::width(text, percent);
            let (end, message) = super::problem(text, percent, start, &parser);
            let inner = parser.errors.first().filter(|_| at > start);
            errors.push(SyntaxError {
                offset: super::size(percent),
                // A fault in a call is small, a token may be long.
                range: inner
                    .map(|error| error.range)
                    .filter(|range| !range.is_empty())
                    .unwrap_or(super::range(percent, end)),
                message,
                related: inner.and_then(|error| error.related),
                help: inner.and_then(|error| error.help.clone()),
            });
            if at < end && text.as_bytes().get(at) == Some(&b'%') {
                // The second of `%%` starts nothing.
                parser.output_token(SyntaxKind::Junk, end);
                at = end;
            }
        }
        parser.sink.finish();
    }
    if at < text.len() {
        parser.sink.token(SyntaxKind::Literal, text.get(at..).unwrap_or_default());
    }
    parser.sink.finish();
    Parse { green: parser.sink.build(), errors }
}
