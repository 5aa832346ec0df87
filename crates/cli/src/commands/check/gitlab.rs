//! GitLab's code quality report.

use falco_compiler::Severity;
use serde_json::{Value, json};

use super::findings::Findings;

/// The report: one object for each finding.
pub fn document(findings: &Findings) -> Value {
    let issues = findings.fingerprints().map(|(finding, fingerprint)| {
        let severity = match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Info => "minor",
            Severity::Hint => "info",
        };
        let path = finding.at.file.strip_prefix("./").unwrap_or(finding.at.file);
        json!({
            "description": finding.message,
            "check_name": finding.code,
            "fingerprint": format!("{fingerprint:016x}"),
            "severity": severity,
            "location": {"path": path, "lines": {"begin": finding.at.start.line, "end": finding.at.end.line}},
        })
    });
    issues.collect()
}
