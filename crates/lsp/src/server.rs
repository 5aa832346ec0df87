//! The requests. Each takes the snapshot of its moment, asks `falco-ide` off the reactor's thread, and translates.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use falco_ide::project::{FALCO_FILE, is_project_file};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::capabilities::{self, ClientCapabilities};
use crate::config::{self, Config};
use crate::custom;
use crate::jobs;
use crate::ordered;
use crate::publisher;
use crate::requests::project::ProjectFile;
use crate::requests::{self, Request, in_test, semantic};
use crate::store::SharedStore;
use crate::workspace;

/// The server's side of one session.
#[derive(Debug)]
pub struct Server {
    client: Client,
    store: SharedStore,
    capabilities: OnceLock<ClientCapabilities>,
    /// What is wrong with the settings that came with `initialize`.
    problems: OnceLock<Vec<String>>,
    /// The semantic tokens that the client has.
    sent: Arc<semantic::Sent>,
    /// Held by who reads folders.
    scanning: tokio::sync::Mutex<()>,
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
            problems: OnceLock::new(),
            sent: Arc::default(),
            scanning: tokio::sync::Mutex::default(),
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

    /// A feature of the project file, off the reactor's thread; `None` for any other document.
    async fn on_project<T: Send + 'static>(
        &self,
        url: &Url,
        feature: impl FnOnce(&ProjectFile, &Url) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let Some(file) = ordered::snapshot().and_then(|snapshot| ProjectFile::find(&snapshot, url)) else {
            return Ok(None);
        };
        let url = url.clone();
        requests::blocking(move || Ok(Some(feature(&file, &url)))).await
    }

    async fn scan_roots(&self) {
        let roots: Vec<PathBuf> = self.store.lock().roots().to_vec();
        for root in roots {
            let number = self.store.lock().begin_scan(&root);
            // One at a time; of those that wait the last will do.
            let _turn = self.scanning.lock().await;
            if self.store.lock().newest_scan(&root) > number {
                continue;
            }
            let at = root.clone();
            let Ok(scan) = tokio::task::spawn_blocking(move || workspace::scan(&at)).await else { continue };
            for (path, reason) in &scan.unreadable {
                let message = format!("cannot read `{}`: {reason}", path.display());
                self.client.log_message(MessageType::WARNING, message).await;
            }
            self.store.lock().scanned(&root, scan);
        }
        // Which documents are none of a workspace folder's rules is known only now.
        let folders: Vec<PathBuf> = self.store.lock().unscanned_folders();
        for folder in folders {
            self.scan_folder(folder).await;
        }
    }

    async fn scan_folder(&self, folder: PathBuf) {
        let at = folder.clone();
        if let Ok(scan) = tokio::task::spawn_blocking(move || workspace::scan_folder(&at)).await {
            self.store.lock().scanned_folder(&folder, scan);
        }
    }

    async fn register(&self, id: &str, method: &str, register_options: Option<serde_json::Value>) {
        let registration = Registration { id: id.into(), method: method.into(), register_options };
        if let Err(error) = self.client.register_capability(vec![registration]).await {
            self.client.log_message(MessageType::WARNING, format!("cannot register {method}: {error}")).await;
        }
    }

    async fn watch_files(&self) {
        let watchers = ["**/*.yaml", "**/*.yml"]
            .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.into()), kind: None });
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.into() };
        self.register("falco-rs-files", "workspace/didChangeWatchedFiles", serde_json::to_value(options).ok()).await;
    }

    /// Asks the client for its settings.
    async fn pull_configuration(&self) {
        let item = ConfigurationItem { scope_uri: None, section: Some(config::SECTION.into()) };
        match self.client.configuration(vec![item]).await.as_deref() {
            Ok([settings, ..]) if !settings.is_null() => self.configure(settings).await,
            _ => {}
        }
    }

    /// Takes over the client's settings and tells what is wrong with them.
    async fn configure(&self, settings: &serde_json::Value) {
        let (config, problems) = Config::read(settings);
        let changed = self.store.lock().configure(config);
        self.tell(problems).await;
        if !changed {
            return;
        }
        if self.can().refresh_hints {
            // What the client says to it does not matter.
            let _ = self.client.inlay_hint_refresh().await;
        }
        if self.can().refresh_lenses {
            let _ = self.client.code_lens_refresh().await;
        }
    }

    async fn tell(&self, problems: Vec<String>) {
        for problem in problems {
            self.client.show_message(MessageType::WARNING, problem).await;
        }
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Server {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let _ = self.capabilities.set(ClientCapabilities::of(&params.capabilities));
        if let Some(options) = &params.initialization_options {
            let (config, problems) = Config::read(options);
            self.store.lock().configure(config);
            // Nothing but the answer may be sent before the client has said `initialized`.
            let _ = self.problems.set(problems);
        }
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
        self.tell(self.problems.get().cloned().unwrap_or_default()).await;
        self.scan_roots().await;
        if self.can().watch_files {
            self.watch_files().await;
        }
        if self.can().watch_configuration {
            let options = serde_json::json!({"section": config::SECTION});
            self.register("falco-rs-settings", "workspace/didChangeConfiguration", Some(options)).await;
        }
        if self.can().configuration {
            self.pull_configuration().await;
        }
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    // Opening, editing and closing were applied when they arrived; see the module `ordered`.
    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let folder = self.store.lock().unscanned_folder(&params.text_document.uri);
        if let Some(folder) = folder {
            self.scan_folder(folder).await;
        }
    }

    async fn did_change(&self, _: DidChangeTextDocumentParams) {}

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.sent.forget(&params.text_document.uri);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        // Who watches files is told by that. The others may have saved what decides which the rules are.
        let path = params.text_document.uri.to_file_path().unwrap_or_default();
        let decides = is_project_file(&path) || path.ends_with(FALCO_FILE);
        if decides && !self.can().watch_files {
            self.scan_roots().await;
        }
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        // Folders are small and read in milliseconds; reading them whole keeps load order and project file right.
        self.scan_roots().await;
        let folders = self.store.lock().known_folders();
        for folder in folders {
            self.scan_folder(folder).await;
        }
    }

    // Which folders there are was settled when the message arrived; see the module `ordered`.
    async fn did_change_workspace_folders(&self, _: DidChangeWorkspaceFoldersParams) {
        self.scan_roots().await;
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        // Some clients say only that something has changed, and wait to be asked.
        let says_nothing = params.settings.as_object().is_none_or(serde_json::Map::is_empty);
        if !says_nothing {
            self.configure(&params.settings).await;
        } else if self.can().configuration {
            self.pull_configuration().await;
        }
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let (client, url) = (self.can(), at.text_document.uri);
        let of_project = self.on_project(&url, move |file, _| file.completion(at.position, client)).await?;
        if of_project.is_some() {
            return Ok(of_project);
        }
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
        let given = context.clone();
        let of_project = self.on_project(&url, move |file, url| file.actions(url, range, &given)).await?;
        if of_project.is_some() {
            return Ok(of_project);
        }
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
        let url = at.text_document.uri;
        if in_test::is_open(&url) {
            return in_test::on_test(url, move |r| in_test::hover(r, at.position)).await;
        }
        match self.on_project(&url, move |file, _| file.hover(at.position)).await? {
            Some(hover) => Ok(hover),
            None => self.on_document(url, move |r| requests::hover::hover(r, at.position)).await,
        }
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
        let wanted = self.store.lock().config().hints.clone();
        self.on_document(url.clone(), move |r| {
            let mut hints = requests::view::hints(r, params.range, &wanted);
            hints.extend(requests::lens::hits(r, &url, params.range, &results));
            Some(hints)
        })
        .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let url = params.text_document.uri;
        let offers = {
            let store = self.store.lock();
            if !store.config().code_lens {
                return Ok(Some(Vec::new()));
            }
            let (captures, tests) = (store.captures(&url), store.project(&url).is_some());
            requests::lens::Offers { captures, live: custom::can_watch(), tests }
        };
        self.on_document(url.clone(), move |r| Some(requests::lens::lenses(r, &url, &offers))).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        let url = params.text_document.uri;
        let of_project = self.on_project(&url, |file, url| file.links(url)).await?;
        if of_project.is_some() {
            return Ok(of_project);
        }
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
        let known = previous.clone();
        let snapshot = ordered::snapshot();
        let of_project = self
            .on_project(&url, move |file, _| {
                let found = snapshot.map(|snapshot| file.diagnostics(&snapshot)).unwrap_or_default();
                requests::diagnostics::of_items(found, known.as_deref(), None)
            })
            .await?;
        if let Some(report) = of_project {
            return Ok(DocumentDiagnosticReportResult::Report(report));
        }
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
        requests::long(move || requests::diagnostics::workspace(&snapshot, params.previous_result_ids)).await
    }
}
