//! Lines and columns of byte offsets, in the units that editors count in.

use rowan::{TextRange, TextSize};

/// A place by line and column, both from 0. What the column counts depends on who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LineCol {
    /// The line.
    pub line: u32,
    /// The column.
    pub col: u32,
}

/// The unit of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnUnit {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16.
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// The lines of a text. A line ends with `\n`, `\r\n` or `\r`, as in YAML and in the language server protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    /// Where each line starts.
    starts: Vec<TextSize>,
    len: TextSize,
    ascii: bool,
}

impl LineIndex {
    /// Reads the lines of a text (of less than 4 GiB; what lies behind is not counted).
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![TextSize::new(0)];
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| size(at + 1)));
        } else {
            let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
            let ends = ends.filter(|&at| bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'));
            starts.extend(ends.map(|at| size(at + 1)));
        }
        Self { starts, len: size(bytes.len()), ascii: text.is_ascii() }
    }

    /// The number of lines, at least one.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// Where a line starts.
    pub fn line_start(&self, line: u32) -> Option<TextSize> {
        self.starts.get(line as usize).copied()
    }

    /// A line's range with its line break.
    pub fn line_range(&self, line: u32) -> Option<TextRange> {
        let start = self.line_start(line)?;
        Some(TextRange::new(start, self.line_start(line + 1).unwrap_or(self.len)))
    }

    /// The line and the byte column of an offset; offsets past the end count as the end.
    pub fn line_col(&self, offset: TextSize) -> LineCol {
        let offset = offset.min(self.len);
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        LineCol { line: u32::try_from(line).unwrap_or(u32::MAX), col: u32::from(offset - start) }
    }

    /// The line and the column of an offset in a unit. An offset inside of a character counts as the character's start.
    pub fn position(&self, text: &str, offset: TextSize, unit: ColumnUnit) -> LineCol {
        let LineCol { line, col } = self.line_col(offset);
        if self.ascii || unit == ColumnUnit::Utf8 {
            return LineCol { line, col };
        }
        let before =
            self.line_text(text, line).char_indices().take_while(|(at, char)| at + char.len_utf8() <= col as usize);
        let col = before.map(|(_, char)| width(char, unit)).sum();
        LineCol { line, col }
    }

    /// The offset of a line and a column in a unit. A column past the end of its line counts as the line's end, before its
    /// line break; one inside of a character as the character's start. `None` for a line that does not exist.
    pub fn offset(&self, text: &str, position: LineCol, unit: ColumnUnit) -> Option<TextSize> {
        let start = self.line_start(position.line)?;
        let line = self.line_text(text, position.line);
        let mut left = position.col;
        let mut at = 0;
        for char in line.chars() {
            let width = width(char, unit);
            if width > left {
                break;
            }
            left -= width;
            at += char.len_utf8();
        }
        Some(start + size(at))
    }

    /// A line's text without its line break.
    fn line_text<'t>(&self, text: &'t str, line: u32) -> &'t str {
        let range = self.line_range(line).unwrap_or_default();
        text.get(usize::from(range.start())..usize::from(range.end()))
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r'])
    }
}

fn width(char: char, unit: ColumnUnit) -> u32 {
    let width = match unit {
        ColumnUnit::Utf8 => char.len_utf8(),
        ColumnUnit::Utf16 => char.len_utf16(),
        ColumnUnit::Utf32 => 1,
    };
    u32::try_from(width).unwrap_or(1)
}

fn size(at: usize) -> TextSize {
    TextSize::new(u32::try_from(at).unwrap_or(u32::MAX))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn all_three_line_breaks_end_a_line() {
        let index = LineIndex::new("a\nb\r\nc\rd\r\r\n");
        let starts: Vec<u32> = (0..index.line_count()).map(|line| index.line_start(line).unwrap().into()).collect();
        assert_eq!(starts, [0, 2, 5, 7, 9, 11]);
        assert_eq!(index.line_col(TextSize::new(4)), LineCol { line: 1, col: 2 });
        assert_eq!(index.line_col(TextSize::new(99)), LineCol { line: 5, col: 0 });
    }

    #[test]
    fn columns_in_three_units_and_back() {
        let text = "x\n- é😀z";
        let index = LineIndex::new(text);
        let z = TextSize::new(u32::try_from(text.find('z').unwrap()).unwrap());
        for (unit, col) in [(ColumnUnit::Utf8, 8), (ColumnUnit::Utf16, 5), (ColumnUnit::Utf32, 4)] {
            let position = LineCol { line: 1, col };
            assert_eq!(index.position(text, z, unit), position);
            assert_eq!(index.offset(text, position, unit), Some(z));
        }
        // In the middle of the emoji, past the end of the line, past the last line.
        assert_eq!(index.offset(text, LineCol { line: 1, col: 4 }, ColumnUnit::Utf16), Some(TextSize::new(6)));
        assert_eq!(index.position(text, TextSize::new(8), ColumnUnit::Utf16), LineCol { line: 1, col: 3 });
        assert_eq!(index.offset(text, LineCol { line: 0, col: 9 }, ColumnUnit::Utf8), Some(TextSize::new(1)));
        assert_eq!(index.offset(text, LineCol { line: 2, col: 0 }, ColumnUnit::Utf8), None);
    }
}
