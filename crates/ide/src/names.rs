//! Names: what the one under the cursor stands for, and everywhere that it stands.

use std::sync::Arc;

use falco_compiler::{Change, ItemKind, ItemSite, Named, Span};
use falco_syntax::ast::{Exception, Item};
use falco_syntax::yaml::Node;
use falco_syntax::{TextRange, TextSize};

use crate::Analysis;
use crate::diagnostics::range;
use crate::tokens::{self, Token, TokenKind};
use crate::types::{FileId, FilePosition};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A list, macro or rule.
    Item(ItemKind, Arc<str>),
    /// An exception of a rule.
    Exception {
        /// The rule's name.
        rule: String,
        /// The exception's.
        name: String,
    },
}

impl Subject {
    /// The name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Item(_, name) => name,
            Self::Exception { name, .. } => name,
        }
    }

    /// What it is called in a sentence.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Item(kind, _) => kind.head_key(),
            Self::Exception { .. } => "exception",
        }
    }
}

/// What a name does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// Something is defined by the name.
    Define,
    /// Something is changed that is defined elsewhere.
    Change,
    /// Something is used.
    Use,
}

/// A place of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Occurrence {
    /// The file.
    pub file: FileId,
    /// The name, without quotes.
    pub range: TextRange,
    /// What it does there.
    pub access: Access,
}

/// What the name at a position stands for, and its place.
pub(crate) fn at(analysis: &Analysis, position: FilePosition) -> Option<(Subject, TextRange)> {
    let file = falco_compiler::FileId(position.file.0);
    if let Some((named, span)) = analysis.compilation().name_at(file, position.offset.into()) {
        let site = named.sites().into_iter().find(|site| site.name == span);
        let place = site.and_then(|site| name_in(analysis, site.item)).unwrap_or_else(|| range(span));
        return Some((subject(named), place));
    }
    let item = analysis.item_at(position)?;
    let tokens = tokens::of_one_item(analysis, position.file, &item);
    let token = tokens.iter().find(|token| token.range.contains_inclusive(position.offset) && is_name(token))?;
    let name = text(analysis, position.file, &item, token)?;
    let subject = match token.kind {
        TokenKind::Exception => Subject::Exception { rule: item.name()?, name },
        kind => subject(analysis.compilation().named(item_kind(kind)?, &name)?),
    };
    Some((subject, token.range))
}

/// The compiler's view of a subject.
pub(crate) fn named<'a>(analysis: &'a Analysis, subject: &Subject) -> Option<Named<'a>> {
    match subject {
        Subject::Item(kind, name) => analysis.compilation().named(*kind, name),
        Subject::Exception { .. } => None,
    }
}

/// All places of a subject's name, by file and position.
pub(crate) fn occurrences(analysis: &Analysis, subject: &Subject) -> Vec<Occurrence> {
    let mut found = match subject {
        Subject::Item(kind, name) => match analysis.compilation().named(*kind, name) {
            Some(named) => of_item(analysis, named),
            None => Vec::new(),
        },
        Subject::Exception { rule, name } => {
            exceptions(analysis, rule, name).into_iter().map(|(occurrence, _)| occurrence).collect()
        }
    };
    order(&mut found);
    found
}

/// The places of a subject's name in one file, in order of position.
pub(crate) fn occurrences_in(analysis: &Analysis, subject: &Subject, file: FileId) -> Vec<Occurrence> {
    let mut found = match named(analysis, subject) {
        Some(named) => {
            let mut found = sites(analysis, named, Some(file));
            let uses = analysis.compilation().uses_in(falco_compiler::FileId(file.0));
            let own = uses.iter().filter(|name| name.target == Some(named));
            found.extend(own.map(|name| Occurrence { file, range: range(name.span), access: Access::Use }));
            in_dead_text(analysis, named, Some(file), &mut found);
            found
        }
        None => occurrences(analysis, subject),
    };
    found.retain(|o| o.file == file);
    order(&mut found);
    found
}

fn order(found: &mut Vec<Occurrence>) {
    found.sort_by_key(|o| (o.file, o.range.start(), o.range.end(), o.access));
    found.dedup_by_key(|o| (o.file, o.range));
}

/// The exceptions of a name in the items of a rule: the first defines it, the others change it. Each with its name's place and
/// as a whole.
pub(crate) fn exceptions(analysis: &Analysis, rule: &str, name: &str) -> Vec<(Occurrence, TextRange)> {
    let mut found: Vec<(Occurrence, TextRange)> = Vec::new();
    for (file, exception) in all_exceptions(analysis, rule) {
        let Some(node) = exception.name().filter(|node| node.text().as_deref() == Some(name)) else { continue };
        let Some(range) = content(&node) else { continue };
        let access = if found.is_empty() { Access::Define } else { Access::Change };
        found.push((Occurrence { file, range, access }, exception.body().range()));
    }
    found
}

/// All exceptions in the items of a rule.
pub(crate) fn all_exceptions(analysis: &Analysis, rule: &str) -> Vec<(FileId, Exception)> {
    let Some(named) = analysis.compilation().named(ItemKind::Rule, rule) else { return Vec::new() };
    let mut found = Vec::new();
    for site in items(named) {
        if let Some(Item::Rule(rule)) = item_of(analysis, site.item) {
            let file = FileId(site.item.file.0);
            found.extend(rule.exceptions().into_iter().map(|exception| (file, exception)));
        }
    }
    found
}

/// The items of a name, each once: an item that overrides two keys changes two things.
pub(crate) fn items(named: Named<'_>) -> Vec<ItemSite> {
    let mut sites = named.sites();
    sites.dedup_by_key(|site| site.item);
    sites
}

/// The item of a span that the compiler gives.
pub(crate) fn item_of(analysis: &Analysis, span: Span) -> Option<Item> {
    analysis.item_at(FilePosition { file: FileId(span.file.0), offset: range(span).start() })
}

/// The scalar's text in the file, without quotes, header and the line breaks at its end.
pub(crate) fn content(node: &Node) -> Option<TextRange> {
    let decoded = node.as_scalar()?.decode();
    Some(decoded.map_range(TextRange::up_to(TextSize::of(decoded.text.trim_end()))))
}

fn subject(named: Named<'_>) -> Subject {
    Subject::Item(named.kind(), Arc::clone(named.name()))
}

fn is_name(token: &Token) -> bool {
    item_kind(token.kind).is_some() || token.kind == TokenKind::Exception
}

fn item_kind(kind: TokenKind) -> Option<ItemKind> {
    match kind {
        TokenKind::Rule => Some(ItemKind::Rule),
        TokenKind::Macro => Some(ItemKind::Macro),
        TokenKind::List => Some(ItemKind::List),
        _ => None,
    }
}

/// The decoded text of a token that is a name.
fn text(analysis: &Analysis, file: FileId, item: &Item, token: &Token) -> Option<String> {
    if let Item::Rule(rule) = item
        && token.kind == TokenKind::Exception
    {
        let names = rule.exceptions().into_iter().filter_map(|exception| exception.name());
        return names.filter(|node| content(node) == Some(token.range)).find_map(|node| node.text());
    }
    if token.definition {
        return item.name();
    }
    // In a condition or a list's items a name is written as it is, or else the compiler does not know it.
    analysis.text(file).get(std::ops::Range::<usize>::from(token.range)).map(str::to_owned)
}

/// The name's place in the item that a span covers.
fn name_in(analysis: &Analysis, item: Span) -> Option<TextRange> {
    content(&item_of(analysis, item)?.head()?)
}

fn of_item(analysis: &Analysis, named: Named<'_>) -> Vec<Occurrence> {
    let mut found = sites(analysis, named, None);
    let references = named.references();
    let uses = references.iter().map(|reference| Occurrence {
        file: FileId(reference.span.file.0),
        range: range(reference.span),
        access: Access::Use,
    });
    found.extend(uses);
    in_dead_text(analysis, named, None, &mut found);
    found
}

/// The items of a name, in one file or in all.
fn sites(analysis: &Analysis, named: Named<'_>, only: Option<FileId>) -> Vec<Occurrence> {
    let sites = items(named).into_iter().filter(|site| only.is_none_or(|only| only.0 == site.item.file.0));
    let occurrence = |site: ItemSite| {
        let access = if site.change == Change::Define { Access::Define } else { Access::Change };
        let range = name_in(analysis, site.item).unwrap_or_else(|| range(site.name));
        Occurrence { file: FileId(site.item.file.0), range, access }
    };
    sites.map(occurrence).collect()
}

/// Uses in what later items replace: the compiler does not look there, but the author does.
fn in_dead_text(analysis: &Analysis, named: Named<'_>, only: Option<FileId>, found: &mut Vec<Occurrence>) {
    for (span, owner) in analysis.compilation().items_mentioning(named.name()) {
        // Only what is said more than once can be replaced.
        let broken = || owner.sites().iter().any(|site| site.change == Change::Broken);
        if owner.site_count() < 2 && !broken() {
            continue;
        }
        let file = FileId(span.file.0);
        if only.is_some_and(|only| only != file) {
            continue;
        }
        let Some(item) = item_of(analysis, span).filter(|item| tokens::is_dead(analysis, file, item)) else { continue };
        for token in tokens::of_one_item(analysis, file, &item) {
            let is_use = item_kind(token.kind) == Some(named.kind()) && !token.definition;
            if is_use && text(analysis, file, &item, &token).as_deref() == Some(&**named.name()) {
                found.push(Occurrence { file, range: token.range, access: Access::Use });
            }
        }
    }
}
