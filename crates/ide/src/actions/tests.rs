//! What the tests of actions share, and what holds for all of them.

use falco_syntax::{TextRange, TextSize};

use super::*;
use crate::fixture::Fixture;
use crate::types::FilePosition;

/// A workspace with a selection: from the first `$0` to the second, or a cursor at the only one.
pub(super) struct Selected {
    pub(super) fixture: Fixture,
    pub(super) selection: FileRange,
}

impl Selected {
    pub(super) fn new(text: &str) -> Self {
        let text = text.strip_prefix('\n').unwrap_or(text);
        let mut parts = text.rsplitn(2, "$0");
        let (behind, before) = (parts.next().unwrap(), parts.next().expect("the fixture has a $0"));
        if !before.contains("$0") {
            let fixture = Fixture::new(text);
            let FilePosition { file, offset } = fixture.position();
            return Self { fixture, selection: FileRange { file, range: TextRange::empty(offset) } };
        }
        let fixture = Fixture::new(&format!("{before}{behind}"));
        let FilePosition { file, offset } = fixture.position();
        let first = before.find("$0").unwrap() + 2;
        let len = TextSize::of(&before[first..]);
        Self { fixture, selection: FileRange { file, range: TextRange::at(offset, len) } }
    }

    pub(super) fn actions(&self) -> Vec<Action> {
        self.fixture.analysis.code_actions(self.selection, &ActionFilter::default())
    }

    /// The texts of the files with an action applied, as a fixture shows them.
    pub(super) fn after(&self, action: &Action) -> String {
        let change = self.fixture.analysis.resolve_action(self.selection, &action.id);
        let change = change.expect("the action can be resolved");
        if let Some(told) = &action.change {
            assert_eq!(*told, change, "resolving gives what was offered");
        }
        let mut out = String::new();
        for (number, text) in self.fixture.texts.iter().enumerate() {
            let file = FileId(number as u32);
            if self.fixture.texts.len() > 1 {
                out.push_str(&format!("//- /{}\n", self.fixture.analysis.path(file)));
            }
            let edits = change.edits.get(&file).map(Vec::as_slice).unwrap_or_default();
            out.push_str(&apply(text, edits).expect("the edits fit"));
        }
        out
    }
}

/// What the action with this beginning of a title gives.
pub(super) fn outcome(title: &str, before: &str) -> Result<String, String> {
    let selected = Selected::new(before);
    let actions = selected.actions();
    match actions.iter().find(|action| action.title.starts_with(title)) {
        Some(action) => Ok(selected.after(action)),
        None => {
            let titles: Vec<_> = actions.iter().map(|action| &action.title).collect();
            let found = selected.fixture.analysis.diagnostics(selected.selection.file);
            let found: Vec<_> = found.iter().map(|d| (d.range, &d.code, &d.message)).collect();
            Err(format!("`{title}` is not offered, but {titles:?}; findings: {found:?}\n{before}"))
        }
    }
}

/// The action with this beginning of a title gives `after`.
#[track_caller]
pub(super) fn check(title: &str, before: &str, after: &str) {
    let got = outcome(title, before).unwrap_or_else(|error| panic!("{error}"));
    let after = after.strip_prefix('\n').unwrap_or(after);
    assert!(got == after, "\n--- expected\n{after}\n--- ours\n{got}");
}

/// No action with this beginning of a title is offered.
#[track_caller]
pub(super) fn check_absent(title: &str, text: &str) {
    let actions = Selected::new(text).actions();
    assert!(!actions.iter().any(|action| action.title.starts_with(title)), "{actions:#?}");
}

/// What Falco's own rules make of every refactoring: at places all over the file, each change that is offered applies, keeps every
/// comment, and is the same when it is resolved. (That it keeps the rules, its offer has checked.)
#[test]
fn refactorings_of_the_official_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/falco/falco_rules.yaml");
    let Ok(text) = std::fs::read_to_string(path) else {
        // Past the capturing of tests that pass: a skip must be seen.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: ../shared is not here (refactorings_of_the_official_rules)\n",
        );
        return;
    };
    let files = vec![crate::WorkspaceFile { path: "falco_rules.yaml".to_owned(), text: text.as_str().into() }];
    let analysis = Analysis::new(files, &crate::Settings::default(), None);
    let comments = |text: &str| -> Vec<String> {
        let mut found: Vec<String> = falco_syntax::yaml::parse(text)
            .syntax()
            .descendants_with_tokens()
            .filter_map(rowan::NodeOrToken::into_token)
            .filter(|token| token.kind() == falco_syntax::yaml::SyntaxKind::Comment)
            .map(|token| token.text().to_owned())
            .collect();
        found.sort();
        found
    };
    let before = comments(&text);
    let kinds = vec![ActionKind::Extract, ActionKind::Inline, ActionKind::Rewrite];
    let filter = ActionFilter { kinds, codes: Vec::new() };
    let mut offered: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let words = text.match_indices(" in (").chain(text.match_indices(" or ")).chain(text.match_indices("- name: "));
    for (at, _) in words.step_by(5) {
        let offset = TextSize::new(at as u32 + 3);
        let selection = FileRange { file: FileId(0), range: TextRange::empty(offset) };
        for action in analysis.code_actions(selection, &filter) {
            let change = action.change.clone().expect("refactorings come with their change");
            let after = apply(&text, change.edits.get(&FileId(0)).unwrap()).expect("the edits fit");
            let kept = comments(&after);
            // A list or a macro that goes takes what is said about it along.
            let goes = action.id.ends_with("-everywhere");
            assert!(goes || before == kept, "{} at {at}", action.title);
            *offered.entry(action.id).or_default() += 1;
        }
    }
    for id in ["extract-macro", "extract-list", "split-in", "join-lines"] {
        assert!(offered.contains_key(id), "{id} is never offered: {offered:?}");
    }
}
