//! # nested-list
//!
//! A list may name other lists, but they are opened one level deep only. What a named list names in turn stays plain text, unless
//! that list is defined later.
//!
//! ## Bad
//!
//! ```yaml
//! - list: a
//!   items: [bash]
//! - list: b
//!   items: [a]
//! - list: c
//!   items: [b]      # comes to the text `a`
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - list: c
//!   items: [a, b]
//! ```
//!
//! ## Why
//!
//! The condition compares with the name of the list.

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "nested-list",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a list two levels deep in a list is not opened",
    source: include_str!("nested_list.rs"),
};

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn the_third_level_stays_text() {
        check(
            r#"
- list: a
  items: [x]
- list: b
  items: [a]
- list: c
  items: [b]
#         ^ warning: list `a` is two levels deep here, through `b`, and stays the plain text `a`; name `a` in list `c` itself
- rule: r
  desc: d
  condition: evt.type = open and proc.name in (c)
  output: x
  priority: INFO
"#,
        );
    }

    #[test]
    fn a_later_list_is_still_pasted() {
        check(
            r#"
- list: c
  items: [b]
- list: b
  items: [a]
- list: a
  items: [x]
- rule: r
  desc: d
  condition: evt.type = open and proc.name in (c)
  output: x
  priority: INFO
"#,
        );
    }
}
