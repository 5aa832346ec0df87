//! The lint `costly-first`; its page is `page.md`.

use falco_syntax::condition::ast::Operator;

use crate::check::{CExpr, TOperand, TypedCheck};
use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "costly-first",
    category: LintCategory::Performance,
    level: LintLevel::Hint,
    summary: "an expensive check stands before cheap ones",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let CExpr::And(children) = &subject.checked.expr else { return };
    let of = |expr: &CExpr| match expr {
        CExpr::Atom(atom) => subject.checked.atoms.get(*atom as usize),
        _ => None,
    };
    let costly = children
        .iter()
        .position(|child| of(child).and_then(|atom| atom.typed.as_ref()).is_some_and(|check| is_costly(check)));
    let Some(costly) = costly else { return };
    let cheap = children.iter().skip(costly + 1).filter_map(of).find(|atom| {
        let own = subject.condition.pasted.exception_at(atom.range.0).is_none();
        own && atom.typed.as_ref().is_some_and(|check| is_cheap(check))
    });
    let (Some(first), Some(second)) = (children.get(costly).and_then(of), cheap) else { return };
    let text = subject.text(second.range);
    let (loc, other) = (subject.place(first.range), subject.place(second.range));
    subject.push(&LINT, format!("this check costs more than `{text}`, which stands behind it"), loc, |diag| {
        diag.label(other, "the cheaper check")
    });
}

fn is_costly(check: &TypedCheck) -> bool {
    matches!(check.op, Operator::Regex | Operator::Glob | Operator::Iglob)
        || check.left.text.starts_with("proc.aname") && !check.left.text.contains('[')
}

fn is_cheap(check: &TypedCheck) -> bool {
    matches!(check.op, Operator::Eq | Operator::Ne | Operator::In)
        && !is_costly(check)
        && matches!(check.right, TOperand::Consts(_))
        && &*check.left.text != "evt.type"
}

#[cfg(test)]
mod tests;
