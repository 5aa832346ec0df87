//! The lint `prefix-without-slash`; its page is `page.md`.

use falco_syntax::condition::ast::Operator;

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "prefix-without-slash",
    category: LintCategory::Evasion,
    level: LintLevel::Off,
    summary: "a folder as the beginning of a path, without the slash that ends it",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    for (check, range) in subject.own_checks() {
        let is_path = check.left.text.starts_with("fd.")
            || check.left.text.starts_with("fs.")
            || &*check.left.text == "proc.exepath";
        if check.op != Operator::Startswith || !is_path {
            continue;
        }
        let open = check.texts().find(|path| path.starts_with('/') && !path.ends_with(['/', '.', '-', '_']));
        if let Some(path) = open {
            found.push((
                range,
                format!("`{path}` is the beginning of other names as well; end a folder with a slash, or use `pmatch`"),
            ));
        }
    }
    for (range, message) in found {
        let loc = subject.place(range);
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
