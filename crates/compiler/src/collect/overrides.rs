//! The `override` key and the deprecated `append` flag.

use std::sync::Arc;

use crate::collect::decode::short;
use crate::collect::{Collector, ItemCx};
use crate::diagnostic::Repair;
use crate::lints;
use crate::loc::Loc;
use crate::report::FalcoCode;
use crate::sink::{ItemType, Path, RawDiag};
use crate::value::Value;
use falco_catalog::suggest;

/// Which keys of an item can be appended to or replaced.
pub(super) struct OverrideTable {
    pub(super) append: &'static [&'static str],
    pub(super) replace: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Append,
    Replace,
}

/// The understood entries of an `override` mapping.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) entries: Vec<(Arc<str>, Operation)>,
    /// Keys of entries that were refused.
    refused: Vec<Arc<str>>,
    /// The whole was refused.
    unusable: bool,
}

impl Overrides {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an override was meant, but nothing of it can be used; already reported.
    pub(crate) fn is_broken(&self) -> bool {
        self.entries.is_empty() && (self.unusable || !self.refused.is_empty())
    }

    /// Whether an entry, usable or not, is for the key.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.operation(key).is_some() || self.refused.iter().any(|refused| **refused == *key)
    }

    pub(crate) fn operation(&self, key: &str) -> Option<Operation> {
        self.entries.iter().find(|(k, _)| &**k == key).map(|(_, op)| *op)
    }

    pub(crate) fn has(&self, key: &str, operation: Operation) -> bool {
        self.entries.iter().any(|(k, op)| &**k == key && *op == operation)
    }

    pub(crate) fn any(&self, operation: Operation) -> bool {
        self.entries.iter().any(|(_, op)| *op == operation)
    }
}

impl Collector<'_> {
    /// Reads the `append` flag; true is deprecated.
    pub(super) fn append_flag(&mut self, cx: &ItemCx<'_>) -> bool {
        let keys = cx.keys();
        let flag = self.optional_bool(&keys, "append").unwrap_or(false);
        if flag && !self.halted() {
            let uid = cx.ir.uid;
            let loc = cx
                .ir
                .get("append")
                .map_or(cx.ir.loc(), |entry| Loc::new(uid, entry.key.loc(uid).start, entry.value.loc(uid).end));
            let mut diag = RawDiag::falco(FalcoCode::DeprecatedItem, "`append` is deprecated; use `override`", loc);
            let parts: Vec<&str> = match cx.noun {
                "list" => vec!["items"],
                "macro" => vec!["condition"],
                _ => ["condition", "exceptions"].into_iter().filter(|key| cx.ir.get(key).is_some()).collect(),
            };
            // In a rule, `append` ignores all other keys without a word, while `override` refuses them.
            let others = cx.noun == "rule"
                && cx
                    .ir
                    .entries
                    .iter()
                    .filter_map(|e| e.key.as_scalar())
                    .any(|k| !matches!(&*k.text, "rule" | "append" | "condition" | "exceptions" | "source"));
            if !parts.is_empty() && !others && cx.ir.get("override").is_none() {
                let map: Vec<String> = parts.iter().map(|part| format!("{part}: append")).collect();
                diag = diag.fix("replace with `override`", loc, format!("override: {{{}}}", map.join(", ")), true);
            }
            self.sink.report(FalcoCode::DeprecatedItem, diag, cx.path.clone());
        }
        flag
    }

    pub(super) fn append_and_override(&mut self, cx: &ItemCx<'_>) {
        let loc = cx.ir.get("append").map_or(cx.ir.title_loc(), |entry| entry.key.loc(cx.ir.uid));
        let message = "`append: true` and `override` exclude each other";
        let diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, loc);
        let diag = diag.repair("remove `append`", vec![Repair::RemoveEntry(loc)], false);
        self.shape_error(diag, cx.path.clone());
    }

    /// Reads the `override` mapping. An empty one and a single value count as absent.
    pub(super) fn overrides(&mut self, cx: &ItemCx<'_>, table: &OverrideTable) -> Overrides {
        let mut overrides = Overrides::default();
        let Some(entry) = cx.ir.get("override") else { return overrides };
        let uid = cx.ir.uid;
        let entries = match &entry.value {
            Value::Map { entries, .. } => entries,
            Value::Seq { items, .. } if items.is_empty() => return overrides,
            Value::Seq { .. } => {
                let diag = RawDiag::falco(
                    FalcoCode::ErrValidate,
                    "`override` must be a mapping such as `condition: append`, not a sequence",
                    entry.value.loc(uid),
                );
                self.sink.report(FalcoCode::ErrValidate, diag, Path::file());
                overrides.unusable = true;
                return overrides;
            }
            Value::Scalar(scalar) => {
                let part = if cx.noun == "list" { "items" } else { "condition" };
                let message = format!("this `override` has no effect; it must be a mapping such as `{part}: append`");
                let lint = &lints::override_ignored::LINT;
                if let Some(mut diag) = lint.diag(&self.options.lints, message, scalar.loc(uid)) {
                    if matches!(&*scalar.text, "append" | "replace") {
                        let map = format!("{{{part}: {}}}", scalar.text);
                        diag = diag.fix(format!("write `{map}`"), scalar.loc(uid), map, false);
                    }
                    self.sink.ours(diag.repair("remove it", vec![Repair::RemoveEntry(entry.key.loc(uid))], false));
                }
                return overrides;
            }
            Value::Null { .. } => return overrides,
        };
        let path = cx.path.step(ItemType::Overrides, "", uid, 0);
        for entry in entries {
            if self.halted() {
                return overrides;
            }
            let (Some(key), operation) = (entry.key.as_scalar(), &entry.value) else {
                let diag =
                    RawDiag::falco(FalcoCode::ErrValidate, "a key of `override` must be a word", entry.key.loc(uid));
                self.sink.report(FalcoCode::ErrValidate, diag, Path::file());
                overrides.unusable = true;
                continue;
            };
            overrides.refused.push((&*key.text).into());
            let word = match operation {
                Value::Scalar(scalar) => &*scalar.text,
                Value::Null { .. } => "null",
                other => {
                    let message = format!("`{}` must be `append` or `replace`, not {}", key.text, other.kind_name());
                    let diag = RawDiag::falco(FalcoCode::ErrValidate, message, other.loc(uid));
                    self.sink.report(FalcoCode::ErrValidate, diag, Path::file());
                    continue;
                }
            };
            let can_append = table.append.contains(&&*key.text);
            let can_replace = table.replace.contains(&&*key.text);
            let (operation, allowed) = match word {
                "append" => (Operation::Append, can_append),
                "replace" => (Operation::Replace, can_replace),
                other => {
                    let mut diag = RawDiag::falco(
                        FalcoCode::ErrYamlValidate,
                        format!("unknown override operation `{}`; it is `append` or `replace`", short(other)),
                        if entry.value.is_null() { key.loc(uid) } else { entry.value.loc(uid) },
                    );
                    if let Some(best) = suggest::best(other, ["append", "replace"]) {
                        let loc = diag.loc;
                        diag = diag.fix(format!("replace with `{best}`"), loc, best, false);
                    }
                    let path = path.step(ItemType::ValueFor, &*key.text, uid, entry.value.mark());
                    self.shape_error(diag, path);
                    continue;
                }
            };
            if !allowed {
                let message = match operation {
                    Operation::Append if can_replace => format!("`{}` cannot be appended to", key.text),
                    _ => format!("`{}` cannot be overridden in a {}", key.text, cx.noun),
                };
                let mut diag = RawDiag::falco(FalcoCode::ErrYamlValidate, message, key.loc(uid));
                if operation == Operation::Append && can_replace {
                    diag = diag.help("use `replace`").fix("use `replace`", entry.value.loc(uid), "replace", false);
                } else if let Some(best) = suggest::best(&key.text, table.replace.iter().copied()) {
                    diag = diag.did_you_mean(key.loc(uid), best);
                }
                let path = path.step(ItemType::Overrides, &*key.text, uid, key.start);
                self.shape_error(diag, path);
                continue;
            }
            overrides.refused.pop();
            overrides.entries.push(((&*key.text).into(), operation));
        }
        overrides
    }
}

/// Adds "did you mean" for the name of something that an item wants to change.
pub(super) fn suggest_earlier(diag: RawDiag, best: Option<String>, loc: Loc) -> RawDiag {
    match best {
        Some(best) => {
            let value = Repair::Value { at: loc, text: best.clone() };
            diag.help(format!("did you mean `{best}`?")).repair(format!("replace with `{best}`"), vec![value], false)
        }
        None => diag.help("Falco applies changes in load order: the definition must come first"),
    }
}

/// Adds the fix that makes an append to nothing a definition.
pub(super) fn define_instead(cx: &ItemCx<'_>, diag: RawDiag) -> RawDiag {
    let entry = cx.ir.get("append").or_else(|| cx.ir.get("override"));
    match entry {
        Some(entry) => {
            let remove = vec![Repair::RemoveEntry(entry.key.loc(cx.ir.uid))];
            diag.repair(format!("define the {} here", cx.noun), remove, false)
        }
        None => diag,
    }
}
