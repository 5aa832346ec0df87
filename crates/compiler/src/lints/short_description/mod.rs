//! The lint `short-description`; its page is `page.md`.

use crate::lints::{Lint, LintCategory, LintLevel, LintOption, OptionDefault, Subject};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "short-description",
    category: LintCategory::Metadata,
    level: LintLevel::Off,
    summary: "a description of a few words",
    options: &[LintOption {
        name: "words",
        summary: "how many words a description needs",
        default: OptionDefault::Number(8),
    }],
    page: include_str!("page.md"),
};

pub(super) fn check(subject: &mut Subject<'_>) {
    let Some((rule, _)) = subject.rule else { return };
    let (words, wanted) = (rule.desc.split_whitespace().count(), subject.options.lints.number(&LINT, "words") as usize);
    if words < wanted {
        let message = format!("the description has {words} words; {wanted} are asked for");
        subject.push(&LINT, message, subject.loc, |diag| diag);
    }
}

#[cfg(test)]
mod tests;
