//! Places in rules files as our JSON documents give them.

use falco_compiler::SourceFile;
use serde_json::{Value, json};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1-based.
    pub line: usize,
    /// 1-based, in Unicode scalar values.
    pub column: usize,
    /// In bytes.
    pub offset: usize,
}

impl Place {
    /// Its document.
    pub fn json(self) -> Value {
        json!({"line": self.line, "column": self.column, "offset": self.offset})
    }
}

/// Lines and columns of a file: 1-based, columns in Unicode scalar values.
pub struct Places<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// For a file.
    pub fn new(file: &'a SourceFile) -> Self {
        let starts = file.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        Self { text: &file.text, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// The 1-based line of a place.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// The place of an offset.
    pub fn at(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |t| t.chars().count());
        Place { line: line + 1, column: column + 1, offset }
    }

    /// The document of a place.
    pub fn place(&self, offset: usize) -> Value {
        self.at(offset).json()
    }

    /// The document of a range.
    pub fn range(&self, range: std::ops::Range<usize>) -> Value {
        json!({"start": self.place(range.start), "end": self.place(range.end)})
    }
}
