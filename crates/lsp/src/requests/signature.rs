//! The arguments of the call that the cursor is in.

use tower_lsp::lsp_types::{
    Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, Position, SignatureHelp,
    SignatureInformation,
};

use super::Request;

/// `textDocument/signatureHelp`.
pub fn help(request: &Request, position: Position) -> Option<SignatureHelp> {
    let help = request.analysis.signature_help(request.position(position))?;
    // Offsets in labels are UTF-16, whatever was negotiated for documents.
    let units = |at: usize| {
        let before = help.label.get(..at).unwrap_or(&help.label);
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    };
    let parameters = help.parameters.iter().map(|range| ParameterInformation {
        label: ParameterLabel::LabelOffsets([units(range.start), units(range.end)]),
        documentation: None,
    });
    let active = u32::try_from(help.active).ok();
    let signature = SignatureInformation {
        parameters: Some(parameters.collect()),
        active_parameter: active,
        documentation: Some(Documentation::MarkupContent(MarkupContent {
            kind: MarkupKind::Markdown,
            value: help.documentation,
        })),
        label: help.label,
    };
    Some(SignatureHelp { signatures: vec![signature], active_signature: Some(0), active_parameter: active })
}
