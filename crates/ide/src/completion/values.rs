//! Completion of the values of keys.

use falco_catalog::event;
use falco_catalog::keys::{ItemKind, KeyInfo, KeyValue, OVERRIDE_ACTIONS, override_action_doc};
use falco_catalog::language::{self, OPERATORS};
use falco_syntax::{TextRange, TextSize};

use super::condition::describe;
use super::{Completions, goes_with};
use crate::context::Embedded;
use crate::markup;
use crate::types::*;

/// What can stand as the value of `key`.
pub(crate) fn complete(
    out: &mut Completions<'_>,
    key: &'static KeyInfo,
    embedded: &Embedded,
    element: bool,
    sources: &[String],
) {
    let typed = embedded.text.get(..usize::from(embedded.offset)).unwrap_or_default().trim_start();
    let range = embedded.to_file(TextRange::new(TextSize::new(0), TextSize::of(embedded.text.trim_end())));
    let mut word = |out: &mut Completions<'_>, label: &str, kind, detail: Option<&str>, doc: Option<String>| {
        if goes_with(label, typed) {
            out.word(label, kind, range, 10, detail.map(str::to_owned), doc);
        }
    };
    match key.value {
        KeyValue::Priority => {
            for (index, name) in language::PRIORITIES.iter().enumerate() {
                let label = name.to_uppercase();
                word(out, &label, CompletionKind::Value, None, Some(markup::doc(&language::priority_doc(name))));
                // Most urgent first, not by name.
                if let Some(item) = out.items.last_mut().filter(|i| i.label == label) {
                    item.rank = index as u8;
                }
            }
        }
        KeyValue::Source => {
            let sources: Vec<_> = out.catalog().sources().collect();
            for source in sources {
                word(out, source.name, CompletionKind::Value, source.plugin, Some(source.doc.to_string()));
            }
        }
        KeyValue::Boolean => {
            for label in ["true", "false"] {
                word(out, label, CompletionKind::Value, None, None);
            }
        }
        KeyValue::Tags if element => {
            for tag in language::tags() {
                word(out, tag.name, CompletionKind::Value, None, Some(markup::doc(&tag.doc)));
            }
        }
        KeyValue::OverrideAction => {
            let allowed = OVERRIDE_ACTIONS.into_iter().zip([key.append, key.replace]).filter(|(_, allowed)| *allowed);
            for (label, _) in allowed {
                word(out, label, CompletionKind::Value, None, Some(markup::doc(&override_action_doc(label))));
            }
        }
        KeyValue::Fields => out.fields(typed, range, sources, |f| !f.flags.print_only()),
        KeyValue::Operators => {
            for op in OPERATORS.iter().filter(|op| op.name != "==") {
                word(out, op.name, CompletionKind::Operator, None, Some(markup::doc(&op.doc())));
            }
        }
        KeyValue::Scalars | KeyValue::Tuples if element => {
            let items = out.analysis.items();
            for entry in &items.lists {
                word(out, &entry.name, CompletionKind::List, Some("list"), Some(describe(entry)));
            }
            if key.value == KeyValue::Scalars && !typed.is_empty() {
                for name in event::names().filter(|n| !event::doc(n).text.is_empty()) {
                    word(out, name, CompletionKind::Event, Some("event type"), markup::event_name(name));
                }
            }
        }
        KeyValue::Text => names(out, key, &mut word),
        _ => {}
    }
}

/// Names of existing things: to change a rule, macro or list one repeats its name.
fn names(
    out: &mut Completions<'_>,
    key: &KeyInfo,
    word: &mut impl FnMut(&mut Completions<'_>, &str, CompletionKind, Option<&str>, Option<String>),
) {
    let items = out.analysis.items();
    let (entries, kind) = match (key.item, key.name) {
        (ItemKind::Rule, "rule") => (&items.rules, CompletionKind::Rule),
        (ItemKind::Macro, "macro") => (&items.macros, CompletionKind::Macro),
        (ItemKind::List, "list") => (&items.lists, CompletionKind::List),
        (ItemKind::PluginRequirement | ItemKind::PluginAlternative, "name") => {
            let plugins: Vec<&str> = out.catalog().plugins().collect();
            for plugin in plugins {
                word(out, plugin, CompletionKind::Value, Some("plugin"), None);
            }
            return;
        }
        _ => return,
    };
    for entry in entries {
        word(out, &entry.name, kind, None, Some(describe(entry)));
    }
}
