//! What scalars mean: null, booleans and integers as Falco's YAML reader (yaml-cpp) takes them, and tags.

use super::kind::{SyntaxKind, SyntaxToken};
use rowan::NodeOrToken;

/// Whether a plain scalar's text means null.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A boolean: `true`, `yes`, `on`, `y` and their opposites, in lower case, upper case or capitalised.
pub fn decode_bool(text: &str) -> Option<bool> {
    let capitalised = text.get(..1).is_some_and(|first| first.bytes().all(|byte| byte.is_ascii_uppercase()));
    let rest = text.get(1..)?;
    let one_case = rest.bytes().all(|byte| byte.is_ascii_lowercase())
        || capitalised && rest.bytes().all(|byte| byte.is_ascii_uppercase());
    if !one_case {
        return None;
    }
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "on" => Some(true),
        "n" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// An unsigned integer up to `max`, as a C++ stream without a fixed base reads it: decimal, `0x` hexadecimal, a leading `0`
/// for octal; an optional `+`; blanks after it are ignored.
pub fn decode_unsigned(text: &str, max: u64) -> Option<u64> {
    let text = text.trim_end_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let digits = text.strip_prefix('+').unwrap_or(text);
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().filter(|&value| value <= max)
}

/// Replaces a tag's handle by the prefix that the tag's document defines for it.
pub(super) fn resolve_tag(token: &SyntaxToken) -> String {
    let text = token.text();
    if let Some(verbatim) = text.strip_prefix("!<") {
        return verbatim.strip_suffix('>').unwrap_or(verbatim).to_owned();
    }
    let (handle, suffix) = match text.get(1..).and_then(|rest| rest.find('!')) {
        Some(end) => text.split_at(end + 2),
        None => text.split_at(1.min(text.len())),
    };
    if handle == "!" && suffix.is_empty() {
        return text.to_owned();
    }
    let document = token.parent_ancestors().find(|node| node.kind() == SyntaxKind::Document);
    let defined = document.and_then(|document| {
        document.children_with_tokens().filter_map(NodeOrToken::into_token).find_map(|token| {
            if token.kind() != SyntaxKind::Directive {
                return None;
            }
            let mut words = token.text().split_ascii_whitespace();
            (words.next() == Some("%TAG") && words.next() == Some(handle)).then(|| words.next().map(str::to_owned))?
        })
    });
    let prefix =
        defined.unwrap_or_else(|| if handle == "!!" { "tag:yaml.org,2002:".to_owned() } else { handle.to_owned() });
    prefix + &percent_decode(suffix)
}

/// Resolves `%xx` in a tag's suffix.
fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_have_three_spellings_each() {
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            assert_eq!(decode_bool(text), Some(true), "{text}");
        }
        for text in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            assert_eq!(decode_bool(text), Some(false), "{text}");
        }
        for text in ["", "yEs", "YEs", "1", "0", " true", "true ", "truE", "é"] {
            assert_eq!(decode_bool(text), None, "{text}");
        }
    }

    #[test]
    fn unsigned_integers_have_three_bases() {
        let cases = [
            ("0", Some(0)),
            ("15", Some(15)),
            ("+15", Some(15)),
            ("15 ", Some(15)),
            ("0x1F", Some(31)),
            ("017", Some(15)),
            ("255", Some(255)),
            ("256", None),
            ("08", None),
            ("0o17", None),
            ("0x", None),
            ("-1", None),
            (" 1", None),
            ("1.5", None),
            ("1e3", None),
            ("", None),
            ("99999999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(decode_unsigned(text, 255), expected, "{text}");
        }
    }
}
