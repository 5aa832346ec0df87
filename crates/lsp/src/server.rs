//! The requests. Each takes the snapshot of its moment, asks `falco-ide` off the reactor's thread, and translates.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use falco_ide::{Analysis, FilePosition};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::convert::{self, Converter};
use crate::ordered;
use crate::publisher;
use crate::store::{LoadSet, SharedStore, Snapshot};
use crate::workspace;

/// What the client said that it can do, as far as answers depend on it.
#[derive(Debug, Default)]
struct ClientCapabilities {
    snippets: bool,
    definition_links: bool,
    hierarchical_symbols: bool,
    watch_files: bool,
}

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

    fn can(&self) -> &ClientCapabilities {
        static NOTHING: ClientCapabilities = ClientCapabilities {
            snippets: false,
            definition_links: false,
            hierarchical_symbols: false,
            watch_files: false,
        };
        self.capabilities.get().unwrap_or(&NOTHING)
    }

    /// Runs a feature on a document, off the reactor's thread. `None` for documents that are not open or not rules.
    async fn on_document<T: Send + 'static>(
        &self,
        url: Url,
        feature: impl FnOnce(&Request) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let Some(mut snapshot) = ordered::snapshot() else { return Ok(None) };
        let store = self.store.clone();
        let task = tokio::task::spawn_blocking(move || {
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
        });
        // A panic in a feature is that request's error; the server lives on.
        task.await.map_err(|e| {
            let mut error = Error::internal_error();
            error.message = format!("the request failed: {e}").into();
            error
        })?
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

/// What a feature works on.
struct Request {
    set: Arc<LoadSet>,
    analysis: Analysis,
    file: falco_ide::FileId,
    converter: Converter,
    snapshot: Snapshot,
}

impl Request {
    fn analysis(&self) -> &Analysis {
        &self.analysis
    }

    fn position(&self, position: Position) -> FilePosition {
        FilePosition { file: self.file, offset: self.converter.offset(position) }
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let text = params.capabilities.text_document.as_ref();
        let completion_item = text.and_then(|t| t.completion.as_ref()).and_then(|c| c.completion_item.as_ref());
        let symbols = text.and_then(|t| t.document_symbol.as_ref());
        let workspace = params.capabilities.workspace.as_ref();
        let watched = workspace.and_then(|w| w.did_change_watched_files);
        let _ = self.capabilities.set(ClientCapabilities {
            snippets: completion_item.and_then(|c| c.snippet_support).unwrap_or(false),
            definition_links: text.and_then(|t| t.definition).and_then(|d| d.link_support).unwrap_or(false),
            hierarchical_symbols: symbols.and_then(|s| s.hierarchical_document_symbol_support).unwrap_or(false),
            watch_files: watched.and_then(|w| w.dynamic_registration).unwrap_or(false),
        });
        let encoding = self.store.lock().snapshot().encoding;
        Ok(InitializeResult {
            server_info: Some(ServerInfo { name: "falco-rs".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
            capabilities: ServerCapabilities {
                position_encoding: Some(encoding.kind()),
                text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                    open_close: Some(true),
                    change: Some(TextDocumentSyncKind::INCREMENTAL),
                    save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                    ..TextDocumentSyncOptions::default()
                })),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some([".", "%", "=", "(", "[", ",", " ", ":"].map(str::to_owned).into()),
                    ..CompletionOptions::default()
                }),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                workspace: Some(WorkspaceServerCapabilities {
                    workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                        supported: Some(true),
                        change_notifications: Some(OneOf::Left(true)),
                    }),
                    file_operations: None,
                }),
                ..ServerCapabilities::default()
            },
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        tokio::spawn(publisher::run(self.client.clone(), self.store.clone()));
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
        let items = self
            .on_document(at.text_document.uri, move |request| {
                let items = request.analysis().completions(request.position(at.position));
                Some(items.into_iter().map(|i| request.converter.completion(i, snippets)).collect())
            })
            .await?;
        // The list depends on the text before the cursor in ways that a client's own filter does not know.
        Ok(items.map(|items| CompletionResponse::List(CompletionList { is_incomplete: false, items })))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.on_document(at.text_document.uri, move |request| {
            let hover = request.analysis().hover(request.position(at.position))?;
            Some(request.converter.hover(hover))
        })
        .await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let links = self.can().definition_links;
        self.on_document(at.text_document.uri, move |request| {
            let targets = request.analysis().definition(request.position(at.position));
            convert::definition(targets, &request.set, request.snapshot.encoding, links)
        })
        .await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let hierarchical = self.can().hierarchical_symbols;
        let url = params.text_document.uri;
        let of = url.clone();
        let symbols = self
            .on_document(url, move |request| {
                let symbols = request.analysis().document_symbols(request.file);
                Some(symbols.into_iter().map(|s| request.converter.symbol(s)).collect::<Vec<_>>())
            })
            .await?;
        Ok(symbols.map(|symbols| match hierarchical {
            true => DocumentSymbolResponse::Nested(symbols),
            false => DocumentSymbolResponse::Flat(flatten(symbols, &of)),
        }))
    }
}

/// For clients that know only a flat list: the items, without their inner symbols.
#[allow(deprecated, reason = "the struct has no other way to be made")]
fn flatten(symbols: Vec<DocumentSymbol>, uri: &Url) -> Vec<SymbolInformation> {
    symbols
        .into_iter()
        .map(|symbol| SymbolInformation {
            name: symbol.name,
            kind: symbol.kind,
            tags: symbol.tags,
            deprecated: None,
            location: Location { uri: uri.clone(), range: symbol.range },
            container_name: None,
        })
        .collect()
}
