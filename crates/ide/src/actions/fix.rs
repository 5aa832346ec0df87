//! Repairs of findings.

use falco_compiler::Diagnostic;

use super::{Cx, repairs};
use crate::Analysis;
use crate::diagnostics::range;
use crate::types::{Action, ActionKind, Change, FileId, TextEdit};

/// A repair of a finding, as a change of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a command.
    pub title: String,
    /// What it changes.
    pub change: Change,
    /// Whether it never changes what Falco loads, or only repairs what Falco refuses in the one obvious way.
    pub safe: bool,
}

/// The repairs of a finding, best first.
pub fn fixes_of(analysis: &Analysis, diagnostic: &Diagnostic) -> Vec<Fix> {
    let fixes = diagnostic.fixes.iter().filter_map(|fix| {
        let mut change = Change::default();
        for edit in &fix.edits {
            change.push(FileId(edit.span.file.0), range(edit.span), edit.text.clone());
        }
        for repair in &fix.repairs {
            change.extend(repairs::change(analysis, repair)?);
        }
        (!change.is_empty()).then(|| Fix { title: fix.title.clone(), change, safe: fix.safe })
    });
    fixes.collect()
}

/// Offers the repairs of the findings that the selection touches.
pub(super) fn quick_fixes(cx: &Cx<'_>, codes: &[String], out: &mut Vec<Action>) {
    let found = cx.analysis.compilation().of_file(falco_compiler::FileId(cx.file.0));
    let touches = |d: &&Diagnostic| {
        let place = range(d.span);
        place.start() <= cx.selection.end() && cx.selection.start() <= place.end()
    };
    let wanted = |d: &&Diagnostic| codes.is_empty() || codes.iter().any(|code| code == d.code);
    for diagnostic in found.iter().filter(touches).filter(wanted) {
        for (number, fix) in fixes_of(cx.analysis, diagnostic).into_iter().enumerate() {
            out.push(Action {
                id: format!("fix/{}/{}/{number}", diagnostic.code, diagnostic.span.start),
                title: sentence(&fix.title),
                kind: ActionKind::QuickFix,
                preferred: number == 0,
                fixes: Some((range(diagnostic.span), diagnostic.code.to_owned())),
                change: Some(fix.change),
            });
        }
    }
}

/// A title with a capital letter, as menus have them.
pub(super) fn sentence(title: &str) -> String {
    let mut chars = title.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

impl TextEdit {
    /// How much the edit adds to the length of the text.
    pub(super) fn growth(&self) -> i64 {
        self.text.len() as i64 - i64::from(u32::from(self.range.len()))
    }
}
