//! Judges the events of cases.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use falco_catalog::Catalog;
use falco_engine::alert::{Alert, AlertOptions};
use falco_engine::eval::{Coverage, Evaluator, Explanation, Matching};
use falco_engine::fields::{MapError, MapSource, MapValue};
use falco_engine::inspector::Inspector;
use falco_engine::value::FieldSource;

use super::compare::{fits, mismatches, pair};
use crate::command::{CommandError, Commands};
use crate::file::{Case, EventSpec, Problem, Source, Spanned, TestFile};
use crate::report::{Failure, Near, Outcome};

/// How many events of a capture are looked at for a near miss once a case has failed.
const MAX_EXPLAINED: u64 = 500_000;

/// The rules of a test file with one set of mocks, ready to judge.
pub(crate) struct Judge<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) catalog: &'a Catalog,
    pub(crate) commands: &'a dyn Commands,
    pub(crate) evaluator: Evaluator,
    pub(crate) options: AlertOptions,
    pub(crate) coverage: Option<Coverage>,
    /// Rules that some case names.
    pub(crate) judged: HashSet<u32>,
}

/// An alert with the event that raised it.
#[derive(Debug, Clone)]
pub(crate) struct Raised {
    pub(crate) event: u64,
    pub(crate) alert: Alert,
    pub(crate) output: String,
}

impl Raised {
    pub(crate) fn new(event: u64, alert: Alert, options: &AlertOptions) -> Self {
        let output = alert.output(options);
        Self { event, alert, output }
    }
}

impl<'a> Judge<'a> {
    pub(crate) fn new(
        evaluator: Evaluator,
        folder: &'a Path,
        catalog: &'a Catalog,
        commands: &'a dyn Commands,
        coverage: bool,
    ) -> Self {
        let options = AlertOptions { hostname: String::new(), ..AlertOptions::default() };
        let coverage = coverage.then(|| Coverage::new(evaluator.program()));
        Self { folder, catalog, commands, evaluator, options, coverage, judged: HashSet::new() }
    }

    pub(crate) fn rule(&self, name: &str) -> Option<u32> {
        let rules = &self.evaluator.program().rules;
        rules.iter().position(|r| r.name == name).and_then(|i| u32::try_from(i).ok())
    }

    pub(crate) fn case(&mut self, file: &TestFile, case: &Case) -> (Outcome, u64) {
        let Source::Command(argv) = &case.source else { return self.judged(file, case) };
        let here = if self.folder.as_os_str().is_empty() { Path::new(".") } else { self.folder };
        let recorded = match self.commands.record(&argv.value, here) {
            Ok(recorded) => recorded,
            Err(CommandError::Unavailable(reason)) => return (Outcome::Skipped(reason), 0),
            Err(CommandError::Failed(message)) => {
                return (Outcome::Broken(Problem { span: argv.span.clone(), message, help: None }), 0);
            }
        };
        // From here on it is a test of a capture.
        let capture = recorded.capture().display().to_string();
        let source = Source::Capture(Spanned { value: capture, span: argv.span.clone() });
        self.judged(file, &Case { source, ..case.clone() })
    }

    fn judged(&mut self, file: &TestFile, case: &Case) -> (Outcome, u64) {
        let (raised, events) = match self.raise(file, case) {
            Ok(judged) => judged,
            Err(problem) => return (Outcome::Broken(problem), 0),
        };
        let failures = self.compare(file, case, raised);
        (if failures.is_empty() { Outcome::Passed } else { Outcome::Failed(failures) }, events)
    }

    /// The alerts of a case, and how many events it has.
    pub(crate) fn raise(&mut self, file: &TestFile, case: &Case) -> Result<(Vec<Raised>, u64), Problem> {
        self.choose_rules(case);
        let named = case.only.iter().flatten().chain(case.expect.iter().map(|expect| &expect.rule));
        let named: Vec<u32> = named.filter_map(|name| self.rule(&name.value)).collect();
        self.judged.extend(&named);
        match &case.source {
            Source::Events(events) => self.judge_events(file, events),
            Source::Capture(path) => self.judge_capture(&self.folder.join(&path.value), path.span.clone()),
            Source::Command(_) => Ok((Vec::new(), 0)),
        }
    }

    /// Switches on what the case judges: the rules of `only`, or else all that are on by default and those that it expects.
    pub(crate) fn choose_rules(&mut self, case: &Case) {
        let defaults: Vec<(String, bool)> =
            self.evaluator.program().rules.iter().map(|r| (r.name.clone(), r.enabled)).collect();
        for (index, (name, by_default)) in defaults.iter().enumerate() {
            let on = match &case.only {
                Some(only) => only.iter().any(|o| o.value == *name),
                None => *by_default || case.expect.iter().any(|e| e.rule.value == *name),
            };
            self.evaluator.set_enabled(index as u32, on);
        }
    }

    fn judge_events(&mut self, file: &TestFile, events: &[EventSpec]) -> Result<(Vec<Raised>, u64), Problem> {
        let mut raised = Vec::new();
        for (index, spec) in events.iter().enumerate() {
            let event = made_up(file, spec, index as u64, self.catalog)?;
            judge(&mut self.evaluator, &self.options, &mut self.coverage, &event, index as u64 + 1, &mut raised);
        }
        Ok((raised, events.len() as u64))
    }

    fn judge_capture(&mut self, path: &Path, span: Range<usize>) -> Result<(Vec<Raised>, u64), Problem> {
        let mut inspector = open(path, &span)?;
        let mut raised = Vec::new();
        let mut events = 0;
        loop {
            match inspector.next_visible() {
                Ok(Some(step)) => {
                    events += 1;
                    judge(
                        &mut self.evaluator,
                        &self.options,
                        &mut self.coverage,
                        &step.view(),
                        step.ctx.num,
                        &mut raised,
                    );
                }
                Ok(None) => return Ok((raised, events)),
                Err(error) => return Err(capture_problem(path, &span, &error)),
            }
        }
    }

    /// Pairs alerts with expectations as well as can be, and tells what is left of both.
    fn compare(&mut self, file: &TestFile, case: &Case, raised: Vec<Raised>) -> Vec<Failure> {
        let room: Vec<u64> = case.expect.iter().map(|e| e.count).collect();
        let pairs = pair(&fits(&case.expect, &raised), &room);
        let mut left: Vec<&Raised> = raised.iter().zip(&pairs).filter(|(_, p)| p.is_none()).map(|(r, _)| r).collect();
        let mut failures = Vec::new();
        for (index, expect) in case.expect.iter().enumerate() {
            let found = pairs.iter().filter(|p| **p == Some(index)).count() as u64;
            let mut missing = expect.count - found;
            // The rule did raise alerts, only not as expected: say in what they differ.
            while missing > 0 {
                let Some(near) = left.iter().position(|r| r.alert.name == expect.rule.value) else { break };
                let raised = left.remove(near);
                missing -= 1;
                failures.push(Failure::Different {
                    rule: expect.rule.value.clone(),
                    span: expect.span.clone(),
                    event: raised.event,
                    output: raised.output.clone(),
                    wrong: mismatches(expect, raised),
                });
            }
            if missing > 0 {
                let near = self.rule(&expect.rule.value).and_then(|rule| self.nearest(file, case, rule));
                let (rule, span) = (expect.rule.value.clone(), expect.span.clone());
                failures.push(Failure::Missing { rule, span, count: missing, near });
            }
        }
        for raised in left {
            let why = self.explain_event(file, case, raised.alert.rule, raised.event);
            failures.push(Failure::Unexpected {
                rule: raised.alert.name.clone(),
                event: raised.event,
                output: raised.output.clone(),
                why,
            });
        }
        failures
    }

    /// The event that the rule came nearest to matching without doing so.
    fn nearest(&mut self, file: &TestFile, case: &Case, rule: u32) -> Option<Near> {
        let mut best: Option<(usize, u64, Explanation)> = None;
        self.each_explained(file, case, rule, |event, explanation| {
            let distance = explanation.distance;
            if !explanation.matches && best.as_ref().is_none_or(|(d, ..)| distance < *d) {
                best = Some((distance, event, explanation));
            }
            // Nothing is nearer than one.
            best.as_ref().is_none_or(|(d, ..)| *d > 1)
        });
        best.map(|(distance, event, explanation)| Near { event, distance, tree: explanation.render() })
    }

    fn explain_event(&mut self, file: &TestFile, case: &Case, rule: u32, wanted: u64) -> String {
        let mut found = String::new();
        self.each_explained(file, case, rule, |event, explanation| {
            if event == wanted {
                found = explanation.render();
            }
            event < wanted
        });
        found
    }

    /// Judges the case's events again with explanations, until `more` says no. Only failures come here.
    fn each_explained(
        &mut self,
        file: &TestFile,
        case: &Case,
        rule: u32,
        mut more: impl FnMut(u64, Explanation) -> bool,
    ) {
        match &case.source {
            Source::Events(events) => {
                for (index, spec) in events.iter().enumerate() {
                    let Ok(event) = made_up(file, spec, index as u64, self.catalog) else { return };
                    let Some(explanation) = self.evaluator.explain(rule, &event) else { return };
                    if !more(index as u64 + 1, explanation) {
                        return;
                    }
                }
            }
            Source::Command(_) => {}
            Source::Capture(path) => {
                let Ok(mut inspector) = open(&self.folder.join(&path.value), &path.span) else { return };
                let possible = self.evaluator.rule(rule).map(|r| r.events.clone());
                let mut seen = 0;
                while let Ok(Some(step)) = inspector.next_visible() {
                    if possible.as_ref().is_some_and(|p| !p.is_empty() && !p.contains(step.event.ty)) {
                        continue;
                    }
                    seen += 1;
                    let Some(explanation) = self.evaluator.explain(rule, &step.view()) else { return };
                    if !more(step.ctx.num, explanation) || seen >= MAX_EXPLAINED {
                        return;
                    }
                }
            }
        }
    }
}

fn judge<S: FieldSource>(
    evaluator: &mut Evaluator,
    options: &AlertOptions,
    coverage: &mut Option<Coverage>,
    event: &S,
    number: u64,
    raised: &mut Vec<Raised>,
) {
    let enabled: Vec<u32> = match coverage {
        Some(_) => {
            // Also on events of other kinds than a rule is about: what keeps it from matching those is a comparison like others.
            let rules = (0u32..).zip(&evaluator.program().rules);
            rules
                .filter(|(number, rule)| evaluator.is_enabled(*number) && rule.source == event.source())
                .map(|(number, _)| number)
                .collect()
        }
        None => Vec::new(),
    };
    let mut session = evaluator.on(event);
    let mut matches = Vec::new();
    // Every rule is judged by itself: a test of one must not depend on the order of others.
    session.matches(Matching::All, &mut matches);
    if let Some(coverage) = coverage {
        for rule in enabled {
            coverage.look(&mut session, rule);
        }
    }
    for rule in matches {
        if let Some(alert) = session.alert(rule, options) {
            raised.push(Raised::new(number, alert, options));
        }
    }
}

pub(crate) fn open(path: &Path, span: &Range<usize>) -> Result<Inspector<falco_scap::Reader<'static>>, Problem> {
    falco_scap::Reader::open(path).map(Inspector::new).map_err(|error| capture_problem(path, span, &error))
}

pub(crate) fn capture_problem(path: &Path, span: &Range<usize>, error: &falco_scap::Error) -> Problem {
    Problem { span: span.clone(), message: format!("capture `{}`: {error}", path.display()), help: None }
}

/// The event of a case that is made of field values: its own and the file's defaults. `index` counts from 0.
///
/// # Errors
/// When there is no such field, or a value is not one of it.
pub fn made_up(file: &TestFile, spec: &EventSpec, index: u64, catalog: &Catalog) -> Result<MapSource, Problem> {
    let all = || file.defaults.iter().filter(|(name, _)| !spec.fields.iter().any(|(n, _)| n.value == name.value));
    let fields = || all().chain(&spec.fields);
    let source = fields().find(|(name, _)| name.value == "evt.source").and_then(|(_, v)| v.value.as_str());
    let mut event = MapSource::new(source.unwrap_or("syscall"));
    event.set_timestamp(index * 1_000_000_000);
    for (name, value) in fields().filter(|(name, _)| name.value != "evt.source") {
        event.set(catalog, &name.value, &MapValue::from(&value.value)).map_err(|error| Problem {
            span: match &error {
                MapError::Field { .. } => name.span.clone(),
                MapError::Value { .. } => value.span.clone(),
            },
            message: error.to_string(),
            help: None,
        })?;
    }
    Ok(event)
}
