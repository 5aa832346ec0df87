//! The lint `output-lacks-container`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, Subject};
use crate::stage::OutPiece;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "output-lacks-container",
    category: LintCategory::Metadata,
    level: LintLevel::Off,
    summary: "a rule on containers whose output names none",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let (Some(logic), Some((_, unit))) = (&subject.logic, subject.rule) else { return };
    let looks = logic.checks.iter().any(|check| {
        logic.space.variable_of(check.variable).is_some_and(|variable| variable.name.starts_with("container."))
    });
    let tells = unit.output.as_ref().is_none_or(|output| {
        output
            .split
            .pieces
            .iter()
            .any(|piece| matches!(piece, OutPiece::Value(value) if value.value.text.starts_with("container.")))
    });
    if looks && !tells {
        subject
            .push(&LINT, "the condition looks at the container, the output does not name it", subject.loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
