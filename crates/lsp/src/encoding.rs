//! Positions: the client counts lines and code units, we count bytes.

use ropey::Rope;
use tower_lsp::lsp_types::{Position, PositionEncodingKind, Range};

/// What a `character` of a position counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: the protocol's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    /// The best of what the client offers: bytes are the cheapest for us.
    pub fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offered = offered.unwrap_or_default();
        if offered.contains(&PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if !offered.contains(&PositionEncodingKind::UTF16) && offered.contains(&PositionEncodingKind::UTF32) {
            Self::Utf32
        } else {
            Self::Utf16
        }
    }

    /// The protocol's name.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }
}

/// Byte offset of a position. A line past the end means the end of the text, a character past the end of its line means the
/// line's end (before its line break), and a character within a scalar value means the value's start.
pub fn offset(rope: &Rope, position: Position, encoding: Encoding) -> usize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return rope.len_bytes();
    }
    let start = rope.line_to_byte(line);
    let text = rope.line(line);
    let mut left = position.character as usize;
    let mut bytes = 0;
    for c in text.chars() {
        let width = match encoding {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        };
        if left < width || c == '\n' || (c == '\r') {
            break;
        }
        left -= width;
        bytes += c.len_utf8();
    }
    start + bytes
}

/// Position of a byte offset; past the end it is the end, within a scalar value its start.
pub fn position(rope: &Rope, offset: usize, encoding: Encoding) -> Position {
    let offset = offset.min(rope.len_bytes());
    let line = rope.byte_to_line(offset);
    let start = rope.line_to_byte(line);
    let character = match encoding {
        Encoding::Utf8 => offset - start,
        Encoding::Utf16 => {
            rope.char_to_utf16_cu(rope.byte_to_char(offset)) - rope.char_to_utf16_cu(rope.byte_to_char(start))
        }
        Encoding::Utf32 => rope.byte_to_char(offset) - rope.byte_to_char(start),
    };
    Position::new(line as u32, character as u32)
}

/// Range of a byte range.
pub fn range(rope: &Rope, start: usize, end: usize, encoding: Encoding) -> Range {
    Range::new(position(rope, start, encoding), position(rope, end, encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "añ€😀b\r\nsecond\n";

    #[test]
    fn offsets_in_every_encoding() {
        let rope = Rope::from_str(TEXT);
        let at = |character, encoding| offset(&rope, Position::new(0, character), encoding);
        // After the emoji: 1 + 2 + 3 + 4 bytes; 1 + 1 + 1 + 2 UTF-16 units; 4 scalars.
        assert_eq!(at(10, Encoding::Utf8), 10);
        assert_eq!(at(5, Encoding::Utf16), 10);
        assert_eq!(at(4, Encoding::Utf32), 10);
        // Within the surrogate pair: the emoji's start.
        assert_eq!(at(4, Encoding::Utf16), 6);
    }

    #[test]
    fn positions_past_the_end_are_clamped() {
        let rope = Rope::from_str(TEXT);
        assert_eq!(offset(&rope, Position::new(0, 999), Encoding::Utf16), 11);
        assert_eq!(offset(&rope, Position::new(999, 0), Encoding::Utf16), TEXT.len());
        assert_eq!(offset(&rope, Position::new(2, 5), Encoding::Utf16), TEXT.len());
        assert_eq!(position(&rope, 9999, Encoding::Utf16), Position::new(2, 0));
    }

    #[test]
    fn every_offset_goes_there_and_back() {
        let rope = Rope::from_str(TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (i, c) in TEXT.char_indices() {
                // The second byte of a CRLF is not a position of its own.
                if c == '\n' && TEXT.as_bytes()[i.saturating_sub(1)] == b'\r' {
                    continue;
                }
                assert_eq!(offset(&rope, position(&rope, i, encoding), encoding), i, "{encoding:?} at {i}");
            }
        }
    }

    #[test]
    fn negotiation_prefers_bytes() {
        use PositionEncodingKind as K;
        assert_eq!(Encoding::negotiate(None), Encoding::Utf16);
        assert_eq!(Encoding::negotiate(Some(&[K::UTF16, K::UTF8])), Encoding::Utf8);
        assert_eq!(Encoding::negotiate(Some(&[K::UTF32])), Encoding::Utf32);
        assert_eq!(Encoding::negotiate(Some(&[K::UTF32, K::UTF16])), Encoding::Utf16);
    }
}
