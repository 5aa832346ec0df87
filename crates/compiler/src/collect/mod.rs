//! Collection: items in load order become lists, macros and rules, each with all that later items change about it.
//!
//! The collection mirrors Falco's: indices and visibilities are Falco's own (they decide which macro sees which), and the order
//! in which things are checked is Falco's, since only its first error counts. In lenient use an error does not stop the
//! collection: what can be understood of an item is collected all the same, so that other items keep their meaning.

mod decode;
mod exceptions;
mod list;
mod macros;
mod names;
mod overrides;
mod requirements;
mod rule;
mod state;
mod table;

use std::sync::Arc;

use falco_catalog::Catalog;

pub(crate) use exceptions::modifier_comp;
pub(crate) use names::{Names, Suggest};
pub(crate) use state::{
    Collection, ExceptionEntry, ExceptionState, ListItem, ListState, MacroState, Node, PluginRequirement, RuleState,
    SiteRaw,
};
pub(crate) use table::{Numbers, Table};

use crate::diagnostic::{ItemKind, Repair};
use crate::items::{Element, FileItems, HEAD_KEYS, ItemIr};
use crate::lints;
use crate::loc::Loc;
use crate::options::Options;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag, RawFalco, Sink};
use falco_catalog::suggest;

/// Collects the items of files.
pub(crate) struct Collector<'a> {
    pub(crate) options: &'a Options,
    pub(crate) collection: &'a mut Collection,
    pub(crate) sink: &'a mut Sink,
    pub(crate) suggest: &'a Suggest<'a>,
    /// Stop at the first error, as Falco does.
    pub(crate) strict: bool,
}

/// The item at hand, and Falco's location of it.
pub(crate) struct ItemCx<'a> {
    pub(crate) ir: &'a Arc<ItemIr>,
    pub(crate) path: Path,
    /// For messages: `rule`, `macro`, …
    pub(crate) noun: &'static str,
}

impl Collector<'_> {
    fn catalog(&self) -> &Catalog {
        &self.options.catalog
    }

    /// Whether Falco has given up on the file, and we follow it.
    fn halted(&self) -> bool {
        self.strict && self.sink.failed
    }

    /// Reports what is wrong with a file's YAML.
    pub(crate) fn yaml(&mut self, file: &FileItems) {
        self.sink.item = None;
        for error in &file.yaml_errors {
            if !error.fatal {
                let lint = if error.flow_indent { &lints::flow_indent::LINT } else { &lints::lax_yaml::LINT };
                let loc = Loc::new(file.uid, error.start, error.end);
                if let Some(diag) = lint.diag(&self.options.lints, &*error.message, loc) {
                    self.sink.ours(diag.maybe_help(error.help.clone()));
                }
                continue;
            }
            let loc = Loc::new(file.uid, error.start, error.end);
            let diag = RawDiag::falco(FalcoCode::ErrYamlParse, &*error.message, loc).maybe_help(error.help.clone());
            self.sink.ours(diag);
        }
        if let Some((message, at)) = &file.refusal {
            let path = Path::file().step(ItemType::ValueFor, "", file.uid, *at);
            self.sink.falco(RawFalco::new(FalcoCode::ErrYamlParse, &**message, path));
        }
    }

    /// Collects an element of a file.
    pub(crate) fn element(&mut self, element: &Element) {
        if self.halted() {
            return;
        }
        match element {
            Element::NoSequence { what, loc } => {
                self.sink.item = None;
                let message = format!("a rules file must be a sequence of items, not {what}");
                let diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, *loc)
                    .help("begin each item with `- rule:`, `- macro:` or `- list:`");
                self.sink.report(FalcoCode::ErrYamlValidate, diag, Path::file());
            }
            Element::NotMapping { what, loc } => {
                self.sink.item = None;
                let diag = RawDiag::falco(
                    FalcoCode::ErrYamlValidate,
                    format!("an item must be a mapping such as `rule: …`, not {what}"),
                    *loc,
                );
                let path = Path::file().step(ItemType::RulesContentItem, "", loc.uid, loc.start);
                self.sink.report(FalcoCode::ErrYamlValidate, diag, path);
            }
            Element::Item { ir, .. } => self.item(ir),
        }
    }

    fn item(&mut self, ir: &Arc<ItemIr>) {
        let name: Arc<str> = ir.name().map_or("", |name| &name.text).into();
        self.sink.item = ir.kind.map(|kind| (kind, Arc::clone(&name)));
        let cx = |ty: ItemType, noun| ItemCx { ir, path: Path::file().step(ty, Arc::clone(&name), ir.uid, 0), noun };
        match ir.kind {
            Some(ItemKind::EngineVersion) => {
                let path = Path::file().step(ItemType::RequiredEngineVersion, "", ir.uid, 0);
                self.engine_version(&ItemCx { ir, path, noun: "required_engine_version" });
            }
            Some(ItemKind::PluginVersions) => {
                self.plugin_versions(&ItemCx { ir, path: Path::file(), noun: "required_plugin_versions" });
            }
            Some(ItemKind::List) => self.list(&cx(ItemType::List, "list")),
            Some(ItemKind::Macro) => self.macro_(&cx(ItemType::Macro, "macro")),
            Some(ItemKind::Rule) => self.rule(&cx(ItemType::Rule, "rule")),
            None => self.unknown_item(ir),
        }
        if self.halted() {
            return;
        }
        if let Some(kind) = ir.kind {
            self.unknown_keys(ir, kind);
            lints::duplicate_key::nested(self.options, ir).into_iter().for_each(|diag| self.sink.ours(diag));
            lints::newer_than_engine::keys(self.options, ir, kind).into_iter().for_each(|diag| self.sink.ours(diag));
        }
    }

    fn unknown_item(&mut self, ir: &Arc<ItemIr>) {
        let mut diag = RawDiag::falco(
            FalcoCode::UnknownItem,
            "item of unknown kind is ignored: it has none of the keys `rule`, `macro`, `list`, \
             `required_engine_version`, `required_plugin_versions`",
            ir.title_loc(),
        );
        for entry in &ir.entries {
            let Some(key) = entry.key.as_scalar() else { continue };
            if let Some(best) = suggest::best(&key.text, HEAD_KEYS.iter().map(|(key, _)| *key)) {
                diag.loc = key.loc(ir.uid);
                diag = diag.did_you_mean(key.loc(ir.uid), best);
                break;
            }
        }
        diag = diag.repair("remove the item", vec![Repair::RemoveElement(ir.title_loc())], false);
        let path = Path::file().step(ItemType::RulesContentItem, "", ir.uid, 0);
        self.sink.report(FalcoCode::UnknownItem, diag, path);
    }

    fn unknown_keys(&mut self, ir: &Arc<ItemIr>, kind: ItemKind) {
        let known = known_keys(kind);
        let (ty, name) = match kind {
            ItemKind::Rule => (ItemType::Rule, ir.name().map_or("", |n| &n.text)),
            ItemKind::Macro => (ItemType::Macro, ir.name().map_or("", |n| &n.text)),
            ItemKind::List => (ItemType::List, ir.name().map_or("", |n| &n.text)),
            ItemKind::EngineVersion => (ItemType::RequiredEngineVersion, ""),
            ItemKind::PluginVersions => (ItemType::RequiredPluginVersions, ""),
        };
        for (index, entry) in ir.entries.iter().enumerate() {
            let Some(key) = entry.key.as_scalar() else {
                let diag = RawDiag::falco(
                    FalcoCode::UnknownKey,
                    format!("{} is no key and is ignored", entry.key.kind_name()),
                    entry.key.loc(ir.uid),
                )
                .repair("remove it", vec![Repair::RemoveEntry(entry.key.loc(ir.uid))], false);
                self.sink.report(FalcoCode::UnknownKey, diag, Path::file().step(ty, name, ir.uid, 0));
                continue;
            };
            if known.contains(&&*key.text) {
                self.duplicate_key(ir, index, &key.text);
                continue;
            }
            let mut diag = RawDiag::falco(
                FalcoCode::UnknownKey,
                format!("unknown key `{}` is ignored in a {}", key.text, kind.head_key()),
                key.loc(ir.uid),
            );
            let given = |key: &str| ir.get(key).is_some();
            if &*key.text == "<<" {
                diag = diag.help("Falco does not merge mappings; write the keys out");
            } else if let Some(best) = suggest::best(&key.text, known.iter().copied().filter(|key| !given(key))) {
                diag = diag.did_you_mean(key.loc(ir.uid), best);
            }
            let remove = vec![Repair::RemoveEntry(key.loc(ir.uid))];
            diag = diag.repair(format!("remove `{}`", key.text), remove, false);
            self.sink.report(FalcoCode::UnknownKey, diag, Path::file().step(ty, name, ir.uid, 0));
        }
    }

    /// Lint `duplicate-key`: of two equal keys Falco takes the first and says nothing.
    fn duplicate_key(&mut self, ir: &Arc<ItemIr>, index: usize, key: &str) {
        let first = ir.entries.iter().position(|e| e.key.as_scalar().is_some_and(|k| &*k.text == key));
        let (Some(first), Some(entry)) = (first, ir.entries.get(index)) else { return };
        if first == index {
            return;
        }
        let message = format!("`{key}` stands twice in this item; Falco takes the first and ignores this one");
        let Some(diag) = lints::duplicate_key::LINT.diag(&self.options.lints, message, entry.key.loc(ir.uid)) else {
            return;
        };
        let place = ir.entries.get(first).map_or(ir.loc(), |e| e.key.loc(ir.uid));
        let diag = diag
            .label(place, "the one that counts")
            .repair("remove this one", vec![Repair::RemoveEntry(entry.key.loc(ir.uid))], false)
            .repair("remove the first one", vec![Repair::RemoveEntry(place)], false);
        self.sink.ours(diag);
    }
}

/// The keys that each kind of item may have.
pub(crate) fn known_keys(kind: ItemKind) -> &'static [&'static str] {
    match kind {
        ItemKind::Rule => &[
            "rule",
            "desc",
            "condition",
            "output",
            "priority",
            "source",
            "enabled",
            "tags",
            "exceptions",
            "warn_evttypes",
            "skip-if-unknown-filter",
            "capture",
            "capture_duration",
            "append",
            "override",
        ],
        ItemKind::Macro => &["macro", "condition", "append", "override"],
        ItemKind::List => &["list", "items", "append", "override"],
        ItemKind::EngineVersion => &["required_engine_version"],
        ItemKind::PluginVersions => &["required_plugin_versions"],
    }
}
