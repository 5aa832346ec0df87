//! The requests. Each takes the snapshot of its moment, asks `falco-ide` off the reactor's thread, and translates.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::capabilities::{self, ClientCapabilities};
use crate::custom;
use crate::jobs;
use crate::ordered;
use crate::publisher;
use crate::requests::{self, Request, in_test, semantic};
use crate::store::SharedStore;
use crate::workspace;

/// The server's side of one session.
#[derive(Debug)]
pub struct Server {
    client: Client,
    store: SharedStore,
    capabilities: OnceLock<ClientCapabilities>,
    /// The semantic tokens that the client has.
    sent: Arc<semantic::Sent>,
    /// What the last runs said.
    results: jobs::Results,
    running: jobs::Running,
    recordings: jobs::Recordings,
}

impl Server {
    /// A server for `client`.
    pub fn new(client: Client, store: SharedStore) -> Self {
        Self {
            client,
            store,
            capabilities: OnceLock::new(),
            sent: Arc::default(),
            results: jobs::Results::default(),
            running: jobs::Running::default(),
            recordings: jobs::Recordings::default(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn store(&self) -> &SharedStore {
        &self.store
    }

    pub(crate) fn results(&self) -> &jobs::Results {
        &self.results
    }

    pub(crate) fn recordings(&self) -> &jobs::Recordings {
        &self.recordings
    }

    pub(crate) fn running(&self) -> &jobs::Running {
        &self.running
    }

    pub(crate) fn can(&self) -> ClientCapabilities {
        self.capabilities.get().copied().unwrap_or_default()
    }

    /// [`requests::on_document`] with this server's store.
    pub(crate) async fn on_document<T: Send + 'static>(
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

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.sent.forget(&params.text_document.uri);
    }

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
        let (client, url) = (self.can(), at.text_document.uri);
        let here = url.clone();
        if in_test::is_open(&url) {
            let list = move |r: &_| Some(requests::completion::list_in_test(r, &here, at.position, client));
            return in_test::on_test(url, list).await;
        }
        self.on_document(url, move |r| Some(requests::completion::list(r, &here, at.position, client))).await
    }

    async fn completion_resolve(&self, item: CompletionItem) -> Result<CompletionItem> {
        let Some(url) = requests::completion::origin(&item) else { return Ok(item) };
        let unresolved = item.clone();
        let resolved = self.on_document(url, move |r| Some(requests::completion::resolve(r, item))).await;
        // The list is still on the screen when the document has gone on; better no documentation than an error.
        Ok(resolved.ok().flatten().unwrap_or(unresolved))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let (client, url, context) = (self.can(), params.text_document.uri, params.context);
        let range = params.range;
        self.on_document(url.clone(), move |r| Some(requests::code_action::list(r, &url, range, &context, client)))
            .await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<serde_json::Value>> {
        if custom::COMMANDS.contains(&params.command.as_str()) {
            return self.command(&params.command, params.arguments).await;
        }
        if !requests::alert::COMMANDS.contains(&params.command.as_str()) {
            return Err(Error::invalid_params(format!("unknown command `{}`", params.command)));
        }
        let (client, given) = (self.can(), requests::alert::Arguments::read(params.arguments)?);
        let command = params.command;
        let edit = self
            .on_document(given.uri.clone(), move |r| Some(requests::alert::run(r, &command, &given, client)))
            .await?
            .ok_or_else(|| Error::invalid_params("the document is no open rules file"))??;
        // Whether it applied the edit the client tells its user.
        if let Err(error) = self.client.apply_edit(edit).await {
            self.client.log_message(MessageType::WARNING, format!("the edit was not applied: {error}")).await;
        }
        Ok(None)
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        let (client, url) = (self.can(), requests::code_action::origin(&action).ok_or_else(Error::content_modified)?);
        let resolved = self.on_document(url, move |r| requests::code_action::resolve(r, action, client)).await?;
        resolved.ok_or_else(Error::content_modified)
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        if in_test::is_open(&at.text_document.uri) {
            return in_test::on_test(at.text_document.uri, move |r| in_test::hover(r, at.position)).await;
        }
        self.on_document(at.text_document.uri, move |r| requests::hover::hover(r, at.position)).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let links = self.can().definition_links;
        if in_test::is_open(&at.text_document.uri) {
            let find = move |r: &_| in_test::definition(r, at.position, false, links);
            return in_test::on_test(at.text_document.uri, find).await;
        }
        self.on_document(at.text_document.uri, move |r| requests::definition::definition(r, at.position, links)).await
    }

    async fn goto_declaration(
        &self,
        params: request::GotoDeclarationParams,
    ) -> Result<Option<request::GotoDeclarationResponse>> {
        let at = params.text_document_position_params;
        let links = self.can().definition_links;
        if in_test::is_open(&at.text_document.uri) {
            let find = move |r: &_| in_test::definition(r, at.position, true, links);
            return in_test::on_test(at.text_document.uri, find).await;
        }
        self.on_document(at.text_document.uri, move |r| requests::definition::declaration(r, at.position, links)).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let at = params.text_document_position;
        let all = params.context.include_declaration;
        let roots = self.store.lock().roots().to_vec();
        if in_test::is_open(&at.text_document.uri) {
            let find = move |r: &_| in_test::references(r, at.position, all, &roots);
            return in_test::on_test(at.text_document.uri, find).await;
        }
        let find = move |r: &_| requests::references::references(r, at.position, all, &roots);
        self.on_document(at.text_document.uri, find).await
    }

    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        if in_test::is_open(&at.text_document.uri) {
            return in_test::on_test(at.text_document.uri, move |r| in_test::highlights(r, at.position)).await;
        }
        self.on_document(at.text_document.uri, move |r| requests::references::highlights(r, at.position)).await
    }

    async fn linked_editing_range(&self, params: LinkedEditingRangeParams) -> Result<Option<LinkedEditingRanges>> {
        let at = params.text_document_position_params;
        self.on_document(at.text_document.uri, move |r| requests::references::linked(r, at.position)).await
    }

    async fn prepare_rename(&self, at: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        if in_test::is_open(&at.text_document.uri) {
            return in_test::on_test(at.text_document.uri, move |r| in_test::prepare_rename(r, at.position)).await;
        }
        self.on_document(at.text_document.uri, move |r| requests::rename::prepare(r, at.position)).await
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        let versions = self.can().versioned_edits;
        let (roots, url, new) = (self.store.lock().roots().to_vec(), at.text_document.uri, params.new_name);
        let edit = if in_test::is_open(&url) {
            let rename = move |r: &in_test::TestRequest| {
                let edits = in_test::rename(r, at.position, &new, &roots);
                Some(edits.map(|edits| requests::rename::workspace_edit(&r.snapshot, edits, versions)))
            };
            in_test::on_test(url, rename).await?
        } else {
            let rename = move |r: &Request| {
                let edits = requests::rename::rename(r, at.position, &new, &roots);
                Some(edits.map(|edits| requests::rename::workspace_edit(&r.snapshot, edits, versions)))
            };
            self.on_document(url, rename).await?
        };
        edit.transpose().map_err(|error| requests::rename::refusal(&error))
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<Vec<SymbolInformation>>> {
        requests::on_workspace(move |snapshot| requests::symbols::search(snapshot, &params.query)).await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        let at = params.text_document_position_params;
        self.on_document(at.text_document.uri, move |r| requests::calls::prepare(r, at.position)).await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.on_document(params.item.uri.clone(), move |r| requests::calls::incoming(r, &params.item)).await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.on_document(params.item.uri.clone(), move |r| requests::calls::outgoing(r, &params.item)).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.on_document(params.text_document.uri, |r| Some(requests::view::folds(r))).await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        let positions = params.positions;
        self.on_document(params.text_document.uri, move |r| Some(requests::view::selections(r, &positions))).await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let (url, results) = (params.text_document.uri, self.results.clone());
        self.on_document(url.clone(), move |r| {
            let mut hints = requests::view::hints(r, params.range);
            hints.extend(requests::lens::hits(r, &url, params.range, &results));
            Some(hints)
        })
        .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let url = params.text_document.uri;
        let offers = {
            let store = self.store.lock();
            let project = store.project(&url);
            let captures = project.and_then(|(_, project)| Some(project?.captures.clone())).unwrap_or_default();
            requests::lens::Offers { captures, live: custom::can_watch(), tests: project.is_some() }
        };
        self.on_document(url.clone(), move |r| Some(requests::lens::lenses(r, &url, &offers))).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        let url = params.text_document.uri;
        let of_test = ordered::snapshot().and_then(|snapshot| requests::view::links_of_open_test(&snapshot, &url));
        if of_test.is_some() {
            return Ok(of_test);
        }
        self.on_document(url.clone(), move |r| Some(requests::view::links(r, &url))).await
    }

    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        let (url, sent) = (params.text_document.uri, self.sent.clone());
        self.on_document(url.clone(), move |r| Some(semantic::full(r, url, &sent))).await
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let (url, sent, before) = (params.text_document.uri, self.sent.clone(), params.previous_result_id);
        self.on_document(url.clone(), move |r| Some(semantic::delta(r, url, &before, &sent))).await
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        self.on_document(params.text_document.uri, move |r| Some(semantic::range(r, params.range))).await
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
