//! Folding, selection, remarks and links: how a document is shown.

use falco_ide::{HintKind, InlayHint, LinkTarget, links_of_test, project};
use falco_syntax::TextRange;
use tower_lsp::lsp_types as lsp;
use tower_lsp::lsp_types::{DocumentLink, FoldingRange, FoldingRangeKind, Position, Range, SelectionRange, Url};

use super::Request;
use super::places::Places;
use crate::convert::Converter;
use crate::store::Snapshot;

/// `textDocument/foldingRange`.
pub fn folds(request: &Request) -> Vec<FoldingRange> {
    let folds = request.analysis.folds(request.file);
    let folds = folds.into_iter().map(|fold| {
        let range = request.converter.range(fold.range);
        FoldingRange {
            start_line: range.start.line,
            end_line: range.end.line,
            kind: fold.comment.then_some(FoldingRangeKind::Comment),
            ..FoldingRange::default()
        }
    });
    let mut folds: Vec<FoldingRange> = folds.collect();
    // Of those that begin on a line clients take one; the largest is the first.
    folds.dedup_by_key(|fold| fold.start_line);
    folds
}

/// `textDocument/selectionRange`.
pub fn selections(request: &Request, positions: &[Position]) -> Vec<SelectionRange> {
    let nested = |position: &Position| {
        let ranges = request.analysis.selection_ranges(request.position(*position));
        let outer = ranges.iter().rev().fold(None, |parent: Option<Box<SelectionRange>>, range| {
            Some(Box::new(SelectionRange { range: request.converter.range(*range), parent }))
        });
        // Every position must have an answer.
        outer.map_or(SelectionRange { range: Range::new(*position, *position), parent: None }, |outer| *outer)
    };
    positions.iter().map(nested).collect()
}

/// `textDocument/inlayHint`, of the kinds that the client wants.
pub fn hints(request: &Request, range: Range, wanted: &[HintKind]) -> Vec<lsp::InlayHint> {
    let (start, end) = (request.converter.offset(range.start), request.converter.offset(range.end));
    let mut files = Places::new(request);
    let hints = request.analysis.inlay_hints(request.file, TextRange::new(start, end.max(start)));
    let hints = hints.into_iter().filter(|hint| wanted.contains(&hint.kind));
    hints.map(|hint| inlay(request, &mut files, hint)).collect()
}

fn inlay(request: &Request, files: &mut Places<'_>, hint: InlayHint) -> lsp::InlayHint {
    let location = hint.target.and_then(|target| files.location(target.file, target.range));
    let label = match location {
        Some(location) => lsp::InlayHintLabel::LabelParts(vec![lsp::InlayHintLabelPart {
            value: hint.label,
            location: Some(location),
            ..lsp::InlayHintLabelPart::default()
        }]),
        None => lsp::InlayHintLabel::String(hint.label),
    };
    let tooltip = hint.tooltip.map(|value| {
        lsp::InlayHintTooltip::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
    });
    lsp::InlayHint {
        position: request.converter.range(TextRange::empty(hint.offset)).start,
        label,
        kind: None,
        text_edits: None,
        tooltip,
        padding_left: Some(true),
        padding_right: Some(false),
        data: None,
    }
}

/// `textDocument/documentLink` of rules.
pub fn links(request: &Request, url: &Url) -> Vec<DocumentLink> {
    to_protocol(request.analysis.links(request.file), url, &request.converter)
}

/// `textDocument/documentLink` of a rule test that is open.
pub fn links_of_open_test(snapshot: &Snapshot, url: &Url) -> Option<Vec<DocumentLink>> {
    let document = snapshot.documents.get(url)?;
    if !url.to_file_path().is_ok_and(|path| project::is_test_name(&path)) {
        return None;
    }
    let converter = Converter::of_rope(document.rope(), snapshot.encoding);
    Some(to_protocol(links_of_test(document.text()), url, &converter))
}

/// Links as the protocol has them; paths are relative to the folder of `url`.
pub fn to_protocol(links: Vec<falco_ide::Link>, url: &Url, converter: &Converter) -> Vec<DocumentLink> {
    let folder = url.to_file_path().ok().and_then(|path| path.parent().map(ToOwned::to_owned));
    let target = |target: LinkTarget| match target {
        LinkTarget::Url(text) => Url::parse(&text).ok(),
        LinkTarget::Path(path) => Url::from_file_path(folder.as_ref()?.join(path)).ok(),
    };
    let link = |link: falco_ide::Link| {
        Some(DocumentLink {
            range: converter.range(link.range),
            target: Some(target(link.target)?),
            tooltip: None,
            data: None,
        })
    };
    links.into_iter().filter_map(link).collect()
}
