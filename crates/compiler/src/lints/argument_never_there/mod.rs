//! The lint `argument-never-there`; its page is `page.md`.

use falco_catalog::{EventType, FieldArg, FieldRef, field as ids};

use crate::check::TKind;
use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "argument-never-there",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "an event argument that none of the rule's events has",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some((_, unit)) = subject.rule.filter(|(_, unit)| unit.ok) else { return };
    let mut found = Vec::new();
    for (check, range) in subject.own_checks() {
        let TKind::Field(FieldRef { id: ids::EVT_ARG | ids::EVT_RAWARG, arg: FieldArg::Key(name), .. }) =
            &check.left.kind
        else {
            continue;
        };
        let has = |event: EventType| event.info().is_some_and(|info| info.param(name).is_some());
        if !unit.events.is_empty() && !unit.events.iter().any(has) {
            found.push((range, format!("no event that the rule can match has an argument `{name}`")));
        }
    }
    for (range, message) in found {
        let loc = subject.place(range);
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
