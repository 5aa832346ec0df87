//! Block collections: structure by indentation.

use super::leaf::Leaf;
use super::*;

/// Where a block node stands; it decides what may start on the same line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A document's root, perhaps on the line of `---`.
    Document,
    /// After the dash of an item: compact collections may follow on the line.
    Item,
    /// After `?`, or the `:` of an explicit key: as after a dash, and a sequence may stand at the mapping's own column.
    Explicit,
    /// After the colon of an implicit key: only a sequence may stand at the mapping's column, nothing compact.
    Value,
}

impl Mode {
    fn compact(self) -> bool {
        matches!(self, Self::Item | Self::Explicit)
    }

    fn seq_at_parent(self) -> bool {
        matches!(self, Self::Explicit | Self::Value)
    }
}

/// How content may start.
#[derive(Debug, Clone, Copy)]
struct Start {
    mode: Mode,
    /// First on its line.
    newline: bool,
    /// A tab in the blanks before.
    tab: bool,
}

impl Start {
    fn allows_collection(self) -> bool {
        self.newline || self.mode.compact()
    }
}

/// What of a block mapping's first entry is in the tree already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Nothing,
    Key,
}

impl Parser<'_> {
    /// Parses what stands here for a collection at column `parent` (-1 at the root): perhaps nothing.
    pub(super) fn block_node(&mut self, parent: i64, mode: Mode) {
        let ahead = self.peek();
        if !self.starts_here(&ahead, parent, mode) {
            return;
        }
        self.emit_trivia();
        if ahead.newline && self.indent_of(self.line_start) as i64 <= parent && !self.is_dash(self.pos) {
            self.tab_error();
        }
        self.content(parent, Start { mode, newline: ahead.newline, tab: ahead.tab });
    }

    fn starts_here(&self, ahead: &Ahead, parent: i64, mode: Mode) -> bool {
        if ahead.pos >= self.len() || self.at_marker(ahead) {
            return false;
        }
        let col = ahead.col() as i64;
        // A sequence at its mapping's own column, unless the mapping itself stands (wrongly) in a sequence at that column.
        let seq_at_parent = || self.is_dash(ahead.pos) && !self.is_outer_seq(ahead.col());
        !ahead.newline || col > parent || mode.seq_at_parent() && col == parent && seq_at_parent()
    }

    fn content(&mut self, parent: i64, start: Start) {
        let at = self.tree.checkpoint();
        match self.at(self.pos) {
            Some(b'&' | b'!') => self.annotated(parent, start),
            _ => self.bare_content(at, parent, start),
        }
    }

    /// Content without properties.
    fn bare_content(&mut self, at: Checkpoint, parent: i64, start: Start) {
        let pos = self.pos;
        match self.at(pos) {
            Some(b'-') if self.is_dash(pos) => {
                self.check_collection_start(start, "sequence");
                self.block_seq(parent);
            }
            Some(b'?' | b':') if is_space(self.at(pos + 1)) => {
                self.check_collection_start(start, "mapping");
                self.block_map(at, self.col(), parent, First::Nothing);
            }
            Some(b'|' | b'>') => self.block_scalar(parent),
            _ => {
                let line = self.line_start;
                let absorb = !start.allows_collection() && start.mode != Mode::Document;
                if self.leaf(Leaf { parent, one_line: false, absorb_colon: absorb }) {
                    self.check_collection_start_at(start, pos, "mapping");
                    self.check_implicit_key(pos, line);
                    self.block_map(at, pos - line, parent, First::Key);
                }
            }
        }
    }

    fn check_collection_start(&mut self, start: Start, what: &str) {
        self.check_collection_start_at(start, self.pos, what);
    }

    fn check_collection_start_at(&mut self, start: Start, pos: usize, what: &str) {
        if !start.allows_collection() {
            let end = self.char_end(pos);
            self.error(
                ErrorKind::CollectionNotAllowed,
                pos,
                end,
                format!("a block {what} cannot start on this line"),
                Some("start it on the next line, indented"),
            );
        } else if start.tab {
            self.tab_error_before(pos);
        }
    }

    /// A key must end on the line where it starts, within 1024 characters.
    fn check_implicit_key(&mut self, start: usize, line_start: usize) {
        if self.line_start != line_start {
            self.error(
                ErrorKind::BadImplicitKey,
                start,
                self.pos,
                "a key cannot go over several lines",
                Some("put the key on one line, or write `? ` in front of it"),
            );
        } else if self.pos - start > 1024 && self.text[start..self.pos].chars().count() > 1024 {
            self.error(
                ErrorKind::BadImplicitKey,
                start,
                self.pos,
                "a key cannot be longer than 1024 characters",
                Some("write `? ` in front of it"),
            );
        }
    }

    /// Content with an anchor or a tag in front. Properties on the line of an implicit key belong to the key, those on
    /// lines before to the mapping.
    fn annotated(&mut self, parent: i64, start: Start) {
        let first = self.tree.checkpoint();
        let mut group = first;
        let mut start = start;
        let mut seen = leaf::Properties::default();
        loop {
            let (pos, line) = (self.pos, self.line_start);
            let mut own = leaf::Properties::default();
            self.properties(&mut own, false);
            let ahead = self.peek();
            if !ahead.newline && ahead.pos < self.len() {
                self.emit_trivia();
                let content = self.pos;
                match self.at(content) {
                    Some(b'-') if self.is_dash(content) => {
                        self.properties_before_collection(pos, content, "sequence");
                        self.block_seq(parent);
                    }
                    Some(b'?') if self.indicator(content, b'?') => {
                        self.properties_before_collection(pos, content, "mapping");
                        let at = self.tree.checkpoint();
                        self.block_map(at, self.col(), parent, First::Nothing);
                    }
                    Some(b'|' | b'>') => self.block_scalar(parent),
                    _ => {
                        self.check_annotated_alias(pos);
                        let absorb = !start.allows_collection() && start.mode != Mode::Document;
                        let empty_key = self.indicator(content, b':');
                        if empty_key || self.leaf(Leaf { parent, one_line: false, absorb_colon: absorb }) {
                            self.tree.start_at(group, SyntaxKind::Annotated);
                            self.tree.finish();
                            self.check_collection_start_at(start, pos, "mapping");
                            self.check_implicit_key(pos, line);
                            self.block_map(group, pos - line, parent, First::Key);
                            if group == first {
                                // All the properties are the key's.
                                return;
                            }
                            own = leaf::Properties::default();
                        }
                    }
                }
                self.merge_properties(&mut seen, own);
                break;
            }
            // The line ends after the properties: the node may follow on the next lines.
            self.merge_properties(&mut seen, own);
            if !self.starts_here(&ahead, parent, start.mode) {
                break;
            }
            self.emit_trivia();
            start = Start { newline: true, tab: ahead.tab, ..start };
            if matches!(self.at(self.pos), Some(b'&' | b'!')) {
                group = self.tree.checkpoint();
                continue;
            }
            let (at, content) = (self.tree.checkpoint(), self.pos);
            self.bare_content(at, parent, start);
            if self.tree.last_kind() == Some(SyntaxKind::Alias) {
                // As a mapping's first key an alias would be fine: the properties would be the mapping's.
                self.annotated_alias(pos, content);
            }
            break;
        }
        self.tree.start_at(first, SyntaxKind::Annotated);
        self.tree.finish();
    }

    /// Reports properties from `start` on when an alias follows them here.
    fn check_annotated_alias(&mut self, start: usize) {
        if self.at(self.pos) == Some(b'*') {
            self.annotated_alias(start, self.pos);
        }
    }

    fn properties_before_collection(&mut self, start: usize, content: usize, what: &str) {
        self.error(
            ErrorKind::BadProperty,
            start,
            content,
            format!("an anchor or tag of a block {what} has to stand on a line of its own"),
            None,
        );
    }

    /// Parses a block mapping at column `col` whose first entry starts at the checkpoint.
    fn block_map(&mut self, at: Checkpoint, col: usize, parent: i64, first: First) {
        let entered = self.enter();
        self.tree.start_at(at, SyntaxKind::BlockMap);
        self.tree.start_at(at, SyntaxKind::MapEntry);
        if entered {
            self.levels.push(Level { kind: LevelKind::Map, col });
            match first {
                First::Key => self.value(col),
                First::Nothing => self.explicit_entry(col),
            }
            self.tree.finish();
            self.map_entries(col, parent);
            self.levels.pop();
        } else {
            self.too_deep(self.pos);
            self.skip_deep(parent);
            self.tree.finish();
        }
        self.tree.finish();
        self.leave();
    }

    /// The second and later entries.
    fn map_entries(&mut self, col: usize, parent: i64) {
        let mut reported = None;
        loop {
            let ahead = self.peek();
            if ahead.pos >= self.len() || self.at_marker(&ahead) {
                return;
            }
            if !ahead.newline {
                self.unexpected_rest(&ahead);
                continue;
            }
            let here = ahead.col();
            if here as i64 <= parent {
                return;
            }
            if self.is_dash(ahead.pos) {
                if here < col || here == col && self.levels.len() <= 1 || self.is_outer_seq(here) {
                    return;
                }
                self.misplaced_sequence(&ahead);
                continue;
            }
            if here > col && !self.looks_like_key(ahead.pos) {
                self.misplaced_text(col);
                continue;
            }
            self.check_column(&ahead, col, &mut reported);
            self.emit_trivia();
            self.tree.start(SyntaxKind::MapEntry);
            self.map_entry(col);
            self.tree.finish();
        }
    }

    /// Whether a collection around the innermost one is a sequence at this column.
    fn is_outer_seq(&self, col: usize) -> bool {
        let outer = self.levels.len().saturating_sub(1);
        self.levels[..outer].iter().any(|level| level.kind == LevelKind::Seq && level.col == col)
    }

    fn map_entry(&mut self, col: usize) {
        let pos = self.pos;
        if matches!(self.at(pos), Some(b'?' | b':')) && is_space(self.at(pos + 1)) {
            self.explicit_entry(col);
            return;
        }
        let line = self.line_start;
        let key = self.tree.checkpoint();
        let mut properties = leaf::Properties::default();
        let annotated = matches!(self.at(pos), Some(b'&' | b'!'));
        let leaf = Leaf { parent: col as i64, one_line: true, absorb_colon: false };
        let is_key = if annotated {
            self.properties(&mut properties, false);
            let ahead = self.peek();
            !ahead.newline && ahead.pos < self.len() && {
                self.emit_trivia();
                self.check_annotated_alias(pos);
                self.indicator(self.pos, b':') || self.leaf(leaf)
            }
        } else {
            self.leaf(leaf)
        };
        if annotated {
            self.tree.start_at(key, SyntaxKind::Annotated);
            self.tree.finish();
        }
        if is_key {
            self.check_implicit_key(pos, line);
            self.value(col);
        } else {
            let end = self.pos;
            self.error(
                ErrorKind::MissingColon,
                pos,
                end,
                "expected a key with a `:` after it",
                Some("every line of a mapping is `key: value`"),
            );
            self.emit_trailing_comment();
        }
    }

    /// `? key` with the `: value` after it, or `: value` alone.
    fn explicit_entry(&mut self, col: usize) {
        if self.at(self.pos) == Some(b'?') {
            self.token(SyntaxKind::Question, self.pos + 1);
            self.block_node(col as i64, Mode::Explicit);
            self.emit_trailing_comment();
            let ahead = self.peek();
            if !ahead.newline || ahead.col() != col || !self.indicator(ahead.pos, b':') {
                return;
            }
            self.emit_trivia();
            if ahead.tab {
                self.tab_error();
            }
        }
        self.token(SyntaxKind::Colon, self.pos + 1);
        self.block_node(col as i64, Mode::Explicit);
        self.emit_trailing_comment();
    }

    /// `: value` after an implicit key.
    fn value(&mut self, col: usize) {
        self.emit_blanks();
        self.token(SyntaxKind::Colon, self.pos + 1);
        self.block_node(col as i64, Mode::Value);
        self.emit_trailing_comment();
    }

    /// Parses a block sequence whose first dash is here.
    fn block_seq(&mut self, parent: i64) {
        let col = self.col();
        let entered = self.enter();
        self.tree.start(SyntaxKind::BlockSeq);
        if entered {
            self.levels.push(Level { kind: LevelKind::Seq, col });
            self.seq_items(col, parent);
            self.levels.pop();
        } else {
            self.too_deep(self.pos);
            self.skip_deep(parent);
        }
        self.tree.finish();
        self.leave();
    }

    fn seq_items(&mut self, col: usize, parent: i64) {
        let mut reported = None;
        loop {
            self.tree.start(SyntaxKind::SeqItem);
            if self.is_dash(self.pos) {
                self.token(SyntaxKind::Dash, self.pos + 1);
                self.block_node(col as i64, Mode::Item);
            } else {
                // A recovered item without its dash.
                self.content(col as i64 - 1, Start { mode: Mode::Document, newline: true, tab: false });
            }
            self.emit_trailing_comment();
            self.tree.finish();
            // On to the next dash.
            loop {
                let ahead = self.peek();
                if ahead.pos >= self.len() || self.at_marker(&ahead) {
                    return;
                }
                if !ahead.newline {
                    self.unexpected_rest(&ahead);
                    continue;
                }
                let here = ahead.col();
                let dash = self.is_dash(ahead.pos);
                // A sequence may stand at its parent mapping's column: there only dashes are its own.
                if here as i64 <= parent && !(dash && here == col) {
                    return;
                }
                if dash {
                    self.check_column(&ahead, col, &mut reported);
                    self.emit_trivia();
                    break;
                }
                if here == col && self.looks_like_key(ahead.pos) {
                    self.error(
                        ErrorKind::BadIndentation,
                        ahead.pos,
                        ahead.pos,
                        "expected `- ` in front of the next item",
                        Some("write `- `, or indent the line to make it a part of the item above"),
                    );
                    self.emit_trivia();
                    break;
                }
                self.misplaced_line(&ahead, col);
            }
        }
    }

    /// Lines in a sequence that are no items.
    fn misplaced_line(&mut self, ahead: &Ahead, col: usize) {
        let start = ahead.pos;
        self.emit_trivia();
        self.tree.start(SyntaxKind::Misplaced);
        let end = if ahead.col() > col && self.looks_like_key(start) {
            // Keys of an item that has lost its start.
            let end = self.trim_end(start, self.line_end(start));
            self.content(col as i64, Start { mode: Mode::Item, newline: true, tab: false });
            self.emit_trailing_comment();
            end
        } else {
            self.garbage_run(col);
            self.pos
        };
        self.tree.finish();
        self.error(
            ErrorKind::BadIndentation,
            start,
            end,
            "expected `- ` and the next item of the sequence",
            Some("check the indentation, and whether the line above is complete"),
        );
    }

    /// Takes lines as text, up to one that looks like structure or is indented less than `col`.
    fn garbage_run(&mut self, col: usize) {
        loop {
            self.garbage_line();
            let ahead = self.peek();
            let structure = ahead.col() < col || self.is_dash(ahead.pos) || self.looks_like_key(ahead.pos);
            if ahead.pos >= self.len() || self.at_marker(&ahead) || ahead.newline && structure {
                return;
            }
        }
    }

    /// Lines that are indented deeper than the entries around them and are none. Together they are one mistake: most likely
    /// the scalar that they belong to has lost its start.
    fn misplaced_text(&mut self, col: usize) {
        self.emit_trivia();
        self.tree.start(SyntaxKind::Misplaced);
        let start = self.pos;
        self.garbage_run(col + 1);
        self.tree.finish();
        self.error(
            ErrorKind::UnexpectedText,
            start,
            self.pos,
            "unexpected text after the value above",
            Some("a value over several lines starts with `>` or `|`, is quoted, or has no `: ` and ` #` in it"),
        );
    }

    /// A dash in a mapping where only keys can stand.
    fn misplaced_sequence(&mut self, ahead: &Ahead) {
        self.error(
            ErrorKind::BadIndentation,
            ahead.pos,
            ahead.pos + 1,
            "a sequence item cannot stand among the keys of a mapping",
            Some("check the indentation of this line"),
        );
        self.emit_trivia();
        self.tree.start(SyntaxKind::Misplaced);
        self.block_seq(ahead.col() as i64 - 1);
        self.tree.finish();
    }

    /// Text after a complete value on the same line.
    fn unexpected_rest(&mut self, ahead: &Ahead) {
        let end = self.trim_end(ahead.pos, self.line_end(ahead.pos));
        if self.at(ahead.pos) == Some(b'#') {
            self.error(
                ErrorKind::CommentWithoutSpace,
                ahead.pos,
                end,
                "a comment needs a blank in front of its `#`",
                None,
            );
        } else {
            self.error(
                ErrorKind::UnexpectedText,
                ahead.pos,
                end,
                "unexpected text after the value",
                Some("quote the whole value if the text belongs to it"),
            );
        }
        self.garbage_line();
    }

    /// Reports an entry or item that does not stand in its collection's column. `reported` is the wrong column of the one
    /// before: a run of lines with one mistake gives one error.
    fn check_column(&mut self, ahead: &Ahead, col: usize, reported: &mut Option<usize>) {
        let here = ahead.col();
        if ahead.tab {
            self.tab_error_before(ahead.pos);
        } else if here == col {
            *reported = None;
        } else if reported.replace(here) != Some(here) {
            self.error(
                ErrorKind::BadIndentation,
                ahead.pos,
                self.char_end(ahead.pos),
                format!("indented by {here} where the lines around it are indented by {col}"),
                None,
            );
        }
    }

    fn tab_error(&mut self) {
        self.tab_error_before(self.pos);
    }

    fn tab_error_before(&mut self, pos: usize) {
        let mut start = pos;
        while start > 0 && is_blank(self.at(start - 1)) {
            start -= 1;
        }
        self.error(
            ErrorKind::TabIndentation,
            start,
            pos,
            "a tab cannot be used for indentation",
            Some("indent with blanks"),
        );
    }

    /// Takes everything that is indented deeper than the parent as text without structure.
    fn skip_deep(&mut self, parent: i64) {
        loop {
            self.garbage_line();
            let ahead = self.peek();
            if ahead.pos >= self.len() || self.at_marker(&ahead) || ahead.newline && ahead.col() as i64 <= parent {
                return;
            }
        }
    }
}
