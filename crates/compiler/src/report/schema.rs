//! The schema check of Falco's report. It never decides whether a file loads.
//!
//! Falco's schema is one flat set of keys for items of every kind, so that a key of the wrong kind passes.

use falco_syntax::yaml::schema::{decode_bool, decode_unsigned};

use crate::items::{Element, FileItems, ItemIr};
use crate::report::SchemaResult;
use crate::value::{Entry, Value, get};

/// Checks the first document; `None` if the file has none.
pub(crate) fn check(file: &FileItems) -> Option<SchemaResult> {
    let mut result = SchemaResult::default();
    for (number, element) in file.elements.iter().take(file.first_document?).enumerate() {
        match element {
            Element::Item { ir, .. } => item(number, ir, &mut result),
            Element::NotMapping { what, .. } => {
                result.warnings.push(format!("item {number} is {what}, not a mapping"));
            }
            Element::NoSequence { what, .. } => {
                result.warnings.push(format!("the document is {what}, not a sequence"));
            }
        }
    }
    Some(result)
}

const PRIORITIES: [&str; 9] =
    ["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "INFORMATIONAL", "DEBUG"];

/// The keys that `override` may name.
const OVERRIDABLE: [&str; 12] = [
    "append",
    "capture",
    "capture_duration",
    "condition",
    "desc",
    "enabled",
    "exceptions",
    "items",
    "output",
    "priority",
    "tags",
    "warn_evttypes",
];

fn item(number: usize, ir: &ItemIr, result: &mut SchemaResult) {
    let mut bad = |key: &str, what: &str| result.warnings.push(format!("item {number}: `{key}` {what}"));
    for entry in &ir.entries {
        let Some(key) = entry.key.as_scalar() else {
            bad(entry.key.kind_name(), "is no key");
            continue;
        };
        let value = &entry.value;
        match &*key.text {
            "append" | "enabled" | "capture" | "warn_evttypes" | "skip-if-unknown-filter" => {
                if text(value).and_then(decode_bool).is_none() {
                    bad(&key.text, "is no boolean");
                }
            }
            "capture_duration" => {
                let number = text(value).map(|text| text.strip_prefix('-').unwrap_or(text));
                if number.and_then(|text| decode_unsigned(text, u64::MAX)).is_none() {
                    bad("capture_duration", "is no whole number");
                }
            }
            "items" => match value {
                Value::Seq { items, .. } => {
                    if items.iter().any(|item| item.as_scalar().is_none()) {
                        bad("items", "has an element that is neither text nor number");
                    }
                }
                _ => bad("items", "is no sequence"),
            },
            "tags" => match value {
                Value::Seq { items, .. } => {
                    if items.iter().any(|item| item.as_scalar().is_none()) {
                        bad("tags", "has an element that is no text");
                    }
                }
                _ => bad("tags", "is no sequence"),
            },
            "priority" => {
                if !text(value).is_some_and(|text| PRIORITIES.contains(&text)) {
                    bad("priority", "is none of the priorities in upper case");
                }
            }
            "override" => override_(value, &mut bad),
            "exceptions" => exceptions(value, &mut bad),
            "required_plugin_versions" => plugins(value, &mut bad),
            "rule" | "macro" | "list" | "condition" | "output" | "desc" | "source" | "required_engine_version" => {
                if value.as_scalar().is_none() {
                    bad(&key.text, "is no text");
                }
            }
            other => bad(other, "is no known key"),
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_scalar().map(|scalar| &*scalar.text)
}

fn override_(value: &Value, bad: &mut impl FnMut(&str, &str)) {
    let Value::Map { entries, .. } = value else {
        bad("override", "is no mapping");
        return;
    };
    let mut known = 0;
    for entry in entries {
        let key = text(&entry.key).unwrap_or_default();
        if OVERRIDABLE.contains(&key) || key == "skip-if-unknown-filter" {
            known += 1;
        } else {
            bad("override", "names a key that cannot be overridden");
        }
        if !matches!(text(&entry.value), Some("append" | "replace")) {
            bad("override", "has an operation that is neither `append` nor `replace`");
        }
    }
    if known == 0 {
        bad("override", "names no key");
    }
}

fn exceptions(value: &Value, bad: &mut impl FnMut(&str, &str)) {
    let Value::Seq { items, .. } = value else {
        bad("exceptions", "is no sequence");
        return;
    };
    for item in items {
        let Value::Map { entries, .. } = item else {
            bad("exceptions", "has an element that is no mapping");
            continue;
        };
        if get(entries, "name").is_none() {
            bad("exceptions", "has an element without `name`");
        }
        let known = |entry: &Entry| matches!(text(&entry.key), Some("name" | "fields" | "comps" | "values"));
        if !entries.iter().all(known) {
            bad("exceptions", "has an element with an unknown key");
        }
    }
}

fn plugins(value: &Value, bad: &mut impl FnMut(&str, &str)) {
    let Value::Seq { items, .. } = value else {
        bad("required_plugin_versions", "is no sequence");
        return;
    };
    for item in items {
        let Value::Map { entries, .. } = item else {
            bad("required_plugin_versions", "has an element that is no mapping");
            continue;
        };
        let complete = |entries: &[Entry]| get(entries, "name").is_some() && get(entries, "version").is_some();
        let mut fine = complete(entries);
        if let Some(Value::Seq { items, .. }) = get(entries, "alternatives").map(|entry| &entry.value) {
            fine &= items.iter().all(|item| matches!(item, Value::Map { entries, .. } if complete(entries)));
        }
        if !fine {
            bad("required_plugin_versions", "has an element without `name` and `version`");
        }
    }
}
