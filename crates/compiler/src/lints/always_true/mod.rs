//! The lint `always-true`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "always-true",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "every event satisfies the condition",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some(logic) = &subject.logic else { return };
    if logic.space.is_valid(&logic.formula(&logic.tree), &mut subject.budget) {
        let message = format!("every event satisfies the condition of this {}", subject.noun());
        subject.push(&LINT, message, subject.loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
