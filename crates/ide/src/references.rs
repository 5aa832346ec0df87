//! Where a name is used, and which words of a file mean the same.

use falco_syntax::TextRange;

use crate::Analysis;
use crate::names::{self, Access, Occurrence};
use crate::tokens::{self, Token, TokenKind};
use crate::types::FilePosition;

impl Analysis {
    /// Every place of the name at a position, in all files. `None` where no name stands.
    pub fn references(&self, position: FilePosition) -> Option<Vec<Occurrence>> {
        let (subject, _) = names::at(self, position)?;
        Some(names::occurrences(self, &subject))
    }

    /// The places in the file that mean the same as what stands at a position: a name, or else the same field, event type or tag.
    pub fn highlights(&self, position: FilePosition) -> Vec<(TextRange, Access)> {
        if let Some((subject, _)) = names::at(self, position) {
            let all = names::occurrences_in(self, &subject, position.file);
            return all.into_iter().map(|o| (o.range, o.access)).collect();
        }
        let tokens = tokens::of_file(self, position.file, None);
        let touched = |token: &&Token| token.range.contains_inclusive(position.offset) && is_repeated(token.kind);
        let Some(here) = tokens.iter().find(touched) else { return Vec::new() };
        let text = |token: &Token| self.text(position.file).get(std::ops::Range::<usize>::from(token.range));
        let same = tokens.iter().filter(|token| token.kind == here.kind && text(token) == text(here));
        same.map(|token| (token.range, Access::Use)).collect()
    }

    /// Places that are typed in together: those of a name that stands in this file only, each written as it is.
    pub fn linked_ranges(&self, position: FilePosition) -> Vec<TextRange> {
        let Some((subject, _)) = names::at(self, position) else { return Vec::new() };
        let all = names::occurrences(self, &subject);
        let as_is = |o: &Occurrence| {
            let text = self.text(o.file).get(std::ops::Range::<usize>::from(o.range));
            o.file == position.file && text == Some(subject.name())
        };
        if !all.iter().all(as_is) {
            return Vec::new();
        }
        all.into_iter().map(|o| o.range).collect()
    }
}

/// Words that are worth finding again.
fn is_repeated(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Field | TokenKind::EventType | TokenKind::Tag | TokenKind::Source | TokenKind::Transformer
    )
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;
    use crate::names::Access;

    fn check(text: &str, expected: &str) {
        let fixture = Fixture::new(text);
        let found = fixture.analysis.references(fixture.position()).unwrap_or_default();
        let show = |o: &crate::Occurrence| {
            let text = &fixture.texts[o.file.0 as usize];
            let line = text[..usize::from(o.range.start())].matches('\n').count() + 1;
            format!("{}:{line} {:?} {}\n", fixture.analysis.path(o.file), o.access, &text[o.range])
        };
        assert_eq!(found.iter().map(show).collect::<String>(), expected);
    }

    fn check_highlights(text: &str, expected: &[(usize, Access)]) {
        let fixture = Fixture::new(text);
        let found = fixture.analysis.highlights(fixture.position());
        let line = |at: falco_syntax::TextSize| fixture.texts[0][..usize::from(at)].matches('\n').count() + 1;
        let found: Vec<_> = found.iter().map(|(range, access)| (line(range.start()), *access)).collect();
        assert_eq!(found, expected);
    }

    const WORKSPACE: &str = "//- /a.yaml
- list: shells
  items: [bash]
- list: all
  items: [zsh, 'shells']
- macro: shell
  condition: proc.name in (shells) and shells_not
- macro: other
  condition: not shell and proc.name in (shells, x)
- rule: R
  desc: shells and shell
  condition: |
    shell
    or not shell
  output: x %proc.name
  priority: INFO
  exceptions:
    - {name: e, fields: [proc.name], comps: [in], values: [[[shells]]]}
//- /b.yaml
- macro: other
  condition: shell
  override: {condition: replace}
- list: shells
  items: [ksh]
  override: {items: append}
";

    #[test]
    fn of_a_macro_also_where_an_override_replaces_it() {
        check(
            &WORKSPACE.replace("macro: shell", "macro: she$0ll"),
            "a.yaml:5 Define shell
a.yaml:8 Use shell
a.yaml:12 Use shell
a.yaml:13 Use shell
b.yaml:2 Use shell
",
        );
    }

    #[test]
    fn of_a_list_in_lists_conditions_and_exceptions() {
        check(
            &WORKSPACE.replace("(shells)", "(sh$0ells)"),
            "a.yaml:1 Define shells
a.yaml:4 Use shells
a.yaml:6 Use shells
a.yaml:8 Use shells
a.yaml:17 Use shells
b.yaml:4 Change shells
",
        );
    }

    #[test]
    fn of_no_name() {
        check(&WORKSPACE.replace("proc.name in (shells)", "proc.na$0me in (shells)"), "");
    }

    #[test]
    fn highlights_of_a_name_tell_reads_from_writes() {
        let text = WORKSPACE.replace("    or not shell", "    or not sh$0ell");
        check_highlights(&text, &[(5, Access::Define), (8, Access::Use), (12, Access::Use), (13, Access::Use)]);
    }

    #[test]
    fn highlights_of_a_field_in_conditions_outputs_and_exceptions() {
        let text = WORKSPACE.replace("%proc.name", "%proc.na$0me");
        let lines: Vec<_> = [6, 8, 14, 17].map(|line| (line, Access::Use)).into();
        check_highlights(&text, &lines);
    }

    #[test]
    fn linked_only_where_all_places_are_in_the_file() {
        let count = |text: &str| {
            let fixture = Fixture::new(text);
            fixture.analysis.linked_ranges(fixture.position()).len()
        };
        assert_eq!(count(&WORKSPACE.replace("list: all", "list: a$0ll")), 1);
        assert_eq!(count(&WORKSPACE.replace("macro: shell", "macro: she$0ll")), 0);
    }
}
