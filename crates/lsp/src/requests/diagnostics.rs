//! Diagnostics that the client asks for: of a document, with those of the other open documents that depend on it, and of the whole
//! workspace. A result's id is the hash of the findings, so that a client that has them already is told just that.

use std::collections::HashMap;
use std::hash::BuildHasher;

use falco_ide::{Analysis, FileId};
use rustc_hash::{FxBuildHasher, FxHashMap};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::*;

use super::Request;
use super::project::ProjectFile;
use crate::convert::Converter;
use crate::store::{LoadSet, Snapshot};

/// The findings in a file, for the client.
pub fn of_file(analysis: &Analysis, set: &LoadSet, file: FileId, snapshot: &Snapshot) -> Vec<Diagnostic> {
    let found = analysis.diagnostics(file);
    // Only for files with findings is the text worth indexing.
    if found.is_empty() {
        return Vec::new();
    }
    let document = set.urls().get(file.0 as usize).and_then(|url| snapshot.documents.get(url));
    let converter = match document {
        Some(document) => Some(Converter::of_rope(document.rope(), snapshot.encoding)),
        None => Converter::of_file(set, file, snapshot.encoding),
    };
    let Some(converter) = converter else { return Vec::new() };
    let mut others = FxHashMap::default();
    found.iter().map(|d| converter.diagnostic(d, file, set, snapshot.support, &mut others)).collect()
}

/// What tells one file's findings from others.
pub fn hash(diagnostics: &[Diagnostic]) -> u64 {
    FxBuildHasher.hash_one(serde_json::to_string(diagnostics).unwrap_or_default())
}

/// `textDocument/diagnostic`. With `related`, the other open documents of the load set come along: an edit may concern them.
pub fn document(request: &Request, previous: Option<&str>, related: bool) -> DocumentDiagnosticReportResult {
    let (set, snapshot) = (&request.set, &request.snapshot);
    let items = of_file(&request.analysis, set, request.file, snapshot);
    let others =
        set.urls().iter().enumerate().filter(|(index, url)| {
            related && *index != request.file.0 as usize && snapshot.documents.contains_key(url)
        });
    let others: HashMap<Url, DocumentDiagnosticReportKind> = others
        .map(|(index, url)| {
            let items = of_file(&request.analysis, set, FileId(index as u32), snapshot);
            let full = FullDocumentDiagnosticReport { result_id: Some(id(&items)), items };
            (url.clone(), DocumentDiagnosticReportKind::Full(full))
        })
        .collect();
    let related_documents = (!others.is_empty()).then_some(others);
    DocumentDiagnosticReportResult::Report(of_items(items, previous, related_documents))
}

/// `textDocument/diagnostic` of a document whose findings are these.
pub fn of_items(
    items: Vec<Diagnostic>,
    previous: Option<&str>,
    related_documents: Option<HashMap<Url, DocumentDiagnosticReportKind>>,
) -> DocumentDiagnosticReport {
    let result_id = id(&items);
    if previous == Some(&result_id) {
        DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
            related_documents,
            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
        })
    } else {
        DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
            related_documents,
            full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(result_id), items },
        })
    }
}

/// The answer for a document that is not judged: there is nothing to say about it.
pub fn nothing() -> DocumentDiagnosticReportResult {
    let full = FullDocumentDiagnosticReport { result_id: None, items: Vec::new() };
    let report = RelatedFullDocumentDiagnosticReport { related_documents: None, full_document_diagnostic_report: full };
    DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(report))
}

/// `workspace/diagnostic`: every file that has findings, or that the client has findings of.
pub fn workspace(snapshot: &Snapshot, previous: Vec<PreviousResultId>) -> Result<WorkspaceDiagnosticReportResult> {
    let mut previous: HashMap<Url, String> = previous.into_iter().map(|p| (p.uri, p.value)).collect();
    let mut items = Vec::new();
    for set in snapshot.sets.values() {
        // A newer state took over; the client asks again.
        let analysis = set.analysis().ok_or_else(super::retry)?;
        for (index, url) in set.urls().iter().enumerate() {
            let version = snapshot.documents.get(url).map(|document| i64::from(document.version()));
            let found = of_file(analysis, set, FileId(index as u32), snapshot);
            let known = previous.remove(url);
            if found.is_empty() && known.is_none() {
                continue;
            }
            items.push(report(url.clone(), version, found, known.as_deref()));
        }
    }
    for url in ProjectFile::all(snapshot) {
        let Some(file) = ProjectFile::find(snapshot, &url) else { continue };
        let (found, known) = (file.diagnostics(snapshot), previous.remove(&url));
        if !found.is_empty() || known.is_some() {
            items.push(report(url, file.version.map(i64::from), found, known.as_deref()));
        }
    }
    // Files that are gone have no findings any more.
    items.extend(previous.into_iter().map(|(url, known)| report(url, None, Vec::new(), Some(&known))));
    Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
}

fn report(
    uri: Url,
    version: Option<i64>,
    items: Vec<Diagnostic>,
    previous: Option<&str>,
) -> WorkspaceDocumentDiagnosticReport {
    let result_id = id(&items);
    if previous == Some(&result_id) {
        return WorkspaceDocumentDiagnosticReport::Unchanged(WorkspaceUnchangedDocumentDiagnosticReport {
            uri,
            version,
            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
        });
    }
    WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
        uri,
        version,
        full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(result_id), items },
    })
}

fn id(diagnostics: &[Diagnostic]) -> String {
    format!("{:016x}", hash(diagnostics))
}
