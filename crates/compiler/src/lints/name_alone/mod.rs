//! The lint `name-alone`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, Subject};
use crate::logic::Tree;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "name-alone",
    category: LintCategory::Evasion,
    level: LintLevel::Off,
    summary: "a program is recognised by its name alone",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some(logic) = subject.logic.as_ref().filter(|_| subject.rule.is_some()) else { return };
    let mut name = None;
    for tree in logic.conjuncts() {
        for check in logic.checks_in(tree) {
            let Some(variable) = logic.space.variable_of(check.variable) else { continue };
            match &*variable.name {
                "proc.name" if !matches!(tree, Tree::Not(_)) => {
                    name.get_or_insert((check.is_own(), check.loc()));
                }
                field if KNOWN_BESIDES.iter().any(|known| field.starts_with(known)) => return,
                _ => {}
            }
        }
    }
    if let Some((true, loc)) = name {
        subject.push(&LINT, "the program is known by its name alone, which a copy of it can change", loc, |diag| diag);
    }
}

/// What else tells of a program or of what it does.
const KNOWN_BESIDES: [&str; 7] =
    ["proc.exe", "proc.cmdline", "proc.args", "proc.is_exe", "proc.pname", "proc.aname", "fd."];

#[cfg(test)]
mod tests;
