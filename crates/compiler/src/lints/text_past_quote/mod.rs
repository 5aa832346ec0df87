//! The lint `text-past-quote`; its page is `page.md`.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Right, Text};

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "text-past-quote",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a quoted text goes on behind a quote that seems to close it",
    options: &[],
    page: include_str!("page.md"),
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
mod tests;
