//! Falco's hints about constants that may not be meant as such.

use falco_syntax::condition::ast::{Operator, Text};

use crate::check::{CheckCx, Range, fields, range};

/// A hint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hint {
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) range: Range,
    /// What to write instead, and of what.
    pub(crate) replacement: Option<(Range, String)>,
}

/// The hints about one constant.
pub(super) fn of_const(cx: &CheckCx<'_>, (op, op_at): (Operator, Range), text: &Text) -> Vec<Hint> {
    let mut hints = Vec::new();
    // Most constants are neither: a field has a dot, a call has a parenthesis.
    let suspicious = text.value.contains(&b'.') || text.value.ends_with(b")") || op == Operator::Regex;
    let Ok(value) = std::str::from_utf8(&text.value) else { return hints };
    if !suspicious {
        return hints;
    }
    let compact: String = value.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let place = range(text.range);
    if compact.starts_with(|c: char| c.is_ascii_alphabetic()) && cx.catalog.resolve(cx.source, &compact).is_ok() {
        hints.push(Hint {
            message: format!("`{compact}` is compared as text, but it is the name of a field"),
            help: format!("write `val({compact})` to compare with the field's value"),
            range: place,
            replacement: (!text.quoted).then(|| (place, format!("val({compact})"))),
        });
    }
    if compact.ends_with(')') && fields::begins_like_call(&compact) {
        hints.push(Hint {
            message: format!("`{compact}` is compared as text, but it looks like a transformer call"),
            help: "remove the quotes to call the transformer".into(),
            range: place,
            replacement: text.quoted.then(|| (place, value.to_owned())),
        });
    }
    if op == Operator::Regex && needs_no_regex(&compact) {
        hints.push(Hint {
            message: format!("the pattern `{compact}` needs no regular expression"),
            help: "use a simpler operator: `=`, `contains`, `startswith` or `endswith`".into(),
            range: place,
            replacement: simpler(&compact).map(|(op, text)| ((op_at.0, place.1), format!("{op} {text}"))),
        });
    }
    hints
}

/// Whether a pattern has no special character besides an anchor or a wildcard at its ends.
fn needs_no_regex(pattern: &str) -> bool {
    let mut core = pattern.strip_prefix('^').unwrap_or(pattern);
    core = core.strip_suffix('$').unwrap_or(core);
    for wildcard in [".+", ".*", ".?"] {
        if let Some(rest) = core.strip_prefix(wildcard) {
            core = rest;
            break;
        }
    }
    for wildcard in [".+", ".*", ".?"] {
        if let Some(rest) = core.strip_suffix(wildcard) {
            core = rest;
            break;
        }
    }
    !core.contains(['.', '+', '*', '?', '^', '$', '(', ')', '[', ']', '{', '}', '|', '\\'])
}

/// The operator that says the same as a pattern that needs no regular expression (which always has to match the whole value), and
/// its operand. `.+` and `.?` ask for a length, which no operator does.
fn simpler(pattern: &str) -> Option<(Operator, &str)> {
    let core = pattern.strip_prefix('^').unwrap_or(pattern);
    let core = core.strip_suffix('$').unwrap_or(core);
    let (front, core) = core.strip_prefix(".*").map_or((false, core), |rest| (true, rest));
    let (back, core) = core.strip_suffix(".*").map_or((false, core), |rest| (true, rest));
    let plain = !core.is_empty()
        && core.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b':' | b'@'));
    let op = match (front, back) {
        (false, false) => Operator::Eq,
        (false, true) => Operator::Startswith,
        (true, false) => Operator::Endswith,
        (true, true) => Operator::Contains,
    };
    plain.then_some((op, core))
}

#[cfg(test)]
mod tests {
    use super::needs_no_regex;

    #[test]
    fn anchors_and_edge_wildcards_are_no_reason_for_a_regex() {
        for simple in ["foo", "^foo", "foo$", "^foo.*", ".*foo.*", ".+foo", "^.*foo.*$", ""] {
            assert!(needs_no_regex(simple), "{simple}");
        }
        for real in ["a.b", "a|b", "^(foo)", "fo+", "[ab]", "a.*b", "\\."] {
            assert!(!needs_no_regex(real), "{real}");
        }
    }
}
