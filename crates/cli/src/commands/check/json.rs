//! Our JSON document; its shape is a contract.

use serde_json::{Value, json};

use super::findings::{Findings, Stretch};

/// The document.
pub fn document(findings: &Findings) -> Value {
    let diagnostics = findings.iter().map(|finding| {
        let item = finding.item.map(|item| json!({"kind": item.kind.head_key(), "name": item.name}));
        let fixes = findings.repairs(&finding).into_iter().map(|repair| {
            let edits = repair.edits.iter().map(|(at, text)| {
                let mut edit = json!({"range": range(at), "text": text});
                // An edit is in the finding's own file unless it names another.
                if at.file != finding.at.file {
                    edit["file"] = json!(at.file);
                }
                edit
            });
            json!({"title": repair.title, "safe": repair.safe, "edits": edits.collect::<Vec<_>>()})
        });
        let fixes: Vec<Value> = fixes.collect();
        json!({
            "code": finding.code, "severity": finding.severity.as_str(), "message": finding.message,
            "file": finding.at.file, "range": range(&finding.at),
            "item": item, "help": finding.help, "url": null, "fixes": fixes,
        })
    });
    let diagnostics: Vec<Value> = diagnostics.collect();
    let summary = findings.summary();
    json!({
        "version": 1,
        "files": findings.files().collect::<Vec<_>>(),
        "diagnostics": diagnostics,
        "summary": {"errors": summary.errors, "warnings": summary.warnings, "lints": summary.lints},
    })
}

fn range(at: &Stretch) -> Value {
    json!({"start": at.start.json(), "end": at.end.json()})
}
