//! Compilation of what is collected so far, as Falco does it after each file: lists, macros, rules, unused things.
//!
//! Everything is kept per list, macro and rule. When a further file was collected, only what depends on a name that it
//! defines or changes is worked out again.

mod check_report;
mod exceptions;
mod lists;
mod macros;
mod output;
mod rules;
mod summary;
mod uses;

use std::collections::BTreeSet;
use std::sync::Arc;

use falco_syntax::condition::ast::{Expr, Operator};
use falco_syntax::condition::{Position, SyntaxError, parse_expr};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use lists::ListUnit;
pub(crate) use macros::MacroUnit;
pub(crate) use output::{OutPiece, OutputUnit, SplitOutput, split_output};
pub(crate) use rules::RuleUnit;
pub(crate) use uses::Uses;

use crate::cancel::Cancel;
use crate::check::{self, CheckCx, Checked};
use crate::collect::{Collection, Node, Suggest};
use crate::diagnostic::Repair;
use crate::items::word_hash;
use crate::loc::Loc;
use crate::options::Options;
use crate::report::FalcoCode;
use crate::sink::{ConditionPlace, Path, RawDiag, RawFalco};
use crate::slots::Slots;
use crate::text::{ListPaste, MappedText, words};

/// A set of rules may not paste more text than this: a hundred thousand items pasted into a thousand rules would eat the
/// machine.
pub(crate) const MAX_PASTED: usize = 64 << 20;

/// A condition's text as data.
#[derive(Debug)]
pub(crate) struct ParsedCondition {
    pub(crate) expr: Expr,
    pub(crate) errors: Vec<SyntaxError>,
    /// References to macros, in order.
    pub(crate) refs: Vec<RefIdent>,
    /// Levels of the tree.
    pub(crate) depth: u32,
    /// Checks and references in the tree.
    pub(crate) nodes: u64,
}

#[derive(Debug)]
pub(crate) struct RefIdent {
    pub(crate) name: Arc<str>,
    pub(crate) range: check::Range,
}

/// Something for each event source that asked for it.
pub(crate) type BySource<T> = Vec<(Arc<str>, Arc<T>)>;

/// Conditions and outputs by their text: what they mean depends on nothing else but the source and the options.
#[derive(Debug, Default)]
pub(crate) struct TextCache {
    conditions: FxHashMap<Arc<str>, ConditionEntry>,
    outputs: FxHashMap<Arc<str>, BySource<SplitOutput>>,
    generation: u32,
    /// Entries when unused ones were last looked for.
    kept: usize,
    parsed: usize,
    checked: usize,
}

#[derive(Debug)]
struct ConditionEntry {
    parsed: Arc<ParsedCondition>,
    checked: BySource<Checked>,
    used: u32,
}

impl TextCache {
    pub(crate) fn begin(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        (self.parsed, self.checked) = (0, 0);
    }

    /// Forgets texts that nothing has any more, once there are many of them.
    pub(crate) fn end(&mut self) {
        if self.conditions.len() + self.outputs.len() < 2 * self.kept + 256 {
            return;
        }
        let generation = self.generation;
        self.conditions
            .retain(|_, entry| Arc::strong_count(&entry.parsed) > 1 || generation.wrapping_sub(entry.used) < 4);
        self.outputs.retain(|_, entries| entries.iter().any(|(_, split)| Arc::strong_count(split) > 1));
        self.kept = self.conditions.len() + self.outputs.len();
    }

    /// How many conditions were parsed and checked since the beginning.
    pub(crate) fn work(&self) -> (usize, usize) {
        (self.parsed, self.checked)
    }

    fn parse(&mut self, text: &Arc<str>) -> Arc<ParsedCondition> {
        let generation = self.generation;
        if let Some(entry) = self.conditions.get_mut(text) {
            entry.used = generation;
            return Arc::clone(&entry.parsed);
        }
        self.parsed += 1;
        let (expr, errors) = parse_expr(text);
        let mut refs = Vec::new();
        let (mut depth, mut nodes) = (0, 0);
        measure(&expr, 1, &mut depth, &mut nodes, &mut refs);
        let parsed = Arc::new(ParsedCondition { expr, errors, refs, depth, nodes });
        let entry = ConditionEntry { parsed: Arc::clone(&parsed), checked: Vec::new(), used: generation };
        self.conditions.insert(Arc::clone(text), entry);
        parsed
    }

    pub(crate) fn check(&mut self, options: &Options, text: &Arc<str>, source: &Arc<str>) -> Arc<Checked> {
        let parsed = self.parse(text);
        let checked = self.conditions.get(text).and_then(|entry| entry.checked.iter().find(|(s, _)| s == source));
        if let Some((_, checked)) = checked {
            return Arc::clone(checked);
        }
        self.checked += 1;
        let cx = CheckCx { catalog: &options.catalog, source, engine: options.engine_version, text };
        let checked = Arc::new(check::check(&cx, &parsed.expr));
        if let Some(entry) = self.conditions.get_mut(text) {
            entry.checked.push((Arc::clone(source), Arc::clone(&checked)));
        }
        checked
    }
}

fn measure(expr: &Expr, level: u32, depth: &mut u32, nodes: &mut u64, refs: &mut Vec<RefIdent>) {
    *depth = (*depth).max(level);
    match expr {
        Expr::And { children, .. } | Expr::Or { children, .. } => {
            children.iter().for_each(|child| measure(child, level + 1, depth, nodes, refs));
        }
        Expr::Not { child, .. } => measure(child, level + 1, depth, nodes, refs),
        Expr::Check(_) => *nodes += 1,
        Expr::Macro { range, name } => {
            refs.push(RefIdent { name: name.as_str().into(), range: check::range(*range) });
        }
        Expr::Missing { .. } => {}
    }
}

/// A condition after pasting.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// Before lists were pasted.
    pub(crate) plain: Arc<MappedText>,
    /// After.
    pub(crate) pasted: Arc<MappedText>,
    pub(crate) text: Arc<str>,
    pub(crate) parsed: Arc<ParsedCondition>,
    /// Lists pasted, with the place of each name.
    pub(crate) lists: Vec<(u32, Loc)>,
}

impl Condition {
    /// The text before lists were pasted.
    pub(crate) fn plain_text(&self) -> Arc<str> {
        if Arc::ptr_eq(&self.plain, &self.pasted) { Arc::clone(&self.text) } else { self.plain.text.as_str().into() }
    }

    /// Falco's place of an offset in the text, for messages that come after parsing.
    pub(crate) fn falco_place(&self, offset: u32) -> ConditionPlace {
        let position = Position::new(&self.text, offset.into());
        ConditionPlace {
            text: self.plain_text(),
            offset: position.offset,
            line: position.line,
            column: position.column,
        }
    }

    /// Whether a name at the range is no reference that was meant: recovery from a syntax error took it for one.
    pub(crate) fn is_debris(&self, name: &str, range: check::Range) -> bool {
        self.parsed.errors.iter().any(|error| {
            let (start, end) = check::range(error.range);
            start <= range.1 && range.0 <= end || Operator::parse(name).is_some()
        })
    }

    /// The same for syntax errors, which Falco shows in the text with pasted lists.
    pub(crate) fn falco_syntax_place(&self, offset: u32) -> ConditionPlace {
        ConditionPlace { text: Arc::clone(&self.text), ..self.falco_place(offset) }
    }
}

/// What a unit reports.
#[derive(Debug, Default, Clone)]
pub(crate) struct Findings {
    pub(crate) falco: Vec<RawFalco>,
    pub(crate) diags: Vec<RawDiag>,
}

impl Findings {
    pub(crate) fn report(&mut self, code: FalcoCode, diag: RawDiag, path: Path) {
        self.falco(RawFalco::new(code, diag.message.clone(), path));
        self.diags.push(diag);
    }

    /// Only Falco's report; nothing after its first error.
    pub(crate) fn falco(&mut self, message: RawFalco) {
        if !self.failed() {
            self.falco.push(message);
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.falco.last().is_some_and(|message| message.code.is_error())
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.diags.iter().any(|diag| diag.code.starts_with("LOAD_ERR"))
    }
}

/// What lists, macros and rules come to, by number.
#[derive(Debug, Default, Clone)]
pub(crate) struct Units {
    pub(crate) lists: Slots<ListUnit>,
    pub(crate) macros: Slots<MacroUnit>,
    pub(crate) rules: Slots<RuleUnit>,
}

impl Units {
    pub(crate) fn list(&self, id: u32) -> Option<&Arc<ListUnit>> {
        self.lists.get(id)
    }

    pub(crate) fn macro_(&self, id: u32) -> Option<&Arc<MacroUnit>> {
        self.macros.get(id)
    }

    pub(crate) fn rule(&self, id: u32) -> Option<&Arc<RuleUnit>> {
        self.rules.get(id)
    }

    /// What a macro or a rule uses, and for the rules of which source.
    pub(crate) fn edges(&self, node: Node) -> Option<Edges<'_>> {
        match node {
            Node::List(_) => None,
            Node::Macro(id) => self.macro_(id).map(|unit| (&*unit.targets, None)),
            Node::Rule(id) => self.rule(id).map(|unit| (&*unit.targets, unit.compiled.then_some(&unit.source))),
        }
    }

    /// The unit of a node that is a rule.
    pub(crate) fn rule_of(&self, node: Node) -> Option<&Arc<RuleUnit>> {
        match node {
            Node::Rule(id) => self.rule(id),
            Node::List(_) | Node::Macro(_) => None,
        }
    }

    /// Ours about a list, macro or rule, but for the checks in macros.
    pub(crate) fn findings(&self, node: Node) -> impl Iterator<Item = &RawDiag> {
        let (lists, macros, rules) = match node {
            Node::List(id) => (self.list(id), None, None),
            Node::Macro(id) => (None, self.macro_(id), None),
            Node::Rule(id) => (None, None, self.rule(id)),
        };
        let lists = lists.into_iter().flat_map(|unit| &unit.diags);
        let macros = macros.into_iter().flat_map(|unit| unit.parse.diags.iter().chain(&unit.resolve.diags));
        lists.chain(macros).chain(rules.into_iter().flat_map(|unit| &unit.findings.diags))
    }

    /// The condition of a macro or a rule, and what its references mean.
    pub(crate) fn condition(&self, node: Node) -> Option<(&Condition, &[Option<u32>])> {
        match node {
            Node::List(_) => None,
            Node::Macro(id) => self.macro_(id).map(|unit| (&unit.condition, &*unit.targets)),
            Node::Rule(id) => self.rule(id).map(|unit| (&unit.condition, &*unit.targets)),
        }
    }
}

/// References to macros, and the source of the rule that has them if it is compiled.
type Edges<'a> = (&'a [Option<u32>], Option<&'a Arc<str>>);

/// The compiled state.
pub(crate) struct Stage<'a> {
    pub(crate) options: &'a Options,
    pub(crate) cache: &'a mut TextCache,
    pub(crate) suggest: &'a Suggest<'a>,
    pub(crate) units: Units,
    /// Errors that units had before a later file changed them: what is right in the end, but wrong when Falco looks at it, is
    /// wrong.
    pub(crate) early: FxHashMap<Node, Vec<RawDiag>>,
    /// Whose suggestions depend on all names.
    pub(crate) asking: FxHashSet<Node>,
    /// The macros that conditions were read to name, by the hash of the name.
    pub(crate) references: FxHashSet<(Node, u32)>,
    /// Thrown: what is worked out from now on is of no use, and may be left out.
    pub(crate) cancel: Cancel,
    /// What was worked out more than once.
    pub(crate) restaged: FxHashSet<Node>,
    /// Lists whose names the word search cannot find, since they hold delimiters.
    odd_lists: Vec<u32>,
    /// How much text may still be pasted.
    budget: usize,
    /// Macros that have nothing to say for a source, nor has what they use. Only within one update.
    silent: FxHashSet<(u32, Arc<str>)>,
    /// What looks at a name.
    dependents: FxHashMap<Arc<str>, Vec<Node>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(options: &'a Options, cache: &'a mut TextCache, suggest: &'a Suggest<'a>) -> Self {
        Self {
            options,
            cache,
            suggest,
            units: Units::default(),
            early: FxHashMap::default(),
            asking: FxHashSet::default(),
            references: FxHashSet::default(),
            cancel: Cancel::new(),
            restaged: FxHashSet::default(),
            odd_lists: Vec::new(),
            budget: MAX_PASTED,
            silent: FxHashSet::default(),
            dependents: FxHashMap::default(),
        }
    }

    /// Brings everything up to date with the collection. `more`: further files will follow.
    pub(crate) fn update(&mut self, collection: &Collection, more: bool) {
        let mut fresh = self.invalidate(collection);
        fresh.sort_unstable_by_key(|node| match node {
            Node::List(id) => (0, collection.lists.rank(*id)),
            Node::Macro(id) => (1, collection.macros.rank(*id)),
            Node::Rule(id) => (2, collection.rules.rank(*id)),
        });
        for node in &fresh {
            let Node::List(index) = node else { continue };
            let Some(list) = collection.lists.get(*index) else { continue };
            if is_odd_name(&list.name) && !self.odd_lists.contains(index) {
                self.odd_lists.push(*index);
            }
        }
        let lists: Vec<u32> =
            fresh.iter().filter_map(|n| if let Node::List(i) = n { Some(*i) } else { None }).collect();
        let macros: Vec<u32> =
            fresh.iter().filter_map(|n| if let Node::Macro(i) = n { Some(*i) } else { None }).collect();
        let rules: Vec<u32> =
            fresh.iter().filter_map(|n| if let Node::Rule(i) = n { Some(*i) } else { None }).collect();
        self.silent.clear();
        self.update_lists(collection, &lists);
        self.update_macros(collection, &macros);
        self.update_rules(collection, &rules);
        for node in &fresh {
            if let Some((condition, _)) = self.units.condition(*node) {
                self.references.extend(condition.parsed.refs.iter().map(|ident| (*node, word_hash(&ident.name))));
            }
        }
        if more {
            fresh.into_iter().for_each(|node| self.register(collection, node));
        }
    }

    /// Drops what is new, changed or depends on a changed name, and tells what that is.
    fn invalidate(&mut self, collection: &Collection) -> Vec<Node> {
        let mut seen: FxHashSet<Node> = FxHashSet::default();
        let mut stale = Vec::new();
        let mut work: Vec<Node> = collection.changed.clone();
        for node in &collection.changed {
            // A list can take the place of a macro's name, and the other way round.
            let Some(name) = collection.name(*node) else { continue };
            if !matches!(node, Node::Rule(_)) {
                work.extend(collection.lists.id(name).map(Node::List));
                work.extend(collection.macros.id(name).map(Node::Macro));
            }
        }
        while let Some(node) = work.pop() {
            if !seen.insert(node) {
                continue;
            }
            let errors: Vec<RawDiag> = match node {
                Node::List(_) => Vec::new(),
                _ => self.units.findings(node).filter(|diag| diag.code.starts_with("LOAD_ERR")).cloned().collect(),
            };
            if !errors.is_empty() {
                self.early.entry(node).or_default().extend(errors);
            }
            let again = match node {
                Node::List(id) => self.units.lists.remove(id),
                Node::Macro(id) => self.units.macros.remove(id),
                Node::Rule(id) => self.units.rules.remove(id),
            };
            if again {
                self.restaged.insert(node);
            }
            stale.push(node);
            if matches!(node, Node::Rule(_)) {
                continue;
            }
            if let Some(users) = collection.name(node).and_then(|name| self.dependents.get(name)) {
                work.extend(users.iter().copied());
            }
        }
        stale
    }

    /// How much text was pasted.
    pub(crate) fn pasted(&self) -> usize {
        MAX_PASTED - self.budget
    }

    /// Notes who asked for suggestions.
    pub(super) fn note_asking(&mut self, node: Node) {
        if self.suggest.was_asked() {
            self.asking.insert(node);
        }
    }

    /// Remembers the names that a thing looks at.
    fn register(&mut self, collection: &Collection, node: Node) {
        let mut add = |name: &str| match self.dependents.get_mut(name) {
            Some(users) => {
                if users.last() != Some(&node) {
                    users.push(node);
                }
            }
            None => {
                self.dependents.insert(name.into(), vec![node]);
            }
        };
        match node {
            Node::List(i) => {
                let Some(list) = collection.lists.get(i) else { return };
                list.items.iter().for_each(|item| {
                    add(&item.scalar.text);
                    words(&item.scalar.text).for_each(&mut add);
                });
            }
            Node::Macro(i) => {
                let Some(macro_) = collection.macros.get(i) else { return };
                words(&macro_.condition.text).for_each(&mut add);
                add(&macro_.name);
            }
            Node::Rule(i) => {
                let Some(unit) = self.units.rule(i) else { return };
                words(&unit.condition.plain.text).for_each(&mut add);
            }
        }
        // A name need not be a word by itself: `andshell` is read as `and shell`.
        if let Some((condition, _)) = self.units.condition(node) {
            condition.parsed.refs.iter().for_each(|ident| add(&ident.name));
        }
        // Names with delimiters in them can stand anywhere.
        for odd in &self.odd_lists {
            if let Some(list) = collection.lists.get(*odd) {
                add(&list.name);
            }
        }
    }

    /// Pastes lists into a text; `None` if it names none. The number of a list that makes it too long is the error.
    fn paste(
        &mut self,
        collection: &Collection,
        plain: &MappedText,
        uses: &mut Vec<(u32, Loc)>,
    ) -> Result<Option<MappedText>, u32> {
        let ranked = |id: u32| (collection.lists.rank(id), id);
        let mut pending: BTreeSet<(u32, u32)> = self.odd_lists.iter().copied().map(ranked).collect();
        pending.extend(words(&plain.text).filter_map(|word| collection.lists.id(word)).map(ranked));
        if pending.is_empty() {
            return Ok(None);
        }
        let mut text = plain.clone();
        let mut locs = Vec::new();
        while let Some((rank, index)) = pending.pop_first() {
            let Some(unit) = self.units.list(index) else { continue };
            let paste: &Arc<ListPaste> = &unit.paste;
            locs.clear();
            if !text.paste_list(paste, &mut locs) {
                return Err(index);
            }
            let pasted = paste.text.len().saturating_mul(locs.len());
            match self.budget.checked_sub(pasted) {
                Some(left) => self.budget = left,
                None => return Err(index),
            }
            if !locs.is_empty() {
                pending.extend(paste.mentions.iter().copied().map(ranked).filter(|(mention, _)| *mention > rank));
            }
            uses.extend(locs.iter().map(|loc| (index, *loc)));
        }
        Ok(Some(text))
    }

    /// Pastes lists into a condition and parses it.
    fn condition(
        &mut self,
        collection: &Collection,
        plain: Arc<MappedText>,
        path: &Path,
        findings: &mut Findings,
        muted: &[Arc<str>],
    ) -> Condition {
        let mut lists = Vec::new();
        let pasted = match self.paste(collection, &plain, &mut lists) {
            Ok(pasted) => pasted,
            Err(index) => {
                let name = collection.lists.get(index).map_or("", |list| &list.name);
                let loc = plain.place(0, plain.text.len() as u32).loc;
                let message = format!("list `{name}` is too large to be pasted here");
                let diag = RawDiag::falco(FalcoCode::ErrCompileCondition, message, loc);
                findings.report(FalcoCode::ErrCompileCondition, diag, path.clone());
                None
            }
        };
        let (text, pasted) = match pasted {
            Some(mut pasted) => (pasted.take_text(), Arc::new(pasted)),
            None => (Arc::from(plain.text.as_str()), Arc::clone(&plain)),
        };
        let parsed = self.cache.parse(&text);
        let condition = Condition { plain, pasted, text, parsed, lists };
        syntax_errors(&condition, path, findings, muted);
        condition
    }
}

/// Reports the syntax errors of a condition. Errors in the text of muted exceptions were explained already.
fn syntax_errors(condition: &Condition, path: &Path, findings: &mut Findings, muted: &[Arc<str>]) {
    for error in &condition.parsed.errors {
        let falco = path.condition(condition.falco_syntax_place(error.offset.into()));
        findings.falco(RawFalco::new(FalcoCode::ErrCompileCondition, &*error.message, falco));
        let exception = condition.pasted.exception_at(error.range.start().into());
        if exception.is_some_and(|exception| muted.contains(exception)) {
            continue;
        }
        let place = condition.pasted.place(error.range.start().into(), error.range.end().into());
        let mut diag = RawDiag::falco(FalcoCode::ErrCompileCondition, &*error.message, place.loc);
        diag.help = error.help.as_ref().map(ToString::to_string);
        if let Some((list, item)) = place.list {
            diag = diag.label(item, format!("from list `{list}`, which is pasted as text"));
            if diag.help.is_none() {
                diag = diag.help(format!("to compare with the items of a list, write `in ({list})`"));
            }
        } else if let Some(exception) = exception {
            diag = diag.help(format!("the values of exception `{exception}` are pasted as text; quote them: '\"…\"'"));
        } else if let Some(instead) = instead(error, &condition.text) {
            let title = format!("replace with `{}`", instead.trim_end());
            diag = diag.repair(title, vec![Repair::Rewrite { at: place.loc, text: instead }], false);
        }
        findings.diags.push(diag);
    }
}

/// What can stand in the place of the underlined text, where the parser's help names exactly that: a word.
fn instead(error: &SyntaxError, text: &str) -> Option<String> {
    let help = error.help.as_deref()?;
    let named = help.strip_prefix("did you mean `").and_then(|rest| rest.strip_suffix("`?"));
    let named = named.or_else(|| help.strip_prefix("write `")?.strip_suffix('`'))?;
    let called = named.strip_suffix("(…)").filter(|_| help.starts_with("did you mean"));
    let word = called.unwrap_or(named);
    if error.range.is_empty() || word.contains(['(', ')', '[', ']', '`', '…', '\\']) {
        return None;
    }
    // `!x` is `not x`.
    let glued = text.get(usize::from(error.range.end())..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    let blank = if glued && word.ends_with(char::is_alphabetic) { " " } else { "" };
    Some(format!("{word}{blank}"))
}

/// Whether the word search cannot find the name of a list.
pub(crate) fn is_odd_name(name: &str) -> bool {
    words(name).next() != Some(name)
}
