//! Formatting of documents, of ranges, and of the line that was just begun.

use falco_ide::format::FormatError;
use falco_ide::{FileRange, TextEdit as Edit};
use falco_syntax::TextRange;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::{Position, Range, TextEdit};

use super::Request;

/// LSP's code for a request that was fine but could not be answered.
const REQUEST_FAILED: i64 = -32803;

/// `textDocument/formatting`. The project file says how; the client's tab size would not be YAML's.
pub fn document(request: &Request) -> Result<Vec<TextEdit>> {
    edits(request, request.analysis.format(request.file))
}

/// `textDocument/rangeFormatting`: the items that the range touches, whole.
pub fn range(request: &Request, range: Range) -> Result<Vec<TextEdit>> {
    let (start, end) = (request.converter.offset(range.start), request.converter.offset(range.end));
    let range = TextRange::new(start.min(end), start.max(end));
    edits(request, request.analysis.format_range(FileRange { file: request.file, range }))
}

/// `textDocument/onTypeFormatting` behind a line break.
pub fn on_type(request: &Request, position: Position) -> Vec<TextEdit> {
    let edit = request.analysis.indent_new_line(request.position(position));
    edit.map(|edit| convert(request, edit)).into_iter().collect()
}

fn edits(request: &Request, edits: std::result::Result<Vec<Edit>, FormatError>) -> Result<Vec<TextEdit>> {
    match edits {
        Ok(edits) => Ok(edits.into_iter().map(|edit| convert(request, edit)).collect()),
        Err(error) => {
            Err(Error { code: ErrorCode::ServerError(REQUEST_FAILED), message: error.to_string().into(), data: None })
        }
    }
}

fn convert(request: &Request, edit: Edit) -> TextEdit {
    TextEdit { range: request.converter.range(edit.range), new_text: edit.text }
}
