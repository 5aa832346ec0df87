//! Whether the cases of a test file notice changed rules. Every event is read once: on it each changed rule is judged from the same
//! comparisons, of which most are shared.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::program::{BoolExpr, RuleProgram};
use falco_engine::eval::{Evaluator, Session};
use falco_engine::value::FieldSource;

use super::equal::holds;
use super::generate::{Changes, Mutant, Place, changes};
use super::suggest::suggest;
use crate::command::NoCommands;
use crate::file::{Case, Source, TestFile};
use crate::report::FileReport;
use crate::run::{Judge, Raised, RunOptions, Suite, fits, made_up, open, pair, read};

/// What a test file's cases make of the changes.
#[derive(Debug, Default)]
pub(crate) struct OfFile {
    pub(crate) report: FileReport,
    /// For each change: whether some case noticed it, the first rule that has it, and an event that would show it.
    pub(crate) changes: Vec<(Place, Noticed)>,
    /// Changes that make no difference to any rule.
    pub(crate) equal: usize,
    /// Cases that could not take part, with the reason.
    pub(crate) left: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Noticed {
    pub(crate) killed: bool,
    pub(crate) rules: Vec<String>,
    pub(crate) suggestion: Option<String>,
}

/// Changes the rules of a test file and asks its cases.
pub(crate) fn file(path: &Path, catalog: &Arc<Catalog>, options: &RunOptions, rule: Option<&str>) -> OfFile {
    let mut report = FileReport { path: path.to_owned(), ..FileReport::default() };
    let Some(file) = read(&mut report, options) else { return OfFile { report, ..OfFile::default() } };
    let folder = path.parent().unwrap_or(Path::new(""));
    let Some(suite) = Suite::load(&file, folder, catalog, options, &NoCommands, &mut report) else {
        return OfFile { report, ..OfFile::default() };
    };
    let cases = suite.cases(&file, options);
    let mut out = OfFile { report, ..OfFile::default() };
    let mut found: BTreeMap<Place, Noticed> = BTreeMap::new();
    for (number, (_, judge)) in suite.sets.into_iter().enumerate() {
        let mine: Vec<&Case> = cases.iter().filter(|(_, set)| *set == number).map(|(case, _)| *case).collect();
        // The rules as they are count even if every case mocks something in them: nobody tests them so.
        if mine.is_empty() && number > 0 {
            continue;
        }
        set(judge, &file, &mine, catalog, rule, &mut found, &mut out);
    }
    out.changes = found.into_iter().collect();
    out
}

fn set(
    mut judge: Judge<'_>,
    file: &TestFile,
    cases: &[&Case],
    catalog: &Arc<Catalog>,
    only: Option<&str>,
    found: &mut BTreeMap<Place, Noticed>,
    out: &mut OfFile,
) {
    let wanted = |_, rule: &RuleProgram| only.is_none_or(|name| rule.name == name);
    let Changes { program, mutants, equal } = changes(judge.evaluator.program(), wanted);
    out.equal = out.equal.max(equal);
    // What a mock changes is nobody's mistake.
    let mutants = mutants.into_iter().filter(|(place, _)| (place.file as usize) < out.report.rules.len());
    let mut trials: Vec<Trial> = mutants.map(|(place, mutants)| Trial { place, mutants, killed: false }).collect();
    let program = Arc::new(program);
    let evaluator = match Evaluator::new(Arc::clone(&program), catalog) {
        Ok(evaluator) => evaluator,
        Err(error) => return out.left.push(("all".to_owned(), error.to_string())),
    };
    judge.evaluator = evaluator;
    // Made-up events are quick: what they notice, no capture needs to be read for.
    let (quick, slow): (Vec<&Case>, Vec<&Case>) =
        cases.iter().partition(|case| matches!(case.source, Source::Events(_)));
    for case in quick.into_iter().chain(slow) {
        if trials.iter().all(|trial| trial.killed) {
            break;
        }
        if let Err(reason) = one(&mut judge, file, case, &mut trials) {
            out.left.push((case.name.value.clone(), reason));
        }
    }
    for Trial { place, mutants, killed } in trials {
        let noticed = found.entry(place).or_default();
        noticed.killed |= killed;
        for mutant in &mutants {
            if let Some(rule) = program.rules.get(mutant.rule as usize)
                && !noticed.rules.contains(&rule.name)
            {
                noticed.rules.push(rule.name.clone());
            }
        }
        if !noticed.killed && noticed.suggestion.is_none() {
            noticed.suggestion = mutants.first().and_then(|mutant| suggest(&mut judge.evaluator, mutant, catalog));
        }
    }
}

struct Trial {
    place: Place,
    mutants: Vec<Mutant>,
    killed: bool,
}

/// A changed rule in a case.
struct Run<'p> {
    trial: usize,
    rule: u32,
    condition: &'p BoolExpr,
    /// Alerts that the case wants of the rule.
    wanted: u64,
    matched: u64,
    /// Whether it came out otherwise than the rule on some event.
    differs: bool,
    /// Places of its alerts, once it differed.
    alerts: Vec<usize>,
    over: bool,
}

/// Asks one case.
fn one(judge: &mut Judge<'_>, file: &TestFile, case: &Case, trials: &mut [Trial]) -> Result<(), String> {
    judge.choose_rules(case);
    let program = judge.evaluator.program().clone();
    let wanted = |rule: u32| {
        let name = program.rules.get(rule as usize).map_or("", |rule| rule.name.as_str());
        case.expect.iter().filter(|e| e.rule.value == name).map(|e| e.count).sum()
    };
    let mut runs: Vec<Run<'_>> = Vec::new();
    for (number, trial) in trials.iter().enumerate().filter(|(_, trial)| !trial.killed) {
        for mutant in trial.mutants.iter().filter(|mutant| judge.evaluator.is_enabled(mutant.rule)) {
            let (rule, condition) = (mutant.rule, &mutant.condition);
            let wanted = wanted(rule);
            runs.push(Run {
                trial: number,
                rule,
                condition,
                wanted,
                matched: 0,
                differs: false,
                alerts: Vec::new(),
                over: false,
            });
        }
    }
    runs.sort_by_key(|run| run.rule);
    let mut raised: Vec<Raised> = Vec::new();
    let options = judge.options.clone();
    match &case.source {
        Source::Events(events) => {
            for (number, spec) in events.iter().enumerate() {
                let event = made_up(file, spec, number as u64, judge.catalog).map_err(|problem| problem.message)?;
                let mut session = judge.evaluator.on(&event);
                look(&mut session, &program.rules, number as u64 + 1, &mut runs, &mut raised, &options);
            }
        }
        Source::Capture(path) => {
            let path = judge.folder.join(&path.value);
            let mut inspector = open(&path, &(0..0)).map_err(|problem| problem.message)?;
            loop {
                match inspector.next_visible() {
                    Ok(Some(step)) => {
                        let view = step.view();
                        let mut session = judge.evaluator.on(&view);
                        look(&mut session, &program.rules, step.ctx.num, &mut runs, &mut raised, &options);
                    }
                    Ok(None) => break,
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
        Source::Command(_) => return Err("commands are not run again for changed rules".to_owned()),
    }
    let killed: Vec<usize> =
        runs.iter().filter(|run| is_noticed(run, case, &raised, &program.rules)).map(|run| run.trial).collect();
    drop(runs);
    for number in killed {
        if let Some(trial) = trials.get_mut(number) {
            trial.killed = true;
        }
    }
    Ok(())
}

/// Judges the rules and what became of them on one event.
fn look<S: FieldSource>(
    session: &mut Session<'_, S>,
    rules: &[RuleProgram],
    number: u64,
    runs: &mut [Run<'_>],
    raised: &mut Vec<Raised>,
    options: &falco_engine::alert::AlertOptions,
) {
    let source = session.event().source();
    // The rule itself, and its alert on this event: the same for all its changed forms.
    let mut current: Option<(u32, bool, Option<usize>)> = None;
    for run in runs.iter_mut().filter(|run| !run.over) {
        let Some(rule) = rules.get(run.rule as usize).filter(|rule| rule.source == source) else { continue };
        if current.as_ref().is_none_or(|(number, ..)| *number != run.rule) {
            let before = holds(&rule.condition, &mut |atom| session.holds(atom));
            current = Some((run.rule, before, None));
        }
        let Some((_, before, alert)) = &mut current else { continue };
        let after = holds(run.condition, &mut |atom| session.holds(atom));
        run.differs |= after != *before;
        if !after {
            continue;
        }
        run.matched += 1;
        if run.matched > run.wanted {
            // One more alert than the case wants: nothing further matters.
            (run.differs, run.over) = (true, true);
            continue;
        }
        if alert.is_none()
            && let Some(made) = session.alert(run.rule, options)
        {
            raised.push(Raised::new(number, made, options));
            *alert = Some(raised.len() - 1);
        }
        run.alerts.extend(*alert);
    }
}

/// Whether the case fails with the changed rule.
fn is_noticed(run: &Run<'_>, case: &Case, raised: &[Raised], rules: &[RuleProgram]) -> bool {
    if !run.differs {
        return false;
    }
    if run.over || run.matched != run.wanted {
        return true;
    }
    // As many alerts, but on other events: they may still be like the expected ones.
    let name = rules.get(run.rule as usize).map_or("", |rule| rule.name.as_str());
    let expect: Vec<_> = case.expect.iter().filter(|e| e.rule.value == name).cloned().collect();
    let alerts: Vec<Raised> = run.alerts.iter().filter_map(|place| raised.get(*place)).cloned().collect();
    let room: Vec<u64> = expect.iter().map(|e| e.count).collect();
    pair(&fits(&expect, &alerts), &room).iter().any(Option::is_none)
}
