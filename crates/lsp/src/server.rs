//! The requests. Each takes the snapshot of its moment, asks `falco-ide` off the reactor's thread, and translates.

use std::path::PathBuf;
use std::sync::OnceLock;

use tower_lsp::jsonrpc::{ErrorCode, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::capabilities::{self, ClientCapabilities};
use crate::publisher;
use crate::requests::{self, Request};
use crate::store::SharedStore;
use crate::workspace;

/// The server's side of one session.
#[derive(Debug)]
pub struct Server {
    client: Client,
    store: SharedStore,
    capabilities: OnceLock<ClientCapabilities>,
}

impl Server {
    /// A server for `client`.
    pub fn new(client: Client, store: SharedStore) -> Self {
        Self { client, store, capabilities: OnceLock::new() }
    }

    fn can(&self) -> ClientCapabilities {
        self.capabilities.get().copied().unwrap_or_default()
    }

    /// [`requests::on_document`] with this server's store.
    async fn on_document<T: Send + 'static>(
        &self,
        url: Url,
        feature: impl FnOnce(&Request) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        requests::on_document(self.store.clone(), url, feature).await
    }

    async fn scan_roots(&self) {
        let roots: Vec<PathBuf> = self.store.lock().roots().to_vec();
        for root in roots {
            let at = root.clone();
            let Ok(scan) = tokio::task::spawn_blocking(move || workspace::scan(&at)).await else { continue };
            if let Some(Err(error)) = &scan.project {
                self.client.show_message(MessageType::ERROR, error.to_string()).await;
            }
            for (path, reason) in &scan.unreadable {
                let message = format!("cannot read `{}`: {reason}", path.display());
                self.client.log_message(MessageType::WARNING, message).await;
            }
            self.store.lock().scanned(&root, scan);
        }
    }

    async fn watch_files(&self) {
        let watchers = ["**/*.yaml", "**/*.yml"]
            .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.into()), kind: None });
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.into() };
        let registration = Registration {
            id: "falco-rs-files".into(),
            method: "workspace/didChangeWatchedFiles".into(),
            register_options: serde_json::to_value(options).ok(),
        };
        if let Err(error) = self.client.register_capability(vec![registration]).await {
            self.client.log_message(MessageType::WARNING, format!("cannot watch files: {error}")).await;
        }
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let _ = self.capabilities.set(ClientCapabilities::of(&params.capabilities));
        let encoding = self.store.lock().snapshot().encoding;
        Ok(InitializeResult {
            server_info: Some(ServerInfo { name: "falco-rs".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
            capabilities: capabilities::server(encoding, self.can()),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        let (client, store) = (self.client.clone(), self.store.clone());
        if self.can().pull_diagnostics {
            tokio::spawn(publisher::run_for_puller(client, store));
        } else {
            tokio::spawn(publisher::run(client, store));
        }
        self.scan_roots().await;
        if self.can().watch_files {
            self.watch_files().await;
        }
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    // Opening, editing and closing were applied when they arrived; see the module `ordered`.
    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let folder = self.store.lock().unscanned_folder(&params.text_document.uri);
        let Some(folder) = folder else { return };
        let at = folder.clone();
        if let Ok(scan) = tokio::task::spawn_blocking(move || workspace::scan_folder(&at)).await {
            self.store.lock().scanned_folder(&folder, scan);
        }
    }

    async fn did_change(&self, _: DidChangeTextDocumentParams) {}

    async fn did_close(&self, _: DidCloseTextDocumentParams) {}

    async fn did_save(&self, _: DidSaveTextDocumentParams) {}

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        // Folders are small and read in milliseconds; reading them whole keeps load order and project file right.
        self.scan_roots().await;
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
            folders.iter().filter_map(|f| f.uri.to_file_path().ok()).collect()
        };
        self.store.lock().change_roots(&paths(&params.event.added), &paths(&params.event.removed));
        self.scan_roots().await;
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        let section = params.settings.get("falco-rs").unwrap_or(&params.settings);
        self.store.lock().configure(Some(section));
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let snippets = self.can().snippets;
        self.on_document(at.text_document.uri, move |r| Some(requests::completion::list(r, at.position, snippets)))
            .await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.on_document(at.text_document.uri, move |r| requests::hover::hover(r, at.position)).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let links = self.can().definition_links;
        self.on_document(at.text_document.uri, move |r| requests::definition::definition(r, at.position, links)).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let hierarchical = self.can().hierarchical_symbols;
        let url = params.text_document.uri;
        self.on_document(url.clone(), move |r| Some(requests::symbols::outline(r, &url, hierarchical))).await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        self.on_document(at.text_document.uri, move |r| requests::signature::help(r, at.position)).await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let url = params.text_document.uri;
        self.on_document(url, |r| Some(requests::formatting::document(r))).await?.transpose()
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let url = params.text_document.uri;
        self.on_document(url, move |r| Some(requests::formatting::range(r, params.range))).await?.transpose()
    }

    async fn on_type_formatting(&self, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let at = params.text_document_position;
        self.on_document(at.text_document.uri, move |r| Some(requests::formatting::on_type(r, at.position))).await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let related = self.can().related_documents;
        let (url, previous) = (params.text_document.uri, params.previous_result_id);
        let report = self
            .on_document(url, move |r| Some(requests::diagnostics::document(r, previous.as_deref(), related)))
            .await;
        match report {
            Err(error) if error.code == ErrorCode::ContentModified => Err(requests::retry()),
            report => Ok(report?.unwrap_or_else(requests::diagnostics::nothing)),
        }
    }

    async fn workspace_diagnostic(&self, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
        let snapshot = self.store.lock().snapshot();
        requests::blocking(move || requests::diagnostics::workspace(&snapshot, params.previous_result_ids)).await
    }
}
