//! The shape of our documentation.

/// A piece of documentation: sentences in Markdown, and an example in the rules language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doc {
    /// The sentences.
    pub text: &'static str,
    /// Lines of an example; empty when there is none.
    pub example: &'static str,
}

impl Doc {
    /// Nothing said.
    pub const EMPTY: Self = Self { text: "", example: "" };
}

/// The documentation of `key` in one of the sorted tables that the build makes.
pub(crate) fn find(table: &'static [(&'static str, Doc)], key: &str) -> Doc {
    table.binary_search_by_key(&key, |(k, _)| k).map_or(Doc::EMPTY, |i| table[i].1)
}

mod generated {
    use super::Doc;
    include!(concat!(env!("OUT_DIR"), "/docs.rs"));
}

pub(crate) use generated::*;
