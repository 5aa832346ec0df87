//! The lint `double-negation`; its page is `page.md`.

use falco_syntax::condition::ast::Expr;

use crate::check;
use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "double-negation",
    category: LintCategory::Style,
    level: LintLevel::Hint,
    summary: "`not` of a `not`",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    walk(&subject.condition.parsed.expr, &mut found);
    for range in found {
        let loc = subject.place(range);
        subject.push(&LINT, "two negations say nothing", loc, |diag| diag);
    }
}

fn walk(expr: &Expr, found: &mut Vec<(u32, u32)>) {
    match expr {
        Expr::And { children, .. } | Expr::Or { children, .. } => children.iter().for_each(|child| walk(child, found)),
        Expr::Not { range, child, .. } => {
            if matches!(**child, Expr::Not { .. }) {
                found.push(check::range(*range));
            } else {
                walk(child, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
