//! The tokens of the condition language.
//!
//! What a stretch of text is depends on where it stands: `in` is an operator after a field, a macro at the start of a check
//! and a value after `=`. So there is one small lexer for each place, and the parser starts the one that fits at its
//! position. In each of them the longest match wins, as in Falco.

use logos::Logos;

use super::ast::Operator;

/// The start of a check, after any `not`.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(subpattern ident = r"[A-Za-z][A-Za-z0-9_]*")]
pub(crate) enum CheckToken {
    #[token("(")]
    LParen,
    #[regex(r"(?&ident)(\.(?&ident))+")]
    Field,
    #[token("tolower(")]
    #[token("toupper(")]
    #[token("b64(")]
    #[token("basename(")]
    #[token("len(")]
    #[token("join(")]
    #[token("concat(")]
    #[token("getopt(")]
    Call,
    #[regex(r"(?&ident)")]
    Ident,
}

/// After the left side. Operators that are words of strings need a blank after them, which the parser checks; the others
/// need none, so that `existsand` is `exists` and `and`.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperatorToken {
    #[token("exists", |_| Operator::Exists)]
    #[token("<=", |_| Operator::Le)]
    #[token("<", |_| Operator::Lt)]
    #[token(">=", |_| Operator::Ge)]
    #[token(">", |_| Operator::Gt)]
    #[token("==", |_| Operator::EqEq)]
    #[token("=", |_| Operator::Eq)]
    #[token("!=", |_| Operator::Ne)]
    #[token("glob", |_| Operator::Glob)]
    #[token("iglob", |_| Operator::Iglob)]
    #[token("contains", |_| Operator::Contains)]
    #[token("icontains", |_| Operator::Icontains)]
    #[token("bcontains", |_| Operator::Bcontains)]
    #[token("startswith", |_| Operator::Startswith)]
    #[token("bstartswith", |_| Operator::Bstartswith)]
    #[token("endswith", |_| Operator::Endswith)]
    #[token("regex", |_| Operator::Regex)]
    #[token("intersects", |_| Operator::Intersects)]
    #[token("in", |_| Operator::In)]
    #[token("pmatch", |_| Operator::Pmatch)]
    Op(Operator),
}

/// The operand of an order operator.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberToken {
    #[regex(r"0[xX][0-9a-fA-F]+")]
    #[regex(r"[+-]?[0-9]+\.?[0-9]*([eE][+-][0-9]+)?")]
    Number,
    #[token("val(")]
    Val,
    #[token("tolower(")]
    #[token("toupper(")]
    #[token("b64(")]
    #[token("basename(")]
    #[token("len(")]
    #[token("join(")]
    #[token("concat(")]
    #[token("getopt(")]
    Call,
}

/// The operand of a string operator.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StringToken {
    #[regex(r#""([^"\\\x00]|\\+[^\\\x00])*""#)]
    #[regex(r"'([^'\\\x00]|\\+[^\\\x00])*'")]
    Quoted,
    #[regex(r#"[^()"' \t\n\x0B\x0C\r=,]+"#)]
    Bare,
    #[token("val(")]
    Val,
    #[token("tolower(")]
    #[token("toupper(")]
    #[token("b64(")]
    #[token("basename(")]
    #[token("len(")]
    #[token("join(")]
    #[token("concat(")]
    #[token("getopt(")]
    Call,
}

/// The operand of a list operator.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListToken {
    #[token("(")]
    LParen,
    #[token("val(")]
    Val,
    #[token("tolower(")]
    #[token("toupper(")]
    #[token("b64(")]
    #[token("basename(")]
    #[token("len(")]
    #[token("join(")]
    #[token("concat(")]
    #[token("getopt(")]
    Call,
    #[regex(r"[A-Za-z][A-Za-z0-9_]*")]
    Ident,
}

/// An element of a list of constants.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemToken {
    #[regex(r#""([^"\\\x00]|\\+[^\\\x00])*""#)]
    #[regex(r"'([^'\\\x00]|\\+[^\\\x00])*'")]
    Quoted,
    #[regex(r#"[^()"' \t\n\x0B\x0C\r=,]+"#)]
    Bare,
}

/// An argument of a transformer.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(subpattern ident = r"[A-Za-z][A-Za-z0-9_]*")]
pub(crate) enum ArgToken {
    #[regex(r"0[xX][0-9a-fA-F]+")]
    #[regex(r"[+-]?[0-9]+\.?[0-9]*([eE][+-][0-9]+)?")]
    Number,
    #[regex(r#""([^"\\\x00]|\\+[^\\\x00])*""#)]
    #[regex(r"'([^'\\\x00]|\\+[^\\\x00])*'")]
    Quoted,
    #[token("(")]
    LParen,
    #[token("tolower(")]
    #[token("toupper(")]
    #[token("b64(")]
    #[token("basename(")]
    #[token("len(")]
    #[token("join(")]
    #[token("concat(")]
    #[token("getopt(")]
    Call,
    #[regex(r"(?&ident)(\.(?&ident))+")]
    Field,
}

/// Between brackets.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BracketToken {
    #[regex(r#""([^"\\\x00]|\\+[^\\\x00])*""#)]
    #[regex(r"'([^'\\\x00]|\\+[^\\\x00])*'")]
    Quoted,
    #[regex(r#"[^\[\]"' \t\n\x0B\x0C\r]+"#)]
    BareArg,
}

/// The transformers, as they are written. `val` is apart: it stands on the right side only.
pub const TRANSFORMERS: [&str; 8] = ["tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt"];

/// What separates words. Vertical tab and form feed do not, although bare words stop at them.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x08 | b'\r' | b'\n')
}

/// What may follow the word `not`, and what bare words stop at.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// A byte of an identifier, past its first.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A byte of a bare value.
pub(crate) fn is_bare(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'"' | b'\'' | b'=' | b',')
}

/// An escape that Falco refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadEscape {
    /// Offset of the backslash in the quoted text, the opening quote included.
    pub start: usize,
    /// Past the character after the backslash.
    pub end: usize,
}

/// The value of a quoted text, quotes included in `quoted`. Unknown escapes are left out of the value and reported.
pub(crate) fn unquote(quoted: &str, bad: &mut Vec<BadEscape>) -> Vec<u8> {
    let quote = quoted.as_bytes().first().copied().unwrap_or_default();
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return inner.as_bytes().to_vec();
    }
    let mut value = Vec::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        // A closing quote never follows a backslash, so a character does.
        let Some((_, escaped)) = chars.next() else { break };
        let byte = match escaped {
            'b' => Some(0x08),
            'f' => Some(0x0c),
            'n' => Some(b'\n'),
            'r' => Some(b'\r'),
            't' => Some(b'\t'),
            // A backslash and a blank give a backslash alone: rules that were written wrongly long ago must still load.
            '\\' | ' ' => Some(b'\\'),
            '/' => Some(b'/'),
            '"' | '\'' if escaped == char::from(quote) => Some(quote),
            'x' => {
                let digits = inner.get(at + 2..at + 4).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
                let byte = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                if byte.is_some() {
                    chars.nth(1);
                }
                byte
            }
            _ => None,
        };
        match byte {
            Some(byte) => value.push(byte),
            None => bad.push(BadEscape { start: at + 1, end: at + 2 + escaped.len_utf8() }),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first<'t, T: Logos<'t, Source = str, Extras = ()>>(text: &'t str) -> Option<(T, &'t str)> {
        let mut lexer = T::lexer(text);
        let token = lexer.next()?.ok()?;
        Some((token, lexer.slice()))
    }

    #[test]
    fn the_longest_name_wins_at_the_start_of_a_check() {
        assert_eq!(first("proc.name= x"), Some((CheckToken::Field, "proc.name")));
        assert_eq!(first("proc.1x"), Some((CheckToken::Ident, "proc")));
        assert_eq!(first("proc."), Some((CheckToken::Ident, "proc")));
        assert_eq!(first("tolower(x"), Some((CheckToken::Call, "tolower(")));
        assert_eq!(first("tolower (x"), Some((CheckToken::Ident, "tolower")));
        assert_eq!(first("tolower.x(x"), Some((CheckToken::Field, "tolower.x")));
        assert_eq!(first::<CheckToken>("1a.b"), None);
    }

    #[test]
    fn operators_match_as_prefixes() {
        assert_eq!(first("existsand b"), Some((OperatorToken::Op(Operator::Exists), "exists")));
        assert_eq!(first("inshells"), Some((OperatorToken::Op(Operator::In), "in")));
        assert_eq!(first("inters"), Some((OperatorToken::Op(Operator::In), "in")));
        assert_eq!(first("===x"), Some((OperatorToken::Op(Operator::EqEq), "==")));
        assert_eq!(first::<OperatorToken>("! x"), None);
    }

    #[test]
    fn every_operator_has_its_token() {
        for op in Operator::ALL {
            assert_eq!(first(op.as_str()), Some((OperatorToken::Op(op), op.as_str())));
        }
    }

    #[test]
    fn every_transformer_has_its_token_in_every_place() {
        for name in TRANSFORMERS {
            let call = format!("{name}(");
            assert_eq!(first(&call), Some((CheckToken::Call, call.as_str())));
            assert_eq!(first(&call), Some((NumberToken::Call, call.as_str())));
            assert_eq!(first(&call), Some((StringToken::Call, call.as_str())));
            assert_eq!(first(&call), Some((ListToken::Call, call.as_str())));
            assert_eq!(first(&call), Some((ArgToken::Call, call.as_str())));
        }
    }

    #[test]
    fn numbers_need_a_sign_in_their_exponent() {
        for (text, number) in [
            ("1e5", "1"),
            ("1e+", "1"),
            ("1e+5x", "1e+5"),
            ("-1.5", "-1.5"),
            ("1.", "1."),
            ("0xFfg", "0xFf"),
            ("0xg", "0"),
            ("10s", "10"),
        ] {
            assert_eq!(first(text), Some((NumberToken::Number, number)), "{text}");
        }
        assert_eq!(first::<NumberToken>("+x"), None);
        assert_eq!(first::<NumberToken>(".5"), None);
    }

    #[test]
    fn a_quote_after_a_backslash_never_closes() {
        assert_eq!(first(r#""a\"b" c""#), Some((ItemToken::Quoted, r#""a\"b""#)));
        assert_eq!(first(r#""C:\\" x""#), Some((ItemToken::Quoted, r#""C:\\" x""#)));
        assert_eq!(first::<ItemToken>(r#""C:\\""#), None);
        assert_eq!(first("''x'"), Some((ItemToken::Quoted, "''")));
        assert_eq!(first::<ItemToken>("'a\0b'"), None);
    }

    #[test]
    fn unquotes() {
        let mut bad = Vec::new();
        assert_eq!(unquote(r"'it\'s'", &mut bad), b"it's");
        assert_eq!(unquote(r#""a\ b""#, &mut bad), br"a\b");
        assert_eq!(unquote(r#""\x41\xff\/""#, &mut bad), b"A\xff/");
        assert_eq!(bad, []);
        assert_eq!(unquote(r#""a\qb\'\x4é""#, &mut bad), "ab4é".as_bytes());
        assert_eq!(
            bad,
            [BadEscape { start: 2, end: 4 }, BadEscape { start: 5, end: 7 }, BadEscape { start: 7, end: 9 }]
        );
    }
}
