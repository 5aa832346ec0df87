//! What stands at a position.

use tower_lsp::lsp_types::{Hover, Position};

use super::Request;

/// `textDocument/hover`.
pub fn hover(request: &Request, position: Position) -> Option<Hover> {
    let hover = request.analysis.hover(request.position(position))?;
    Some(request.converter.hover(hover))
}
