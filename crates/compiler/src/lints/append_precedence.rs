//! # append-precedence
//!
//! An append is pasted behind the text of the condition, without parentheses. When the condition is an `or`, an appended `and …`
//! belongs to its last part alone.
//!
//! ## Bad
//!
//! ```yaml
//! - macro: shell_or_script
//!   condition: proc.name in (shells) or proc.name endswith .sh
//! - macro: shell_or_script
//!   condition: and container.id != host
//!   override: {condition: append}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - macro: shell_or_script
//!   condition: (proc.name in (shells) or proc.name endswith .sh) and container.id != host
//!   override: {condition: replace}
//! ```
//!
//! ## Why
//!
//! `a or b and c` is `a or (b and c)`.

use falco_syntax::condition::ast::Expr;
use falco_syntax::condition::parse_expr;

use crate::lints::{Context, Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "append-precedence",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "an appended `and` binds to the last part of an `or` only",
    source: include_str!("append_precedence.rs"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for appended in cx.appends() {
        if !appended.text.trim_start().starts_with("and") {
            continue;
        }
        let (before, errors) = parse_expr(&appended.before);
        if errors.is_empty() && matches!(before, Expr::Or { .. }) {
            let message = "the appended `and` only applies to the last part of the `or` before it";
            let help = "replace the whole condition, with parentheses around the `or`";
            cx.push_at(&LINT, appended.item, appended.loc, message.to_owned(), Some(help.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::check;

    #[test]
    fn an_and_behind_an_or_is_found() {
        check(
            r#"
- macro: m
  condition: evt.type = open or evt.type = close
- macro: m
  condition: and fd.name = x
#            ^^^^^^^^^^^^^^^ warning: the appended `and` only applies to the last part of the `or` before it; replace the whole condition, with parentheses around the `or`
  override: {condition: append}
- rule: r
  desc: d
  condition: m
  output: x
  priority: INFO
- rule: r
  condition: and proc.name = x
  override: {condition: append}
"#,
        );
    }
}
