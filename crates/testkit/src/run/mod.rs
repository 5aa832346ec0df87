//! Runs test files.

mod compare;
mod judge;
mod load;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use falco_catalog::Catalog;

pub(crate) use compare::{fits, pair};
pub use judge::made_up;
pub(crate) use judge::{Judge, Raised, open};
pub use load::rules_of;
pub(crate) use load::{evaluator, nearest};

use crate::command::Commands;
use crate::decode;
use crate::file::{Case, Mock, Problem, TestFile};
use crate::order::shuffle;
use crate::report::{CaseReport, FileReport};
use crate::texts::Texts;

/// How test files are run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Only cases whose name contains this.
    pub filter: Option<String>,
    /// Only cases that are about this rule, see [`Case::is_about`]; none where the rule is not loaded.
    pub rule: Option<String>,
    /// Texts that stand for files.
    pub texts: Texts,
    /// What to count of what the cases exercise.
    pub coverage: Counted,
    /// Whether to stop after the first case that does not pass.
    pub fail_fast: bool,
    /// Runs the cases of each file in another order, which this decides.
    pub shuffle: Option<u64>,
}

/// Of which rules the comparisons are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counted {
    /// Of none.
    #[default]
    None,
    /// Of those that cases name: what no case names is not what these cases are about.
    Named,
    /// Of all that are loaded.
    All,
}

impl RunOptions {
    /// Whether a case is to be run.
    pub fn wants(&self, case: &Case) -> bool {
        self.filter.as_ref().is_none_or(|part| case.name.value.contains(part))
            && self.rule.as_ref().is_none_or(|rule| case.is_about(rule))
    }
}

/// Runs one test file as it is on disk; `commands` runs what its tests want run.
pub fn run_file(path: &Path, catalog: &Arc<Catalog>, filter: Option<&str>, commands: &dyn Commands) -> FileReport {
    let options = RunOptions { filter: filter.map(str::to_owned), ..RunOptions::default() };
    run_file_with(path, catalog, &options, commands)
}

/// Runs one test file; `commands` runs what its tests want run.
pub fn run_file_with(path: &Path, catalog: &Arc<Catalog>, options: &RunOptions, commands: &dyn Commands) -> FileReport {
    let mut report = FileReport { path: path.to_owned(), ..FileReport::default() };
    let Some(file) = read(&mut report, options) else { return report };
    let folder = path.parent().unwrap_or(Path::new(""));
    let Some(mut suite) = Suite::load(&file, folder, catalog, options, commands, &mut report) else { return report };
    let mut cases = suite.cases(&file, options);
    if let Some(seed) = options.shuffle {
        shuffle(&mut cases, seed);
    }
    for (case, set) in cases {
        let Some((_, judge)) = suite.sets.get_mut(set) else { continue };
        let begun = Instant::now();
        let (outcome, events) = judge.case(&file, case);
        let elapsed = begun.elapsed();
        let (name, span) = (case.name.value.clone(), case.name.span.clone());
        report.cases.push(CaseReport { name, span, outcome, events, elapsed });
        if options.fail_fast && report.cases.last().is_some_and(CaseReport::failed) {
            break;
        }
    }
    for (_, judge) in &suite.sets {
        if let Some(coverage) = &judge.coverage {
            let of = |rule: u32| options.coverage == Counted::All || judge.judged.contains(&rule);
            report.coverage.add(coverage, judge.evaluator.program(), &report.rules, of);
        }
    }
    report
}

/// Reads and decodes a test file. Nothing when it has problems, which go to the report.
pub(crate) fn read(report: &mut FileReport, options: &RunOptions) -> Option<TestFile> {
    match options.texts.read(&report.path) {
        Ok(text) => report.text = text,
        Err(error) => {
            report.problems.push(Problem { span: 0..0, message: format!("cannot be read: {error}"), help: None });
            return None;
        }
    }
    let (file, problems) = decode::parse(&report.text);
    report.problems = problems;
    report.problems.is_empty().then_some(file)
}

/// A test file's rules, compiled for every set of mocks that its cases have.
pub(crate) struct Suite<'a> {
    pub(crate) sets: Vec<(Mock, Judge<'a>)>,
}

impl<'a> Suite<'a> {
    /// Loads the rules. Nothing when something is wrong with them or with the test file; the report says what.
    pub(crate) fn load(
        file: &TestFile,
        folder: &'a Path,
        catalog: &'a Arc<Catalog>,
        options: &RunOptions,
        commands: &'a dyn Commands,
        report: &mut FileReport,
    ) -> Option<Self> {
        match rules_of(file, folder, &options.texts) {
            Ok(sources) => report.rules = sources,
            Err(problems) => {
                report.problems = problems;
                return None;
            }
        }
        let mut suite = Self { sets: Vec::new() };
        // The rules as they are come first: what is wrong with them is no mock's fault.
        let mocks = std::iter::once(file.mock.clone()).chain(file.cases.iter().map(|case| file.mock.with(&case.mock)));
        for mock in mocks {
            if suite.sets.iter().any(|(other, _)| same(other, &mock)) {
                continue;
            }
            match evaluator(&report.rules, &mock, catalog) {
                Ok(evaluator) => {
                    suite.sets.push((
                        mock,
                        Judge::new(evaluator, folder, catalog, commands, options.coverage != Counted::None),
                    ));
                }
                Err(refused) => {
                    for problem in refused.problems {
                        if !report.problems.contains(&problem) {
                            report.problems.push(problem);
                        }
                    }
                    report.refused = refused.diagnostics;
                    if !report.refused.is_empty() {
                        return None;
                    }
                }
            }
        }
        if let Some((_, judge)) = suite.sets.first() {
            report.problems.extend(unknown_rules(judge, file));
        }
        report.problems.is_empty().then_some(suite)
    }

    /// The cases that are wanted, each with the number of its set.
    pub(crate) fn cases<'f>(&self, file: &'f TestFile, options: &RunOptions) -> Vec<(&'f Case, usize)> {
        let set = |case: &Case| {
            let mock = file.mock.with(&case.mock);
            self.sets.iter().position(|(other, _)| same(other, &mock))
        };
        let missing = |rule: &String| self.sets.first().is_none_or(|(_, judge)| judge.rule(rule).is_none());
        if options.rule.as_ref().is_some_and(missing) {
            return Vec::new();
        }
        file.cases.iter().filter(|case| options.wants(case)).filter_map(|case| Some((case, set(case)?))).collect()
    }
}

/// Whether two sets of mocks replace the same by the same, wherever they are written.
fn same(a: &Mock, b: &Mock) -> bool {
    fn alike<T: PartialEq>(
        a: &[(crate::Spanned<String>, crate::Spanned<T>)],
        b: &[(crate::Spanned<String>, crate::Spanned<T>)],
    ) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|((n, v), (m, w))| n.value == m.value && v.value == w.value)
    }
    alike(&a.macros, &b.macros) && alike(&a.lists, &b.lists)
}

/// Names of rules that are not loaded: such a test could never fail, or never pass.
fn unknown_rules(judge: &Judge<'_>, file: &TestFile) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let named = file
        .cases
        .iter()
        .flat_map(|case| case.only.iter().flatten().chain(case.expect.iter().map(|expect| &expect.rule)));
    named
        .filter(|name| judge.rule(&name.value).is_none() && seen.insert((name.span.start, &name.value)))
        .map(|name| {
            let near = nearest(&name.value, judge.evaluator.program().rules.iter().map(|r| r.name.as_str()));
            Problem {
                span: name.span.clone(),
                message: format!("no rule `{}` is loaded", name.value),
                help: near.map(|near| format!("did you mean `{near}`?")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
