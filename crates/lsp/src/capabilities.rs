//! What the client can do, as far as answers depend on it, and what the server offers.

use tower_lsp::lsp_types as lsp;
use tower_lsp::lsp_types::*;

use crate::convert::Support;
use crate::custom;
use crate::encoding::Encoding;
use crate::requests::{alert, code_action, semantic};

/// What the client said that it can do.
#[derive(Debug, Default, Clone, Copy)]
pub struct ClientCapabilities {
    /// Completions may have stops to tab through.
    pub snippets: bool,
    /// A definition may come with its extent.
    pub definition_links: bool,
    /// Symbols of a document may be nested.
    pub hierarchical_symbols: bool,
    /// Edits of several files may say for which versions of the documents they are.
    pub versioned_edits: bool,
    /// The client watches files if it is asked to.
    pub watch_files: bool,
    /// The client shows progress that the server begins.
    pub progress: bool,
    /// The client asks again for remarks beside the text when the server says so.
    pub refresh_hints: bool,
    /// The client asks for diagnostics, and does so again when the server says so.
    pub pull_diagnostics: bool,
    /// Diagnostics of a document may come with those of others.
    pub related_documents: bool,
    /// An edit may create files.
    pub creates_files: bool,
    /// The edits of a code action may come when it is chosen.
    pub lazy_actions: bool,
    /// The documentation of a completion may come when it is looked at.
    pub resolve_documentation: bool,
    /// The client tells its settings when it is asked.
    pub configuration: bool,
    /// The client tells of changes of its settings if it is asked to.
    pub watch_configuration: bool,
    /// The client asks again for lenses when the server says so.
    pub refresh_lenses: bool,
    /// What of a diagnostic the client can take.
    pub diagnostics: Support,
}

impl ClientCapabilities {
    /// From the client's first message.
    pub fn of(client: &lsp::ClientCapabilities) -> Self {
        let text = client.text_document.as_ref();
        let completion_item = text.and_then(|t| t.completion.as_ref()).and_then(|c| c.completion_item.as_ref());
        let symbols = text.and_then(|t| t.document_symbol.as_ref());
        let edit = client.workspace.as_ref().and_then(|w| w.workspace_edit.as_ref());
        let watched = client.workspace.as_ref().and_then(|w| w.did_change_watched_files);
        let pull = text.and_then(|t| t.diagnostic.as_ref());
        let refresh = client.workspace.as_ref().and_then(|w| w.diagnostic.as_ref()).and_then(|d| d.refresh_support);
        let lazy = completion_item.and_then(|c| c.resolve_support.as_ref());
        let action = text.and_then(|t| t.code_action.as_ref());
        let lazy_action = action.filter(|a| a.data_support == Some(true)).and_then(|a| a.resolve_support.as_ref());
        let hints = client.workspace.as_ref().and_then(|w| w.inlay_hint.as_ref());
        let workspace = client.workspace.as_ref();
        let publish = text.and_then(|t| t.publish_diagnostics.as_ref());
        let settings = workspace.and_then(|w| w.did_change_configuration.as_ref());
        Self {
            configuration: workspace.and_then(|w| w.configuration).unwrap_or(false),
            watch_configuration: settings.and_then(|s| s.dynamic_registration).unwrap_or(false),
            refresh_lenses: workspace
                .and_then(|w| w.code_lens.as_ref())
                .and_then(|l| l.refresh_support)
                .unwrap_or(false),
            diagnostics: Support {
                code_description: publish.and_then(|p| p.code_description_support).unwrap_or(false),
                data: publish.and_then(|p| p.data_support).unwrap_or(false),
            },
            creates_files: edit
                .and_then(|e| e.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&ResourceOperationKind::Create)),
            lazy_actions: lazy_action.is_some_and(|lazy| lazy.properties.iter().any(|p| p == "edit")),
            progress: client.window.as_ref().and_then(|w| w.work_done_progress).unwrap_or(false),
            refresh_hints: hints.and_then(|h| h.refresh_support).unwrap_or(false),
            resolve_documentation: lazy.is_some_and(|lazy| lazy.properties.iter().any(|p| p == "documentation")),
            // Without being told when to ask again, a client would not hear of changes in other files: it gets them pushed.
            pull_diagnostics: pull.is_some() && refresh == Some(true),
            related_documents: pull.and_then(|p| p.related_document_support).unwrap_or(false),
            snippets: completion_item.and_then(|c| c.snippet_support).unwrap_or(false),
            definition_links: text.and_then(|t| t.definition).and_then(|d| d.link_support).unwrap_or(false),
            hierarchical_symbols: symbols.and_then(|s| s.hierarchical_document_symbol_support).unwrap_or(false),
            versioned_edits: edit.and_then(|e| e.document_changes).unwrap_or(false),
            watch_files: watched.and_then(|w| w.dynamic_registration).unwrap_or(false),
        }
    }
}

/// What the server offers.
pub fn server(encoding: Encoding, client: ClientCapabilities) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            resolve_provider: Some(true),
            trigger_characters: Some([".", "%", "=", "(", "[", ",", " ", ":"].map(str::to_owned).into()),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(["(", ",", "["].map(str::to_owned).into()),
            retrigger_characters: Some([")", "]"].map(str::to_owned).into()),
            ..SignatureHelpOptions::default()
        }),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "\n".into(),
            more_trigger_character: None,
        }),
        // Offered only to clients that then are not pushed the same.
        diagnostic_provider: client.pull_diagnostics.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("falco-rs".into()),
                inter_file_dependencies: true,
                workspace_diagnostics: true,
                ..DiagnosticOptions::default()
            })
        }),
        code_action_provider: Some(code_action::capability()),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: alert::COMMANDS.iter().chain(&custom::COMMANDS).map(|command| (*command).to_owned()).collect(),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        declaration_provider: Some(DeclarationCapability::Simple(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        linked_editing_range_provider: Some(LinkedEditingRangeServerCapabilities::Simple(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        semantic_tokens_provider: Some(semantic::options().into()),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        // So that a client of ours knows what it can ask an older or newer server for.
        experimental: Some(serde_json::json!({"falco-rs": {"methods": custom::METHODS}})),
        inlay_hint_provider: Some(OneOf::Left(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
