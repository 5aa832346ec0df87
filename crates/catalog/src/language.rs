//! The words of the rules language.

use crate::doc::{self, Doc};

/// Our documentation of an event source.
pub fn source_doc(name: &str) -> Doc {
    doc::find(doc::SOURCES, name)
}
