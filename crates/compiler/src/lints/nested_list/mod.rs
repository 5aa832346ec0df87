//! The lint `nested-list`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "nested-list",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a list two levels deep in a list is not opened",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
