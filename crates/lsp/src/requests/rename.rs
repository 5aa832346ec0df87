//! Renaming, also in rule tests, which are no part of what Falco loads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use falco_ide::{FileEdits, RenameError, project, rename_in_test};
use ropey::Rope;
use tower_lsp::jsonrpc::{Error, ErrorCode};
use tower_lsp::lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Position, PrepareRenameResponse, TextDocumentEdit,
    TextEdit, Url, WorkspaceEdit,
};

use super::Request;
use super::places::Places;
use crate::convert::Converter;
use crate::store::Snapshot;
use crate::workspace;

/// The protocol's code for a request that was understood and cannot be done.
pub const REQUEST_FAILED: i64 = -32803;

/// `textDocument/prepareRename`. Where nothing can be renamed the answer is nothing.
pub fn prepare(request: &Request, position: Position) -> Option<PrepareRenameResponse> {
    let (range, placeholder) = request.analysis.prepare_rename(request.position(position)).ok()?;
    Some(PrepareRenameResponse::RangeWithPlaceholder { range: request.converter.range(range), placeholder })
}

/// `textDocument/rename`. `roots`: the workspace's folders, for the tests in them.
pub fn rename(
    request: &Request,
    position: Position,
    new: &str,
    roots: &[PathBuf],
) -> Result<Vec<(Url, Vec<TextEdit>)>, RenameError> {
    let at = request.position(position);
    let mut all = in_rules(request, request.analysis.rename(at, new)?);
    let path = request.path();
    if let Some((old, path)) = request.analysis.rule_at(at).zip(path) {
        all.extend(in_tests(&request.snapshot, &path, &old, new, roots));
    }
    Ok(all)
}

/// Edits of files of the set.
pub fn in_rules(request: &Request, edits: FileEdits) -> Vec<(Url, Vec<TextEdit>)> {
    let mut files = Places::new(request);
    let of_file = |(file, edits)| {
        let (url, converter) = files.file(file)?;
        Some((url.clone(), text_edits(converter, edits)))
    };
    edits.into_iter().filter_map(of_file).collect()
}

fn text_edits(converter: &Converter, edits: Vec<falco_ide::TextEdit>) -> Vec<TextEdit> {
    edits.into_iter().map(|edit| TextEdit { range: converter.range(edit.range), new_text: edit.text }).collect()
}

/// The edits in the rule tests around a file.
pub fn in_tests(
    snapshot: &Snapshot,
    path: &Path,
    old: &str,
    new: &str,
    roots: &[PathBuf],
) -> Vec<(Url, Vec<TextEdit>)> {
    let edits = tests(snapshot, path, roots).into_iter().map(|(url, rope)| {
        let edits = rename_in_test(&rope.to_string(), old, new);
        (url, text_edits(&Converter::of_rope(&rope, snapshot.encoding), edits))
    });
    edits.filter(|(_, edits)| !edits.is_empty()).collect()
}

/// The rule tests under the folders that a file is in: as they are open, or else as they are on disk.
pub fn tests(snapshot: &Snapshot, path: &Path, roots: &[PathBuf]) -> Vec<(Url, Rope)> {
    let mut folders: Vec<PathBuf> = roots.iter().filter(|root| path.starts_with(root)).cloned().collect();
    if folders.is_empty() {
        folders.extend(path.parent().map(ToOwned::to_owned));
    }
    let mut tests: Vec<PathBuf> = folders.iter().flat_map(|folder| workspace::tests(folder)).collect();
    let open = snapshot.documents.keys().filter_map(|url| url.to_file_path().ok());
    tests.extend(open.filter(|path| project::is_test_name(path) && folders.iter().any(|f| path.starts_with(f))));
    tests.sort();
    tests.dedup();
    let mut all = Vec::new();
    for path in tests {
        let Ok(url) = Url::from_file_path(&path) else { continue };
        let rope = match snapshot.documents.get(&url) {
            Some(document) => document.rope().clone(),
            None => match std::fs::read_to_string(&path) {
                Ok(text) => Rope::from_str(&text),
                // A file that cannot be read says nothing.
                Err(_) => continue,
            },
        };
        all.push((url, rope));
    }
    all
}

/// Edits for a client; with the versions that they are for where the client knows of that.
pub fn workspace_edit(snapshot: &Snapshot, edits: Vec<(Url, Vec<TextEdit>)>, versions: bool) -> WorkspaceEdit {
    if !versions {
        let changes: HashMap<Url, Vec<TextEdit>> = edits.into_iter().collect();
        return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
    }
    let of_file = |(uri, edits): (Url, Vec<TextEdit>)| {
        let version = snapshot.documents.get(&uri).map(|document| document.version());
        TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        }
    };
    let edits = edits.into_iter().map(of_file).collect();
    WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(edits)), ..WorkspaceEdit::default() }
}

/// What a client shows when a rename is refused.
pub fn refusal(error: &RenameError) -> Error {
    Error { code: ErrorCode::ServerError(REQUEST_FAILED), message: error.to_string().into(), data: None }
}
