//! What Falco says about the compiled state, in Falco's order.

use std::sync::Arc;

use crate::collect::Collection;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawFalco};
use crate::stage::{Stage, Uses};

impl Stage<'_> {
    /// Falco's messages of the compilation, up to the first error. Without `warnings` only the error.
    pub(crate) fn falco_messages(&self, collection: &Collection, out: &mut Vec<RawFalco>, warnings: bool) {
        let macros = || collection.macros.order().iter().filter_map(|id| self.units.macro_(*id));
        let rules = || collection.rules.order().iter().filter_map(|id| self.units.rule(*id));
        let compiled = || rules().filter(|unit| unit.compiled);
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
        let uses = Uses::of(collection, &self.units);
        for (id, macro_) in collection.macros.iter() {
            if !uses.uses_macro(id) {
                let at = macro_.definition;
                let path = Path::file().step(ItemType::Macro, Arc::clone(&macro_.name), at.uid, at.start);
                out.push(RawFalco::new(FalcoCode::UnusedMacro, unused("macro", &macro_.name), path));
            }
        }
        for (id, list) in collection.lists.iter() {
            if !uses.uses_list(id) {
                let at = list.definition;
                let path = Path::file().step(ItemType::List, Arc::clone(&list.name), at.uid, at.start);
                out.push(RawFalco::new(FalcoCode::UnusedList, unused("list", &list.name), path));
            }
        }
    }
}

/// The message about something unused.
pub(crate) fn unused(noun: &str, name: &str) -> String {
    format!("{noun} `{name}` is not used by anything")
}
