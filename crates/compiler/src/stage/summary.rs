//! What the compiled state says as a whole: Falco's messages in Falco's order, all of ours, and what is unused.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::collect::Collection;
use crate::diagnostic::ItemKind;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag, RawFalco};
use crate::stage::Stage;
use crate::text::words;

impl Stage<'_> {
    /// Falco's messages of the compilation, up to the first error. Without `warnings` only the error.
    pub(crate) fn falco_messages(&self, collection: &Collection, out: &mut Vec<RawFalco>, warnings: bool) {
        let macros = || self.macros.iter().flatten();
        let compiled = || self.rules.iter().flatten().filter(|unit| unit.compiled);
        let findings = macros()
            .map(|unit| &unit.parse)
            .chain(macros().map(|unit| &unit.resolve))
            .chain(compiled().map(|unit| &unit.findings));
        for findings in findings {
            for message in &findings.falco {
                let is_error = message.code.is_error();
                if warnings || is_error {
                    out.push(message.clone());
                }
                if is_error {
                    return;
                }
            }
        }
        if !warnings {
            return;
        }
        let (macros, lists) = self.used(false, collection);
        for (index, macro_) in (0u32..).zip(&collection.macros) {
            if !macros.contains(&index) {
                let at = macro_.definition;
                let path = Path::file().step(ItemType::Macro, Arc::clone(&macro_.name), at.uid, at.start);
                out.push(RawFalco::new(FalcoCode::UnusedMacro, unused("macro", &macro_.name), path));
            }
        }
        for (index, list) in (0u32..).zip(&collection.lists) {
            if !lists.contains(&index) {
                let at = list.definition;
                let path = Path::file().step(ItemType::List, Arc::clone(&list.name), at.uid, at.start);
                out.push(RawFalco::new(FalcoCode::UnusedList, unused("list", &list.name), path));
            }
        }
    }

    /// The macros and lists that something uses. Generously, a word in a condition that cannot be parsed counts.
    fn used(&self, generously: bool, collection: &Collection) -> (FxHashSet<u32>, FxHashSet<u32>) {
        let mut macros: FxHashSet<u32> = FxHashSet::default();
        let mut lists: FxHashSet<u32> = FxHashSet::default();
        let compiled = self.rules.iter().flatten().filter(|unit| unit.compiled && !unit.output_skipped);
        let rules = compiled.map(|unit| (&unit.condition, &unit.targets));
        let conditions = self.macros.iter().flatten().map(|unit| (&unit.condition, &unit.targets)).chain(rules);
        for (condition, targets) in conditions {
            macros.extend(targets.iter().flatten());
            lists.extend(condition.lists.iter().map(|(list, _)| *list));
            if generously && !condition.parsed.errors.is_empty() {
                for word in words(&condition.text) {
                    macros.extend(collection.macro_by_name.get(word));
                    lists.extend(collection.list_by_name.get(word));
                }
            }
        }
        for unit in self.lists.iter().flatten() {
            lists.extend(unit.uses.iter().map(|(list, _)| *list));
        }
        (macros, lists)
    }

    /// Our warnings about what nothing uses.
    pub(crate) fn unused(&self, collection: &Collection, diags: &mut Vec<RawDiag>) {
        let (macros, lists) = self.used(true, collection);
        let mut push = |code, kind, noun: &str, name: &Arc<str>, loc| {
            let mut diag = RawDiag::falco(code, unused(noun, name), loc);
            diag.item = Some((kind, Arc::clone(name)));
            diags.push(diag);
        };
        for (index, macro_) in (0u32..).zip(&collection.macros) {
            if !macros.contains(&index) && !macro_.broken {
                push(FalcoCode::UnusedMacro, ItemKind::Macro, "macro", &macro_.name, macro_.definition_name);
            }
        }
        for (index, list) in (0u32..).zip(&collection.lists) {
            if !lists.contains(&index) && !list.broken {
                push(FalcoCode::UnusedList, ItemKind::List, "list", &list.name, list.definition_name);
            }
        }
    }

    /// Our errors about macros and rules as they are now.
    pub(crate) fn errors(&self) -> Vec<RawDiag> {
        let macros = self.macros.iter().flatten().flat_map(|unit| unit.parse.diags.iter().chain(&unit.resolve.diags));
        let rules = self.rules.iter().flatten().flat_map(|unit| &unit.findings.diags);
        macros.chain(rules).filter(|diag| diag.code.starts_with("LOAD_ERR")).cloned().collect()
    }

    /// All of ours about lists, macros and rules, but for the checks in macros.
    pub(crate) fn all_findings(&self, diags: &mut Vec<RawDiag>) {
        let lists = self.lists.iter().flatten().flat_map(|unit| &unit.diags);
        let macros = self.macros.iter().flatten().flat_map(|unit| unit.parse.diags.iter().chain(&unit.resolve.diags));
        let rules = self.rules.iter().flatten().flat_map(|unit| &unit.findings.diags);
        diags.extend(lists.chain(macros).chain(rules).cloned());
    }
}

fn unused(noun: &str, name: &str) -> String {
    format!("{noun} `{name}` is not used by anything")
}
