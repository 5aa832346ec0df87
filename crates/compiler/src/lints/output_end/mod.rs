//! The lint `output-end`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "output-end",
    category: LintCategory::Style,
    level: LintLevel::Hint,
    summary: "an output that ends with a full stop or has a line break in it",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some((_, unit)) = subject.rule else { return };
    let Some(output) = &unit.output else { return };
    let text = output.text.text.trim_end();
    let end = text.len() as u32;
    if text.ends_with('.') && !text.ends_with("..") {
        let loc = output.text.place(end - 1, end).loc;
        subject.push(&LINT, "the full stop looks like a part of the alert's last value", loc, |diag| diag);
    }
    if let Some(at) = text.find('\n') {
        let loc = output.text.place(at as u32, at as u32 + 1).loc;
        subject.push(&LINT, "an alert is one line, and this breaks it in two", loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
