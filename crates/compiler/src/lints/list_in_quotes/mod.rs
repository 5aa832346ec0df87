//! The lint `list-in-quotes`; its page is `page.md`.

use crate::lints::{Context, Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "list-in-quotes",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a list is pasted into a quoted text",
    options: &[],
    page: include_str!("page.md"),
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
mod tests;
