//! The lint `relative-path`; its page is `page.md`.

use falco_syntax::condition::ast::Operator;

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "relative-path",
    category: LintCategory::Evasion,
    level: LintLevel::Warning,
    summary: "a path that never begins like the field's value",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    for (check, range) in subject.own_checks() {
        let absolute = ["fd.name", "fd.directory", "fs.path.name", "fs.path.source", "fs.path.target", "proc.exepath"];
        let compares =
            matches!(check.op, Operator::Eq | Operator::Ne | Operator::In | Operator::Startswith | Operator::Pmatch);
        if !compares || !absolute.contains(&&*check.left.text) {
            continue;
        }
        if let Some(path) = check.texts().find(|path| is_relative(path)) {
            found.push((range, format!("`{path}` is no absolute path, but `{}` is one", check.left.text)));
        }
    }
    for (range, message) in found {
        let loc = subject.place(range);
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

/// Whether it looks like a path from somewhere.
fn is_relative(path: &str) -> bool {
    let first = path.chars().next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '.') && path.contains('/') && !path.contains([':', '>'])
}

#[cfg(test)]
mod tests;
