//! One name at a time: what a list, macro or rule is, where it is made and who uses it.
//!
//! [`ItemIndex`](crate::ItemIndex) tells the same of everything at once, which takes time in large workspaces. An editor asks about
//! the one name under the cursor right after a keystroke, so here nothing is worked out that was not asked for.

use std::fmt;
use std::sync::Arc;

use falco_catalog::EventSet;

use crate::collect::{Node, SiteRaw};
use crate::compilation::{Compilation, Inner};
use crate::diagnostic::{FileId, ItemKind, Span};
use crate::index::{Effective, ItemSite, Reference};
use crate::items::{ItemIr, word_hash};
use crate::loc::Loc;
use crate::lower::{expanded_macro, expanded_rule};
use crate::program::Priority;

/// A list, macro or rule of a compilation.
#[derive(Clone, Copy)]
pub struct Named<'c> {
    pub(crate) inner: &'c Inner,
    pub(crate) node: Node,
}

/// A name in a condition, in a list's items or in an exception's values.
#[derive(Debug, Clone, Copy)]
pub struct NameUse<'c> {
    /// The name.
    pub span: Span,
    /// What it must be the name of.
    pub kind: ItemKind,
    /// What it is the name of; `None` if there is no such thing, or it is defined too late.
    pub target: Option<Named<'c>>,
}

impl fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind().head_key(), self.name())
    }
}

impl PartialEq for Named<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node && std::ptr::eq(self.inner, other.inner)
    }
}

impl Compilation {
    /// The list, macro or rule of that name.
    pub fn named(&self, kind: ItemKind, name: &str) -> Option<Named<'_>> {
        node(&self.inner, kind, name).map(|node| Named { inner: &self.inner, node })
    }

    /// All lists, macros or rules, in order of first definition.
    pub fn all_named(&self, kind: ItemKind) -> impl Iterator<Item = Named<'_>> {
        let collection = &self.inner.collection;
        let (ids, of): (&[u32], fn(u32) -> Node) = match kind {
            ItemKind::List => (collection.lists.order(), Node::List),
            ItemKind::Macro => (collection.macros.order(), Node::Macro),
            ItemKind::Rule => (collection.rules.order(), Node::Rule),
            ItemKind::EngineVersion | ItemKind::PluginVersions => (&[], Node::Rule),
        };
        let nodes = ids.iter().map(move |id| of(*id)).filter(|node| collection.name(*node).is_some());
        nodes.map(|node| Named { inner: &self.inner, node })
    }

    /// The list, macro or rule whose name the position touches, by a use of it or where it is made, with the name's place. Of
    /// what an override throws away, uses are not known.
    pub fn name_at(&self, file: FileId, offset: u32) -> Option<(Named<'_>, Span)> {
        let inner = &*self.inner;
        let ir = inner.items_of(file).find(|ir| inner.span(ir.loc()).touches(offset))?;
        let own = part_of(inner, ir)?;
        let here = |loc: Loc| Some(inner.span(loc)).filter(|span| loc.uid == ir.uid && span.touches(offset));
        let mut found = None;
        // A use comes first: in `items: [other_list]` the innermost name is meant.
        each_use(inner, own, &mut |_, target, loc| {
            if let (Some(node), None, Some(span)) = (target, &found, here(loc)) {
                found = Some((node, span));
            }
        });
        let site = || sites(inner, own).iter().find_map(|site| Some((own, here(site.name)?)));
        found.or_else(site).map(|(node, span)| (Named { inner, node }, span))
    }

    /// The uses of names that stand in a file, in order of position.
    pub fn uses_in(&self, file: FileId) -> Vec<NameUse<'_>> {
        let inner = &*self.inner;
        let mut nodes: Vec<Node> = inner.items_of(file).filter_map(|ir| part_of(inner, ir)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut uses = Vec::new();
        for node in nodes {
            each_use(inner, node, &mut |kind, target, loc| {
                let span = inner.span(loc);
                if span.file == file && span.start < span.end {
                    uses.push(NameUse { span, kind, target: target.map(|node| Named { inner, node }) });
                }
            });
        }
        uses.sort_by_key(|name| name.span);
        uses.dedup_by_key(|name| name.span);
        uses
    }

    /// The items in which a name stands as a word of a condition, of a list's items or of an exception, with what they are a part
    /// of. Nearly: a word that is taken for another is possible.
    pub fn items_mentioning(&self, name: &str) -> Vec<(Span, Named<'_>)> {
        let inner = &*self.inner;
        let hash = word_hash(name);
        let items = inner.all_items().filter(|ir| ir.mentions().binary_search(&hash).is_ok());
        items.filter_map(|ir| Some((inner.span(ir.loc()), Named { inner, node: part_of(inner, ir)? }))).collect()
    }
}

impl<'c> Named<'c> {
    /// List, macro or rule.
    pub fn kind(&self) -> ItemKind {
        match self.node {
            Node::List(_) => ItemKind::List,
            Node::Macro(_) => ItemKind::Macro,
            Node::Rule(_) => ItemKind::Rule,
        }
    }

    /// The name.
    pub fn name(&self) -> &'c Arc<str> {
        static NONE: std::sync::LazyLock<Arc<str>> = std::sync::LazyLock::new(|| Arc::from(""));
        self.inner.collection.name(self.node).unwrap_or(&NONE)
    }

    /// Every item of that name in load order: definitions, redefinitions, appends, overrides, switches.
    pub fn sites(&self) -> Vec<ItemSite> {
        let inner = self.inner;
        let site = |site: &SiteRaw| ItemSite {
            change: site.change,
            item: inner.span(site.item),
            name: inner.span(site.name),
            body: site.body.map(|body| inner.span(body)),
        };
        sites(inner, self.node).iter().map(site).collect()
    }

    /// The first item of that name.
    pub fn first_item(&self) -> Option<Span> {
        sites(self.inner, self.node).first().map(|site| self.inner.span(site.item))
    }

    /// The last item of that name.
    pub fn last_item(&self) -> Option<Span> {
        sites(self.inner, self.node).last().map(|site| self.inner.span(site.item))
    }

    /// A rule's tags, sorted; macros and lists have none.
    pub fn tags(&self) -> impl Iterator<Item = &'c str> + use<'c> {
        let rule = match self.node {
            Node::Rule(id) => self.inner.collection.rules.get(id),
            Node::List(_) | Node::Macro(_) => None,
        };
        rule.into_iter().flat_map(|rule| rule.tags.iter().map(|tag| &**tag))
    }

    /// How many items of that name there are.
    pub fn site_count(&self) -> usize {
        sites(self.inner, self.node).len()
    }

    /// Whether the grammar cannot read its condition, so that names in it may be missed.
    pub fn has_syntax_errors(&self) -> bool {
        self.inner.units.condition(self.node).is_some_and(|(condition, _)| !condition.parsed.errors.is_empty())
    }

    /// What it comes to in the end.
    pub fn effective(&self) -> Effective {
        effective(self.inner, self.node)
    }

    /// The event source of a rule; `None` for macros and lists.
    pub fn source(&self) -> Option<&'c str> {
        match self.node {
            Node::Rule(id) => self.inner.collection.rules.get(id).map(|rule| &*rule.source),
            Node::List(_) | Node::Macro(_) => None,
        }
    }

    /// The event types that a rule's or a macro's condition can hold on; `None` for lists, and if it does not compile.
    pub fn event_types(&self) -> Option<EventSet> {
        let units = &self.inner.units;
        match self.node {
            Node::List(_) => None,
            Node::Macro(id) => units.macro_(id).filter(|unit| !unit.broken).map(|unit| unit.events.plain.clone()),
            Node::Rule(id) => units.rule(id).filter(|unit| unit.ok).map(|unit| unit.events.clone()),
        }
    }

    /// How many items a list has in the end; `None` for macros and rules.
    pub fn list_len(&self) -> Option<usize> {
        match self.node {
            Node::List(id) => Some(self.inner.units.list(id)?.paste.items().len()),
            Node::Macro(_) | Node::Rule(_) => None,
        }
    }

    /// Where it is used, in order of position.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        self.each_user(|user, loc| {
            let span = self.inner.span(loc);
            references.push(Reference { span, from_kind: user.kind(), from: Arc::clone(user.name()) });
        });
        references.sort_by_key(|reference| reference.span);
        references.dedup();
        references
    }

    /// What uses it, each once, in no order.
    pub fn users(&self) -> Vec<Named<'c>> {
        let mut users: Vec<Named<'c>> = Vec::new();
        self.each_user(|user, _| {
            if users.last() != Some(&user) {
                users.push(user);
            }
        });
        users
    }

    /// The macros and lists that it uses, with the places of their names, in order of position.
    pub fn uses(&self) -> Vec<NameUse<'c>> {
        let inner = self.inner;
        let mut uses = Vec::new();
        each_use(inner, self.node, &mut |kind, target, loc| {
            uses.push(NameUse { span: inner.span(loc), kind, target: target.map(|node| Named { inner, node }) });
        });
        uses.sort_by_key(|name| name.span);
        uses.dedup_by_key(|name| name.span);
        uses
    }

    fn each_user(&self, mut found: impl FnMut(Named<'c>, Loc)) {
        let inner = self.inner;
        let collection = &inner.collection;
        let lists = collection.lists.order().iter().map(|id| Node::List(*id));
        let macros = collection.macros.order().iter().map(|id| Node::Macro(*id));
        let rules = collection.rules.order().iter().map(|id| Node::Rule(*id));
        for user in lists.chain(macros).chain(rules).filter(|user| uses_node(inner, *user, self.node)) {
            each_use(inner, user, &mut |_, target, loc| {
                if target == Some(self.node) {
                    found(Named { inner, node: user }, loc);
                }
            });
        }
    }
}

/// Number of the list, macro or rule of a name.
fn node(inner: &Inner, kind: ItemKind, name: &str) -> Option<Node> {
    let collection = &inner.collection;
    match kind {
        ItemKind::List => collection.lists.id(name).map(Node::List),
        ItemKind::Macro => collection.macros.id(name).map(Node::Macro),
        ItemKind::Rule => collection.rules.id(name).map(Node::Rule),
        ItemKind::EngineVersion | ItemKind::PluginVersions => None,
    }
}

fn part_of(inner: &Inner, ir: &ItemIr) -> Option<Node> {
    let (kind, name) = ir.part_of()?;
    node(inner, kind, name)
}

fn sites(inner: &Inner, node: Node) -> &[SiteRaw] {
    let collection = &inner.collection;
    let sites = match node {
        Node::List(id) => collection.lists.get(id).map(|list| &list.sites),
        Node::Macro(id) => collection.macros.get(id).map(|macro_| &macro_.sites),
        Node::Rule(id) => collection.rules.get(id).map(|rule| &rule.sites),
    };
    sites.map(Vec::as_slice).unwrap_or_default()
}

/// Whether one uses the other, without looking up places.
fn uses_node(inner: &Inner, user: Node, used: Node) -> bool {
    match (user, used) {
        (_, Node::Rule(_)) => false,
        (Node::List(id), Node::List(used)) => {
            inner.units.list(id).is_some_and(|unit| unit.uses.iter().any(|(list, _)| *list == used))
        }
        (_, Node::List(used)) => {
            inner.units.condition(user).is_some_and(|(condition, _)| condition.lists.iter().any(|(l, _)| *l == used))
        }
        (_, Node::Macro(used)) => inner.units.condition(user).is_some_and(|(_, targets)| targets.contains(&Some(used))),
    }
}

/// Every use of a name in something, as the compiler understood it.
pub(crate) fn each_use(inner: &Inner, node: Node, found: &mut dyn FnMut(ItemKind, Option<Node>, Loc)) {
    if let Node::List(id) = node {
        for (used, loc) in inner.units.list(id).into_iter().flat_map(|unit| &unit.uses) {
            found(ItemKind::List, Some(Node::List(*used)), *loc);
        }
    }
    let Some((condition, targets)) = inner.units.condition(node) else { return };
    for (ident, target) in condition.parsed.refs.iter().zip(targets) {
        let place = condition.pasted.place(ident.range.0, ident.range.1);
        // What stands in a pasted list is the list's affair, unless it names a macro.
        if place.list.is_none() || target.is_some() {
            found(ItemKind::Macro, target.map(Node::Macro), place.loc);
        }
    }
    for (list, loc) in &condition.lists {
        found(ItemKind::List, Some(Node::List(*list)), *loc);
    }
}

/// What something comes to after every change.
pub(crate) fn effective(inner: &Inner, node: Node) -> Effective {
    match node {
        Node::List(id) => {
            let items = inner.units.list(id).map(|unit| unit.paste.items()).unwrap_or_default();
            let items = items.into_iter().map(|(text, loc)| (text.to_owned(), inner.span(loc))).collect();
            Effective::List { items }
        }
        Node::Macro(id) => {
            let unit = inner.units.macro_(id).filter(|unit| !unit.broken && !unit.too_large());
            let text = inner.collection.macros.get(id).map(|macro_| macro_.condition.text.clone());
            Effective::Macro { text: text.unwrap_or_default(), expanded: unit.map(|unit| expanded_macro(inner, unit)) }
        }
        Node::Rule(id) => {
            let unit = inner.units.rule(id);
            let fine = unit.filter(|unit| unit.ok);
            let rule = inner.collection.rules.get(id);
            let plain = || rule.map(|rule| rule.condition.text.clone()).unwrap_or_default();
            Effective::Rule {
                text: unit.map_or_else(plain, |unit| unit.condition.plain.text.clone()),
                expanded: fine.map(|unit| expanded_rule(inner, unit)),
                events: fine.map(|unit| unit.events.clone()),
                source: rule.map(|rule| rule.source.to_string()).unwrap_or_default(),
                enabled: rule.is_some_and(|rule| rule.enabled),
                tags: rule.map(|rule| rule.tags.iter().map(ToString::to_string).collect()).unwrap_or_default(),
                priority: rule.map_or(Priority::Debug, |rule| rule.priority),
                output: rule.map(|rule| rule.output.text.clone()).unwrap_or_default(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, SourceFile, compile};

    const BASE: &str = "- list: shells
  items: [bash]
- list: all_shells
  items: [zsh, shells]
- macro: started
  condition: evt.type = execve
- rule: R
  desc: d
  condition: started and proc.name in (all_shells) and gone
  output: x
  priority: INFO
";

    fn workspace() -> (Compilation, [&'static str; 2]) {
        let more = "- rule: R\n  condition: or started\n  override: {condition: append}\n";
        let files = [SourceFile::new("a.yaml", BASE), SourceFile::new("b.yaml", more)];
        (compile(&files, &Options::default()), [BASE, more])
    }

    fn at(compilation: &Compilation, file: u32, texts: [&str; 2], needle: &str) -> Option<String> {
        let offset = texts[file as usize].find(needle).unwrap() as u32 + 1;
        let (named, span) = compilation.name_at(FileId(file), offset)?;
        Some(format!("{named:?} at {}", &texts[file as usize][span.range()]))
    }

    #[test]
    fn a_name_is_known_wherever_it_stands() {
        let (compilation, texts) = workspace();
        let at = |file, needle| at(&compilation, file, texts, needle);
        assert_eq!(at(0, "started\n").as_deref(), Some("macro `started` at started"));
        assert_eq!(at(0, "started and").as_deref(), Some("macro `started` at started"));
        assert_eq!(at(1, "started").as_deref(), Some("macro `started` at started"));
        assert_eq!(at(0, "shells]").as_deref(), Some("list `shells` at shells"));
        assert_eq!(at(1, "R\n").as_deref(), Some("rule `R` at R"));
        assert_eq!(at(0, "proc.name"), None);
    }

    #[test]
    fn the_index_says_the_same() {
        let (compilation, _) = workspace();
        let index = compilation.items();
        for entry in index.macros.iter().chain(&index.lists).chain(&index.rules) {
            let named = compilation.named(entry.kind, &entry.name).unwrap();
            assert_eq!(named.references(), entry.references, "{named:?}");
            assert_eq!(named.sites(), entry.sites, "{named:?}");
        }
        assert_eq!(compilation.all_named(ItemKind::List).count(), 2);
    }

    #[test]
    fn uses_in_a_file_with_those_of_unknown_names() {
        let (compilation, _) = workspace();
        let uses = compilation.uses_in(FileId(0));
        let shown: Vec<String> =
            uses.iter().map(|name| format!("{} {:?}", &BASE[name.span.range()], name.target)).collect();
        let expected = [
            "shells Some(list `shells`)",
            "started Some(macro `started`)",
            "all_shells Some(list `all_shells`)",
            "gone None",
        ];
        assert_eq!(shown, expected);
        assert_eq!(compilation.items_mentioning("started").len(), 3);
    }

    #[test]
    fn users_each_once() {
        let (compilation, _) = workspace();
        let started = compilation.named(ItemKind::Macro, "started").unwrap();
        assert_eq!(format!("{:?}", started.users()), "[rule `R`]");
        assert_eq!(started.references().len(), 2);
    }
}
