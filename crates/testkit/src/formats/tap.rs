//! The Test Anything Protocol, version 14.

use std::fmt::Write;

use super::{obstacles, reason};
use crate::report::{FileReport, Outcome};

/// All files' cases, numbered through.
pub fn document(reports: &[FileReport]) -> String {
    let mut out = String::from("TAP version 14\n");
    let mut number = 0;
    for report in reports {
        let path = report.path.display().to_string();
        for (line, message, help) in obstacles(report) {
            number += 1;
            let _ = writeln!(out, "not ok {number} - {}", description(&format!("{path}: the test file can be run")));
            block(&mut out, &message, &path, line, help.as_deref().unwrap_or_default());
        }
        for case in &report.cases {
            number += 1;
            let name = description(&format!("{path}: {}", case.name));
            let line = report.line(case.span.start);
            match (&case.outcome, reason(case)) {
                (Outcome::Skipped(reason), _) => {
                    let _ = writeln!(out, "ok {number} - {name} # SKIP {}", one_line(reason));
                }
                (_, Some((headline, details))) => {
                    let _ = writeln!(out, "not ok {number} - {name}");
                    block(&mut out, &headline, &path, line, &details);
                }
                (_, None) => {
                    let _ = writeln!(out, "ok {number} - {name}");
                }
            }
        }
    }
    let _ = writeln!(out, "1..{number}");
    out
}

/// A YAML block; JSON's texts are YAML's.
fn block(out: &mut String, message: &str, file: &str, line: usize, details: &str) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let _ = writeln!(out, "  ---\n  message: {}\n  file: {}", text(message), text(file));
    if line > 0 {
        let _ = writeln!(out, "  line: {line}");
    }
    if !details.trim().is_empty() {
        let _ = writeln!(out, "  details: |");
        details.lines().for_each(|line| {
            let _ = writeln!(out, "    {line}");
        });
    }
    out.push_str("  ...\n");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `#` would begin a directive.
fn description(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}
