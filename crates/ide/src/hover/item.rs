//! What lists, macros, rules and exceptions come to.

use std::collections::BTreeMap;

use falco_compiler::{Change, Effective, ItemKind, ItemSite, Named};

use crate::Analysis;
use crate::markup;
use crate::names;
use crate::types::FileId;

/// A macro, list or rule: what it comes to, what made it so, how often it is used.
pub(crate) fn item(analysis: &Analysis, named: Named<'_>) -> String {
    let mut out = format!("{} **{}**\n\n", named.kind().head_key(), named.name());
    match &named.effective() {
        Effective::List { items } => {
            let names: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
            out.push_str(&format!("{}\n", count(names.len(), "item")));
            out.push_str(&markup::code(&names.join(", ")));
        }
        Effective::Macro { text, expanded } => {
            out.push_str(&markup::code(text));
            opened(&mut out, text, expanded.as_deref());
        }
        Effective::Rule { text, expanded, source, enabled, tags, priority, output, .. } => {
            let mut facts = vec![format!("priority `{}`", priority.as_str()), format!("source `{source}`")];
            if !enabled {
                facts.push("disabled".to_owned());
            }
            if !tags.is_empty() {
                facts.push(format!("tags {}", tags.join(", ")));
            }
            out.push_str(&format!("{}\n\n", facts.join(" · ")));
            out.push_str(&markup::code(text));
            opened(&mut out, text, expanded.as_deref());
            if !output.trim().is_empty() {
                out.push_str(&format!("\nOutput:\n{}", markup::code(output)));
            }
        }
    }
    if let Some(events) = named.event_types() {
        out.push_str(&format!("\n\n{}", event_types(&events)));
    }
    let sites = names::items(named);
    if sites.len() > 1 {
        out.push_str("\n\n");
        sites.iter().for_each(|site| out.push_str(&made_by(analysis, site)));
    }
    if named.kind() != ItemKind::Rule {
        out.push_str(&format!("\n\n{}", uses(named)));
    }
    out
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn opened(out: &mut String, text: &str, expanded: Option<&str>) {
    if let Some(expanded) = expanded.filter(|e| e.trim() != text.trim()) {
        out.push_str("\nWith macros and lists opened:\n");
        out.push_str(&markup::code(expanded));
    }
}

/// The names of the event types, unless they are nearly all.
fn event_types(events: &falco_catalog::EventSet) -> String {
    let names = markup::event_names(events);
    match names.len() {
        0 => "No event type can match.".to_owned(),
        1..=25 => format!("Event types: {}", names.join(", ")),
        n => format!("Event types: {n}"),
    }
}

/// An item and what it does: a line of a list.
fn made_by(analysis: &Analysis, site: &ItemSite) -> String {
    let file = FileId(site.item.file.0);
    let place = format!("`{}:{}`", analysis.path(file), analysis.line(file, site.item.start.into()));
    let overrides = names::item_of(analysis, site.item).and_then(|item| item.body().value("override"));
    let entries = overrides.and_then(|node| node.as_mapping()).map(|m| m.entries().collect::<Vec<_>>());
    let changes: Vec<String> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let key = entry.key_text()?;
            Some(match entry.value().text()?.as_str() {
                "append" => format!("appends to `{key}`"),
                "replace" => format!("replaces `{key}`"),
                _ => return None,
            })
        })
        .collect();
    let what = match (site.change, changes.is_empty()) {
        (_, false) => changes.join(", "),
        (Change::Define, _) => "defines it".to_owned(),
        (Change::Append, _) => "appends to it".to_owned(),
        (Change::Replace, _) => "replaces parts of it".to_owned(),
        (Change::Enable, _) => "switches it on or off".to_owned(),
        (Change::Broken, _) => "is broken and does nothing".to_owned(),
    };
    format!("- {place}: {what}\n")
}

/// How often and by what something is used.
fn uses(named: Named<'_>) -> String {
    let times = named.references().len();
    let mut by: BTreeMap<ItemKind, usize> = BTreeMap::new();
    for user in named.users() {
        *by.entry(user.kind()).or_default() += 1;
    }
    let by: Vec<String> = by.into_iter().map(|(kind, n)| count(n, kind.head_key())).collect();
    match times {
        0 => "Not used".to_owned(),
        n => format!("Used {}, by {}", count(n, "time"), by.join(" and ")),
    }
}

/// An exception: its fields with their operators, and how many values all items together give it.
pub(super) fn exception(analysis: &Analysis, rule: &str, name: &str) -> String {
    let mut out = format!("exception **{name}** of rule `{rule}`\n\n");
    let all = names::all_exceptions(analysis, rule).into_iter().map(|(_, exception)| exception);
    let own: Vec<_> =
        all.filter(|exception| exception.name().and_then(|n| n.text()).as_deref() == Some(name)).collect();
    if let Some(first) = own.iter().find(|exception| exception.fields_node().is_some()) {
        let mut comps = first.comps().into_iter().map(|comp| comp.text().unwrap_or_default());
        let single = first.fields_node().is_some_and(|node| node.as_sequence().is_none());
        let parts: Vec<String> = first
            .fields()
            .iter()
            .map(|field| {
                let comp = comps.next().unwrap_or_else(|| if single { "in" } else { "=" }.to_owned());
                format!("`{}` {comp}", field.text().unwrap_or_default())
            })
            .collect();
        out.push_str(&format!("{}\n\n", parts.join(", ")));
    }
    let values: usize = own.iter().map(|exception| exception.values().len()).sum();
    out.push_str(&count(values, "value"));
    out
}
