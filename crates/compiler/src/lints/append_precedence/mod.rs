//! The lint `append-precedence`; its page is `page.md`.

use falco_syntax::condition::ast::Expr;
use falco_syntax::condition::parse_expr;

use crate::lints::{Context, Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "append-precedence",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "an appended `and` binds to the last part of an `or` only",
    options: &[],
    page: include_str!("page.md"),
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
mod tests;
