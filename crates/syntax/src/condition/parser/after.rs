//! Texts after an operand that are neither `and`, `or` nor its end.

use std::borrow::Cow;

use super::Parser;
use super::operands::operator_help;
use super::recovery::{Until, clip, list_of, quoted, suggest};
use crate::condition::ast::{Expr, Modifier, Operator, Right};
use crate::condition::lexer::{TRANSFORMERS, is_blank};
use crate::condition::sink::Sink;

impl<S: Sink> Parser<'_, S> {
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
        if let Expr::Macro { name, .. } = last
            && self.at("(")
            && (TRANSFORMERS.contains(&name.as_str()) || name == "val")
        {
            let message = format!("no blank may stand between `{name}` and its `(`");
            self.error(range, message, Some(format!("write `{name}(…)`").into()));
            self.skip(Until::Operand);
            return false;
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
        let taken = match last {
            Expr::Check(check) => match &check.right {
                Right::Value(text) => text.value.as_slice(),
                Right::List { items, .. } => items.first().map_or(&[][..], |item| item.value.as_slice()),
                _ => &[],
            },
            _ => return false,
        };
        self.at("(") && !matches!(taken, b"and" | b"or")
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
            (_, _, Some(text @ ("and" | "or"))) if !glued => (
                format!("`{text}` is taken for the value here").into(),
                Some(format!("write the value before `{text}`").into()),
            ),
            (_, Some(Operator::Eq), Some(text)) if text.starts_with('~') => {
                ("`=~` is not an operator".into(), Some(operator_help("=~")))
            }
            (Some(b'"' | b'\''), _, _) if value.is_some_and(|v| v.quoted) => (
                format!("unexpected {} after the value", quoted(word)).into(),
                Some("texts side by side are not joined; several values go into a list: `in (a, b)`".into()),
            ),
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
                let after = match last {
                    Expr::Check(_) => "the check".to_owned(),
                    Expr::Macro { name, .. } => quoted(name),
                    _ => "the condition".to_owned(),
                };
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
                (format!("unexpected {} after {after}", quoted(word)).into(), Some(help.into()))
            }
        }
    }
}
