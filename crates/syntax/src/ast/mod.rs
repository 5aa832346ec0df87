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

/// Up to so many keys are compared one by one.
const FEW_KEYS: usize = 20;

impl Body {
    /// Reads the keys of a node.
    pub fn new(node: Node) -> Self {
        let mapping = node.as_mapping();
        let mut fields: Vec<Field> = Vec::new();
        // Most mappings have a handful of keys; only a long one is worth a set.
        let mut seen = rustc_hash::FxHashSet::default();
        for entry in mapping.iter().flat_map(Mapping::entries) {
            let key = entry.key();
            let name = key.as_scalar().map(|scalar| scalar.decode().text);
            let is_duplicate = name.as_ref().is_some_and(|name| {
                if fields.len() < FEW_KEYS {
                    return fields.iter().any(|field| field.name.as_ref() == Some(name));
                }
                if seen.is_empty() {
                    seen.extend(fields.iter().filter_map(|field| field.name.clone()));
                }
                !seen.insert(name.clone())
            });
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::yaml::{NodeKind, parse};

    #[test]
    fn keys_given_twice_are_known_in_short_and_in_long_mappings() {
        for count in [1, FEW_KEYS - 1, FEW_KEYS, FEW_KEYS + 1, 100] {
            let keys: Vec<String> = (0..count).map(|key| format!("key{key}: x")).collect();
            let parse = parse(&format!("- {{{0}, {0}}}", keys.join(", ")));
            let item = RulesFile::from_parse(&parse).items().next().unwrap();
            let twice: Vec<bool> = item.body().fields().iter().map(|field| field.is_duplicate).collect();
            assert_eq!(twice, [vec![false; count], vec![true; count]].concat());
        }
    }

    fn items(text: &str) -> Vec<Item> {
        RulesFile::from_parse(&parse(text)).items().collect()
    }

    fn texts(nodes: Vec<Node>) -> Vec<String> {
        nodes.iter().filter_map(Node::text).collect()
    }

    #[test]
    fn the_first_head_key_in_the_fixed_order_decides() {
        let text =
            "- {rule: a, list: b}\n- {macro: c}\n- {required_engine_version: 1, rule: d}\n- {other: e}\n-\n- f\n";
        let kinds: Vec<_> = items(text).iter().map(Item::kind).collect();
        let expected =
            [Some(ItemKind::List), Some(ItemKind::Macro), Some(ItemKind::RequiredEngineVersion), None, None, None];
        assert_eq!(kinds, expected);
        let shapes: Vec<_> = items(text)[3..].iter().map(|item| item.body().node().kind()).collect();
        assert_eq!(shapes, [NodeKind::Mapping, NodeKind::Null, NodeKind::Scalar]);
    }

    #[test]
    fn every_part_of_a_rule_is_there() {
        let text = "
- rule: a
  desc: b
  condition: c
  output: d
  priority: e
  tags: [f, g]
  enabled:
  odd: h
  priority: i
  exceptions:
    - name: j
      fields: [k, l]
      comps: [=, in]
      values: [[m, [n, o]], p]
    - {name: q, fields: r}
  override: {tags: append, [s]: t}
";
        let all = items(text);
        let [Item::Rule(rule)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(all[0].name().as_deref(), Some("a"));
        assert_eq!(rule.priority().unwrap().text().as_deref(), Some("e"));
        assert_eq!(texts(rule.tags()), ["f", "g"]);
        assert!(rule.enabled().unwrap().is_absent());
        assert!(rule.source().is_none());
        let odd: Vec<_> = rule.body().fields().iter().filter(|field| field.is_duplicate).collect();
        assert_eq!((odd.len(), odd[0].value.text().as_deref()), (1, Some("i")));

        let exceptions = rule.exceptions();
        assert_eq!(texts(exceptions[0].fields()), ["k", "l"]);
        assert_eq!(texts(exceptions[0].comps()), ["=", "in"]);
        let values = exceptions[0].values();
        let tuple = values[0].tuple().unwrap();
        assert_eq!((tuple.len(), tuple[1].kind()), (2, NodeKind::Sequence));
        assert!(values[1].tuple().is_none());
        assert_eq!(texts(exceptions[1].fields()), ["r"]);
        assert!(exceptions[1].values_node().is_none());

        let overrides = rule.overrides().unwrap().entries();
        assert_eq!(overrides[0].operation.text().as_deref(), Some("append"));
        assert_eq!(overrides[1].key.kind(), NodeKind::Sequence);
    }

    #[test]
    fn plugin_versions_with_alternatives() {
        let text =
            "- required_plugin_versions: [{name: a, version: 1.0.0, alternatives: [{name: b, version: 2.0.0}, c]}]\n";
        let all = items(text);
        let [Item::RequiredPluginVersions(item)] = all.as_slice() else { panic!("{all:?}") };
        let requirement = &item.requirements()[0];
        assert_eq!(requirement.name().unwrap().text().as_deref(), Some("a"));
        let alternatives = requirement.alternatives();
        assert_eq!(alternatives[0].version().unwrap().text().as_deref(), Some("2.0.0"));
        assert!(alternatives[1].body().mapping().is_none());
    }

    #[test]
    fn rules_inside_another_document() {
        let text = "kind: Rulesfile\nspec:\n  rules:\n    - &m\n      macro: a\n      condition: b\n    - *m\n";
        let root = parse(text).documents().next().unwrap().root();
        let rules = root.as_mapping().unwrap().get("spec").unwrap().as_mapping().unwrap().get("rules").unwrap();
        let names = |node: Node| RulesFile::from_node(node).items().filter_map(|item| item.name()).collect::<Vec<_>>();
        assert_eq!(names(rules.clone()), ["a", "a"]);
        // Also from the tree alone.
        assert_eq!(names(Node::from_syntax(rules.syntax().unwrap().clone())), ["a", "a"]);
    }

    #[test]
    fn documents_of_other_shapes_are_visible() {
        let file = RulesFile::from_parse(&parse("---\n---\na: b\n---\n- list: c\n"));
        let kinds: Vec<_> = file.documents().iter().map(|document| document.root().kind()).collect();
        assert_eq!(kinds, [NodeKind::Null, NodeKind::Mapping, NodeKind::Sequence]);
        assert_eq!(file.items().count(), 1);
        // Two sequences in one document are one mistake, not a lost item.
        assert_eq!(items("  - list: a\n- list: b\n").len(), 2);
    }
}
