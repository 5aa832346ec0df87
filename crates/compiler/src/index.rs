//! Where everything is defined, changed and used, for editors and tools.

use std::sync::Arc;

use falco_catalog::EventSet;
use rustc_hash::FxHashMap;

use crate::collect::{SiteRaw, Table};
use crate::compilation::Inner;
use crate::diagnostic::{ItemKind, Span};
use crate::lower::{expanded_macro, expanded_rule};
use crate::stage::Condition;

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
    },
}

/// Builds the index of a compilation.
pub(crate) fn build(inner: &Inner) -> ItemIndex {
    let mut index = ItemIndex {
        macro_by_name: ranks(&inner.collection.macros),
        list_by_name: ranks(&inner.collection.lists),
        rule_by_name: ranks(&inner.collection.rules),
        ..ItemIndex::default()
    };
    let sites = |sites: &[SiteRaw]| -> Vec<ItemSite> {
        sites
            .iter()
            .map(|site| ItemSite {
                change: site.change,
                item: inner.span(site.item),
                name: inner.span(site.name),
                body: site.body.map(|body| inner.span(body)),
            })
            .collect()
    };
    for (id, list) in inner.collection.lists.iter() {
        let items = inner.units.list(id).map(|unit| unit.paste.items()).unwrap_or_default();
        index.lists.push(ItemEntry {
            kind: ItemKind::List,
            name: Arc::clone(&list.name),
            sites: sites(&list.sites),
            references: Vec::new(),
            effective: Effective::List {
                items: items.into_iter().map(|(text, loc)| (text.to_owned(), inner.span(loc))).collect(),
            },
        });
    }
    for (id, macro_) in inner.collection.macros.iter() {
        let unit = inner.units.macro_(id);
        let expanded = unit.filter(|unit| !unit.broken && !unit.too_large()).map(|unit| expanded_macro(inner, unit));
        index.macros.push(ItemEntry {
            kind: ItemKind::Macro,
            name: Arc::clone(&macro_.name),
            sites: sites(&macro_.sites),
            references: Vec::new(),
            effective: Effective::Macro { text: macro_.condition.text.clone(), expanded },
        });
    }
    for (id, rule) in inner.collection.rules.iter() {
        let unit = inner.units.rule(id);
        let fine = unit.filter(|unit| unit.ok);
        index.rules.push(ItemEntry {
            kind: ItemKind::Rule,
            name: Arc::clone(&rule.name),
            sites: sites(&rule.sites),
            references: Vec::new(),
            effective: Effective::Rule {
                text: unit.map_or_else(|| rule.condition.text.clone(), |unit| unit.condition.plain.text.clone()),
                expanded: fine.map(|unit| expanded_rule(inner, unit)),
                events: fine.map(|unit| unit.events.clone()),
                source: rule.source.to_string(),
                enabled: rule.enabled,
                tags: rule.tags.iter().map(ToString::to_string).collect(),
            },
        });
    }
    references(inner, &mut index);
    index
}

/// The place of each name in the order.
fn ranks<T>(table: &Table<T>) -> FxHashMap<Arc<str>, u32> {
    table.by_name().iter().map(|(name, id)| (Arc::clone(name), table.rank(*id))).collect()
}

fn references(inner: &Inner, index: &mut ItemIndex) {
    let collection = &inner.collection;
    let mut condition = |condition: &Condition, targets: &[Option<u32>], kind: ItemKind, from: &Arc<str>| {
        for (ident, target) in condition.parsed.refs.iter().zip(targets) {
            let place = condition.pasted.place(ident.range.0, ident.range.1);
            let entry = target.and_then(|t| index.macros.get_mut(collection.macros.rank(t) as usize));
            if let Some(entry) = entry {
                let span = inner.span(place.loc);
                entry.references.push(Reference { span, from_kind: kind, from: Arc::clone(from) });
            }
        }
        for (list, loc) in &condition.lists {
            if let Some(entry) = index.lists.get_mut(collection.lists.rank(*list) as usize) {
                let span = inner.span(*loc);
                entry.references.push(Reference { span, from_kind: kind, from: Arc::clone(from) });
            }
        }
    };
    for (id, macro_) in collection.macros.iter() {
        if let Some(unit) = inner.units.macro_(id) {
            condition(&unit.condition, &unit.targets, ItemKind::Macro, &macro_.name);
        }
    }
    for (id, rule) in collection.rules.iter() {
        if let Some(unit) = inner.units.rule(id) {
            condition(&unit.condition, &unit.targets, ItemKind::Rule, &rule.name);
        }
    }
    for (id, list) in collection.lists.iter() {
        for (used, loc) in inner.units.list(id).into_iter().flat_map(|unit| &unit.uses) {
            let span = inner.span(*loc);
            if let Some(entry) = index.lists.get_mut(collection.lists.rank(*used) as usize) {
                entry.references.push(Reference { span, from_kind: ItemKind::List, from: Arc::clone(&list.name) });
            }
        }
    }
    for entry in index.macros.iter_mut().chain(&mut index.lists) {
        entry.references.sort_by_key(|reference| reference.span);
        entry.references.dedup();
    }
}
