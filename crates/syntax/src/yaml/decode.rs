//! From a scalar as it is written to the text that it stands for.
//!
//! Decoding also keeps a [`SourceMap`], so that what is found in the text (a word of a condition) has its place in the file.

use super::kind::{SyntaxKind, SyntaxNode};
use crate::SourceMap;
use logos::Logos;
use rowan::{NodeOrToken, TextRange, TextSize};

/// A scalar's text with the origin of each of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoded {
    /// The text.
    pub text: String,
    /// From offsets in the text to the file.
    pub map: SourceMap,
}

impl Decoded {
    /// An empty text at a place in the file.
    pub fn empty(place: TextSize) -> Self {
        let mut map = SourceMap::default();
        map.set_origin(place);
        Self { text: String::new(), map }
    }

    /// Maps a range of the text to the file.
    pub fn map_range(&self, range: TextRange) -> TextRange {
        self.map.map_range(range)
    }
}

/// Collects decoded text and its map.
struct Decoder<'t> {
    raw: &'t str,
    base: TextSize,
    out: Decoded,
}

impl<'t> Decoder<'t> {
    fn new(raw: &'t str, base: TextSize) -> Self {
        let mut out = Decoded { text: String::with_capacity(raw.len()), map: SourceMap::default() };
        out.map.set_origin(base);
        Self { raw, base, out }
    }

    fn source(&self, start: usize, end: usize) -> TextRange {
        TextRange::new(self.base + size(start), self.base + size(end))
    }

    /// Takes over a stretch of the raw text.
    fn copy(&mut self, start: usize, end: usize) {
        if start < end {
            let at = size(self.out.text.len());
            self.out.text.push_str(&self.raw[start..end]);
            self.out.map.push(TextRange::new(at, size(self.out.text.len())), self.source(start, end));
        }
    }

    /// Adds text that stands for a stretch of the raw text.
    fn make(&mut self, text: &str, start: usize, end: usize) {
        let at = size(self.out.text.len());
        self.out.text.push_str(text);
        self.out.map.push_made(TextRange::new(at, size(self.out.text.len())), self.source(start, end));
    }

    /// A folded line break: a blank for one, a line break less for more.
    fn fold(&mut self, breaks: usize, start: usize, end: usize) {
        if breaks == 1 {
            self.make(" ", start, end);
        } else {
            self.make_breaks(breaks - 1, start, end);
        }
    }

    fn make_breaks(&mut self, count: usize, start: usize, end: usize) {
        if count > 0 {
            self.make(&"\n".repeat(count), start, end);
        }
    }
}

fn size(at: usize) -> TextSize {
    TextSize::new(u32::try_from(at).unwrap_or(u32::MAX))
}

/// Decodes a plain or quoted scalar that starts at `base`.
pub(super) fn token(kind: SyntaxKind, raw: &str, base: TextSize) -> Decoded {
    let mut decoder = Decoder::new(raw, base);
    match kind {
        SyntaxKind::SingleQuoted => {
            let end = inner_end(raw, '\'');
            let body = raw.get(1..end).unwrap_or_default();
            decode_pieces::<SinglePiece>(&mut decoder, body);
        }
        SyntaxKind::DoubleQuoted => {
            let end = inner_end(raw, '"');
            let body = raw.get(1..end).unwrap_or_default();
            decode_pieces::<DoublePiece>(&mut decoder, body);
        }
        _ => decode_plain(&mut decoder),
    }
    decoder.out
}

/// Where a quoted scalar's text ends: before the closing quote, if it has one.
fn inner_end(raw: &str, quote: char) -> usize {
    let closed = if quote == '\'' {
        // Doubled quotes are text: an odd number of quotes after the first closes it.
        raw[1..].bytes().rev().take_while(|&byte| byte == b'\'').count() % 2 == 1
    } else {
        raw.len() > 1 && raw.ends_with('"') && {
            let slashes = raw[1..raw.len() - 1].bytes().rev().take_while(|&byte| byte == b'\\').count();
            slashes % 2 == 0
        }
    };
    if closed { raw.len() - 1 } else { raw.len() }
}

fn decode_plain(decoder: &mut Decoder<'_>) {
    let raw = decoder.raw;
    if memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_none() {
        decoder.copy(0, raw.len());
        return;
    }
    let mut text_end = 0;
    let mut breaks = 0;
    for line in lines(raw, 0) {
        let content = raw[line.start..line.end].trim_matches([' ', '\t']);
        if !content.is_empty() {
            let start = line.start
                + (raw[line.start..line.end].len() - raw[line.start..line.end].trim_start_matches([' ', '\t']).len());
            if breaks > 0 {
                decoder.fold(breaks, text_end, start);
            }
            decoder.copy(start, start + content.len());
            text_end = start + content.len();
            breaks = 0;
        }
        breaks += 1;
    }
}

/// A line of a raw text.
struct Line {
    start: usize,
    /// Without the line break.
    end: usize,
    /// With the line break.
    next: usize,
}

/// The lines of `raw` from an offset on; a text that ends with a break has no empty line after it.
fn lines(raw: &str, from: usize) -> impl Iterator<Item = Line> + '_ {
    let bytes = raw.as_bytes();
    let mut start = from;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let end = memchr::memchr2(b'\n', b'\r', &bytes[start..]).map_or(bytes.len(), |offset| start + offset);
        let next = match bytes.get(end) {
            Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => end + 2,
            Some(_) => end + 1,
            None => end,
        };
        let line = Line { start, end, next };
        start = next;
        Some(line)
    })
}

/// What the text of a quoted scalar is made of.
trait Piece: for<'t> Logos<'t, Source = str, Extras = (), Error = ()> {
    /// What to do with the piece.
    fn action(&self) -> Action;
}

/// What to do with a piece of a quoted scalar.
enum Action {
    /// Take it over.
    Copy,
    /// Blanks: taken over unless a line break follows.
    Blanks,
    /// Line breaks with the blanks around them.
    Break,
    /// An escaped line break: joins the lines.
    Join,
    /// Stands for one character.
    Char(char),
    /// An escape with a character's code in hexadecimal digits.
    Code,
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
enum SinglePiece {
    #[regex(r"[^' \t\r\n]+")]
    Text,
    #[regex(r"[ \t]+")]
    Blanks,
    #[regex(r"[ \t]*(\r\n|\r|\n)[ \t\r\n]*")]
    Break,
    #[token("''")]
    Quote,
    #[token("'")]
    Stray,
}

impl Piece for SinglePiece {
    fn action(&self) -> Action {
        match self {
            Self::Text | Self::Stray => Action::Copy,
            Self::Blanks => Action::Blanks,
            Self::Break => Action::Break,
            Self::Quote => Action::Char('\''),
        }
    }
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
enum DoublePiece {
    #[regex(r"[^\\ \t\r\n]+")]
    Text,
    #[regex(r"[ \t]+")]
    Blanks,
    #[regex(r"[ \t]*(\r\n|\r|\n)[ \t\r\n]*")]
    Break,
    #[regex(r"\\(\r\n|\r|\n)[ \t\r\n]*")]
    Join,
    // `\'` does not exist in YAML 1.2, but Falco's reader knows it.
    #[regex(r#"\\[0abt\tnvfre "'/\\N_LP]"#, escaped_char)]
    Char(char),
    #[regex(r"\\x[0-9a-fA-F]{2}")]
    #[regex(r"\\u[0-9a-fA-F]{4}")]
    #[regex(r"\\U[0-9a-fA-F]{8}")]
    Code,
    /// A backslash that escapes nothing; the parser has reported it.
    #[token("\\")]
    Stray,
}

impl Piece for DoublePiece {
    fn action(&self) -> Action {
        match *self {
            Self::Text | Self::Stray => Action::Copy,
            Self::Blanks => Action::Blanks,
            Self::Break => Action::Break,
            Self::Join => Action::Join,
            Self::Char(char) => Action::Char(char),
            Self::Code => Action::Code,
        }
    }
}

fn escaped_char(lexer: &mut logos::Lexer<'_, DoublePiece>) -> Option<char> {
    Some(match lexer.slice().as_bytes().get(1)? {
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\u{b}',
        b'f' => '\u{c}',
        b'r' => '\r',
        b'e' => '\u{1b}',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'/' => '/',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}

fn decode_pieces<P: Piece>(decoder: &mut Decoder<'_>, body: &str) {
    let mut lexer = P::lexer(body);
    while let Some(piece) = lexer.next() {
        // The body starts behind the opening quote.
        let (start, end) = (lexer.span().start + 1, lexer.span().end + 1);
        match piece.map(|piece| piece.action()) {
            Ok(Action::Copy | Action::Blanks) | Err(()) => decoder.copy(start, end),
            Ok(Action::Break) => {
                let breaks = lines(lexer.slice(), 0).filter(|line| line.next > line.end).count();
                decoder.fold(breaks, start, end);
            }
            Ok(Action::Join) => {
                let breaks = lines(lexer.slice(), 0).filter(|line| line.next > line.end).count();
                decoder.make_breaks(breaks - 1, start, end);
            }
            Ok(Action::Char(char)) => decoder.make(char.encode_utf8(&mut [0; 4]), start, end),
            Ok(Action::Code) => {
                let code = lexer.slice().get(2..).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(char) => decoder.make(char.encode_utf8(&mut [0; 4]), start, end),
                    None => decoder.copy(start, end),
                }
            }
        }
    }
}

/// Decodes a literal or folded block scalar.
pub(super) fn block_scalar(node: &SyntaxNode) -> Decoded {
    let (mut header, mut indent, mut text) = (None, None, None);
    for token in node.children_with_tokens().filter_map(NodeOrToken::into_token) {
        match token.kind() {
            SyntaxKind::BlockHeader => header = Some(token),
            SyntaxKind::BlockIndent => indent = Some(token),
            SyntaxKind::BlockText => text = Some(token),
            _ => {}
        }
    }
    let Some(header) = header else { return Decoded::empty(node.text_range().start()) };
    let folded = header.text().starts_with('>');
    let (keep, strip) = (header.text().contains('+'), header.text().contains('-'));
    let Some(indent) = indent else { return Decoded::empty(header.text_range().end()) };
    // One decoder over the indentation and the text: they are adjacent.
    let lead = indent.text().len();
    let raw = match &text {
        Some(text) => indent.text().to_owned() + text.text(),
        None => indent.text().to_owned(),
    };
    let mut decoder = Decoder::new(&raw, indent.text_range().start());
    // The first break is the header's. The end of the file counts as a break after a line that is not empty.
    if text.is_none() {
        let empty = lines(&raw, 0).count().saturating_sub(1);
        decoder.make_breaks(if keep { empty } else { 0 }, 0, lead);
        return decoder.out;
    }
    let mut breaks = lines(&raw[..lead], 0).filter(|line| line.next > line.end).count().saturating_sub(1);
    let width =
        lines(&raw[..lead], 0).last().filter(|line| line.next == line.end).map_or(0, |line| line.end - line.start);

    // Offset behind the last text, and whether that line started with a blank (such lines are not folded).
    let mut text_end = 0;
    let mut previous: Option<bool> = None;
    for line in lines(&raw, lead) {
        let start =
            if line.start == lead { lead } else { line.start + width.min(indent_len(&raw[line.start..line.end])) };
        if start < line.end {
            let spaced = raw[start..].starts_with([' ', '\t']);
            match previous {
                Some(false) if folded && !spaced => decoder.fold(breaks, text_end, start),
                _ => decoder.make_breaks(breaks, text_end, start),
            }
            decoder.copy(start, line.end);
            previous = Some(spaced);
            text_end = line.end;
            breaks = 0;
        }
        breaks += 1;
    }
    let kept = match (strip, keep) {
        (true, _) => 0,
        (_, true) => breaks,
        _ => breaks.min(usize::from(previous.is_some())),
    };
    decoder.make_breaks(kept, text_end, raw.len());
    decoder.out
}

fn indent_len(line: &str) -> usize {
    line.bytes().take_while(|&byte| byte == b' ').count()
}
