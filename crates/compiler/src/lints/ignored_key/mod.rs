//! The lint `ignored-key`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "ignored-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "`append: true` ignores a key",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
