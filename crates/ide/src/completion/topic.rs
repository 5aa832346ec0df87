//! The documentation of what a completion stands for, made when somebody looks at it.

use falco_catalog::event;
use falco_catalog::keys::{KEYS, override_action_doc};
use falco_catalog::language;
use falco_compiler::{Effective, ItemKind};

use crate::Analysis;
use crate::markup;
use crate::types::Topic;

/// The documentation of a topic, as markdown.
pub(crate) fn documentation(analysis: &Analysis, topic: &Topic) -> Option<String> {
    let named = |kind, name: &str| analysis.compilation().named(kind, name).map(|named| content(&named.effective()));
    let text = match topic {
        Topic::Field(name) => markup::field(analysis.catalog().field_by_name(name)?),
        Topic::Event(name) => markup::event_name(name)?,
        Topic::Operator(name) => markup::doc(&language::operator(name)?.doc()),
        Topic::Modifier(name) => markup::doc(&language::modifier_doc(name)),
        Topic::Connective(name) => markup::doc(&language::connective_doc(name)),
        Topic::Transformer(name) => markup::doc(&language::transformer(name)?.doc()),
        Topic::Macro(name) => named(ItemKind::Macro, name)?,
        Topic::List(name) => named(ItemKind::List, name)?,
        Topic::Rule(name) => named(ItemKind::Rule, name)?,
        Topic::Value(field, value) => {
            markup::doc(&language::values_of(field).into_iter().find(|word| word.name == value)?.doc)
        }
        Topic::Tag(name) => markup::doc(&language::tag_doc(name)),
        Topic::Priority(name) => markup::doc(&language::priority_doc(name)),
        Topic::Source(name) => analysis.catalog().sources().find(|source| source.name == name)?.doc.to_string(),
        Topic::Key(path) => markup::doc(&KEYS.iter().find(|key| key.path() == *path)?.doc()),
        Topic::OverrideAction(name) => markup::doc(&override_action_doc(name)),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// What a list, macro or rule comes to.
fn content(effective: &Effective) -> String {
    match effective {
        Effective::List { items } => {
            let names: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
            markup::code(&names.join(", "))
        }
        Effective::Macro { text, .. } | Effective::Rule { text, .. } => markup::code(text),
    }
}

/// Whether an event type is one that rules are usually about: these are the documented ones.
pub(crate) fn is_everyday_event(name: &str) -> bool {
    !event::doc(name).text.is_empty()
}
