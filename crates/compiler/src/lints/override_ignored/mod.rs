//! The lint `override-ignored`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "override-ignored",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "an `override` that is no mapping has no effect",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
