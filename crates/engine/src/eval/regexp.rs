//! Regular expressions: the dialect of RE2 in POSIX mode, on the regex crate.
//!
//! Two things differ from the crate's defaults: the whole value must match, and `^` and `$` match at line ends as well (RE2's
//! POSIX mode without its `one_line`). Leftmost-longest against leftmost-first makes no difference for a whole match.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::EvalError;

/// The memory one pattern's automaton may take, as Falco's engine bounds it (RE2's default is 8 MiB).
const SIZE_LIMIT: usize = 8 << 20;

/// Compiles a pattern that must match the whole value.
pub(crate) fn compile(pattern: &[u8]) -> Result<Regex, EvalError> {
    let text = String::from_utf8_lossy(pattern);
    let failed =
        |error: regex::Error| EvalError::Regex { pattern: text.to_string(), reason: last_line(&error.to_string()) };
    if text.contains(')') {
        // Alone first: `a)(b` would only become a pattern by the group around it.
        Regex::new(&text).map_err(failed)?;
    }
    RegexBuilder::new(&format!(r"\A(?:{text})\z")).multi_line(true).size_limit(SIZE_LIMIT).build().map_err(failed)
}

/// Matches a value; what is not UTF-8 in it is replaced first.
pub(crate) fn is_match(regex: &Regex, value: &[u8]) -> bool {
    match String::from_utf8_lossy(value) {
        Cow::Borrowed(text) => regex.is_match(text),
        Cow::Owned(text) => regex.is_match(&text),
    }
}

/// The crate's messages draw the pattern over several lines; the last one says what is wrong.
fn last_line(message: &str) -> String {
    message.lines().last().unwrap_or_default().trim_start_matches("error: ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_must_match() {
        let regex = compile(b"/etc/(passwd|shadow)").unwrap();
        assert!(
            is_match(&regex, b"/etc/passwd")
                && !is_match(&regex, b"/etc/passwd2")
                && !is_match(&regex, b"x/etc/passwd")
        );
        let alternatives = compile(b"a|ab").unwrap();
        assert!(is_match(&alternatives, b"ab"), "the longest alternative counts");
    }

    #[test]
    fn invalid_utf8_is_replaced_first() {
        let regex = compile(b"a.b").unwrap();
        assert!(is_match(&regex, b"a\xffb") && is_match(&regex, "a\u{fffd}b".as_bytes()) && !is_match(&regex, b"a\nb"));
    }

    #[test]
    fn classes_work_and_errors_name_the_pattern() {
        assert!(is_match(&compile(b"[[:digit:]]+x").unwrap(), b"42x"));
        let error = compile(b"a(b").unwrap_err().to_string();
        assert!(compile(b"a)(b").is_err());
        assert!(error.contains("a(b") && !error.contains('\n'), "{error}");
    }
}
