//! Code actions: what can be done about a selection, and the edits once one of them is chosen.

use falco_ide::{Action, ActionFilter, ActionKind, Change, FileRange};
use falco_syntax::{TextRange, TextSize};
use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::{
    CodeAction, CodeActionContext, CodeActionKind, CodeActionOptions, CodeActionOrCommand,
    CodeActionProviderCapability, Diagnostic, NumberOrString, Range, TextEdit, Url, WorkDoneProgressOptions,
    WorkspaceEdit,
};

use super::Request;
use super::places::Places;
use super::rename::workspace_edit;
use crate::capabilities::ClientCapabilities;
use crate::convert::finding;

/// All kinds, with the protocol's names for them.
const KINDS: [(ActionKind, &str); 6] = [
    (ActionKind::QuickFix, "quickfix"),
    (ActionKind::Extract, "refactor.extract"),
    (ActionKind::Inline, "refactor.inline"),
    (ActionKind::Rewrite, "refactor.rewrite"),
    (ActionKind::FixAll, "source.fixAll.falco-rs"),
    (ActionKind::Source, "source"),
];

/// What the server offers.
pub fn capability() -> CodeActionProviderCapability {
    CodeActionProviderCapability::Options(CodeActionOptions {
        code_action_kinds: Some(KINDS.map(|(_, name)| CodeActionKind::from(name)).into()),
        work_done_progress_options: WorkDoneProgressOptions::default(),
        resolve_provider: Some(true),
    })
}

/// What an action needs to be resolved: the server keeps nothing of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Data {
    uri: Url,
    /// The version of the document that the action was offered for.
    version: Option<i32>,
    start: u32,
    end: u32,
    id: String,
}

/// `textDocument/codeAction`. The edits are left for when an action is chosen, if the client can wait for them.
pub fn list(
    request: &Request,
    uri: &Url,
    range: Range,
    context: &CodeActionContext,
    client: ClientCapabilities,
) -> Vec<CodeActionOrCommand> {
    let selection = TextRange::new(
        request.converter.offset(range.start).min(request.converter.offset(range.end)),
        request.converter.offset(range.end),
    );
    let at = FileRange { file: request.file, range: selection };
    let Some(filter) = filter(context) else { return Vec::new() };
    let actions = request.analysis.code_actions(at, &filter);
    let made = actions.into_iter().filter_map(|action| {
        let data = Data {
            uri: uri.clone(),
            version: request.snapshot.documents.get(uri).map(|document| document.version()),
            start: selection.start().into(),
            end: selection.end().into(),
            id: action.id.clone(),
        };
        let edit = match (client.lazy_actions, &action.change) {
            (true, _) => None,
            (false, Some(change)) => Some(edit(request, change.clone(), client)),
            (false, None) => Some(edit(request, request.analysis.resolve_action(at, &action.id)?, client)),
        };
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            diagnostics: repaired(request, &action, &context.diagnostics),
            kind: KINDS.iter().find(|(kind, _)| *kind == action.kind).map(|(_, name)| CodeActionKind::from(*name)),
            is_preferred: action.preferred.then_some(true),
            title: action.title,
            edit,
            data: serde_json::to_value(data).ok(),
            ..CodeAction::default()
        }))
    });
    made.collect()
}

/// What the client asks for; `None` if it is nothing that there is.
fn filter(context: &CodeActionContext) -> Option<ActionFilter> {
    let wanted = |name: &str| match &context.only {
        // A kind stands for all kinds below it, too.
        Some(only) => only.iter().any(|kind| {
            let kind = kind.as_str();
            kind.is_empty() || name == kind || name.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'))
        }),
        None => true,
    };
    let kinds: Vec<ActionKind> = KINDS.iter().filter(|(_, name)| wanted(name)).map(|(kind, _)| *kind).collect();
    let code = |diagnostic: &Diagnostic| match &diagnostic.code {
        Some(NumberOrString::String(code)) => Some(code.clone()),
        _ => None,
    };
    (!kinds.is_empty()).then(|| ActionFilter { kinds, codes: context.diagnostics.iter().filter_map(code).collect() })
}

/// The client's diagnostic that an action repairs.
fn repaired(request: &Request, action: &Action, told: &[Diagnostic]) -> Option<Vec<Diagnostic>> {
    let (range, code) = action.fixes.as_ref()?;
    let (place, data) = (request.converter.range(*range), finding(*range, code));
    // By what the server gave along, if the client gives that back.
    let same = |d: &&Diagnostic| match &d.data {
        Some(given) => *given == data,
        None => d.range == place && d.code == Some(NumberOrString::String(code.clone())),
    };
    Some(vec![told.iter().find(same)?.clone()])
}

/// A change as the protocol has it.
pub fn edit(request: &Request, change: Change, client: ClientCapabilities) -> WorkspaceEdit {
    let mut files = Places::new(request);
    let mut all = Vec::new();
    for (file, edits) in change.edits {
        let Some((url, converter)) = files.file(file) else { continue };
        let edits = edits.into_iter().map(|edit| TextEdit { range: converter.range(edit.range), new_text: edit.text });
        all.push((url.clone(), edits.collect()));
    }
    workspace_edit(&request.snapshot, all, client.versioned_edits)
}

/// The document that an action was offered for.
pub fn origin(action: &CodeAction) -> Option<Url> {
    Some(data(action)?.uri)
}

fn data(action: &CodeAction) -> Option<Data> {
    serde_json::from_value(action.data.clone()?).ok()
}

/// `codeAction/resolve`: the action with its edits; `None` if the document is another one by now.
pub fn resolve(request: &Request, mut action: CodeAction, client: ClientCapabilities) -> Option<CodeAction> {
    let Data { uri, version, start, end, id } = data(&action)?;
    if request.snapshot.documents.get(&uri).map(|document| document.version()) != version {
        return None;
    }
    let range = TextRange::new(TextSize::new(start.min(end)), TextSize::new(end));
    let change = request.analysis.resolve_action(FileRange { file: request.file, range }, &id)?;
    action.edit = Some(edit(request, change, client));
    Some(action)
}
