//! Completion: what can stand at a position.

mod arguments;
mod condition;
mod exceptions;
mod items;
mod output;
mod scope;
pub(crate) mod test_file;
mod topic;
pub(crate) mod values;

use falco_catalog::{Catalog, FieldInfo, keys::KeyValue};
use falco_compiler::{ItemKind, Named};
use falco_syntax::TextRange;

use crate::Analysis;
use crate::context::{self, Context, ItemFacts};
use crate::types::*;
use scope::Scope;
pub(crate) use topic::documentation;

/// More than anybody looks through; what is left out comes when more is typed.
const MAX_ITEMS: usize = 1_000;
/// The same for the names of one kind of items.
const MAX_NAMES: usize = 400;

/// What can stand at the position, best first.
pub(crate) fn at(analysis: &Analysis, position: FilePosition) -> CompletionList {
    let Some(tree) = analysis.tree(position.file) else { return CompletionList::default() };
    let text = analysis.text(position.file);
    let Some((context, item)) = context::at(tree, text, position.offset) else { return CompletionList::default() };
    let mut out = Completions { analysis, items: Vec::new(), is_incomplete: false };
    match &context {
        Context::TopLevel { range } => {
            let has_dash = text.get(usize::from(range.start())..).is_some_and(|rest| rest.starts_with('-'));
            items::top_level(&mut out, *range, has_dash);
        }
        Context::Key { owner, range, present, has_colon, column } => {
            items::keys(&mut out, *owner, *range, present, *has_colon, *column, item.mapping.as_ref());
        }
        Context::Value { key, embedded, mapping, path } => {
            let (sources, scope) = (sources(analysis, &item), Scope::of(analysis, &item));
            match key.value {
                KeyValue::Condition => condition::complete(&mut out, embedded, &sources, &scope),
                KeyValue::Output => output::complete(&mut out, embedded, &sources, &scope),
                _ => {
                    let value = values::Value { key, embedded, mapping, path };
                    values::complete(&mut out, &value, &sources, &scope, &item);
                }
            }
        }
    }
    let Completions { mut items, mut is_incomplete, .. } = out;
    items.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.label.cmp(&b.label)));
    is_incomplete |= items.len() > MAX_ITEMS;
    items.truncate(MAX_ITEMS);
    CompletionList { items, is_incomplete }
}

/// The event sources whose fields an item may use. A rule has one; a macro those of the rules that use it, or any.
pub(crate) fn sources(analysis: &Analysis, facts: &ItemFacts) -> Vec<String> {
    use falco_catalog::keys::ItemKind as KeyOwner;
    let named = |kind| facts.name.as_deref().and_then(|name| analysis.compilation().named(kind, name));
    match facts.kind {
        Some(KeyOwner::Rule) => {
            // What the item says holds while it is typed; an append or override has its rule's.
            let own = facts.source.clone().filter(|s| !s.is_empty());
            let source = own.or_else(|| Some(named(ItemKind::Rule)?.source()?.to_owned()));
            vec![source.unwrap_or_else(|| "syscall".to_owned())]
        }
        Some(KeyOwner::Macro) => {
            let users = named(ItemKind::Macro).map(|found| found.users()).unwrap_or_default();
            let mut sources: Vec<String> = users.iter().filter_map(|user| Some(user.source()?.to_owned())).collect();
            sources.sort();
            sources.dedup();
            sources
        }
        _ => Vec::new(),
    }
}

/// The fields that most rules are made of; they come first among those that go with what was typed.
const EVERYDAY: [&str; 34] = [
    "container.id",
    "container.image.repository",
    "container.name",
    "ct.name",
    "ct.user",
    "evt.arg",
    "evt.is_open_read",
    "evt.is_open_write",
    "evt.res",
    "evt.type",
    "fd.directory",
    "fd.filename",
    "fd.name",
    "fd.num",
    "fd.sip",
    "fd.sport",
    "fd.typechar",
    "fs.path.name",
    "k8s.ns.name",
    "k8s.pod.name",
    "ka.target.resource",
    "ka.user.name",
    "ka.verb",
    "proc.aname",
    "proc.args",
    "proc.cmdline",
    "proc.exepath",
    "proc.name",
    "proc.pid",
    "proc.pname",
    "proc.tty",
    "user.loginuid",
    "user.name",
    "user.uid",
];

/// Collects completions.
pub(crate) struct Completions<'a> {
    pub(crate) analysis: &'a Analysis,
    pub(crate) items: Vec<CompletionItem>,
    /// Whether more comes when more is typed.
    pub(crate) is_incomplete: bool,
}

impl Completions<'_> {
    pub(crate) fn catalog(&self) -> &Catalog {
        self.analysis.catalog()
    }

    /// The names of macros, lists or rules that go with what was typed, in order.
    pub(crate) fn names(
        &mut self,
        kind: ItemKind,
        typed: &str,
        keep: impl Fn(&Named<'_>) -> bool,
    ) -> Vec<std::sync::Arc<str>> {
        let all = self.analysis.compilation().all_named(kind);
        let fitting = all.filter(|named| goes_with(named.name(), typed) && keep(named));
        let mut names: Vec<_> = fitting.map(|named| std::sync::Arc::clone(named.name())).collect();
        if names.len() > MAX_NAMES {
            self.is_incomplete = true;
            // Of thousands only the first are worth sorting.
            names.select_nth_unstable(MAX_NAMES);
            names.truncate(MAX_NAMES);
        }
        names.sort_unstable();
        names
    }

    /// A word that replaces `range` by itself.
    pub(crate) fn word(
        &mut self,
        label: &str,
        kind: CompletionKind,
        range: TextRange,
        rank: u8,
        detail: Option<String>,
        topic: Option<Topic>,
    ) {
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind,
            detail,
            topic,
            filter: None,
            edit: TextEdit { range, text: label.to_owned() },
            is_snippet: false,
            deprecated: false,
            rank,
        });
    }

    /// The fields of `sources` (of every source, if there is none) whose names go with what was typed.
    pub(crate) fn fields(
        &mut self,
        typed: &str,
        range: TextRange,
        sources: &[String],
        keep: impl Fn(&FieldInfo) -> bool,
    ) {
        let analysis = self.analysis;
        let catalog = analysis.catalog();
        let mut fields: Vec<&FieldInfo> = Vec::new();
        if sources.is_empty() {
            fields.extend(catalog.fields());
        } else {
            for source in sources {
                fields.extend(catalog.fields_of_source(source));
            }
            fields.sort_by_key(|f| f.name);
            fields.dedup_by_key(|f| f.name);
        }
        for field in fields {
            if !field.flags.hidden() && goes_with(field.name, typed) && keep(field) {
                let deprecated = field.flags.deprecated();
                let common = EVERYDAY.contains(&field.name);
                self.items.push(CompletionItem {
                    label: field.name.to_owned(),
                    kind: CompletionKind::Field,
                    detail: Some(field.type_label()),
                    topic: Some(Topic::Field(field.name.to_owned())),
                    filter: None,
                    edit: TextEdit { range, text: field.name.to_owned() },
                    is_snippet: false,
                    deprecated,
                    rank: if deprecated { 30 } else { 20 - u8::from(common) },
                });
            }
        }
    }
}

/// Whether a name goes with what was typed: the typed letters stand in it in this order, the first at the start of a part.
pub(crate) fn goes_with(name: &str, typed: &str) -> bool {
    let typed = typed.as_bytes();
    let Some(first) = typed.first() else { return true };
    let bytes = name.as_bytes();
    let starts = (0..bytes.len()).filter(|i| {
        let at_start = *i == 0 || matches!(bytes.get(i - 1), Some(b'.' | b'_' | b'-'));
        at_start && bytes.get(*i).is_some_and(|b| b.eq_ignore_ascii_case(first))
    });
    starts.into_iter().any(|start| {
        let mut rest = typed.iter();
        let mut next = rest.next();
        for b in bytes.get(start..).unwrap_or_default() {
            if next.is_some_and(|n| n.eq_ignore_ascii_case(b)) {
                next = rest.next();
            }
        }
        next.is_none()
    })
}

#[cfg(test)]
mod tests;
