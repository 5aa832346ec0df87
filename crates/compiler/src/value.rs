//! The YAML of an item as owned data, free of the syntax tree.

use crate::loc::{Loc, Uid};

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// A stretch of decoded text and the bytes that it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MapSeg {
    /// Where it begins in the decoded text.
    pub(crate) at: u32,
    /// Its length in the decoded text.
    pub(crate) len: u32,
    /// Where its source begins.
    pub(crate) src: u32,
    /// The source's length; equal to `len` where the text was taken over literally.
    pub(crate) src_len: u32,
}

/// Where a scalar's text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextMap {
    /// A literal copy of the bytes from there on.
    Literal(u32),
    /// In pieces.
    Segments(Box<[MapSeg]>),
}

/// A scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// The decoded text.
    pub(crate) text: Box<str>,
    pub(crate) map: TextMap,
    /// The whole node: quotes, block header, anchor and tag included.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) style: Style,
}

impl Scalar {
    pub(crate) fn loc(&self, uid: Uid) -> Loc {
        Loc::new(uid, self.start, self.end)
    }

    /// The text's own bytes: the node without quotes, header and trailing line breaks.
    pub(crate) fn content_loc(&self, uid: Uid) -> Loc {
        match &self.map {
            TextMap::Literal(src) => Loc::new(uid, *src, src.wrapping_add(self.text.len() as u32)),
            TextMap::Segments(segs) => match (segs.first(), segs.last()) {
                (Some(first), Some(last)) => {
                    let trailing = self.text.len() - self.text.trim_end().len();
                    let last = if trailing == last.len as usize && segs.len() > 1 {
                        segs.get(segs.len() - 2).unwrap_or(last)
                    } else {
                        last
                    };
                    Loc::new(uid, first.src, last.src.wrapping_add(last.src_len))
                }
                _ => self.loc(uid),
            },
        }
    }
}

/// A node of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`. `at` is where YAML readers place an absent node: the next token.
    Null {
        at: u32,
        start: u32,
        end: u32,
    },
    Scalar(Scalar),
    Seq {
        start: u32,
        end: u32,
        items: Vec<Value>,
    },
    Map {
        start: u32,
        end: u32,
        entries: Vec<Entry>,
    },
}

/// An entry of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Value,
    pub(crate) value: Value,
}

impl Value {
    pub(crate) fn loc(&self, uid: Uid) -> Loc {
        match self {
            Self::Null { start, end, .. } | Self::Seq { start, end, .. } | Self::Map { start, end, .. } => {
                Loc::new(uid, *start, *end)
            }
            Self::Scalar(scalar) => scalar.loc(uid),
        }
    }

    /// Where YAML readers say that the node begins.
    pub(crate) fn mark(&self) -> u32 {
        match self {
            Self::Null { at, .. } => *at,
            Self::Scalar(scalar) => scalar.start,
            Self::Seq { start, .. } | Self::Map { start, .. } => *start,
        }
    }

    pub(crate) fn as_scalar(&self) -> Option<&Scalar> {
        match self {
            Self::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null { .. })
    }

    /// What it is, for messages.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Null { .. } => "nothing",
            Self::Scalar(_) => "a single value",
            Self::Seq { .. } => "a sequence",
            Self::Map { .. } => "a mapping",
        }
    }
}

/// The first entry with a key: of duplicate keys, the first one counts.
pub(crate) fn get<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.key.as_scalar().is_some_and(|k| &*k.text == key))
}
