//! Falco's hints about constants that may not be meant as such.

use falco_syntax::condition::ast::{Operator, Text};

use crate::check::{CheckCx, Range, fields, range};

/// A hint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hint {
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) range: Range,
    pub(crate) replacement: Option<String>,
}

/// The hints about one constant.
pub(super) fn of_const(cx: &CheckCx<'_>, op: Operator, text: &Text) -> Vec<Hint> {
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
            replacement: (!text.quoted).then(|| format!("val({compact})")),
        });
    }
    if compact.ends_with(')') && fields::begins_like_call(&compact) {
        hints.push(Hint {
            message: format!("`{compact}` is compared as text, but it looks like a transformer call"),
            help: "remove the quotes to call the transformer".into(),
            range: place,
            replacement: text.quoted.then(|| value.to_owned()),
        });
    }
    if op == Operator::Regex && needs_no_regex(&compact) {
        hints.push(Hint {
            message: format!("the pattern `{compact}` needs no regular expression"),
            help: "use a simpler operator: `=`, `contains`, `startswith` or `endswith`".into(),
            range: place,
            replacement: None,
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
