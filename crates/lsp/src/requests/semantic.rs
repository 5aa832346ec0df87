//! Semantic tokens: all, of a range, and what changed since the last time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use falco_ide::{Token, TokenKind};
use falco_syntax::TextRange;
use rustc_hash::FxHashMap;
use tower_lsp::lsp_types::{
    Range, SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensDelta,
    SemanticTokensEdit, SemanticTokensFullDeltaResult, SemanticTokensFullOptions, SemanticTokensLegend,
    SemanticTokensOptions, SemanticTokensRangeResult, SemanticTokensResult, Url,
};

use super::Request;

/// The protocol's names, in the order of [`type_of`]. `key` is ours: themes leave it as the YAML grammar has it.
const TYPES: [&str; 16] = [
    "key",
    "class",
    "macro",
    "variable",
    "interface",
    "property",
    "parameter",
    "enumMember",
    "operator",
    "keyword",
    "function",
    "string",
    "number",
    "enum",
    "namespace",
    "decorator",
];

/// `unresolved` is ours, too.
const MODIFIERS: [&str; 3] = ["definition", "deprecated", "unresolved"];

/// What the server offers.
pub fn options() -> SemanticTokensOptions {
    SemanticTokensOptions {
        legend: SemanticTokensLegend {
            token_types: TYPES.map(SemanticTokenType::new).into(),
            token_modifiers: MODIFIERS.map(SemanticTokenModifier::new).into(),
        },
        range: Some(true),
        full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
        ..SemanticTokensOptions::default()
    }
}

fn type_of(kind: TokenKind) -> u32 {
    match kind {
        TokenKind::Key => 0,
        TokenKind::Rule => 1,
        TokenKind::Macro => 2,
        TokenKind::List => 3,
        TokenKind::Exception => 4,
        TokenKind::Field => 5,
        TokenKind::Argument => 6,
        TokenKind::EventType => 7,
        TokenKind::Operator => 8,
        TokenKind::Keyword => 9,
        TokenKind::Transformer => 10,
        TokenKind::String => 11,
        TokenKind::Number => 12,
        TokenKind::Priority => 13,
        TokenKind::Source => 14,
        TokenKind::Tag => 15,
    }
}

/// What documents' clients have, by result id.
#[derive(Debug, Default)]
pub struct Sent {
    next: AtomicU64,
    documents: Mutex<FxHashMap<Url, (String, Vec<SemanticToken>)>>,
}

impl Sent {
    /// Notes what is sent now. Gives its id, and what was sent before if that has the id `previous`.
    fn exchange(
        &self,
        url: Url,
        tokens: &[SemanticToken],
        previous: Option<&str>,
    ) -> (String, Option<Vec<SemanticToken>>) {
        let id = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let old = documents.insert(url, (id.clone(), tokens.to_vec()));
        (id, old.filter(|(id, _)| Some(id.as_str()) == previous).map(|(_, tokens)| tokens))
    }

    /// Forgets a document that was closed.
    pub fn forget(&self, url: &Url) {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    }
}

/// `textDocument/semanticTokens/full`.
pub fn full(request: &Request, url: Url, sent: &Sent) -> SemanticTokensResult {
    let data = tokens(request, None);
    let (id, _) = sent.exchange(url, &data, None);
    SemanticTokens { result_id: Some(id), data }.into()
}

/// `textDocument/semanticTokens/full/delta`.
pub fn delta(request: &Request, url: Url, previous: &str, sent: &Sent) -> SemanticTokensFullDeltaResult {
    let data = tokens(request, None);
    match sent.exchange(url, &data, Some(previous)) {
        (id, Some(old)) => SemanticTokensDelta { result_id: Some(id), edits: edits(&old, &data) }.into(),
        (id, None) => SemanticTokens { result_id: Some(id), data }.into(),
    }
}

/// `textDocument/semanticTokens/range`.
pub fn range(request: &Request, range: Range) -> SemanticTokensRangeResult {
    let (start, end) = (request.converter.offset(range.start), request.converter.offset(range.end));
    let within = TextRange::new(start, end.max(start));
    SemanticTokens { result_id: None, data: tokens(request, Some(within)) }.into()
}

/// Each token's place counts from the one before.
fn tokens(request: &Request, within: Option<TextRange>) -> Vec<SemanticToken> {
    let found = request.analysis.semantic_tokens(request.file, within);
    let mut data = Vec::with_capacity(found.len());
    let (mut line, mut character) = (0, 0);
    for token in &found {
        let Range { start, end } = request.converter.range(token.range);
        // A token on several lines cannot be told; there is none.
        if start.line != end.line {
            continue;
        }
        data.push(SemanticToken {
            delta_line: start.line - line,
            delta_start: if start.line == line { start.character - character } else { start.character },
            length: end.character - start.character,
            token_type: type_of(token.kind),
            token_modifiers_bitset: modifiers(token),
        });
        (line, character) = (start.line, start.character);
    }
    data
}

fn modifiers(token: &Token) -> u32 {
    [token.definition, token.deprecated, token.unresolved]
        .into_iter()
        .enumerate()
        .fold(0, |bits, (bit, on)| bits | (u32::from(on) << bit))
}

/// One edit: what is between the tokens that are the same at the beginning and at the end. Numbers count integers, five a token.
fn edits(old: &[SemanticToken], new: &[SemanticToken]) -> Vec<SemanticTokensEdit> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let data: Vec<SemanticToken> = new.get(start..new.len() - end).unwrap_or_default().to_vec();
    let delete_count = (old.len() - end - start) as u32 * 5;
    if data.is_empty() && delete_count == 0 {
        return Vec::new();
    }
    vec![SemanticTokensEdit { start: start as u32 * 5, delete_count, data: Some(data) }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(n: u32) -> SemanticToken {
        SemanticToken { delta_line: n, delta_start: 0, length: 1, token_type: 0, token_modifiers_bitset: 0 }
    }

    #[test]
    fn one_edit_leads_from_the_old_to_the_new() {
        let tokens = |numbers: &[u32]| numbers.iter().copied().map(token).collect::<Vec<_>>();
        for (old, new) in [
            (vec![1, 2, 3], vec![1, 9, 3]),
            (vec![1, 1, 1], vec![1, 1]),
            (vec![], vec![4, 5]),
            (vec![4, 5], vec![]),
            (vec![1, 2], vec![1, 2]),
        ] {
            let (old, new) = (tokens(&old), tokens(&new));
            let mut patched = old.clone();
            for edit in edits(&old, &new) {
                let start = edit.start as usize / 5;
                patched.splice(start..start + edit.delete_count as usize / 5, edit.data.unwrap());
            }
            assert_eq!(patched, new);
        }
    }

    #[test]
    fn a_delta_needs_the_result_it_counts_from() {
        let sent = Sent::default();
        let url = Url::parse("file:///a").unwrap();
        let (first, _) = sent.exchange(url.clone(), &[token(1)], None);
        assert_eq!(sent.exchange(url.clone(), &[token(2)], Some(&first)).1, Some(vec![token(1)]));
        assert_eq!(sent.exchange(url.clone(), &[token(3)], Some(&first)).1, None);
        sent.forget(&url);
        assert_eq!(sent.exchange(url, &[token(3)], Some("2")).1, None);
    }
}
