//! One JSON document.

use serde_json::{Value, json};

use crate::file::Problem;
use crate::report::{CaseReport, FileReport, Outcome};

/// What came of a test file.
pub fn document(report: &FileReport) -> Value {
    let problem = |p: &Problem| json!({"line": report.line(p.span.start), "message": p.message, "help": p.help});
    let case = |c: &CaseReport| {
        let failures: Vec<Value> = match &c.outcome {
            Outcome::Passed | Outcome::Skipped(_) => Vec::new(),
            Outcome::Broken(p) => {
                vec![json!({"message": p.message, "line": report.line(p.span.start), "details": ""})]
            }
            Outcome::Failed(failures) => failures
                .iter()
                .map(|f| {
                    let line = f.span().map(|s| report.line(s.start));
                    json!({"message": f.headline(), "line": line, "details": f.details()})
                })
                .collect(),
        };
        let skipped = if let Outcome::Skipped(reason) = &c.outcome { Some(reason) } else { None };
        json!({
            "name": c.name, "line": report.line(c.span.start), "passed": c.passed(), "skipped": skipped,
            "events": c.events, "seconds": c.elapsed.as_secs_f64(), "failures": failures,
        })
    };
    json!({
        "path": report.path.display().to_string(),
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "rules_errors": report.refused.iter().map(|d| json!({"code": d.code, "message": d.message})).collect::<Vec<_>>(),
        "tests": report.cases.iter().map(case).collect::<Vec<_>>(),
    })
}
