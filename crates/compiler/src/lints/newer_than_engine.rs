//! # newer-than-engine
//!
//! A key of an item that the engine which the rules are for (`--engine-version`, or `engine_version` in the project file) does not know
//! yet. Fields, operators and other parts of conditions that it lacks are errors with Falco's own codes, as that Falco would report
//! them.
//!
//! ## Bad
//!
//! ```yaml
//! - rule: Shell                        # with engine version 0.57.0
//!   priority: INFO
//!   override: {warn_evttypes: replace}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! - rule: Shell
//!   desc: written out in full
//! ```
//!
//! ## Why
//!
//! Falco before 0.44 ignored unknown keys without a word, so that the file loads and means something else.

use falco_catalog::ItemKind as Keys;
use falco_catalog::versions::{self, Presence, Subject};

use crate::check;
use crate::diagnostic::ItemKind;
use crate::items::ItemIr;
use crate::lints::{Lint, LintCategory, maybe_newer_than_engine};
use crate::options::{LintLevel, Options};
use crate::sink::RawDiag;
use crate::value::{Entry, Value};

/// See the module's documentation.
pub static LINT: Lint = Lint {
    code: "newer-than-engine",
    category: LintCategory::Correctness,
    level: LintLevel::Deny,
    summary: "a key is newer than the engine that the rules are for",
    source: include_str!("newer_than_engine.rs"),
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
mod tests {
    use crate::fixture::check_for;
    use crate::options::Version;

    #[test]
    fn keys_are_looked_at() {
        check_for(
            Version::new(0, 31, 0),
            r#"
- macro: m
  condition: evt.type = open
- rule: r
  desc: d
  condition: m
  output: x
  priority: INFO
  capture: true
# ^^^^^^^ error: key `capture` is newer than engine 0.31.0; it came with Falco 0.42 (engine 0.58.0 at the latest)
- rule: r
  warn_evttypes: false
  override:
    warn_evttypes: replace
#   ^^^^^^^^^^^^^ error: key `warn_evttypes` is newer than engine 0.31.0; it came with Falco 0.44 (engine 0.62.0)
"#,
        );
        check_for(
            Version::new(0, 28, 0),
            r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
- macro: m
  condition: or evt.type = close
  override: {condition: append}
# ^^^^^^^^ warning: key `override` may be newer than engine 0.28.0; it came with Falco 0.37 (engine 0.31.0)
"#,
        );
        check_for(
            Version::new(0, 17, 0),
            r#"
- macro: m
#        ^ warning: macro `m` is not used by anything
  condition: evt.type = open
- macro: m
  condition: or evt.type = close
  override: {condition: append}
# ^^^^^^^^ error: key `override` is newer than engine 0.17.0; it came with Falco 0.37 (engine 0.31.0)
"#,
        );
    }
}
