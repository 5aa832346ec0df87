//! What can stand at a position.

use tower_lsp::lsp_types::{CompletionList, CompletionResponse, Position};

use super::Request;

/// `textDocument/completion`. Snippets only for clients that know them.
pub fn list(request: &Request, position: Position, snippets: bool) -> CompletionResponse {
    let items = request.analysis.completions(request.position(position));
    let items = items.into_iter().map(|i| request.converter.completion(i, snippets)).collect();
    // The list depends on the text before the cursor in ways that a client's own filter does not know.
    CompletionResponse::List(CompletionList { is_incomplete: false, items })
}
