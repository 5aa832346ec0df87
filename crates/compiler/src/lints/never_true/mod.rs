//! The lint `never-true`; its page is `page.md`.

use falco_solver::Formula;

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "never-true",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "no event can satisfy the condition",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some(logic) = &subject.logic else { return };
    let conjuncts = logic.conjuncts();
    let formulas: Vec<Formula> = conjuncts.iter().map(|tree| logic.formula(tree)).collect();
    let formulas: Vec<&Formula> = formulas.iter().collect();
    if !logic.space.satisfy(&formulas, &mut subject.budget).is_no() {
        return;
    }
    let core = logic.space.core(&formulas, &mut subject.budget);
    let mut places = Vec::new();
    for place in core {
        let Some(tree) = conjuncts.get(place) else { continue };
        let negated = matches!(tree, crate::logic::Tree::Not(_));
        for check in logic.checks_in(tree) {
            let text = if negated { format!("not {}", check.text()) } else { check.text() };
            places.push((check.loc(), text, check.is_own()));
        }
    }
    // The finding stands where the author can do something about it. What only macros say may wait for another file to change them.
    let Some(main) = places.iter().rposition(|(_, _, own)| *own) else { return };
    let noun = subject.noun();
    let Some((loc, text, _)) = places.get(main) else { return };
    let (loc, message) = match places.as_slice() {
        [_] => (*loc, format!("the {noun} can never match: `{text}` never holds")),
        [_, _] => {
            let other = places.get(1 - main).map(|(_, text, _)| text.as_str()).unwrap_or_default();
            (*loc, format!("the {noun} can never match: `{text}` excludes `{other}`"))
        }
        _ => (*loc, format!("the {noun} can never match: `{text}` excludes what its other checks ask for")),
    };
    let labels = places.into_iter().enumerate().filter(|(i, _)| *i != main).take(8);
    let labels: Vec<_> = labels.map(|(_, (loc, text, _))| (loc, format!("`{text}` is asked for here"))).collect();
    subject.push(&LINT, message, loc, |diag| labels.into_iter().fold(diag, |diag, (loc, text)| diag.label(loc, text)));
}

#[cfg(test)]
mod tests;
