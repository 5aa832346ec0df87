//! The lint `io-uring-blind`; its page is `page.md`.

use falco_catalog::EventSet;

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "io-uring-blind",
    category: LintCategory::Evasion,
    level: LintLevel::Off,
    summary: "what a rule watches can be done through io_uring, which it does not watch",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some((_, unit)) = subject.rule else { return };
    let watched = EventSet::by_names([
        "open", "openat", "openat2", "connect", "accept", "accept4", "sendmsg", "recvmsg", "unlinkat", "renameat",
    ]);
    let ring = EventSet::by_names(["io_uring_enter"]);
    let all = unit.events.len() == EventSet::all().len();
    if !all && unit.ok && !unit.events.intersection(&watched).is_empty() && unit.events.intersection(&ring).is_empty() {
        subject.push(
            &LINT,
            "what this rule watches can be done through io_uring without these calls",
            subject.loc,
            |diag| diag,
        );
    }
}

#[cfg(test)]
mod tests;
