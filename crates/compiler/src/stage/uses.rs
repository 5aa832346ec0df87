//! What uses what, counted, so that a change of one unit changes the counts and nothing has to be walked.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::collect::{Collection, Node};
use crate::diagnostic::{ItemKind, Repair};
use crate::report::FalcoCode;
use crate::sink::RawDiag;
use crate::stage::Units;
use crate::stage::summary::unused;
use crate::text::words;

/// How often everything is used.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// By macro: references from macros, and from rules that Falco comes to.
    macros: Vec<u32>,
    /// By list, the same, and from lists.
    lists: Vec<u32>,
    /// By macro: references from rules that are compiled, for each source.
    by_source: FxHashMap<u32, Vec<(Arc<str>, u32)>>,
    /// What came into `by_source` or left it since somebody asked, but for what did both.
    turned: FxHashSet<(u32, Arc<str>)>,
    /// Whose conditions cannot be parsed: a word there may be meant for a name.
    unparsed: FxHashSet<Node>,
    /// Checks in all rules that are fine.
    pub(crate) nodes: u64,
}

impl Uses {
    /// The uses in all units.
    pub(crate) fn of(collection: &Collection, units: &Units) -> Self {
        let mut uses = Self::default();
        collection.lists.order().iter().for_each(|id| uses.add(units, Node::List(*id)));
        collection.macros.order().iter().for_each(|id| uses.add(units, Node::Macro(*id)));
        collection.rules.order().iter().for_each(|id| uses.add(units, Node::Rule(*id)));
        uses
    }

    pub(crate) fn add(&mut self, units: &Units, node: Node) {
        self.count(units, node, true);
    }

    /// Takes back what [`Uses::add`] did for the same unit.
    pub(crate) fn remove(&mut self, units: &Units, node: Node) {
        self.count(units, node, false);
    }

    fn count(&mut self, units: &Units, node: Node, add: bool) {
        let step = |counts: &mut Vec<u32>, id: u32| {
            let at = id as usize;
            if counts.len() <= at {
                counts.resize(at + 1, 0);
            }
            if let Some(count) = counts.get_mut(at) {
                *count = if add { count.saturating_add(1) } else { count.saturating_sub(1) };
            }
        };
        if let Node::List(id) = node {
            let used = units.list(id).into_iter().flat_map(|unit| &unit.uses);
            used.for_each(|(list, _)| step(&mut self.lists, *list));
            return;
        }
        if let Some(unit) = units.rule_of(node) {
            if unit.ok {
                self.nodes = if add { self.nodes + unit.nodes } else { self.nodes.saturating_sub(unit.nodes) };
            }
            if !unit.compiled {
                return;
            }
            for target in unit.targets.iter().flatten() {
                self.count_source(*target, &unit.source, add);
            }
            if unit.output_skipped {
                return;
            }
        }
        let Some((condition, targets)) = units.condition(node) else { return };
        targets.iter().flatten().for_each(|target| step(&mut self.macros, *target));
        condition.lists.iter().for_each(|(list, _)| step(&mut self.lists, *list));
        if !condition.parsed.errors.is_empty() {
            match add {
                true => self.unparsed.insert(node),
                false => self.unparsed.remove(&node),
            };
        }
    }

    fn count_source(&mut self, target: u32, source: &Arc<str>, add: bool) {
        let turned = &mut self.turned;
        let mut turn = || {
            let key = (target, Arc::clone(source));
            if !turned.remove(&key) {
                turned.insert(key);
            }
        };
        let sources = self.by_source.entry(target).or_default();
        match sources.iter().position(|(known, _)| known == source) {
            Some(at) if add => {
                if let Some((_, count)) = sources.get_mut(at) {
                    *count += 1;
                }
            }
            Some(at) => {
                let gone = sources.get_mut(at).is_some_and(|(_, count)| {
                    *count -= 1;
                    *count == 0
                });
                if gone {
                    sources.swap_remove(at);
                    turn();
                }
            }
            None if add => {
                sources.push((Arc::clone(source), 1));
                turn();
            }
            None => {}
        }
        if sources.is_empty() {
            self.by_source.remove(&target);
        }
    }

    /// Whether compiled rules of some source began or ceased to use some macro themselves, since this was asked last.
    pub(crate) fn have_turned(&mut self) -> bool {
        !std::mem::take(&mut self.turned).is_empty()
    }

    pub(crate) fn uses_macro(&self, id: u32) -> bool {
        self.macros.get(id as usize).is_some_and(|count| *count > 0)
    }

    pub(crate) fn uses_list(&self, id: u32) -> bool {
        self.lists.get(id as usize).is_some_and(|count| *count > 0)
    }

    /// The macros that compiled rules reach, each with the sources of those rules in order.
    pub(crate) fn reached(&self, units: &Units) -> FxHashMap<u32, Vec<Arc<str>>> {
        let mut reached: FxHashMap<u32, Vec<Arc<str>>> = FxHashMap::default();
        let mut work: Vec<(u32, Arc<str>)> = Vec::new();
        for (id, sources) in &self.by_source {
            work.extend(sources.iter().map(|(source, _)| (*id, Arc::clone(source))));
        }
        while let Some((id, source)) = work.pop() {
            let sources = reached.entry(id).or_default();
            if sources.contains(&source) {
                continue;
            }
            sources.push(Arc::clone(&source));
            let targets = units.macro_(id).into_iter().flat_map(|unit| unit.targets.iter().flatten());
            work.extend(targets.map(|target| (*target, Arc::clone(&source))));
        }
        reached.values_mut().for_each(|sources| sources.sort_unstable());
        reached
    }

    /// Our warnings about what nothing uses. Generously, a word in a condition that cannot be parsed counts as a use.
    pub(crate) fn unused(&self, collection: &Collection, units: &Units) -> Vec<RawDiag> {
        let mut macros: FxHashSet<u32> = FxHashSet::default();
        let mut lists: FxHashSet<u32> = FxHashSet::default();
        for node in &self.unparsed {
            let Some((condition, _)) = units.condition(*node) else { continue };
            for word in words(&condition.text) {
                macros.extend(collection.macros.id(word));
                lists.extend(collection.lists.id(word));
            }
        }
        let mut diags = Vec::new();
        let mut push = |code, kind, noun: &str, name: &Arc<str>, loc| {
            let mut diag = RawDiag::falco(code, unused(noun, name), loc);
            diag.item = Some((kind, Arc::clone(name)));
            diags.push(diag.repair(format!("remove the {noun}"), vec![Repair::RemoveElement(loc)], false));
        };
        for id in collection.macros.order().iter().filter(|id| !self.uses_macro(**id) && !macros.contains(id)) {
            let Some(macro_) = collection.macros.get(*id).filter(|macro_| !macro_.broken) else { continue };
            push(FalcoCode::UnusedMacro, ItemKind::Macro, "macro", &macro_.name, macro_.definition_name);
        }
        for id in collection.lists.order().iter().filter(|id| !self.uses_list(**id) && !lists.contains(id)) {
            let Some(list) = collection.lists.get(*id).filter(|list| !list.broken) else { continue };
            push(FalcoCode::UnusedList, ItemKind::List, "list", &list.name, list.definition_name);
        }
        diags
    }
}
