//! Scalars, aliases and properties.

use super::*;

/// How to parse a leaf in block context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    /// Column of the collection that the leaf is for; continuation lines lie deeper.
    pub(super) parent: i64,
    /// A key of a mapping: a plain scalar does not go on to the next line.
    pub(super) one_line: bool,
    /// No key can stand here: a `: ` in a plain scalar is a mistake, and stays in the scalar.
    pub(super) absorb_colon: bool,
}

/// How a quoted scalar ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted {
    Closed,
    /// Without a closing quote, at the end of its first line.
    EndedWithLine,
    /// Without a closing quote, where what it stands in ends as well.
    Unclosed,
}

/// The properties in front of a node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Properties {
    pub(super) anchor: Option<(usize, usize)>,
    pub(super) tag: Option<(usize, usize)>,
}

/// Why a line of a plain scalar ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Colon,
    Comment,
    Break,
    /// A flow indicator.
    Flow,
}

impl Parser<'_> {
    /// Parses an alias, a quoted or plain scalar or a flow collection in block context. Tells whether it is an implicit
    /// key: a colon follows on its last line.
    pub(super) fn leaf(&mut self, leaf: Leaf) -> bool {
        match self.at(self.pos) {
            Some(b'*') => self.alias(),
            Some(b'"' | b'\'') => {
                self.quoted(leaf.parent, false);
            }
            Some(b'[' | b'{') => self.flow_collection(leaf.parent),
            _ => return self.plain(leaf),
        }
        let next = self.skip_blanks(self.pos);
        self.indicator(next, b':')
    }

    // Plain scalars.

    /// Whether a plain scalar can start here.
    pub(super) fn can_start_plain(&self, pos: usize, flow: bool) -> bool {
        match self.at(pos) {
            Some(b'-' | b'?' | b':') => {
                let next = self.at(pos + 1);
                !(is_space(next) || flow && is_flow_indicator(next))
            }
            Some(
                b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
                | b'`',
            ) => false,
            byte => !is_space(byte),
        }
    }

    fn check_plain_start(&mut self, flow: bool) {
        let pos = self.pos;
        if !self.can_start_plain(pos, flow) {
            let end = self.char_end(pos);
            let what = self.char_at(pos);
            self.error(
                ErrorKind::BadPlainStart,
                pos,
                end,
                format!("{what} cannot start a plain scalar"),
                Some("put the value in quotes"),
            );
        }
    }

    /// Scans a line of a plain scalar from `pos` on: the end of its text and why it ends there.
    fn plain_line(&self, pos: usize, flow: bool) -> (usize, Stop) {
        let bytes = self.bytes;
        let mut at = pos;
        let stop = loop {
            match bytes.get(at) {
                None | Some(b'\n' | b'\r') => break Stop::Break,
                Some(b':') => {
                    let next = self.at(at + 1);
                    if is_space(next) || flow && is_flow_indicator(next) {
                        break Stop::Colon;
                    }
                }
                Some(b'#') if at > pos && is_blank(self.at(at - 1)) => break Stop::Comment,
                Some(b',' | b'[' | b']' | b'{' | b'}') if flow => break Stop::Flow,
                _ => {}
            }
            at += 1;
        };
        (self.trim_end(pos, at), stop)
    }

    fn plain(&mut self, leaf: Leaf) -> bool {
        self.check_plain_start(false);
        let start = self.pos;
        let (mut end, mut stop) = self.plain_line(start, false);
        if stop == Stop::Colon && !leaf.absorb_colon {
            // A colon alone is an empty key: there is no scalar to take.
            if end > start {
                self.token(SyntaxKind::Plain, end);
            }
            return true;
        }
        if stop == Stop::Colon {
            (end, stop) = self.absorb_colon(end);
        }
        let mut line_start = self.line_start;
        while stop == Stop::Break && !leaf.one_line {
            let Some((line, content)) = self.continuation(end, leaf.parent) else { break };
            if self.at(content) == Some(b'#') || line == content && self.marker_at(line) {
                break;
            }
            let (next_end, next_stop) = self.plain_line(content, false);
            (end, stop) = if next_stop == Stop::Colon {
                // Most likely an entry whose indentation is wrong.
                let key = if self.is_dash(content) { self.skip_blanks(content + 1) } else { content };
                if self.looks_like_key(key) || next_end == content {
                    break;
                }
                self.absorb_colon(next_end)
            } else {
                (next_end, next_stop)
            };
            line_start = line;
        }
        if end == start {
            // Only possible for a character that cannot start a scalar; it was reported.
            end = self.char_end(start);
        }
        self.token_to(SyntaxKind::Plain, end, line_start);
        false
    }

    /// A colon where no key can be: reports it and takes the rest of the line.
    fn absorb_colon(&mut self, end: usize) -> (usize, Stop) {
        let mut colon = self.skip_blanks(end);
        self.error(
            ErrorKind::CollectionNotAllowed,
            colon,
            colon + 1,
            "a `: ` is not allowed in a plain scalar",
            Some("put the value in quotes"),
        );
        loop {
            let (end, stop) = self.plain_line(colon + 1, false);
            if stop != Stop::Colon {
                return (end.max(colon + 1), stop);
            }
            colon = self.skip_blanks(end);
        }
    }

    /// The next line with content after the line that ends behind `pos`, if it is indented deeper than the parent: the
    /// start of the line and of its content.
    fn continuation(&self, pos: usize, parent: i64) -> Option<(usize, usize)> {
        let mut at = self.skip_blanks(pos);
        loop {
            let line = self.after_break(at);
            if line == at {
                return None;
            }
            let content = self.skip_blanks(line);
            if content >= self.len() {
                return None;
            }
            if !is_break(self.at(content)) {
                return (self.indent_of(line) as i64 > parent).then_some((line, content));
            }
            at = content;
        }
    }

    /// A plain scalar in a flow collection. It may go over several lines.
    pub(super) fn flow_plain(&mut self, parent: i64) {
        self.check_plain_start(true);
        let start = self.pos;
        let mut line_start = self.line_start;
        let (mut end, mut stop) = self.plain_line(start, true);
        if end == start {
            // A character that cannot start a scalar, but must be taken; it was reported.
            let first = self.char_end(start);
            (end, stop) = self.plain_line(first, true);
            end = end.max(first);
        }
        while stop == Stop::Break {
            let Some((line, content)) = self.continuation(end, i64::MIN) else { break };
            if self.indent_of(line) as i64 <= parent
                || self.at(content) == Some(b'#')
                || line == content && self.marker_at(line)
            {
                break;
            }
            let (next_end, next_stop) = self.plain_line(content, true);
            if next_end == content {
                break;
            }
            (end, stop, line_start) = (next_end, next_stop, line);
        }
        self.token_to(SyntaxKind::Plain, end, line_start);
    }

    // Quoted scalars.

    /// Parses a quoted scalar, in or outside of a flow collection.
    pub(super) fn quoted(&mut self, parent: i64, flow: bool) -> Quoted {
        let start = self.pos;
        let double = self.at(start) == Some(b'"');
        let mut at = start + 1;
        let mut line_start = self.line_start;
        // End of the first line and the number of errors there, once the scalar has gone past it.
        let mut first_line = None;
        let mut told_indent = false;
        loop {
            let next = if double {
                memchr::memchr3(b'"', b'\\', b'\n', &self.bytes[at..])
            } else {
                memchr::memchr2(b'\'', b'\n', &self.bytes[at..])
            };
            let stop = next.map_or(self.len(), |offset| at + offset);
            // A bare carriage return is a line break, too.
            let stop = memchr::memchr(b'\r', &self.bytes[at..stop]).map_or(stop, |offset| at + offset);
            match self.at(stop) {
                Some(b'\'') if self.at(stop + 1) == Some(b'\'') => at = stop + 2,
                Some(b'"' | b'\'') => {
                    if let Some((end, errors)) = first_line
                        && stop == self.skip_blanks(line_start)
                        && !self.follows_quote(stop + 1, flow)
                    {
                        // More likely an opening quote: the one on the first line was left open.
                        self.errors.truncate(errors);
                        let end = self.trim_end(start + 1, end);
                        let end = if flow && end > start + 1 && self.at(end - 1) == Some(b',') { end - 1 } else { end };
                        self.unclosed_quote(start, end, self.line_start);
                        return Quoted::EndedWithLine;
                    }
                    let kind = if double { SyntaxKind::DoubleQuoted } else { SyntaxKind::SingleQuoted };
                    self.token_to(kind, stop + 1, line_start);
                    return Quoted::Closed;
                }
                Some(b'\\') => at = self.escape(stop),
                Some(_) => {
                    first_line = first_line.or(Some((stop, self.errors.len())));
                    let Some((line, content)) = self.continuation(stop, i64::MIN) else {
                        self.unclosed_quote(start, self.len(), line_start);
                        return Quoted::Unclosed;
                    };
                    let marker = line == content && self.marker_at(line);
                    if marker {
                        self.error(
                            ErrorKind::UnexpectedDocumentMarker,
                            line,
                            line + 3,
                            "a document marker inside of a quoted scalar",
                            None,
                        );
                    }
                    let under_indented = self.indent_of(line) as i64 <= parent;
                    if marker
                        || self.is_root_item(line, content) && !self.quote_is_whole(content, double)
                        || under_indented && self.is_sibling(content, content - line)
                    {
                        self.unclosed_quote(start, stop, line_start);
                        return Quoted::Unclosed;
                    }
                    if under_indented && !told_indent {
                        told_indent = true;
                        self.under_indented(line, content, "quoted scalar");
                    }
                    line_start = line;
                    at = content;
                }
                None => {
                    self.unclosed_quote(start, self.len(), line_start);
                    return Quoted::Unclosed;
                }
            }
        }
    }

    /// Whether what stands at `pos` may follow a closing quote.
    fn follows_quote(&self, pos: usize, flow: bool) -> bool {
        match self.at(pos) {
            byte if is_space(byte) => true,
            Some(b':') => true,
            byte => flow && is_flow_indicator(byte),
        }
    }

    /// Whether the quoted scalar that goes on at `pos` is closed, and the document ends after it.
    fn quote_is_whole(&self, pos: usize, double: bool) -> bool {
        let mut at = pos;
        while let Some(byte) = self.at(at) {
            match byte {
                b'\\' if double => at += 1,
                b'"' if double => return self.ends_document(at + 1),
                b'\'' if !double && self.at(at + 1) == Some(b'\'') => at += 1,
                b'\'' if !double => return self.ends_document(at + 1),
                _ => {}
            }
            at += 1;
        }
        false
    }

    pub(super) fn under_indented(&mut self, line: usize, content: usize, what: &str) {
        let tab = self.bytes[line..content].contains(&b'\t');
        let (start, end) = if content > line { (line, content) } else { (content, self.char_end(content)) };
        self.error(
            ErrorKind::UnderIndented,
            start,
            end,
            format!("a line inside of a {what} has to be indented deeper than what it belongs to"),
            Some(if tab { "indent with blanks; tabs do not count" } else { "indent the line" }),
        );
    }

    /// Ends a quoted scalar without its closing quote, at the last text before `end`.
    fn unclosed_quote(&mut self, start: usize, end: usize, line_start: usize) {
        let quote = self.at(start);
        let (kind, name) = if quote == Some(b'"') {
            (SyntaxKind::DoubleQuoted, "double")
        } else {
            (SyntaxKind::SingleQuoted, "single")
        };
        let mut text_end = end;
        while text_end > start + 1 && is_space(self.at(text_end - 1)) {
            text_end -= 1;
        }
        self.error(
            ErrorKind::UnclosedQuote,
            start,
            start + 1,
            format!("this {name} quote is never closed"),
            Some("add the closing quote"),
        );
        self.token_to(kind, text_end, line_start);
    }

    /// Checks the escape at `pos` and returns where to go on.
    fn escape(&mut self, pos: usize) -> usize {
        let digits = match self.at(pos + 1) {
            Some(
                b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'/' | b'\\'
                | b'N' | b'_' | b'L' | b'P',
            ) => return pos + 2,
            // An escaped line break: the break is handled by the caller.
            None | Some(b'\n' | b'\r') => return pos + 1,
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(_) => 0,
        };
        let found =
            self.bytes[pos + 1..].iter().skip(1).take(digits).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = if digits == 0 { self.char_end(pos + 1) } else { pos + 2 + found };
        let valid = digits > 0
            && found == digits
            && u32::from_str_radix(&self.text[pos + 2..end], 16).is_ok_and(|code| char::from_u32(code).is_some());
        if !valid {
            let help = if digits == 0 {
                "write `\\\\` for a backslash, or use single quotes"
            } else {
                "`\\x` takes two, `\\u` four and `\\U` eight hexadecimal digits of a Unicode character"
            };
            self.error(
                ErrorKind::BadEscape,
                pos,
                end,
                format!("`{}` is no escape sequence", &self.text[pos..end]),
                Some(help),
            );
        }
        end
    }

    // Block scalars.

    pub(super) fn block_scalar(&mut self, parent: i64) {
        self.tree.start(SyntaxKind::BlockScalar);
        let header = self.pos;
        let mut at = header + 1;
        let (mut explicit, mut keep, mut chomped) = (None, false, false);
        loop {
            match self.at(at) {
                Some(byte @ b'1'..=b'9') if explicit.is_none() => explicit = Some(usize::from(byte - b'0')),
                Some(byte @ (b'+' | b'-')) if !chomped => {
                    chomped = true;
                    keep = byte == b'+';
                }
                _ => break,
            }
            at += 1;
        }
        let rest = self.skip_blanks(at);
        let comment = rest > at && self.at(rest) == Some(b'#');
        if !comment && rest < self.len() && !is_break(self.at(rest)) {
            let end = self.trim_end(rest, self.line_end(rest));
            self.error(
                ErrorKind::BadBlockHeader,
                rest,
                end,
                "unexpected text after the block scalar's header",
                Some("the header is `|` or `>` with an indentation digit from 1 to 9 and one of `-` and `+`; the text starts on the next line"),
            );
        }
        self.token(SyntaxKind::BlockHeader, at);
        self.emit_trailing_comment();
        let rest = self.skip_blanks(self.pos);
        if rest < self.len() && !is_break(self.at(rest)) {
            self.emit_blanks();
            let end = self.trim_end(self.pos, self.line_end(self.pos));
            self.token(SyntaxKind::Garbage, end);
        }
        self.block_scalar_body(parent, explicit, keep);
        self.tree.finish();
    }

    fn block_scalar_body(&mut self, parent: i64, explicit: Option<usize>, keep: bool) {
        self.emit_blanks();
        let header_end = self.pos;
        let mut line = self.after_break(header_end);
        if line == header_end {
            // The end of the text.
            return;
        }
        let least = usize::try_from(parent + 1).unwrap_or(0);
        // Leading empty lines, and the indentation.
        let mut deepest = (0, line);
        let (indent, first) = loop {
            let spaces = self.indent_of(line);
            let content = line + spaces;
            let next = self.after_break(content);
            let blank = next > content || content >= self.len();
            if self.at(content) == Some(b'\t') && spaces < explicit.unwrap_or(1) + least.max(1) - 1 {
                self.block_tab_error(line, content);
            }
            match explicit {
                Some(extra) => {
                    let indent = least.max(1) - 1 + extra;
                    if !blank || spaces > indent {
                        break (indent, (spaces >= indent).then_some(line));
                    }
                }
                None if !blank => {
                    if deepest.0 > spaces && spaces >= least {
                        self.error(
                            ErrorKind::BadBlockIndentation,
                            deepest.1,
                            deepest.1 + deepest.0,
                            "this empty line is indented deeper than the text after it",
                            Some("remove the blanks, or give the indentation in the header, as in `|2`"),
                        );
                    }
                    break (spaces, (spaces >= least).then_some(line));
                }
                None if spaces > deepest.0 => deepest = (spaces, line),
                None => {}
            }
            if content >= self.len() {
                // Only empty lines up to the end of the text.
                if keep {
                    self.token_to(SyntaxKind::BlockIndent, content, line);
                    self.fresh = true;
                }
                return;
            }
            line = next;
        };
        let Some(first) = first.filter(|&first| !self.marker_at(first)) else {
            if keep {
                self.token_to(SyntaxKind::BlockIndent, line, line);
                self.fresh = true;
            }
            return;
        };
        // The content: all the lines that are indented enough or empty.
        let (mut at, mut end, mut end_line) = (first, first, first);
        loop {
            let line_end = self.line_end(at);
            let next = self.after_break(line_end);
            let spaces = self.indent_of(at).min(indent + 1);
            let blank = at + spaces >= line_end;
            if spaces < indent && !blank || indent == 0 && self.marker_at(at) {
                if self.at(at + spaces) == Some(b'\t') {
                    self.block_tab_error(at, at + spaces);
                }
                break;
            }
            if spaces > indent || !blank || keep && next > at {
                end = next;
                end_line = if next > line_end { next } else { at };
            }
            if next == line_end {
                break;
            }
            at = next;
        }
        self.token_to(SyntaxKind::BlockIndent, first + indent, first);
        self.token_to(SyntaxKind::BlockText, end, end_line);
        self.fresh = end == end_line;
    }

    /// A tab where a block scalar's indentation ends too early. YAML takes such a line as one after the scalar, and if it is
    /// empty otherwise, as no line at all; Falco's reader refuses it.
    fn block_tab_error(&mut self, line: usize, tab: usize) {
        let mut end = tab;
        while self.at(end) == Some(b'\t') {
            end += 1;
        }
        self.error(
            ErrorKind::TabIndentation,
            line,
            end,
            "a tab cannot be used for the indentation of a block scalar",
            Some("indent with blanks"),
        );
    }

    // Aliases and properties.

    /// End of an anchor's or alias' name.
    fn name_end(&self, pos: usize) -> usize {
        let mut at = pos;
        while !is_space(self.at(at)) && !is_flow_indicator(self.at(at)) {
            at += 1;
        }
        at
    }

    pub(super) fn annotated_alias(&mut self, start: usize, end: usize) {
        self.error(ErrorKind::BadProperty, start, end, "an alias cannot have an anchor or a tag of its own", None);
    }

    pub(super) fn alias(&mut self) {
        let end = self.name_end(self.pos + 1);
        if end == self.pos + 1 {
            self.error(ErrorKind::BadProperty, self.pos, end, "an alias needs a name after its `*`", None);
        }
        self.is_linked = true;
        self.token(SyntaxKind::Alias, end);
    }

    /// Takes the anchors and tags of this line.
    pub(super) fn properties(&mut self, properties: &mut Properties, flow: bool) {
        loop {
            let start = self.pos;
            let (kind, end) = match self.at(start) {
                Some(b'&') => {
                    let end = self.name_end(start + 1);
                    if end == start + 1 {
                        self.error(ErrorKind::BadProperty, start, end, "an anchor needs a name after its `&`", None);
                    }
                    (SyntaxKind::Anchor, end)
                }
                Some(b'!') => (SyntaxKind::Tag, self.tag_end(start, flow)),
                _ => return,
            };
            let slot = if kind == SyntaxKind::Anchor { &mut properties.anchor } else { &mut properties.tag };
            if slot.replace((start, end)).is_some() {
                self.duplicate_property(kind, start, end);
            }
            self.token(kind, end);
            let next = self.skip_blanks(end);
            if next == end && !is_space(self.at(end)) && !(flow && is_flow_indicator(self.at(end))) {
                let stop = self.char_end(end);
                self.error(ErrorKind::BadProperty, end, stop, "expected a blank after the anchor or tag", None);
            }
            if matches!(self.at(next), Some(b'&' | b'!')) {
                self.emit_blanks();
            }
        }
    }

    fn duplicate_property(&mut self, kind: SyntaxKind, start: usize, end: usize) {
        let what = if kind == SyntaxKind::Anchor { "anchor" } else { "tag" };
        self.error(ErrorKind::BadProperty, start, end, format!("a node cannot have a second {what}"), None);
    }

    /// Adds the properties of one line to those of the lines before, for the same node.
    pub(super) fn merge_properties(&mut self, all: &mut Properties, line: Properties) {
        for (kind, slot, new) in
            [(SyntaxKind::Anchor, &mut all.anchor, line.anchor), (SyntaxKind::Tag, &mut all.tag, line.tag)]
        {
            if let Some((start, end)) = new
                && slot.replace((start, end)).is_some()
            {
                self.duplicate_property(kind, start, end);
            }
        }
    }

    /// Finds the end of the tag at `start` and checks it.
    fn tag_end(&mut self, start: usize, flow: bool) -> usize {
        if self.at(start + 1) == Some(b'<') {
            let line_end = self.line_end(start);
            let close = memchr::memchr(b'>', &self.bytes[start..line_end]).map(|offset| start + offset + 1);
            let end = close.unwrap_or_else(|| self.trim_end(start, line_end));
            if close.is_none() || end - start < 4 {
                self.error(ErrorKind::BadProperty, start, end, "a verbatim tag is written `!<…>`", None);
            }
            return end;
        }
        let mut end = start + 1;
        let mut handle_end = None;
        let mut bad = None;
        loop {
            match self.at(end) {
                byte if is_space(byte) => break,
                byte if flow && is_flow_indicator(byte) => break,
                Some(b'!') if handle_end.is_none() => handle_end = Some(end + 1),
                Some(byte) if is_tag_char(byte) => {}
                Some(_) => bad = bad.or(Some(end)),
                None => break,
            }
            end += 1;
        }
        if let Some(bad) = bad {
            let stop = self.char_end(bad);
            let what = self.char_at(bad);
            self.error(ErrorKind::BadProperty, bad, stop, format!("{what} cannot stand in a tag"), None);
        } else if let Some(handle_end) = handle_end {
            let handle = &self.text[start..handle_end];
            if handle_end == end {
                self.error(ErrorKind::BadProperty, start, end, "a tag needs a name after its handle", None);
            } else if handle != "!!" && !self.tag_handles.contains(handle) {
                self.error(
                    ErrorKind::UnknownTagHandle,
                    start,
                    handle_end,
                    format!("the tag handle `{handle}` is not defined in this document"),
                    Some("define it with a `%TAG` directive"),
                );
            }
        }
        end
    }
}

/// Characters of a tag's suffix.
fn is_tag_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-#;/?:@&=+$_.~*'()%".contains(&byte)
}
