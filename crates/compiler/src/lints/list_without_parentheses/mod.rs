//! The lint `list-without-parentheses`; its page is `page.md`.

use crate::lints::{Context, Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "list-without-parentheses",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "`in` is followed by a list without parentheses",
    options: &[],
    page: include_str!("page.md"),
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
mod tests;
