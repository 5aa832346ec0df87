//! Maps offsets in a decoded scalar back to bytes of the file.

use rowan::{TextRange, TextSize};

/// Where each stretch of a decoded scalar came from.
///
/// Segments are in order of the decoded text and their sources never go backwards. A decoded offset maps to the exact byte
/// of the file for text that was taken over literally; for text that decoding made (an escape, a folded line break) it maps
/// to the source of that construct.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceMap {
    segments: Vec<Segment>,
    /// Where an empty text stands in the file.
    origin: TextSize,
}

/// One stretch of decoded text and the file text that it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Range in the decoded text.
    pub decoded: TextRange,
    /// Range in the file. Same length as `decoded` when the text was taken over literally.
    pub source: TextRange,
    /// Whether the text was taken over literally, so that the two ranges match byte for byte.
    pub literal: bool,
}

impl SourceMap {
    /// A map for text that is a literal copy of the file from `start` on.
    pub fn identity(start: TextSize, len: TextSize) -> Self {
        let mut map = Self { segments: Vec::new(), origin: start };
        map.push(TextRange::at(TextSize::new(0), len), TextRange::at(start, len));
        map
    }

    /// Says where the text stands in the file, for the case that it is empty.
    pub fn set_origin(&mut self, origin: TextSize) {
        self.origin = origin;
    }

    /// Appends a stretch; it must begin where the last one ended. Empty decoded stretches are ignored. A stretch of the
    /// same length in both texts counts as a literal copy, and is merged with a literal one that it continues.
    pub fn push(&mut self, decoded: TextRange, source: TextRange) {
        self.push_segment(decoded, source, decoded.len() == source.len());
    }

    /// Appends a stretch that decoding made: an escape, a folded line break.
    pub fn push_made(&mut self, decoded: TextRange, source: TextRange) {
        self.push_segment(decoded, source, false);
    }

    fn push_segment(&mut self, decoded: TextRange, source: TextRange, literal: bool) {
        if decoded.is_empty() {
            return;
        }
        if let Some(last) = self.segments.last_mut() {
            debug_assert_eq!(last.decoded.end(), decoded.start());
            if last.literal && literal && last.source.end() == source.start() {
                last.decoded = TextRange::new(last.decoded.start(), decoded.end());
                last.source = TextRange::new(last.source.start(), source.end());
                return;
            }
        }
        self.segments.push(Segment { decoded, source, literal });
    }

    /// The segments, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Maps a range of the decoded text to the file. The result covers the source of every decoded byte in the range; an
    /// empty range maps to an empty range. Offsets past the end map to the end of the last segment.
    pub fn map_range(&self, range: TextRange) -> TextRange {
        if range.is_empty() {
            let at = self.map_offset(range.start());
            return TextRange::empty(at);
        }
        let start = self.map_offset(range.start());
        let end = self.map_end(range.end());
        TextRange::new(start.min(end), end.max(start))
    }

    /// Maps an offset of the decoded text to the file (the start of what made the byte at that offset).
    pub fn map_offset(&self, offset: TextSize) -> TextSize {
        let index = self.segments.partition_point(|s| s.decoded.end() <= offset);
        match self.segments.get(index) {
            Some(s) if s.literal => s.source.start() + (offset - s.decoded.start().min(offset)),
            Some(s) => s.source.start(),
            None => self.segments.last().map_or(self.origin, |s| s.source.end()),
        }
    }

    fn map_end(&self, offset: TextSize) -> TextSize {
        let index = self.segments.partition_point(|s| s.decoded.end() < offset);
        match self.segments.get(index) {
            Some(s) if s.literal => s.source.start() + (offset - s.decoded.start().min(offset)),
            Some(s) => s.source.end(),
            None => self.segments.last().map_or(self.origin, |s| s.source.end()),
        }
    }

    /// Maps an offset of the file into the decoded text, if the file offset lies in the source of this scalar (its ends
    /// included). Offsets in dropped text (indentation, line breaks) map to the next decoded byte.
    pub fn to_decoded(&self, offset: TextSize) -> Option<TextSize> {
        let first = self.segments.first()?;
        let last = self.segments.last()?;
        if offset < first.source.start() || offset > last.source.end() {
            return None;
        }
        let index = self.segments.partition_point(|s| s.source.end() < offset);
        let s = self.segments.get(index)?;
        if offset <= s.source.start() {
            return Some(s.decoded.start());
        }
        if s.literal {
            Some(s.decoded.start() + (offset - s.source.start()))
        } else if offset == s.source.end() {
            Some(s.decoded.end())
        } else {
            Some(s.decoded.start())
        }
    }
}
