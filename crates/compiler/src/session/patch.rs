//! Following an edit.
//!
//! 1. The items that came and went say which lists, macros and rules are *touched*.
//! 2. What mentions a touched list or macro, directly or through others, is *affected*; so is what asked for suggestions, if
//!    names came or went.
//! 3. What affected things mention, down to the last list, is their *ground*.
//! 4. The items of all these are loaded in load order, and states and units of what is affected are taken over.
//!
//! Before that the touched things alone are tried: if a macro looks to its users as it did, they are not affected.
//!
//! Mentions are words of items, not what the items mean: they err on the side of too many.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::{Checked, Note};
use crate::collect::{Collection, Names, Node, Suggest};
use crate::compilation::SourceFile;
use crate::items::{FileItems, word_hash};
use crate::loc::Uid;
use crate::session::groups::Groups;
use crate::session::run::{Founded, Record};
use crate::session::{Ids, Owner, Run, Session, plugin_requirements, torn};
use crate::sink::RawDiag;
use crate::slots::Slots;
use crate::stage::{TextCache, Units, is_odd_name};

/// What a part of all things comes to, and what the session keeps of that.
struct Part {
    collection: Collection,
    units: Units,
    early: FxHashMap<Node, Vec<RawDiag>>,
    findings: FxHashMap<Owner, Vec<RawDiag>>,
    asking: FxHashSet<Node>,
    hidden: FxHashSet<(Node, u32)>,
    restaged: FxHashSet<Node>,
}

impl Session {
    /// Makes ready for patches. The first one would do it otherwise.
    pub(crate) fn prepare(&mut self) {
        if self.patchable && self.groups.is_none() {
            let groups = Groups::new(&self.loaded, &self.ids);
            self.hidden.retain(|(node, hash)| !groups.mentions(*node, *hash));
            self.groups = Some(groups);
        }
    }

    /// Follows an edit. False if that would take as much as compiling anew, or is not possible; the session is of no use then.
    pub(crate) fn patch(&mut self, files: &[SourceFile], loaded: &[Arc<FileItems>], texts: &mut TextCache) -> bool {
        let same_paths =
            files.len() == self.files.len() && files.iter().zip(&self.files).all(|(new, old)| new.path == old.path);
        // Names that came and went leave numbers behind.
        if !same_paths || !self.patchable || self.ids.len() > 2 * self.ids.items() + 10_000 {
            return false;
        }
        let mut dirty: FxHashSet<u32> = FxHashSet::default();
        let mut changed: FxHashSet<u32> = FxHashSet::default();
        for (number, (new, old)) in (0u32..).zip(files.iter().zip(&self.files)) {
            let same_map = match (&new.map, &old.map) {
                (Some(new), Some(old)) => Arc::ptr_eq(new, old),
                (None, None) => true,
                _ => false,
            };
            let same_items = loaded.get(number as usize).zip(self.loaded.get(number as usize));
            if !same_items.is_some_and(|(new, old)| Arc::ptr_eq(new, old)) {
                changed.insert(number);
            } else if !same_map {
                dirty.insert(number);
            }
        }
        self.files = files.to_vec();
        self.work = super::Work::default();
        let fresh = |number: &u32| {
            let (new, old) = loaded.get(*number as usize).zip(self.loaded.get(*number as usize))?;
            let known: FxHashSet<Uid> = old.items().map(|(_, ir)| ir.uid).collect();
            Some(new.items().filter(|(_, ir)| !known.contains(&ir.uid)).count())
        };
        if changed.len() > 1 && changed.iter().filter_map(fresh).sum::<usize>() * 4 > self.ids.items() {
            return false;
        }
        if !changed.is_empty() {
            self.prepare();
            let Some(mut groups) = self.groups.take() else { return false };
            let touched = self.exchange(&changed, loaded, &mut groups);
            let Some(touched) = touched else { return false };
            self.follow(&changed, &touched, &groups, &mut dirty, texts);
            self.groups = Some(groups);
        }
        dirty.extend(&changed);
        // Places that other files name have moved.
        let moved = dirty.clone();
        dirty.extend(self.referring(&moved));
        self.render(&dirty);
        self.work.files_rendered = dirty.len();
        true
    }

    /// Takes over the items of changed files. Gives what they are a part of, as far as they are not the same; `None` if the
    /// edit cannot be followed.
    fn exchange(
        &mut self,
        changed: &FxHashSet<u32>,
        loaded: &[Arc<FileItems>],
        groups: &mut Groups,
    ) -> Option<FxHashSet<Node>> {
        let mut touched: FxHashSet<Node> = FxHashSet::default();
        let places = Arc::make_mut(&mut self.places);
        for number in changed {
            let new = loaded.get(*number as usize)?;
            let old = self.loaded.get_mut(*number as usize)?;
            let old = std::mem::replace(old, Arc::clone(new));
            let new_uids: FxHashSet<Uid> = new.items().map(|(_, ir)| ir.uid).collect();
            let old_uids: FxHashSet<Uid> = old.items().map(|(_, ir)| ir.uid).collect();
            let kept_old = old.items().map(|(_, ir)| ir.uid).filter(|uid| new_uids.contains(uid));
            let kept_new = new.items().map(|(_, ir)| ir.uid).filter(|uid| old_uids.contains(uid));
            // What stands where decides what sees what.
            let reordered = !kept_old.eq(kept_new);
            places.remove(old.uid);
            places.insert(new.uid, (*number, 0));
            for (_, ir) in old.items() {
                if !new_uids.contains(&ir.uid) {
                    places.remove(ir.uid);
                    touched.extend(self.ids.remove(ir.uid));
                } else if reordered {
                    touched.extend(self.ids.node(ir.uid));
                }
            }
            for (base, ir) in new.items() {
                places.insert(ir.uid, (*number, base));
                if !old_uids.contains(&ir.uid) {
                    let node = self.ids.add(ir);
                    let odd = matches!(node, Some(Node::List(_))) && ir.name().is_some_and(|n| is_odd_name(&n.text));
                    if odd {
                        return None;
                    }
                    touched.extend(node);
                }
            }
            if let Some(slot) = self.torn.get_mut(*number as usize) {
                *slot = torn(new);
            }
        }
        for number in changed {
            groups.replace(*number, loaded.get(*number as usize)?, &touched, &self.ids);
        }
        Some(touched)
    }

    /// Compiles again what is affected by changes to what is touched.
    fn follow(
        &mut self,
        changed: &FxHashSet<u32>,
        touched: &FxHashSet<Node>,
        groups: &Groups,
        dirty: &mut FxHashSet<u32>,
        texts: &mut TextCache,
    ) {
        let names_changed = self.survey(changed, touched, groups, dirty, texts);
        let mut affected = touched.clone();
        if names_changed {
            affected.extend(&self.asking);
            affected = self.close_upwards(&affected, groups);
        } else if self.is_pointed_at(touched) {
            affected.extend(self.users(touched, groups));
        }
        // Layer by layer: those who use what looks different now are affected, too.
        let (mut different, mut loud) = (FxHashSet::default(), FxHashSet::default());
        let part = loop {
            let part = self.compile_part(&affected, groups, texts);
            let mut news: FxHashSet<Node> = FxHashSet::default();
            loop {
                let known = different.len();
                for node in &affected {
                    if !different.contains(node) && !self.looks_the_same(*node, &part, &mut loud, groups, texts) {
                        different.insert(*node);
                        news.insert(*node);
                    }
                }
                // A problem can be passed on among those that are looked at together.
                if different.len() == known {
                    break;
                }
            }
            let before = affected.len();
            affected.extend(self.users(&news, groups));
            if affected.len() == before {
                break part;
            }
        };
        let Part { collection: part, units: part_units, mut early, mut findings, asking, hidden, restaged } = part;
        self.work.affected = affected.len();
        self.asking.retain(|node| !affected.contains(node));
        self.asking.extend(asking);
        self.hidden.retain(|(node, _)| !affected.contains(node));
        self.hidden.extend(hidden);
        self.restaged.retain(|node| !affected.contains(node));
        self.restaged.extend(restaged);
        let mut homes: Vec<u32> = Vec::new();
        let collection = Arc::make_mut(&mut self.collection);
        let units = Arc::make_mut(&mut self.units);
        let mut edges_changed = false;
        for node in &affected {
            let Some(name) = self.ids.name(*node) else { continue };
            edges_changed |= matches!(node, Node::Macro(_)) && units.edges(*node) != part_units.edges(*node);
            self.uses.remove(units, *node);
            match *node {
                Node::List(id) => {
                    take(&mut collection.lists, &part.lists, id, name);
                    put(&mut units.lists, id, part_units.list(id));
                }
                Node::Macro(id) => {
                    take(&mut collection.macros, &part.macros, id, name);
                    put(&mut units.macros, id, part_units.macro_(id));
                }
                Node::Rule(id) => {
                    take(&mut collection.rules, &part.rules, id, name);
                    put(&mut units.rules, id, part_units.rule(id));
                }
            }
            self.uses.add(units, *node);
            let old = match findings.remove(&Owner::Node(*node)) {
                Some(new) => self.findings.insert(Owner::Node(*node), new),
                None => self.findings.remove(&Owner::Node(*node)),
            };
            homes.extend(old.iter().flatten().filter_map(|raw| Some(self.places.get(raw.loc.uid)?.0)));
        }
        edges_changed |= self.uses.have_turned();
        if names_changed {
            let founded = || self.founded.iter().flatten().filter(|founded| !founded.definition).map(|f| f.node);
            collection
                .lists
                .set_order(founded().filter_map(|n| if let Node::List(i) = n { Some(i) } else { None }).collect());
            collection
                .macros
                .set_order(founded().filter_map(|n| if let Node::Macro(i) = n { Some(i) } else { None }).collect());
            collection
                .rules
                .set_order(founded().filter_map(|n| if let Node::Rule(i) = n { Some(i) } else { None }).collect());
        }
        for node in &affected {
            self.take_findings(*node, early.remove(node).unwrap_or_default());
            let new = self.findings.get(&Owner::Node(*node)).into_iter().flatten();
            homes.extend(new.filter_map(|raw| Some(self.places.get(raw.loc.uid)?.0)));
        }
        let macros = self.follow_macros(&affected, edges_changed, &mut homes, texts);
        self.follow_meaning(&affected, macros, &mut homes);
        let old = std::mem::take(&mut self.whole);
        self.judge_whole();
        if old != self.whole {
            let differ = |a: &[RawDiag], b: &[RawDiag]| {
                let b: FxHashSet<(&str, Uid, u32)> = b.iter().map(|d| (d.code, d.loc.uid, d.loc.start)).collect();
                a.iter()
                    .filter(|d| !b.contains(&(d.code, d.loc.uid, d.loc.start)))
                    .map(|d| d.loc.uid)
                    .collect::<Vec<_>>()
            };
            let uids = differ(&old, &self.whole).into_iter().chain(differ(&self.whole, &old));
            homes.extend(uids.filter_map(|uid| Some(self.places.get(uid)?.0)));
        }
        dirty.extend(homes);
    }

    /// Compiles some of all things in load order, with what they mention.
    fn compile_part(&self, affected: &FxHashSet<Node>, groups: &Groups, texts: &mut TextCache) -> Part {
        let mut ground = groups.close_downwards(affected);
        let names = || names_of(&self.founded, &self.ids);
        let suggest = Suggest::from_names(names);
        let run = loop {
            let mut run = Run::new(&self.options, texts, &suggest, &self.ids, false);
            for number in groups.files(&ground) {
                if let Some(items) = self.loaded.get(number as usize) {
                    run.load(number, items, true, &|node| node.is_some_and(|node| ground.contains(&node)));
                }
            }
            let named = run.stage.references.iter().flat_map(|(_, hash)| groups.named(*hash));
            let missing: FxHashSet<Node> = named.filter(|node| !ground.contains(node)).collect();
            if missing.is_empty() {
                break run;
            }
            // Names that are no words by themselves come to light only here.
            ground.extend(groups.close_downwards(&missing));
        };
        let Record { findings, asking, .. } = run.record;
        let (collection, stage) = (run.collection, run.stage);
        let is_affected = |node: &Node| affected.contains(node);
        let hidden = stage.references.into_iter().filter(|(node, _)| is_affected(node));
        Part {
            collection,
            units: stage.units,
            early: stage.early,
            findings,
            asking: asking.into_iter().chain(stage.asking).filter(is_affected).collect(),
            hidden: hidden.filter(|(node, hash)| !groups.mentions(*node, *hash)).collect(),
            restaged: stage.restaged.into_iter().filter(is_affected).collect(),
        }
    }

    /// Whether a finding in something else names a place in what is touched, or in an item that is gone.
    fn is_pointed_at(&self, touched: &FxHashSet<Node>) -> bool {
        self.findings.iter().any(|(owner, found)| {
            let untouched = !matches!(owner, Owner::Node(node) if touched.contains(node));
            let labels = found.iter().flat_map(|raw| raw.labels.iter().map(|(loc, _)| loc.uid));
            let moved = |uid| self.ids.node(uid).map_or(!self.places.has(uid), |node| touched.contains(&node));
            untouched && labels.into_iter().any(moved)
        })
    }

    /// Whether what changed about something is nothing to those who use it. `loud`: macros that may have a problem in
    /// their checks or in those of a macro that they use, now or before.
    fn looks_the_same(
        &self,
        node: Node,
        part: &Part,
        loud: &mut FxHashSet<u32>,
        groups: &Groups,
        texts: &mut TextCache,
    ) -> bool {
        let Node::Macro(id) = node else { return matches!(node, Node::Rule(_)) };
        let units = self.units.macro_(id).zip(part.units.macro_(id));
        // Those who use it may have seen it at several times; then what they saw is anybody's guess.
        let once = |restaged: &FxHashSet<Node>| !restaged.contains(&node);
        let simple = groups.files([&node]).len() == 1 && once(&self.restaged) && once(&part.restaged);
        let Some((old, new)) = units.filter(|_| simple) else {
            loud.insert(id);
            return false;
        };
        let speaks = |checked: &Checked| checked.notes.iter().any(|note| matches!(note, Note::Problem { .. }));
        let quiet = self.reached.get(&id).into_iter().flatten().all(|source| {
            let before = self.macro_checks.of(id, source);
            let now = texts.check(&self.options, &new.condition.text, source);
            before.is_some_and(|before| !speaks(before)) && !speaks(&now)
        });
        let uses_loud = old.targets.iter().chain(&new.targets).flatten().any(|target| loud.contains(target));
        if !quiet || uses_loud {
            loud.insert(id);
            return false;
        }
        old.looks_like(new)
    }

    /// Checks macros again whose condition changed, or the sources of whose users did.
    fn follow_macros(
        &mut self,
        affected: &FxHashSet<Node>,
        edges_changed: bool,
        homes: &mut Vec<u32>,
        texts: &mut TextCache,
    ) -> Vec<u32> {
        let mut again: BTreeSet<u32> = BTreeSet::new();
        again.extend(affected.iter().filter_map(|node| if let Node::Macro(id) = node { Some(*id) } else { None }));
        if edges_changed {
            let reached = self.uses.reached(&self.units);
            let old = std::mem::replace(&mut self.reached, reached);
            again.extend(self.reached.keys().filter(|id| !old.contains_key(id)));
            again.extend(old.iter().filter(|(id, sources)| self.reached.get(id) != Some(sources)).map(|(id, _)| *id));
        }
        // The finding for one source of several names a rule, which can be another now.
        again.extend(self.reached.iter().filter(|(_, sources)| sources.len() > 1).map(|(id, _)| *id));
        let home = |session: &Self, id: &u32, homes: &mut Vec<u32>| {
            let diags = session.macro_findings.get(id).into_iter().flatten();
            homes.extend(diags.filter_map(|raw| Some(session.places.get(raw.loc.uid)?.0)));
        };
        again.iter().for_each(|id| home(self, id, homes));
        let again: Vec<u32> = again.into_iter().collect();
        self.check_macros(&again, texts);
        again.iter().for_each(|id| home(self, id, homes));
        again
    }

    /// Judges again what is affected, macros that were checked again, and whatever opens an affected macro.
    fn follow_meaning(&mut self, affected: &FxHashSet<Node>, macros: Vec<u32>, homes: &mut Vec<u32>) {
        let mut again: BTreeSet<Node> = affected.iter().copied().collect();
        again.extend(macros.into_iter().map(Node::Macro));
        again.extend(self.openers(affected));
        let home = |session: &Self, node: &Node, homes: &mut Vec<u32>| {
            let diags = session.meaning.get(node).into_iter().flatten();
            homes.extend(diags.filter_map(|raw| Some(session.places.get(raw.loc.uid)?.0)));
        };
        for node in again {
            home(self, &node, homes);
            self.judge_meaning(node);
            home(self, &node, homes);
        }
    }

    /// The macros and rules in which a macro of the set is opened, at whatever depth.
    fn openers(&self, nodes: &FxHashSet<Node>) -> FxHashSet<Node> {
        let mut opened: FxHashSet<u32> =
            nodes.iter().filter_map(|node| if let Node::Macro(id) = node { Some(*id) } else { None }).collect();
        let mut openers = FxHashSet::default();
        if opened.is_empty() {
            return openers;
        }
        let opens = |node: Node, opened: &FxHashSet<u32>| {
            let targets = self.units.edges(node).map(|(targets, _)| targets).unwrap_or_default();
            targets.iter().flatten().any(|target| opened.contains(target))
        };
        loop {
            let before = opened.len();
            for id in self.collection.macros.order() {
                if !opened.contains(id) && opens(Node::Macro(*id), &opened) {
                    opened.insert(*id);
                    openers.insert(Node::Macro(*id));
                }
            }
            if opened.len() == before {
                break;
            }
        }
        let rules = self.collection.rules.order().iter().map(|id| Node::Rule(*id));
        openers.extend(rules.filter(|node| opens(*node, &opened)));
        openers
    }

    /// Works out where touched things first appear, and what changed files say that belongs to nothing. Gives whether names came
    /// or went, or changed their order.
    fn survey(
        &mut self,
        changed: &FxHashSet<u32>,
        touched: &FxHashSet<Node>,
        groups: &Groups,
        dirty: &mut FxHashSet<u32>,
        texts: &mut TextCache,
    ) -> bool {
        // Nobody reads what is suggested here.
        let suggest = Suggest::from_names(Names::default);
        let mut run = Run::new(&self.options, texts, &suggest, &self.ids, false);
        let mut files = groups.files(touched);
        files.extend(changed);
        for number in &files {
            let Some(items) = self.loaded.get(*number as usize) else { continue };
            let loose = changed.contains(number);
            run.collect(*number, items, &|node| node.map_or(loose, |node| touched.contains(&node)));
        }
        let Record { mut findings, founded, plugins, .. } = run.record;
        for number in changed {
            let owner = Owner::File(*number);
            let mut diags = findings.remove(&owner).unwrap_or_default();
            let plugins = plugins.get(number).map(Vec::as_slice).unwrap_or_default();
            diags.extend(plugin_requirements(&self.options, plugins));
            match diags.is_empty() {
                true => self.findings.remove(&owner),
                false => self.findings.insert(owner, diags),
            };
            dirty.insert(*number);
        }
        // Where something appeared before may be a file without items of it now.
        let before = (0u32..).zip(&self.founded);
        let before = before.filter(|(_, founded)| founded.iter().any(|f| touched.contains(&f.node)));
        files.extend(before.map(|(number, _)| number));
        let mut names_changed = false;
        for number in &files {
            let Some(slot) = self.founded.get_mut(*number as usize) else { continue };
            let mut new: Vec<Founded> = slot.iter().filter(|f| !touched.contains(&f.node)).copied().collect();
            if changed.contains(number) {
                let items = self.loaded.get(*number as usize);
                let ordinals: FxHashMap<Uid, u32> = items
                    .into_iter()
                    .flat_map(|items| (0u32..).zip(&items.elements))
                    .filter_map(|(ordinal, element)| Some((element.item()?.uid, ordinal)))
                    .collect();
                for founded in &mut new {
                    founded.ordinal = ordinals.get(&founded.uid).copied().unwrap_or(founded.ordinal);
                }
            }
            new.extend(founded.get(number).into_iter().flatten());
            new.sort_by_key(|founded| (founded.ordinal, founded.definition));
            let sequence = |founded: &[Founded]| founded.iter().map(|f| (f.node, f.definition)).collect::<Vec<_>>();
            names_changed |= sequence(slot) != sequence(&new);
            *slot = new;
        }
        names_changed
    }

    /// Adds everything that mentions a list or macro of the set, and what mentions that, and so on.
    fn close_upwards(&self, nodes: &FxHashSet<Node>, groups: &Groups) -> FxHashSet<Node> {
        let mut closed = nodes.clone();
        let mut front = nodes.clone();
        while !front.is_empty() {
            front = self.users(&front, groups);
            front.retain(|node| closed.insert(*node));
        }
        closed
    }

    /// What mentions a list or macro of the set.
    fn users(&self, nodes: &FxHashSet<Node>, groups: &Groups) -> FxHashSet<Node> {
        let names = nodes.iter().filter(|node| !matches!(node, Node::Rule(_))).filter_map(|node| self.ids.name(*node));
        let front: FxHashSet<u32> = names.map(|name| word_hash(name)).collect();
        if front.is_empty() {
            return FxHashSet::default();
        }
        let users = front.iter().flat_map(|hash| groups.mentioning(*hash)).copied();
        let hidden = self.hidden.iter().filter(|(_, hash)| front.contains(hash)).map(|(node, _)| *node);
        users.chain(hidden).collect()
    }
}

/// Takes a state over from the collection of a part.
fn take<T>(table: &mut crate::collect::Table<T>, part: &crate::collect::Table<T>, id: u32, name: &Arc<str>) {
    match part.shared(id) {
        Some(state) => table.put(id, name, Arc::clone(state)),
        None => table.remove(id, name),
    }
}

fn put<T>(units: &mut Slots<T>, id: u32, unit: Option<&Arc<T>>) {
    match unit {
        Some(unit) => units.put(id, Arc::clone(unit)),
        None => {
            units.remove(id);
        }
    }
}

/// All names with their first places.
fn names_of(founded: &[Vec<Founded>], ids: &Ids) -> Names {
    let mut names = Names::default();
    for (number, founded) in (0u32..).zip(founded) {
        for found in founded {
            let Some(name) = ids.name(found.node).map(Arc::clone) else { continue };
            let placed = match (found.node, found.definition) {
                (Node::List(_), _) => &mut names.lists,
                (Node::Macro(_), _) => &mut names.macros,
                (Node::Rule(_), false) => &mut names.rules,
                (Node::Rule(_), true) => &mut names.defined_rules,
            };
            placed.push(((number, found.ordinal), name));
        }
    }
    names
}
