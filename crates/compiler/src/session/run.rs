//! Loading of files one after another, as Falco does it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::collect::{Collection, Collector, Node, PluginRequirement, RuleState, Suggest};
use crate::items::{Element, FileItems};
use crate::loc::Uid;
use crate::options::Options;
use crate::session::{Ids, Owner};
use crate::sink::{RawDiag, RawFalco, Sink};
use crate::stage::{Stage, TextCache};

/// The first appearance of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Founded {
    /// The element of the file.
    pub(crate) ordinal: u32,
    pub(crate) uid: Uid,
    pub(crate) node: Node,
    /// This is where a rule is first defined, which can be later than where something first wants to change it.
    pub(crate) definition: bool,
}

/// What comes up while loading.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) findings: FxHashMap<Owner, Vec<RawDiag>>,
    /// Whose suggestions depend on all names.
    pub(crate) asking: FxHashSet<Node>,
    /// By file.
    pub(crate) founded: FxHashMap<u32, Vec<Founded>>,
    /// By file.
    pub(crate) plugins: FxHashMap<u32, Vec<PluginRequirement>>,
}

impl Record {
    fn take(&mut self, owner: Owner, sink: &mut Sink) {
        if !sink.diags.is_empty() {
            self.findings.entry(owner).or_default().append(&mut sink.diags);
        }
    }
}

/// Loading in progress.
pub(crate) struct Run<'a> {
    options: &'a Options,
    pub(crate) collection: Collection,
    pub(crate) stage: Stage<'a>,
    pub(crate) record: Record,
    suggest: &'a Suggest<'a>,
    ids: &'a Ids,
    strict: bool,
    defined: FxHashSet<u32>,
}

/// Which elements of a file are loaded: all of them.
pub(crate) fn everything(_: Option<Node>) -> bool {
    true
}

impl<'a> Run<'a> {
    /// `strict`: stop at the first error, as Falco does.
    pub(crate) fn new(
        options: &'a Options,
        texts: &'a mut TextCache,
        suggest: &'a Suggest<'a>,
        ids: &'a Ids,
        strict: bool,
    ) -> Self {
        let (lists, macros, rules) = (Arc::clone(&ids.lists), Arc::clone(&ids.macros), Arc::clone(&ids.rules));
        Self {
            options,
            collection: Collection::with_numbers(lists, macros, rules),
            stage: Stage::new(options, texts, suggest),
            record: Record::default(),
            suggest,
            ids,
            strict,
            defined: FxHashSet::default(),
        }
    }

    /// Loads the elements of a file that `wanted` says, by what they are a part of, and compiles what there is then. Returns
    /// Falco's messages. `more`: further files will follow.
    pub(crate) fn load(
        &mut self,
        number: u32,
        items: &FileItems,
        more: bool,
        wanted: &dyn Fn(Option<Node>) -> bool,
    ) -> Vec<RawFalco> {
        let mut sink = self.collect(number, items, wanted);
        self.suggest.set_position((number, u32::MAX));
        self.stage.update(&self.collection, more);
        if !sink.failed {
            self.stage.falco_messages(&self.collection, &mut sink.falco, self.options.falco_report);
        }
        sink.falco
    }

    /// Collects without compiling.
    pub(crate) fn collect(&mut self, number: u32, items: &FileItems, wanted: &dyn Fn(Option<Node>) -> bool) -> Sink {
        self.collection.changed.clear();
        let mut sink = Sink::default();
        if wanted(None) {
            self.collector(&mut sink).yaml(items);
            self.record.take(Owner::File(number), &mut sink);
        }
        for (ordinal, element) in (0u32..).zip(&items.elements) {
            let node = element.item().and_then(|ir| self.ids.node(ir.uid));
            if wanted(node) {
                self.suggest.set_position((number, ordinal));
                self.element(number, ordinal, element, node, &mut sink);
            }
        }
        sink.item = None;
        sink
    }

    fn collector<'b>(&'b mut self, sink: &'b mut Sink) -> Collector<'b> {
        Collector {
            options: self.options,
            collection: &mut self.collection,
            sink,
            suggest: self.suggest,
            strict: self.strict,
        }
    }

    fn element(&mut self, number: u32, ordinal: u32, element: &Element, node: Option<Node>, sink: &mut Sink) {
        let known = node.is_none_or(|node| self.collection.name(node).is_some());
        self.collector(sink).element(element);
        self.record.take(node.map_or(Owner::File(number), Owner::Node), sink);
        if !self.collection.plugins.is_empty() {
            self.record.plugins.entry(number).or_default().append(&mut self.collection.plugins);
        }
        let (Some(node), Some(ir)) = (node, element.item()) else { return };
        if self.suggest.was_asked() {
            self.record.asking.insert(node);
        }
        let mut found = |definition| {
            let founded = Founded { ordinal, uid: ir.uid, node, definition };
            self.record.founded.entry(number).or_default().push(founded);
        };
        if !known && self.collection.name(node).is_some() {
            found(false);
        }
        if let Node::Rule(id) = node
            && !self.defined.contains(&id)
            && self.collection.rules.get(id).is_some_and(|rule| !RuleState::is_phantom(rule))
        {
            self.defined.insert(id);
            found(true);
        }
    }
}

/// Falco's messages for files in load order, without the rest.
pub(crate) fn falco_messages(
    loaded: &[Arc<FileItems>],
    options: &Options,
    texts: &mut TextCache,
    strict: bool,
) -> Vec<Vec<RawFalco>> {
    let mut ids = Ids::default();
    loaded.iter().flat_map(|items| items.items()).for_each(|(_, ir)| {
        ids.add(ir);
    });
    let suggest = Suggest::from_collection();
    let mut run = Run::new(options, texts, &suggest, &ids, strict);
    (0u32..).zip(loaded).map(|(number, items)| run.load(number, items, true, &everything)).collect()
}
