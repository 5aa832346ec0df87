//! The lint `list-over-name`; its page is `page.md`.

use crate::lints::{Context, Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "list-over-name",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a list takes the place of a field or a macro",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for using in cx.list_uses().iter() {
        let starts_a_check = matches!(&*using.word_before, "" | "and" | "or" | "not") && using.byte_before != b',';
        let in_a_list = using.byte_before == b'(' && !using.opens_group;
        if !using.in_quotes && starts_a_check && !in_a_list && using.byte_before != b'=' {
            let message = format!("list `{0}` takes the place of `{0}` here", using.list);
            cx.push(&LINT, using, message, Some("give the list another name".to_owned()));
        }
    }
}

#[cfg(test)]
mod tests;
