//! The lint `network-host-bits`; its page is `page.md`.

use crate::check::TOperand;
use crate::lints::{Lint, LintCategory, LintLevel, Subject};
use crate::program::Const;

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "network-host-bits",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a network with bits set behind its prefix",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    for (check, range) in subject.own_checks() {
        let TOperand::Consts(consts) = &check.right else { continue };
        for value in consts.iter() {
            if let Const::Net(net) = value
                && net.addr() != net.network()
                && !net.addr().is_loopback()
            {
                found.push((range, format!("`{net}` is the network `{}`", net.trunc())));
                break;
            }
        }
    }
    for (range, message) in found {
        let loc = subject.place(range);
        subject
            .push(&LINT, message, loc, |diag| diag.help("make the prefix longer, or write the address of the network"));
    }
}

#[cfg(test)]
mod tests;
