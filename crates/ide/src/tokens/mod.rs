//! What every meaningful word of a file is: keys, names, fields, operators, values.
//!
//! The words come from both trees, that of the YAML and those of the conditions and outputs in it; what a name means comes from the
//! compilation. Semantic tokens, highlights and the search for names in text that is not compiled all go by this.

mod embedded;
mod values;

use falco_catalog::keys::{ItemKind as KeyOwner, KeyInfo, KeyValue};
use falco_catalog::versions::Since;
use falco_compiler::{Change, ItemKind, NameUse, Named, Span};
use falco_syntax::ast::Item;
use falco_syntax::yaml::{Mapping, Node, NodeKind};
use falco_syntax::{TextRange, TextSize};

use crate::Analysis;
use crate::context::{below, owner_of};
use crate::types::FileId;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TokenKind {
    Key,
    Rule,
    Macro,
    List,
    Exception,
    Field,
    /// What stands in brackets after a field.
    Argument,
    EventType,
    Operator,
    /// `and`, `or`, `not`, modifiers of operators, `true`, `append`.
    Keyword,
    Transformer,
    String,
    Number,
    Priority,
    Source,
    Tag,
}

/// A word of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Where it stands; on one line unless a scalar's line break is in the middle of it.
    pub range: TextRange,
    /// What it is.
    pub kind: TokenKind,
    /// It gives its name to something.
    pub definition: bool,
    /// Falco, or the catalogue, calls it deprecated.
    pub deprecated: bool,
    /// There is no such thing.
    pub unresolved: bool,
}

impl Token {
    fn new(range: TextRange, kind: TokenKind) -> Self {
        Self { range, kind, definition: false, deprecated: false, unresolved: false }
    }
}

/// The words of a file that `within` touches, in order of position; they do not overlap.
pub(crate) fn of_file(analysis: &Analysis, file: FileId, within: Option<TextRange>) -> Vec<Token> {
    let whole = TextRange::up_to(TextSize::of(analysis.text(file)));
    let uses = Uses::new(analysis, file);
    let mut out = Vec::new();
    for item in analysis.items_in(file, within.unwrap_or(whole)) {
        of_item(analysis, file, &item, &uses, &mut out);
    }
    sort(&mut out);
    out.retain(|token| within.is_none_or(|w| token.range.start() <= w.end() && w.start() <= token.range.end()));
    out
}

/// The words of one item, in order of position.
pub(crate) fn of_one_item(analysis: &Analysis, file: FileId, item: &Item) -> Vec<Token> {
    let uses = Uses::new(analysis, file);
    let mut out = Vec::new();
    of_item(analysis, file, item, &uses, &mut out);
    sort(&mut out);
    out
}

/// Aliases can lead to the same text twice, and broken text to overlaps; of those the first counts.
fn sort(tokens: &mut Vec<Token>) {
    tokens.retain(|token| !token.range.is_empty());
    tokens.sort_by_key(|token| (token.range.start(), token.range.end()));
    let mut end = TextSize::new(0);
    tokens.retain(|token| {
        let free = token.range.start() >= end;
        if free {
            end = token.range.end();
        }
        free
    });
}

/// What the compilation knows of the names that are used in a file, by their places.
struct Uses<'a>(Vec<NameUse<'a>>);

impl<'a> Uses<'a> {
    fn new(analysis: &'a Analysis, file: FileId) -> Self {
        Self(analysis.compilation().uses_in(falco_compiler::FileId(file.0)))
    }

    fn at(&self, start: u32) -> Option<&NameUse<'a>> {
        let at = self.0.partition_point(|name| name.span.start < start);
        self.0.get(at).filter(|name| name.span.start == start)
    }
}

fn of_item(analysis: &Analysis, file: FileId, item: &Item, uses: &Uses<'_>, out: &mut Vec<Token>) {
    let Some(mapping) = item.body().mapping() else { return };
    let owner = owner_of(item);
    let mut walk = Walk { analysis, uses, is_dead: is_dead(analysis, file, item), out, needs: Vec::new() };
    walk.mapping(owner, mapping);
}

/// Words of a file of which it is known since when Falco has what they name.
pub(crate) fn needs(analysis: &Analysis, file: FileId) -> Vec<(String, &'static Since)> {
    let whole = TextRange::up_to(TextSize::of(analysis.text(file)));
    let uses = Uses(Vec::new());
    let mut out = Vec::new();
    let mut walk = Walk { analysis, uses: &uses, is_dead: false, out: &mut out, needs: Vec::new() };
    for item in analysis.items_in(file, whole) {
        if let Some(mapping) = item.body().mapping() {
            walk.mapping(owner_of(&item), mapping);
        }
    }
    walk.needs
}

/// Whether a later item takes the place of what this one says, so that the compilation does not know what is used in it.
pub(crate) fn is_dead(analysis: &Analysis, file: FileId, item: &Item) -> bool {
    let Some(named) = named_by(analysis, item) else { return true };
    let range = item.body().range();
    let here =
        |span: Span| span.file.0 == file.0 && span.start <= range.end().into() && span.end >= range.start().into();
    let sites = named.sites();
    let Some(own) = sites.iter().rposition(|site| here(site.item)) else { return true };
    let replaces = |change| matches!(change, Change::Define | Change::Replace);
    sites.get(own).is_some_and(|site| site.change == Change::Broken)
        || sites.iter().skip(own + 1).any(|site| replaces(site.change))
}

/// What an item is a part of.
pub(crate) fn named_by<'a>(analysis: &'a Analysis, item: &Item) -> Option<Named<'a>> {
    let kind = match item {
        Item::Rule(_) => ItemKind::Rule,
        Item::Macro(_) => ItemKind::Macro,
        Item::List(_) => ItemKind::List,
        _ => return None,
    };
    analysis.compilation().named(kind, &item.name()?)
}

struct Walk<'a> {
    analysis: &'a Analysis,
    uses: &'a Uses<'a>,
    is_dead: bool,
    out: &'a mut Vec<Token>,
    /// What Falco has since when, as far as it is known.
    needs: Vec<(String, &'static Since)>,
}

impl Walk<'_> {
    fn push(&mut self, range: TextRange, kind: TokenKind) -> Option<&mut Token> {
        self.out.push(Token::new(range, kind));
        self.out.last_mut()
    }

    fn need(&mut self, name: &str, since: Option<&'static Since>) {
        self.needs.extend(since.map(|since| (name.to_owned(), since)));
    }

    fn mapping(&mut self, owner: Option<KeyOwner>, mapping: &Mapping) {
        for entry in mapping.entries() {
            let info = entry.key_text().and_then(|name| owner?.key(&name));
            let token = self.push(entry.key().range(), TokenKind::Key);
            if let Some(token) = token {
                token.unresolved = info.is_none() && owner.is_some();
                token.deprecated = info.is_some_and(|info| info.deprecated);
            }
            if let Some(info) = info {
                self.need(info.name, info.known_since());
                self.value(info, &entry.value());
            }
        }
    }

    fn value(&mut self, info: &'static KeyInfo, node: &Node) {
        // An alias has no words of its own.
        if node.is_alias() {
            return;
        }
        match node.kind() {
            NodeKind::Null => {}
            NodeKind::Scalar => self.scalar(info, node),
            NodeKind::Sequence => {
                for item in node.as_sequence().into_iter().flat_map(|sequence| sequence.items()) {
                    self.value(info, &item);
                }
            }
            NodeKind::Mapping => {
                if let (Some(owner), Some(mapping)) = (below(info), node.as_mapping()) {
                    self.mapping(Some(owner), &mapping);
                }
            }
        }
    }

    fn scalar(&mut self, info: &'static KeyInfo, node: &Node) {
        match info.value {
            KeyValue::Condition => self.condition(node),
            KeyValue::Output => self.output(node),
            _ => self.plain_value(info, node),
        }
    }

    /// The list of a name, where one is pasted or would be.
    fn is_list(&self, start: u32, name: &str) -> bool {
        match self.uses.at(start) {
            Some(name) => name.kind == ItemKind::List,
            None => self.is_dead && self.analysis.compilation().named(ItemKind::List, name).is_some(),
        }
    }
}
