//! Runs test files.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::program::RuleProgram;
use falco_compiler::{Compilation, Options, Severity, SourceFile, compile};
use falco_engine::alert::{Alert, AlertOptions};
use falco_engine::eval::{Coverage, Evaluator, Explanation, Matching};
use falco_engine::fields::{MapError, MapSource, MapValue};
use falco_engine::inspector::Inspector;
use falco_engine::value::FieldSource;
use serde_json::Value;

use crate::command::{CommandError, Commands};
use crate::decode;
use crate::discover::rules_files;
use crate::file::{Case, EventSpec, Expect, Problem, Source, Spanned, TestFile};
use crate::report::{CaseReport, Failure, FileReport, Near, Outcome};
use crate::texts::Texts;

/// How many events of a capture are looked at for a near miss once a case has failed.
const MAX_EXPLAINED: u64 = 500_000;

/// How test files are run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Only cases whose name contains this.
    pub filter: Option<String>,
    /// Only cases that are about this rule, see [`Case::is_about`]; none where the rule is not loaded.
    pub rule: Option<String>,
    /// Texts that stand for files.
    pub texts: Texts,
    /// Whether to count what the cases exercise.
    pub coverage: bool,
}

/// Runs one test file as it is on disk; `commands` runs what its tests want run.
pub fn run_file(path: &Path, catalog: &Arc<Catalog>, filter: Option<&str>, commands: &dyn Commands) -> FileReport {
    let options = RunOptions { filter: filter.map(str::to_owned), ..RunOptions::default() };
    run_file_with(path, catalog, &options, commands)
}

/// Runs one test file; `commands` runs what its tests want run.
pub fn run_file_with(path: &Path, catalog: &Arc<Catalog>, options: &RunOptions, commands: &dyn Commands) -> FileReport {
    let mut report = FileReport { path: path.to_owned(), ..FileReport::default() };
    match options.texts.read(path) {
        Ok(text) => report.text = text,
        Err(error) => {
            report.problems.push(Problem { span: 0..0, message: format!("cannot be read: {error}"), help: None });
            return report;
        }
    }
    let (file, problems) = decode::parse(&report.text);
    report.problems = problems;
    if !report.problems.is_empty() {
        return report;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut runner = match Runner::load(&file, folder, catalog, options, commands, &mut report) {
        Some(runner) => runner,
        None => return report,
    };
    report.problems.extend(runner.unknown_rules(&file));
    if !report.problems.is_empty() {
        return report;
    }
    if options.rule.as_ref().is_some_and(|name| runner.rule(name).is_none()) {
        return report;
    }
    let wanted = |case: &&Case| {
        options.filter.as_ref().is_none_or(|f| case.name.value.contains(f))
            && options.rule.as_ref().is_none_or(|rule| case.is_about(rule))
    };
    for case in file.cases.iter().filter(wanted) {
        let (outcome, events) = runner.case(&file, case);
        report.cases.push(CaseReport { name: case.name.value.clone(), span: case.name.span.clone(), outcome, events });
    }
    if let Some(coverage) = &runner.coverage {
        // What no case names is not what these cases are about.
        let of = |rule: u32| runner.judged.contains(&rule);
        report.coverage.add(coverage, runner.evaluator.program(), &report.rules, of);
    }
    report
}

/// The rules of a test file, ready to judge.
struct Runner<'a> {
    folder: &'a Path,
    catalog: &'a Catalog,
    commands: &'a dyn Commands,
    evaluator: Evaluator,
    options: AlertOptions,
    coverage: Option<Coverage>,
    /// Rules that some case names.
    judged: HashSet<u32>,
}

/// An alert with the event that raised it.
struct Raised {
    event: u64,
    alert: Alert,
    output: String,
}

impl<'a> Runner<'a> {
    fn load(
        file: &TestFile,
        folder: &'a Path,
        catalog: &'a Arc<Catalog>,
        run: &RunOptions,
        commands: &'a dyn Commands,
        report: &mut FileReport,
    ) -> Option<Self> {
        if file.rules.is_empty() {
            let help = Some("name the rules that are tested: `rules: [FILE]`".to_owned());
            report.problems.push(Problem { span: 0..0, message: "the test file has no `rules`".into(), help });
            return None;
        }
        let sources = match rules_of(file, folder, &run.texts) {
            Ok(sources) => sources,
            Err(problems) => {
                report.problems.extend(problems);
                return None;
            }
        };
        let mut options = Options::new(catalog.clone());
        options.falco_report = false;
        let compilation: Compilation = compile(&sources, &options);
        let refused = compilation.iter().any(|d| d.severity == Severity::Error);
        let program = compilation.program();
        report.rules = sources;
        if refused {
            report.refused = compilation.diagnostics().into_iter().filter(|d| d.severity == Severity::Error).collect();
            return None;
        }
        match Evaluator::new(program, catalog) {
            Ok(evaluator) => {
                let options = AlertOptions { hostname: String::new(), ..AlertOptions::default() };
                let coverage = run.coverage.then(|| Coverage::new(evaluator.program()));
                Some(Self { folder, catalog, commands, evaluator, options, coverage, judged: HashSet::new() })
            }
            Err(error) => {
                report.problems.push(Problem { span: 0..0, message: error.to_string(), help: None });
                None
            }
        }
    }

    fn rule(&self, name: &str) -> Option<u32> {
        let rules = &self.evaluator.program().rules;
        rules.iter().position(|r| r.name == name).and_then(|i| u32::try_from(i).ok())
    }

    /// Names of rules that are not loaded: such a test could never fail, or never pass.
    fn unknown_rules(&self, file: &TestFile) -> Vec<Problem> {
        let named = file
            .cases
            .iter()
            .flat_map(|case| case.only.iter().flatten().chain(case.expect.iter().map(|expect| &expect.rule)));
        named
            .filter(|name| self.rule(&name.value).is_none())
            .map(|name| {
                let rules = self.evaluator.program().rules.iter();
                let near = rules
                    .map(|r| (strsim::normalized_damerau_levenshtein(&r.name, &name.value), &r.name))
                    .filter(|(score, _)| *score > 0.6)
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                Problem {
                    span: name.span.clone(),
                    message: format!("no rule `{}` is loaded", name.value),
                    help: near.map(|(_, near)| format!("did you mean `{near}`?")),
                }
            })
            .collect()
    }

    fn case(&mut self, file: &TestFile, case: &Case) -> (Outcome, u64) {
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
        self.choose_rules(case);
        let named = case.only.iter().flatten().chain(case.expect.iter().map(|expect| &expect.rule));
        let named: Vec<u32> = named.filter_map(|name| self.rule(&name.value)).collect();
        self.judged.extend(&named);
        let judged = match &case.source {
            Source::Events(events) => self.judge_events(file, events),
            Source::Capture(path) => self.judge_capture(&self.folder.join(&path.value), path.span.clone()),
            Source::Command(_) => Ok((Vec::new(), 0)),
        };
        let (raised, events) = match judged {
            Ok(judged) => judged,
            Err(problem) => return (Outcome::Broken(problem), 0),
        };
        let failures = self.compare(file, case, raised);
        (if failures.is_empty() { Outcome::Passed } else { Outcome::Failed(failures) }, events)
    }

    /// Switches on what the case judges: the rules of `only`, or else all that are on by default and those that it expects.
    fn choose_rules(&mut self, case: &Case) {
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
        let fits = |raised: &Raised| -> Vec<usize> {
            let all = case.expect.iter().enumerate();
            let fitting = all.filter(|(_, e)| e.rule.value == raised.alert.name && mismatches(e, raised).is_empty());
            fitting.map(|(i, _)| i).collect()
        };
        let fits: Vec<Vec<usize>> = raised.iter().map(fits).collect();
        let room: Vec<u64> = case.expect.iter().map(|e| e.count).collect();
        let pairs = pair(&fits, &room);
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
            let rules = (0u32..).zip(&evaluator.program().rules);
            let about = |rule: &RuleProgram| {
                let possible =
                    event.event_type().is_none_or(|kind| rule.events.is_empty() || rule.events.contains(kind));
                rule.source == event.source() && possible
            };
            rules
                .filter(|(number, rule)| evaluator.is_enabled(*number) && about(rule))
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
            let output = alert.output(options);
            raised.push(Raised { event: number, alert, output });
        }
    }
}

/// In what an alert differs from what was expected of it.
fn mismatches(expect: &Expect, raised: &Raised) -> Vec<String> {
    let mut wrong = Vec::new();
    let alert = &raised.alert;
    if let Some(priority) = expect.priority.as_ref().filter(|p| p.value != alert.priority) {
        wrong.push(format!("priority should be {}, is {}", priority.value.as_str(), alert.priority.as_str()));
    }
    if let Some(tags) = &expect.tags {
        let mut tags = tags.clone();
        tags.sort();
        tags.dedup();
        if tags != alert.tags {
            wrong.push(format!("tags should be [{}], are [{}]", tags.join(", "), alert.tags.join(", ")));
        }
    }
    if let Some(mismatch) = expect.output.as_ref().and_then(|m| m.mismatch(Some(&alert.message))) {
        wrong.push(format!("output {mismatch}"));
    }
    for (name, matcher) in &expect.fields {
        let text = match alert.fields.get(&name.value) {
            None => {
                wrong.push(format!("field `{}` is not in the rule's output", name.value));
                continue;
            }
            Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        if let Some(mismatch) = matcher.mismatch(text.as_deref()) {
            wrong.push(format!("field `{}` {mismatch}", name.value));
        }
    }
    wrong
}

/// A largest pairing: for each alert the expectation that it fills. `fits` names the expectations that an alert could fill,
/// `room` how many alerts each takes.
fn pair(fits: &[Vec<usize>], room: &[u64]) -> Vec<Option<usize>> {
    let mut pairing =
        Pairing { fits, room: room.to_vec(), held: vec![Vec::new(); room.len()], pairs: vec![None; fits.len()] };
    // Once an alert finds no place, none that fits the same expectations ever will.
    let mut hopeless: HashSet<&[usize]> = HashSet::new();
    for (alert, options) in fits.iter().enumerate() {
        if !hopeless.contains(options.as_slice()) && !pairing.place(alert, &mut vec![false; room.len()]) {
            hopeless.insert(options);
        }
    }
    pairing.pairs
}

struct Pairing<'a> {
    fits: &'a [Vec<usize>],
    room: Vec<u64>,
    held: Vec<Vec<usize>>,
    pairs: Vec<Option<usize>>,
}

impl Pairing<'_> {
    /// Finds an expectation for an alert, if need be by moving another alert on. As deep as there are expectations.
    fn place(&mut self, alert: usize, tried: &mut [bool]) -> bool {
        for &expect in self.fits.get(alert).into_iter().flatten() {
            match tried.get_mut(expect) {
                Some(tried) if !*tried => *tried = true,
                _ => continue,
            }
            let has_room = self.room.get(expect).is_some_and(|room| *room > 0);
            let moved = if has_room { None } else { self.move_one(expect, tried) };
            if !has_room && moved.is_none() {
                continue;
            }
            if let (true, Some(room)) = (has_room, self.room.get_mut(expect)) {
                *room -= 1;
            }
            if let Some(held) = self.held.get_mut(expect) {
                held.retain(|h| Some(*h) != moved);
                held.push(alert);
            }
            if let Some(pair) = self.pairs.get_mut(alert) {
                *pair = Some(expect);
            }
            return true;
        }
        false
    }

    /// Moves one of an expectation's alerts elsewhere.
    fn move_one(&mut self, expect: usize, tried: &mut [bool]) -> Option<usize> {
        let held = self.held.get(expect)?.clone();
        held.into_iter().find(|other| self.place(*other, tried))
    }
}

fn open(path: &Path, span: &Range<usize>) -> Result<Inspector<falco_scap::Reader<'static>>, Problem> {
    falco_scap::Reader::open(path).map(Inspector::new).map_err(|error| capture_problem(path, span, &error))
}

fn capture_problem(path: &Path, span: &Range<usize>, error: &falco_scap::Error) -> Problem {
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

/// The rules files that a test file names, in load order.
///
/// # Errors
/// When one cannot be read; the problem is at its mention.
pub fn rules_of(file: &TestFile, folder: &Path, texts: &Texts) -> Result<Vec<SourceFile>, Vec<Problem>> {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for entry in &file.rules {
        match read_rules(&folder.join(&entry.value), texts) {
            Ok(files) => sources.extend(files),
            Err(message) => problems.push(Problem { span: entry.span.clone(), message, help: None }),
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

/// A rules file, or the YAML files of a folder in name order without its tests.
fn read_rules(path: &Path, texts: &Texts) -> Result<Vec<SourceFile>, String> {
    let cannot = |path: &Path, error: &std::io::Error| format!("cannot read `{}`: {error}", path.display());
    let is_folder = !texts.has(path) && std::fs::metadata(path).map_err(|e| cannot(path, &e))?.is_dir();
    let files = if is_folder { rules_files(path).map_err(|e| cannot(path, &e))? } else { vec![path.to_owned()] };
    if files.is_empty() {
        return Err(format!("no rules files in `{}`", path.display()));
    }
    files
        .iter()
        .map(|file| {
            let text = texts.read(file).map_err(|e| cannot(file, &e))?;
            Ok(SourceFile::new(file.display().to_string(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::builder::CaptureBuilder;
    use falco_scap::params;

    use super::*;
    use crate::command::{NoCommands, Recorded};

    #[test]
    fn pairing_moves_alerts_on() {
        // The first alert could fill both, the second only the first.
        assert_eq!(pair(&[vec![0, 1], vec![0]], &[1, 1]), [Some(1), Some(0)]);
        assert_eq!(pair(&[vec![0], vec![0], vec![0]], &[2]), [Some(0), Some(0), None]);
        assert_eq!(pair(&[vec![0, 1], vec![0, 2], vec![0]], &[1, 1, 1]).iter().flatten().count(), 3);
        assert_eq!(pair(&[vec![]], &[1]), [None]);
    }

    fn run(rules: &str, test: &str) -> FileReport {
        run_with(rules, test, &NoCommands)
    }

    fn run_with(rules: &str, test: &str, commands: &dyn Commands) -> FileReport {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("falco-rs-testkit-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("rules.yaml"), rules).unwrap();
        let path = folder.join("rules_test.yaml");
        std::fs::write(&path, format!("rules: [rules.yaml]\n{test}")).unwrap();
        let report = run_file(&path, &Arc::new(Catalog::builtin()), None, commands);
        std::fs::remove_dir_all(folder).unwrap();
        report
    }

    const RULES: &str = "- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (bash, zsh) and not user.name = root
  output: shell %proc.name by %user.name
  priority: NOTICE
  tags: [b, a]
- rule: Off
  desc: d
  condition: evt.type = execve and proc.tty = 0
  output: off
  priority: DEBUG
  enabled: false
";

    fn failures(test: &str) -> Vec<Failure> {
        let report = run(RULES, test);
        assert_eq!(report.problems, []);
        let [case] = report.cases.as_slice() else { panic!("{report:?}") };
        match &case.outcome {
            Outcome::Passed => Vec::new(),
            Outcome::Failed(failures) => failures.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn exact_expectations() {
        let good = "tests:
  - name: t
    events: [{evt.type: execve, proc.name: bash, user.name: ada}, {evt.type: execve, proc.name: ls}]
    expect: [{rule: Shell, tags: [a, b], priority: notice, output: shell bash by ada, fields: {user.name: ada}}]
";
        assert_eq!(failures(good), []);
        let found = failures(&good.replace("expect: [{rule", "expect: [] # [{rule"));
        let [Failure::Unexpected { event: 1, why, .. }] = found.as_slice() else { panic!("{found:?}") };
        assert!(why.contains("proc.name"), "{why}");
    }

    #[test]
    fn a_missing_alert_names_the_nearest_event() {
        let test = "tests:
  - name: t
    events: [{evt.type: open}, {evt.type: execve, proc.name: bash, user.name: root}]
    expect: [{rule: Shell}]
";
        let found = failures(test);
        let [Failure::Missing { rule, count: 1, near: Some(near), .. }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((rule.as_str(), near.event, near.distance), ("Shell", 2, 1));
        assert!(near.tree.contains("root"), "{}", near.tree);
    }

    #[test]
    fn a_different_alert_says_in_what() {
        let test = "tests:
  - name: t
    events: [{evt.type: execve, proc.name: zsh, user.name: ada}]
    expect: [{rule: Shell, priority: Error, output: {contains: bash}, fields: {fd.name: x}}]
";
        let found = failures(test);
        let [Failure::Different { wrong, .. }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            *wrong,
            [
                "priority should be Error, is Notice",
                "output should contain `bash`, is `shell zsh by ada`",
                "field `fd.name` is not in the rule's output"
            ]
        );
    }

    #[test]
    fn disabled_rules_count_where_they_are_named() {
        let test = "tests:
  - name: t
    events: [{evt.type: execve, proc.name: ls, proc.tty: 0}]
    expect: [{rule: Off}]
";
        assert_eq!(failures(test), []);
        assert_eq!(failures(&test.replace("[{rule: Off}]", "[]")), []);
        let only = test.replace("    expect: [{rule: Off}]", "    only: [Shell]\n    expect: []");
        assert_eq!(failures(&only), []);
    }

    #[test]
    fn counts() {
        let test = "defaults: {evt.type: execve, proc.name: bash}
tests:
  - name: t
    events: [{user.name: a}, {user.name: b}, {user.name: c}]
    expect: [{rule: Shell, count: 3}]
";
        assert_eq!(failures(test), []);
        let found = failures(&test.replace("count: 3", "count: 4"));
        assert!(matches!(found.as_slice(), [Failure::Missing { count: 1, .. }]), "{found:?}");
        let found = failures(&test.replace("count: 3", "count: 2"));
        assert!(matches!(found.as_slice(), [Failure::Unexpected { .. }]), "{found:?}");
    }

    /// A recorder that knows one command, which starts a shell as its second argument says.
    struct Shells;

    impl Commands for Shells {
        fn record(&self, argv: &[String], folder: &Path) -> Result<Recorded, CommandError> {
            assert!(folder.join("rules.yaml").exists(), "it runs beside the test");
            let [program, shell] = argv else { return Err(CommandError::Failed("no such command".into())) };
            assert_eq!(program, "start");
            let exec =
                params! { res = 0, exe = &shell[..], tid = 7, pid = 7, ptid = 1, comm = &shell[..], fdlimit = 1024 };
            let recorded = Recorded::new().unwrap();
            let capture = CaptureBuilder::new().event(1, 7, event::SYSCALL_EXECVE_19_X, exec).build().unwrap();
            std::fs::write(recorded.capture(), capture).unwrap();
            Ok(recorded)
        }
    }

    #[test]
    fn commands_are_recorded_and_judged() {
        let test =
            |command: &str| format!("tests:\n  - name: t\n    command: {command}\n    expect: [{{rule: Shell}}]\n");
        let outcome = |command, commands: &dyn Commands| {
            let mut report = run_with(RULES, &test(command), commands);
            assert_eq!(report.problems, []);
            let skipped = matches!(report.cases[0].outcome, Outcome::Skipped(_));
            assert_eq!(report.passed(), skipped || report.cases[0].passed());
            report.cases.remove(0).outcome
        };
        let started = outcome("[start, zsh]", &Shells);
        assert!(matches!(started, Outcome::Passed), "{started:?}");
        assert!(matches!(outcome("[start, ls]", &Shells), Outcome::Failed(_)));
        let Outcome::Broken(problem) = outcome("[start]", &Shells) else { panic!() };
        assert_eq!(problem.message, "no such command");
        let Outcome::Skipped(reason) = outcome("[start, zsh]", &NoCommands) else { panic!() };
        assert_eq!(reason, "commands are not run here");
    }

    #[test]
    fn the_cases_of_a_rule_name_it_or_expect_silence() {
        let case = |name: &str, more: &str| format!("  - name: {name}\n    events: []\n    {more}\n");
        let cases = [
            case("expects it", "expect: [{rule: Shell}]"),
            case("judges it", "only: [Shell]\n    expect: []"),
            case("silent", "expect: []"),
            case("expects another", "expect: [{rule: Other}]"),
            case("judges another", "only: [Other]\n    expect: []"),
        ];
        let mut texts = Texts::default();
        texts.insert(
            Path::new("/nowhere/rules.yaml"),
            format!("{RULES}{}", RULES.replace("rule: Shell", "rule: Other")),
        );
        texts.insert(Path::new("/nowhere/a_test.yaml"), format!("rules: [rules.yaml]\ntests:\n{}", cases.concat()));
        let names = |rule: &str| {
            let options = RunOptions { texts: texts.clone(), rule: Some(rule.to_owned()), ..RunOptions::default() };
            let path = Path::new("/nowhere/a_test.yaml");
            let report = run_file_with(path, &Arc::new(Catalog::builtin()), &options, &NoCommands);
            assert_eq!(report.problems, []);
            report.cases.into_iter().map(|case| case.name).collect::<Vec<_>>()
        };
        assert_eq!(names("Shell"), ["expects it", "judges it", "silent"]);
        assert_eq!(names("Other"), ["silent", "expects another", "judges another"]);
        assert_eq!(names("Elsewhere"), [] as [&str; 0]);
    }

    #[test]
    fn coverage_counts_the_comparisons_of_the_rules_that_cases_name() {
        let mut texts = Texts::default();
        texts.insert(Path::new("/nowhere/rules.yaml"), RULES);
        let test = "rules: [rules.yaml]
defaults: {evt.type: execve, proc.name: bash}
tests:
  - name: t
    events: [{user.name: ada}, {user.name: root}, {}]
    expect: [{rule: Shell, count: 2}]
";
        texts.insert(Path::new("/nowhere/rules_test.yaml"), test);
        let options = RunOptions { texts, coverage: true, ..RunOptions::default() };
        let report =
            run_file_with(Path::new("/nowhere/rules_test.yaml"), &Arc::new(Catalog::builtin()), &options, &NoCommands);
        assert!(report.passed(), "{report:?}");
        let counts: Vec<_> = report
            .coverage
            .comparisons()
            .map(|c| (c.text.as_str(), c.counts.yes, c.counts.no, c.counts.no_value, c.counts.decisive))
            .collect();
        assert_eq!(
            counts,
            [
                ("evt.type = execve", 3, 0, 0, 2),
                ("proc.name in (bash, zsh)", 3, 0, 0, 2),
                ("user.name = root", 1, 1, 1, 3)
            ]
        );
    }

    #[test]
    fn mistakes_have_their_place() {
        let report = run(RULES, "tests:\n  - name: t\n    events: [{proc.nmae: x}]\n    expect: [{rule: Shel}]\n");
        assert_eq!(report.problems.len(), 1, "{report:?}");
        assert_eq!(&report.text[report.problems[0].span.clone()], "Shel");
        assert_eq!(report.problems[0].help.as_deref(), Some("did you mean `Shell`?"));

        let report = run(RULES, "tests:\n  - name: t\n    events: [{proc.nmae: x}]\n    expect: []\n");
        let Outcome::Broken(problem) = &report.cases[0].outcome else { panic!("{report:?}") };
        assert_eq!(&report.text[problem.span.clone()], "proc.nmae");

        let report = run("- rule: x\n", "tests:\n  - name: t\n    events: []\n    expect: []\n");
        assert!(!report.refused.is_empty());
        assert!(!report.passed());
    }
}
