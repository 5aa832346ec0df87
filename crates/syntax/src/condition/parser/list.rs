//! Parenthesised lists of constants.

use super::Parser;
use crate::condition::ast::{Left, Modifier, Operator, Right, Text};
use crate::condition::expect::{Expected, ValuePlace};
use crate::condition::lexer::{ItemToken, unquote};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

impl<S: Sink> Parser<'_, S> {
    /// `( a, 'b' )`, called at the parenthesis.
    pub(super) fn list(&mut self, left: &Left, op: Operator, modifier: Option<Modifier>) -> Right {
        let start = self.pos;
        self.start(SyntaxKind::List);
        self.bump(SyntaxKind::LParen, self.pos + 1);
        self.blank();
        let mut items = Vec::new();
        self.expect_item(left, op, modifier, 0);
        if !self.at(")") && !self.swallowed_first_item() {
            self.items(left, op, modifier, &mut items);
        }
        if !self.at(")") {
            self.no_list_end(start);
        }
        if self.at(")") {
            self.bump(SyntaxKind::RParen, self.pos + 1);
        }
        self.sink.finish();
        Right::List { range: self.range_from(start), items, parenthesised: true }
    }

    fn items(&mut self, left: &Left, op: Operator, modifier: Option<Modifier>, items: &mut Vec<Text>) {
        loop {
            self.blank();
            self.expect_item(left, op, modifier, items.len());
            match self.lex() {
                Some((ItemToken::Quoted, end)) => items.push(self.value(SyntaxKind::Quoted, end)),
                Some((ItemToken::Bare, end)) => items.push(self.value(SyntaxKind::Bare, end)),
                None => items.extend(self.no_item()),
            }
            self.blank();
            self.expect(|_| Expected::ListSeparator);
            if self.at(",") {
                self.bump(SyntaxKind::Comma, self.pos + 1);
            } else if self.at(")") || !self.no_comma() {
                break;
            }
        }
    }

    fn expect_item(&mut self, left: &Left, op: Operator, modifier: Option<Modifier>, index: usize) {
        self.expect(|_| Expected::Value { left: left.clone(), op, modifier, place: ValuePlace::InList { index } });
    }

    /// An oddity of Falco: an unknown escape in the first value of a list is no error in itself. Falco takes the list for
    /// empty and wants its `)` right behind the closing quote. The text stays in the tree as an error node.
    fn swallowed_first_item(&mut self) -> bool {
        let Some((ItemToken::Quoted, end)) = self.lex() else { return false };
        let mut bad = Vec::new();
        unquote(self.slice(self.pos, end), &mut bad);
        if bad.is_empty() || self.text.as_bytes().get(end) != Some(&b')') {
            return false;
        }
        self.start(SyntaxKind::Error);
        self.bump(SyntaxKind::Quoted, end);
        self.sink.finish();
        true
    }
}
