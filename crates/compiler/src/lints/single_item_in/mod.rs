//! The lint `single-item-in`; its page is `page.md`.

use falco_syntax::condition::ast::Operator;

use crate::check::TOperand;
use crate::diagnostic::Repair;
use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "single-item-in",
    category: LintCategory::Style,
    level: LintLevel::Off,
    summary: "`in` with one value",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let mut found = Vec::new();
    for (check, range) in subject.own_checks().filter(|(check, _)| check.op == Operator::In && !check.left.is_list) {
        let text = subject.text(range);
        let single = matches!(&check.right, TOperand::Consts(consts) if consts.len() == 1);
        let value =
            text.rsplit_once(" in ").map(|(_, list)| list.trim().trim_start_matches('(').trim_end_matches(')').trim());
        // One that a list stands for can become more.
        if let (true, Some(value), false) = (single, value, subject.uses_list(range)) {
            found.push((range, format!("{} = {value}", check.left.text)));
        }
    }
    for (range, text) in found {
        let loc = subject.place(range);
        subject.push(&LINT, format!("`in` with one value is `{text}`"), loc, |diag| {
            diag.repair(format!("replace with `{text}`"), vec![Repair::Rewrite { at: loc, text: text.clone() }], true)
        });
    }
}

#[cfg(test)]
mod tests;
