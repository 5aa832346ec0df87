//! The document layer: YAML 1.2, lossless and tolerant.
//!
//! [`parse`] gives a tree whose text equals the input, whatever the input is, and the mistakes beside it. [`Stream`],
//! [`Document`] and [`Node`] are the view of the tree by meaning; [`Scalar::decode`] gives a scalar's text with a source map.

mod alias;
mod builder;
mod decode;
mod error;
mod kind;
mod node;
mod parser;
mod reparse;
pub mod schema;
#[cfg(test)]
mod tests;
mod verdict;

pub use decode::Decoded;
pub use error::{ErrorKind, SyntaxError};
pub use kind::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, Yaml};
pub use node::{Document, Entry, Mapping, Node, NodeKind, Scalar, ScalarStyle, Sequence, Stream};
pub use reparse::TextEdit;
pub use rowan::GreenNode;
pub use verdict::{Place, Refusal, Root, Verdict, verdict};

use rowan::{TextRange, TextSize};
use std::borrow::Cow;
use std::sync::Arc;

/// A parsed text: the tree and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parse {
    green: GreenNode,
    errors: Arc<[SyntaxError]>,
    /// Parts of the text depend on others: there are aliases or directives.
    is_linked: bool,
}

impl Parse {
    /// The tree's root.
    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The tree without positions, which can be shared and compared.
    pub fn green(&self) -> &GreenNode {
        &self.green
    }

    /// What is wrong, by position.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// The first error for which Falco refuses the whole file.
    pub fn falco_error(&self) -> Option<&SyntaxError> {
        self.errors.iter().find(|error| error.is_fatal_for_falco())
    }

    /// The view by meaning.
    pub fn stream(&self) -> Stream {
        Stream::new(self.syntax())
    }

    /// The documents, in order.
    pub fn documents(&self) -> impl Iterator<Item = Document> + use<> {
        self.stream().documents()
    }
}

/// Parses a YAML text. There is always a tree, and its text is the input (except for a text of 4 GiB and more, which is
/// refused with an empty tree).
pub fn parse(text: &str) -> Parse {
    if u32::try_from(text.len()).is_err() {
        let error = SyntaxError {
            kind: ErrorKind::TooLarge,
            range: TextRange::empty(TextSize::new(0)),
            message: "the text is larger than 4 GiB".to_owned(),
            help: None,
        };
        return Parse { green: GreenNode::new(SyntaxKind::Root.raw(), []), errors: Arc::new([error]), is_linked: true };
    }
    let output = parser::parse(text);
    let mut errors = output.errors;
    if output.is_linked {
        errors.extend(alias::check(&SyntaxNode::new_root(output.green.clone())));
    }
    errors.sort_by_key(|error| (error.range.start(), error.range.end()));
    Parse { green: output.green, errors: errors.into(), is_linked: output.is_linked }
}

/// Reads bytes as UTF-8. Where they are not, each bad sequence becomes a replacement character, and the first one is
/// reported with its offset in the bytes.
pub fn read_utf8(bytes: &[u8]) -> (Cow<'_, str>, Option<SyntaxError>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) => {
            let start = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            let error = SyntaxError {
                kind: ErrorKind::InvalidUtf8,
                range: TextRange::empty(TextSize::new(start)),
                message: format!("the file is not valid UTF-8: the byte at offset {start} fits no character"),
                help: Some("save the file as UTF-8".to_owned()),
            };
            (String::from_utf8_lossy(bytes), Some(error))
        }
    }
}
