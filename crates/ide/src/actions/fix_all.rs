//! All repairs at once: of a file, of a workspace, of all findings with one code.

use std::collections::BTreeMap;
use std::sync::Arc;

use falco_compiler::{Compilation, Diagnostic};

use super::fix::{Fix, fixes_of};
use super::{Cx, apply, verify};
use crate::analysis::{Analysis, Settings, WorkspaceFile};
use crate::format::edits_between;
use crate::types::{Action, ActionKind, Change, FileId, TextEdit};

/// After so many rounds it ends, whatever is left: each round may bring findings to light that the ones before hid.
const MAX_ROUNDS: usize = 20;

/// Which repairs are applied.
pub struct FixOptions<'a> {
    /// Also those that may change what Falco loads.
    pub unsafe_fixes: bool,
    /// Whether the findings of a code are repaired.
    pub wanted: &'a dyn Fn(&str) -> bool,
    /// Only findings in this file.
    pub file: Option<FileId>,
}

/// A repair that was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The finding's code.
    pub code: String,
    /// What the repair would do.
    pub title: String,
    /// Why not.
    pub reason: &'static str,
}

/// What came of repairing files.
#[derive(Debug, Clone, Default)]
pub struct Fixed {
    /// The new texts of the files that changed.
    pub texts: BTreeMap<FileId, String>,
    /// How many repairs were applied, by code and title.
    pub applied: BTreeMap<(String, String), usize>,
    /// What could have been applied and was not.
    pub skipped: Vec<Skipped>,
}

impl Fixed {
    /// How many repairs were applied.
    pub fn count(&self) -> usize {
        self.applied.values().sum()
    }
}

/// Applies repairs to files, in load order, until there is nothing left to repair. Falco accepts afterwards what it accepted before;
/// repairs that are safe leave the rules that it loads as they are.
pub fn fix_files(files: &[WorkspaceFile], settings: &Settings, options: &FixOptions<'_>) -> Fixed {
    let mut fixed = Fixed::default();
    let mut analysis = Analysis::new(files.to_vec(), settings, None);
    let mut refused: Vec<(String, String, Change)> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let before = analysis.compilation().clone();
        let round = Round::choose(&analysis, &before, options, &refused, &mut fixed.skipped);
        let accepted = round.accept(&analysis, &before);
        refused.extend(accepted.refused.into_iter().map(|c| (c.code, c.fix.title, c.fix.change)));
        if accepted.change.is_empty() {
            break;
        }
        for (file, edits) in &accepted.change.edits {
            let text = apply(analysis.text(*file), edits).unwrap_or_else(|| analysis.text(*file).to_owned());
            fixed.texts.insert(*file, text);
        }
        for key in accepted.applied {
            *fixed.applied.entry(key).or_default() += 1;
        }
        let next = files.iter().enumerate().map(|(number, file)| match fixed.texts.get(&FileId(number as u32)) {
            Some(text) => WorkspaceFile { path: file.path.clone(), text: Arc::from(text.as_str()) },
            None => file.clone(),
        });
        analysis = Analysis::new(next.collect(), settings, Some(&analysis));
    }
    let reason = "it would change what Falco loads";
    fixed.skipped.extend(refused.into_iter().map(|(code, title, _)| Skipped { code, title, reason }));
    fixed.texts.retain(|file, text| files.get(file.0 as usize).is_some_and(|file| *file.text != **text));
    fixed
}

/// A repair that is to be applied.
#[derive(Clone)]
struct Candidate {
    code: String,
    fix: Fix,
}

/// Repairs that do not get into each other's way.
struct Round {
    chosen: Vec<Candidate>,
}

struct Accepted {
    change: Change,
    applied: Vec<(String, String)>,
    refused: Vec<Candidate>,
}

impl Round {
    fn choose(
        analysis: &Analysis,
        compilation: &Compilation,
        options: &FixOptions<'_>,
        refused: &[(String, String, Change)],
        skipped: &mut Vec<Skipped>,
    ) -> Self {
        let mut chosen: Vec<Candidate> = Vec::new();
        let mut taken = Change::default();
        skipped.clear();
        let here = |d: &&Diagnostic| options.file.is_none_or(|file| file.0 == d.span.file.0);
        for diagnostic in compilation.iter().filter(here).filter(|d| (options.wanted)(d.code)) {
            let fixes = fixes_of(analysis, diagnostic);
            let Some(fix) = fixes.iter().find(|fix| options.unsafe_fixes || fix.safe) else {
                if let Some(fix) = fixes.first() {
                    let (code, title) = (diagnostic.code.to_owned(), fix.title.clone());
                    skipped.push(Skipped { code, title, reason: "it may change what Falco loads" });
                }
                continue;
            };
            let known = |(code, title, _): &(String, String, Change)| *code == diagnostic.code && *title == fix.title;
            let again = refused.iter().any(|r| known(r) && same_texts(&r.2, &fix.change));
            if again || taken.conflicts(&fix.change) {
                continue;
            }
            taken.extend(fix.change.clone());
            chosen.push(Candidate { code: diagnostic.code.to_owned(), fix: fix.clone() });
        }
        Self { chosen }
    }

    /// The repairs that keep what has to be kept: all of them, or those that do so one after another.
    fn accept(self, analysis: &Analysis, before: &Compilation) -> Accepted {
        let mut accepted = Accepted { change: Change::default(), applied: Vec::new(), refused: Vec::new() };
        let mut work = vec![self.chosen];
        // By halves: a single bad repair among hundreds is found in a few steps.
        while let Some(group) = work.pop() {
            let mut with = accepted.change.clone();
            group.iter().for_each(|candidate| with.extend(candidate.fix.change.clone()));
            if group.is_empty() {
                continue;
            }
            if is_fine(analysis, before, &with, group.iter().all(|candidate| candidate.fix.safe)) {
                accepted.change = with;
                accepted.applied.extend(group.into_iter().map(|candidate| (candidate.code, candidate.fix.title)));
            } else if group.len() == 1 {
                accepted.refused.extend(group);
            } else {
                let (first, second) = group.split_at(group.len() / 2);
                work.push(second.to_vec());
                work.push(first.to_vec());
            }
        }
        accepted
    }
}

/// Whether a file that Falco accepted stays one, and with safe repairs every rule that it loaded is the same.
fn is_fine(analysis: &Analysis, before: &Compilation, change: &Change, safe: bool) -> bool {
    let Some(after) = analysis.compile_changed(change) else { return false };
    if before.loads() && !after.loads() {
        return false;
    }
    let errors = |c: &Compilation| c.iter().filter(|d| d.code.starts_with("LOAD_ERR")).count();
    if errors(&after) > errors(before) {
        return false;
    }
    // Where Falco loads nothing there is nothing to keep: only what a repair lets in may differ.
    !safe || !before.loads() || (before.differences(&after).rules.is_empty() && !verify::is_worse(before, &after))
}

/// Whether two changes write the same, wherever.
fn same_texts(a: &Change, b: &Change) -> bool {
    let texts = |change: &Change| -> Vec<(FileId, String, i64)> {
        let of = |(file, edits): (&FileId, &Vec<TextEdit>)| {
            edits.iter().map(|e| (*file, e.text.clone(), e.growth())).collect::<Vec<_>>()
        };
        change.edits.iter().flat_map(of).collect()
    };
    texts(a) == texts(b)
}

/// Offers to repair all findings with the codes of those that the selection touches, and everything that is safe to repair.
pub(super) fn offer(cx: &Cx<'_>, out: &mut Vec<Action>) {
    let compilation = cx.analysis.compilation();
    let in_file = |d: &&Diagnostic| d.span.file.0 == cx.file.0;
    let action = |id: String, title: String, kind: ActionKind| Action {
        id,
        title,
        kind,
        preferred: false,
        fixes: None,
        change: None,
    };
    let mut codes: Vec<String> = out.iter().filter_map(|action| Some(action.fixes.as_ref()?.1.clone())).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let fixable = |d: &&Diagnostic| d.code == code && !d.fixes.is_empty();
        let all = compilation.iter().filter(fixable).count();
        let here = compilation.iter().filter(fixable).filter(in_file).count();
        if here > 1 {
            let title = format!("Repair all `{code}` in this file");
            out.push(action(format!("fix-code/{code}/file"), title, ActionKind::QuickFix));
        }
        if all > here {
            let title = format!("Repair all `{code}` in the workspace");
            out.push(action(format!("fix-code/{code}/workspace"), title, ActionKind::QuickFix));
        }
    }
    if compilation.iter().filter(in_file).any(|d| d.fixes.iter().any(|fix| fix.safe)) {
        let title = "Apply all safe repairs".to_owned();
        out.push(action("fix-all/file".to_owned(), title, ActionKind::FixAll));
    }
}

/// The change of an action that [`offer`] offered.
pub(super) fn resolve(analysis: &Analysis, file: FileId, id: &str) -> Option<Change> {
    let mut parts = id.split('/');
    let (what, code, scope) = (parts.next()?, parts.next()?, parts.next());
    let wanted: &dyn Fn(&str) -> bool = match what {
        "fix-all" => &|_| true,
        "fix-code" => &|other| other == code,
        _ => return None,
    };
    let options =
        FixOptions { unsafe_fixes: what == "fix-code", wanted, file: (scope != Some("workspace")).then_some(file) };
    let fixed = fix_files(&analysis.workspace_files(), analysis.settings(), &options);
    let mut change = Change::default();
    for (file, text) in fixed.texts {
        change.edits.insert(file, edits_between(analysis.text(file), &text));
    }
    (!change.is_empty()).then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::check;

    fn fixed(text: &str, unsafe_fixes: bool) -> (String, Fixed) {
        let files = [WorkspaceFile { path: "rules.yaml".to_owned(), text: text.into() }];
        let options = FixOptions { unsafe_fixes, wanted: &|_| true, file: None };
        let fixed = fix_files(&files, &Settings::default(), &options);
        let after = fixed.texts.get(&FileId(0)).cloned().unwrap_or_else(|| text.to_owned());
        // What is fixed once is fixed.
        let files = [WorkspaceFile { path: "rules.yaml".to_owned(), text: after.as_str().into() }];
        assert!(fix_files(&files, &Settings::default(), &options).texts.is_empty());
        (after, fixed)
    }

    const RULES: &str = "- list: l
  items: [a]
- list: l
  items: [b]
  append: true
- rule: r
  desc: d
  condition: evt.type = open and evt.dir = < and proc.name in (l)
  output: o
  priority: INFO
  author: me
- rule: r
  enabled: off
";

    #[test]
    fn safe_repairs_leave_the_rules_as_they_are() {
        let (after, fixed) = fixed(RULES, false);
        let expected = RULES
            .replace("append: true", "override: {items: append}")
            .replace(" and evt.dir = <", "")
            .replace("enabled: off\n", "enabled: false\n  override: {enabled: replace}\n");
        assert_eq!(after, expected);
        assert_eq!(fixed.count(), 4, "{fixed:?}");
        assert_eq!(fixed.skipped.len(), 1, "{fixed:?}");
        assert_eq!(fixed.skipped[0].code, "LOAD_UNKNOWN_KEY");
    }

    #[test]
    fn all_repairs() {
        let (after, fixed) = fixed(RULES, true);
        assert!(!after.contains("author"), "{after}");
        assert!(fixed.skipped.is_empty(), "{fixed:?}");
    }

    #[test]
    fn a_repair_that_would_break_a_file_is_left_out() {
        // Not a call: its event counts as an enter event, so that the direction says something.
        let text =
            "- rule: r\n  desc: d\n  condition: evt.type = procexit and evt.dir = <\n  output: o\n  priority: INFO\n";
        let (after, fixed) = fixed(text, false);
        assert_eq!(after, text);
        assert_eq!(fixed.skipped[0].reason, "it would change what Falco loads");
    }

    #[test]
    fn files_that_falco_refuses_become_ones_that_it_accepts() {
        let text =
            "- macro: m\n  conditoin: evt.type = opne\n- rule: r\n  desc: d\n  condition: mm\n  priority: WARN\n";
        let (after, _) = fixed(text, true);
        let files = [WorkspaceFile { path: "rules.yaml".to_owned(), text: after.as_str().into() }];
        let analysis = Analysis::new(files.to_vec(), &Settings::default(), None);
        assert!(analysis.compilation().loads(), "{after}\n{:#?}", analysis.compilation().diagnostics());
    }

    #[test]
    fn all_findings_of_a_code_at_once() {
        let text = "
//- /a.yaml
- macro: m
  condition: evt.type = open and evt.$0dir = <
- macro: n
  condition: evt.dir=< and m
//- /b.yaml
- rule: k
  desc: d
  condition: n and evt.dir = <
  output: o
  priority: INFO
";
        let after = "
//- /a.yaml
- macro: m
  condition: evt.type = open
- macro: n
  condition: m
//- /b.yaml
- rule: k
  desc: d
  condition: n
  output: o
  priority: INFO
";
        check("Repair all `LOAD_DEPRECATED_ITEM` in the workspace", text, after);
        let here = after.replace("  condition: n\n", "  condition: n and evt.dir = <\n");
        check("Repair all `LOAD_DEPRECATED_ITEM` in this file", text, &here);
    }

    #[test]
    fn every_safe_repair_of_a_file() {
        check(
            "Apply all safe repairs",
            "- list: l$0\n  items: [a]\n- list: l\n  items: [b]\n  append: yes\n",
            "- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append}\n",
        );
    }
}
