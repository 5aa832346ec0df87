//! What the checks of conditions found, told twice: as Falco does (per rule, macros opened, first error only), and as we do
//! (at the text where it stands, once).

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::check::{Checked, Note, Problem};
use crate::collect::{Collection, RuleState};
use crate::diagnostic::{ItemKind, Repair, Severity};
use crate::lints;
use crate::lints::LintSettings;
use crate::loc::Loc;
use crate::report::FalcoCode;
use crate::sink::{ConditionPlace, Path, RawDiag, RawFalco};
use crate::stage::{BySource, Condition, Findings, MacroUnit, Stage};

/// Falco tells a hint in a macro once for every use of the macro; more than this help nobody.
const MAX_HINTS: usize = 500;

pub(super) struct Outcome {
    /// A check of the condition is wrong, here or in a macro.
    pub(super) problems: bool,
    /// Falco drops the rule because of an unknown name.
    pub(super) skipped: bool,
}

/// A condition in the walk over a rule with its macros opened.
enum Part<'a> {
    Rule { condition: &'a Condition, targets: &'a [Option<u32>], checked: &'a Checked },
    Macro { index: u32, unit: Arc<MacroUnit>, checked: Arc<Checked> },
}

impl Part<'_> {
    fn condition(&self) -> &Condition {
        match self {
            Self::Rule { condition, .. } => condition,
            Self::Macro { unit, .. } => &unit.condition,
        }
    }

    fn targets(&self) -> &[Option<u32>] {
        match self {
            Self::Rule { targets, .. } => targets,
            Self::Macro { unit, .. } => &unit.targets,
        }
    }

    fn checked(&self) -> &Checked {
        match self {
            Self::Rule { checked, .. } => checked,
            Self::Macro { checked, .. } => checked,
        }
    }
}

impl Stage<'_> {
    pub(super) fn report_checks(
        &mut self,
        rule: &RuleState,
        condition: &Condition,
        targets: &[Option<u32>],
        checked: &Checked,
        path: &Path,
        findings: &mut Findings,
    ) -> Outcome {
        let code = |problem: &Problem| match rule.skip_if_unknown_filter && problem.unknown_name {
            true => FalcoCode::UnknownFilter,
            false => FalcoCode::ErrCompileCondition,
        };
        report_notes(condition, checked, findings, &self.options.lints, &|problem| code(problem));

        let root = || Part::Rule { condition, targets, checked };
        let mut told: FxHashSet<&str> = FxHashSet::default();
        let mut first: Option<(Problem, ConditionPlace)> = None;
        let mut warnings = Vec::new();
        self.walk_notes(root(), &rule.source, true, &mut |part, note| {
            match note {
                Note::Deprecated { field, .. } if told.insert(field) => {
                    let message = format!("field `{field}` is deprecated, and the condition uses it");
                    let mut falco = RawFalco::new(FalcoCode::DeprecatedItem, message, path.condition(start(condition)));
                    falco.deprecated_field = Some(field);
                    warnings.push(falco);
                }
                Note::NaCheck { .. } if told.insert("<NA>") => {
                    warnings.push(RawFalco::new(FalcoCode::UnsafeNaCheck, "", path.condition(start(condition))));
                }
                Note::Problem { atom, problem } if first.is_none() => {
                    let offset = part.checked().atoms.get(*atom as usize).map_or(problem.range.0, |atom| atom.range.0);
                    first = Some((problem.clone(), falco_place(part, condition, offset)));
                }
                _ => {}
            }
            true
        });
        warnings.into_iter().for_each(|warning| findings.falco(warning));
        let syntax_ok = condition.parsed.errors.is_empty();
        if let Some((problem, place)) = first {
            let code = code(&problem);
            let skipped = code == FalcoCode::UnknownFilter && syntax_ok && !findings.failed();
            findings.falco(RawFalco::new(code, problem.message, path.condition(place)));
            return Outcome { problems: true, skipped };
        }
        if has_hints(checked) || targets.iter().any(Option::is_some) {
            let mut hints = 0;
            self.walk_notes(root(), &rule.source, false, &mut |part, note| {
                if let Note::Hint { at, hint } = note {
                    hints += 1;
                    let place = path.condition(falco_place(part, condition, *at));
                    findings.falco(RawFalco::new(FalcoCode::CompileCondition, &*hint.message, place));
                }
                hints < MAX_HINTS
            });
        }
        Outcome { problems: false, skipped: false }
    }

    /// Visits the notes of a condition in the order of evaluation, macros opened. `once`: each macro only the first time it
    /// is met. Ends when the visitor says false.
    fn walk_notes(
        &mut self,
        root: Part<'_>,
        source: &Arc<str>,
        once: bool,
        visit: &mut dyn FnMut(&Part<'_>, &Note) -> bool,
    ) {
        /// A condition, its next note, and whether it had something to say.
        struct Frame<'a> {
            part: Part<'a>,
            next: usize,
            spoke: bool,
        }
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut stack = vec![Frame { part: root, next: 0, spoke: false }];
        while let Some(frame) = stack.last_mut() {
            let Some(note) = frame.part.checked().notes.get(frame.next) else {
                let Some(done) = stack.pop() else { return };
                if let Some(parent) = stack.last_mut() {
                    parent.spoke |= done.spoke;
                }
                if let (Part::Macro { index, .. }, false) = (&done.part, done.spoke) {
                    // It needs no second visit, by whatever rule.
                    self.silent.insert((*index, Arc::clone(source)));
                }
                continue;
            };
            frame.next += 1;
            let Note::Ref(slot) = note else {
                frame.spoke = true;
                if !visit(&frame.part, note) {
                    return;
                }
                continue;
            };
            let Some(target) = frame.part.targets().get(*slot as usize).copied().flatten() else { continue };
            if self.silent.contains(&(target, Arc::clone(source))) {
                continue;
            }
            if once && !seen.insert(target) {
                // Not looked at again, but it may have had something to say.
                frame.spoke = true;
                continue;
            }
            if let Some(unit) = self.macro_at(target).map(Arc::clone) {
                let checked = self.cache.check(self.options, &unit.condition.text, source);
                stack.push(Frame { part: Part::Macro { index: target, unit, checked }, next: 0, spoke: false });
            }
        }
    }

    /// Our findings in the condition of a macro, for the sources of the rules that reach it, and what they are about.
    pub(crate) fn macro_findings(
        &mut self,
        collection: &Collection,
        id: u32,
        sources: &[Arc<str>],
    ) -> (Vec<RawDiag>, BySource<Checked>) {
        let mut findings = Findings::default();
        let mut checks = Vec::new();
        let (Some(unit), Some(macro_)) = (self.macro_at(id).map(Arc::clone), collection.macros.get(id)) else {
            return (Vec::new(), checks);
        };
        for source in sources {
            let checked = self.cache.check(self.options, &unit.condition.text, source);
            let before = findings.diags.len();
            report_notes(&unit.condition, &checked, &mut findings, &self.options.lints, &|_| {
                FalcoCode::ErrCompileCondition
            });
            // What is wrong for one source can be right for another: say whose rules are meant.
            let errors = || findings.diags.iter().skip(before).any(|diag| diag.severity == Severity::Error);
            if sources.len() > 1
                && errors()
                && let Some(rule) = self.first_user(collection, id, source)
            {
                for diag in findings.diags.iter_mut().skip(before).filter(|d| d.severity == Severity::Error) {
                    let label = format!("rule `{}` of source `{source}` uses the macro", rule.name);
                    diag.labels.push((rule.definition_name, label));
                }
            }
            checks.push((Arc::clone(source), checked));
        }
        if sources.is_empty() {
            self.unused_macro(id, &mut findings);
        }
        for diag in &mut findings.diags {
            diag.item = Some((ItemKind::Macro, Arc::clone(&macro_.name)));
        }
        (findings.diags, checks)
    }

    /// The first rule of a source that reaches a macro.
    fn first_user<'c>(&self, collection: &'c Collection, id: u32, source: &Arc<str>) -> Option<&'c RuleState> {
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut work: Vec<u32> = Vec::new();
        for rule in collection.rules.order() {
            let unit = self.units.rule(*rule).filter(|unit| unit.compiled && unit.source == *source);
            work.extend(unit.into_iter().flat_map(|unit| unit.targets.iter().flatten()));
            while let Some(target) = work.pop() {
                if target == id {
                    return collection.rules.get(*rule);
                }
                if seen.insert(target) {
                    work.extend(self.macro_at(target).into_iter().flat_map(|unit| unit.targets.iter().flatten()));
                }
            }
        }
        None
    }

    /// A macro that no rule uses is not checked by Falco. What is wrong with it for every source is worth a warning.
    fn unused_macro(&mut self, index: u32, findings: &mut Findings) {
        let lint = &lints::unchecked_macro::LINT;
        let Some(severity) = lint.severity(&self.options.lints) else { return };
        let Some(unit) = self.macro_at(index).map(Arc::clone) else { return };
        let checked = self.cache.check(self.options, &unit.condition.text, &"syscall".into());
        let wrong = |checked: &Checked| -> FxHashSet<u32> {
            let atoms = checked.notes.iter().filter_map(|note| match note {
                Note::Problem { atom, .. } => Some(*atom),
                _ => None,
            });
            atoms.collect()
        };
        let mut everywhere = wrong(&checked);
        let options = self.options;
        for source in options.catalog.sources() {
            if everywhere.is_empty() {
                return;
            }
            let other = self.cache.check(options, &unit.condition.text, &source.name.into());
            let other = wrong(&other);
            everywhere.retain(|atom| other.contains(atom));
        }
        let mut inner = Findings::default();
        report_notes(&unit.condition, &checked, &mut inner, &self.options.lints, &|_| FalcoCode::ErrCompileCondition);
        let atoms = checked.notes.iter().filter_map(|note| match note {
            Note::Problem { atom, .. } => Some(atom),
            _ => None,
        });
        let problems = inner.diags.into_iter().filter(|diag| diag.severity == Severity::Error);
        for (diag, _) in problems.zip(atoms).filter(|(_, atom)| everywhere.contains(atom)) {
            findings.diags.push(RawDiag { code: lint.code, severity, ..diag });
        }
    }
}

/// Our diagnostics for the notes of one condition. Problems come in the notes' order.
fn report_notes(
    condition: &Condition,
    checked: &Checked,
    findings: &mut Findings,
    levels: &LintSettings,
    code: &dyn Fn(&Problem) -> FalcoCode,
) {
    let text = &condition.pasted;
    for note in &checked.notes {
        match note {
            Note::Problem { problem, .. } => {
                let place = text.place(problem.range.0, problem.range.1);
                let mut diag = RawDiag::falco(code(problem), &*problem.message, place.loc);
                diag.help.clone_from(&problem.help);
                if let Some((list, item)) = place.list {
                    diag = diag.label(item, format!("from list `{list}`"));
                } else if let Some((range, new)) = &problem.replacement {
                    let place = text.place(range.0, range.1);
                    if place.list.is_none() {
                        diag = rewrite(diag, place.loc, new);
                    }
                }
                findings.diags.push(diag);
            }
            Note::Hint { hint, .. } => {
                let place = text.place(hint.range.0, hint.range.1);
                let mut diag = RawDiag::falco(FalcoCode::CompileCondition, &*hint.message, place.loc).help(&*hint.help);
                if let Some((list, item)) = place.list {
                    diag = diag.label(item, format!("from list `{list}`"));
                } else if let Some((range, new)) = &hint.replacement {
                    let place = text.place(range.0, range.1);
                    if place.list.is_none() {
                        diag = rewrite(diag, place.loc, new);
                    }
                }
                findings.diags.push(diag);
            }
            Note::Deprecated { range, field, remove } => {
                let message = format!("field `{field}` is deprecated");
                let place = text.place(range.0, range.1);
                let mut diag = RawDiag::falco(FalcoCode::DeprecatedItem, message, place.loc);
                if let Some((check, says_nothing)) = remove {
                    let check = text.place(check.0, check.1).loc;
                    diag = diag.repair("remove the check", vec![Repair::RemoveCheck(check)], *says_nothing);
                }
                findings.diags.push(diag);
            }
            Note::NaCheck { range, instead } => {
                let message = "a missing value is never equal to `<NA>`; this check does not do what it seems to";
                let place = text.place(range.0, range.1);
                let mut diag =
                    RawDiag::falco(FalcoCode::UnsafeNaCheck, message, place.loc).help("use `exists` or `not … exists`");
                if let (Some(new), None) = (instead, &place.list) {
                    diag = rewrite(diag, place.loc, new);
                }
                findings.diags.push(diag);
            }
            Note::Lint(note) => {
                let place = text.place(note.range.0, note.range.1);
                if let Some(diag) = note.lint.diag(levels, &*note.message, place.loc) {
                    let mut diag = diag.maybe_help(note.help.clone());
                    if let Some((list, item)) = place.list {
                        diag = diag.label(item, format!("from list `{list}`"));
                    } else if let Some(new) = &note.replacement {
                        diag = rewrite(diag, place.loc, new);
                    }
                    if let Some(check) = note.remove {
                        let check = text.place(check.0, check.1).loc;
                        diag = diag.repair("remove the check", vec![Repair::RemoveCheck(check)], false);
                    }
                    findings.diags.push(diag);
                }
            }
            Note::Ref(_) => {}
        }
    }
}

/// Adds the fix that replaces a part of a condition.
fn rewrite(diag: RawDiag, at: Loc, new: &str) -> RawDiag {
    let repair = Repair::Rewrite { at, text: new.to_owned() };
    diag.repair(format!("replace with `{new}`"), vec![repair], false)
}

fn has_hints(checked: &Checked) -> bool {
    checked.notes.iter().any(|note| matches!(note, Note::Hint { .. }))
}

/// The place of condition warnings: the rule's condition as such.
fn start(condition: &Condition) -> ConditionPlace {
    ConditionPlace { text: condition.plain_text(), offset: 0, line: 0, column: 0 }
}

/// A place in a condition or a macro of it. Falco counts in the text where the check stands, but takes name and snippet from
/// the rule's condition.
fn falco_place(part: &Part<'_>, condition: &Condition, offset: u32) -> ConditionPlace {
    ConditionPlace { text: condition.plain_text(), ..part.condition().falco_place(offset) }
}
