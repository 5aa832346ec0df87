//! What rules ask of the engine and of plugins.

use std::collections::{BTreeMap, BTreeSet};

use falco_compiler::{FileId, ItemKind, SourceFile, Span, Version};
use falco_syntax::ast::{Item, RulesFile};
use falco_syntax::{TextRange, yaml};

use super::{Change, What};

/// A plugin's version that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginNeed {
    /// The least version.
    pub version: Option<Version>,
    /// Other plugins that will do, with theirs.
    pub alternatives: Vec<(String, Option<Version>)>,
}

/// What a set of files asks for.
#[derive(Default)]
struct Needs {
    engine: Option<(Version, Span)>,
    plugins: BTreeMap<String, (PluginNeed, Span)>,
}

/// What changed of it.
pub(super) fn compare(old: &[SourceFile], new: &[SourceFile]) -> Vec<Change> {
    let (old, new) = (Needs::of(old), Needs::of(new));
    let mut changes = Vec::new();
    let (from, to) = (old.engine.map(|(version, _)| version), new.engine.map(|(version, _)| version));
    if from != to {
        changes.push(Change {
            kind: ItemKind::EngineVersion,
            name: String::new(),
            old: old.engine.map(|(_, span)| span),
            new: new.engine.map(|(_, span)| span),
            what: What::Engine { from, to },
        });
    }
    let names: BTreeSet<&String> = old.plugins.keys().chain(new.plugins.keys()).collect();
    for name in names {
        let (before, after) = (old.plugins.get(name), new.plugins.get(name));
        let (from, to) = (before.map(|(need, _)| need.clone()), after.map(|(need, _)| need.clone()));
        if from != to {
            changes.push(Change {
                kind: ItemKind::PluginVersions,
                name: name.clone(),
                old: before.map(|(_, span)| *span),
                new: after.map(|(_, span)| *span),
                what: What::Plugin { from, to },
            });
        }
    }
    changes
}

impl Needs {
    fn of(files: &[SourceFile]) -> Self {
        let mut needs = Self::default();
        for (number, file) in (0u32..).zip(files) {
            let span =
                |range: TextRange| Span { file: FileId(number), start: range.start().into(), end: range.end().into() };
            for item in RulesFile::from_parse(&yaml::parse(&file.text)).items() {
                match &item {
                    Item::RequiredEngineVersion(_) => needs.engine(&item, span(item.body().range())),
                    Item::RequiredPluginVersions(plugins) => {
                        for need in plugins.requirements() {
                            let Some(name) = need.name().and_then(|name| name.text()) else { continue };
                            let version = |node: Option<yaml::Node>| node?.text()?.parse().ok();
                            let alternatives = need.alternatives();
                            let alternatives = alternatives.iter().filter_map(|alternative| {
                                Some((alternative.name()?.text()?, version(alternative.version())))
                            });
                            let alternatives = alternatives.collect();
                            let need = PluginNeed { version: version(need.version()), alternatives };
                            needs.plugins.insert(name, (need, span(item.body().range())));
                        }
                    }
                    _ => {}
                }
            }
        }
        needs
    }

    /// The newest engine that any file asks for is the one that all of them need.
    fn engine(&mut self, item: &Item, span: Span) {
        let Some(text) = item.head().and_then(|head| head.text()) else { return };
        // A plain number counts the minor versions.
        let version = text.parse().ok().or_else(|| Some(Version::new(0, text.parse().ok()?, 0)));
        let Some(version) = version else { return };
        if self.engine.is_none_or(|(newest, _)| version > newest) {
            self.engine = Some((version, span));
        }
    }
}
