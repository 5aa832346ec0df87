//! Where a name is defined.

use falco_compiler::{ItemEntry, ItemIndex, Span};

use crate::Analysis;
use crate::diagnostics::range;
use crate::types::{FileId, FilePosition, NavigationTarget};

/// All items that define or change the macro, list or rule whose name stands at the position, in load order.
pub(crate) fn of(analysis: &Analysis, position: FilePosition) -> Vec<NavigationTarget> {
    let items = analysis.items();
    let Some((entry, _)) = named_at(&items, position) else { return Vec::new() };
    let target = |site: &falco_compiler::ItemSite| NavigationTarget {
        file: FileId(site.item.file.0),
        full_range: range(site.item),
        focus_range: range(site.name),
        name: entry.name.to_string(),
    };
    entry.sites.iter().map(target).collect()
}

/// The named item that the position touches, by its use or by its own name, with the name's place there.
pub(crate) fn named_at(items: &ItemIndex, position: FilePosition) -> Option<(&ItemEntry, Span)> {
    let here = |span: &Span| span.file.0 == position.file.0 && span.touches(position.offset.into());
    let all = || items.macros.iter().chain(&items.lists).chain(&items.rules);
    // A use comes first: in `items: [other_list]` the innermost name is meant.
    let used = all().find_map(|entry| Some((entry, entry.references.iter().map(|r| r.span).find(here)?)));
    used.or_else(|| all().find_map(|entry| Some((entry, entry.sites.iter().map(|s| s.name).find(here)?))))
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    fn check(text: &str, expected: &[&str]) {
        let fixture = Fixture::new(text);
        let targets = fixture.analysis.definition(fixture.position());
        let shown: Vec<String> = targets
            .iter()
            .map(|t| {
                let path = fixture.analysis.path(t.file);
                let text = &fixture.texts[t.file.0 as usize];
                let line = text[..usize::from(t.focus_range.start())].matches('\n').count() + 1;
                format!("{path}:{line} {}", &text[t.focus_range])
            })
            .collect();
        assert_eq!(shown, expected);
    }

    const WORKSPACE: &str = "//- /a.yaml
- list: shells
  items: [bash]
- macro: spawned
  condition: evt.type = execve
//- /b.yaml
- list: shells
  items: [zsh]
  override: {items: append}
- rule: R
  desc: d
  condition: >
    spawned and
    proc.name in (shells)
  output: x
  priority: INFO
";

    #[test]
    fn of_a_macro_in_another_file() {
        check(&WORKSPACE.replace("    spawned", "    spaw$0ned"), &["a.yaml:3 spawned"]);
    }

    #[test]
    fn of_a_list_is_every_item_that_makes_it() {
        check(&WORKSPACE.replace("(shells", "(shells$0"), &["a.yaml:1 shells", "b.yaml:1 shells"]);
    }

    #[test]
    fn of_the_name_itself() {
        check(&WORKSPACE.replace("rule: R", "rule: $0R"), &["b.yaml:4 R"]);
    }

    #[test]
    fn of_nothing() {
        check(&WORKSPACE.replace("desc: d", "desc: $0d"), &[]);
    }
}
