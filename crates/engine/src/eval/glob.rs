//! Shell patterns as POSIX `fnmatch` without flags: `*` and `?` also match `/` and a leading dot.

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
    ignore_case: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// One byte, lower case when case is ignored.
    Byte(u8),
    /// `?`
    Any,
    /// One or more `*`.
    Many,
    /// `[…]`: a bit for each byte that matches.
    Set(Box<[u64; 4]>),
    /// A pattern that ends in a lone backslash matches nothing from there on.
    Never,
}

impl Glob {
    /// Parses a pattern; every text is one (what is not special is literal).
    pub(crate) fn new(pattern: &[u8], ignore_case: bool) -> Self {
        let fold = |b: u8| if ignore_case { b.to_ascii_lowercase() } else { b };
        let mut tokens = Vec::new();
        let mut rest = pattern;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'*' => {
                    if tokens.last() != Some(&Token::Many) {
                        tokens.push(Token::Many);
                    }
                }
                b'?' => tokens.push(Token::Any),
                b'\\' => match rest.split_first() {
                    Some((&escaped, tail)) => {
                        tokens.push(Token::Byte(fold(escaped)));
                        rest = tail;
                    }
                    None => tokens.push(Token::Never),
                },
                b'[' => match parse_set(rest, ignore_case) {
                    Some((set, tail)) => {
                        tokens.push(Token::Set(Box::new(set)));
                        rest = tail;
                    }
                    None => tokens.push(Token::Byte(b'[')),
                },
                other => tokens.push(Token::Byte(fold(other))),
            }
        }
        Self { tokens, ignore_case }
    }

    /// Whether the whole text matches. Goes back at most to the last `*`, so the time is bounded by the product of the lengths.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match self.tokens.get(token) {
                Some(Token::Many) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(other) if text.get(at).is_some_and(|&b| self.one(other, b)) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                None if at == text.len() => return true,
                Some(_) | None => {}
            }
            match retry {
                Some((after, from)) if from < text.len() => {
                    retry = Some((after, from + 1));
                    token = after;
                    at = from + 1;
                }
                _ => return false,
            }
        }
    }

    fn one(&self, token: &Token, byte: u8) -> bool {
        let byte = if self.ignore_case { byte.to_ascii_lowercase() } else { byte };
        match token {
            Token::Byte(b) => *b == byte,
            Token::Any => true,
            Token::Set(set) => has(set, byte),
            Token::Many | Token::Never => false,
        }
    }
}

fn has(set: &[u64; 4], byte: u8) -> bool {
    set[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
}

fn add(set: &mut [u64; 4], byte: u8, ignore_case: bool) {
    let byte = if ignore_case { byte.to_ascii_lowercase() } else { byte };
    set[usize::from(byte >> 6)] |= 1 << (byte & 63);
}

/// Parses what follows a `[`. `None` where there is no closing bracket: the bracket is then literal.
fn parse_set(text: &[u8], ignore_case: bool) -> Option<([u64; 4], &[u8])> {
    let mut set = [0; 4];
    let mut rest = text;
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    if negated {
        rest = &rest[1..];
    }
    let mut first = true;
    loop {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        if byte == b']' && !first {
            break;
        }
        first = false;
        if byte == b'['
            && rest.first() == Some(&b':')
            && let Some((test, tail)) = named_class(rest)
        {
            (0..=255u8).filter(|b| test(*b)).for_each(|b| add(&mut set, b, ignore_case));
            rest = tail;
            continue;
        }
        let low = if byte == b'\\' {
            let (&escaped, tail) = rest.split_first()?;
            rest = tail;
            escaped
        } else {
            byte
        };
        let mut high = low;
        if rest.first() == Some(&b'-') && rest.get(1).is_some_and(|&b| b != b']') {
            high = rest[1];
            rest = &rest[2..];
            if high == b'\\' {
                let (&escaped, tail) = rest.split_first()?;
                high = escaped;
                rest = tail;
            }
        }
        (low..=high).for_each(|b| add(&mut set, b, ignore_case));
    }
    if negated {
        set.iter_mut().for_each(|word| *word = !*word);
    }
    Some((set, rest))
}

type ByteTest = fn(u8) -> bool;

/// Parses `:name:]` of a `[:name:]` class.
fn named_class(text: &[u8]) -> Option<(ByteTest, &[u8])> {
    let end = text.windows(2).position(|w| w == b":]").filter(|&end| end >= 1)?;
    let test: ByteTest = match text.get(1..end)? {
        b"alpha" => |b| b.is_ascii_alphabetic(),
        b"digit" => |b| b.is_ascii_digit(),
        b"alnum" => |b| b.is_ascii_alphanumeric(),
        b"upper" => |b| b.is_ascii_uppercase(),
        b"lower" => |b| b.is_ascii_lowercase(),
        b"space" => |b| b.is_ascii_whitespace() || b == 0x0b,
        b"blank" => |b| b == b' ' || b == b'\t',
        b"punct" => |b| b.is_ascii_punctuation(),
        b"print" => |b| (0x20..0x7f).contains(&b),
        b"graph" => |b| b.is_ascii_graphic(),
        b"cntrl" => |b| b.is_ascii_control(),
        b"xdigit" => |b| b.is_ascii_hexdigit(),
        _ => return None,
    };
    Some((test, text.get(end + 2..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let glob = Glob::new(pattern.as_bytes(), false);
        for text in yes {
            assert!(glob.matches(text.as_bytes()), "{pattern} should match {text}");
        }
        for text in no {
            assert!(!glob.matches(text.as_bytes()), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn stars_and_question_marks_match_slashes_and_dots() {
        check("/etc/*", &["/etc/", "/etc/a/b", "/etc/.hidden"], &["/etc", "/usr/etc/a"]);
        check("a?c", &["abc", "a/c", "a.c"], &["ac", "abbc"]);
        check("*", &["", "anything"], &[]);
        check("**a**b", &["ab", "xxaxxb"], &["ba", "axbx"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn sets_ranges_classes_and_negation() {
        check("[abc]x", &["ax", "cx"], &["dx", "x"]);
        check("[!a-c]x", &["dx", "/x"], &["ax", "bx"]);
        check("[]a]", &["]", "a"], &["b"]);
        check("[[:digit:]_]", &["4", "_"], &["a", "[", ":"]);
        check("[a-]", &["a", "-"], &["b"]);
        check("[z-a]", &[], &["a", "z", "-"]);
        check("[abc", &["[abc"], &["a"]);
    }

    #[test]
    fn backslashes_escape() {
        check(r"\*a", &["*a"], &["ba"]);
        check(r"[\]a]", &["]", "a"], &["\\"]);
        check("a\\", &[], &["a", "a\\"]);
    }

    #[test]
    fn case_can_be_ignored() {
        let glob = Glob::new(b"/Etc/[A-C]*", true);
        assert!(glob.matches(b"/etc/bX") && glob.matches(b"/ETC/C") && !glob.matches(b"/etc/d"));
    }

    #[test]
    fn hostile_patterns_take_bounded_time() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!Glob::new(pattern.as_bytes(), false).matches(&[b'a'; 20_000]));
    }
}
