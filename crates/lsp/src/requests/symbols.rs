//! Symbols of a document and of the workspace.

use tower_lsp::lsp_types::{DocumentSymbol, DocumentSymbolResponse, Location, SymbolInformation, Url};

use super::Request;

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
