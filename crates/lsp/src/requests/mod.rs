//! The requests: one file for each feature, which asks `falco-ide` and translates its answer. Here is what they share: a request
//! works on the snapshot of the moment when it arrived, off the reactor's thread.

pub mod alert;
pub mod calls;
pub mod code_action;
pub mod completion;
pub mod definition;
pub mod diagnostics;
pub mod formatting;
pub mod hover;
pub mod in_test;
pub mod lens;
mod places;
pub mod project;
pub mod references;
pub mod rename;
pub mod semantic;
pub mod signature;
pub mod symbols;
pub mod view;

use std::path::PathBuf;
use std::sync::Arc;

use falco_ide::{Analysis, FileId, FilePosition};
use tokio::sync::Semaphore;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::{DiagnosticServerCancellationData, Position, Url};

use crate::convert::Converter;
use crate::ordered;
use crate::store::{LoadSet, SharedStore, Snapshot};

/// What a feature works on.
pub struct Request {
    /// The files that are loaded together.
    pub set: Arc<LoadSet>,
    /// What they mean.
    pub analysis: Analysis,
    /// The document.
    pub file: FileId,
    /// For the document's positions.
    pub converter: Converter,
    /// The state of the moment when the request arrived.
    pub snapshot: Snapshot,
}

impl Request {
    /// A position of the document.
    pub fn position(&self, position: Position) -> FilePosition {
        FilePosition { file: self.file, offset: self.converter.offset(position) }
    }

    /// The document's path, if it is a file.
    pub fn path(&self) -> Option<PathBuf> {
        self.set.urls().get(self.file.0 as usize)?.to_file_path().ok()
    }

    /// The address of a file of the set, and the converter for its positions.
    pub fn place(&self, file: FileId) -> Option<(Url, Converter)> {
        let url = self.set.urls().get(file.0 as usize)?.clone();
        let converter = match self.snapshot.documents.get(&url) {
            Some(document) => Converter::of_rope(document.rope(), self.snapshot.encoding),
            None => Converter::of_file(&self.set, file, self.snapshot.encoding)?,
        };
        Some((url, converter))
    }
}

/// Runs a feature on a document, off the reactor's thread. `None` for documents that are not open or not rules.
pub async fn on_document<T: Send + 'static>(
    store: SharedStore,
    url: Url,
    feature: impl FnOnce(&Request) -> Option<T> + Send + 'static,
) -> Result<Option<T>> {
    let Some(mut snapshot) = ordered::snapshot() else { return Ok(None) };
    blocking(move || {
        loop {
            let Some((set, file)) = snapshot.find(&url) else { return Ok(None) };
            let Some(analysis) = set.analysis().cloned() else {
                // A newer state took over while this one was being worked out. The request is pointless if its document
                // was edited; if other files came to light, the newer state answers it.
                let newer = store.lock().snapshot();
                let version = |snapshot: &Snapshot| snapshot.documents.get(&url).map(|document| document.version());
                if version(&newer) != version(&snapshot) {
                    return Err(Error::content_modified());
                }
                snapshot = newer;
                continue;
            };
            let converter = match snapshot.documents.get(&url) {
                Some(document) => Converter::of_rope(document.rope(), snapshot.encoding),
                None => match Converter::of_file(set, file, snapshot.encoding) {
                    Some(converter) => converter,
                    None => return Ok(None),
                },
            };
            let (set, snapshot) = (set.clone(), snapshot.clone());
            return Ok(feature(&Request { set, analysis, file, converter, snapshot }));
        }
    })
    .await
}

/// Runs a feature on the whole state, off the reactor's thread. A feature that finds that the client has changed something meanwhile
/// gives `None`.
pub async fn on_workspace<T: Send + 'static>(
    feature: impl FnOnce(&Snapshot) -> Option<T> + Send + 'static,
) -> Result<Option<T>> {
    let Some(snapshot) = ordered::snapshot() else { return Ok(None) };
    long(move || feature(&snapshot).map(Some).ok_or_else(Error::content_modified)).await
}

/// How many requests are worked on at a time. Every thread has memory of its own, so there are not as many as there are requests; and
/// those about a whole workspace have few places of their own, so that those about one document need not wait for them.
static SHORT: Semaphore = Semaphore::const_new(8);
static LONG: Semaphore = Semaphore::const_new(2);

/// Runs `work` off the reactor's thread. A panic in it is that request's error; the server lives on.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    in_one_of(&SHORT, work).await
}

/// [`blocking`] for what concerns a whole workspace.
pub async fn long<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    in_one_of(&LONG, work).await
}

async fn in_one_of<T: Send + 'static>(
    places: &'static Semaphore,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    // One that is cancelled while it waits does no work at all; one that has begun keeps its place until it is done.
    let place = places.acquire().await.map_err(|_| Error::internal_error())?;
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| {
        let mut error = Error::internal_error();
        error.message = format!("the request failed: {e}").into();
        error
    })?
}

/// The error of a diagnostics request whose state was overtaken: the client is to ask again.
pub fn retry() -> Error {
    /// LSP's code for a server that gave the request up.
    const SERVER_CANCELLED: i64 = -32802;
    Error {
        code: ErrorCode::ServerError(SERVER_CANCELLED),
        message: "a newer state took over".into(),
        data: serde_json::to_value(DiagnosticServerCancellationData { retrigger_request: true }).ok(),
    }
}
