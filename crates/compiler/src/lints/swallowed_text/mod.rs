//! The lint `swallowed-text`; its page is `page.md`.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Right, Text};

use crate::lints::{Lint, LintCategory, LintLevel};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "swallowed-text",
    category: LintCategory::Correctness,
    level: LintLevel::Warning,
    summary: "a part of a quoted text is dropped by Falco",
    options: &[],
    page: include_str!("page.md"),
};

/// What the lint has to say about a right side, in the text that its ranges count in: place, message, help.
pub(crate) fn judge(text: &str, right: &Right, out: &mut Vec<(TextRange, &'static str, &'static str)>) {
    let items = match right {
        Right::List { range, items, .. } if items.is_empty() => {
            let written = text.get(std::ops::Range::<usize>::from(*range)).unwrap_or_default();
            if written.bytes().any(|byte| !matches!(byte, b'(' | b')' | b' ' | b'\t' | 8 | b'\r' | b'\n')) {
                let message = "Falco reads this list as empty, since its value has an escape that it does not know";
                out.push((*range, message, "write a backslash as `\\\\`"));
            }
            return;
        }
        Right::List { items, .. } => items.as_slice(),
        Right::Value(value) => std::slice::from_ref(value),
        _ => return,
    };
    for item in items.iter().filter(|item| item.quoted && loses_blank(text, item)) {
        let message = "the blank behind the backslash is lost: `\\ ` stands for a backslash alone";
        out.push((item.range, message, "write `\\\\ ` for a backslash and a blank"));
    }
}

/// Whether a quoted text has a backslash in front of a blank. At the end that is no accident: no other quoted text can end in a
/// backslash.
fn loses_blank(text: &str, item: &Text) -> bool {
    let written = text.get(std::ops::Range::<usize>::from(item.range)).unwrap_or_default();
    let mut bytes = written.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b' ') && bytes.len() > 1 {
            return true;
        }
    }
    false
}

/// A quoted text with the backslashes that stand in front of blanks doubled, but for the one at the end.
pub(crate) fn instead(text: &str, place: TextRange) -> Option<String> {
    let written = text.get(std::ops::Range::<usize>::from(place))?;
    if !written.starts_with(['"', '\'']) {
        return None;
    }
    let mut out = String::with_capacity(written.len() + 1);
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        let pair = from.get(..2)?;
        out.push_str(before);
        out.push_str(if pair == "\\ " && from.len() > 3 { "\\\\ " } else { pair });
        rest = from.get(2..)?;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests;
