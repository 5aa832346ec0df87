//! Who uses a macro or a list, and what a macro or a rule uses: the call hierarchy of rules.

use falco_compiler::{ItemKind, Named, Span};
use falco_syntax::TextRange;

use crate::Analysis;
use crate::diagnostics::range;
use crate::names;
use crate::types::{FileId, FilePosition, NavigationTarget, SymbolKind};

/// A list, macro or rule in the hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallItem {
    /// List, macro or rule.
    pub kind: SymbolKind,
    /// Where it is: the first item of the name, or the one that the question is about.
    pub target: NavigationTarget,
}

/// A use of one thing by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The other one.
    pub item: CallItem,
    /// The names by which the user uses it, in the user's file.
    pub places: Vec<TextRange>,
}

impl Analysis {
    /// The list, macro or rule whose name is at a position.
    pub fn call_item(&self, position: FilePosition) -> Option<CallItem> {
        let (subject, _) = names::at(self, position)?;
        item(names::named(self, &subject)?, None)
    }

    /// What uses a list or a macro.
    pub fn incoming_calls(&self, kind: SymbolKind, name: &str) -> Vec<Call> {
        let Some(used) = named(self, kind, name) else { return Vec::new() };
        let mut calls: Vec<Call> = Vec::new();
        for reference in used.references() {
            let Some(user) = self.compilation().named(reference.from_kind, &reference.from) else { continue };
            let Some(item) = item(user, Some(reference.span)) else { continue };
            let place = range(reference.span);
            match calls.iter_mut().rev().find(|call| call.item == item) {
                Some(call) => call.places.push(place),
                None => calls.push(Call { item, places: vec![place] }),
            }
        }
        calls
    }

    /// What the item of a name in `file` uses.
    pub fn outgoing_calls(&self, kind: SymbolKind, name: &str, file: FileId) -> Vec<Call> {
        let Some(user) = named(self, kind, name) else { return Vec::new() };
        let mut calls: Vec<Call> = Vec::new();
        for used in user.uses().into_iter().filter(|used| used.span.file.0 == file.0) {
            let Some(item) = used.target.and_then(|target| item(target, None)) else { continue };
            let place = range(used.span);
            match calls.iter_mut().find(|call| call.item == item) {
                Some(call) => call.places.push(place),
                None => calls.push(Call { item, places: vec![place] }),
            }
        }
        calls
    }
}

fn named<'a>(analysis: &'a Analysis, kind: SymbolKind, name: &str) -> Option<Named<'a>> {
    let kind = match kind {
        SymbolKind::Rule => ItemKind::Rule,
        SymbolKind::Macro => ItemKind::Macro,
        SymbolKind::List => ItemKind::List,
        _ => return None,
    };
    analysis.compilation().named(kind, name)
}

/// The item of a name that holds a place, or else the first one.
fn item(named: Named<'_>, around: Option<Span>) -> Option<CallItem> {
    let sites = named.sites();
    let holds = |item: Span, place: Span| item.file == place.file && item.start <= place.start && place.end <= item.end;
    let site = around.and_then(|place| sites.iter().find(|site| holds(site.item, place))).or(sites.first())?;
    Some(CallItem {
        kind: symbol_kind(named.kind())?,
        target: NavigationTarget {
            file: FileId(site.item.file.0),
            full_range: range(site.item),
            focus_range: range(site.name),
            name: named.name().to_string(),
        },
    })
}

pub(crate) fn symbol_kind(kind: ItemKind) -> Option<SymbolKind> {
    match kind {
        ItemKind::Rule => Some(SymbolKind::Rule),
        ItemKind::Macro => Some(SymbolKind::Macro),
        ItemKind::List => Some(SymbolKind::List),
        ItemKind::EngineVersion | ItemKind::PluginVersions => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    const TEXT: &str = "//- /a.yaml
- list: shells
  items: [bash]
- macro: shell
  condition: proc.name in (shells)
- macro: outer
  condition: shell and not shell
//- /b.yaml
- rule: R
  desc: d
  condition: outer and shell and proc.pname in (shells)
  output: x
  priority: INFO
- macro: outer
  condition: or shell
  override: {condition: append}
";

    fn show(fixture: &Fixture, calls: &[Call], of_item: bool) -> Vec<String> {
        let show = |call: &Call| {
            let target = &call.item.target;
            let path = fixture.analysis.path(target.file);
            let file = if of_item { target.file } else { FileId(1) };
            let words: Vec<&str> = call.places.iter().map(|r| &fixture.texts[file.0 as usize][*r]).collect();
            format!("{path} {:?} {}: {}", call.item.kind, target.name, words.join(" "))
        };
        calls.iter().map(show).collect()
    }

    #[test]
    fn who_uses_a_macro() {
        let fixture = Fixture::new(&TEXT.replace("macro: shell", "macro: sh$0ell"));
        let item = fixture.analysis.call_item(fixture.position()).unwrap();
        assert_eq!((item.kind, item.target.name.as_str()), (SymbolKind::Macro, "shell"));
        let calls = fixture.analysis.incoming_calls(item.kind, "shell");
        assert_eq!(
            show(&fixture, &calls, true),
            ["a.yaml Macro outer: shell shell", "b.yaml Rule R: shell", "b.yaml Macro outer: shell"]
        );
    }

    #[test]
    fn what_a_rule_uses() {
        let fixture = Fixture::new(TEXT);
        let calls = fixture.analysis.outgoing_calls(SymbolKind::Rule, "R", FileId(1));
        assert_eq!(
            show(&fixture, &calls, false),
            ["a.yaml Macro outer: outer", "a.yaml Macro shell: shell", "a.yaml List shells: shells"]
        );
        assert!(fixture.analysis.incoming_calls(SymbolKind::Rule, "R").is_empty());
    }
}
