//! # swallowed-text
//!
//! Two places where Falco drops a part of a quoted text instead of refusing it. An unknown escape in the only value of a list makes the
//! list empty, and a blank behind a backslash is lost. (At the very end of a text that blank is how a backslash is written there.)
//!
//! ## Bad
//!
//! ```yaml
//! condition: proc.name in ("\d+")          # proc.name in (): always false
//! condition: proc.cmdline contains "a\ b"   # contains "a\b", without the blank
//! ```
//!
//! ## Good
//!
//! ```yaml
//! condition: proc.name in ("\\d+")
//! condition: proc.cmdline contains "a\\ b"
//! ```
//!
//! ## Why
//!
//! The condition compares with another text than the one that stands there, or with none.

use falco_syntax::TextRange;
use falco_syntax::condition::ast::{Right, Text};

use crate::lints::{Lint, LintCategory};
use crate::options::LintLevel;

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "swallowed-text",
    category: LintCategory::Correctness,
    level: LintLevel::Warn,
    summary: "a part of a quoted text is dropped by Falco",
    source: include_str!("swallowed_text.rs"),
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
mod tests {
    use crate::fixture::check;

    #[test]
    fn what_is_dropped_is_told() {
        check(
            r#"
- rule: r
  desc: d
  condition: evt.type = open and (proc.name in ("\q") or proc.name = "a\ b" or proc.name in ("c\ d", e))
#                                              ^^^^^^ warning: Falco reads this list as empty, since its value has an escape that it does not know; write a backslash as `\\`
#                                                                    ^^^^^^ warning: the blank behind the backslash is lost: `\ ` stands for a backslash alone; write `\\ ` for a backslash and a blank
#                                                                                            ^^^^^^ warning: the blank behind the backslash is lost: `\ ` stands for a backslash alone; write `\\ ` for a backslash and a blank
  output: x
  priority: INFO
- rule: fine
  desc: d
  condition: evt.type = open and (proc.name in () or proc.name in ( ) or proc.name in ("\\q") or proc.name = "a\\ b" or proc.name = "a\ ")
  output: x
  priority: INFO
"#,
        );
    }
}
