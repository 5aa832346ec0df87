//! Keeps documents in the order in which the client changed them.
//!
//! tower-lsp polls its handlers concurrently, so an edit applied inside a handler may be overtaken by the next one. Its
//! transport, however, hands every message to [`Service::call`] in order of arrival, and does so synchronously. So this layer
//! applies document notifications right there, before any handler runs, and takes the snapshot that a request will work on:
//! a handler sees the documents as they were when its request arrived, whatever comes after.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use serde::de::DeserializeOwned;
use tower_lsp::jsonrpc::{Request, Response};
use tower_lsp::lsp_types::{
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, InitializeParams, WorkspaceFolder,
};
use tower_service::Service;

use crate::store::{SharedStore, Snapshot};

tokio::task_local! {
    static SNAPSHOT: Snapshot;
}

/// The snapshot of the message that is being handled.
pub fn snapshot() -> Option<Snapshot> {
    SNAPSHOT.try_with(Clone::clone).ok()
}

/// The layer around the service.
#[derive(Debug)]
pub struct Ordered<S> {
    inner: S,
    store: SharedStore,
    stage: Stage,
}

/// What documents may be told of when. tower-lsp answers what comes out of turn with the protocol's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before `initialize`.
    Fresh,
    /// Between `initialize` and `shutdown`.
    Open,
    /// After `shutdown`.
    Over,
}

impl<S> Ordered<S> {
    /// Puts the layer around `inner`.
    pub fn new(inner: S, store: SharedStore) -> Self {
        Self { inner, store, stage: Stage::Fresh }
    }

    fn observe(&mut self, request: &Request) {
        match request.method() {
            "initialize" => {
                let fresh = self.stage == Stage::Fresh;
                if let Some(params) = params::<InitializeParams>(request).filter(|_| fresh) {
                    self.store.lock().initialize(&params);
                    self.stage = Stage::Open;
                }
            }
            "shutdown" if self.stage == Stage::Open => self.stage = Stage::Over,
            _ if self.stage != Stage::Open => {}
            "textDocument/didOpen" => {
                if let Some(p) = params::<DidOpenTextDocumentParams>(request) {
                    self.store.lock().open(p.text_document);
                }
            }
            "textDocument/didChange" => {
                if let Some(p) = params::<DidChangeTextDocumentParams>(request) {
                    self.store.lock().change(&p.text_document, &p.content_changes);
                }
            }
            "textDocument/didClose" => {
                if let Some(p) = params::<DidCloseTextDocumentParams>(request) {
                    self.store.lock().close(&p.text_document.uri);
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(p) = params::<DidChangeWorkspaceFoldersParams>(request) {
                    let paths = |folders: &[WorkspaceFolder]| -> Vec<_> {
                        folders.iter().filter_map(|folder| folder.uri.to_file_path().ok()).collect()
                    };
                    self.store.lock().change_roots(&paths(&p.event.added), &paths(&p.event.removed));
                }
            }
            _ => {}
        }
    }
}

/// Parameters that do not parse are left for tower-lsp, which answers with the protocol's error.
fn params<T: DeserializeOwned>(request: &Request) -> Option<T> {
    T::deserialize(request.params()?).ok()
}

/// Some requests have no parameters; where a client sends `null` or an empty object all the same, tower-lsp would refuse them.
fn without_needless_params(request: Request) -> Request {
    let needless = match request.method() {
        "shutdown" | "exit" => request.params() == Some(&serde_json::Value::Null),
        "falco-rs/status" => request.params().is_some(),
        _ => false,
    };
    if !needless {
        return request;
    }
    let plain = Request::build(request.method().to_owned());
    match request.id() {
        Some(id) => plain.id(id.clone()).finish(),
        None => plain.finish(),
    }
}

/// The protocol calls a client's capability `workspace.diagnostics`, our types of it `workspace.diagnostic`.
fn with_known_names(request: Request) -> Request {
    let Some(mut params) = request.params().filter(|_| request.method() == "initialize").cloned() else {
        return request;
    };
    let workspace = params.pointer_mut("/capabilities/workspace").and_then(serde_json::Value::as_object_mut);
    let Some(workspace) = workspace else { return request };
    if let Some(diagnostics) = workspace.get("diagnostics").cloned() {
        workspace.insert("diagnostic".into(), diagnostics);
    }
    let plain = Request::build(request.method().to_owned()).params(params);
    match request.id() {
        Some(id) => plain.id(id.clone()).finish(),
        None => plain.finish(),
    }
}

impl<S> Service<Request> for Ordered<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let request = with_known_names(without_needless_params(request));
        self.observe(&request);
        let snapshot = self.store.lock().snapshot();
        Box::pin(SNAPSHOT.scope(snapshot, self.inner.call(request)))
    }
}
