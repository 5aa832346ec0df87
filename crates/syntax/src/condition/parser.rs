//! The grammar: recursive descent in Falco's order of trial, with recovery that Falco does not have.
//!
//! Up to the first error the parser does what Falco's does, so that it accepts the same texts and stops at the same byte.
//! From there on it guesses: it reports one error for a check, skips to the next `and`, `or` or `)`, and goes on, so that
//! an editor still has the rest of the condition.

mod after;
mod arguments;
mod check;
mod list;
mod operands;
mod recovery;
mod start;

use std::borrow::Cow;
use std::cell::Cell;

use logos::Logos;
use rowan::{TextRange, TextSize};

use super::ast::{Expr, Left};
use super::error::SyntaxError;
use super::expect::Expected;
use super::lexer::{CheckToken, is_blank, is_space};
use super::sink::Sink;
use super::syntax::SyntaxKind;
use recovery::Parens;

/// How deep grammar functions may nest whatever the caller allows; protects the stack, here and in whoever walks a tree.
const DEPTH_CAP: u32 = super::RULE_DEPTH_LIMIT;
/// How many errors are kept; a text with more is no condition at all.
const MAX_ERRORS: usize = 100;

pub(crate) struct Parser<'t, S: Sink> {
    /// All of it.
    full: &'t str,
    /// What the lexers see: all of it, or less once `strict` parsing has failed.
    text: &'t str,
    /// Where the lexer stands.
    pos: usize,
    /// Up to where the sink has the text; behind `pos` by blanks.
    emitted: usize,
    /// End of the last token that is part of the grammar.
    last_end: usize,
    /// Grammar functions of Falco's parser that would be active here.
    depth: u32,
    limit: u32,
    /// Offset of the innermost open parenthesis of a group.
    open: Option<usize>,
    /// Stop at the first error instead of recovering.
    strict: bool,
    /// The text is an output format, where a bracket that begins no argument is literal text.
    in_output: bool,
    /// Report nothing until the next operand: the current check is beyond saving and has been reported.
    quiet: bool,
    /// For each kind of quote: up to where it is known that no closing quote comes.
    unclosed: Cell<[usize; 2]>,
    parens: Option<Parens>,
    pub(crate) sink: S,
    pub(crate) errors: Vec<SyntaxError>,
}

impl<'t, S: Sink> Parser<'t, S> {
    pub(crate) fn new(text: &'t str, limit: u32, sink: S) -> Self {
        Self {
            full: text,
            text,
            pos: 0,
            emitted: 0,
            last_end: 0,
            depth: 0,
            limit: limit.min(DEPTH_CAP),
            open: None,
            strict: false,
            in_output: false,
            quiet: false,
            unclosed: Cell::new([0; 2]),
            parens: None,
            sink,
            errors: Vec::new(),
        }
    }

    /// Parses the whole text as a condition.
    pub(crate) fn condition(&mut self) -> Expr {
        self.sink.start(SyntaxKind::Condition);
        let expr = self.or_expr();
        debug_assert_eq!(self.pos, self.text.len());
        self.pos = self.text.len();
        self.flush();
        self.sink.finish();
        expr
    }

    fn or_expr(&mut self) -> Expr {
        if !self.enter() {
            return self.skip_group();
        }
        self.blank();
        let (mark, start) = (self.mark(), self.pos);
        let first = self.and_expr();
        let mut children = Vec::new();
        loop {
            self.blank();
            if !self.at("or") {
                break;
            }
            self.bump(SyntaxKind::OrKw, self.pos + 2);
            let child = if self.blank() {
                self.and_expr()
            } else if self.at("(") {
                self.glued_group_after_or()
            } else {
                self.error_after_keyword("or");
                self.and_expr()
            };
            children.push(child);
        }
        self.leave();
        if children.is_empty() {
            return first;
        }
        self.sink.start_at(mark, SyntaxKind::OrExpr);
        self.sink.finish();
        children.insert(0, first);
        Expr::Or { range: self.range_from(start), children }
    }

    /// `or(…)`: the group is the whole operand, no `and` may follow. Where one does, it is reported and taken.
    fn glued_group_after_or(&mut self) -> Expr {
        let (mark, start) = (self.mark(), self.pos);
        let group = self.group();
        self.blank();
        if self.at("and") {
            self.error(
                self.word_range(self.pos),
                "no `and` may follow a group that is glued to its `or`",
                Some("put a blank between `or` and `(`".into()),
            );
        }
        self.and_rest(mark, start, group)
    }

    fn and_expr(&mut self) -> Expr {
        if !self.enter() {
            return self.skip_group();
        }
        self.blank();
        let (mark, start) = (self.mark(), self.pos);
        let first = self.not_expr();
        let expr = self.and_rest(mark, start, first);
        self.leave();
        expr
    }

    /// What may follow an operand: `and` with more operands, or the end of this level. Returns at `or`, at the end, or at
    /// the `)` of an open group; anything else is reported here.
    fn and_rest(&mut self, mark: S::Mark, start: usize, first: Expr) -> Expr {
        let mut last = first;
        let mut children = Vec::new();
        loop {
            self.quiet = false;
            self.blank();
            self.expect(|p| Expected::Logical { in_group: p.open.is_some() });
            if self.at("and") {
                self.bump(SyntaxKind::AndKw, self.pos + 3);
                let child = if self.blank() {
                    self.not_expr()
                } else if self.at("(") {
                    self.group()
                } else {
                    self.error_after_keyword("and");
                    self.not_expr()
                };
                children.push(std::mem::replace(&mut last, child));
            } else if self.at("or") || self.at_end() || (self.open.is_some() && self.at(")")) {
                break;
            } else if self.unexpected_after(&mut last) {
                let child = self.not_expr();
                children.push(std::mem::replace(&mut last, child));
            }
        }
        if children.is_empty() {
            return last;
        }
        self.sink.start_at(mark, SyntaxKind::AndExpr);
        self.sink.finish();
        children.push(last);
        Expr::And { range: self.range_from(start), children }
    }

    fn not_expr(&mut self) -> Expr {
        if !self.enter() {
            return self.skip_group();
        }
        self.quiet = false;
        self.blank();
        let (mark, start) = (self.mark(), self.pos);
        let mut nots = 0_u32;
        let child = loop {
            self.expect(|_| Expected::Check { negated: nots > 0 });
            if !self.at("not") {
                break self.check();
            }
            match self.byte(3) {
                Some(b'(') => {
                    self.bump(SyntaxKind::NotKw, self.pos + 3);
                    nots += 1;
                    break self.group();
                }
                Some(byte) if is_space(byte) => {
                    self.bump(SyntaxKind::NotKw, self.pos + 3);
                    nots += 1;
                    // Vertical tab and form feed are blanks here and nowhere else.
                    while self.byte(0).is_some_and(is_space) {
                        self.pos += 1;
                    }
                    self.blank();
                }
                _ => break self.check(),
            }
        };
        self.leave();
        if nots > 0 {
            self.sink.start_at(mark, SyntaxKind::NotExpr);
            self.sink.finish();
        }
        if nots.is_multiple_of(2) {
            return child;
        }
        Expr::Not { range: self.range_from(start), child: Box::new(child) }
    }

    /// `( … )`, called at the parenthesis.
    fn group(&mut self) -> Expr {
        let outer = self.open.replace(self.pos);
        let open = self.pos;
        self.start(SyntaxKind::ParenExpr);
        self.bump(SyntaxKind::LParen, self.pos + 1);
        let expr = if self.enter() {
            let expr = self.or_expr();
            self.leave();
            expr
        } else {
            self.skip_group()
        };
        self.quiet = false;
        self.blank();
        if self.at(")") {
            self.bump(SyntaxKind::RParen, self.pos + 1);
        } else {
            self.missing_close(open, "missing `)`");
        }
        self.sink.finish();
        self.open = outer;
        expr
    }

    fn error_after_keyword(&mut self, keyword: &'static str) {
        if self.at_end() {
            self.error(self.word_range(self.pos), format!("expected a check after `{keyword}`"), None);
        } else {
            let help = format!("`{keyword}` must be followed by a blank or by `(`");
            let message = format!("expected a blank after `{keyword}`");
            self.error(self.word_range(self.pos), message, Some(help.into()));
        }
    }

    // Fields and calls alone: exceptions and output formats.

    /// A field or a call that is the whole text.
    pub(crate) fn left_alone(&mut self) -> Option<Left> {
        self.strict = true;
        let left = self.left();
        if !self.at_end() {
            let message = "unexpected text after the field";
            self.error(self.word_range(self.pos), message, None);
        }
        left
    }

    /// Goes to a token of an output format and forgets what came before. The first error in a token ends it.
    pub(crate) fn restart(&mut self, at: usize) {
        self.strict = true;
        self.in_output = true;
        self.quiet = false;
        self.text = self.full;
        self.pos = at;
        self.emitted = at;
        self.last_end = at;
        self.errors.clear();
    }

    /// Where the tokens that have been taken end. The lexer may stand some blanks behind it.
    pub(crate) fn position(&self) -> usize {
        self.emitted
    }

    /// Takes the text up to `end` as a token of an output format.
    pub(crate) fn output_token(&mut self, kind: SyntaxKind, end: usize) {
        self.bump(kind, end);
    }

    /// A field or a call.
    pub(crate) fn left(&mut self) -> Option<Left> {
        self.expect(|_| Expected::Token);
        match self.lex_check() {
            Some((CheckToken::Field, end)) => Some(Left::Field(self.field(end, 1))),
            Some((CheckToken::Call, end)) => Some(Left::Call(self.call(end, 1))),
            _ => {
                // An output format has its own words for this.
                let range = if self.in_output { self.range(self.pos, self.pos) } else { self.word_range(self.pos) };
                self.error(range, "expected a field or a transformer call", None);
                None
            }
        }
    }

    // Depth.

    /// Counts one grammar function more. On failure it has been reported, and nothing is to be left.
    fn enter(&mut self) -> bool {
        if self.too_deep(1) {
            return false;
        }
        self.depth += 1;
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Whether `more` grammar functions would exceed the limit; if so, that has been reported and the check skipped.
    fn too_deep(&mut self, more: u32) -> bool {
        if self.depth + more < self.limit {
            return false;
        }
        let message = format!("the condition is nested too deeply; the limit is {} steps of the grammar", self.limit);
        self.error(
            TextRange::at(self.size(self.pos), TextSize::new(0)),
            message,
            Some("one parenthesis takes about five steps; move inner groups into macros".into()),
        );
        true
    }

    // The text.

    fn at(&self, what: &str) -> bool {
        self.text.as_bytes().get(self.pos..).is_some_and(|rest| rest.starts_with(what.as_bytes()))
    }

    fn at_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    /// The byte `ahead` of the position.
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.pos + ahead).copied()
    }

    /// Skips blanks; true if there were any.
    fn blank(&mut self) -> bool {
        let start = self.pos;
        while self.byte(0).is_some_and(is_blank) {
            self.pos += 1;
        }
        self.pos > start
    }

    /// The token that starts at the position, and its end.
    fn lex<T>(&self) -> Option<(T, usize)>
    where
        T: Logos<'t, Source = str>,
        T::Extras: Default,
    {
        let mut lexer = T::lexer(self.text.get(self.pos..)?);
        let token = lexer.next()?.ok()?;
        Some((token, self.pos + lexer.span().end))
    }

    fn lex_check(&self) -> Option<(CheckToken, usize)> {
        self.lex()
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.full.get(start..end).unwrap_or_default()
    }

    fn size(&self, offset: usize) -> TextSize {
        // Trees cannot hold more than 4 GiB, so an offset that does not fit has no place in one.
        TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
    }

    fn range(&self, start: usize, end: usize) -> TextRange {
        TextRange::new(self.size(start.min(end)), self.size(end))
    }

    fn range_from(&self, start: usize) -> TextRange {
        self.range(start, self.last_end.max(start))
    }

    // The sink.

    /// Gives the sink the blanks up to the position.
    fn flush(&mut self) {
        if self.emitted < self.pos {
            self.sink.token(SyntaxKind::Whitespace, self.full.get(self.emitted..self.pos).unwrap_or_default());
            self.emitted = self.pos;
        }
    }

    fn mark(&mut self) -> S::Mark {
        self.flush();
        self.sink.mark()
    }

    fn start(&mut self, kind: SyntaxKind) {
        self.flush();
        self.sink.start(kind);
    }

    /// Takes the text up to `end` as a token.
    fn bump(&mut self, kind: SyntaxKind, end: usize) {
        self.flush();
        self.sink.token(kind, self.full.get(self.pos..end).unwrap_or_default());
        self.pos = end;
        self.emitted = end;
        self.last_end = end;
    }

    #[inline]
    fn expect(&mut self, expected: impl FnOnce(&Self) -> Expected) {
        if S::PROBES && !self.quiet {
            let expected = expected(self);
            self.sink.expect(self.pos, expected);
        }
    }

    // Errors.

    /// Reports an error where the lexer stands.
    fn error(&mut self, range: TextRange, message: impl Into<Cow<'static, str>>, help: Option<Cow<'static, str>>) {
        let offset = self.size(self.pos);
        // Recovery that went nowhere meets the same text again and has nothing new to say about it.
        let repeated = self.errors.last().is_some_and(|last| last.offset == offset);
        if !self.quiet && !repeated && self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError { offset, range, message: message.into(), related: None, help });
        }
        if self.strict {
            self.text = self.full.get(..self.pos).unwrap_or_default();
        }
    }

    /// Reports that the parenthesis at `open` is not closed where the lexer stands.
    fn missing_close(&mut self, open: usize, message: &'static str) {
        let before = self.errors.len();
        self.error(self.word_range(self.pos), message, None);
        let range = self.range(open, open + 1);
        if let Some(error) = self.errors.get_mut(before) {
            error.related = Some(range);
        }
    }
}
