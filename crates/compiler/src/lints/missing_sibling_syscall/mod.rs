//! The lint `missing-sibling-syscall`; its page is `page.md`.

use falco_catalog::EventSet;
use falco_syntax::condition::ast::Operator;

use crate::check::TypedCheck;
use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "missing-sibling-syscall",
    category: LintCategory::Evasion,
    level: LintLevel::Warning,
    summary: "a system call is watched, but not its siblings that do the same",
    options: &[],
    page: include_str!("page.md"),
};

/// Calls that do the same, but for how a path or flags are given.
const SIBLINGS: &[&[&str]] = &[
    &["open", "openat", "openat2"],
    &["rename", "renameat", "renameat2"],
    &["execve", "execveat"],
    &["unlink", "unlinkat"],
    &["link", "linkat"],
    &["symlink", "symlinkat"],
    &["mkdir", "mkdirat"],
    &["chmod", "fchmodat"],
    &["accept", "accept4"],
    &["dup2", "dup3"],
    &["mknod", "mknodat"],
];

pub(super) fn check(subject: &mut Subject<'_>) {
    let named: Vec<(Vec<&str>, (u32, u32))> = subject.positive_checks().filter_map(event_types).collect();
    // What other parts of the condition name counts, too.
    let all: Vec<&str> = named.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    let of_rule = subject.rule.map(|(_, unit)| &unit.events);
    let mut found = Vec::new();
    for siblings in SIBLINGS {
        let missing: Vec<&str> = siblings.iter().copied().filter(|name| !all.contains(name)).collect();
        let place = named.iter().find(|(names, _)| siblings.iter().any(|name| names.contains(name)));
        let (Some((names, range)), false) = (place, missing.is_empty()) else { continue };
        if of_rule
            .is_some_and(|events| missing.iter().all(|name| !EventSet::by_name(name).intersection(events).is_empty()))
        {
            continue;
        }
        let there = siblings.iter().find(|name| names.contains(name)).copied().unwrap_or_default();
        let missing: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        found.push((*range, format!("`{there}` is watched, but not {}, which does the same", missing.join(" or "))));
    }
    for (range, message) in found {
        let loc = subject.place(range);
        subject.push(&LINT, message, loc, |diag| diag);
    }
}

/// The types that a check asks for.
fn event_types((check, range): (&TypedCheck, (u32, u32))) -> Option<(Vec<&str>, (u32, u32))> {
    let asks = matches!(check.op, Operator::Eq | Operator::In) && &*check.left.text == "evt.type";
    asks.then(|| (check.texts().collect(), range))
}

#[cfg(test)]
mod tests;
