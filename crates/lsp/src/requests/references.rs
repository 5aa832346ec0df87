//! Where names are used, and words that mean the same.

use std::path::PathBuf;

use falco_ide::Access;
use tower_lsp::lsp_types::{DocumentHighlight, DocumentHighlightKind, LinkedEditingRanges, Location, Position};

use super::places::Places;
use super::{Request, in_test};

/// `textDocument/references`. Rules are named in tests, too; `roots`: the workspace's folders, for the tests in them.
pub fn references(
    request: &Request,
    position: Position,
    definitions: bool,
    roots: &[PathBuf],
) -> Option<Vec<Location>> {
    let at = request.position(position);
    let found = request.analysis.references(at)?;
    let mut files = Places::new(request);
    let wanted = found.into_iter().filter(|o| definitions || o.access == Access::Use);
    let mut places: Vec<Location> = wanted.filter_map(|o| files.location(o.file, o.range)).collect();
    if let Some((rule, path)) = request.analysis.rule_at(at).zip(request.path()) {
        places.extend(in_test::places_in_tests(&request.snapshot, &path, &rule, roots));
    }
    Some(places)
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
