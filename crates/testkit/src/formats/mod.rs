//! What came of tests, for machines.

pub mod github;
pub mod json;
pub mod junit;
pub mod tap;

use crate::report::{CaseReport, FileReport, Outcome};

/// Why a case did not pass, in one text; nothing when it did or was skipped.
fn reason(case: &CaseReport) -> Option<(String, String)> {
    match &case.outcome {
        Outcome::Passed | Outcome::Skipped(_) => None,
        Outcome::Broken(problem) => Some((problem.message.clone(), problem.help.clone().unwrap_or_default())),
        Outcome::Failed(failures) => {
            let headline = failures.iter().map(|f| f.headline()).collect::<Vec<_>>().join("; ");
            let details = failures.iter().map(|f| format!("{}\n{}", f.headline(), f.details()));
            Some((headline, details.collect::<Vec<_>>().join("\n")))
        }
    }
}

/// What keeps the tests of a file from being run: line in the test file (0: none), what is wrong, what to try.
fn obstacles(report: &FileReport) -> Vec<(usize, String, Option<String>)> {
    let problems = report.problems.iter().map(|p| (report.line(p.span.start), p.message.clone(), p.help.clone()));
    let refused = report.refused.iter().map(|d| {
        let file = report.rules.get(d.span.file.index()).map_or("?", |file| file.path.as_str());
        (0, format!("{file} does not load: {}: {}", d.code, d.message), d.help.clone())
    });
    problems.chain(refused).collect()
}

#[cfg(test)]
mod tests;
