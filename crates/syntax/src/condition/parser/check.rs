//! Checks: the left side, the operator and the right side, with fields and transformer calls.

use super::Parser;
use crate::condition::ast::{Arg, Call, Check, Expr, Field, Left, Modifier, Operator, Right, Text};
use crate::condition::expect::{Expected, ValuePlace};
use crate::condition::lexer::{
    ArgToken, BracketToken, CheckToken, ListToken, NumberToken, OperatorToken, StringToken, is_blank, is_word, unquote,
};
use crate::condition::sink::Sink;
use crate::condition::syntax::SyntaxKind;

impl<S: Sink> Parser<'_, S> {
    /// A check, a group or a macro's name.
    pub(super) fn check(&mut self) -> Expr {
        if !self.enter() {
            return self.skip_group();
        }
        let start = self.pos;
        let expr = match self.lex_check() {
            Some((CheckToken::LParen, _)) => self.group(),
            Some((CheckToken::Field, end)) => {
                let mark = self.mark();
                let field = self.field(end, 1);
                self.comparison(mark, start, Left::Field(field))
            }
            Some((CheckToken::Call, end)) => {
                let mark = self.mark();
                let call = self.call(end, 1);
                self.comparison(mark, start, Left::Call(call))
            }
            Some((CheckToken::Ident, end)) => self.name(end),
            None => self.no_check(),
        };
        self.leave();
        expr
    }

    /// Operator and right side. `mark` and `start` are where the left side began.
    pub(super) fn comparison(&mut self, mark: S::Mark, start: usize, left: Left) -> Expr {
        let mut check = Check { range: self.range_from(start), left, op: None, modifier: None, right: Right::None };
        if self.too_deep(1) {
            self.give_up();
        } else {
            self.blank();
            self.expect(|_| Expected::Operator { left: check.left.clone() });
            match self.operator() {
                Some((op, end)) => self.operation(&mut check, op, end),
                None => self.no_operator(&check.left),
            }
        }
        self.sink.start_at(mark, SyntaxKind::Check);
        self.sink.finish();
        check.range = self.range_from(start);
        Expr::Check(Box::new(check))
    }

    /// The operator at the position; one that is a word of strings counts only with a blank after it.
    pub(super) fn operator(&self) -> Option<(Operator, usize)> {
        let (OperatorToken::Op(op), end) = self.lex()?;
        let complete = !op.needs_blank() || self.text.as_bytes().get(end).copied().is_some_and(is_blank);
        complete.then_some((op, end))
    }

    fn operation(&mut self, check: &mut Check, op: Operator, end: usize) {
        self.start(SyntaxKind::Operator);
        let range = self.range(self.pos, end);
        self.bump(SyntaxKind::OperatorToken, end);
        check.op = Some((op, range));
        if op == Operator::Exists {
            self.sink.finish();
        } else if op.is_order() {
            self.sink.finish();
            check.right = self.order_operand(&check.left, op);
        } else if op.is_list() {
            self.sink.finish();
            check.right = self.list_operand(&check.left, op, None);
        } else {
            check.modifier = self.modifier(&check.left, op);
            self.sink.finish();
            check.right = match check.modifier {
                Some((modifier, _)) => self.list_operand(&check.left, op, Some(modifier)),
                None => self.string_operand(&check.left, op),
            };
        }
    }

    /// A modifier after a string operator: the word between blanks, and then a parenthesis or a name that is not `and`, `or`
    /// or `not`. Otherwise the word is a plain value.
    fn modifier(&mut self, left: &Left, op: Operator) -> Option<(Modifier, rowan::TextRange)> {
        if !self.blank() {
            return None;
        }
        let modifier = Modifier::ALL.into_iter().find(|m| self.at(m.as_str()))?;
        let bytes = self.text.as_bytes();
        let end = self.pos + modifier.as_str().len();
        let mut next = end;
        while bytes.get(next).copied().is_some_and(is_blank) {
            next += 1;
        }
        if next == end {
            return None;
        }
        if next == bytes.len() && S::PROBES {
            let expected =
                Expected::Value { left: left.clone(), op, modifier: Some(modifier), place: ValuePlace::Operand };
            self.sink.expect(next, expected);
        }
        let name = bytes.get(next..)?;
        let word = name.iter().take_while(|b| is_word(**b)).count();
        let list = match name.first()? {
            b'(' => true,
            first => first.is_ascii_alphabetic() && !matches!(name.get(..word), Some(b"and" | b"or" | b"not")),
        };
        if !list {
            return None;
        }
        let range = self.range(self.pos, end);
        self.bump(SyntaxKind::ModifierToken, end);
        Some((modifier, range))
    }

    fn order_operand(&mut self, left: &Left, op: Operator) -> Right {
        if self.operand_too_deep(left, op, None) {
            return Right::None;
        }
        match self.lex() {
            Some((NumberToken::Number, end)) => Right::Value(self.value(SyntaxKind::Number, end)),
            Some((NumberToken::Val, end)) => Right::Call(self.val_call(end)),
            Some((NumberToken::Call, end)) => Right::Call(self.call(end, 4)),
            None => self.no_number(op),
        }
    }

    fn string_operand(&mut self, left: &Left, op: Operator) -> Right {
        if self.operand_too_deep(left, op, None) {
            return Right::None;
        }
        match self.lex() {
            Some((StringToken::Quoted, end)) => Right::Value(self.value(SyntaxKind::Quoted, end)),
            Some((StringToken::Bare, end)) => Right::Value(self.value(SyntaxKind::Bare, end)),
            Some((StringToken::Val, end)) => Right::Call(self.val_call(end)),
            Some((StringToken::Call, end)) => Right::Call(self.call(end, 4)),
            None => self.no_string(op),
        }
    }

    fn list_operand(&mut self, left: &Left, op: Operator, modifier: Option<Modifier>) -> Right {
        if self.operand_too_deep(left, op, modifier) {
            return Right::None;
        }
        match self.lex() {
            Some((ListToken::LParen, _)) => self.list(left, op, modifier),
            Some((ListToken::Ident, end)) => self.bare_list(end),
            // After a modifier only a list or a name was let through, and a name before a parenthesis is no call there.
            Some((ListToken::Val, end)) if modifier.is_some() => self.bare_list(end - 1),
            Some((ListToken::Call, end)) if modifier.is_some() => self.bare_list(end - 1),
            Some((ListToken::Val, end)) => Right::Call(self.val_call(end)),
            Some((ListToken::Call, end)) => Right::Call(self.call(end, 4)),
            None => self.no_list(op),
        }
    }

    /// A name where a list should be: kept as a list of one.
    fn bare_list(&mut self, end: usize) -> Right {
        let item = self.value(SyntaxKind::Ident, end);
        Right::List { range: item.range, items: vec![item], parenthesised: false }
    }

    /// Skips blanks before an operand and says whether Falco's functions for it would exceed the limit.
    fn operand_too_deep(&mut self, left: &Left, op: Operator, modifier: Option<Modifier>) -> bool {
        if self.too_deep(2) {
            self.give_up();
            return true;
        }
        self.blank();
        if self.too_deep(3) {
            self.give_up();
            return true;
        }
        self.expect(|_| Expected::Value { left: left.clone(), op, modifier, place: ValuePlace::Operand });
        false
    }

    /// A constant as a node of its own.
    pub(super) fn value(&mut self, kind: SyntaxKind, end: usize) -> Text {
        self.start(SyntaxKind::Value);
        let text = self.constant(kind, end);
        self.sink.finish();
        text
    }

    /// A constant's token. An unknown escape is reported where Falco finds it: past the closing quote.
    pub(super) fn constant(&mut self, kind: SyntaxKind, end: usize) -> Text {
        let start = self.pos;
        let raw = self.slice(start, end);
        self.bump(kind, end);
        let quoted = kind == SyntaxKind::Quoted;
        let mut bad = Vec::new();
        let value = if quoted { unquote(raw, &mut bad) } else { raw.as_bytes().to_vec() };
        if let Some(escape) = bad.first() {
            self.bad_escape(start, escape.start, escape.end);
        }
        Text { range: self.range(start, end), value, quoted }
    }

    /// `name` or `name[arg]`, called at the name. `more` counts Falco's functions from the current one to the field's.
    pub(super) fn field(&mut self, name_end: usize, more: u32) -> Field {
        let start = self.pos;
        self.start(SyntaxKind::FieldRef);
        self.bump(SyntaxKind::FieldName, name_end);
        let name = self.slice(start, name_end);
        let arg = if self.too_deep(more) {
            self.give_up();
            None
        } else {
            self.argument(|| Expected::FieldArgument { field: name.to_owned() })
        };
        self.sink.finish();
        Field { range: self.range_from(start), name: name.to_owned(), name_range: self.range(start, name_end), arg }
    }

    /// `[arg]`, if there is one.
    pub(super) fn argument(&mut self, expected: impl FnOnce() -> Expected) -> Option<Text> {
        if !self.at("[") {
            return None;
        }
        if S::PROBES && !self.quiet {
            self.sink.expect(self.pos + 1, expected());
        }
        if self.in_output && !self.has_whole_argument() {
            return None;
        }
        self.start(SyntaxKind::Argument);
        self.bump(SyntaxKind::LBracket, self.pos + 1);
        let arg = match self.lex() {
            Some((BracketToken::Quoted, end)) => Some(self.constant(SyntaxKind::Quoted, end)),
            Some((BracketToken::BareArg, end)) => Some(self.constant(SyntaxKind::BareArg, end)),
            None => {
                self.no_argument();
                None
            }
        };
        if !self.at("]") {
            self.no_bracket();
        }
        if self.at("]") {
            self.bump(SyntaxKind::RBracket, self.pos + 1);
        }
        self.sink.finish();
        arg
    }

    /// Whether an argument without faults stands in the brackets. In an output format a bracket is literal text otherwise.
    fn has_whole_argument(&mut self) -> bool {
        let open = self.pos;
        self.pos += 1;
        let argument = self.lex::<BracketToken>();
        self.pos = open;
        let Some((token, end)) = argument else { return false };
        let mut bad = Vec::new();
        if token == BracketToken::Quoted {
            unquote(self.slice(open + 1, end), &mut bad);
        }
        bad.is_empty() && self.text.as_bytes().get(end) == Some(&b']')
    }

    /// `val(field)`, called at the name; `end` is past the parenthesis.
    fn val_call(&mut self, end: usize) -> Call {
        let start = self.pos;
        self.start(SyntaxKind::Call);
        self.bump(SyntaxKind::Transformer, end - 1);
        self.start(SyntaxKind::ArgList);
        self.bump(SyntaxKind::LParen, end);
        self.blank();
        self.expect(|_| Expected::ValField);
        let args = match self.lex_check() {
            Some((CheckToken::Field, end)) => vec![Arg::Field(self.field(end, 4))],
            token => self.no_val_field(token).into_iter().collect(),
        };
        self.blank();
        self.close_call("val");
        self.sink.finish();
        self.call_rest(start, end - 1, args)
    }

    /// `transformer(arg, …)`, called at the name; `end` is past the parenthesis.
    pub(super) fn call(&mut self, end: usize, more: u32) -> Call {
        let start = self.pos;
        self.start(SyntaxKind::Call);
        self.bump(SyntaxKind::Transformer, end - 1);
        let args = self.call_args(start, more);
        self.call_rest(start, end - 1, args)
    }

    /// The parenthesised arguments of the call whose name starts at `start`.
    pub(super) fn call_args(&mut self, start: usize, more: u32) -> Vec<Arg> {
        let name = self.slice(start, self.pos);
        self.start(SyntaxKind::ArgList);
        self.bump(SyntaxKind::LParen, self.pos + 1);
        let mut args = Vec::new();
        if self.too_deep(more) {
            self.give_up();
        } else {
            self.depth += more;
            loop {
                self.blank();
                let index = args.len();
                if self.too_deep(1) {
                    self.give_up();
                    break;
                }
                args.extend(self.call_arg(name, index));
                self.blank();
                self.expect(|_| Expected::CallSeparator { transformer: name.to_owned() });
                if !self.at(",") && !self.at(")") {
                    self.no_argument_end(name);
                }
                if !self.at(",") {
                    break;
                }
                self.bump(SyntaxKind::Comma, self.pos + 1);
            }
            self.depth -= more;
        }
        self.close_call(name);
        self.sink.finish();
        args
    }

    fn close_call(&mut self, name: &str) {
        if !self.at(")") {
            self.no_call_end(name);
        }
        if self.at(")") {
            self.bump(SyntaxKind::RParen, self.pos + 1);
        }
    }

    pub(super) fn call_rest(&mut self, start: usize, name_end: usize, args: Vec<Arg>) -> Call {
        let name = self.slice(start, name_end);
        let suffix = self.argument(|| Expected::CallSuffix { transformer: name.to_owned() });
        self.sink.finish();
        Call {
            range: self.range_from(start),
            name: name.to_owned(),
            name_range: self.range(start, name_end),
            args,
            suffix,
        }
    }

    fn call_arg(&mut self, name: &str, index: usize) -> Option<Arg> {
        self.expect(|_| Expected::CallArgument { transformer: name.to_owned(), index, in_list: false });
        match self.lex() {
            Some((ArgToken::LParen, _)) => Some(self.transformer_list(name, index)),
            token => self.plain_arg(token),
        }
    }

    /// An argument that is no list, or an element of a list.
    fn plain_arg(&mut self, token: Option<(ArgToken, usize)>) -> Option<Arg> {
        match token {
            Some((ArgToken::Number, end)) => Some(Arg::Text(self.value(SyntaxKind::Number, end))),
            Some((ArgToken::Quoted, end)) => Some(Arg::Text(self.value(SyntaxKind::Quoted, end))),
            Some((ArgToken::Call, end)) => Some(Arg::Call(self.call(end, 2))),
            Some((ArgToken::Field, end)) => Some(Arg::Field(self.field(end, 2))),
            Some((ArgToken::LParen, _)) | None => {
                self.no_call_arg();
                None
            }
        }
    }

    /// `(a, b)` among a call's arguments.
    fn transformer_list(&mut self, name: &str, index: usize) -> Arg {
        let start = self.pos;
        self.start(SyntaxKind::TransformerList);
        self.bump(SyntaxKind::LParen, self.pos + 1);
        self.blank();
        let mut items = Vec::new();
        self.expect(|_| Expected::CallArgument { transformer: name.to_owned(), index, in_list: true });
        if !self.at(")") {
            loop {
                self.blank();
                self.expect(|_| Expected::CallArgument { transformer: name.to_owned(), index, in_list: true });
                let token = self.lex();
                items.extend(self.plain_arg(token));
                self.blank();
                self.expect(|_| Expected::CallSeparator { transformer: name.to_owned() });
                if !self.at(",") && !self.at(")") {
                    self.no_argument_end(name);
                }
                if !self.at(",") {
                    break;
                }
                self.bump(SyntaxKind::Comma, self.pos + 1);
            }
        }
        self.close_call(name);
        self.sink.finish();
        Arg::List { range: self.range_from(start), items }
    }
}
