//! A JUnit report: each file is a suite; each finding a case that fails, and a file without one a case that passes.

use std::io::Write;

use falco_compiler::Severity;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::findings::{Finding, Findings};
use crate::Result;

/// Writes the report.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(findings: &Findings, out: &mut dyn Write) -> Result<()> {
    let all: Vec<Finding> = findings.iter().collect();
    let mut report = Report::new("falco-rs check");
    for file in findings.files() {
        let mut suite = TestSuite::new(file);
        let mut cases: Vec<TestCase> = all.iter().filter(|f| f.at.file == file).map(case).collect();
        if cases.is_empty() {
            cases.push(TestCase::new("no findings", TestCaseStatus::success()));
        }
        for mut case in cases {
            case.set_classname(file);
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    let text = report.to_string().map_err(std::io::Error::other)?;
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn case(finding: &Finding) -> TestCase {
    let start = finding.at.start;
    // What does not make the check fail does not make the report fail either.
    let mut status = match finding.severity {
        Severity::Error | Severity::Warning => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Severity::Info | Severity::Hint => TestCaseStatus::skipped(),
    };
    status.set_message(&finding.message).set_type(finding.code);
    let place = format!("{}:{}:{}", finding.at.file, start.line, start.column);
    let help = finding.help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    status.set_description(format!("{place}: {}: {}{help}", finding.severity, finding.message));
    let item = finding.item.map(|item| format!(" in {} {}", item.kind.head_key(), item.name)).unwrap_or_default();
    TestCase::new(format!("{}{item} (line {})", finding.code, start.line), status)
}
