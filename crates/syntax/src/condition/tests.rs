//! Tests of the condition language.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod conformance;
mod errors;
mod expect;
mod limits;
mod properties;
mod trees;

use super::{parse, parse_expr};
pub(crate) use trees::dump;

/// The condition with its errors below it, each under the text that it underlines; `!` marks where Falco's lexer stands if
/// that is elsewhere.
fn report(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!(parsed.syntax().text(), text, "the tree has the text");
    assert_eq!((parsed.expr().clone(), parsed.errors().to_vec()), parse_expr(text), "both ways agree");
    let shown = text.replace(['\n', '\t'], " ");
    let column = |offset: rowan::TextSize| shown[..usize::from(offset)].chars().count();
    let mut out = format!("{shown}\n");
    for error in parsed.errors() {
        let (start, end) = (column(error.range.start()), column(error.range.end()));
        let mut marks = vec![' '; start];
        marks.resize(end.max(start + 1), '^');
        let at = column(error.offset);
        if at != start {
            marks.resize(marks.len().max(at + 1), ' ');
            marks[at] = '!';
        }
        let marks: String = marks.into_iter().collect();
        out.push_str(&format!("{marks} {error}\n"));
        if let Some(related) = error.related {
            out.push_str(&format!("{}~ opened here\n", " ".repeat(column(related.start()))));
        }
        if let Some(help) = &error.help {
            out.push_str(&format!("{}= {help}\n", " ".repeat(start)));
        }
    }
    out.push_str(&format!("=> {}\n", parsed.expr()));
    out
}
