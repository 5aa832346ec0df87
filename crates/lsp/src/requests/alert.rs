//! Commands that make something of an alert which the client brings along: an exception of its rule, a rule test.

use std::path::{Path, PathBuf};

use falco_ide::actions::{Alert, test_from_alert};
use ropey::Rope;
use serde::Deserialize;
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::{
    CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, ResourceOp, TextDocumentEdit, TextEdit, Url,
    WorkspaceEdit,
};

use super::Request;
use super::code_action::edit;
use super::rename::workspace_edit;
use crate::capabilities::ClientCapabilities;
use crate::convert::Converter;

/// Adds an exception for the alert to its rule.
const EXCEPTION: &str = "falco-rs.exceptionFromAlert";
/// Adds a case for the alert to the rule test beside the document.
const TEST: &str = "falco-rs.testFromAlert";

/// The commands' names.
pub const COMMANDS: [&str; 2] = [EXCEPTION, TEST];

/// What a command is given.
#[derive(Debug, Deserialize)]
pub struct Arguments {
    /// A rules file of the workspace that the alert's rule is looked for in.
    pub uri: Url,
    /// The alert as Falco prints it with `json_output`: the text, or the object.
    pub alert: Value,
}

impl Arguments {
    /// The first argument of a command.
    pub fn read(arguments: Vec<Value>) -> Result<Self> {
        let first = arguments.into_iter().next().unwrap_or_default();
        serde_json::from_value(first).map_err(|error| Error::invalid_params(error.to_string()))
    }
}

/// What a command changes.
pub fn run(request: &Request, command: &str, given: &Arguments, client: ClientCapabilities) -> Result<WorkspaceEdit> {
    let text = match &given.alert {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let alert = Alert::parse(&text).map_err(failed)?;
    if command == EXCEPTION {
        let change = request.analysis.exception_from_alert(&alert).map_err(failed)?;
        return Ok(edit(request, change, client));
    }
    test(request, &given.uri, &alert, client)
}

/// The test file of a rules file: `shells_test.yaml` for `shells.yaml`.
fn test_path(rules: &Path) -> Option<PathBuf> {
    Some(rules.with_file_name(format!("{}_test.yaml", rules.file_stem()?.to_str()?)))
}

fn test(request: &Request, rules: &Url, alert: &Alert, client: ClientCapabilities) -> Result<WorkspaceEdit> {
    let rules = rules.to_file_path().map_err(|()| failed("the document is no file"))?;
    let name = rules.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let path = test_path(&rules).ok_or_else(|| failed("the document's name is no text"))?;
    let url = Url::from_file_path(&path).map_err(|()| failed("the document has no absolute path"))?;
    let open = request.snapshot.documents.get(&url).map(|document| document.rope().clone());
    let known = open.or_else(|| std::fs::read_to_string(&path).ok().map(|text| Rope::from_str(&text)));
    let Some(rope) = known else {
        if !client.creates_files {
            return Err(failed(format!("`{}` has to be created first", path.display())));
        }
        return Ok(new_file(url, test_from_alert(alert, name, None)));
    };
    let before = rope.to_string();
    let after = test_from_alert(alert, name, Some(&before));
    let converter = Converter::of_rope(&rope, request.snapshot.encoding);
    let edits = falco_ide::format::edits_between(&before, &after).into_iter();
    let edits = edits.map(|edit| TextEdit { range: converter.range(edit.range), new_text: edit.text }).collect();
    Ok(workspace_edit(&request.snapshot, vec![(url, edits)], client.versioned_edits))
}

fn new_file(uri: Url, text: String) -> WorkspaceEdit {
    let options = CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) };
    let create = CreateFile { uri: uri.clone(), options: Some(options), annotation_id: None };
    let edit = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version: None },
        edits: vec![OneOf::Left(TextEdit {
            range: Range::new(Position::new(0, 0), Position::new(0, 0)),
            new_text: text,
        })],
    };
    let operations = vec![DocumentChangeOperation::Op(ResourceOp::Create(create)), DocumentChangeOperation::Edit(edit)];
    WorkspaceEdit { document_changes: Some(DocumentChanges::Operations(operations)), ..WorkspaceEdit::default() }
}

/// An error that the client shows.
fn failed(reason: impl ToString) -> Error {
    Error {
        code: ErrorCode::ServerError(super::rename::REQUEST_FAILED),
        message: reason.to_string().into(),
        data: None,
    }
}
