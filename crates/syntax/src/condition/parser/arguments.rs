//! Faults in lists, in brackets and in the arguments of calls.

use std::borrow::Cow;

use super::Parser;
use super::recovery::{Until, is_quote, quoted};
use crate::condition::ast::{Arg, Text};
use crate::condition::lexer::{CheckToken, ItemToken, is_space};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

impl<S: Sink> Parser<'_, S> {
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
            let help = if self.at("=") {
                "a value that contains `=` must be quoted"
            } else {
                "values are separated by commas; one with blanks must be quoted"
            };
            self.error(range, message, Some(help.into()));
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
    pub(super) fn no_list_end(&mut self, open: usize) {
        self.blank();
        if self.at(")") {
            return;
        }
        self.missing_close(open, "missing `)` at the end of the list");
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
        self.blank();
        self.quiet = self.quiet || (!self.at_end() && !self.at(",") && !self.at(")"));
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
        self.quiet = self.quiet || (!self.at(",") && !self.at(")"));
    }

    /// The call ends without `)`.
    pub(super) fn no_call_end(&mut self, name: &str) {
        self.error(self.word_range(self.pos), format!("missing `)` after the arguments of `{name}`"), None);
        self.quiet = true;
    }
}
