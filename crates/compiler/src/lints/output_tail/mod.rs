//! The lint `output-tail`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "output-tail",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "text right behind a field of an output is printed as it stands",
    options: &[],
    page: include_str!("page.md"),
};

#[cfg(test)]
mod tests;
