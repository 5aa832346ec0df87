//! Where a name is defined.

use falco_catalog::keys::ItemKind as KeyOwner;
use falco_compiler::{Change, ItemKind};
use falco_syntax::TextRange;

use crate::Analysis;
use crate::context::{self, Context};
use crate::diagnostics::range;
use crate::names::{self, Access, Subject};
use crate::types::{FileId, FilePosition, NavigationTarget};

impl Analysis {
    /// Where the name at a position is defined: all items that define or change it, in load order. Of a key under `override`: the
    /// same key of the items that it changes.
    pub fn definition(&self, position: FilePosition) -> Vec<NavigationTarget> {
        match names::at(self, position) {
            Some((subject, _)) => of(self, &subject, false),
            None => overridden(self, position),
        }
    }

    /// Where the name at a position is defined first, without the items that change it later.
    pub fn declaration(&self, position: FilePosition) -> Vec<NavigationTarget> {
        match names::at(self, position) {
            Some((subject, _)) => of(self, &subject, true),
            None => overridden(self, position),
        }
    }
}

/// The items of a name, in load order; `first`: without those that change it.
pub(crate) fn of(analysis: &Analysis, subject: &Subject, first: bool) -> Vec<NavigationTarget> {
    targets(analysis, subject, |access| !first || access == Access::Define)
}

fn targets(analysis: &Analysis, subject: &Subject, wanted: impl Fn(Access) -> bool) -> Vec<NavigationTarget> {
    let target = |file, full_range, focus_range: TextRange| NavigationTarget {
        file,
        full_range: if full_range_contains(full_range, focus_range) { full_range } else { focus_range },
        focus_range,
        name: subject.name().to_owned(),
    };
    if let Subject::Exception { rule, name } = subject {
        let all = names::exceptions(analysis, rule, name);
        let wanted = all.into_iter().filter(|(occurrence, _)| wanted(occurrence.access));
        return wanted.map(|(occurrence, whole)| target(occurrence.file, whole, occurrence.range)).collect();
    }
    let Some(named) = names::named(analysis, subject) else { return Vec::new() };
    let sites = names::items(named).into_iter();
    let sites =
        sites.filter(|site| wanted(if site.change == Change::Define { Access::Define } else { Access::Change }));
    sites
        .map(|site| {
            let focus = names::item_of(analysis, site.item).and_then(|item| names::content(&item.head()?));
            target(FileId(site.item.file.0), range(site.item), focus.unwrap_or_else(|| range(site.name)))
        })
        .collect()
}

fn full_range_contains(full: TextRange, focus: TextRange) -> bool {
    full.contains_range(focus)
}

/// For a key under `override`: where earlier items of the same name have the key.
fn overridden(analysis: &Analysis, position: FilePosition) -> Vec<NavigationTarget> {
    let Some(tree) = analysis.tree(position.file) else { return Vec::new() };
    let text = analysis.text(position.file);
    let Some((Context::Key { owner, range: key, .. }, facts)) = context::at(tree, text, position.offset) else {
        return Vec::new();
    };
    let kind = match owner {
        KeyOwner::RuleOverride => ItemKind::Rule,
        KeyOwner::MacroOverride => ItemKind::Macro,
        KeyOwner::ListOverride => ItemKind::List,
        _ => return Vec::new(),
    };
    let name = facts.name.unwrap_or_default();
    let (Some(named), Some(key)) =
        (analysis.compilation().named(kind, &name), text.get(std::ops::Range::<usize>::from(key)))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for site in names::items(named) {
        let file = FileId(site.item.file.0);
        let Some(item) = names::item_of(analysis, site.item) else { continue };
        if file == position.file && item.body().range().contains_inclusive(position.offset) {
            break;
        }
        if let Some(field) = item.body().field(key) {
            found.push(NavigationTarget {
                file,
                full_range: field.entry.range(),
                focus_range: field.key.range(),
                name: key.to_owned(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;
    use crate::types::NavigationTarget;

    fn show(fixture: &Fixture, targets: Vec<NavigationTarget>) -> Vec<String> {
        let show = |t: &NavigationTarget| {
            let path = fixture.analysis.path(t.file);
            let text = &fixture.texts[t.file.0 as usize];
            assert!(t.full_range.contains_range(t.focus_range));
            let line = text[..usize::from(t.focus_range.start())].matches('\n').count() + 1;
            format!("{path}:{line} {}", &text[t.focus_range])
        };
        targets.iter().map(show).collect()
    }

    fn check(text: &str, expected: &[&str]) {
        let fixture = Fixture::new(text);
        assert_eq!(show(&fixture, fixture.analysis.definition(fixture.position())), expected);
    }

    fn check_declaration(text: &str, expected: &[&str]) {
        let fixture = Fixture::new(text);
        assert_eq!(show(&fixture, fixture.analysis.declaration(fixture.position())), expected);
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
- rule: \"R\"
  desc: d
  condition: >
    spawned and
    proc.name in (shells)
  output: x
  priority: INFO
  exceptions:
    - name: known
      fields: proc.name
//- /c.yaml
- rule: R
  condition: spawned
  exceptions:
    - name: known
      values: [a]
  override: {condition: replace, exceptions: append}
";

    #[test]
    fn of_a_macro_in_another_file() {
        check(&WORKSPACE.replace("condition: spawned", "condition: spaw$0ned"), &["a.yaml:3 spawned"]);
    }

    #[test]
    fn of_a_list_is_every_item_that_makes_it() {
        let text = WORKSPACE
            .replace("items: [zsh", "items: [z$0sh")
            .replace("list: shells\n  items: [z", "list: she$0lls\n  items: [z");
        let text = text.replacen("z$0sh", "zsh", 1);
        check(&text, &["a.yaml:1 shells", "b.yaml:1 shells"]);
        check_declaration(&text, &["a.yaml:1 shells"]);
    }

    #[test]
    fn from_what_an_override_replaces() {
        check(&WORKSPACE.replace("    spawned", "    spaw$0ned"), &["a.yaml:3 spawned"]);
        check(&WORKSPACE.replace("(shells", "(shells$0"), &["a.yaml:1 shells", "b.yaml:1 shells"]);
    }

    #[test]
    fn of_the_name_itself_without_its_quotes() {
        check(&WORKSPACE.replace("\"R\"", "\"$0R\""), &["b.yaml:4 R", "c.yaml:1 R"]);
        check_declaration(&WORKSPACE.replace("- rule: R\n", "- rule: $0R\n"), &["b.yaml:4 R"]);
    }

    #[test]
    fn of_an_exception() {
        let at_change = WORKSPACE.replace("known\n      values", "kno$0wn\n      values");
        check(&at_change, &["b.yaml:12 known", "c.yaml:4 known"]);
        check_declaration(&at_change, &["b.yaml:12 known"]);
    }

    #[test]
    fn of_a_key_under_override() {
        check(&WORKSPACE.replace("condition: replace", "cond$0ition: replace"), &["b.yaml:6 condition"]);
    }

    #[test]
    fn of_nothing() {
        check(&WORKSPACE.replace("desc: d", "desc: $0d"), &[]);
    }
}
