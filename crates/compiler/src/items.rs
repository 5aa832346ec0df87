//! A file as a sequence of items: plain data, the same for every use of the file.

use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxBuildHasher;

use crate::diagnostic::ItemKind;
use crate::ignore::Ignore;
use crate::loc::{Loc, Uid};
use crate::text::words;
use crate::value::{Entry, Scalar, Value, get};

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
    /// Hashes of the words that can be names of lists and macros; see [`ItemIr::mentions`].
    pub(crate) mentions: OnceLock<Box<[u32]>>,
}

/// The hash of a name or a word, as [`ItemIr::mentions`] has it.
pub(crate) fn word_hash(word: &str) -> u32 {
    let hash = FxBuildHasher.hash_one(word);
    (hash >> 32) as u32 ^ hash as u32
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

    /// What the item is a part of: a list, a macro or a rule, if it has a name at all.
    pub(crate) fn part_of(&self) -> Option<(ItemKind, &str)> {
        let kind = self.kind.filter(|kind| matches!(kind, ItemKind::List | ItemKind::Macro | ItemKind::Rule))?;
        Some((kind, self.name().map(|name| &*name.text).filter(|name| !name.is_empty())?))
    }

    /// Hashes of all words in the item that a list or a macro could be named by: what the item means depends on them.
    pub(crate) fn mentions(&self) -> &[u32] {
        self.mentions.get_or_init(|| {
            let mut hashes = Vec::new();
            for key in ["condition", "exceptions", "items"] {
                if let Some(entry) = self.get(key) {
                    collect_words(&entry.value, &mut hashes);
                }
            }
            if self.kind == Some(ItemKind::Macro) {
                hashes.extend(self.name().map(|name| word_hash(&name.text)));
            }
            hashes.sort_unstable();
            hashes.dedup();
            hashes.into_boxed_slice()
        })
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
    /// The elements of all documents, in order; null documents and null elements are left out.
    pub(crate) elements: Vec<Element>,
    /// How many of them are of the first document; `None` if there is no document.
    pub(crate) first_document: Option<usize>,
    pub(crate) yaml_errors: Vec<YamlError>,
    /// Comments that silence findings.
    pub(crate) ignores: Vec<Ignore>,
    /// Why Falco's YAML reader refuses the whole file, and where it gives up. Then one of the errors is fatal.
    pub(crate) refusal: Option<(String, u32)>,
}

/// One element of a document's sequence, or a document that is none.
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
    /// A document that is a mapping or a scalar: no rules file.
    NoSequence {
        what: &'static str,
        loc: Loc,
    },
}

impl Element {
    pub(crate) fn item(&self) -> Option<&Arc<ItemIr>> {
        match self {
            Self::Item { ir, .. } => Some(ir),
            Self::NotMapping { .. } | Self::NoSequence { .. } => None,
        }
    }
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
        self.elements.iter().filter_map(|element| match element {
            Element::Item { base, ir } => Some((*base, ir)),
            Element::NotMapping { .. } | Element::NoSequence { .. } => None,
        })
    }
}

fn collect_words(value: &Value, hashes: &mut Vec<u32>) {
    match value {
        Value::Scalar(scalar) => {
            // A list's item can be the name of a list as a whole, whatever stands in it.
            hashes.push(word_hash(&scalar.text));
            hashes.extend(words(&scalar.text).map(word_hash));
        }
        Value::Seq { items, .. } => items.iter().for_each(|item| collect_words(item, hashes)),
        Value::Map { entries, .. } => entries.iter().for_each(|entry| collect_words(&entry.value, hashes)),
        Value::Null { .. } => {}
    }
}
