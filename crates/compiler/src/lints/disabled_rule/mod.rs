//! The lint `disabled-rule`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "disabled-rule",
    category: LintCategory::Metadata,
    level: LintLevel::Off,
    summary: "a rule that is switched off",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    if subject.rule.is_some_and(|(rule, _)| !rule.enabled) {
        subject.push(&LINT, "the rule is switched off", subject.loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
