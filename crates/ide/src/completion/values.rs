//! Completion of the values of keys.

use falco_catalog::event;
use falco_catalog::keys::{ItemKind as KeyOwner, KeyInfo, KeyValue, OVERRIDE_ACTIONS};
use falco_catalog::{language, versions};
use falco_compiler::ItemKind;
use falco_syntax::yaml::{Mapping, Node};
use falco_syntax::{TextRange, TextSize};

use super::exceptions::{self, Shape};
use super::scope::Scope;
use super::topic::is_everyday_event;
use super::{Completions, goes_with};
use crate::context::{Embedded, ItemFacts};
use crate::types::*;

/// The word at the cursor.
pub(crate) struct Word<'t> {
    /// What is typed of it.
    pub(crate) typed: &'t str,
    /// What a completion replaces.
    pub(crate) range: TextRange,
}

impl Word<'_> {
    /// Offers a label, if it goes with what is typed.
    pub(crate) fn push(
        &self,
        out: &mut Completions<'_>,
        label: &str,
        kind: CompletionKind,
        detail: Option<&str>,
        topic: Option<Topic>,
    ) {
        self.ranked(out, label, kind, 10, detail, topic);
    }

    /// [`Word::push`] with a rank.
    pub(crate) fn ranked(
        &self,
        out: &mut Completions<'_>,
        label: &str,
        kind: CompletionKind,
        rank: u8,
        detail: Option<&str>,
        topic: Option<Topic>,
    ) {
        if goes_with(label, self.typed) {
            out.word(label, kind, self.range, rank, detail.map(str::to_owned), topic);
        }
    }
}

/// A value and where it stands.
pub(crate) struct Value<'a> {
    /// Whose.
    pub(crate) key: &'static KeyInfo,
    /// Its text.
    pub(crate) embedded: &'a Embedded,
    /// The mapping that has the key.
    pub(crate) mapping: &'a Mapping,
    /// Which element of a sequence it is.
    pub(crate) path: &'a [usize],
}

/// All of a value's text.
pub(crate) fn word_range(embedded: &Embedded) -> TextRange {
    embedded.to_file(TextRange::new(TextSize::new(0), TextSize::of(embedded.text.trim_end())))
}

/// What can stand as a value, or as an element of it.
pub(crate) fn complete(
    out: &mut Completions<'_>,
    value: &Value<'_>,
    sources: &[String],
    scope: &Scope,
    item: &ItemFacts,
) {
    let Value { key, embedded, mapping, path } = value;
    let typed = embedded.text.get(..usize::from(embedded.offset)).unwrap_or_default().trim_start();
    let word = Word { typed, range: word_range(embedded) };
    let is_element = !path.is_empty();
    match key.value {
        KeyValue::Priority => {
            // Most urgent first, not by name.
            for (rank, name) in (0u8..).zip(language::PRIORITIES) {
                let topic = Topic::Priority(name.to_owned());
                word.ranked(out, &name.to_uppercase(), CompletionKind::Value, rank, None, Some(topic));
            }
        }
        KeyValue::Source => {
            let sources: Vec<_> = out.catalog().sources().collect();
            for source in sources {
                let topic = Topic::Source(source.name.to_owned());
                word.push(out, source.name, CompletionKind::Value, source.plugin, Some(topic));
            }
        }
        KeyValue::Boolean => {
            for label in ["true", "false"] {
                word.push(out, label, CompletionKind::Value, None, None);
            }
        }
        KeyValue::Version => engine_versions(out, key, &word),
        KeyValue::Tags if is_element => tags(out, &word, mapping),
        KeyValue::OverrideAction => {
            let allowed = OVERRIDE_ACTIONS.into_iter().zip([key.append, key.replace]).filter(|(_, allowed)| *allowed);
            for (label, _) in allowed {
                let topic = Topic::OverrideAction(label.to_owned());
                word.push(out, label, CompletionKind::Value, None, Some(topic));
            }
        }
        KeyValue::Fields => out.fields(typed, word.range, sources, |f| !f.flags.print_only()),
        KeyValue::Operators => {
            let shape = shape(out, mapping, item);
            exceptions::comps(out, &shape, &word, path.first().copied(), sources);
        }
        KeyValue::Tuples if is_element => {
            let shape = shape(out, mapping, item);
            exceptions::row_values(out, &shape, embedded, path, sources);
        }
        KeyValue::Scalars if is_element => list_items(out, &word, scope),
        KeyValue::Text if key.item == KeyOwner::Exception => exceptions::names(out, item, &word, key),
        KeyValue::Text => names(out, key, &word),
        _ => {}
    }
}

fn shape(out: &Completions<'_>, mapping: &Mapping, item: &ItemFacts) -> Shape {
    Shape::of(out.analysis, item, Node::from_syntax(mapping.syntax().clone().into()))
}

/// The known tags, and those that the rules of the workspace have.
fn tags(out: &mut Completions<'_>, word: &Word<'_>, mapping: &Mapping) {
    let known: Vec<&str> = language::tags().map(|tag| tag.name).collect();
    let present: Vec<String> = mapping
        .get("tags")
        .and_then(|tags| tags.as_sequence())
        .map(|tags| tags.items().filter_map(|tag| tag.text()).collect())
        .unwrap_or_default();
    // A tag that the rule has is not offered again, but for the one that is being written.
    let is_free = |tag: &str| tag == word.typed || present.iter().all(|present| present != tag);
    for tag in known.iter().filter(|tag| is_free(tag)) {
        word.push(out, tag, CompletionKind::Value, None, Some(Topic::Tag((*tag).to_owned())));
    }
    let rules = out.analysis.compilation().all_named(ItemKind::Rule);
    let is_own = |tag: &&str| !known.contains(tag) && is_free(tag) && *tag != word.typed;
    let mut own: Vec<&str> = rules.flat_map(|rule| rule.tags()).filter(is_own).collect();
    own.sort_unstable();
    own.dedup();
    for tag in own {
        word.push(out, tag, CompletionKind::Value, Some("used in this workspace"), None);
    }
}

/// Engine versions that are known exactly, newest first.
fn engine_versions(out: &mut Completions<'_>, key: &KeyInfo, word: &Word<'_>) {
    if key.item != KeyOwner::EngineVersion {
        return;
    }
    let mut engines: Vec<_> = versions::releases().iter().filter_map(|r| Some((r.engine()?, r.falco))).collect();
    // Of releases with the same engine the first is what rules need.
    engines.sort_by_key(|(engine, _)| std::cmp::Reverse(*engine));
    engines.dedup_by_key(|(engine, _)| *engine);
    for (rank, (engine, falco)) in (0u8..).zip(engines) {
        let detail = format!("Falco {falco}");
        word.ranked(out, &engine.to_string(), CompletionKind::Value, rank, Some(&detail), None);
    }
}

/// Items of a list: other lists, and event types once something is typed.
fn list_items(out: &mut Completions<'_>, word: &Word<'_>, scope: &Scope) {
    for name in out.names(ItemKind::List, word.typed, |named| scope.sees_list(named)) {
        word.push(out, &name, CompletionKind::List, Some("list"), Some(Topic::List(name.to_string())));
    }
    if word.typed.is_empty() {
        out.is_incomplete = true;
        return;
    }
    for name in event::names().filter(|name| is_everyday_event(name)) {
        word.push(out, name, CompletionKind::Event, Some("event type"), Some(Topic::Event(name.to_owned())));
    }
}

/// Names of existing things: to change a rule, macro or list one repeats its name.
fn names(out: &mut Completions<'_>, key: &KeyInfo, word: &Word<'_>) {
    let (items, kind, topic): (_, _, fn(String) -> Topic) = match (key.item, key.name) {
        (KeyOwner::Rule, "rule") => (ItemKind::Rule, CompletionKind::Rule, Topic::Rule),
        (KeyOwner::Macro, "macro") => (ItemKind::Macro, CompletionKind::Macro, Topic::Macro),
        (KeyOwner::List, "list") => (ItemKind::List, CompletionKind::List, Topic::List),
        (KeyOwner::PluginRequirement | KeyOwner::PluginAlternative, "name") => {
            let plugins: Vec<&str> = out.catalog().plugins().collect();
            for plugin in plugins {
                word.push(out, plugin, CompletionKind::Value, Some("plugin"), None);
            }
            return;
        }
        _ => return,
    };
    for name in out.names(items, word.typed, |_| true) {
        word.push(out, &name, kind, None, Some(topic(name.to_string())));
    }
}
