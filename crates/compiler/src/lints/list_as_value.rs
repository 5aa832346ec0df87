//! # list-as-value
//!
//! After `=`, `contains` and the like, a word that is the name of a list is replaced by the list's items too. With one item that
//! compiles.
//!
//! ## Bad
//!
//! ```yaml
//! - list: open
//!   items: [close]
//! - macro: opens
//!   condition: evt.type = open        # evt.type = close
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - list: closing
//!   items: [close]
//! - macro: opens
//!   condition: evt.type = open
//! ```
//!
//! ## Why
//!
//! Either the list was meant, then `in (…)` says so and goes on working with more items; or the word was meant, then the list changes
//! it without a trace.

use crate::lints::{Context, Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "list-as-value",
    category: LintCategory::Suspicious,
    level: LintLevel::Warn,
    summary: "a list of one item takes the place of a single value",
    source: include_str!("list_as_value.rs"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for using in cx.list_uses().iter() {
        let word_operator = matches!(
            &*using.word_before,
            "glob"
                | "iglob"
                | "contains"
                | "icontains"
                | "startswith"
                | "endswith"
                | "regex"
                | "bcontains"
                | "bstartswith"
        );
        if !using.in_quotes && (using.byte_before == b'=' || word_operator) {
            let message = format!("the word `{0}` is replaced by the item of list `{0}`", using.list);
            let help = format!("write `in ({})` if the list is meant, else give the list another name", using.list);
            cx.push(&LINT, using, message, Some(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn the_value_is_another_one() {
        check(
            r#"
- list: open
  items: [close]
- rule: r
  desc: d
  condition: evt.type = open
#                       ^^^^ warning: the word `open` is replaced by the item of list `open`; write `in (open)` if the list is meant, else give the list another name
  output: x
  priority: INFO
"#,
        );
    }
}
