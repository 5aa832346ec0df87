//! Texts that start no check, although one should stand there.

use std::borrow::Cow;

use rowan::TextRange;

use super::Parser;
use super::recovery::{list_of, quoted, suggest};
use crate::condition::ast::{Expr, Field, Left};
use crate::condition::expect::Expected;
use crate::condition::lexer::{CheckToken, TRANSFORMERS, is_bare, is_blank, is_word};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

impl<S: Sink> Parser<'_, S> {
    /// Something else than a check stands where a check should.
    pub(super) fn no_check(&mut self) -> Expr {
        let range = self.word_range(self.pos);
        let help = Some(Cow::Borrowed("a check is `field operator value`, a macro's name, or a group in parentheses"));
        match self.byte(0) {
            None if self.full.bytes().all(is_blank) => self.error(range, "the condition is empty", help),
            None => self.error(range, "expected a check, found the end of the condition", help),
            Some(b')') if self.open.is_some_and(|open| self.slice(open + 1, self.pos).bytes().all(is_blank)) => {
                self.error(range, "the parentheses are empty", help);
            }
            Some(b')') => self.error(range, "expected a check before `)`", help),
            Some(b'!') => {
                self.error(range, "`!` is no operator of its own", Some("write `not`".into()));
                let bangs = self.slice(self.pos, self.full.len()).bytes().take_while(|b| *b == b'!' || is_blank(*b));
                self.junk(self.pos + bangs.count());
                self.blank();
                if let Some((CheckToken::Field | CheckToken::Call | CheckToken::Ident, _)) = self.lex_check() {
                    return self.check();
                }
            }
            Some(b'#') => self.error(range, "conditions have no comments", None),
            Some(b'"' | b'\'') => {
                self.error(range, "quoted text cannot stand here", Some("a check starts with a field".into()));
            }
            Some(b'=' | b'<' | b'>') => self.error(range, "expected a field before the operator", None),
            Some(byte) if byte.is_ascii_digit() || byte == b'_' || byte == b'.' => {
                self.error(range, "a name must start with a letter", None);
                let end = self.bad_name_end(self.pos);
                return self.bad_field(self.pos, end);
            }
            Some(_) => {
                let message = format!("expected a check, found {}", self.found());
                self.error(range, message, help);
            }
        }
        let at = self.size(self.pos);
        self.give_up();
        Expr::Missing { range: TextRange::empty(at) }
    }

    /// A name without a dot at the start of a check: a macro, unless what follows says that it was meant otherwise.
    pub(super) fn name(&mut self, end: usize) -> Expr {
        let start = self.pos;
        let bytes = self.text.as_bytes();
        let next = bytes.get(end).copied();
        match next {
            None | Some(b')') => return self.macro_ref(end),
            Some(b'(') => return self.unknown_call(end),
            Some(b'[') => return self.no_field(end),
            Some(b'=' | b'<' | b'>' | b'!') => return self.no_field(end),
            // Everything here and below is an error for Falco, since after a macro only `and`, `or` and `)` may come.
            Some(b'.' | b'-' | b'/' | b':' | b'@' | b'$' | b'*' | b'+' | b'?' | b'\\' | b'~' | 0x80..) => {
                let end = self.bad_name_end(end);
                self.pos += self.slice(start, end).bytes().take_while(|b| is_word(*b)).count();
                let (range, found) = (self.range(start, end), self.slice(self.pos, self.pos + self.char_len()));
                let (message, help): (Cow<'static, str>, _) = if found == "." && end == self.pos + 1 {
                    ("expected a name after the dot".into(), None)
                } else if found == "." {
                    let message = "each part of a field's name must start with a letter";
                    (message.into(), Some("an argument goes into brackets: `name[argument]`".into()))
                } else {
                    (format!("{} cannot be part of a name", quoted(found)).into(), None)
                };
                self.error(range, message, help);
                self.pos = start;
                return self.bad_field(start, end);
            }
            Some(_) => {}
        }
        let mut after = end;
        while bytes.get(after).copied().is_some_and(is_blank) {
            after += 1;
        }
        let rest = bytes.get(after..).unwrap_or_default();
        if !matches!(rest.first(), None | Some(b')')) && !rest.starts_with(b"and") && !rest.starts_with(b"or") {
            self.pos = after;
            let operator = self.operator();
            self.pos = start;
            // A symbol, or a whole word: `inner` after a macro is another macro and not `in`.
            let whole = operator.is_some_and(|(op, end)| {
                !op.as_str().starts_with(|c: char| c.is_ascii_alphabetic())
                    || !bytes.get(end).copied().is_some_and(is_word)
            });
            if whole {
                return self.no_field(end);
            }
        }
        self.macro_ref(end)
    }

    fn macro_ref(&mut self, end: usize) -> Expr {
        let start = self.pos;
        self.start(SyntaxKind::MacroRef);
        self.bump(SyntaxKind::Ident, end);
        self.sink.finish();
        Expr::Macro { range: self.range(start, end), name: self.slice(start, end).to_owned() }
    }

    /// A name without a dot before an operator or an argument.
    fn no_field(&mut self, end: usize) -> Expr {
        let (mark, start) = (self.mark(), self.pos);
        self.start(SyntaxKind::FieldRef);
        self.bump(SyntaxKind::Ident, end);
        let name = self.slice(start, end);
        self.blank();
        self.error(
            self.range(start, end),
            format!("{} is not a field", quoted(name)),
            Some("a field's name has a dot, such as `proc.name`; a macro takes no operator".into()),
        );
        let arg = self.argument(|| Expected::FieldArgument { field: name.to_owned() });
        self.sink.finish();
        let name_range = self.range(start, end);
        let field = Field { range: self.range_from(start), name: name.to_owned(), name_range, arg };
        self.comparison(mark, start, Left::Field(field))
    }

    /// End of a name with characters that no name may have.
    fn bad_name_end(&self, at: usize) -> usize {
        let rest = self.full.get(at..).unwrap_or_default();
        let stops =
            |c: char| u8::try_from(c).is_ok_and(|b| !is_bare(b) || matches!(b, b'[' | b']' | b'<' | b'>' | b'!'));
        at + rest.find(stops).unwrap_or(rest.len())
    }

    /// A name that was reported: taken as a field, for the sake of what follows.
    fn bad_field(&mut self, start: usize, end: usize) -> Expr {
        let mark = self.mark();
        self.start(SyntaxKind::FieldRef);
        let word = self.slice(start, end).bytes().take_while(|b| is_word(*b)).count();
        if word > 0 {
            self.bump(SyntaxKind::Ident, start + word);
        }
        if self.pos < end {
            self.bump(SyntaxKind::Junk, end);
        }
        let name = self.slice(start, end).to_owned();
        let name_range = self.range(start, end);
        let arg = self.argument(|| Expected::FieldArgument { field: name.clone() });
        self.sink.finish();
        let field = Field { range: self.range_from(start), name, name_range, arg };
        self.reported_left(mark, start, Left::Field(field))
    }

    /// Goes on after a left side that has been reported: an operator is welcome, and its absence is no news.
    fn reported_left(&mut self, mark: S::Mark, start: usize, left: Left) -> Expr {
        self.blank();
        if self.operator().is_none() {
            self.give_up();
        }
        self.comparison(mark, start, left)
    }

    /// `name(` where `name` is no transformer that may stand on the left.
    fn unknown_call(&mut self, end: usize) -> Expr {
        let (mark, start) = (self.mark(), self.pos);
        let name = self.slice(start, end);
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "and" | "or" | "not") {
            self.junk(end);
            let (message, help) = if lower == "not" {
                (format!("{} is not an operator", quoted(name)), "write `not`".to_owned())
            } else {
                (format!("expected a check before {}", quoted(name)), format!("`{lower}` stands between two checks"))
            };
            self.error(self.range(start, end), message, Some(help.into()));
            return self.group();
        }
        self.start(SyntaxKind::Call);
        self.bump(SyntaxKind::Transformer, end);
        if name == "val" {
            self.error(
                self.range(start, end),
                "`val(…)` stands on the right side of a comparison only",
                Some("on the left side, write the field itself".into()),
            );
        } else {
            let help = suggest(name, &TRANSFORMERS).map_or_else(
                || format!("macros take no arguments; the transformers are {}", list_of(&TRANSFORMERS)),
                |known| format!("did you mean `{known}(…)`?"),
            );
            self.error(self.range(start, end), format!("{} is not a transformer", quoted(name)), Some(help.into()));
        }
        // What stands in the parentheses of something that is no call needs no comment.
        self.quiet = true;
        let args = self.call_args(start, 1);
        let call = self.call_rest(start, end, args);
        self.quiet = false;
        self.reported_left(mark, start, Left::Call(call))
    }
}
