//! What happens where the text fits no rule of the grammar: the messages, and how to go on.

use std::borrow::Cow;

use rowan::TextRange;

use super::Parser;
use crate::condition::ast::{Arg, Expr, Field, Left, Modifier, Operator, Right, Text};
use crate::condition::lexer::{
    CheckToken, ItemToken, OperatorToken, StringToken, TRANSFORMERS, is_bare, is_blank, is_space, is_word,
};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

/// Longest piece of the text that a message repeats.
const MAX_QUOTED: usize = 40;

/// Which parentheses of a text match. Made once, at the first error that needs it, so that recovery stays linear.
pub(super) struct Parens {
    pairs: Vec<(usize, usize)>,
}

impl Parens {
    fn closing(&self, open: usize) -> Option<usize> {
        let index = self.pairs.binary_search_by_key(&open, |pair| pair.0).ok()?;
        self.pairs.get(index).map(|pair| pair.1)
    }
}

/// What ends skipped text, besides `and`, `or` and the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The `)` of an open group.
    Operand,
    /// Any `)` that was not opened on the way.
    Close,
    /// The same or a comma.
    Comma,
}

impl<S: Sink> Parser<'_, S> {
    // Skipping.

    /// Leaves the current check: skips to where the next operand may begin and says nothing more until then.
    pub(super) fn give_up(&mut self) {
        self.skip(Until::Operand);
        self.quiet = true;
    }

    fn skip(&mut self, until: Until) {
        if self.strict {
            return;
        }
        let end = self.skip_end(until);
        self.junk(end);
    }

    /// Puts the text up to `end` into the tree as an error; trailing blanks stay outside.
    fn junk(&mut self, end: usize) {
        let trimmed = self.slice(self.pos, end).trim_end_matches(|c: char| u8::try_from(c).is_ok_and(is_blank)).len();
        if trimmed > 0 {
            let last_end = self.last_end;
            self.start(SyntaxKind::Error);
            self.bump(SyntaxKind::Junk, self.pos + trimmed);
            self.sink.finish();
            self.last_end = last_end;
        }
    }

    fn skip_end(&mut self, until: Until) -> usize {
        let text = self.full;
        let bytes = text.as_bytes();
        let mut at = self.pos;
        while let Some(byte) = bytes.get(at).copied() {
            match byte {
                b')' if until != Until::Operand || self.open.is_some() => break,
                b',' if until == Until::Comma => break,
                b'(' => at = self.closing_paren(at).unwrap_or(at) + 1,
                b'"' | b'\'' => at = self.closing_quote(at).unwrap_or(at) + 1,
                b'a' | b'o' if self.connective_at(at) => break,
                _ => at += 1,
            }
        }
        at.min(bytes.len())
    }

    /// Whether the word `and` or `or` stands at `at`, apart from what surrounds it.
    fn connective_at(&self, at: usize) -> bool {
        let bytes = self.full.as_bytes();
        let Some(rest) = bytes.get(at..) else { return false };
        let len = if rest.starts_with(b"and") {
            3
        } else if rest.starts_with(b"or") {
            2
        } else {
            return false;
        };
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let apart = before.is_none_or(|b| is_blank(*b) || matches!(b, b')' | b'"' | b'\''));
        apart && rest.get(len).is_none_or(|b| is_blank(*b) || *b == b'(')
    }

    /// Skips what is left of the innermost open group without looking into it.
    pub(super) fn skip_group(&mut self) -> Expr {
        let range = self.range(self.pos, self.pos);
        let close = match self.open {
            Some(open) => self.closing_paren(open),
            None => None,
        };
        self.junk(close.unwrap_or(self.full.len()).max(self.pos));
        self.blank();
        Expr::Missing { range }
    }

    fn closing_paren(&mut self, open: usize) -> Option<usize> {
        if self.parens.is_none() {
            let mut pairs = Vec::new();
            let mut stack = Vec::new();
            let mut at = 0;
            while let Some(byte) = self.full.as_bytes().get(at).copied() {
                match byte {
                    b'(' => stack.push(at),
                    b')' => pairs.extend(stack.pop().map(|open| (open, at))),
                    b'"' | b'\'' => at = self.closing_quote(at).unwrap_or(at),
                    _ => {}
                }
                at += 1;
            }
            pairs.sort_unstable();
            self.parens = Some(Parens { pairs });
        }
        self.parens.as_ref()?.closing(open)
    }

    /// The quote that closes the one at `open`: the next one that does not follow a backslash. A NUL ends the search.
    fn closing_quote(&mut self, open: usize) -> Option<usize> {
        let bytes = self.full.as_bytes();
        let quote = *bytes.get(open)?;
        let slot = usize::from(quote == b'"');
        if self.unclosed.get(slot).is_some_and(|end| open < *end) {
            return None;
        }
        let mut at = open + 1;
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(quote, 0, rest)) {
            at += found;
            if bytes.get(at) == Some(&0) {
                break;
            }
            if bytes.get(at - 1) != Some(&b'\\') {
                return Some(at);
            }
            at += 1;
        }
        let reach = if bytes.get(at) == Some(&0) { at } else { bytes.len() };
        if let Some(end) = self.unclosed.get_mut(slot) {
            *end = reach;
        }
        None
    }

    // Words for messages.

    /// End of the word at `at`: as far as a bare value goes, or one character.
    fn word_end(&self, at: usize) -> usize {
        let rest = self.full.get(at..).unwrap_or_default();
        let bare = rest.bytes().take_while(|b| is_bare(*b)).count();
        at + if bare > 0 { bare } else { rest.chars().next().map_or(0, char::len_utf8) }
    }

    /// The word at `at`, or nothing at the end of the text.
    pub(super) fn word_range(&self, at: usize) -> TextRange {
        self.range(at, self.word_end(at))
    }

    /// The word at the position as messages name it.
    fn found(&self) -> String {
        let word = self.slice(self.pos, self.word_end(self.pos));
        if word.is_empty() { "the end of the condition".to_owned() } else { quoted(word) }
    }

    /// Whether an operand ends here: at the end, at `)`, or before `and` or `or`.
    fn at_operand_end(&self) -> bool {
        self.at_end() || self.at(")") || self.connective_at(self.pos)
    }

    // The start of a check.

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
        let arg = self.argument(|| crate::condition::expect::Expected::FieldArgument { field: name.to_owned() });
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
        let arg = self.argument(|| crate::condition::expect::Expected::FieldArgument { field: name.clone() });
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
                || format!("the transformers are {}", list_of(&TRANSFORMERS)),
                |known| format!("did you mean `{known}(…)`?"),
            );
            self.error(self.range(start, end), format!("{} is not a transformer", quoted(name)), Some(help.into()));
        }
        let args = self.call_args(start, 1);
        let call = self.call_rest(start, end, args);
        self.reported_left(mark, start, Left::Call(call))
    }

    // After an operand.

    /// Text that is neither `and`, `or` nor the end stands after an operand. Reports it; true if an operand comes next.
    pub(super) fn unexpected_after(&mut self, last: &mut Expr) -> bool {
        let start = self.pos;
        let word = self.slice(start, self.word_end(start));
        let range = self.word_range(start);
        let glued = start == self.last_end;
        match self.byte(0) {
            Some(b')') => {
                self.error(range, "unmatched `)`", None);
                let closes = self.slice(start, self.full.len()).bytes().take_while(|b| *b == b')' || is_blank(*b));
                self.junk(start + closes.count());
                return false;
            }
            Some(byte @ (b'&' | b'|')) => {
                let keyword = if byte == b'&' { "and" } else { "or" };
                let run = self.slice(start, self.full.len()).bytes().take_while(|b| *b == byte).count();
                let range = self.range(start, start + run);
                self.error(
                    range,
                    format!("{} is not an operator", quoted(self.slice(start, start + run))),
                    Some(format!("write `{keyword}`").into()),
                );
                self.junk(start + run);
                return true;
            }
            _ => {}
        }
        let lower = word.to_ascii_lowercase();
        if matches!(lower.as_str(), "and" | "or") {
            self.error(range, format!("{} is not an operator", quoted(word)), Some(format!("write `{lower}`").into()));
            self.junk(start + word.len());
            return true;
        }
        if let Expr::Macro { name, range: at } = last {
            let lower = name.to_ascii_lowercase();
            let known = match lower.as_str() {
                "and" | "or" => Some((
                    format!("expected a check before {}", quoted(name)),
                    format!("`{lower}` stands between two checks"),
                )),
                "not" if *name != lower => {
                    Some((format!("{} is not an operator", quoted(name)), "write `not`".to_owned()))
                }
                _ => None,
            };
            if let Some((message, help)) = known {
                let at = *at;
                self.error(at, message, Some(help.into()));
                *last = Expr::Missing { range: at };
                return self.operand_or_skip();
            }
        }
        let (message, help) = self.unexpected_message(last, word, glued);
        self.error(range, message, help);
        if glued || self.is_operand_of(last) {
            self.skip(Until::Operand);
            return false;
        }
        self.operand_or_skip()
    }

    fn operand_or_skip(&mut self) -> bool {
        if self.lex_check().is_some() {
            return true;
        }
        self.skip(Until::Operand);
        false
    }

    /// Whether the parenthesis at the position was meant as the list of the check before it.
    fn is_operand_of(&self, last: &Expr) -> bool {
        self.at("(") && matches!(last, Expr::Check(check) if check.op.is_some())
    }

    fn unexpected_message(
        &self,
        last: &Expr,
        word: &str,
        glued: bool,
    ) -> (Cow<'static, str>, Option<Cow<'static, str>>) {
        let value = match last {
            Expr::Check(check) => match &check.right {
                Right::Value(text) => Some(text),
                Right::List { items, parenthesised: false, .. } => items.first(),
                _ => None,
            },
            _ => None,
        };
        let op = match last {
            Expr::Check(check) => check.op.map(|(op, _)| op),
            _ => None,
        };
        let value_text = value.filter(|v| !v.quoted).map(|v| self.slice(v.range.start().into(), v.range.end().into()));
        let is_modifier = value_text.is_some_and(|text| Modifier::ALL.into_iter().any(|m| m.as_str() == text));
        match (self.byte(0), op, value_text) {
            (Some(b'('), Some(op), Some(text)) if is_modifier && op.is_list() => (
                format!("`{op}` takes no modifier").into(),
                Some(format!("remove `{text}`: `{op}` is true when one of the list equals the field").into()),
            ),
            (Some(b'('), _, Some(text)) if is_modifier => {
                (format!("{} needs a blank before and after it to be a modifier", quoted(text)).into(), None)
            }
            (Some(b'('), _, Some(text)) if glued => {
                let help = suggest(text, &TRANSFORMERS).map_or_else(
                    || {
                        format!(
                            "a value that contains `(` must be quoted; the transformers are {}",
                            list_of(&TRANSFORMERS)
                        )
                    },
                    |known| format!("did you mean `{known}(…)`?"),
                );
                (format!("{} is not a transformer", quoted(text)).into(), Some(help.into()))
            }
            (Some(b'='), Some(_), _) => (
                "unexpected `=` after the value".into(),
                Some("comparisons do not chain; a value that contains `=` must be quoted".into()),
            ),
            (Some(b','), Some(_), _) => (
                "unexpected `,` after the value".into(),
                Some("several values go into a list: `in (a, b)`; a value that contains `,` must be quoted".into()),
            ),
            (Some(b'"' | b'\''), _, Some(_)) if glued => {
                ("unexpected quote in a bare value".into(), Some("quote the whole value".into()))
            }
            (_, Some(op), Some(text)) if glued && op.is_order() => (
                format!("{} is not a number", quoted(&format!("{text}{word}"))).into(),
                Some("numbers take no unit, and an exponent needs a sign: `1e+5`".into()),
            ),
            (_, Some(_), None) if glued && value.is_some_and(|v| v.quoted) => {
                let text = value.map(|v| self.slice(v.range.start().into(), v.range.end().into())).unwrap_or_default();
                let help = text.contains("\\\"") || text.contains("\\'");
                (
                    format!("unexpected {} after the closing quote", quoted(word)).into(),
                    help.then_some("a quote after a backslash never closes the text, not even after `\\\\`".into()),
                )
            }
            _ => {
                let after = if matches!(last, Expr::Check(_)) { "check" } else { "condition" };
                let help = match value_text {
                    Some(text) if !word.is_empty() && op != Some(Operator::Exists) => {
                        format!(
                            "did you forget `and` or `or`? a value with blanks must be quoted: `\"{} {}\"`",
                            clip(text),
                            clip(word)
                        )
                    }
                    _ => "did you forget `and` or `or`?".to_owned(),
                };
                (format!("unexpected {} after the {after}", quoted(word)).into(), Some(help.into()))
            }
        }
    }

    // Operators and their operands.

    /// No operator after the left side.
    pub(super) fn no_operator(&mut self, left: &Left) {
        let range = self.word_range(self.pos);
        let name = match left {
            Left::Field(field) => quoted(&field.name),
            Left::Call(call) => quoted(&format!("{}(…)", call.name)),
        };
        if self.at_operand_end() {
            let help = format!("such as {name} with `= value`, `in (…)` or `exists`");
            self.error(range, format!("expected an operator after {name}"), Some(help.into()));
        } else if let Some((OperatorToken::Op(op), end)) = self.lex() {
            let help = format!("write `{op} {}`", clip(self.slice(end, self.word_end(end))));
            self.error(range, format!("`{op}` needs a blank after it"), Some(help.into()));
        } else if self.at("[") {
            self.error(range, "no blank may stand before the argument", Some("write `name[argument]`".into()));
        } else {
            let word = self.slice(self.pos, self.operator_word_end());
            let help = operator_help(word);
            let range = self.range(self.pos, self.pos + word.len());
            self.error(range, format!("{} is not an operator", quoted(word)), Some(help));
        }
        self.give_up();
    }

    /// End of what looks like an operator: a word, or a run of symbols.
    fn operator_word_end(&self) -> usize {
        let symbol = |b: u8| matches!(b, b'=' | b'!' | b'<' | b'>' | b'~' | b'&' | b'|' | b'+' | b'-' | b'*' | b'^');
        let rest = self.full.as_bytes().get(self.pos..).unwrap_or_default();
        let symbols = rest.iter().take_while(|b| symbol(**b)).count();
        if symbols > 0 { self.pos + symbols } else { self.word_end(self.pos) }
    }

    /// No number after an order operator.
    pub(super) fn no_number(&mut self, op: Operator) -> Right {
        let range = self.word_range(self.pos);
        if self.at_operand_end() {
            self.error(range, format!("expected a number after `{op}`"), None);
            self.give_up();
            return Right::None;
        }
        let message = format!("`{op}` takes a number, not {}", self.found());
        let help = if self.byte(0).is_some_and(|b| matches!(b, b'"' | b'\'')) {
            "write the number without quotes"
        } else {
            "to compare with another field, write `val(field)`"
        };
        self.error(range, message, Some(help.into()));
        self.misplaced_operand()
    }

    /// No value after a string operator.
    pub(super) fn no_string(&mut self, op: Operator) -> Right {
        let range = self.word_range(self.pos);
        match self.byte(0) {
            Some(b'"' | b'\'') => return Right::Value(self.unclosed_value()),
            Some(b'(') => {
                let help = match op {
                    Operator::Eq | Operator::EqEq | Operator::Ne => {
                        format!("for several values, write `in (…)` or `{op} anyof (…)`")
                    }
                    _ => format!("for several values, write `{op} anyof (…)`"),
                };
                self.error(range, format!("`{op}` takes one value, not a list"), Some(help.into()));
                return self.misplaced_operand();
            }
            Some(b'=') => {
                let help = "quote a value that starts with `=`; `=` and `==` are the operators of equality";
                self.error(range, format!("expected a value after `{op}`, found `=`"), Some(help.into()));
            }
            Some(_) if !self.at_operand_end() => {
                let message = format!("expected a value after `{op}`, found {}", self.found());
                self.error(range, message, None);
            }
            _ => self.error(range, format!("expected a value after `{op}`"), None),
        }
        self.give_up();
        Right::None
    }

    /// Neither a list nor a name after a list operator.
    pub(super) fn no_list(&mut self, op: Operator) -> Right {
        let range = self.word_range(self.pos);
        if self.at_operand_end() {
            self.error(range, format!("expected a list after `{op}`"), Some(format!("write `{op} (a, b)`").into()));
            self.give_up();
            return Right::None;
        }
        let message = format!("`{op}` takes a list in parentheses, not {}", self.found());
        let word = self.slice(self.pos, self.word_end(self.pos));
        let help = if is_quote(self.byte(0)) {
            format!("write `{op} (…)`")
        } else {
            format!("write `{op} ({})`", clip(word))
        };
        self.error(range, message, Some(help.into()));
        self.misplaced_operand()
    }

    /// Takes a value or a list that the operator does not take, so that it is in the tree.
    fn misplaced_operand(&mut self) -> Right {
        if self.strict {
            return Right::None;
        }
        let right = match self.lex() {
            Some((StringToken::Quoted, end)) => {
                self.quiet = true;
                Right::Value(self.value(SyntaxKind::Quoted, end))
            }
            Some((StringToken::Bare, end)) => Right::Value(self.value(SyntaxKind::Bare, end)),
            None if is_quote(self.byte(0)) => Right::Value(self.unclosed_value()),
            None if self.at("(") => {
                self.quiet = true;
                self.misplaced_list()
            }
            _ => Right::None,
        };
        self.give_up();
        right
    }

    fn misplaced_list(&mut self) -> Right {
        let start = self.pos;
        self.start(SyntaxKind::List);
        self.bump(SyntaxKind::LParen, self.pos + 1);
        let mut items = Vec::new();
        loop {
            self.blank();
            match self.lex() {
                Some((ItemToken::Quoted, end)) => items.push(self.value(SyntaxKind::Quoted, end)),
                Some((ItemToken::Bare, end)) if !self.connective_at(self.pos) => {
                    items.push(self.value(SyntaxKind::Bare, end));
                }
                _ => {
                    self.skip(Until::Comma);
                    self.blank();
                    if self.at(",") {
                        self.bump(SyntaxKind::Comma, self.pos + 1);
                    } else {
                        break;
                    }
                }
            }
        }
        if self.at(")") {
            self.bump(SyntaxKind::RParen, self.pos + 1);
        }
        self.sink.finish();
        Right::List { range: self.range_from(start), items, parenthesised: true }
    }

    /// Quoted text without its closing quote, called at the opening one. It ends where the operand plausibly ends.
    fn unclosed_value(&mut self) -> Text {
        let start = self.pos;
        let bytes = self.full.as_bytes();
        let mut end = start + 1;
        while let Some(byte) = bytes.get(end).copied() {
            let word = matches!(byte, b'a' | b'o') && self.connective_at(end);
            if word || matches!(byte, b'\n' | b'\r') {
                break;
            }
            end += 1;
        }
        let trim = |c: char| c == ')' || u8::try_from(c).is_ok_and(is_blank);
        end = start + 1 + self.slice(start + 1, end).trim_end_matches(trim).len();
        let help = if self.slice(start, end).ends_with(['"', '\'']) {
            "a quote after a backslash never closes the text, not even after `\\\\`"
        } else {
            "close the text with the same quote"
        };
        self.error(self.range(start, end), "missing closing quote", Some(help.into()));
        let value = self.slice(start + 1, end).as_bytes().to_vec();
        if !self.strict {
            self.start(SyntaxKind::Value);
            self.bump(SyntaxKind::Unclosed, end);
            self.sink.finish();
            self.give_up();
        }
        Text { range: self.range(start, end), value, quoted: true }
    }

    pub(super) fn bad_escape(&mut self, quoted_at: usize, start: usize, end: usize) {
        let range = self.range(quoted_at + start, quoted_at + end);
        let escape = self.slice(quoted_at + start, quoted_at + end);
        let help = match escape {
            "\\\"" => "inside `'…'` a double quote needs no backslash",
            "\\'" => "inside `\"…\"` a single quote needs no backslash",
            "\\x" => "`\\x` takes two hexadecimal digits",
            _ => {
                "the escapes are \\b \\f \\n \\r \\t \\\\ \\/ \\xHH and the quote itself; for a backslash write `\\\\`"
            }
        };
        self.error(range, format!("unknown escape {}", quoted(escape)), Some(help.into()));
    }

    // Lists.

    /// No value where a list wants one.
    pub(super) fn no_item(&mut self) -> Option<Text> {
        let range = self.word_range(self.pos);
        match self.byte(0) {
            Some(b'"' | b'\'') => return Some(self.unclosed_value()),
            None => self.error(range, "expected a value or `)`", Some("the list is not closed".into())),
            Some(b',') => self.error(range, "expected a value before `,`", None),
            Some(b')') => self.error(range, "expected a value after `,`", Some("a list has no trailing comma".into())),
            Some(b'(') => self.error(range, "lists do not nest", None),
            Some(_) => {
                let message = format!("expected a value, found {}", self.found());
                self.error(range, message, Some("a value that contains `=` must be quoted".into()));
            }
        }
        self.skip(Until::Comma);
        None
    }

    /// Neither `,` nor `)` after a value of a list. Reports it; true if another value follows.
    pub(super) fn no_comma(&mut self) -> bool {
        if self.at_end() || self.connective_at(self.pos) || self.strict {
            return false;
        }
        let range = self.word_range(self.pos);
        let glued = self.pos == self.last_end;
        if self.at("(") && glued {
            self.error(range, "expected `,` or `)`", Some("a list holds constants, not calls".into()));
        } else if is_quote(self.byte(0)) && glued {
            self.error(range, "unexpected quote in a bare value", Some("quote the whole value".into()));
        } else {
            let message = format!("expected `,` or `)`, found {}", self.found());
            self.error(range, message, Some("values are separated by commas; one with blanks must be quoted".into()));
            if self.lex::<ItemToken>().is_some() {
                return true;
            }
        }
        self.skip(Until::Comma);
        self.blank();
        if self.at(",") {
            self.bump(SyntaxKind::Comma, self.pos + 1);
            return true;
        }
        false
    }

    /// The list ends without `)`.
    pub(super) fn no_list_end(&mut self) {
        self.blank();
        if self.at(")") {
            return;
        }
        self.error(self.word_range(self.pos), "missing `)` at the end of the list", None);
        self.quiet = true;
    }

    // Arguments.

    /// Nothing usable after `[`.
    pub(super) fn no_argument(&mut self) {
        let range = self.word_range(self.pos);
        let (message, help) = match self.byte(0) {
            Some(b']') => ("the argument is empty", Some("an empty argument is written `[\"\"]`")),
            Some(b'"' | b'\'') => ("missing closing quote", None),
            Some(byte) if is_space(byte) => {
                ("no blank may stand before an argument", Some("quote it to keep the blank"))
            }
            Some(_) => ("expected an argument", None),
            None => ("expected an argument after `[`", None),
        };
        self.error(range, message, help.map(Cow::Borrowed));
    }

    /// No `]` behind the argument. Looks for it nearby.
    pub(super) fn no_bracket(&mut self) {
        let help = "an argument with blanks, brackets or quotes must be quoted";
        // After an argument that could not be read this repeats its error and is dropped.
        self.error(self.word_range(self.pos), "expected `]` after the argument", Some(help.into()));
        if self.strict {
            return;
        }
        let bytes = self.full.as_bytes().get(self.pos..).unwrap_or_default();
        let stop = |b: u8| matches!(b, b']' | b'\n' | b'\r' | b'=' | b',' | b'(' | b')' | b'<' | b'>');
        let len = bytes.iter().take_while(|b| !stop(**b)).count();
        if bytes.get(len) == Some(&b']') {
            self.junk(self.pos + len);
            self.blank();
        } else {
            let word = bytes.iter().take_while(|b| !stop(**b) && !is_space(**b)).count();
            self.junk(self.pos + word);
        }
    }

    /// Something else than a field stands in `val(…)`. A call is taken for what it is.
    pub(super) fn no_val_field(&mut self, token: Option<(CheckToken, usize)>) -> Option<Arg> {
        let range = self.word_range(self.pos);
        match token {
            Some((CheckToken::Call, end)) => {
                let help = "a transformer call on the right side needs no `val`";
                self.error(range, "`val(…)` takes a plain field, not a call", Some(help.into()));
                if self.strict {
                    return None;
                }
                self.quiet = true;
                let call = self.call(end, 4);
                self.give_up_call();
                Some(Arg::Call(call))
            }
            _ => {
                let message = format!("expected a field in `val(…)`, found {}", self.found());
                self.error(range, message, None);
                self.give_up_call();
                None
            }
        }
    }

    fn give_up_call(&mut self) {
        self.skip(Until::Close);
        self.blank();
    }

    /// Nothing usable where a call wants an argument.
    pub(super) fn no_call_arg(&mut self) {
        let range = self.word_range(self.pos);
        let help = "arguments are fields, calls, quoted texts, numbers, and lists of these in parentheses";
        match self.byte(0) {
            Some(b')') => self.error(range, "expected an argument before `)`", Some(help.into())),
            Some(b',') => self.error(range, "expected an argument before `,`", Some(help.into())),
            Some(b'(') => self.error(range, "lists do not nest", Some(help.into())),
            Some(b'"' | b'\'') => {
                self.unclosed_value();
                return;
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let message = format!("{} is no argument", quoted(self.slice(self.pos, self.word_end(self.pos))));
                let help = "a field's name has a dot, such as `proc.name`; text must be quoted";
                self.error(range, message, Some(help.into()));
            }
            _ => {
                let message = format!("expected an argument, found {}", self.found());
                self.error(range, message, Some(help.into()));
            }
        }
        self.skip(Until::Comma);
    }

    /// Neither `,` nor `)` after an argument.
    pub(super) fn no_argument_end(&mut self, name: &str) {
        if self.at_end() || self.connective_at(self.pos) {
            return self.no_call_end(name);
        }
        let message = format!("expected `,` or `)` in `{name}(…)`, found {}", self.found());
        self.error(self.word_range(self.pos), message, None);
        self.skip(Until::Comma);
        self.blank();
        self.quiet = !self.at(",") && !self.at(")");
    }

    /// The call ends without `)`.
    pub(super) fn no_call_end(&mut self, name: &str) {
        self.error(self.word_range(self.pos), format!("missing `)` after the arguments of `{name}`"), None);
        self.quiet = true;
    }

    fn char_len(&self) -> usize {
        self.full.get(self.pos..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
    }
}

fn is_quote(byte: Option<u8>) -> bool {
    matches!(byte, Some(b'"' | b'\''))
}

/// The text in backticks, cut when it is long.
fn quoted(text: &str) -> String {
    format!("`{}`", clip(text))
}

fn clip(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

fn list_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The name that `word` most likely stands for.
fn suggest<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    if word.len() > MAX_QUOTED {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let distance = |name: &str| strsim::osa_distance(&lower, name);
    names.iter().copied().filter(|name| distance(name) <= name.len() / 3).min_by_key(|name| distance(name))
}

fn operator_help(word: &str) -> Cow<'static, str> {
    let names = Operator::ALL.map(Operator::as_str);
    match word {
        "!" | "<>" | "!==" => "write `!=`".into(),
        "=~" | "~=" | "~" => "for patterns, write `glob` or `regex`".into(),
        "is" | "eq" | "equals" => "write `=`".into(),
        "not" => "write `not` before the field: `not proc.name in (…)`".into(),
        _ => suggest(word, &names).map_or_else(
            || format!("the operators are {}", list_of(&names)).into(),
            |known| format!("did you mean `{known}`?").into(),
        ),
    }
}
