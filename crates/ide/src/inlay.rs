//! What the compiler knows and the text does not show, for display beside the text.

use std::collections::BTreeSet;

use falco_catalog::versions::Since;
use falco_compiler::{Change, Effective, ItemKind, ItemSite, Named, Version};
use falco_syntax::ast::Item;
use falco_syntax::{TextRange, TextSize};

use crate::Analysis;
use crate::diagnostics::range;
use crate::markup;
use crate::names;
use crate::tokens;
use crate::types::{FileId, FileRange};

/// What a remark tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintKind {
    /// How many items a list comes to.
    ListSize,
    /// What an item changes, or what is changed elsewhere.
    Override,
    /// The event types of a rule.
    EventTypes,
    /// The engine that a file needs.
    Engine,
}

impl HintKind {
    /// All kinds, with the names that editors' settings have for them.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::ListSize, "listSizes"),
        (Self::Override, "overrides"),
        (Self::EventTypes, "eventTypes"),
        (Self::Engine, "engine"),
    ];
}

/// A remark at a place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlayHint {
    /// What it tells.
    pub kind: HintKind,
    /// Behind which byte it stands.
    pub offset: TextSize,
    /// The remark.
    pub label: String,
    /// More, in Markdown.
    pub tooltip: Option<String>,
    /// Where a click leads.
    pub target: Option<FileRange>,
}

/// More names of event types than this are counted instead.
const MAX_EVENTS: usize = 4;

impl Analysis {
    /// The remarks on a stretch of a file: how many items a list comes to where it is used, or made of several items of the file;
    /// what an item changes and what is changed elsewhere; the event types of a rule; the engine that the file's rules need.
    pub fn inlay_hints(&self, file: FileId, within: TextRange) -> Vec<InlayHint> {
        let mut hints = Vec::new();
        for item in self.items_in(file, within) {
            match &item {
                Item::RequiredEngineVersion(_) => hints.extend(engine(self, file, &item)),
                _ => {
                    if let (Some(named), Some(name)) = (tokens::named_by(self, &item), item.head()) {
                        let at = name.range().end();
                        hints.extend(size(named, &item, at));
                        hints.extend(events(named, &item, at));
                        hints.extend(origin(self, named, file, &item, at));
                    }
                }
            }
        }
        let uses = self.compilation().uses_in(falco_compiler::FileId(file.0));
        for used in uses.iter().filter(|used| used.kind == ItemKind::List) {
            let place = range(used.span);
            if let Some(list) = used.target.filter(|_| within.contains_range(place)) {
                hints.extend(list_size(list, place.end()));
            }
        }
        hints.retain(|hint| within.contains_inclusive(hint.offset));
        hints.sort_by_key(|hint| hint.offset);
        hints
    }
}

fn plain(kind: HintKind, offset: TextSize, label: String) -> InlayHint {
    InlayHint { kind, offset, label, tooltip: None, target: None }
}

fn list_size(list: Named<'_>, offset: TextSize) -> Option<InlayHint> {
    let len = list.list_len()?;
    let Effective::List { items } = list.effective() else { return None };
    let names: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
    let label = format!("{len} item{}", if len == 1 { "" } else { "s" });
    let tooltip = Some(markup::code(&names.join(", ")));
    Some(InlayHint { tooltip, ..plain(HintKind::ListSize, offset, label) })
}

/// What a list comes to, where that is not what stands there.
fn size(named: Named<'_>, item: &Item, offset: TextSize) -> Option<InlayHint> {
    let Item::List(list) = item else { return None };
    let len = named.list_len().filter(|len| *len != list.items().len())?;
    Some(InlayHint { label: format!("{len} in all"), ..list_size(named, offset)? })
}

/// The event types that a rule's condition can hold on.
fn events(named: Named<'_>, item: &Item, offset: TextSize) -> Option<InlayHint> {
    item.body().field("condition")?;
    if named.kind() != ItemKind::Rule || named.source()? != falco_catalog::catalog::SYSCALL {
        return None;
    }
    let names = markup::event_names(&named.event_types()?);
    let label = match names.len() {
        0 => "no event type".to_owned(),
        1..=MAX_EVENTS => names.join(", "),
        n => format!("{n} event types"),
    };
    Some(InlayHint {
        tooltip: Some(names.join(", ")).filter(|_| names.len() > MAX_EVENTS),
        ..plain(HintKind::EventTypes, offset, label)
    })
}

/// What an override changes, and what is changed elsewhere.
fn origin(analysis: &Analysis, named: Named<'_>, file: FileId, item: &Item, offset: TextSize) -> Option<InlayHint> {
    let sites = names::items(named);
    let own = item.body().range();
    let position =
        sites.iter().position(|site| site.item.file.0 == file.0 && own.contains(range(site.item).start()))?;
    let own = sites.get(position)?;
    let target = |site: &ItemSite| FileRange { file: FileId(site.name.file.0), range: range(site.name) };
    if own.change != Change::Define {
        let base = sites.iter().take(position).rfind(|site| site.change == Change::Define)?;
        let label = format!("changes {}", place(analysis, base));
        return Some(InlayHint { target: Some(target(base)), ..plain(HintKind::Override, offset, label) });
    }
    let later: Vec<&ItemSite> = sites.iter().skip(position + 1).collect();
    let first = later.first()?;
    let label = match later.len() {
        1 => format!("changed in {}", place(analysis, first)),
        n => format!("changed {n} times, first in {}", place(analysis, first)),
    };
    Some(InlayHint { target: Some(target(first)), ..plain(HintKind::Override, offset, label) })
}

/// File and line of an item.
fn place(analysis: &Analysis, site: &ItemSite) -> String {
    let file = FileId(site.item.file.0);
    let name = analysis.path(file).rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{name}:{}", analysis.line(file, range(site.item).start()))
}

/// The oldest engine that has everything that a file uses, as far as is known, if it is newer than the one asked for.
fn engine(analysis: &Analysis, file: FileId, item: &Item) -> Option<InlayHint> {
    let head = item.head()?;
    let needs = tokens::needs(analysis, file);
    let newest = needs.iter().map(|(_, since)| since.having).max()?;
    let because: BTreeSet<&str> =
        needs.iter().filter(|(_, since)| since.having == newest).map(|(n, _)| n.as_str()).collect();
    let since: &Since = needs.iter().map(|(_, since)| *since).find(|since| since.having == newest)?;
    let asked: Option<Version> = head.text().and_then(|text| text.parse().ok());
    let label = match asked.map(|v| (v.major, v.minor, v.patch) >= (newest.major, newest.minor, newest.patch)) {
        Some(true) => format!("{newest} would do"),
        _ => format!("{newest} is needed"),
    };
    let words: Vec<String> = because.iter().take(8).map(|word| format!("`{word}`")).collect();
    let tooltip = format!("{} came with {since}", words.join(", "));
    Some(InlayHint { tooltip: Some(tooltip), ..plain(HintKind::Engine, head.range().end(), label) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: &[&str]) {
        let fixture = Fixture::new(text);
        let mut shown = Vec::new();
        for (number, text) in fixture.texts.iter().enumerate() {
            let file = FileId(number as u32);
            for hint in fixture.analysis.inlay_hints(file, TextRange::up_to(TextSize::of(text.as_str()))) {
                let before = &text[..usize::from(hint.offset)];
                let word = before.rsplit([' ', '(', '[']).next().unwrap();
                let to = hint.target.map(|t| format!(" -> {}", fixture.analysis.path(t.file))).unwrap_or_default();
                shown.push(format!("{word}: {}{to}", hint.label));
            }
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn sizes_of_lists_and_events_of_rules() {
        check(
            "- list: a
  items: [x]
- list: b
  items: [y, z, a]
- list: c
  items: [a, b]
- rule: R
  desc: d
  condition: evt.type in (open, openat) and proc.name in (b)
  output: x
  priority: INFO
",
            &["a: 1 item", "c: 4 in all", "a: 1 item", "b: 3 items", "R: open, openat", "b: 3 items"],
        );
    }

    #[test]
    fn overrides_tell_what_they_change() {
        check(
            "//- /etc/base.yaml
# x
- macro: m
  condition: evt.type = open
//- /etc/local.yaml
- macro: m
  condition: or evt.type = close
  override: {condition: append}
",
            &["m: changed in local.yaml:1 -> etc/local.yaml", "m: changes base.yaml:2 -> etc/base.yaml"],
        );
    }

    #[test]
    fn the_engine_that_is_needed() {
        let text = |version: &str| {
            format!("- required_engine_version: {version}\n- macro: m\n  condition: proc.name bcontains 00\n")
        };
        let hint = |version: &str| {
            let fixture = Fixture::new(&text(version));
            let all = TextRange::up_to(TextSize::of(fixture.texts[0].as_str()));
            fixture.analysis.inlay_hints(FileId(0), all).into_iter().next().unwrap()
        };
        assert!(hint("0.1.0").label.ends_with(" is needed"), "{:?}", hint("0.1.0"));
        assert!(hint("0.60.0").label.ends_with(" would do"), "{:?}", hint("0.60.0"));
        assert!(hint("0.1.0").tooltip.unwrap().contains("`bcontains`"));
    }
}
