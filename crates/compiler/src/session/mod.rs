//! What is kept from one compilation to the next, and how it follows an edit.
//!
//! Meaning goes by name: what a list, macro or rule comes to depends on its own items, in load order, and on the lists and
//! macros that words in them name, and so on down. So a set of files is compiled in one of two ways that give the same:
//!
//! - **Anew** ([`Session::build`]): every item of every file in load order, as Falco loads them.
//! - **By patch** ([`Session::patch`], in `patch.rs`): only the items of what an edit can have changed, and of what those
//!   depend on, again in load order, by the same code. All else keeps the states and units that it has.
//!
//! A session belongs to one set of options and one sequence of paths.

mod groups;
mod ids;
mod patch;
mod places;
mod render;
mod run;

pub(crate) use places::Places;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cancel::Cancel;
use crate::check::Checked;
use crate::collect::{Collection, Node, PluginRequirement};
use crate::compilation::SourceFile;
use crate::diagnostic::{Diagnostic, ItemKind};
use crate::items::FileItems;
use crate::lints;
use crate::loc::Uid;
use crate::options::Options;
use crate::report::FalcoCode;
use crate::sink::{RawDiag, RawFalco};
use crate::slots::Slots;
use crate::stage::{BySource, Stage, TextCache, Units, Uses};

pub(crate) use ids::Ids;
pub(crate) use render::SpanMap;
pub(crate) use run::{Run, everything, falco_messages};

/// Macros as checked for the sources whose rules use them.
#[derive(Debug, Default, Clone)]
pub(crate) struct MacroChecks(Slots<BySource<Checked>>);

impl MacroChecks {
    /// A macro as checked for a source.
    pub(crate) fn of(&self, id: u32, source: &str) -> Option<&Arc<Checked>> {
        self.0.get(id)?.iter().find(|(of, _)| &**of == source).map(|(_, checked)| checked)
    }

    /// The event sources that a macro was checked for.
    pub(crate) fn sources(&self, id: u32) -> impl Iterator<Item = &Arc<str>> {
        self.0.get(id).into_iter().flat_map(|checked| checked.iter().map(|(source, _)| source))
    }

    fn replace(&mut self, id: u32, checked: BySource<Checked>) {
        match checked.is_empty() {
            true => {
                self.0.remove(id);
            }
            false => self.0.put(id, Arc::new(checked)),
        }
    }
}

/// All rules of a program together may not have more checks than this.
const MAX_PROGRAM: u64 = 4_000_000;

/// Something that has findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A file: its YAML, and items that are no part of anything.
    File(u32),
    Node(Node),
}

/// A compiled set of files.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) options: Options,
    pub(super) files: Vec<SourceFile>,
    pub(super) loaded: Vec<Arc<FileItems>>,
    pub(super) ids: Ids,
    pub(super) collection: Arc<Collection>,
    pub(super) units: Arc<Units>,
    pub(super) places: Arc<Places>,
    pub(super) macro_checks: MacroChecks,
    pub(super) left_out: Arc<FxHashSet<u32>>,
    pub(super) uses: Uses,
    /// Findings, in the order in which they are told where they say the same about the same place.
    pub(super) findings: FxHashMap<Owner, Vec<RawDiag>>,
    /// In the checks of macros, by number.
    pub(super) macro_findings: FxHashMap<u32, Vec<RawDiag>>,
    /// About what conditions come to with their macros opened.
    pub(super) meaning: FxHashMap<Node, Vec<RawDiag>>,
    /// Sources whose rules reach a macro, by number.
    pub(super) reached: FxHashMap<u32, Vec<Arc<str>>>,
    /// About all files together: what is unused, and what is too much.
    pub(super) whole: Vec<RawDiag>,
    /// By file.
    pub(super) rendered: Vec<Arc<[Diagnostic]>>,
    /// Items torn by broken YAML, by file.
    pub(super) torn: Vec<FxHashSet<Uid>>,
    /// Whose suggestions depend on all names.
    pub(super) asking: FxHashSet<Node>,
    /// Macros that conditions were read to name although no word of theirs is the name.
    pub(super) hidden: FxHashSet<(Node, u32)>,
    /// What was compiled more than once in one load, since a later file changed something about it.
    pub(super) restaged: FxHashSet<Node>,
    /// By file: what first appears there, in order.
    pub(super) founded: Vec<Vec<run::Founded>>,
    /// The items of everything that has a name; made for the first patch.
    pub(super) groups: Option<groups::Groups>,
    /// Whether edits can be followed by patches.
    patchable: bool,
    /// What the last step took.
    pub(super) work: Work,
}

/// What a compilation keeps of a session. All of it is shared until the session goes on.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) places: Arc<Places>,
    pub(crate) collection: Arc<Collection>,
    pub(crate) units: Arc<Units>,
    pub(crate) macro_checks: MacroChecks,
    pub(crate) left_out: Arc<FxHashSet<u32>>,
    pub(crate) diagnostics: Vec<Arc<[Diagnostic]>>,
}

/// What the last step of a session took.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) affected: usize,
    pub(crate) files_rendered: usize,
}

impl Session {
    /// Compiles files anew. Also Falco's messages for each. `None` if it was cancelled.
    pub(crate) fn build(
        files: &[SourceFile],
        loaded: &[Arc<FileItems>],
        options: &Options,
        texts: &mut TextCache,
        cancel: &Cancel,
    ) -> Option<(Self, Vec<Vec<RawFalco>>)> {
        let mut places = Places::default();
        places.insert(Uid::NOWHERE, (0, 0));
        let mut ids = Ids::default();
        for (number, items) in (0u32..).zip(loaded) {
            places.insert(items.uid, (number, 0));
            for (base, ir) in items.items() {
                places.insert(ir.uid, (number, base));
                ids.add(ir);
            }
        }
        let suggest = crate::collect::Suggest::from_collection();
        let mut run = Run::new(options, texts, &suggest, &ids, false);
        run.stage.cancel = cancel.clone();
        let mut falco = Vec::with_capacity(loaded.len());
        for (number, items) in (0u32..).zip(loaded) {
            let more = (number as usize) + 1 < loaded.len();
            falco.push(run.load(number, items, more, &everything));
            if cancel.is_cancelled() {
                return None;
            }
        }
        let pasted = run.stage.pasted();
        let run::Record { mut findings, mut asking, founded, plugins } = run.record;
        let (collection, units, early) = (run.collection, run.stage.units, run.stage.early);
        let (references, restaged) = (run.stage.references, run.stage.restaged);
        asking.extend(run.stage.asking);
        for (number, items) in (0u32..).zip(loaded) {
            let plugins = plugins.get(&number).map(Vec::as_slice).unwrap_or_default();
            let of_file = plugin_requirements(options, plugins);
            if !of_file.is_empty() {
                findings.entry(Owner::File(number)).or_default().extend(of_file);
            }
            debug_assert!(places.has(items.uid));
        }
        let paths: FxHashSet<&str> = files.iter().map(|file| &*file.path).collect();
        let unique_paths = paths.len() == files.len();
        let odd_lists = collection.lists.iter().any(|(_, list)| crate::stage::is_odd_name(&list.name));
        let mut session = Self {
            options: options.clone(),
            files: files.to_vec(),
            loaded: loaded.to_vec(),
            ids,
            uses: Uses::of(&collection, &units),
            collection: Arc::new(collection),
            units: Arc::new(units),
            places: Arc::new(places),
            macro_checks: MacroChecks::default(),
            left_out: Arc::default(),
            findings,
            macro_findings: FxHashMap::default(),
            meaning: FxHashMap::default(),
            reached: FxHashMap::default(),
            whole: Vec::new(),
            rendered: Vec::new(),
            torn: loaded.iter().map(|items| torn(items)).collect(),
            asking,
            hidden: references,
            restaged,
            founded: (0u32..).zip(loaded).map(|(n, _)| founded.get(&n).cloned().unwrap_or_default()).collect(),
            groups: None,
            // What one patch pastes is not counted against what all others pasted.
            patchable: !odd_lists && unique_paths && pasted < crate::stage::MAX_PASTED / 2,
            work: Work::default(),
        };
        let mut early = early;
        for node in session.nodes() {
            if cancel.is_cancelled() {
                return None;
            }
            session.take_findings(node, early.remove(&node).unwrap_or_default());
        }
        let macros: Vec<u32> = session.collection.macros.order().to_vec();
        session.reached = session.uses.reached(&session.units);
        session.uses.have_turned();
        session.check_macros(&macros, texts);
        for node in session.nodes() {
            if cancel.is_cancelled() {
                return None;
            }
            session.judge_meaning(node);
        }
        session.judge_whole();
        session.render_all();
        session.work.affected = session.nodes().len();
        session.work.files_rendered = session.files.len();
        Some((session, falco))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// What the last step took: things compiled, files rendered.
    pub(crate) fn work(&self) -> (usize, usize) {
        (self.work.affected, self.work.files_rendered)
    }

    /// What a compilation keeps of the session.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            places: Arc::clone(&self.places),
            collection: Arc::clone(&self.collection),
            units: Arc::clone(&self.units),
            macro_checks: self.macro_checks.clone(),
            left_out: Arc::clone(&self.left_out),
            diagnostics: self.rendered.clone(),
        }
    }

    /// Everything there is, lists, macros and rules each in order.
    fn nodes(&self) -> Vec<Node> {
        let lists = self.collection.lists.order().iter().map(|id| Node::List(*id));
        let macros = self.collection.macros.order().iter().map(|id| Node::Macro(*id));
        let rules = self.collection.rules.order().iter().map(|id| Node::Rule(*id));
        lists.chain(macros).chain(rules).collect()
    }

    /// Adds what the unit of a node says to the findings of its collection, and the lints that look at the compiled whole.
    pub(super) fn take_findings(&mut self, node: Node, early: Vec<RawDiag>) {
        let mut more = early;
        more.extend(self.units.findings(node).cloned());
        more.extend(lints::run(&self.options, &self.collection, &self.units, &[node]));
        if !more.is_empty() {
            self.findings.entry(Owner::Node(node)).or_default().extend(more);
        }
    }

    /// Checks macros for the sources whose rules reach them.
    pub(super) fn check_macros(&mut self, macros: &[u32], texts: &mut TextCache) {
        if macros.is_empty() {
            return;
        }
        let suggest = crate::collect::Suggest::from_collection();
        let mut stage = Stage::new(&self.options, texts, &suggest);
        stage.units = std::mem::take(Arc::make_mut(&mut self.units));
        for id in macros {
            let sources = self.reached.get(id).map(Vec::as_slice).unwrap_or_default();
            let (diags, checked) = stage.macro_findings(&self.collection, *id, sources);
            match diags.is_empty() {
                true => self.macro_findings.remove(id),
                false => self.macro_findings.insert(*id, diags),
            };
            self.macro_checks.replace(*id, checked);
        }
        self.units = Arc::new(stage.units);
    }

    /// Runs the lints that look at a macro or a rule with its macros opened.
    pub(super) fn judge_meaning(&mut self, node: Node) {
        let view = lints::View {
            options: &self.options,
            collection: &self.collection,
            units: &self.units,
            macro_checks: &self.macro_checks,
            reached: &self.reached,
        };
        let diags = lints::meaning(&view, node);
        match diags.is_empty() {
            true => self.meaning.remove(&node),
            false => self.meaning.insert(node, diags),
        };
    }

    /// What can only be said about all files together.
    pub(super) fn judge_whole(&mut self) {
        self.whole.clear();
        if self.loaded.iter().all(|items| items.refusal.is_none()) {
            self.whole = self.uses.unused(&self.collection, &self.units);
        }
        if self.uses.nodes > MAX_PROGRAM {
            let (left_out, diags) = oversized(&self.collection, &self.units);
            self.left_out = Arc::new(left_out);
            self.whole.extend(diags);
        } else if !self.left_out.is_empty() {
            self.left_out = Arc::default();
        }
    }
}

/// Where the YAML itself is broken, what the item lacks or has too much says nothing.
pub(super) fn torn(file: &FileItems) -> FxHashSet<Uid> {
    let mut torn: FxHashSet<Uid> = FxHashSet::default();
    if !file.yaml_errors.iter().any(|error| error.fatal) {
        return torn;
    }
    let mut items: Vec<(u32, Uid)> = file.items().map(|(base, ir)| (base, ir.uid)).collect();
    items.sort_unstable_by_key(|(base, _)| *base);
    for error in file.yaml_errors.iter().filter(|error| error.fatal) {
        let next = items.partition_point(|(base, _)| *base <= error.start);
        torn.extend(next.checked_sub(1).and_then(|i| items.get(i)).map(|(_, uid)| *uid));
        // An error right before an item can be what tore its beginning off.
        torn.extend(items.get(next).filter(|(base, _)| *base <= error.end.saturating_add(2)).map(|(_, uid)| *uid));
    }
    torn
}

/// Rules beyond the size of a program.
fn oversized(collection: &Collection, units: &Units) -> (FxHashSet<u32>, Vec<RawDiag>) {
    let mut total = 0u64;
    let mut left_out = FxHashSet::default();
    let mut diags = Vec::new();
    for (id, rule) in collection.rules.iter() {
        let Some(unit) = units.rule(id).filter(|unit| unit.ok) else { continue };
        total = total.saturating_add(unit.nodes);
        if total > MAX_PROGRAM {
            total -= unit.nodes;
            left_out.insert(id);
            let message = format!("all rules together have more than {MAX_PROGRAM} checks; this one is left out");
            let mut diag = RawDiag::falco(FalcoCode::ErrCompileCondition, message, rule.definition_name);
            diag.item = Some((ItemKind::Rule, Arc::clone(&rule.name)));
            diags.push(diag);
        }
    }
    (left_out, diags)
}

/// Whether the loaded plugins are what the rules ask for. Falco judges this after loading, and stops.
pub(super) fn plugin_requirements(options: &Options, requirements: &[PluginRequirement]) -> Vec<RawDiag> {
    let Some(plugins) = &options.plugins else { return Vec::new() };
    let mut diags = Vec::new();
    for requirement in requirements {
        let version = |name: &str| plugins.iter().find(|plugin| plugin.name == name).map(|plugin| plugin.version);
        let met = requirement
            .alternatives
            .iter()
            .any(|(name, wanted)| version(name).is_some_and(|version| version.satisfies(*wanted)));
        if met {
            continue;
        }
        let wanted: Vec<String> =
            requirement.alternatives.iter().map(|(name, wanted)| format!("`{name}` {wanted}")).collect();
        let loaded = requirement.alternatives.iter().find_map(|(name, _)| Some((name, version(name)?)));
        let message = match loaded {
            Some((name, version)) => {
                format!("plugin `{name}` is loaded in version {version}, but {} is required", wanted.join(" or "))
            }
            None => format!("plugin {} is required, but not loaded", wanted.join(" or ")),
        };
        let mut diag = RawDiag::falco(FalcoCode::ErrValidate, message, requirement.loc);
        diag.item = Some((ItemKind::PluginVersions, "".into()));
        diags.push(diag);
    }
    diags
}
