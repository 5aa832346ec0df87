//! # list-over-name
//!
//! A list can also be pasted over a field's name or over the name of a macro. With the right item in it the condition still compiles.
//!
//! ## Bad
//!
//! ```yaml
//! - list: interactive
//!   items: [proc_is_shell]
//! - macro: proc_is_shell
//!   condition: proc.name in (bash, zsh)
//! - macro: interactive
//!   condition: proc.tty != 0
//! - rule: Shell
//!   condition: evt.type = execve and interactive      # and proc_is_shell
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - list: interactive_shells
//!   items: [bash, zsh]
//! ```
//!
//! ## Why
//!
//! The condition is another one than the one that stands there.

use crate::lints::{Context, Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "list-over-name",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a list takes the place of a field or a macro",
    source: include_str!("list_over_name.rs"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for using in cx.list_uses().iter() {
        let starts_a_check = matches!(&*using.word_before, "" | "and" | "or" | "not") && using.byte_before != b',';
        let in_a_list = using.byte_before == b'(' && !using.opens_group;
        if !using.in_quotes && starts_a_check && !in_a_list && using.byte_before != b'=' {
            let message = format!("list `{0}` takes the place of `{0}` here", using.list);
            cx.push(&LINT, using, message, Some("give the list another name".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn a_list_hides_a_macro() {
        check(
            r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
- macro: n
  condition: evt.type = close
- list: m
  items: [n]
- rule: r
  desc: d
  condition: proc.name in (a, b) and (m)
#                                     ^ warning: list `m` takes the place of `m` here; give the list another name
  output: x
  priority: INFO
"#,
        );
    }
}
