//! The YAML parser: one pass over the bytes, straight into the green tree.
//!
//! The parser is recursive over collections and keeps no token list. [`Parser::peek`] looks over blanks, line breaks and
//! comments at the next content without taking anything into the tree, so that a collection which ends there can be closed
//! first and the trivia go to whoever continues. Implicit keys need no second look: a leaf is parsed, and when a colon
//! follows, a mapping is opened in front of it ([`super::builder::TreeBuilder::start_at`]).
//!
//! Recovery is by indentation. Every open block collection stands in [`Parser::levels`]; a line that lies at the column of
//! one of them and looks like its next entry ends whatever was left open above it (see [`Parser::is_sibling`]).

mod block;
mod document;
mod flow;
mod leaf;

use super::builder::{Checkpoint, TreeBuilder};
use super::error::{ErrorKind, SyntaxError};
use super::kind::SyntaxKind;
use rowan::{GreenNode, TextRange, TextSize};
use rustc_hash::FxHashSet;

/// Deepest nesting of collections, as in Falco's reader.
pub(super) const MAX_DEPTH: u32 = 500;

/// What the parser found.
pub(super) struct Output {
    pub(super) green: GreenNode,
    pub(super) errors: Vec<SyntaxError>,
    /// Whether there is an alias or a directive, so that parts of the text depend on others.
    pub(super) is_linked: bool,
}

/// Parses a text of less than 4 GiB.
pub(super) fn parse(text: &str) -> Output {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        line_start: 0,
        fresh: true,
        ahead: Ahead { from: usize::MAX, pos: 0, line_start: 0, newline: true, tab: false, comment: false },
        tree: TreeBuilder::new(),
        errors: Vec::new(),
        levels: Vec::new(),
        depth: 0,
        flow_aborted: false,
        tag_handles: FxHashSet::default(),
        is_linked: false,
    };
    parser.stream();
    parser.check_characters();
    Output { green: parser.tree.build(), errors: parser.errors, is_linked: parser.is_linked }
}

/// The next content, as seen from a position.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    /// Where the look started.
    from: usize,
    /// Where content (or the end of the text) is.
    pos: usize,
    /// Start of the content's line.
    line_start: usize,
    /// Only blanks stand before the content on its line.
    newline: bool,
    /// There is a tab in the blanks right before the content.
    tab: bool,
    /// There is a comment in between.
    comment: bool,
}

impl Ahead {
    /// The content's column in bytes.
    fn col(&self) -> usize {
        self.pos - self.line_start
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LevelKind {
    Seq,
    Map,
}

/// An open block collection.
#[derive(Debug, Clone, Copy)]
struct Level {
    kind: LevelKind,
    col: usize,
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Everything before is in the tree.
    pos: usize,
    /// Start of the line of `pos`.
    line_start: usize,
    /// Only blanks stand between `line_start` and `pos`.
    fresh: bool,
    ahead: Ahead,
    tree: TreeBuilder,
    errors: Vec<SyntaxError>,
    levels: Vec<Level>,
    depth: u32,
    /// A flow collection was left open: the enclosing ones end with it.
    flow_aborted: bool,
    /// Handles that the document's directives define.
    tag_handles: FxHashSet<&'t str>,
    is_linked: bool,
}

// Characters.

fn is_blank(byte: Option<u8>) -> bool {
    matches!(byte, Some(b' ' | b'\t'))
}

fn is_break(byte: Option<u8>) -> bool {
    matches!(byte, Some(b'\n' | b'\r'))
}

/// A blank, a line break or the end of the text.
fn is_space(byte: Option<u8>) -> bool {
    matches!(byte, None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

fn is_flow_indicator(byte: Option<u8>) -> bool {
    matches!(byte, Some(b',' | b'[' | b']' | b'{' | b'}'))
}

impl<'t> Parser<'t> {
    fn at(&self, pos: usize) -> Option<u8> {
        self.bytes.get(pos).copied()
    }

    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn eof(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// An indicator character at `pos` that a blank, a break or the end follows.
    fn indicator(&self, pos: usize, byte: u8) -> bool {
        self.at(pos) == Some(byte) && is_space(self.at(pos + 1))
    }

    fn is_dash(&self, pos: usize) -> bool {
        self.indicator(pos, b'-')
    }

    /// Whether a document marker, `---` or `...`, stands at the start of a line.
    fn marker_at(&self, line_start: usize) -> bool {
        matches!(self.bytes.get(line_start..line_start + 3), Some(b"---" | b"...")) && is_space(self.at(line_start + 3))
    }

    fn at_marker(&self, ahead: &Ahead) -> bool {
        ahead.pos == ahead.line_start && self.marker_at(ahead.pos)
    }

    /// The end of the line break at `pos`; `pos` itself when there is none.
    fn after_break(&self, pos: usize) -> usize {
        match self.at(pos) {
            Some(b'\n') => pos + 1,
            Some(b'\r') if self.at(pos + 1) == Some(b'\n') => pos + 2,
            Some(b'\r') => pos + 1,
            _ => pos,
        }
    }

    /// The next line break from `pos` on, or the end of the text.
    fn line_end(&self, pos: usize) -> usize {
        memchr::memchr2(b'\n', b'\r', &self.bytes[pos..]).map_or(self.bytes.len(), |offset| pos + offset)
    }

    /// Steps back over blanks, but not before `floor`.
    fn trim_end(&self, floor: usize, mut end: usize) -> usize {
        while end > floor && is_blank(self.at(end - 1)) {
            end -= 1;
        }
        end
    }

    fn skip_blanks(&self, mut pos: usize) -> usize {
        while is_blank(self.at(pos)) {
            pos += 1;
        }
        pos
    }

    /// Number of blanks (not tabs) at the start of a line.
    fn indent_of(&self, line_start: usize) -> usize {
        self.bytes[line_start..].iter().take_while(|&&byte| byte == b' ').count()
    }

    /// The column of `pos` in bytes.
    fn col(&self) -> usize {
        self.pos - self.line_start
    }

    // Looking ahead and taking in.

    fn peek(&mut self) -> Ahead {
        if self.ahead.from == self.pos {
            return self.ahead;
        }
        let mut ahead = Ahead {
            from: self.pos,
            pos: self.pos,
            line_start: self.line_start,
            newline: self.fresh,
            tab: self.fresh && self.bytes[self.line_start..self.pos].contains(&b'\t'),
            comment: false,
        };
        let mut spaced = self.fresh || (self.pos > 0 && is_blank(self.at(self.pos - 1)));
        loop {
            match self.at(ahead.pos) {
                Some(b' ') => ahead.pos += 1,
                Some(b'\t') => {
                    ahead.tab = true;
                    ahead.pos += 1;
                }
                Some(b'\n' | b'\r') => {
                    ahead.pos = self.after_break(ahead.pos);
                    ahead.line_start = ahead.pos;
                    ahead.newline = true;
                    ahead.tab = false;
                }
                Some(b'#') if spaced => {
                    ahead.comment = true;
                    ahead.pos = self.line_end(ahead.pos);
                }
                _ => break,
            }
            spaced = true;
        }
        self.ahead = ahead;
        ahead
    }

    /// Takes everything up to the next content into the tree.
    fn emit_trivia(&mut self) {
        let ahead = self.peek();
        if ahead.pos == self.pos {
            return;
        }
        if !ahead.comment {
            self.tree.token(SyntaxKind::Whitespace, &self.text[self.pos..ahead.pos]);
        } else {
            let mut start = self.pos;
            while start < ahead.pos {
                let (kind, end) = if self.at(start) == Some(b'#') {
                    (SyntaxKind::Comment, self.line_end(start))
                } else {
                    let blank = self.bytes[start..ahead.pos].iter().take_while(|&&byte| byte != b'#').count();
                    (SyntaxKind::Whitespace, start + blank)
                };
                self.tree.token(kind, &self.text[start..end]);
                start = end;
            }
        }
        self.pos = ahead.pos;
        self.line_start = ahead.line_start;
        self.fresh = ahead.newline;
        self.ahead = Ahead { from: ahead.pos, ..ahead };
    }

    /// Takes a comment that follows on the same line, so that it stays with what it comments on.
    fn emit_trailing_comment(&mut self) {
        let start = self.skip_blanks(self.pos);
        if start > self.pos && self.at(start) == Some(b'#') {
            self.token(SyntaxKind::Whitespace, start);
            let end = self.line_end(start);
            self.token(SyntaxKind::Comment, end);
        }
    }

    /// Takes the blanks of this line.
    fn emit_blanks(&mut self) {
        let end = self.skip_blanks(self.pos);
        if end > self.pos {
            self.tree.token(SyntaxKind::Whitespace, &self.text[self.pos..end]);
            self.pos = end;
        }
    }

    /// Takes the text up to `end`, all on this line, as one token.
    fn token(&mut self, kind: SyntaxKind, end: usize) {
        self.tree.token(kind, &self.text[self.pos..end]);
        self.pos = end;
        self.fresh = false;
    }

    /// Takes the text up to `end`, whose line starts at `line_start`, as one token.
    fn token_to(&mut self, kind: SyntaxKind, end: usize, line_start: usize) {
        self.token(kind, end);
        self.line_start = line_start;
    }

    // Errors.

    fn error(&mut self, kind: ErrorKind, start: usize, end: usize, message: impl Into<String>, help: Option<&str>) {
        self.errors.push(SyntaxError {
            kind,
            range: text_range(start, end),
            message: message.into(),
            help: help.map(str::to_owned),
        });
    }

    /// The character at `pos`, for a message.
    fn char_at(&self, pos: usize) -> String {
        self.text
            .get(pos..)
            .and_then(|rest| rest.chars().next())
            .map_or_else(|| "end of file".to_owned(), |c| format!("`{c}`"))
    }

    /// End of the character at `pos`.
    fn char_end(&self, pos: usize) -> usize {
        self.text.get(pos..).and_then(|rest| rest.chars().next()).map_or(pos, |c| pos + c.len_utf8())
    }

    /// Takes the rest of the line (without a comment at its end) as text that belongs nowhere.
    fn garbage_line(&mut self) {
        self.emit_trivia();
        let mut end = self.line_end(self.pos);
        if let Some(comment) = (self.pos + 1..end).find(|&at| self.at(at) == Some(b'#') && is_blank(self.at(at - 1))) {
            end = comment;
        }
        let end = self.trim_end(self.pos, end);
        self.token(SyntaxKind::Garbage, end);
        self.emit_trailing_comment();
    }

    /// Reports control characters, the first of each line.
    fn check_characters(&mut self) {
        let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        if !self.bytes.iter().any(|&byte| is_control(byte)) {
            return;
        }
        let mut line = 0;
        while line < self.len() {
            let end = self.line_end(line);
            if let Some(at) = (line..end).find(|&at| is_control(self.bytes[at])) {
                let message = format!("the control character U+{:04X} is not allowed", self.bytes[at]);
                let help = "in double quotes, write it as an escape such as `\\x07`";
                self.error(ErrorKind::NonPrintable, at, at + 1, message, Some(help));
            }
            line = self.after_break(end).max(end);
            if end >= self.len() {
                return;
            }
        }
    }

    // Recovery.

    /// Whether `pos` starts a word with a colon behind it, as keys look like.
    fn looks_like_key(&self, pos: usize) -> bool {
        let word = self
            .bytes
            .get(pos..)
            .unwrap_or_default()
            .iter()
            .take(128)
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            .count();
        word > 0 && self.indicator(self.skip_blanks(pos + word), b':')
    }

    /// Whether the content at `pos` in column `col` looks like the next entry of an open block collection. Such a line ends
    /// a quoted scalar or a flow collection that was left open above it.
    /// A dash in the first column always does: that is where the items of a rules file start.
    fn is_sibling(&self, pos: usize, col: usize) -> bool {
        if col == 0 && self.is_dash(pos) {
            return true;
        }
        self.levels.iter().rev().any(|level| {
            level.col == col
                && match level.kind {
                    LevelKind::Seq => self.is_dash(pos),
                    LevelKind::Map => self.looks_like_key(pos),
                }
        })
    }

    /// Whether a line starts an item of a rules file although the root that is being parsed is something else: what stands
    /// above the first item was left open.
    fn is_root_item(&self, line_start: usize, content: usize) -> bool {
        self.levels.is_empty()
            && content == line_start
            && self.is_dash(content)
            && self.looks_like_key(self.skip_blanks(content + 1))
    }

    /// Whether nothing but blanks and comments follows up to the end of the document.
    fn ends_document(&self, pos: usize) -> bool {
        let mut at = self.skip_blanks(pos);
        let mut spaced = at > pos;
        loop {
            match self.at(at) {
                None => return true,
                Some(b'#') if spaced => at = self.line_end(at),
                Some(b'\n' | b'\r') => {
                    let line = self.after_break(at);
                    if self.marker_at(line) {
                        return true;
                    }
                    at = self.skip_blanks(line);
                    spaced = true;
                }
                Some(_) => return false,
            }
        }
    }

    /// Enters a collection; false when the nesting is too deep.
    fn enter(&mut self) -> bool {
        self.depth += 1;
        self.depth <= MAX_DEPTH
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn too_deep(&mut self, start: usize) {
        let end = self.char_end(start);
        self.error(
            ErrorKind::TooDeep,
            start,
            end,
            format!("collections are nested more than {MAX_DEPTH} levels deep"),
            None,
        );
    }
}

pub(super) fn text_range(start: usize, end: usize) -> TextRange {
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    TextRange::new(size(start), size(end.max(start)))
}
