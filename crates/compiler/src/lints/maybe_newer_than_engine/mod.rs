//! The lint `maybe-newer-than-engine`; its page is `page.md`.

use falco_catalog::versions::Subject;

use crate::lints::{Lint, LintCategory, LintLevel};
use crate::options::Version;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "maybe-newer-than-engine",
    category: LintCategory::Compatibility,
    level: LintLevel::Warning,
    summary: "something may be newer than the engine that the rules are for",
    options: &[],
    page: include_str!("page.md"),
};

/// The sentence about something that an engine may lack.
pub(crate) fn message(version: Version, subject: Subject, name: &str) -> String {
    crate::check::versions::message(version, subject, name).replace(" is newer than ", " may be newer than ")
}

#[cfg(test)]
mod tests;
