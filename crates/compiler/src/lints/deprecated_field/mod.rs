//! The lint `deprecated-field`; its page is `page.md`.

use falco_syntax::TextRange;

use crate::check::LintNote;
use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "deprecated-field",
    category: LintCategory::Compatibility,
    level: LintLevel::Warning,
    summary: "a field is deprecated, and Falco does not say so",
    options: &[],
    page: include_str!("page.md"),
};

/// The finding about a field in a condition.
pub(crate) fn note(field: &str, place: TextRange, why: &str) -> LintNote {
    LintNote::new(&LINT, place, message(field), Some(format!("it {why}")))
}

pub(crate) fn message(field: &str) -> String {
    format!("field `{field}` is deprecated")
}

#[cfg(test)]
mod tests;
