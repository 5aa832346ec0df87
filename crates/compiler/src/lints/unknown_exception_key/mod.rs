//! The lint `unknown-exception-key`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "unknown-exception-key",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "an exception has a key that Falco ignores",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
