//! Findings of the compiler, as an editor shows them.

use falco_compiler::{Compilation, Severity as CompilerSeverity, Span};
use falco_syntax::{TextRange, TextSize};

use crate::types::*;

/// The findings in a file, in order of position.
pub(crate) fn of_file(compilation: &Compilation, file: FileId) -> Vec<Diagnostic> {
    compilation.of_file(falco_compiler::FileId(file.0)).iter().map(convert).collect()
}

fn convert(d: &falco_compiler::Diagnostic) -> Diagnostic {
    let mut tags = Vec::new();
    if matches!(d.code, "LOAD_UNUSED_MACRO" | "LOAD_UNUSED_LIST" | "duplicate-key") {
        tags.push(DiagnosticTag::Unused);
    }
    if d.code == "LOAD_DEPRECATED_ITEM" {
        tags.push(DiagnosticTag::Deprecated);
    }
    Diagnostic {
        range: range(d.span),
        severity: match d.severity {
            CompilerSeverity::Error => Severity::Error,
            CompilerSeverity::Warning => Severity::Warning,
            CompilerSeverity::Info => Severity::Info,
            CompilerSeverity::Hint => Severity::Hint,
        },
        code: d.code.to_owned(),
        message: d.message.clone(),
        help: d.help.clone(),
        tags,
        related: d
            .labels
            .iter()
            .map(|l| (FileRange { file: FileId(l.span.file.0), range: range(l.span) }, l.message.clone()))
            .collect(),
    }
}

/// A span's range. Spans of the compiler are well-formed; a broken one must not bring the editor down.
pub(crate) fn range(span: Span) -> TextRange {
    TextRange::new(TextSize::new(span.start.min(span.end)), TextSize::new(span.end))
}
