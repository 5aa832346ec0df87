//! The condition language.
//!
//! [`parse`] is for editors: a lossless tree with errors beside it. [`parse_expr`] is for meaning: plain data, no tree. Both
//! run the same grammar (`parser`), which accepts exactly what Falco accepts and reports its first error at the byte where
//! Falco does. [`expected_at`] says what may be written at a place.

pub mod ast;
mod error;
mod expect;
pub(crate) mod lexer;
pub mod nodes;
pub(crate) mod parser;
mod print;
pub(crate) mod sink;
pub mod syntax;
#[cfg(test)]
pub(crate) mod tests;

use rowan::GreenNode;

use ast::{Expr, Left};
pub use error::{Position, SyntaxError};
pub(crate) use expect::Probe;
pub use expect::{Expectation, Expected, ValuePlace, expected_at};
pub use lexer::TRANSFORMERS;
use parser::Parser;
use sink::{NoSink, TreeSink};
use syntax::SyntaxNode;

/// Falco's recursion limit for the conditions of rules and macros, counted in grammar functions.
pub const RULE_DEPTH_LIMIT: u32 = 1000;
/// Falco's recursion limit for a filter that stands alone.
pub const FILTER_DEPTH_LIMIT: u32 = 100;

/// A parsed condition.
#[derive(Debug, Clone)]
pub struct Parse {
    green: GreenNode,
    errors: Vec<SyntaxError>,
    expr: Expr,
}

impl Parse {
    /// The root of the lossless tree; its text is the parsed text.
    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The errors in order of their discovery. The first one is Falco's.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// The condition as plain data.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }
}

/// Parses a rule's condition.
pub fn parse(text: &str) -> Parse {
    parse_with_limit(text, RULE_DEPTH_LIMIT)
}

/// [`parse`] with another recursion limit; more than [`RULE_DEPTH_LIMIT`] is taken as that.
pub fn parse_with_limit(text: &str, limit: u32) -> Parse {
    let mut parser = Parser::new(text, limit, TreeSink::new());
    let expr = parser.condition();
    Parse { green: parser.sink.build(), errors: parser.errors, expr }
}

/// Parses a rule's condition to plain data without building a tree.
pub fn parse_expr(text: &str) -> (Expr, Vec<SyntaxError>) {
    parse_expr_with_limit(text, RULE_DEPTH_LIMIT)
}

/// [`parse_expr`] with another recursion limit; more than [`RULE_DEPTH_LIMIT`] is taken as that.
pub fn parse_expr_with_limit(text: &str, limit: u32) -> (Expr, Vec<SyntaxError>) {
    let mut parser = Parser::new(text, limit, NoSink);
    let expr = parser.condition();
    (expr, parser.errors)
}

/// Parses a text that is one field or one transformer call and nothing else, such as the field of an exception. `val(…)`
/// is none.
pub fn parse_left(text: &str) -> Result<Left, SyntaxError> {
    let mut parser = Parser::new(text, RULE_DEPTH_LIMIT, NoSink);
    let left = parser.left_alone();
    match (left, parser.errors.into_iter().next()) {
        (_, Some(error)) => Err(error),
        (Some(left), None) => Ok(left),
        (None, None) => Err(SyntaxError {
            offset: rowan::TextSize::new(0),
            range: rowan::TextRange::up_to(rowan::TextSize::of(text)),
            message: "expected a field or a transformer call".into(),
            related: None,
            help: None,
        }),
    }
}
