//! Places in other files of the set.

use std::collections::hash_map::Entry;

use falco_ide::FileId;
use falco_syntax::TextRange;
use rustc_hash::FxHashMap;
use tower_lsp::lsp_types::{Location, Range, Url};

use super::Request;
use crate::convert::Converter;

/// Converts places of many files, each of which is made ready once.
pub struct Places<'r> {
    request: &'r Request,
    files: FxHashMap<FileId, Option<(Url, Converter)>>,
}

impl<'r> Places<'r> {
    /// For the files of a request's set.
    pub fn new(request: &'r Request) -> Self {
        Self { request, files: FxHashMap::default() }
    }

    /// A file's address and its converter.
    pub fn file(&mut self, file: FileId) -> Option<&(Url, Converter)> {
        let made = match self.files.entry(file) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(self.request.place(file)),
        };
        made.as_ref()
    }

    /// A range of a file.
    pub fn range(&mut self, file: FileId, range: TextRange) -> Option<Range> {
        Some(self.file(file)?.1.range(range))
    }

    /// A place in a file.
    pub fn location(&mut self, file: FileId, range: TextRange) -> Option<Location> {
        let (uri, converter) = self.file(file)?;
        Some(Location { uri: uri.clone(), range: converter.range(range) })
    }
}
