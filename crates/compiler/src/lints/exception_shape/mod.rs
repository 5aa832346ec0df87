//! The lint `exception-shape`; its page is `page.md`.

use std::sync::Arc;

use crate::collect::ExceptionEntry;
use crate::diagnostic::{ItemKind, Repair};
use crate::lints::{Context, Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "exception-shape",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a value of an exception is not compared as it stands",
    options: &[],
    page: include_str!("page.md"),
};

pub(super) fn check(cx: &mut Context<'_>) {
    for rule in cx.rules_that_parse() {
        for exception in rule.exceptions.iter().filter(|exception| !exception.broken) {
            let mut found = Vec::new();
            exception.values.iter().for_each(|value| odd_values(value, &mut found));
            for value in found {
                let text = value.text();
                let message = format!("`{text}` is pasted as text and becomes more than one value");
                let help = format!("to compare with this text, write `'\"{text}\"'`");
                let repair = Repair::Value { at: value.loc(), text: format!("\"{text}\"") };
                let fix = (format!("replace with `\"{text}\"`"), vec![repair]);
                let item = (ItemKind::Rule, Arc::clone(&rule.name));
                cx.push_repair(&LINT, item, value.loc(), message, help, fix);
            }
        }
    }
}

/// Values whose pasted text is not one value, although the condition can be parsed.
fn odd_values<'a>(value: &'a ExceptionEntry, found: &mut Vec<&'a ExceptionEntry>) {
    match value {
        ExceptionEntry::List(_, items) => items.iter().for_each(|item| odd_values(item, found)),
        ExceptionEntry::Text(_, scalar) => {
            // With a blank in it the value is quoted; a list in parentheses is meant as such.
            let protected = scalar.text.contains(' ') || scalar.text.starts_with(['"', '\'', '(']);
            if !protected && scalar.text.contains([',', '(', ')', '=', '"', '\'']) {
                found.push(value);
            }
        }
        ExceptionEntry::Empty(_) => {}
    }
}

#[cfg(test)]
mod tests;
