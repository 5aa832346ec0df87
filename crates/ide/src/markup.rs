//! Markdown for hovers and completions.

use falco_catalog::doc::Doc;
use falco_catalog::{Catalog, EventInfo, EventSet, FieldInfo, event};

/// Long conditions and lists are cut: a hover is read at a glance.
const MAX_CODE: usize = 1_500;

/// A fenced block.
pub(crate) fn code(text: &str) -> String {
    let mut text = text.trim_end();
    let mut cut = "";
    if text.len() > MAX_CODE {
        let end = (0..=MAX_CODE).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text = &text[..end];
        cut = " …";
    }
    format!("```falco\n{text}{cut}\n```\n")
}

/// A documentation text with its example.
pub(crate) fn doc(doc: &Doc) -> String {
    let mut out = doc.text.to_owned();
    if !doc.example.is_empty() {
        out.push_str("\n\n");
        out.push_str(&code(doc.example));
    }
    out
}

/// A field: name, type, what it tells.
pub(crate) fn field(field: &FieldInfo) -> String {
    let mut out = format!("**{}{}** `{}`", field.name, field.arg_hint(), field.type_label());
    if let Some(plugin) = field.plugin {
        out.push_str(&format!(" (plugin `{plugin}`)"));
    }
    out.push_str("\n\n");
    if let Some(instead) = field.deprecated {
        out.push_str(&format!("*Deprecated*: {instead}\n\n"));
    }
    out.push_str(field.doc);
    if !field.example.is_empty() {
        out.push_str("\n\n");
        out.push_str(&code(field.example));
    }
    let mut notes = Vec::new();
    if field.flags.filter_only() {
        notes.push("only in conditions".to_owned());
    }
    if field.flags.print_only() {
        notes.push("only in outputs".to_owned());
    }
    if field.plugin.is_none() {
        notes.push(field.known_since().map_or_else(|| "since when is unknown".to_owned(), |s| format!("since {s}")));
    }
    if !notes.is_empty() {
        out.push_str(&format!("\n\n_{}_", notes.join(", ")));
    }
    out
}

/// An event type as rules name it: what it is and its parameters.
pub(crate) fn event_name(name: &str) -> Option<String> {
    if !event::is_known_name(name) {
        return None;
    }
    let mut out = format!("**{name}** event type\n\n");
    let text = event::doc(name).text;
    if !text.is_empty() {
        out.push_str(text);
        out.push_str("\n\n");
    }
    let infos = event::by_name(name).iter().filter_map(|ty| ty.info());
    if let Some(info) = infos.filter(|i| !i.flags.old_version()).max_by_key(|i| (i.is_exit, i.ty)) {
        out.push_str(&parameters(info));
    }
    Some(out)
}

fn parameters(info: &EventInfo) -> String {
    if info.params.is_empty() {
        return String::new();
    }
    let names: Vec<String> = info.params.iter().map(|p| format!("`{}` {}", p.name, p.ty.label())).collect();
    format!("Parameters (`evt.arg.NAME`): {}", names.join(", "))
}

/// The names of event types, each once, in order.
pub fn event_names(events: &EventSet) -> Vec<&'static str> {
    let mut names: Vec<&str> =
        events.iter().filter_map(|ty| ty.info()).filter(|i| i.is_used()).map(|i| i.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The field of a name; of `evt.arg.NAME` and the like, the field before the last known dot, with the rest.
pub(crate) fn known_field<'c, 'n>(catalog: &'c Catalog, name: &'n str) -> Option<(&'c FieldInfo, &'n str)> {
    if let Some(field) = catalog.field_by_name(name) {
        return Some((field, ""));
    }
    let mut shorter = name;
    while let Some((head, _)) = shorter.rsplit_once('.') {
        shorter = head;
        if let Some(field) = catalog.field_by_name(shorter) {
            return Some((field, name.get(shorter.len() + 1..).unwrap_or_default()));
        }
    }
    None
}
