//! The lint `newer-than-engine`; its page is `page.md`.

use falco_catalog::ItemKind as Keys;
use falco_catalog::versions::{self, Presence, Subject};

use crate::check;
use crate::diagnostic::ItemKind;
use crate::items::ItemIr;
use crate::lints::{Lint, LintCategory, LintLevel, maybe_newer_than_engine};
use crate::options::Options;
use crate::sink::RawDiag;
use crate::value::{Entry, Value};

/// See `page.md`.
pub static LINT: Lint = Lint {
    code: "newer-than-engine",
    category: LintCategory::Compatibility,
    level: LintLevel::Error,
    summary: "a key is newer than the engine that the rules are for",
    options: &[],
    page: include_str!("page.md"),
};

/// The findings about the keys of an item and of its `override`.
pub(crate) fn keys(options: &Options, ir: &ItemIr, kind: ItemKind) -> Vec<RawDiag> {
    let mut found = Vec::new();
    if check::versions::engine(options.engine_version) >= versions::NEWEST {
        return found;
    }
    let (own, over) = match kind {
        ItemKind::Rule => (Keys::Rule, Some(Keys::RuleOverride)),
        ItemKind::Macro => (Keys::Macro, Some(Keys::MacroOverride)),
        ItemKind::List => (Keys::List, Some(Keys::ListOverride)),
        ItemKind::EngineVersion => (Keys::EngineVersion, None),
        ItemKind::PluginVersions => (Keys::PluginVersions, None),
    };
    judge(options, ir, own, &ir.entries, &mut found);
    if let (Some(over), Some(Value::Map { entries, .. })) = (over, ir.get("override").map(|entry| &entry.value)) {
        judge(options, ir, over, entries, &mut found);
    }
    found
}

fn judge(options: &Options, ir: &ItemIr, item: Keys, entries: &[Entry], found: &mut Vec<RawDiag>) {
    let engine = options.engine_version;
    for entry in entries {
        let Some(name) = entry.key.as_scalar() else { continue };
        let Some(key) = item.key(&name.text) else { continue };
        let (presence, Some(since)) = check::versions::presence(engine, Subject::Key, &key.path()) else { continue };
        let (lint, message) = match presence {
            Presence::Present => continue,
            Presence::Absent => (&LINT, check::versions::message(engine, Subject::Key, key.name)),
            Presence::Unknown => {
                (&maybe_newer_than_engine::LINT, maybe_newer_than_engine::message(engine, Subject::Key, key.name))
            }
        };
        if let Some(diag) = lint.diag(&options.lints, message, name.loc(ir.uid)) {
            found.push(diag.help(format!("it came with {since}")));
        }
    }
}

#[cfg(test)]
mod tests;
