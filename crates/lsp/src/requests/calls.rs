//! The call hierarchy: who uses a macro or a list, and what a rule or a macro uses.

use falco_ide::{Call, CallItem, SymbolKind};
use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::{CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Position};

use super::Request;
use super::places::Places;
use crate::convert::symbol_kind;

/// What an item must know of itself when the client asks about it later.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    kind: String,
    name: String,
}

/// `textDocument/prepareCallHierarchy`.
pub fn prepare(request: &Request, position: Position) -> Option<Vec<CallHierarchyItem>> {
    let item = request.analysis.call_item(request.position(position))?;
    Some(vec![to_protocol(&mut Places::new(request), item)?])
}

/// `callHierarchy/incomingCalls`.
pub fn incoming(request: &Request, item: &CallHierarchyItem) -> Option<Vec<CallHierarchyIncomingCall>> {
    let (kind, name) = about(item)?;
    let mut files = Places::new(request);
    let call = |Call { item, places }: Call| {
        let file = item.target.file;
        let from_ranges = places.into_iter().filter_map(|range| files.range(file, range)).collect();
        Some(CallHierarchyIncomingCall { from: to_protocol(&mut files, item)?, from_ranges })
    };
    Some(request.analysis.incoming_calls(kind, &name).into_iter().filter_map(call).collect())
}

/// `callHierarchy/outgoingCalls`.
pub fn outgoing(request: &Request, item: &CallHierarchyItem) -> Option<Vec<CallHierarchyOutgoingCall>> {
    let (kind, name) = about(item)?;
    let mut files = Places::new(request);
    let call = |Call { item, places }: Call| {
        let from_ranges = places.into_iter().map(|range| request.converter.range(range)).collect();
        Some(CallHierarchyOutgoingCall { to: to_protocol(&mut files, item)?, from_ranges })
    };
    Some(request.analysis.outgoing_calls(kind, &name, request.file).into_iter().filter_map(call).collect())
}

fn to_protocol(files: &mut Places<'_>, item: CallItem) -> Option<CallHierarchyItem> {
    let (uri, converter) = files.file(item.target.file)?;
    let noun = match item.kind {
        SymbolKind::Rule => "rule",
        SymbolKind::Macro => "macro",
        _ => "list",
    };
    let data = Data { kind: noun.to_owned(), name: item.target.name.clone() };
    Some(CallHierarchyItem {
        name: item.target.name,
        kind: symbol_kind(item.kind),
        tags: None,
        detail: Some(noun.to_owned()),
        uri: uri.clone(),
        range: converter.range(item.target.full_range),
        selection_range: converter.range(item.target.focus_range),
        data: serde_json::to_value(data).ok(),
    })
}

fn about(item: &CallHierarchyItem) -> Option<(SymbolKind, String)> {
    let data = Data::deserialize(item.data.as_ref()?).ok()?;
    let kind = match data.kind.as_str() {
        "rule" => SymbolKind::Rule,
        "macro" => SymbolKind::Macro,
        "list" => SymbolKind::List,
        _ => return None,
    };
    Some((kind, data.name))
}
