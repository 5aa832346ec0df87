//! # list-in-quotes
//!
//! Falco pastes the items of a list over its name wherever the name stands between blanks, commas, parentheses or equals signs: also
//! inside of quotes.
//!
//! ## Bad
//!
//! ```yaml
//! - list: tmp
//!   items: [/tmp, /var/tmp]
//! - macro: moves
//!   condition: proc.cmdline contains "mv x tmp"     # contains "mv x /tmp, /var/tmp "
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - list: tmp_dirs
//!   items: [/tmp, /var/tmp]
//! - macro: moves
//!   condition: proc.cmdline contains "mv x tmp"
//! ```
//!
//! ## Why
//!
//! The text that is compared is not the one that stands there.

use crate::lints::{Context, Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "list-in-quotes",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a list is pasted into a quoted text",
    source: include_str!("list_in_quotes.rs"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for using in cx.list_uses().iter() {
        if using.in_quotes {
            let message = format!("list `{}` is pasted into this quoted text", using.list);
            cx.push(&LINT, using, message, Some("give the list another name".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn quotes_do_not_protect() {
        check(
            r#"
- list: l1
  items: [zz]
- rule: r
  desc: d
  condition: evt.type = open and proc.cmdline contains "x l1 y" and proc.name in (l1, "l1")
#                                                         ^^ warning: list `l1` is pasted into this quoted text; give the list another name
  output: x
  priority: INFO
"#,
        );
    }
}
