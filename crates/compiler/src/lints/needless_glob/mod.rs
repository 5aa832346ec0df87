//! The lint `needless-glob`; its page is `page.md`.

use falco_syntax::condition::ast::Operator;

use crate::diagnostic::Repair;
use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "needless-glob",
    category: LintCategory::Performance,
    level: LintLevel::Hint,
    summary: "a pattern with stars at its ends alone, for which there are plain operators",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    for (check, range) in
        subject.own_checks().filter(|(check, _)| check.op == Operator::Glob && check.modifier.is_none())
    {
        let Some(pattern) = check.texts().next() else { continue };
        let inner = pattern.trim_matches('*');
        if inner.is_empty() || inner.contains(['*', '?', '[', '\\']) {
            continue;
        }
        let operator = match (pattern.starts_with('*'), pattern.ends_with('*')) {
            (false, false) => "=",
            (false, true) => "startswith",
            (true, false) => "endswith",
            (true, true) => "contains",
        };
        let instead = format!("{} {operator} \"{inner}\"", check.left.text);
        found.push((range, operator, (!inner.contains(['"', '\n'])).then_some(instead)));
    }
    for (range, operator, instead) in found {
        let loc = subject.place(range);
        subject.push(&LINT, format!("`{operator}` does what this pattern does"), loc, |diag| match instead {
            Some(text) => diag.repair(format!("replace with `{text}`"), vec![Repair::Rewrite { at: loc, text }], true),
            None => diag,
        });
    }
}

#[cfg(test)]
mod tests;
