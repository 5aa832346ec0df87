//! Where names are used, and words that mean the same.

use falco_ide::Access;
use tower_lsp::lsp_types::{DocumentHighlight, DocumentHighlightKind, LinkedEditingRanges, Location, Position};

use super::Request;
use super::places::Places;

/// `textDocument/references`.
pub fn references(request: &Request, position: Position, definitions: bool) -> Option<Vec<Location>> {
    let found = request.analysis.references(request.position(position))?;
    let mut files = Places::new(request);
    let wanted = found.into_iter().filter(|o| definitions || o.access == Access::Use);
    Some(wanted.filter_map(|o| files.location(o.file, o.range)).collect())
}

/// `textDocument/documentHighlight`.
pub fn highlights(request: &Request, position: Position) -> Option<Vec<DocumentHighlight>> {
    let found = request.analysis.highlights(request.position(position));
    let highlight = |(range, access)| DocumentHighlight {
        range: request.converter.range(range),
        kind: Some(match access {
            Access::Use => DocumentHighlightKind::READ,
            Access::Define | Access::Change => DocumentHighlightKind::WRITE,
        }),
    };
    (!found.is_empty()).then(|| found.into_iter().map(highlight).collect())
}

/// `textDocument/linkedEditingRange`.
pub fn linked(request: &Request, position: Position) -> Option<LinkedEditingRanges> {
    let found = request.analysis.linked_ranges(request.position(position));
    (!found.is_empty()).then(|| LinkedEditingRanges {
        ranges: found.into_iter().map(|range| request.converter.range(range)).collect(),
        word_pattern: None,
    })
}
