//! # list-without-parentheses
//!
//! Falco adds no parentheses when it pastes a list. Without them a list operator takes a single word, so that `in l` works as long as
//! the list has exactly one item that is an identifier.
//!
//! ## Bad
//!
//! ```yaml
//! condition: proc.name in shells
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: proc.name in (shells)
//! ```
//!
//! ## Why
//!
//! The next item that is added to the list makes the file unreadable for Falco.

use crate::lints::{Context, Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "list-without-parentheses",
    category: LintCategory::Suspicious,
    level: LintLevel::Warn,
    summary: "`in` is followed by a list without parentheses",
    source: include_str!("list_without_parentheses.rs"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for using in cx.list_uses().iter() {
        if !using.in_quotes
            && matches!(&*using.word_before, "in" | "intersects" | "pmatch" | "oneof" | "anyof" | "allof")
        {
            let message =
                format!("list `{}` stands without parentheses, which only works while it has one item", using.list);
            let fix = format!("({})", using.list);
            cx.push_fix(&LINT, using, message, None, fix);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn one_item_works_by_chance() {
        check(
            r#"
- list: l
  items: [cat]
- rule: r
  desc: d
  condition: evt.type = open and proc.name in l
#                                             ^ warning: list `l` stands without parentheses, which only works while it has one item
  output: x
  priority: INFO
"#,
        );
    }
}
