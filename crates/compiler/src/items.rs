//! A file as a sequence of items: plain data, the same for every use of the file.

use std::sync::Arc;

use crate::diagnostic::ItemKind;
use crate::loc::{Loc, Uid};
use crate::value::{Entry, Scalar, get};

/// The head keys in Falco's order of trial.
pub(crate) const HEAD_KEYS: [(&str, ItemKind); 5] = [
    ("required_engine_version", ItemKind::EngineVersion),
    ("required_plugin_versions", ItemKind::PluginVersions),
    ("list", ItemKind::List),
    ("macro", ItemKind::Macro),
    ("rule", ItemKind::Rule),
];

/// A mapping at the top level of a rules file.
#[derive(Debug)]
pub(crate) struct ItemIr {
    pub(crate) uid: Uid,
    /// By its first head key; `None` for items of unknown kind.
    pub(crate) kind: Option<ItemKind>,
    /// The mapping's entries; places count from the item's first byte.
    pub(crate) entries: Vec<Entry>,
    /// Length in bytes.
    pub(crate) len: u32,
    /// Hash of the item's text, for recognising it in the next version of the file.
    pub(crate) hash: u64,
    /// Whether the item stands for itself alone: no aliases into other items.
    pub(crate) portable: bool,
}

impl ItemIr {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        get(&self.entries, key)
    }

    /// The head key's value.
    pub(crate) fn head(&self) -> Option<&Entry> {
        self.get(self.kind?.head_key())
    }

    /// The name, if it is a text.
    pub(crate) fn name(&self) -> Option<&Scalar> {
        self.head()?.value.as_scalar()
    }

    pub(crate) fn loc(&self) -> Loc {
        Loc::new(self.uid, 0, self.len)
    }

    /// What to underline when the item as a whole is meant: its name, else its head key, else its first key.
    pub(crate) fn title_loc(&self) -> Loc {
        match (self.name(), self.head().or(self.entries.first())) {
            (Some(name), _) if !name.text.is_empty() => name.loc(self.uid),
            (_, Some(entry)) => entry.key.loc(self.uid),
            (_, None) => self.loc(),
        }
    }
}

/// A file's contents.
#[derive(Debug)]
pub(crate) struct FileItems {
    /// Identity for places that belong to no item; they count from the start of the file.
    pub(crate) uid: Uid,
    pub(crate) documents: Vec<Document>,
    pub(crate) yaml_errors: Vec<YamlError>,
    /// Why Falco's YAML reader refuses the whole file, and where it gives up. Then one of the errors is fatal.
    pub(crate) refusal: Option<(String, u32)>,
}

/// One document of the stream; null documents are left out.
#[derive(Debug)]
pub(crate) enum Document {
    Sequence(Vec<Element>),
    /// A mapping or a scalar: no rules file.
    Other {
        what: &'static str,
        loc: Loc,
    },
}

/// One element of a document's sequence; nulls are left out.
#[derive(Debug, Clone)]
pub(crate) enum Element {
    Item {
        /// Where the item begins in the file.
        base: u32,
        ir: Arc<ItemIr>,
    },
    NotMapping {
        what: &'static str,
        loc: Loc,
    },
}

/// A complaint of the YAML parser.
#[derive(Debug, Clone)]
pub(crate) struct YamlError {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Whether Falco's YAML reader minds.
    pub(crate) fatal: bool,
    /// It is about a line of a flow collection that is not indented, as Falco's own rules have them.
    pub(crate) flow_indent: bool,
}

impl FileItems {
    pub(crate) fn items(&self) -> impl Iterator<Item = (u32, &Arc<ItemIr>)> {
        self.documents
            .iter()
            .flat_map(|document| match document {
                Document::Sequence(elements) => elements.as_slice(),
                Document::Other { .. } => &[],
            })
            .filter_map(|element| match element {
                Element::Item { base, ir } => Some((*base, ir)),
                Element::NotMapping { .. } => None,
            })
    }
}
