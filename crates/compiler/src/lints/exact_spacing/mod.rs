//! The lint `exact-spacing`; its page is `page.md`.

use falco_syntax::condition::ast::Operator;

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "exact-spacing",
    category: LintCategory::Evasion,
    level: LintLevel::Off,
    summary: "a command line is searched for text with a blank in it",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    for (check, range) in subject.own_checks() {
        let lines = ["proc.cmdline", "proc.args", "proc.pcmdline", "proc.exeline"];
        if !matches!(check.op, Operator::Contains | Operator::Icontains) || !lines.contains(&&*check.left.text) {
            continue;
        }
        if let Some(words) = check.texts().find(|words| words.trim().contains(' ')) {
            found
                .push((range, format!("another argument between the words of `{words}` is enough to get around this")));
        }
    }
    for (range, message) in found {
        let loc = subject.place(range);
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
