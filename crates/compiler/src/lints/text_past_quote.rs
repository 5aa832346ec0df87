//! # text-past-quote
//!
//! A quote behind a backslash never closes a text in Falco, not even behind `\\`, which elsewhere is an escaped backslash at the end. The
//! text goes on to the next quote. Mostly that ends in a syntax error; this lint tells where it does not.
//!
//! ## Bad
//!
//! ```yaml
//! condition: fd.name in ("C:\\", ",")
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: fd.name in ("C:\ ", ",")       # backslash and blank are a backslash
//! ```
//!
//! ## Why
//!
//! Everything up to the next quote belongs to the text, operators and other values included.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Right, Text};

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "text-past-quote",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a quoted text goes on behind a quote that seems to close it",
    source: include_str!("text_past_quote.rs"),
};

pub(crate) const MESSAGE: &str =
    "this text goes on behind the quote after `\\\\`: a quote after a backslash never closes a text";

pub(crate) const HELP: &str = "a backslash at the end of a text is written `\\ `, with a blank";

/// The texts on a right side that go on behind what looks like their end.
pub(crate) fn judge(text: &str, right: &Right) -> Vec<TextRange> {
    let items = match right {
        Right::List { items, .. } => items.as_slice(),
        Right::Value(value) => std::slice::from_ref(value),
        _ => return Vec::new(),
    };
    items.iter().filter(|item| item.quoted && goes_on(text, item)).map(|item| item.range).collect()
}

fn goes_on(text: &str, item: &Text) -> bool {
    let written = text.get(std::ops::Range::<usize>::from(item.range)).unwrap_or_default();
    let Some((quote, rest)) = written.as_bytes().split_first() else { return false };
    let mut inner = rest.iter().enumerate();
    while let Some((at, byte)) = inner.next() {
        if *byte == b'\\' {
            inner.next();
        } else if byte == quote {
            return at + 1 < rest.len();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn texts_that_go_on_are_found() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open and (fd.name = "C:\\" or fd.name = " or proc.name = "it\"s" or proc.name = "a\\b")
#                                           ^^^^^^^^^^^^^^^^^^^^^ warning: this text goes on behind the quote after `\\`: a quote after a backslash never closes a text; a backslash at the end of a text is written `\ `, with a blank
  output: x
  priority: INFO
"#,
        );
    }
}
