//! The lint `unchecked-macro`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "unchecked-macro",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a macro that no rule uses would compile in no rule",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
