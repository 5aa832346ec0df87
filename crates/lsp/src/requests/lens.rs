//! `textDocument/codeLens`: what can be done with each rule. The commands are those of `workspace/executeCommand`.

use falco_ide::SymbolKind;
use falco_syntax::TextRange;
use serde_json::{Value, json};
use tower_lsp::lsp_types::{CodeLens, Command, InlayHint, InlayHintLabel, InlayHintTooltip, Range, Url};

use super::Request;
use crate::jobs::Results;

/// Captures that get a lens each; more would bury the rule.
const MAX_CAPTURES: usize = 3;

/// What the lenses of a document depend on beside its text.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// The project's captures.
    pub captures: Vec<String>,
    /// Whether rules can be tried on this machine's kernel.
    pub live: bool,
    /// Whether the workspace may have rule tests.
    pub tests: bool,
}

/// The lenses of a document.
pub fn lenses(request: &Request, url: &Url, offers: &Offers) -> Vec<CodeLens> {
    let mut out = Vec::new();
    for symbol in request.analysis.document_symbols(request.file) {
        if symbol.kind != SymbolKind::Rule || symbol.name.trim().is_empty() {
            continue;
        }
        let range = request.converter.range(symbol.focus_range);
        let mut add = |title: String, command: &str, arguments: Value| {
            let command = Command { title, command: command.into(), arguments: Some(vec![arguments]) };
            out.push(CodeLens { range, command: Some(command), data: None });
        };
        for capture in offers.captures.iter().take(MAX_CAPTURES) {
            let name = capture.rsplit('/').next().unwrap_or(capture);
            let arguments = json!({"uri": url, "rule": symbol.name, "capture": capture});
            add(format!("▶ run on {name}"), "falco-rs.run", arguments.clone());
            add("explain".into(), "falco-rs.explain", arguments);
        }
        if offers.tests {
            add("run tests".into(), "falco-rs.tests.run", json!({"uri": url, "rule": symbol.name}));
            add("coverage".into(), "falco-rs.coverage", json!({"uri": url, "rule": symbol.name}));
        }
        if offers.live {
            add("try live".into(), "falco-rs.run", json!({"uri": url, "rule": symbol.name, "live": true}));
        }
    }
    out
}

/// Remarks on how often each comparison was true and false in the last run.
pub fn hits(request: &Request, url: &Url, range: Range, results: &Results) -> Vec<InlayHint> {
    let Some(text) = request.set.text(request.file) else { return Vec::new() };
    let (start, end) = (request.converter.offset(range.start), request.converter.offset(range.end));
    let hits = results.of(url, text, TextRange::new(start, end.max(start)));
    let hint = |hit: crate::jobs::Hit| InlayHint {
        position: request.converter.range(TextRange::empty(hit.range.end.into())).start,
        label: InlayHintLabel::String(hit.label),
        kind: None,
        text_edits: None,
        tooltip: Some(InlayHintTooltip::String(hit.tooltip)),
        padding_left: Some(true),
        padding_right: Some(false),
        data: None,
    };
    hits.into_iter().map(hint).collect()
}
