//! Workflow commands of GitHub Actions: what failed shows up beside the changed lines.

use std::fmt::Write;

use super::obstacles;
use crate::report::{FileReport, Outcome};

/// A command for everything that failed or was skipped.
pub fn document(report: &FileReport) -> String {
    let mut out = String::new();
    let path = report.path.display().to_string();
    for (line, message, help) in obstacles(report) {
        let text = help.map_or(message.clone(), |help| format!("{message}\n{help}"));
        command(&mut out, "error", &path, line.max(1), "test file cannot be run", &text);
    }
    for case in &report.cases {
        let line = report.line(case.span.start);
        match &case.outcome {
            Outcome::Failed(failures) => {
                for failure in failures {
                    let line = failure.span().map_or(line, |span| report.line(span.start));
                    let text = format!("{}\n{}", failure.headline(), failure.details());
                    command(&mut out, "error", &path, line, &case.name, text.trim_end());
                }
            }
            Outcome::Broken(problem) => {
                command(&mut out, "error", &path, report.line(problem.span.start), &case.name, &problem.message);
            }
            Outcome::Skipped(reason) => {
                command(&mut out, "notice", &path, line, &case.name, &format!("skipped: {reason}"))
            }
            Outcome::Passed => {}
        }
    }
    out
}

fn command(out: &mut String, level: &str, file: &str, line: usize, title: &str, text: &str) {
    let (file, title, text) = (property(file), property(title), data(text));
    let _ = writeln!(out, "::{level} file={file},line={line},title={title}::{text}");
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
