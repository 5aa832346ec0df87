//! Missing and misplaced operators and operands.

use std::borrow::Cow;

use super::Parser;
use super::recovery::{Until, clip, is_quote, list_of, quoted, suggest};
use crate::condition::ast::{Left, Operator, Right, Text};
use crate::condition::lexer::{ItemToken, OperatorToken, StringToken, is_blank};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

impl<S: Sink> Parser<'_, S> {
    /// No operator after the left side.
    pub(super) fn no_operator(&mut self, left: &Left) {
        let range = self.word_range(self.pos);
        let name = match left {
            Left::Field(field) => quoted(&field.name),
            Left::Call(call) => quoted(&format!("{}(…)", call.name)),
        };
        if self.at_operand_end() {
            let help = "such as `= value`, `in (a, b)`, `startswith value` or `exists`";
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
    pub(super) fn unclosed_value(&mut self) -> Text {
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
            never_closes(self.slice(start, end))
        } else {
            "close the text with the same quote".into()
        };
        self.error(self.range(start, end), "missing closing quote", Some(help));
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
}

/// What to write instead of `word`, which is no operator.
pub(super) fn operator_help(word: &str) -> Cow<'static, str> {
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

/// What to do about a text that ends in a backslash: a blank behind it keeps it from the quote and is dropped.
fn never_closes(written: &str) -> Cow<'static, str> {
    let why = "a quote after a backslash never closes the text, not even after `\\\\`";
    match written.strip_suffix(['"', '\'']).and_then(|inner| inner.strip_suffix("\\\\")) {
        Some(inner) if inner.len() < 80 && !inner.contains(['\n', '\r']) => {
            let quote = written.get(..1).unwrap_or_default();
            format!("{why}; for a backslash at the end write `{inner}\\ {quote}`").into()
        }
        _ => why.into(),
    }
}
