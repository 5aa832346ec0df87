//! Editor features over immutable snapshots of a workspace, in plain data with byte offsets.
//!
//! The crate knows nothing of LSP and of tokio. Start reading at [`Analysis`]: a snapshot of the workspace's files that
//! answers every request; each feature is a module of its own.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod project;
mod types;

pub use types::*;

use std::sync::Arc;

/// One file given to a snapshot.
#[derive(Debug, Clone)]
pub struct WorkspaceFile {
    /// As messages name it.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
}

/// What the compiler is told beside the files.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The engine version that rules must load on, such as `0.62.0`; `None` for the newest known.
    pub engine_version: Option<String>,
}

/// An immutable snapshot of a workspace: files in load order with what they mean. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Analysis {
    files: Arc<[WorkspaceFile]>,
}

impl Analysis {
    /// Makes a snapshot of `files`, in load order. Parts of `previous` whose input is unchanged are kept.
    pub fn new(files: Vec<WorkspaceFile>, settings: &Settings, previous: Option<&Analysis>) -> Self {
        let _ = (settings, previous);
        Self { files: files.into() }
    }

    /// The files, in load order; a [`FileId`] is an index of it.
    pub fn files(&self) -> &[WorkspaceFile] {
        &self.files
    }

    /// The findings in a file.
    pub fn diagnostics(&self, _file: FileId) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// What can stand at a position.
    pub fn completions(&self, _position: FilePosition) -> Vec<CompletionItem> {
        Vec::new()
    }

    /// What stands at a position.
    pub fn hover(&self, _position: FilePosition) -> Option<Hover> {
        None
    }

    /// Where the name at a position is defined.
    pub fn definition(&self, _position: FilePosition) -> Vec<NavigationTarget> {
        Vec::new()
    }

    /// The outline of a file.
    pub fn document_symbols(&self, _file: FileId) -> Vec<DocumentSymbol> {
        Vec::new()
    }
}
