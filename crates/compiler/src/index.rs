//! Where everything is defined, changed and used, for editors and tools.

use std::sync::Arc;

use falco_catalog::EventSet;
use rustc_hash::FxHashMap;

use crate::collect::{Node, Table};
use crate::compilation::{Compilation, Inner};
use crate::diagnostic::{ItemKind, Span};
use crate::named::{Named, each_use};
use crate::program::Priority;

/// Everything that has a name.
#[derive(Debug, Clone, Default)]
pub struct ItemIndex {
    /// The macros, in order of first definition.
    pub macros: Vec<ItemEntry>,
    /// The lists, in order of first definition.
    pub lists: Vec<ItemEntry>,
    /// The rules, in order of first definition.
    pub rules: Vec<ItemEntry>,
    pub(crate) macro_by_name: FxHashMap<Arc<str>, u32>,
    pub(crate) list_by_name: FxHashMap<Arc<str>, u32>,
    pub(crate) rule_by_name: FxHashMap<Arc<str>, u32>,
}

impl ItemIndex {
    /// The macro of that name.
    pub fn macro_named(&self, name: &str) -> Option<&ItemEntry> {
        self.macro_by_name.get(name).and_then(|i| self.macros.get(*i as usize))
    }

    /// The list of that name.
    pub fn list_named(&self, name: &str) -> Option<&ItemEntry> {
        self.list_by_name.get(name).and_then(|i| self.lists.get(*i as usize))
    }

    /// The rule of that name.
    pub fn rule_named(&self, name: &str) -> Option<&ItemEntry> {
        self.rule_by_name.get(name).and_then(|i| self.rules.get(*i as usize))
    }
}

/// A named item: all that was said about it, and all that uses it.
#[derive(Debug, Clone)]
pub struct ItemEntry {
    /// Rule, macro or list.
    pub kind: ItemKind,
    /// Its name.
    pub name: Arc<str>,
    /// Every item of that name in load order: definitions, redefinitions, appends, overrides, switches.
    pub sites: Vec<ItemSite>,
    /// Where it is used.
    pub references: Vec<Reference>,
    /// What it comes to in the end.
    pub effective: Effective,
}

/// One item of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSite {
    /// What it does.
    pub change: Change,
    /// The whole item.
    pub item: Span,
    /// The name's value.
    pub name: Span,
    /// The condition's or the list's items' value, where there is one.
    pub body: Option<Span>,
}

/// What an item does to the thing that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Defines it (or defines it anew).
    Define,
    /// Adds to it.
    Append,
    /// Replaces parts of it.
    Replace,
    /// Switches it on or off.
    Enable,
    /// Is so broken that it does nothing.
    Broken,
}

/// A use of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name where it is used.
    pub span: Span,
    /// Kind of the using item.
    pub from_kind: ItemKind,
    /// Name of the using item.
    pub from: Arc<str>,
}

/// What a named item comes to after every change.
#[derive(Debug, Clone)]
pub enum Effective {
    /// A list's items, lists in it opened as Falco does, each with the place where it was written.
    List {
        /// The items.
        items: Vec<(String, Span)>,
    },
    /// A macro's condition.
    Macro {
        /// All appends joined, lists not opened.
        text: String,
        /// Canonical text with lists and macros opened; `None` if it does not compile or is too large.
        expanded: Option<String>,
    },
    /// A rule.
    Rule {
        /// The condition with all appends and exceptions, lists and macros not opened.
        text: String,
        /// Canonical text with lists and macros opened; `None` if it does not compile or is too large.
        expanded: Option<String>,
        /// The event types that its condition can hold on; `None` if it does not compile.
        events: Option<EventSet>,
        /// The event source.
        source: String,
        /// Whether it is on.
        enabled: bool,
        /// The tags, sorted.
        tags: Vec<String>,
        /// The priority.
        priority: Priority,
        /// The output.
        output: String,
    },
}

/// Builds the index of a compilation.
pub(crate) fn build(compilation: &Compilation) -> ItemIndex {
    let inner = &compilation.inner;
    let entry = |named: Named<'_>| ItemEntry {
        kind: named.kind(),
        name: Arc::clone(named.name()),
        sites: named.sites(),
        references: Vec::new(),
        effective: named.effective(),
    };
    let entries = |kind| compilation.all_named(kind).map(entry).collect();
    let mut index = ItemIndex {
        lists: entries(ItemKind::List),
        macros: entries(ItemKind::Macro),
        rules: entries(ItemKind::Rule),
        macro_by_name: ranks(&inner.collection.macros),
        list_by_name: ranks(&inner.collection.lists),
        rule_by_name: ranks(&inner.collection.rules),
    };
    references(inner, &mut index);
    index
}

/// The place of each name in the order.
fn ranks<T>(table: &Table<T>) -> FxHashMap<Arc<str>, u32> {
    table.by_name().iter().map(|(name, id)| (Arc::clone(name), table.rank(*id))).collect()
}

fn references(inner: &Inner, index: &mut ItemIndex) {
    let collection = &inner.collection;
    let macros = collection.macros.order().iter().map(|id| (Node::Macro(*id), ItemKind::Macro));
    let rules = collection.rules.order().iter().map(|id| (Node::Rule(*id), ItemKind::Rule));
    let lists = collection.lists.order().iter().map(|id| (Node::List(*id), ItemKind::List));
    for (node, from_kind) in macros.chain(rules).chain(lists) {
        let Some(from) = collection.name(node) else { continue };
        each_use(inner, node, &mut |_, target, loc| {
            let entry = match target {
                Some(Node::Macro(id)) => index.macros.get_mut(collection.macros.rank(id) as usize),
                Some(Node::List(id)) => index.lists.get_mut(collection.lists.rank(id) as usize),
                Some(Node::Rule(_)) | None => None,
            };
            if let Some(entry) = entry {
                entry.references.push(Reference { span: inner.span(loc), from_kind, from: Arc::clone(from) });
            }
        });
    }
    for entry in index.macros.iter_mut().chain(&mut index.lists) {
        entry.references.sort_by_key(|reference| reference.span);
        entry.references.dedup();
    }
}
