//! The typed view of a rules file: items and their parts, by what they are for.
//!
//! Nothing here fails or judges. A part that is absent is `None`, a part of the wrong shape is a [`Node`] like any other:
//! whether Falco accepts it is the compiler's business, which finds every key with its range in [`Body::fields`]. The view
//! is made of a YAML node, not of a file, so that rules embedded in another document have it, too.

mod items;

pub use items::{
    Alternative, Exception, ExceptionValue, List, Macro, Override, OverrideEntry, PluginRequirement,
    RequiredEngineVersion, RequiredPluginVersions, Rule,
};

use crate::yaml::{Entry, Mapping, Node, Parse};
use rowan::TextRange;
use std::rc::Rc;

/// The rules of a text: the items of all its documents.
#[derive(Debug, Clone)]
pub struct RulesFile {
    documents: Vec<RulesDocument>,
}

impl RulesFile {
    /// The view of a parsed file.
    pub fn from_parse(parse: &Parse) -> Self {
        let documents = parse.documents().flat_map(|document| document.roots()).map(|root| RulesDocument { root });
        Self { documents: documents.collect() }
    }

    /// The view of a node that holds rules, which should be a sequence of items.
    pub fn from_node(node: Node) -> Self {
        Self { documents: vec![RulesDocument { root: node }] }
    }

    /// The documents, null ones included.
    pub fn documents(&self) -> &[RulesDocument] {
        &self.documents
    }

    /// The elements of all the documents, in order. See [`RulesDocument::items`].
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        self.documents.iter().flat_map(RulesDocument::items)
    }
}

/// One document of a rules file.
#[derive(Debug, Clone)]
pub struct RulesDocument {
    root: Node,
}

impl RulesDocument {
    /// The root. Falco skips a null document and refuses anything else that is not a sequence.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The sequence's elements, in order, those included that are no items: null ones, scalars, sequences. Without
    /// elements when the root is no sequence.
    pub fn items(&self) -> impl Iterator<Item = Item> + use<> {
        self.root.as_sequence().into_iter().flat_map(|sequence| sequence.items().map(Item::new))
    }
}

/// The kinds of items, in the order in which their head keys decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// `required_engine_version: …`
    RequiredEngineVersion,
    /// `required_plugin_versions: …`
    RequiredPluginVersions,
    /// `list: …`
    List,
    /// `macro: …`
    Macro,
    /// `rule: …`
    Rule,
}

impl ItemKind {
    /// All kinds, in the order of decision.
    pub const ALL: [Self; 5] =
        [Self::RequiredEngineVersion, Self::RequiredPluginVersions, Self::List, Self::Macro, Self::Rule];

    /// The key that makes a mapping an item of this kind.
    pub fn head_key(self) -> &'static str {
        match self {
            Self::RequiredEngineVersion => "required_engine_version",
            Self::RequiredPluginVersions => "required_plugin_versions",
            Self::List => "list",
            Self::Macro => "macro",
            Self::Rule => "rule",
        }
    }
}

/// An element of a rules file's sequence.
#[derive(Debug, Clone)]
pub enum Item {
    /// `required_engine_version`.
    RequiredEngineVersion(RequiredEngineVersion),
    /// `required_plugin_versions`.
    RequiredPluginVersions(RequiredPluginVersions),
    /// `list`.
    List(List),
    /// `macro`.
    Macro(Macro),
    /// `rule`.
    Rule(Rule),
    /// A mapping without a head key, or no mapping at all (then [`Body::mapping`] is `None`).
    Unknown(Body),
}

impl Item {
    /// The item that a node is.
    pub fn new(node: Node) -> Self {
        let body = Body::new(node);
        match ItemKind::ALL.into_iter().find(|kind| body.field(kind.head_key()).is_some()) {
            Some(ItemKind::RequiredEngineVersion) => Self::RequiredEngineVersion(RequiredEngineVersion { body }),
            Some(ItemKind::RequiredPluginVersions) => Self::RequiredPluginVersions(RequiredPluginVersions { body }),
            Some(ItemKind::List) => Self::List(List { body }),
            Some(ItemKind::Macro) => Self::Macro(Macro { body }),
            Some(ItemKind::Rule) => Self::Rule(Rule { body }),
            None => Self::Unknown(body),
        }
    }

    /// What kind of item it is.
    pub fn kind(&self) -> Option<ItemKind> {
        match self {
            Self::RequiredEngineVersion(_) => Some(ItemKind::RequiredEngineVersion),
            Self::RequiredPluginVersions(_) => Some(ItemKind::RequiredPluginVersions),
            Self::List(_) => Some(ItemKind::List),
            Self::Macro(_) => Some(ItemKind::Macro),
            Self::Rule(_) => Some(ItemKind::Rule),
            Self::Unknown(_) => None,
        }
    }

    /// The item's node and keys.
    pub fn body(&self) -> &Body {
        match self {
            Self::RequiredEngineVersion(item) => &item.body,
            Self::RequiredPluginVersions(item) => &item.body,
            Self::List(item) => &item.body,
            Self::Macro(item) => &item.body,
            Self::Rule(item) => &item.body,
            Self::Unknown(body) => body,
        }
    }

    /// The value of the head key.
    pub fn head(&self) -> Option<Node> {
        self.body().value(self.kind()?.head_key())
    }

    /// The name of a list, macro or rule.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::List(_) | Self::Macro(_) | Self::Rule(_) => self.head()?.text(),
            _ => None,
        }
    }
}

/// A mapping with its keys read: an item, an exception, an entry of plugin versions.
#[derive(Debug, Clone)]
pub struct Body {
    node: Node,
    mapping: Option<Mapping>,
    fields: Rc<[Field]>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Field {
    /// The key's text; `None` for a key that is no scalar.
    pub name: Option<String>,
    /// The key.
    pub key: Node,
    /// The value, null where it is absent.
    pub value: Node,
    /// The entry in the tree.
    pub entry: Entry,
    /// Whether an entry before it has the same key: Falco takes the first and ignores this one.
    pub is_duplicate: bool,
}

impl Body {
    /// Reads the keys of a node.
    pub fn new(node: Node) -> Self {
        let mapping = node.as_mapping();
        let mut fields: Vec<Field> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        for entry in mapping.iter().flat_map(Mapping::entries) {
            let key = entry.key();
            let name = key.as_scalar().map(|scalar| scalar.decode().text);
            let is_duplicate = name.as_ref().is_some_and(|name| !seen.insert(name.clone()));
            fields.push(Field { name, key, value: entry.value(), entry, is_duplicate });
        }
        Self { node, mapping, fields: fields.into() }
    }

    /// The node as it stands in the file, perhaps an alias.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The mapping, if the node is one.
    pub fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_ref()
    }

    /// All the keys, in order, duplicates included.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field that counts for a key: the first one.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.as_deref() == Some(name))
    }

    /// The value that counts for a key; a null node when there is the key alone.
    pub fn value(&self, name: &str) -> Option<Node> {
        self.field(name).map(|field| field.value.clone())
    }

    /// The node's range: for a mapping from its first key to the end of its last value.
    pub fn range(&self) -> TextRange {
        self.node.range()
    }
}
