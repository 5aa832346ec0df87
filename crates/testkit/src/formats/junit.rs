//! JUnit's XML, which most CI servers show.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{obstacles, reason};
use crate::report::{FileReport, Outcome};

/// All files, a suite for each. A file whose tests could not be run has one case with the error.
///
/// # Errors
/// When the document cannot be made; the text says why.
pub fn document(reports: &[FileReport]) -> Result<String, String> {
    let mut document = Report::new("falco-rs");
    for report in reports {
        let path = report.path.display().to_string();
        let mut suite = TestSuite::new(path.clone());
        for (line, message, help) in obstacles(report) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(message.clone());
            status.set_description(help.map_or(message.clone(), |help| format!("{message}\n{help}")));
            let mut case = TestCase::new("the test file can be run", status);
            case.set_classname(path.clone());
            if line > 0 {
                case.extra.insert("line".into(), line.to_string().into());
            }
            suite.add_test_case(case);
        }
        for case in &report.cases {
            let status = match (&case.outcome, reason(case)) {
                (Outcome::Skipped(reason), _) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(reason.clone());
                    status
                }
                (outcome, Some((headline, details))) => {
                    let broken = matches!(outcome, Outcome::Broken(_));
                    let kind = if broken { NonSuccessKind::Error } else { NonSuccessKind::Failure };
                    let mut status = TestCaseStatus::non_success(kind);
                    status.set_message(headline).set_description(details);
                    status
                }
                (_, None) => TestCaseStatus::success(),
            };
            let mut out = TestCase::new(case.name.clone(), status);
            out.set_classname(path.clone()).set_time(case.elapsed);
            out.extra.insert("file".into(), path.clone().into());
            out.extra.insert("line".into(), report.line(case.span.start).to_string().into());
            suite.add_test_case(out);
        }
        suite.set_time(report.cases.iter().map(|case| case.elapsed).sum());
        document.add_test_suite(suite);
    }
    document.to_string().map_err(|error| error.to_string())
}
