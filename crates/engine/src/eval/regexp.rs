//! Regular expressions: the dialect of RE2 in POSIX mode, translated for the regex crate by the compiler, which so judges the
//! very pattern that runs. The whole value must match; leftmost-longest against leftmost-first makes no difference then.

use std::borrow::Cow;

use falco_compiler::re2;
use regex::{Regex, RegexBuilder};

use super::EvalError;

/// The memory one pattern's automaton may take, as Falco's engine bounds it (RE2's default is 8 MiB).
const SIZE_LIMIT: usize = 8 << 20;

/// Compiles a pattern that must match the whole value.
pub(crate) fn compile(pattern: &[u8]) -> Result<Regex, EvalError> {
    let text = String::from_utf8_lossy(pattern);
    let failed = |reason: String| EvalError::Regex { pattern: text.to_string(), reason };
    let translated = re2::to_rust(&text).map_err(|error| failed(error.to_string()))?;
    let built = RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).build();
    built.map_err(|error| failed(last_line(&error.to_string())))
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
    fn what_the_crate_would_read_otherwise_is_read_as_re2_does() {
        // No set operations in a class, and a bracket in one is itself.
        let class = compile(b"[a&&b]").unwrap();
        assert!(is_match(&class, b"&") && is_match(&class, b"a"));
        assert!(is_match(&compile(b"[[]x").unwrap(), b"[x"));
        // Perl's classes are not in the dialect.
        assert!(compile(br"\d+").is_err());
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
