//! What lints of the compiled whole look at.

use std::rc::Rc;
use std::sync::Arc;

use crate::collect::{Collection, Node, RuleState};
use crate::diagnostic::{ItemKind, Repair};
use crate::lints::Lint;
use crate::loc::Loc;
use crate::options::Options;
use crate::sink::RawDiag;
use crate::stage::{Condition, Units};

/// The item that a finding belongs to.
pub(crate) type Owner = (ItemKind, Arc<str>);

/// The compiled whole, and where findings go.
pub(crate) struct Context<'a> {
    options: &'a Options,
    collection: &'a Collection,
    units: &'a Units,
    /// What is looked at, lists, macros and rules each in their order.
    scope: &'a [Node],
    pub(crate) diags: Vec<RawDiag>,
    list_uses: Option<Rc<[ListUse]>>,
}

/// A list's name in a condition that can be parsed.
#[derive(Debug, Clone)]
pub(crate) struct ListUse {
    pub(crate) list: Arc<str>,
    pub(crate) item: Owner,
    pub(crate) loc: Loc,
    pub(crate) in_quotes: bool,
    /// The last byte before it that is no blank; 0 at the start.
    pub(crate) byte_before: u8,
    /// The word that ends there; empty if it is no word.
    pub(crate) word_before: Box<str>,
    /// The byte before is a parenthesis that opens a group of checks, not a list of values.
    pub(crate) opens_group: bool,
}

/// An appended part of a condition that can be parsed.
#[derive(Debug)]
pub(crate) struct Appended {
    pub(crate) before: String,
    pub(crate) text: String,
    pub(crate) item: Owner,
    pub(crate) loc: Loc,
}

impl<'a> Context<'a> {
    pub(crate) fn new(options: &'a Options, collection: &'a Collection, units: &'a Units, scope: &'a [Node]) -> Self {
        Self { options, collection, units, scope, diags: Vec::new(), list_uses: None }
    }

    /// Macros and rules whose conditions can be parsed.
    fn conditions(&self) -> impl Iterator<Item = (Owner, &'a Condition)> + use<'a> {
        let (collection, units) = (self.collection, self.units);
        let conditions = self.scope.iter().filter_map(|node| {
            let kind = match node {
                Node::List(_) => return None,
                Node::Macro(_) => ItemKind::Macro,
                Node::Rule(_) => ItemKind::Rule,
            };
            let (condition, _) = units.condition(*node)?;
            Some(((kind, Arc::clone(collection.name(*node)?)), condition))
        });
        conditions.filter(|(_, condition)| condition.parsed.errors.is_empty())
    }

    /// Where lists are named in conditions.
    pub(crate) fn list_uses(&mut self) -> Rc<[ListUse]> {
        if let Some(known) = &self.list_uses {
            return Rc::clone(known);
        }
        let mut uses = Vec::new();
        for (item, condition) in self.conditions().filter(|(_, condition)| !condition.lists.is_empty()) {
            self.uses_in(&item, condition, &mut uses);
        }
        let uses: Rc<[ListUse]> = uses.into();
        self.list_uses = Some(Rc::clone(&uses));
        uses
    }

    fn uses_in(&self, item: &Owner, condition: &Condition, uses: &mut Vec<ListUse>) {
        let text = &*condition.plain.text;
        let mut quotes = Quotes { text: text.as_bytes(), at: 0, open: None };
        let mut at = 0;
        for word in text.split([' ', '\t', '\n', '\r', '(', ')', ',', '=']) {
            let start = at;
            at += word.len() + 1;
            let Some((list, _)) = self.collection.lists.entry(word) else { continue };
            let in_quotes = quotes.inside(start);
            let before = text.get(..start).unwrap_or_default().trim_end();
            let byte_before = before.bytes().next_back().unwrap_or(0);
            let usual = !in_quotes && (byte_before == b',' || byte_before == b'(' && !opens_group(before));
            if usual {
                continue;
            }
            uses.push(ListUse {
                list: Arc::clone(list),
                item: item.clone(),
                loc: condition.plain.place(start as u32, (start + word.len()) as u32).loc,
                in_quotes,
                byte_before,
                word_before: last_word(before).into(),
                opens_group: byte_before == b'(' && opens_group(before),
            });
        }
    }

    /// Rules with exceptions whose conditions can be parsed.
    pub(crate) fn rules_that_parse(&self) -> impl Iterator<Item = &'a RuleState> + use<'a> {
        let (collection, units) = (self.collection, self.units);
        self.scope.iter().filter_map(|node| {
            let (Node::Rule(id), Some(unit)) = (node, units.rule_of(*node)) else { return None };
            let rule = collection.rules.get(*id)?;
            let fine = unit.compiled && unit.condition.parsed.errors.is_empty() && !rule.exceptions.is_empty();
            fine.then_some(rule)
        })
    }

    /// What was appended to conditions.
    pub(crate) fn appends(&self) -> Vec<Appended> {
        let collection = self.collection;
        let parts = self.scope.iter().filter_map(|node| match node {
            Node::List(_) => None,
            Node::Macro(id) => collection.macros.get(*id).map(|m| (ItemKind::Macro, &m.name, &m.condition, &m.joins)),
            Node::Rule(id) => collection.rules.get(*id).map(|r| (ItemKind::Rule, &r.name, &r.condition, &r.joins)),
        });
        let mut appends = Vec::new();
        for (kind, name, condition, joins) in parts {
            for (i, join) in joins.iter().enumerate() {
                let end = joins.get(i + 1).map_or(condition.text.len(), |next| *next as usize);
                let join = *join as usize;
                let (Some(before), Some(text)) = (condition.text.get(..join), condition.text.get(join..end)) else {
                    continue;
                };
                let start = join + (text.len() - text.trim_start().len());
                appends.push(Appended {
                    before: before.to_owned(),
                    text: text.to_owned(),
                    item: (kind, Arc::clone(name)),
                    loc: condition.place(start as u32, (join + text.trim_end().len()) as u32).loc,
                });
            }
        }
        appends
    }

    /// A finding about the use of a list.
    pub(crate) fn push(&mut self, lint: &Lint, using: &ListUse, message: String, help: Option<String>) {
        self.push_at(lint, using.item.clone(), using.loc, message, help);
    }

    /// The same with a replacement of the name.
    pub(crate) fn push_fix(
        &mut self,
        lint: &Lint,
        using: &ListUse,
        message: String,
        help: Option<String>,
        replacement: String,
    ) {
        if let Some(diag) = lint.diag(&self.options.lints, message, using.loc) {
            let title = format!("replace with `{replacement}`");
            let mut diag = diag.maybe_help(help).fix(title, using.loc, replacement, true);
            diag.item = Some(using.item.clone());
            self.diags.push(diag);
        }
    }

    /// A finding anywhere with a fix that may change what is loaded.
    pub(crate) fn push_repair(
        &mut self,
        lint: &Lint,
        item: Owner,
        loc: Loc,
        message: String,
        help: String,
        (title, repairs): (String, Vec<Repair<Loc>>),
    ) {
        if let Some(diag) = lint.diag(&self.options.lints, message, loc) {
            let mut diag = diag.help(help).repair(title, repairs, false);
            diag.item = Some(item);
            self.diags.push(diag);
        }
    }

    /// A finding anywhere.
    pub(crate) fn push_at(&mut self, lint: &Lint, item: Owner, loc: Loc, message: String, help: Option<String>) {
        if let Some(diag) = lint.diag(&self.options.lints, message, loc) {
            let mut diag = diag.maybe_help(help);
            diag.item = Some(item);
            self.diags.push(diag);
        }
    }
}

/// Whether the parenthesis at the end of `before` opens a group of checks.
fn opens_group(before: &str) -> bool {
    let before = before.strip_suffix('(').unwrap_or(before);
    let glued = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let word = last_word(before.trim_end());
    match word {
        "in" | "intersects" | "pmatch" | "oneof" | "anyof" | "allof" => false,
        "and" | "or" | "not" => true,
        _ => !glued,
    }
}

fn last_word(text: &str) -> &str {
    let start = text.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default()
}

/// Follows quotes through a condition that can be parsed.
struct Quotes<'a> {
    text: &'a [u8],
    at: usize,
    open: Option<u8>,
}

impl Quotes<'_> {
    /// Whether `offset` lies in a quoted text; offsets only grow.
    fn inside(&mut self, offset: usize) -> bool {
        while self.at < offset {
            let byte = self.text.get(self.at).copied().unwrap_or(0);
            match self.open {
                // A quote closes unless a backslash stands before it, whatever stands before that.
                Some(quote) if byte == quote && self.text.get(self.at.wrapping_sub(1)) != Some(&b'\\') => {
                    self.open = None;
                }
                None if matches!(byte, b'"' | b'\'') => self.open = Some(byte),
                _ => {}
            }
            self.at += 1;
        }
        self.open.is_some()
    }
}
