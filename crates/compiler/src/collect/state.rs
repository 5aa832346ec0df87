//! What was collected.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::collect::table::{Numbers, Table};
use crate::index::Change;
use crate::loc::{Loc, Uid};
use crate::options::Version;
use crate::program::Priority;
use crate::text::MappedText;
use crate::value::Scalar;

/// Everything collected so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Collection {
    pub(crate) lists: Table<ListState>,
    pub(crate) macros: Table<MacroState>,
    pub(crate) rules: Table<RuleState>,
    /// Plugin requirements, in order, with the place of each.
    pub(crate) plugins: Vec<PluginRequirement>,
    /// Falco's counter of collected things.
    pub(crate) counter: u32,
    /// Lists, macros and rules that the file at hand defines or changes.
    pub(crate) changed: Vec<Node>,
}

/// Something with a name: a kind and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Node {
    List(u32),
    Macro(u32),
    Rule(u32),
}

impl Collection {
    /// A part of all items, numbered as all are.
    pub(crate) fn with_numbers(lists: Arc<Numbers>, macros: Arc<Numbers>, rules: Arc<Numbers>) -> Self {
        Self {
            lists: Table::with_numbers(lists),
            macros: Table::with_numbers(macros),
            rules: Table::with_numbers(rules),
            ..Self::default()
        }
    }

    pub(crate) fn name(&self, node: Node) -> Option<&Arc<str>> {
        match node {
            Node::List(id) => self.lists.get(id).map(|list| &list.name),
            Node::Macro(id) => self.macros.get(id).map(|macro_| &macro_.name),
            Node::Rule(id) => self.rules.get(id).map(|rule| &rule.name),
        }
    }

    pub(crate) fn next_index(&mut self) -> u32 {
        let index = self.counter;
        self.counter = self.counter.saturating_add(1);
        index
    }
}

/// An item's part in a named thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SiteRaw {
    pub(crate) change: Change,
    pub(crate) item: Loc,
    pub(crate) name: Loc,
    pub(crate) body: Option<Loc>,
}

#[derive(Debug, Clone)]
pub(crate) struct ListState {
    pub(crate) name: Arc<str>,
    pub(crate) items: Vec<ListItem>,
    /// Falco's counter at the first definition.
    pub(crate) index: u32,
    /// Falco's counter at the last change.
    pub(crate) visibility: u32,
    /// The item of the last definition.
    pub(crate) definition: Loc,
    pub(crate) definition_name: Loc,
    /// Only appended to, never defined; already reported.
    pub(crate) broken: bool,
    pub(crate) sites: Vec<SiteRaw>,
}

#[derive(Debug, Clone)]
pub(crate) struct ListItem {
    pub(crate) uid: Uid,
    pub(crate) scalar: Arc<Scalar>,
}

#[derive(Debug, Clone)]
pub(crate) struct MacroState {
    pub(crate) name: Arc<str>,
    pub(crate) condition: Arc<MappedText>,
    /// The condition's value in the last definition: Falco counts positions from it.
    pub(crate) condition_at: (Uid, u32),
    pub(crate) index: u32,
    pub(crate) visibility: u32,
    pub(crate) definition: Loc,
    pub(crate) definition_name: Loc,
    /// Collected from an item without a usable condition; already reported.
    pub(crate) broken: bool,
    /// Where appended parts begin in the condition.
    pub(crate) joins: Vec<u32>,
    pub(crate) sites: Vec<SiteRaw>,
}

#[derive(Debug, Clone)]
pub(crate) struct RuleState {
    pub(crate) name: Arc<str>,
    pub(crate) source: Arc<str>,
    pub(crate) unknown_source: bool,
    pub(crate) condition: Arc<MappedText>,
    pub(crate) condition_at: (Uid, u32),
    pub(crate) output: Arc<MappedText>,
    pub(crate) output_at: (Uid, u32),
    pub(crate) desc: Arc<str>,
    pub(crate) priority: Priority,
    pub(crate) tags: BTreeSet<Arc<str>>,
    pub(crate) enabled: bool,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration: u32,
    pub(crate) exceptions: Vec<ExceptionState>,
    /// The item of the last full definition.
    pub(crate) definition: Loc,
    pub(crate) definition_name: Loc,
    /// The condition or the output could not be read; already reported.
    pub(crate) broken_condition: bool,
    pub(crate) broken_output: bool,
    /// Something about the rule was refused: it is looked at as far as it can be, but never becomes part of a program.
    pub(crate) invalid: bool,
    /// Where appended parts begin in the condition.
    pub(crate) joins: Vec<u32>,
    pub(crate) sites: Vec<SiteRaw>,
    /// The items that the rule was made from, for caching.
    pub(crate) parts: Vec<Uid>,
}

/// A value of an exception: text or a list.
#[derive(Debug, Clone)]
pub(crate) enum ExceptionEntry {
    /// Nothing usable: null or a mapping. Falco takes it for an empty text.
    Empty(Loc),
    Text(Uid, Arc<Scalar>),
    List(Loc, Vec<ExceptionEntry>),
}

impl ExceptionEntry {
    pub(crate) fn loc(&self) -> Loc {
        match self {
            Self::Empty(loc) | Self::List(loc, _) => *loc,
            Self::Text(uid, scalar) => scalar.loc(*uid),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(_, scalar) => &scalar.text,
            _ => "",
        }
    }

    /// Falco's notion of a given value.
    pub(crate) fn is_valid(&self) -> bool {
        match self {
            Self::Empty(_) => false,
            Self::Text(_, scalar) => !scalar.text.is_empty(),
            Self::List(_, items) => !items.is_empty(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ExceptionState {
    pub(crate) name: Arc<str>,
    pub(crate) name_loc: Loc,
    /// The exception's mapping, for Falco's location.
    pub(crate) at: (Uid, u32),
    pub(crate) fields: Option<ExceptionEntry>,
    /// As written; `None`: the default for the shape.
    pub(crate) comps: Option<ExceptionEntry>,
    /// Whether a missing `comps` stands for the default. Replaced exceptions have none in Falco.
    pub(crate) defaults: bool,
    pub(crate) values: Vec<ExceptionEntry>,
    /// Already reported as unusable: its text is not pasted.
    pub(crate) broken: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct PluginRequirement {
    pub(crate) loc: Loc,
    /// The names and versions of which one must be loaded.
    pub(crate) alternatives: Vec<(Arc<str>, Version)>,
}
