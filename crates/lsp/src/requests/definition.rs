//! Where names are defined.

use falco_ide::NavigationTarget;
use tower_lsp::lsp_types::request::GotoDeclarationResponse;
use tower_lsp::lsp_types::{GotoDefinitionResponse, Location, LocationLink, Position};

use super::Request;
use super::places::Places;

/// `textDocument/definition`.
pub fn definition(request: &Request, position: Position, links: bool) -> Option<GotoDefinitionResponse> {
    respond(request, request.analysis.definition(request.position(position)), links)
}

/// `textDocument/declaration`: the first definition, without what changes it later.
pub fn declaration(request: &Request, position: Position, links: bool) -> Option<GotoDeclarationResponse> {
    respond(request, request.analysis.declaration(request.position(position)), links)
}

/// Targets with their extent for clients that know links, else as plain places.
pub fn respond(request: &Request, targets: Vec<NavigationTarget>, links: bool) -> Option<GotoDefinitionResponse> {
    let mut files = Places::new(request);
    let places = targets.into_iter().filter_map(|target| {
        let (uri, converter) = files.file(target.file)?;
        Some((uri.clone(), converter.range(target.full_range), converter.range(target.focus_range)))
    });
    if links {
        let links: Vec<_> = places
            .map(|(target_uri, target_range, target_selection_range)| LocationLink {
                origin_selection_range: None,
                target_uri,
                target_range,
                target_selection_range,
            })
            .collect();
        (!links.is_empty()).then_some(GotoDefinitionResponse::Link(links))
    } else {
        let places: Vec<_> = places.map(|(uri, _, range)| Location { uri, range }).collect();
        (!places.is_empty()).then_some(GotoDefinitionResponse::Array(places))
    }
}
