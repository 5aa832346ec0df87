//! The lint `lax-yaml`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "lax-yaml",
    category: LintCategory::Compatibility,
    level: LintLevel::Warning,
    summary: "text that Falco reads although YAML forbids it",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
