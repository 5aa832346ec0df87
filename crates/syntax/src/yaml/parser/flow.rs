//! Flow collections: structure by brackets.

use super::*;

/// Whether flow parsing can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    GoesOn,
    /// The collection ends here although it is not closed.
    Aborted,
}

impl Parser<'_> {
    /// Parses the `[…]` or `{…}` that starts here. `parent` is the column of the block collection around it.
    pub(super) fn flow_collection(&mut self, parent: i64) {
        self.collection(parent);
        self.flow_aborted = false;
    }

    fn collection(&mut self, parent: i64) {
        let open = self.pos;
        let seq = self.at(open) == Some(b'[');
        if !self.enter() {
            self.too_deep(open);
            self.skip_flow(parent);
            self.leave();
            return;
        }
        let (node, left, right, close) = if seq {
            (SyntaxKind::FlowSeq, SyntaxKind::LBracket, SyntaxKind::RBracket, b']')
        } else {
            (SyntaxKind::FlowMap, SyntaxKind::LBrace, SyntaxKind::RBrace, b'}')
        };
        self.tree.start(node);
        self.token(left, open + 1);
        // An item is complete and no comma has followed yet.
        let mut item = false;
        let mut comma_line = None;
        loop {
            if self.flow_trivia(parent, open) == Flow::Aborted {
                break;
            }
            match self.at(self.pos) {
                Some(byte) if byte == close => {
                    self.token(right, self.pos + 1);
                    break;
                }
                Some(b']' | b'}') => {
                    let pos = self.pos;
                    let what = self.char_at(pos);
                    self.error(
                        ErrorKind::UnmatchedClose,
                        pos,
                        pos + 1,
                        format!("{what} does not close the `{}` before it", if seq { '[' } else { '{' }),
                        None,
                    );
                    self.token(SyntaxKind::Garbage, pos + 1);
                }
                Some(b',') => {
                    if !item {
                        self.error(ErrorKind::Comma, self.pos, self.pos + 1, "expected an item before the comma", None);
                    }
                    item = false;
                    self.token(SyntaxKind::Comma, self.pos + 1);
                }
                _ => {
                    if item && comma_line != Some(self.line_start) {
                        // One error a line: where one comma is missing, more may be, or it is no list at all.
                        comma_line = Some(self.line_start);
                        self.error(
                            ErrorKind::Comma,
                            self.pos,
                            self.char_end(self.pos),
                            "expected a comma before the next item",
                            None,
                        );
                    }
                    item = true;
                    let before = self.pos;
                    if seq {
                        self.flow_item(parent, open);
                    } else {
                        self.flow_entry(parent, open);
                    }
                    if self.flow_aborted {
                        break;
                    }
                    if self.pos == before {
                        // Nothing fits; take it, so that the loop ends.
                        let end = self.char_end(before).max(before + 1);
                        self.token(SyntaxKind::Garbage, end);
                    }
                }
            }
        }
        self.tree.finish();
        self.leave();
    }

    /// Goes to the next content of the collection that opened at `open`.
    fn flow_trivia(&mut self, parent: i64, open: usize) -> Flow {
        if self.flow_aborted {
            return Flow::Aborted;
        }
        let ahead = self.peek();
        if ahead.pos >= self.len() {
            self.unclosed_flow(open);
            return Flow::Aborted;
        }
        if self.at(ahead.pos) == Some(b'#') {
            self.error(
                ErrorKind::CommentWithoutSpace,
                ahead.pos,
                ahead.pos + 1,
                "a comment needs a blank in front of its `#`",
                None,
            );
            let end = self.line_end(ahead.pos);
            self.token(SyntaxKind::Comment, end);
            return self.flow_trivia(parent, open);
        }
        if ahead.newline {
            if self.at_marker(&ahead) {
                self.error(
                    ErrorKind::UnexpectedDocumentMarker,
                    ahead.pos,
                    ahead.pos + 3,
                    "a document marker inside of a flow collection",
                    None,
                );
                self.unclosed_flow(open);
                return Flow::Aborted;
            }
            let under_indented = self.indent_of(ahead.line_start) as i64 <= parent;
            // A dash with a blank has no place in brackets: block sequences go on here.
            if self.is_dash(ahead.pos) || under_indented && self.is_sibling(ahead.pos, ahead.col()) {
                self.unclosed_flow(open);
                return Flow::Aborted;
            }
            if under_indented {
                self.under_indented(ahead.line_start, ahead.pos, "flow collection");
            }
        }
        self.emit_trivia();
        Flow::GoesOn
    }

    fn unclosed_flow(&mut self, open: usize) {
        self.flow_aborted = true;
        let what = self.char_at(open);
        self.error(ErrorKind::UnclosedFlow, open, open + 1, format!("this {what} is never closed"), None);
    }

    /// Whether the content ahead is the `:` after a flow key. After a quoted scalar or a collection it may touch the value.
    fn flow_colon(&self, pos: usize, json_key: bool) -> bool {
        self.at(pos) == Some(b':') && {
            let next = self.at(pos + 1);
            json_key || is_space(next) || is_flow_indicator(next)
        }
    }

    fn ends_flow_node(&self, pos: usize) -> bool {
        matches!(self.at(pos), None | Some(b',' | b']' | b'}'))
    }

    /// An item of a flow sequence: a node or a single pair.
    fn flow_item(&mut self, parent: i64, open: usize) {
        let at = self.tree.checkpoint();
        if self.indicator(self.pos, b'?') || self.at(self.pos) == Some(b'?') && is_flow_indicator(self.at(self.pos + 1))
        {
            self.tree.start_at(at, SyntaxKind::FlowPair);
            self.flow_entry(parent, open);
            self.tree.finish();
            return;
        }
        let (pos, line) = (self.pos, self.line_start);
        let json_key = if self.flow_colon(pos, false) { false } else { self.flow_node(parent, open) };
        if self.flow_aborted {
            return;
        }
        let ahead = self.peek();
        if !self.flow_colon(ahead.pos, json_key) || self.at_marker(&ahead) {
            return;
        }
        if ahead.line_start != line || ahead.pos - pos > 1024 && self.text[pos..ahead.pos].chars().count() > 1024 {
            self.error(
                ErrorKind::BadImplicitKey,
                pos,
                ahead.pos,
                "the key of a pair in a flow sequence has to stand on one line, in 1024 characters",
                Some("write `? ` in front of the key, or braces around the pair"),
            );
        }
        self.tree.start_at(at, SyntaxKind::FlowPair);
        self.tree.start_at(at, SyntaxKind::MapEntry);
        self.flow_value(parent, open);
        self.tree.finish();
        self.tree.finish();
    }

    /// An entry of a flow mapping.
    fn flow_entry(&mut self, parent: i64, open: usize) {
        self.tree.start(SyntaxKind::MapEntry);
        let question = self.at(self.pos) == Some(b'?')
            && (is_space(self.at(self.pos + 1)) || is_flow_indicator(self.at(self.pos + 1)));
        let mut goes_on = true;
        if question {
            self.token(SyntaxKind::Question, self.pos + 1);
            goes_on = self.flow_trivia(parent, open) == Flow::GoesOn;
        }
        if goes_on {
            let json_key = if self.flow_colon(self.pos, false) || self.ends_flow_node(self.pos) {
                false
            } else {
                self.flow_node(parent, open)
            };
            if !self.flow_aborted {
                let ahead = self.peek();
                if self.flow_colon(ahead.pos, json_key) && !self.at_marker(&ahead) {
                    self.flow_value(parent, open);
                }
            }
        }
        self.tree.finish();
    }

    /// The colon, which is next, and the value, which may be absent.
    fn flow_value(&mut self, parent: i64, open: usize) {
        if self.flow_trivia(parent, open) == Flow::Aborted {
            return;
        }
        self.token(SyntaxKind::Colon, self.pos + 1);
        let ahead = self.peek();
        if self.ends_flow_node(ahead.pos) || self.flow_trivia(parent, open) == Flow::Aborted {
            return;
        }
        self.flow_node(parent, open);
    }

    /// A node with its properties. Tells whether it is like JSON: a colon may touch it.
    fn flow_node(&mut self, parent: i64, open: usize) -> bool {
        if !matches!(self.at(self.pos), Some(b'&' | b'!')) {
            return self.flow_content(parent);
        }
        self.tree.start(SyntaxKind::Annotated);
        let start = self.pos;
        let mut all = leaf::Properties::default();
        let mut json = false;
        loop {
            let mut line = leaf::Properties::default();
            self.properties(&mut line, true);
            self.merge_properties(&mut all, line);
            let ahead = self.peek();
            if self.ends_flow_node(ahead.pos) || self.flow_colon(ahead.pos, false) {
                break;
            }
            if self.flow_trivia(parent, open) == Flow::Aborted {
                break;
            }
            if !matches!(self.at(self.pos), Some(b'&' | b'!')) {
                if self.at(self.pos) == Some(b'*') {
                    self.annotated_alias(start, self.pos);
                }
                json = self.flow_content(parent);
                break;
            }
        }
        self.tree.finish();
        json
    }

    fn flow_content(&mut self, parent: i64) -> bool {
        match self.at(self.pos) {
            Some(b'[' | b'{') => {
                self.collection(parent);
                true
            }
            Some(b'"' | b'\'') => {
                // An open quote swallows the brackets: the collection ends with it.
                self.flow_aborted |= self.quoted(parent, true) == leaf::Quoted::Unclosed;
                true
            }
            Some(b'*') => {
                self.alias();
                false
            }
            _ => {
                self.flow_plain(parent);
                false
            }
        }
    }

    /// Takes a collection that is nested too deeply, up to its closing bracket, as text.
    fn skip_flow(&mut self, parent: i64) {
        let mut nested = 0_usize;
        loop {
            let mut at = self.pos;
            let end = self.line_end(at);
            while at < end {
                match self.at(at) {
                    Some(b'[' | b'{') => nested += 1,
                    Some(b']' | b'}') => nested = nested.saturating_sub(1),
                    _ => {}
                }
                at += 1;
                if nested == 0 {
                    break;
                }
            }
            self.token(SyntaxKind::Garbage, self.trim_end(self.pos, at).max(self.pos + 1).min(end));
            if nested == 0 {
                return;
            }
            let ahead = self.peek();
            let stop = ahead.pos >= self.len()
                || self.at_marker(&ahead)
                || ahead.newline && ahead.col() as i64 <= parent && self.is_sibling(ahead.pos, ahead.col());
            if stop {
                // It is unclosed as well, but one error is enough.
                self.flow_aborted = true;
                return;
            }
            self.emit_trivia();
        }
    }
}
