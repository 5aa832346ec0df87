//! The lint `boolean-spelling`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "boolean-spelling",
    category: LintCategory::Style,
    level: LintLevel::Hint,
    summary: "a boolean is not written `true` or `false`",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
