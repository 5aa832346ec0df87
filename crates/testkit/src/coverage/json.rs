//! Coverage as a JSON document.

use falco_compiler::SourceFile;
use serde_json::{Value, json};

use super::{CoverageReport, Share};

/// The document: a total, a line for every rule, macro and exception, every comparison.
pub fn document(report: &CoverageReport, files: &[SourceFile]) -> Value {
    let share = |share: Share| json!({"seen": share.seen, "of": share.of, "percent": share.percent()});
    let owners = report.owners();
    let owners = owners.iter().map(|(file, name, mine)| json!({"file": file, "name": name, "points": share(*mine)}));
    let comparisons = report.comparisons().map(|c| {
        let text = files.iter().find(|f| f.path == c.file).map_or("", |f| &*f.text);
        let (line, column) = super::place(text, c.range.start as usize);
        json!({
            "file": c.file, "line": line, "column": column, "start": c.range.start, "end": c.range.end, "text": c.text,
            "macro": c.in_macro, "exception": c.exception, "rules": c.rules, "true": c.counts.yes, "false": c.counts.no,
            "no_value": c.counts.no_value, "decisive": c.counts.decisive,
            "lacks": c.lacks().iter().map(|p| p.lack()).collect::<Vec<_>>(),
        })
    });
    json!({
        "version": 1, "points": share(report.share()), "items": owners.collect::<Vec<_>>(),
        "comparisons": comparisons.collect::<Vec<_>>(),
    })
}
