//! The lint `flow-indent`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "flow-indent",
    category: LintCategory::Compatibility,
    level: LintLevel::Off,
    summary: "a line of a flow collection is not indented",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
