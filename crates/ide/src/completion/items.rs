//! Completion of items and their keys.

use falco_catalog::keys::{ItemKind, KeyInfo, KeyValue};
use falco_syntax::TextRange;
use falco_syntax::yaml::Mapping;

use super::Completions;
use crate::types::*;

/// Whole items, as snippets.
const ITEMS: [(&str, &str, &str); 7] = [
    (
        "rule",
        "a rule",
        "- rule: ${1:Name}\n  desc: ${2:What it detects}\n  condition: >\n    ${3:evt.type = execve}\n  output: ${4:%proc.name started (command=%proc.cmdline)}\n  priority: ${5:NOTICE}\n  tags: [$6]\n$0",
    ),
    ("macro", "a macro", "- macro: ${1:name}\n  condition: ${2:evt.type = execve}\n$0"),
    ("list", "a list", "- list: ${1:name}\n  items: [$2]\n$0"),
    (
        "rule (change another)",
        "adds to a rule of an earlier file",
        "- rule: ${1:Name}\n  condition: ${2:and not proc.name = trusted}\n  override:\n    condition: append\n$0",
    ),
    (
        "list (add items)",
        "adds to a list of an earlier file",
        "- list: ${1:name}\n  items: [$2]\n  override:\n    items: append\n$0",
    ),
    ("required_engine_version", "the oldest engine that loads the file", "- required_engine_version: ${1:0.50.0}\n$0"),
    (
        "required_plugin_versions",
        "the plugins that the file needs",
        "- required_plugin_versions:\n    - name: ${1:container}\n      version: ${2:0.4.0}\n$0",
    ),
];

/// The start of an item.
///
/// The range begins at the dash, if there is one: then the text under the cursor has it, too.
pub(crate) fn top_level(out: &mut Completions<'_>, range: TextRange, has_dash: bool) {
    for (index, (label, detail, text)) in ITEMS.iter().enumerate() {
        let owner = ItemKind::TOP.into_iter().find(|k| k.head().is_some_and(|h| label.starts_with(h)));
        let topic = owner.and_then(|o| o.key(o.head()?)).map(|k| Topic::Key(k.path()));
        out.items.push(CompletionItem {
            label: (*label).to_owned(),
            kind: CompletionKind::Snippet,
            detail: Some((*detail).to_owned()),
            topic,
            filter: has_dash.then(|| format!("- {label}")),
            edit: TextEdit { range, text: (*text).to_owned() },
            is_snippet: true,
            deprecated: false,
            rank: index as u8,
        });
    }
}

/// The keys of a mapping that it does not have yet.
pub(crate) fn keys(
    out: &mut Completions<'_>,
    owner: ItemKind,
    range: TextRange,
    present: &[String],
    has_colon: bool,
    column: usize,
    item: Option<&Mapping>,
) {
    // What an item changes is what it has.
    let is_changed = |key: &KeyInfo| {
        let overrides = matches!(owner, ItemKind::RuleOverride | ItemKind::MacroOverride | ItemKind::ListOverride);
        overrides && item.is_some_and(|item| item.entry(key.name).is_some())
    };
    for (index, key) in owner.keys().enumerate() {
        if present.iter().any(|p| p == key.name) || owner.head() == Some(key.name) && !present.is_empty() {
            continue;
        }
        let text = if has_colon { key.name.to_owned() } else { template(key, column) };
        out.items.push(CompletionItem {
            label: key.name.to_owned(),
            kind: CompletionKind::Key,
            detail: Some(detail(key)),
            topic: Some(Topic::Key(key.path())),
            filter: None,
            edit: TextEdit { range, text },
            is_snippet: !has_colon,
            deprecated: key.deprecated,
            rank: match key {
                key if key.deprecated => 90,
                key if key.required || is_changed(key) => index as u8,
                _ => index as u8 + 50,
            },
        });
    }
}

fn detail(key: &KeyInfo) -> String {
    let value = match key.value {
        KeyValue::Text => "text",
        KeyValue::Condition => "condition",
        KeyValue::Output => "output line",
        KeyValue::Priority => "priority",
        KeyValue::Source => "event source",
        KeyValue::Boolean => "true or false",
        KeyValue::Number => "number",
        KeyValue::Version => "version",
        KeyValue::Scalars | KeyValue::Tags => "list",
        KeyValue::Mappings => "list of mappings",
        KeyValue::Mapping => "mapping",
        KeyValue::Fields => "field or list of fields",
        KeyValue::Operators => "operator or list of operators",
        KeyValue::Tuples => "list of values",
        KeyValue::OverrideAction => "append or replace",
    };
    match (key.required, key.deprecated) {
        (true, _) => format!("{value}, required"),
        (_, true) => format!("{value}, deprecated"),
        _ => value.to_owned(),
    }
}

/// The key with the beginning of its value.
fn template(key: &KeyInfo, column: usize) -> String {
    let name = key.name;
    let deeper = |n: usize| " ".repeat(column + n);
    match key.value {
        KeyValue::Condition => format!("{name}: >\n{}$0", deeper(2)),
        KeyValue::Scalars | KeyValue::Tags | KeyValue::Tuples => format!("{name}: [$0]"),
        KeyValue::Fields | KeyValue::Operators => format!("{name}: [$0]"),
        KeyValue::Mapping => format!("{name}:\n{}$0", deeper(2)),
        KeyValue::Mappings => format!("{name}:\n{}- name: $0", deeper(2)),
        _ => format!("{name}: $0"),
    }
}
