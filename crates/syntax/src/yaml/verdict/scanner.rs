//! The scanner: characters to tokens, with guesses at keys.
//!
//! A plain or quoted scalar (or a flow collection) may turn out to be a key when a colon follows. So wherever a key may
//! start, the tokens for it are queued as unverified; a colon on the same line verifies them, a line break takes them back.

use super::{Place, Refusal, Step, refuse};
use rowan::TextSize;
use std::collections::VecDeque;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Directive,
    DocStart,
    DocEnd,
    BlockSeqStart,
    BlockMapStart,
    BlockSeqEnd,
    BlockMapEnd,
    BlockEntry,
    FlowSeqStart,
    FlowMapStart,
    FlowSeqEnd,
    FlowMapEnd,
    FlowEntry,
    Key,
    Value,
    Anchor,
    Alias,
    Tag,
    Plain,
    NonPlain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Valid,
    Unverified,
    Invalid,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    status: Status,
    pub(super) place: Place,
    end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IndentKind {
    /// Below everything.
    Root,
    Seq,
    Map,
}

/// A column that a block collection was opened at.
#[derive(Debug, Clone, Copy)]
struct Indent {
    column: i64,
    kind: IndentKind,
    status: Status,
    /// Number of its start token.
    start: usize,
}

/// A guess: what starts here may be a key.
#[derive(Debug, Clone, Copy)]
struct KeyGuess {
    place: Place,
    flow_level: usize,
    /// Index of the indent that it opened, with a mapping's start token.
    indent: Option<usize>,
    /// Number of its key token.
    token: usize,
}

/// Open brackets beyond which there is no doubt that the parser will refuse the nesting.
const MAX_FLOWS: usize = 5_000;

/// How far a guess at a key may lie back before it is given up. A key is at most 1024 bytes long, so it is wrong by then;
/// yaml-cpp keeps it (and all the tokens since) up to the end of the line.
const MAX_GUESS: usize = 1 << 20;

pub(super) struct Scanner<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) pos: usize,
    line: u32,
    pub(super) column: usize,
    tokens: VecDeque<Token>,
    /// Tokens that were taken off the queue: the number of its first one.
    taken: usize,
    started: bool,
    ended: bool,
    key_allowed: bool,
    /// A colon may touch its value: a quoted scalar or flow collection is before it.
    json_before: bool,
    keys: Vec<KeyGuess>,
    /// All indents, and which of them are open.
    indents: Vec<Indent>,
    open: Vec<usize>,
    /// Open flow collections: whether each is a sequence.
    flows: Vec<bool>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            pos: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
            line: 0,
            column: 0,
            tokens: VecDeque::new(),
            taken: 0,
            started: false,
            ended: false,
            key_allowed: false,
            json_before: false,
            keys: Vec::new(),
            indents: Vec::new(),
            open: Vec::new(),
            flows: Vec::new(),
        }
    }

    // For the parser.

    /// The next token, or nothing at the end.
    pub(super) fn peek(&mut self) -> Step<Option<Token>> {
        loop {
            match self.tokens.front() {
                Some(token) if token.status == Status::Valid => return Ok(Some(*token)),
                Some(token) if token.status == Status::Invalid => {
                    self.tokens.pop_front();
                    self.taken += 1;
                    continue;
                }
                _ => {}
            }
            if self.ended {
                return Ok(self.tokens.front().copied());
            }
            self.scan()?;
        }
    }

    /// Takes the next token.
    pub(super) fn pop(&mut self) -> Step<()> {
        if self.peek()?.is_some() {
            self.tokens.pop_front();
            self.taken += 1;
        }
        Ok(())
    }

    /// How many tokens were taken.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Where the scanner is.
    pub(super) fn place(&self) -> Place {
        let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
        let mut offset = self.pos;
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        Place { offset: size(offset), line: self.line, column: u32::from(size(self.column)) }
    }

    pub(super) fn text_of(&self, token: Token) -> &'t str {
        self.text.get(usize::from(token.place.offset)..token.end).unwrap_or_default()
    }

    /// The name of an anchor or alias.
    pub(super) fn name_of(&self, token: Token) -> &'t str {
        self.text_of(token).get(1..).unwrap_or_default()
    }

    // Characters.

    pub(super) fn at(&self, offset: usize) -> Option<u8> {
        self.bytes.get(self.pos + offset).copied()
    }

    /// Takes one byte.
    pub(super) fn eat(&mut self) {
        let Some(&byte) = self.bytes.get(self.pos) else { return };
        self.pos += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        } else {
            self.column += 1;
        }
    }

    pub(super) fn eat_many(&mut self, count: usize) {
        for _ in 0..count {
            self.eat();
        }
    }

    /// Takes bytes among which there is no line break.
    pub(super) fn advance(&mut self, count: usize) {
        self.pos += count;
        self.column += count;
    }

    /// Takes the rest of the line.
    pub(super) fn skip_line(&mut self) {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        self.advance(memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()));
    }

    /// Length of the line break here.
    pub(super) fn line_break(&self) -> usize {
        match self.at(0) {
            Some(b'\n') => 1,
            Some(b'\r') if self.at(1) == Some(b'\n') => 2,
            Some(b'\r') => 1,
            _ => 0,
        }
    }

    pub(super) fn blank_or_break_at(&self, offset: usize) -> bool {
        matches!(self.at(offset), Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// A blank, a break or the end.
    pub(super) fn space_at(&self, offset: usize) -> bool {
        self.at(offset).is_none() || self.blank_or_break_at(offset)
    }

    pub(super) fn marker(&self) -> bool {
        self.column == 0 && matches!(self.bytes.get(self.pos..self.pos + 3), Some(b"---" | b"...")) && self.space_at(3)
    }

    fn block_entry(&self) -> bool {
        self.at(0) == Some(b'-') && self.space_at(1)
    }

    pub(super) fn in_flow(&self) -> bool {
        !self.flows.is_empty()
    }

    pub(super) fn top_indent(&self) -> i64 {
        self.open.last().and_then(|&index| self.indents.get(index)).map_or(0, |indent| indent.column)
    }

    // Tokens.

    fn scan(&mut self) -> Step<()> {
        if !self.started {
            self.started = true;
            self.key_allowed = true;
            self.indents.push(Indent { column: -1, kind: IndentKind::Root, status: Status::Valid, start: 0 });
            self.open.push(0);
            return Ok(());
        }
        self.skip_to_token();
        self.close_indents();
        self.drop_old_keys();
        let Some(byte) = self.at(0) else {
            self.end_stream();
            return Ok(());
        };
        if self.column == 0 && byte == b'%' {
            self.directive();
            return Ok(());
        }
        if self.marker() {
            self.close_document();
            self.push(if byte == b'-' { TokenKind::DocStart } else { TokenKind::DocEnd }, 3);
            return Ok(());
        }
        match byte {
            b'[' | b'{' => self.flow_start(byte == b'['),
            b']' | b'}' => self.flow_end(byte == b']'),
            b',' => {
                self.solo_entry();
                self.key_allowed = true;
                self.json_before = false;
                self.push(TokenKind::FlowEntry, 1);
                Ok(())
            }
            _ if self.block_entry() => self.block_item(),
            b'?' if self.blank_or_break_at(1) => self.key(),
            b':' if self.is_value() => self.value(),
            b'*' | b'&' => self.anchor_or_alias(),
            b'!' => self.tag(),
            b'|' | b'>' if !self.in_flow() => self.block_scalar(),
            b'\'' | b'"' => self.quoted_scalar(byte == b'\''),
            _ if self.starts_plain(byte) => self.plain_scalar(),
            _ => refuse(self.place(), "no token starts with this character"),
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            while let Some(byte @ (b' ' | b'\t')) = self.at(0) {
                if byte == b'\t' && !self.in_flow() {
                    self.key_allowed = false;
                }
                self.eat();
            }
            if self.at(0) == Some(b'#') {
                self.skip_line();
            }
            let length = self.line_break();
            if length == 0 {
                return;
            }
            self.eat_many(length);
            self.drop_key();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    /// Queues a token of the next `length` bytes and takes them.
    fn push(&mut self, kind: TokenKind, length: usize) {
        let place = self.place();
        self.eat_many(length);
        self.push_from(kind, place);
    }

    /// Queues a token from a place to here.
    fn push_from(&mut self, kind: TokenKind, place: Place) {
        self.tokens.push_back(Token { kind, status: Status::Valid, place, end: self.pos });
    }

    fn token_mut(&mut self, number: usize) -> Option<&mut Token> {
        self.tokens.get_mut(number.checked_sub(self.taken)?)
    }

    fn end_stream(&mut self) {
        self.column = 0;
        self.close_all_indents();
        self.drop_all_keys();
        self.key_allowed = false;
        self.ended = true;
    }

    fn close_document(&mut self) {
        self.close_all_indents();
        self.drop_all_keys();
        self.key_allowed = false;
        self.json_before = false;
    }

    fn directive(&mut self) {
        self.close_document();
        let place = self.place();
        let mut before_blank = true;
        loop {
            match self.at(0) {
                None | Some(b'\n' | b'\r') => break,
                Some(b'#') if before_blank => break,
                byte => before_blank = matches!(byte, Some(b' ' | b'\t')),
            }
            self.eat();
        }
        self.push_from(TokenKind::Directive, place);
    }

    fn flow_start(&mut self, seq: bool) -> Step<()> {
        if self.flows.len() >= MAX_FLOWS {
            // The parser would still stand at the first bracket: it waits for this line's guesses at keys to be settled.
            let place = self.keys.first().map_or_else(|| self.place(), |key| key.place);
            return refuse(place, "too many open brackets");
        }
        self.guess_key();
        self.key_allowed = true;
        self.json_before = false;
        self.flows.push(seq);
        self.push(if seq { TokenKind::FlowSeqStart } else { TokenKind::FlowMapStart }, 1);
        Ok(())
    }

    fn flow_end(&mut self, seq: bool) -> Step<()> {
        if !self.in_flow() {
            return refuse(self.place(), "a closing bracket without an opening one");
        }
        self.solo_entry();
        self.key_allowed = false;
        self.json_before = true;
        if self.flows.last() != Some(&seq) {
            return refuse(self.place(), "a closing bracket that does not fit the opening one");
        }
        let place = self.place();
        self.eat();
        self.flows.pop();
        self.push_from(if seq { TokenKind::FlowSeqEnd } else { TokenKind::FlowMapEnd }, place);
        Ok(())
    }

    /// At the end of an entry in braces, a key without a colon gets an empty value.
    fn solo_entry(&mut self) {
        match self.flows.last().copied() {
            Some(true) => self.drop_key(),
            Some(false) if self.verify_key() => self.push(TokenKind::Value, 0),
            _ => {}
        }
    }

    fn block_item(&mut self) -> Step<()> {
        if self.in_flow() || !self.key_allowed {
            return refuse(self.place(), "a block sequence item cannot stand here");
        }
        self.open_indent(IndentKind::Seq);
        self.key_allowed = true;
        self.json_before = false;
        self.push(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn key(&mut self) -> Step<()> {
        if !self.in_flow() {
            if !self.key_allowed {
                return refuse(self.place(), "a key cannot stand here");
            }
            self.open_indent(IndentKind::Map);
        }
        self.key_allowed = !self.in_flow();
        self.push(TokenKind::Key, 1);
        Ok(())
    }

    fn is_value(&self) -> bool {
        if !self.in_flow() {
            self.space_at(1)
        } else {
            self.json_before || self.blank_or_break_at(1) || matches!(self.at(1), Some(b',' | b']' | b'}'))
        }
    }

    fn value(&mut self) -> Step<()> {
        let is_key = self.verify_key();
        self.json_before = false;
        if is_key {
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.key_allowed {
                    return refuse(
                        self.place(),
                        "a value cannot stand here: its key is not on this line, or there is another one",
                    );
                }
                self.open_indent(IndentKind::Map);
            }
            self.key_allowed = !self.in_flow();
        }
        self.push(TokenKind::Value, 1);
        Ok(())
    }

    fn anchor_or_alias(&mut self) -> Step<()> {
        self.guess_key();
        self.key_allowed = false;
        self.json_before = false;
        let place = self.place();
        let kind = if self.at(0) == Some(b'*') { TokenKind::Alias } else { TokenKind::Anchor };
        self.eat();
        let start = self.pos;
        while let Some(byte) = self.at(0)
            && !matches!(byte, b'[' | b']' | b'{' | b'}' | b',' | b' ' | b'\t' | b'\n' | b'\r')
        {
            self.eat();
        }
        if self.pos == start {
            return refuse(self.place(), "an anchor or alias without a name");
        }
        if matches!(self.at(0), Some(b'[' | b'{')) {
            return refuse(self.place(), "a character that cannot follow an anchor or alias");
        }
        self.push_from(kind, place);
        Ok(())
    }

    fn tag(&mut self) -> Step<()> {
        self.guess_key();
        self.key_allowed = false;
        self.json_before = false;
        let place = self.place();
        self.eat();
        if self.at(0) == Some(b'<') {
            self.eat();
            loop {
                match self.at(0) {
                    Some(b'>') => {
                        self.eat();
                        break;
                    }
                    Some(byte) if is_tag_char(byte) || matches!(byte, b'!' | b',' | b'[' | b']') => self.eat(),
                    Some(b'%') if self.percent_encoded() => self.eat_many(3),
                    _ => return refuse(self.place(), "a verbatim tag without its `>`"),
                }
            }
        } else {
            self.tag_handle()?;
        }
        self.push_from(TokenKind::Tag, place);
        Ok(())
    }

    fn tag_handle(&mut self) -> Step<()> {
        let mut first_other = None;
        while let Some(byte) = self.at(0) {
            if byte == b'!' {
                if let Some(place) = first_other {
                    return refuse(place, "a character that cannot stand in a tag's handle");
                }
                break;
            }
            if first_other.is_none() && !(byte.is_ascii_alphanumeric() || byte == b'-') {
                first_other = Some(self.place());
            }
            if is_tag_char(byte) {
                self.eat();
            } else if self.percent_encoded() {
                self.eat_many(3);
            } else {
                break;
            }
        }
        if first_other.is_none() && self.at(0) == Some(b'!') {
            self.eat();
            let start = self.pos;
            while let Some(byte) = self.at(0) {
                if is_tag_char(byte) {
                    self.eat();
                } else if self.percent_encoded() {
                    self.eat_many(3);
                } else {
                    break;
                }
            }
            if self.pos == start {
                return refuse(self.place(), "a tag's handle without a name after it");
            }
        }
        Ok(())
    }

    fn percent_encoded(&self) -> bool {
        let hex = |offset| self.at(offset).is_some_and(|byte: u8| byte.is_ascii_hexdigit());
        self.at(0) == Some(b'%') && hex(1) && hex(2)
    }

    fn plain_scalar(&mut self) -> Step<()> {
        // A guess at a key opens an indent at this very column: what counts for the next lines is the one before it.
        let indent = self.top_indent() + 1;
        self.guess_key();
        let place = self.place();
        let new_line = self.scan_plain(indent)?;
        self.key_allowed = new_line;
        self.json_before = false;
        self.push_from(TokenKind::Plain, place);
        Ok(())
    }

    fn quoted_scalar(&mut self, single: bool) -> Step<()> {
        self.guess_key();
        let place = self.place();
        self.scan_quoted(single)?;
        self.key_allowed = false;
        self.json_before = true;
        self.push_from(TokenKind::NonPlain, place);
        Ok(())
    }

    fn block_scalar(&mut self) -> Step<()> {
        let place = self.place();
        self.scan_block()?;
        self.key_allowed = true;
        self.json_before = false;
        self.push_from(TokenKind::NonPlain, place);
        Ok(())
    }

    // Indentation.

    /// Opens a block collection here, if the column is deeper than what is open. Gives the indent's index.
    fn open_indent(&mut self, kind: IndentKind) -> Option<usize> {
        if self.in_flow() {
            return None;
        }
        let column = self.column as i64;
        let last = self.open.last().and_then(|&index| self.indents.get(index))?;
        let seq_in_map = kind == IndentKind::Seq && last.kind == IndentKind::Map;
        if column < last.column || column == last.column && !seq_in_map {
            return None;
        }
        let start = self.taken + self.tokens.len();
        self.push(if kind == IndentKind::Seq { TokenKind::BlockSeqStart } else { TokenKind::BlockMapStart }, 0);
        let index = self.indents.len();
        self.indents.push(Indent { column, kind, status: Status::Valid, start });
        self.open.push(index);
        Some(index)
    }

    /// Closes the block collections that end before this column.
    fn close_indents(&mut self) {
        if self.in_flow() {
            return;
        }
        let column = self.column as i64;
        while let Some(indent) = self.open.last().and_then(|&index| self.indents.get(index)) {
            let stays = indent.column == column && (indent.kind != IndentKind::Seq || self.block_entry());
            if indent.column < column || stays {
                break;
            }
            self.close_indent();
        }
        while let Some(indent) = self.open.last().and_then(|&index| self.indents.get(index))
            && indent.status == Status::Invalid
        {
            self.close_indent();
        }
    }

    fn close_all_indents(&mut self) {
        if self.in_flow() {
            return;
        }
        while let Some(indent) = self.open.last().and_then(|&index| self.indents.get(index))
            && indent.kind != IndentKind::Root
        {
            self.close_indent();
        }
    }

    fn close_indent(&mut self) {
        let Some(indent) = self.open.pop().and_then(|index| self.indents.get(index).copied()) else { return };
        if indent.status != Status::Valid {
            self.drop_key();
            return;
        }
        match indent.kind {
            IndentKind::Seq => self.push(TokenKind::BlockSeqEnd, 0),
            IndentKind::Map => self.push(TokenKind::BlockMapEnd, 0),
            IndentKind::Root => {}
        }
    }

    // Guesses at keys.

    fn guess_key(&mut self) {
        let active = self.keys.last().is_some_and(|key| key.flow_level == self.flows.len());
        if !self.key_allowed || active {
            return;
        }
        let place = self.place();
        let indent = if self.in_flow() { None } else { self.open_indent(IndentKind::Map) };
        if let Some(indent) = indent {
            self.set_indent(indent, Status::Unverified);
        }
        let token = self.taken + self.tokens.len();
        self.push(TokenKind::Key, 0);
        if let Some(token) = self.token_mut(token) {
            token.status = Status::Unverified;
        }
        self.keys.push(KeyGuess { place, flow_level: self.flows.len(), indent, token });
    }

    /// Sets the status of an indent and of its start token.
    fn set_indent(&mut self, index: usize, status: Status) {
        let Some(indent) = self.indents.get_mut(index) else { return };
        indent.status = status;
        let start = indent.start;
        if let Some(token) = self.token_mut(start) {
            token.status = status;
        }
    }

    fn settle(&mut self, key: KeyGuess, status: Status) {
        if let Some(indent) = key.indent {
            self.set_indent(indent, status);
        }
        if let Some(token) = self.token_mut(key.token) {
            token.status = status;
        }
    }

    /// Takes back the guess of this flow level.
    fn drop_key(&mut self) {
        if let Some(&key) = self.keys.last()
            && key.flow_level == self.flows.len()
        {
            self.settle(key, Status::Invalid);
            self.keys.pop();
        }
    }

    /// Takes back guesses that lie too far behind.
    fn drop_old_keys(&mut self) {
        while let Some(&key) = self.keys.first()
            && self.pos - usize::from(key.place.offset) > MAX_GUESS
        {
            self.settle(key, Status::Invalid);
            self.keys.remove(0);
        }
    }

    /// Settles the guess of this flow level: a colon is here. Tells whether it was right.
    fn verify_key(&mut self) -> bool {
        let Some(&key) = self.keys.last() else { return false };
        if key.flow_level != self.flows.len() {
            return false;
        }
        self.keys.pop();
        let right = self.line == key.place.line && self.pos - usize::from(key.place.offset) <= 1024;
        self.settle(key, if right { Status::Valid } else { Status::Invalid });
        right
    }

    /// At the end of a document. The guesses stay unverified in the queue, where the parser takes them for keys: a word
    /// without a colon at the end of a mapping passes as a key, unless a line break or a comment follows it.
    fn drop_all_keys(&mut self) {
        self.keys.clear();
    }

    pub(super) fn refusal(&self, message: &str) -> Refusal {
        Refusal { message: message.to_owned(), place: self.place() }
    }
}

fn is_tag_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-#;/?:@&=+$_.~*'()".contains(&byte)
}
