//! The condition language: [`parse`] for editors (a lossless tree), [`parse_expr`] for meaning (plain data only).

pub mod ast;
mod error;
pub mod syntax;

use rowan::{GreenNode, TextSize};

use ast::{Expr, Left};
pub use error::{Position, SyntaxError};
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
pub fn parse_with_limit(text: &str, _limit: u32) -> Parse {
    let mut builder = rowan::GreenNodeBuilder::new();
    builder.start_node(syntax::SyntaxKind::Condition.into());
    builder.token(syntax::SyntaxKind::Junk.into(), text);
    builder.finish_node();
    let (expr, errors) = parse_expr(text);
    Parse { green: builder.finish(), errors, expr }
}

/// Parses a rule's condition to plain data without building a tree.
pub fn parse_expr(text: &str) -> (Expr, Vec<SyntaxError>) {
    parse_expr_with_limit(text, RULE_DEPTH_LIMIT)
}

/// [`parse_expr`] with another recursion limit; more than [`RULE_DEPTH_LIMIT`] is taken as that.
pub fn parse_expr_with_limit(_text: &str, _limit: u32) -> (Expr, Vec<SyntaxError>) {
    let range = rowan::TextRange::empty(TextSize::new(0));
    (Expr::Missing { range }, Vec::new())
}

/// Parses a text that is one field or one transformer call and nothing else, such as the field of an exception. `val(…)`
/// is none.
pub fn parse_left(text: &str) -> Result<Left, SyntaxError> {
    Err(SyntaxError {
        offset: TextSize::new(0),
        range: rowan::TextRange::up_to(TextSize::of(text)),
        message: "expected a field or a transformer call".into(),
        help: None,
    })
}
