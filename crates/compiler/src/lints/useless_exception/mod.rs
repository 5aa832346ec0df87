//! The lint `useless-exception`; its page is `page.md`.

use falco_solver::Formula;

use crate::collect::{ExceptionEntry, RuleState};
use crate::lints::{Lint, LintCategory, LintLevel, Subject};
use crate::loc::Loc;
use crate::logic::Tree;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "useless-exception",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "an exception that the condition rules out already",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some(logic) = &subject.logic else { return };
    let conjuncts = logic.conjuncts();
    let is_exception = |tree: &Tree| {
        let checks = logic.checks_in(tree);
        !checks.is_empty() && checks.iter().all(|check| check.is_exception())
    };
    let (exceptions, main): (Vec<&Tree>, Vec<&Tree>) = conjuncts.into_iter().partition(|tree| is_exception(tree));
    let main: Vec<Formula> = main.into_iter().map(|tree| logic.formula(tree)).collect();
    let mut found = Vec::new();
    for exception in exceptions {
        let Tree::Not(values) = exception else { continue };
        let values: Vec<&Tree> = match &**values {
            Tree::Or(values) => values.iter().collect(),
            one => vec![one],
        };
        for value in values {
            let checks = logic.checks_in(value);
            if checks.iter().any(|check| check.uses_list) {
                continue;
            }
            let formula = logic.formula(value);
            let all: Vec<&Formula> = main.iter().chain([&formula]).collect();
            if logic.space.satisfy(&all, &mut subject.budget).is_no() {
                found.extend(checks.first().map(|check| (check.end(), check.loc(), check.text())));
            }
        }
    }
    for (end, whole, text) in found {
        let loc = subject.rule.and_then(|(rule, _)| value_at(rule, end)).unwrap_or(whole);
        let message = format!("this exception never applies: the condition rules `{text}` out already");
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

/// The value of an exception that a place lies in.
fn value_at(rule: &RuleState, place: Loc) -> Option<Loc> {
    let mut work: Vec<&ExceptionEntry> = rule.exceptions.iter().flat_map(|exception| &exception.values).collect();
    while let Some(entry) = work.pop() {
        let loc = entry.loc();
        match entry {
            ExceptionEntry::List(_, entries) => work.extend(entries),
            _ if loc.uid == place.uid && loc.start <= place.start && place.end <= loc.end => return Some(loc),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
