//! Commands of a GitHub workflow's log, which shows them beside the lines of a pull request.

use std::io::Write;

use falco_compiler::Severity;

use super::findings::Findings;
use crate::Result;

/// Writes a line for each finding.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(findings: &Findings, out: &mut dyn Write) -> Result<()> {
    for finding in findings.iter() {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info | Severity::Hint => "notice",
        };
        let (start, end) = (finding.at.start, finding.at.end);
        write!(out, "::{command} file={},line={},endLine={}", property(finding.at.file), start.line, end.line)?;
        // Columns are taken for those of one line.
        if start.line == end.line {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
        let help = finding.help.map(|help| format!("\n{help}")).unwrap_or_default();
        let message = format!("{}{help}", finding.message);
        writeln!(out, ",title={}::{}", property(finding.code), data(&message))?;
    }
    out.flush()?;
    Ok(())
}

/// Text behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_line_or_a_property_is_escaped() {
        assert_eq!(data("50 % of\r\nthis: a, b"), "50 %25 of%0D%0Athis: a, b");
        assert_eq!(property("C:\\rules,old\\a.yaml"), "C%3A\\rules%2Cold\\a.yaml");
    }
}
