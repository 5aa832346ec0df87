//! Falco's regular expressions (RE2 in POSIX mode) in the dialect of the `regex` crate.
//!
//! POSIX mode has no `\d`, `\w`, `\b`, no `(?…)`, no lazy repetition; `^` and `$` match at line breaks too; `.` matches all but
//! a line break. A value matches if the pattern matches all of it.

use std::fmt;

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Re2Error {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the pattern.
    pub offset: usize,
    /// What to write instead.
    pub help: Option<&'static str>,
}

impl fmt::Display for Re2Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Re2Error {}

/// RE2 refuses to repeat more often.
const MAX_REPEAT: u64 = 1000;
/// Groups deeper than this are refused, since the `regex` crate does not go much deeper.
const MAX_DEPTH: usize = 200;

/// Translates a pattern to the `regex` crate's dialect. The result is anchored at both ends: it matches whole values.
pub fn to_rust(pattern: &str) -> Result<String, Re2Error> {
    let mut translator = Translator { rest: pattern, len: pattern.len(), out: String::from(r"\A(?:"), last: None };
    translator.run()?;
    translator.out.push_str(r")\z");
    Ok(translator.out)
}

struct Translator<'a> {
    rest: &'a str,
    len: usize,
    out: String,
    /// The part that a repetition would repeat.
    last: Option<Last>,
}

#[derive(Clone, Copy)]
struct Last {
    /// Where it begins in the output.
    start: usize,
    /// Whether it ends in a repetition.
    repeated: bool,
    /// How often its parts are repeated at most.
    times: u64,
}

impl<'a> Translator<'a> {
    fn offset(&self) -> usize {
        self.len - self.rest.len()
    }

    fn error<T>(&self, message: impl Into<String>, help: Option<&'static str>) -> Result<T, Re2Error> {
        Err(Re2Error { message: message.into(), offset: self.offset(), help })
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        Some(c)
    }

    fn run(&mut self) -> Result<(), Re2Error> {
        // Per open group: where it begins in the output, and how often its parts are repeated so far.
        let mut groups: Vec<(usize, u64)> = Vec::new();
        let mut times = 1;
        while let Some(c) = self.peek() {
            if let Some(last) = self.last {
                times = times.max(last.times);
            }
            match c {
                '(' => {
                    if self.rest.starts_with("(?") {
                        return self.error(
                            "`(?` is not available in POSIX mode",
                            Some("`(?i)`: use `icontains` or `tolower`"),
                        );
                    }
                    if groups.len() >= MAX_DEPTH {
                        return self.error("groups are nested too deeply", None);
                    }
                    groups.push((self.out.len(), times));
                    times = 1;
                    self.bump();
                    self.out.push_str("(?:");
                    self.last = None;
                }
                ')' => {
                    let Some((start, outer)) = groups.pop() else {
                        return self.error("unmatched `)`", None);
                    };
                    self.bump();
                    self.out.push(')');
                    self.last = Some(Last { start, repeated: false, times });
                    times = outer;
                }
                '|' => {
                    self.bump();
                    self.out.push('|');
                    self.last = None;
                }
                '*' | '+' | '?' => {
                    self.bump();
                    self.repeat(&c.to_string(), 1)?;
                }
                '{' => match repetition(self.rest) {
                    Some((text, min, max)) => {
                        if max.is_some_and(|max| min > max) || min.max(max.unwrap_or(0)) > MAX_REPEAT {
                            return self.error(format!("bad repetition `{text}`"), None);
                        }
                        self.rest = self.rest.get(text.len()..).unwrap_or_default();
                        self.repeat(text, min.max(max.unwrap_or(0)).max(1))?;
                    }
                    None => self.literal('{'),
                },
                '^' => self.anchor("(?m:^)"),
                '$' => self.anchor("(?m:$)"),
                '.' => self.atom("."),
                '[' => self.class()?,
                '\\' => {
                    let c = self.escape()?;
                    self.push_char(c);
                }
                c => self.literal(c),
            }
        }
        if groups.is_empty() { Ok(()) } else { self.error("missing `)`", None) }
    }

    fn begin_atom(&mut self) {
        self.last = Some(Last { start: self.out.len(), repeated: false, times: 1 });
    }

    fn atom(&mut self, text: &str) {
        self.bump();
        self.begin_atom();
        self.out.push_str(text);
    }

    fn anchor(&mut self, text: &str) {
        self.atom(text);
    }

    fn literal(&mut self, c: char) {
        self.bump();
        self.push_char(c);
    }

    fn push_char(&mut self, c: char) {
        self.begin_atom();
        push_escaped(&mut self.out, c);
    }

    fn repeat(&mut self, op: &str, times: u64) -> Result<(), Re2Error> {
        let Some(last) = self.last else {
            return self.error(format!("`{op}` has nothing to repeat"), None);
        };
        let times = last.times * times;
        if times > MAX_REPEAT {
            return self.error("the pattern repeats too often", None);
        }
        if last.repeated {
            // `a+?` is a repetition of a repetition here, not a lazy one.
            self.out.insert_str(last.start, "(?:");
            self.out.push(')');
        }
        self.out.push_str(op);
        self.last = Some(Last { start: last.start, repeated: true, times });
        Ok(())
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<char, Re2Error> {
        let begin = self.rest;
        self.bump();
        let Some(c) = self.bump() else {
            return self.error("a pattern cannot end with a backslash", None);
        };
        let code = match c {
            '1'..='7' if !self.rest.starts_with(|next: char| next.is_digit(8)) => {
                self.rest = begin;
                return self.error("back references are not available", None);
            }
            '0'..='7' => {
                let mut value = c.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    match self.peek().and_then(|c| c.to_digit(8)) {
                        Some(digit) => {
                            value = value * 8 + digit;
                            self.bump();
                        }
                        None => break,
                    }
                }
                Some(value)
            }
            'x' => self.hex(),
            'n' => Some(0xa),
            'r' => Some(0xd),
            't' => Some(0x9),
            'a' => Some(0x7),
            'f' => Some(0xc),
            'v' => Some(0xb),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c.into()),
            _ => None,
        };
        match code.and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => {
                self.rest = begin;
                let help = match c {
                    'd' => Some("write `[[:digit:]]`"),
                    'D' => Some("write `[^[:digit:]]`"),
                    'w' => Some("write `[[:word:]]`"),
                    'W' => Some("write `[^[:word:]]`"),
                    's' => Some("write `[[:space:]]`"),
                    'S' => Some("write `[^[:space:]]`"),
                    _ => None,
                };
                self.error(format!("escape `\\{c}` is not available in POSIX mode"), help)
            }
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = if let Some(rest) = self.rest.strip_prefix('{') {
            let (digits, rest) = rest.split_once('}')?;
            self.rest = rest;
            digits
        } else {
            let digits = self.rest.get(..2)?;
            self.rest = self.rest.get(2..)?;
            digits
        };
        let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if valid { u32::from_str_radix(digits, 16).ok() } else { None }
    }

    fn class(&mut self) -> Result<(), Re2Error> {
        let open = self.rest;
        self.begin_atom();
        self.bump();
        self.out.push('[');
        if self.peek() == Some('^') {
            self.bump();
            self.out.push('^');
        }
        let mut first = true;
        loop {
            match self.peek() {
                None => {
                    self.rest = open;
                    return self.error("missing `]`", None);
                }
                Some(']') if !first => break,
                Some('-') if !first && !self.rest.starts_with("-]") => {
                    return self.error("`-` in a class must stand first or last", None);
                }
                Some('[') if self.rest.starts_with("[:") => {
                    if let Some(name) = self.named_class()? {
                        self.out.push_str(name);
                        first = false;
                        continue;
                    }
                    self.range(open)?;
                }
                Some(_) => self.range(open)?,
            }
            first = false;
        }
        self.bump();
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]`; `None` if it is no such thing.
    fn named_class(&mut self) -> Result<Option<&'a str>, Re2Error> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        let rest = self.rest;
        let Some(end) = rest.get(2..).and_then(|inner| inner.find(":]")) else { return Ok(None) };
        let name = rest.get(2..2 + end).unwrap_or_default();
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return self.error(format!("unknown class `[:{name}:]`"), None);
        }
        let (whole, rest) = rest.split_at(end + 4);
        self.rest = rest;
        Ok(Some(whole))
    }

    fn range(&mut self, open: &'a str) -> Result<(), Re2Error> {
        let low = self.class_char(open)?;
        let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1;
        if !is_range {
            push_escaped(&mut self.out, low);
            return Ok(());
        }
        self.bump();
        let high = self.class_char(open)?;
        if high < low {
            return self.error(format!("bad range `{low}-{high}`"), None);
        }
        push_escaped(&mut self.out, low);
        self.out.push('-');
        push_escaped(&mut self.out, high);
        Ok(())
    }

    fn class_char(&mut self, open: &'a str) -> Result<char, Re2Error> {
        if self.peek() == Some('\\') {
            return self.escape();
        }
        match self.bump() {
            Some(c) => Ok(c),
            None => {
                self.rest = open;
                self.error("missing `]`", None)
            }
        }
    }
}

/// `{n}`, `{n,}` or `{n,m}`; anything else is literal text.
fn repetition(text: &str) -> Option<(&str, u64, Option<u64>)> {
    let end = text.find('}')?;
    let inner = text.get(1..end)?;
    let number = |digits: &str| -> Option<u64> {
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let (min, max) = match inner.split_once(',') {
        None => (number(inner)?, Some(number(inner)?)),
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    Some((text.get(..=end)?, min, max))
}

fn push_escaped(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push('\\');
        out.push(c);
    } else if c.is_control() {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    fn matches(pattern: &str, value: &str) -> bool {
        Regex::new(&to_rust(pattern).unwrap()).unwrap().is_match(value)
    }

    #[test]
    fn whole_values_match() {
        assert!(matches("fo+", "foo"));
        assert!(!matches("fo+", "foox"));
        assert!(matches("a|bc", "bc"));
        assert!(!matches("a|bc", "ac"));
        assert!(matches("", ""));
        assert!(matches("(|x)y", "y"));
        assert!(!matches("a.b", "a\nb"));
        assert!(matches("[^x]*", "a\nb"));
    }

    #[test]
    fn classes_are_posix() {
        assert!(matches("[[:digit:]]+", "123"));
        assert!(matches("[]a]+", "a]"));
        assert!(matches("[a-]+", "a-"));
        assert!(matches("[-a]+", "-a"));
        assert!(matches("[[]", "["));
        assert!(matches("[a&&b]+", "&&"));
        assert!(matches("[^[:^digit:]]", "7"));
        assert!(matches("[\\]x]+", "]x"));
        assert!(matches("[!-/]", "#"));
    }

    #[test]
    fn a_question_mark_after_a_repetition_is_another_repetition() {
        assert!(matches("a+?", ""));
        assert!(matches("a**", "aaa"));
        assert!(matches("(ab){2,3}", "ababab"));
        assert!(matches("a{,2}", "a{,2}"));
        assert!(matches("a{x", "a{x"));
        assert!(matches("x{0}y", "y"));
    }

    #[test]
    fn escapes_are_few() {
        assert!(matches(r"\.\*\/\x41\101\n", ".*/AA\n"));
        assert!(matches(r"\x{1F600}", "😀"));
        for bad in [r"\d", r"\w+", r"\bx", r"\1", r"\pL", r"\Qx", "x\\"] {
            assert!(to_rust(bad).is_err(), "{bad}");
        }
        assert_eq!(to_rust(r"a\d").unwrap_err().help, Some("write `[[:digit:]]`"));
    }

    #[test]
    fn broken_patterns_are_refused() {
        for bad in [
            "(",
            ")",
            "[",
            "[a",
            "*",
            "a|*",
            "(?i)x",
            "a{2,1}",
            "a{1001}",
            "(a{100}){100}",
            "[z-a]",
            "[a-c-e]",
            "[[:foo:]]",
        ] {
            assert!(to_rust(bad).is_err(), "{bad}");
        }
        assert!(to_rust(&"(".repeat(100_000)).is_err());
        assert!(to_rust(&format!("{}{}", "(".repeat(150), ")".repeat(150))).is_ok());
    }
}
