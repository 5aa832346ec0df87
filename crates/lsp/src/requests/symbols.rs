//! Symbols of a document and of the workspace.

use falco_ide::FoundSymbol;
use rustc_hash::FxHashMap;
use tower_lsp::lsp_types::{DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, Url};

use super::Request;
use crate::convert::{Converter, symbol_kind};
use crate::store::Snapshot;

/// `textDocument/documentSymbol`.
pub fn outline(request: &Request, url: &Url, hierarchical: bool) -> DocumentSymbolResponse {
    let symbols = request.analysis.document_symbols(request.file);
    let symbols: Vec<_> = symbols.into_iter().map(|s| request.converter.symbol(s)).collect();
    match hierarchical {
        true => DocumentSymbolResponse::Nested(symbols),
        false => DocumentSymbolResponse::Flat(flatten(symbols, url)),
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

/// More symbols than this are of no use to anybody.
const MAX_FOUND: usize = 256;

/// `workspace/symbol`: the best of all load sets. `None` if the client has changed something meanwhile.
#[allow(deprecated, reason = "the struct has no other way to be made")]
pub fn search(snapshot: &Snapshot, query: &str) -> Option<Vec<SymbolInformation>> {
    let mut found = Vec::new();
    for set in snapshot.sets.values() {
        let analysis = set.analysis()?;
        let symbols = analysis.workspace_symbols(query, MAX_FOUND);
        found.extend(symbols.into_iter().map(|symbol| (symbol, set)));
    }
    found.sort_by(|(a, _), (b, _)| b.score.cmp(&a.score).then_with(|| a.target.name.cmp(&b.target.name)));
    found.truncate(MAX_FOUND);
    let mut converters = FxHashMap::default();
    let mut symbols = Vec::with_capacity(found.len());
    for (FoundSymbol { kind, target, .. }, set) in found {
        let Some(uri) = set.urls().get(target.file.0 as usize) else { continue };
        let converter =
            converters.entry(uri.clone()).or_insert_with(|| Converter::of_file(set, target.file, snapshot.encoding));
        let Some(converter) = converter else { continue };
        symbols.push(SymbolInformation {
            name: target.name,
            kind: symbol_kind(kind),
            tags: None,
            deprecated: None,
            location: Location { uri: uri.clone(), range: converter.range(target.focus_range) },
            container_name: None,
        });
    }
    Some(symbols)
}
