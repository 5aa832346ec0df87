//! The lint `list-as-value`; its page is `page.md`.

use crate::lints::{Context, Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "list-as-value",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a list of one item takes the place of a single value",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for using in cx.list_uses().iter() {
        let word_operator = matches!(
            &*using.word_before,
            "glob"
                | "iglob"
                | "contains"
                | "icontains"
                | "startswith"
                | "endswith"
                | "regex"
                | "bcontains"
                | "bstartswith"
        );
        if !using.in_quotes && (using.byte_before == b'=' || word_operator) {
            let message = format!("the word `{0}` is replaced by the item of list `{0}`", using.list);
            let help = format!("write `in ({})` if the list is meant, else give the list another name", using.list);
            cx.push(&LINT, using, message, Some(help));
        }
    }
}

#[cfg(test)]
mod tests;
