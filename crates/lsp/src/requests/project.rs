//! The project file: its diagnostics, completion, hover, links and repairs.

use std::path::PathBuf;
use std::sync::Arc;

use falco_ide::project::{self, Finding};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionContext, CodeActionKind, CodeActionOrCommand, CompletionResponse, Diagnostic, DocumentLink,
    Hover, NumberOrString, Position, Range, TextEdit, Url, WorkspaceEdit,
};

use super::{completion, view};
use crate::capabilities::ClientCapabilities;
use crate::convert::Converter;
use crate::store::Snapshot;
use crate::workspace::OsDisk;

/// A project file of a snapshot.
pub struct ProjectFile {
    text: Arc<str>,
    folder: PathBuf,
    converter: Converter,
    /// The client's version, where it is open.
    pub version: Option<i32>,
}

impl ProjectFile {
    /// The project file of an address: an open one, or that of a workspace folder.
    pub fn find(snapshot: &Snapshot, url: &Url) -> Option<Self> {
        let path = url.to_file_path().ok().filter(|path| project::is_project_file(path))?;
        let folder = path.parent()?.to_owned();
        let document = snapshot.documents.get(url);
        let (text, converter) = match document {
            Some(document) => (document.text().clone(), Converter::of_rope(document.rope(), snapshot.encoding)),
            None => {
                let text = snapshot.projects.get(url)?.clone();
                let converter = Converter::of_rope(&ropey::Rope::from_str(&text), snapshot.encoding);
                (text, converter)
            }
        };
        Some(Self { text, folder, converter, version: document.map(|document| document.version()) })
    }

    /// The addresses of all project files of a snapshot.
    pub fn all(snapshot: &Snapshot) -> Vec<Url> {
        let is_one = |url: &&Url| url.to_file_path().is_ok_and(|path| project::is_project_file(&path));
        let mut all: Vec<Url> =
            snapshot.documents.keys().filter(is_one).chain(snapshot.projects.keys()).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    fn findings(&self) -> Vec<Finding> {
        project::check(&self.text, &self.folder, &OsDisk)
    }

    /// What is wrong with it.
    pub fn diagnostics(&self, snapshot: &Snapshot) -> Vec<Diagnostic> {
        let findings = self.findings();
        findings.iter().map(|finding| self.converter.plain_diagnostic(&finding.diagnostic, snapshot.support)).collect()
    }

    /// `textDocument/completion`
    pub fn completion(&self, position: Position, client: ClientCapabilities) -> CompletionResponse {
        let at = self.converter.offset(position);
        let found = project::completions(&self.text, at, &self.folder, &OsDisk);
        completion::without_documentation(found, &self.converter, client)
    }

    /// `textDocument/hover`
    pub fn hover(&self, position: Position) -> Option<Hover> {
        Some(self.converter.hover(project::hover(&self.text, self.converter.offset(position))?))
    }

    /// `textDocument/documentLink`
    pub fn links(&self, url: &Url) -> Vec<DocumentLink> {
        view::to_protocol(project::links(&self.text), url, &self.converter)
    }

    /// `textDocument/codeAction`
    pub fn actions(&self, url: &Url, range: Range, context: &CodeActionContext) -> Vec<CodeActionOrCommand> {
        let quick_fix = |kind: &CodeActionKind| kind.as_str().is_empty() || *kind == CodeActionKind::QUICKFIX;
        if context.only.as_ref().is_some_and(|only| !only.iter().any(quick_fix)) {
            return Vec::new();
        }
        let made = self.findings().into_iter().filter_map(|finding| {
            let place = self.converter.range(finding.diagnostic.range);
            if place.start > range.end || place.end < range.start {
                return None;
            }
            let (title, edit) = finding.fix?;
            let edit = TextEdit { range: self.converter.range(edit.range), new_text: edit.text };
            let code = NumberOrString::String(finding.diagnostic.code.clone());
            let told = |told: &&Diagnostic| told.range == place && told.code.as_ref() == Some(&code);
            Some(CodeActionOrCommand::CodeAction(CodeAction {
                title,
                kind: Some(CodeActionKind::QUICKFIX),
                is_preferred: Some(true),
                diagnostics: context.diagnostics.iter().find(told).map(|told| vec![told.clone()]),
                edit: Some(WorkspaceEdit {
                    changes: Some([(url.clone(), vec![edit])].into()),
                    ..WorkspaceEdit::default()
                }),
                ..CodeAction::default()
            }))
        });
        made.collect()
    }
}
