//! The stream: directives, document markers and what stands between them.

use super::*;

impl<'t> Parser<'t> {
    pub(super) fn stream(&mut self) {
        self.tree.start(SyntaxKind::Root);
        // Directives may stand at the start of the stream and after an explicit document end.
        let mut directives_allowed = true;
        loop {
            self.prefix();
            if self.eof() {
                break;
            }
            if self.marker_at(self.pos) && self.col() == 0 && self.at(self.pos) == Some(b'.') {
                self.document_end();
                directives_allowed = true;
                continue;
            }
            directives_allowed = self.document(directives_allowed);
        }
        self.tree.finish();
    }

    /// Byte order marks, blank lines and comments before a document.
    fn prefix(&mut self) {
        loop {
            self.emit_trivia();
            if self.fresh && self.col() == 0 && self.text[self.pos..].starts_with('\u{feff}') {
                let end = self.pos + '\u{feff}'.len_utf8();
                self.tree.token(SyntaxKind::Bom, &self.text[self.pos..end]);
                self.pos = end;
                self.line_start = end;
            } else {
                return;
            }
        }
    }

    /// Parses one document. Tells whether it was ended by `...`.
    fn document(&mut self, directives_allowed: bool) -> bool {
        self.tree.start(SyntaxKind::Document);
        self.tag_handles.clear();
        let directives = directives_allowed && self.directives();
        let ahead = self.peek();
        if self.at_marker(&ahead) && self.at(ahead.pos) == Some(b'-') {
            self.emit_trivia();
            self.token(SyntaxKind::DocStart, self.pos + 3);
        } else if directives {
            let at = ahead.pos;
            self.error(
                ErrorKind::BadDirective,
                at,
                at,
                "expected `---` after the directives",
                Some("directives belong to a document that starts with `---`"),
            );
        }
        self.block_node(-1, block::Mode::Document);
        self.emit_trailing_comment();
        self.rest_of_document();

        let ahead = self.peek();
        let explicit_end = self.at_marker(&ahead) && self.at(ahead.pos) == Some(b'.');
        if explicit_end {
            self.emit_trivia();
            self.document_end();
        }
        self.tree.finish();
        explicit_end
    }

    /// What follows a complete root node has no place. Parsed all the same: the items of a rules file may be in it.
    fn rest_of_document(&mut self) {
        let mut told = false;
        loop {
            let ahead = self.peek();
            if ahead.pos >= self.len() || self.at_marker(&ahead) {
                return;
            }
            if !told {
                let end = self.trim_end(ahead.pos, self.line_end(ahead.pos));
                self.error(
                    ErrorKind::UnexpectedText,
                    ahead.pos,
                    end,
                    "unexpected text after the end of the document's content",
                    Some("a document has one root; check the indentation, or start a new document with `---`"),
                );
                told = true;
            }
            if ahead.newline {
                let before = self.pos;
                self.block_node(-1, block::Mode::Document);
                self.emit_trailing_comment();
                if self.pos == before {
                    self.garbage_line();
                }
            } else {
                self.garbage_line();
            }
        }
    }

    /// Takes `...` and checks the rest of its line.
    fn document_end(&mut self) {
        self.token(SyntaxKind::DocEnd, self.pos + 3);
        self.emit_trailing_comment();
        let rest = self.skip_blanks(self.pos);
        if rest < self.len() && !is_break(self.at(rest)) {
            let end = self.trim_end(rest, self.line_end(rest));
            self.error(ErrorKind::UnexpectedText, rest, end, "unexpected text after the document end `...`", None);
            self.garbage_line();
        }
    }

    /// Takes the directive lines. Tells whether there were any.
    fn directives(&mut self) -> bool {
        let mut any = false;
        let mut version = false;
        loop {
            let ahead = self.peek();
            if ahead.pos != ahead.line_start || self.at(ahead.pos) != Some(b'%') {
                return any;
            }
            self.emit_trivia();
            any = true;
            let mut end = self.line_end(self.pos);
            if let Some(comment) = (self.pos..end).find(|&at| self.at(at) == Some(b'#') && is_blank(self.at(at - 1))) {
                end = comment;
            }
            let (start, end) = (self.pos, self.trim_end(self.pos, end));
            self.is_linked = true;
            self.token(SyntaxKind::Directive, end);
            self.emit_trailing_comment();
            self.check_directive(start, end, &mut version);
        }
    }

    fn check_directive(&mut self, start: usize, end: usize, version: &mut bool) {
        let text = self.text;
        let mut words = text[start..end].split_ascii_whitespace();
        match words.next() {
            Some("%YAML") => {
                let parameter = words.next();
                let number = parameter.and_then(|text| {
                    let (major, minor) = text.split_once('.')?;
                    Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
                });
                if number.is_none_or(|(major, _)| major != 1) || words.next().is_some() {
                    self.error(
                        ErrorKind::BadDirective,
                        start,
                        end,
                        "a YAML directive has one version number, `%YAML 1.2`",
                        None,
                    );
                } else if *version {
                    self.error(ErrorKind::BadDirective, start, end, "the YAML version is given twice", None);
                }
                *version = true;
            }
            Some("%TAG") => {
                let handle = words.next().unwrap_or("");
                let well_formed = handle.len() <= 2 && matches!(handle, "!" | "!!")
                    || handle.len() > 2
                        && handle.starts_with('!')
                        && handle.ends_with('!')
                        && handle[1..handle.len() - 1].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if !well_formed || words.next().is_none() || words.next().is_some() {
                    self.error(
                        ErrorKind::BadDirective,
                        start,
                        end,
                        "a TAG directive has a handle and a prefix, `%TAG !e! tag:example.com,2000:`",
                        None,
                    );
                } else if self.tag_handles.contains(handle) {
                    self.error(
                        ErrorKind::BadDirective,
                        start,
                        end,
                        format!("the tag handle `{handle}` is defined twice"),
                        None,
                    );
                }
                self.tag_handles.insert(handle);
            }
            // Other directives are reserved; a reader ignores them.
            _ => {}
        }
    }
}
