//! What rule tests say of each rule.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use falco_catalog::Catalog;
use falco_testkit::coverage::{CoverageReport, Point};
use falco_testkit::{Counted, NoCommands, Outcome, RunOptions, discover, run_files};

use crate::Result;
use crate::error::CliError;

/// What tests say of a rule.
#[derive(Debug, Clone, Default)]
pub struct Tested {
    /// Tests that name the rule, with how they came out.
    pub cases: Vec<(String, &'static str)>,
    /// Of what can be seen of the comparisons of the rule and of what it uses, how much was, in percent.
    pub coverage: f64,
}

/// Runs the tests in some files and folders; what they say, by rule. Commands are not run: a page must not need the kernel.
///
/// # Errors
/// When a path cannot be read, or a test file has mistakes.
pub fn by_rule(paths: &[PathBuf], catalog: &Arc<Catalog>) -> Result<HashMap<String, Tested>> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(discover::test_files(path).map_err(|error| CliError::read(path, error))?);
    }
    let options = RunOptions { coverage: Counted::All, ..RunOptions::default() };
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut coverage = CoverageReport::default();
    let mut tested: HashMap<String, Tested> = HashMap::new();
    let mut broken = None;
    run_files(&files, jobs, catalog, &options, &NoCommands, |mut report| {
        if let Some(problem) = report.problems.first() {
            broken = Some(format!("{}: {}", report.path.display(), problem.message));
            return false;
        }
        coverage.merge(std::mem::take(&mut report.coverage));
        let (file, _) = falco_testkit::parse(&report.text);
        for case in &file.cases {
            let verdict = report.cases.iter().find(|ran| ran.span == case.name.span).map(|ran| match ran.outcome {
                Outcome::Passed => "passes",
                Outcome::Failed(_) => "fails",
                Outcome::Broken(_) => "is broken",
                Outcome::Skipped(_) => "was not run",
            });
            let named = case.only.iter().flatten().chain(case.expect.iter().map(|expect| &expect.rule));
            let mut rules: Vec<&str> = named.map(|rule| rule.value.as_str()).collect();
            rules.sort_unstable();
            rules.dedup();
            for rule in rules {
                let all = &mut tested.entry(rule.to_owned()).or_default().cases;
                all.push((case.name.value.clone(), verdict.unwrap_or("was not run")));
            }
        }
        true
    });
    if let Some(problem) = broken {
        return Err(CliError::Usage(problem));
    }
    for (rule, tested) in &mut tested {
        let (mut seen, mut of) = (0, 0);
        for covered in coverage.comparisons().filter(|covered| covered.rules.contains(rule)) {
            of += Point::ALL.len();
            seen += Point::ALL.len() - covered.lacks().len();
        }
        tested.coverage = if of == 0 { 0.0 } else { 100.0 * seen as f64 / of as f64 };
    }
    Ok(tested)
}
