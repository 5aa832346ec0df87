//! What can stand at a position. The documentation of a completion comes when the client asks for it, if it can.

use falco_ide as ide;
use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types as lsp;
use tower_lsp::lsp_types::{CompletionList, CompletionResponse, Position, Url};

use super::Request;
use super::in_test::TestRequest;
use crate::capabilities::ClientCapabilities;
use crate::convert::Converter;

/// What a completion carries to the client and back, so that its documentation can be found.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    url: Url,
    topic: ide::Topic,
}

/// `textDocument/completion`. Snippets only for clients that know them.
pub fn list(request: &Request, url: &Url, position: Position, client: ClientCapabilities) -> CompletionResponse {
    let found = request.analysis.completions(request.position(position));
    respond(found, &request.analysis, &request.converter, url, client)
}

/// `textDocument/completion` in a rule test.
pub fn list_in_test(
    request: &TestRequest,
    url: &Url,
    position: Position,
    client: ClientCapabilities,
) -> CompletionResponse {
    let analysis = request.analysis();
    let found = analysis.completions_in_test(&request.text, request.converter.offset(position));
    respond(found, &analysis, &request.converter, url, client)
}

/// Completions whose details say everything.
pub fn without_documentation(
    found: ide::CompletionList,
    converter: &Converter,
    client: ClientCapabilities,
) -> CompletionResponse {
    let items = found.items.into_iter().map(|item| convert(converter, item, client.snippets));
    CompletionResponse::List(CompletionList { is_incomplete: found.is_incomplete, items: items.collect() })
}

fn respond(
    found: ide::CompletionList,
    analysis: &ide::Analysis,
    converter: &Converter,
    url: &Url,
    client: ClientCapabilities,
) -> CompletionResponse {
    let items = found.items.into_iter().map(|item| {
        let topic = item.topic.clone();
        let mut item = convert(converter, item, client.snippets);
        if client.resolve_documentation {
            item.data = topic.and_then(|topic| serde_json::to_value(Data { url: url.clone(), topic }).ok());
        } else {
            item.documentation = topic.and_then(|topic| analysis.documentation(&topic)).map(markdown);
        }
        item
    });
    CompletionResponse::List(CompletionList { is_incomplete: found.is_incomplete, items: items.collect() })
}

/// The document that a completion was made in; `None` if there is nothing to be found for it.
pub fn origin(item: &lsp::CompletionItem) -> Option<Url> {
    data(item).map(|data| data.url)
}

/// `completionItem/resolve`.
pub fn resolve(request: &Request, mut item: lsp::CompletionItem) -> lsp::CompletionItem {
    let topic = data(&item).map(|data| data.topic);
    item.documentation = topic.and_then(|topic| request.analysis.documentation(&topic)).map(markdown);
    item
}

fn data(item: &lsp::CompletionItem) -> Option<Data> {
    Data::deserialize(item.data.as_ref()?).ok()
}

fn convert(converter: &Converter, item: ide::CompletionItem, snippets: bool) -> lsp::CompletionItem {
    let text = if item.is_snippet && !snippets { plain(&item.edit.text) } else { item.edit.text };
    let format =
        if item.is_snippet && snippets { lsp::InsertTextFormat::SNIPPET } else { lsp::InsertTextFormat::PLAIN_TEXT };
    lsp::CompletionItem {
        sort_text: Some(format!("{:03}{}", item.rank, item.label)),
        filter_text: Some(item.filter.unwrap_or_else(|| item.label.clone())),
        kind: Some(completion_kind(item.kind)),
        detail: item.detail,
        deprecated: item.deprecated.then_some(true),
        tags: item.deprecated.then(|| vec![lsp::CompletionItemTag::DEPRECATED]),
        insert_text_format: Some(format),
        text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
            range: converter.range(item.edit.range),
            new_text: text,
        })),
        label: item.label,
        ..lsp::CompletionItem::default()
    }
}

fn markdown(value: String) -> lsp::Documentation {
    lsp::Documentation::MarkupContent(lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value })
}

fn completion_kind(kind: ide::CompletionKind) -> lsp::CompletionItemKind {
    match kind {
        ide::CompletionKind::Field => lsp::CompletionItemKind::FIELD,
        ide::CompletionKind::Operator => lsp::CompletionItemKind::OPERATOR,
        ide::CompletionKind::Keyword => lsp::CompletionItemKind::KEYWORD,
        ide::CompletionKind::Macro => lsp::CompletionItemKind::FUNCTION,
        ide::CompletionKind::List => lsp::CompletionItemKind::VARIABLE,
        ide::CompletionKind::Rule => lsp::CompletionItemKind::CLASS,
        ide::CompletionKind::Event => lsp::CompletionItemKind::EVENT,
        ide::CompletionKind::Transformer => lsp::CompletionItemKind::METHOD,
        ide::CompletionKind::Key => lsp::CompletionItemKind::PROPERTY,
        ide::CompletionKind::Value => lsp::CompletionItemKind::ENUM_MEMBER,
        ide::CompletionKind::Snippet => lsp::CompletionItemKind::SNIPPET,
    }
}

/// A snippet's text without its stops: `${1:name}` becomes `name`, `$0` nothing.
fn plain(snippet: &str) -> String {
    let mut out = String::with_capacity(snippet.len());
    let mut chars = snippet.chars().peekable();
    let mut depth = 0usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '$' if chars.peek().is_some_and(char::is_ascii_digit) => {
                while chars.next_if(char::is_ascii_digit).is_some() {}
            }
            '$' if chars.peek() == Some(&'{') => {
                chars.next();
                while chars.next_if(char::is_ascii_digit).is_some() {}
                chars.next_if_eq(&':');
                depth += 1;
            }
            '}' if depth > 0 => depth -= 1,
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn snippets_without_their_stops() {
        assert_eq!(plain("- rule: ${1:Name}\n  desc: $2\n$0"), "- rule: Name\n  desc: \n");
        assert_eq!(plain(r"cost \$5 {x}"), "cost $5 {x}");
    }
}
