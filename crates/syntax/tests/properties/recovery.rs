//! Damage to the official rules files: every prefix, every line.
//!
//! Items are compared as green nodes, which hold everything that is below them: what is equal here has the same outline, the same
//! texts and the same diagnostics of everything that reads trees. (What the compiler makes of it: `falco-compiler`'s
//! `tests/it/recovery.rs`.)

use falco_syntax::TextSize;
use falco_syntax::yaml::{self, Parse};
use rowan::{GreenNode, NodeOrToken};

use crate::{check_lines, official};

/// New errors that one cut or one bad line may cause.
const NEW_ERRORS: usize = 6;

fn size(at: usize) -> TextSize {
    TextSize::new(u32::try_from(at).unwrap())
}

/// The items as they stand below the documents.
fn items(parse: &Parse) -> Vec<(TextSize, GreenNode)> {
    let mut found = Vec::new();
    let mut document_start = TextSize::new(0);
    for document in parse.green().children() {
        let mut seq_start = document_start;
        document_start += len(&document);
        let Some(document) = document.into_node() else { continue };
        for seq in document.children() {
            let mut at = seq_start;
            seq_start += len(&seq);
            let Some(seq) = seq.into_node() else { continue };
            for item in seq.children() {
                let start = at;
                at += len(&item);
                if let Some(item) = item.into_node() {
                    found.push((start, item.to_owned()));
                }
            }
        }
    }
    found
}

fn len(element: &NodeOrToken<&rowan::GreenNodeData, &rowan::GreenTokenData>) -> TextSize {
    match element {
        NodeOrToken::Node(node) => node.text_len(),
        NodeOrToken::Token(token) => token.text_len(),
    }
}

/// How many items stand on each side of the damaged one in a window.
const AROUND: usize = 3;

/// Every prefix: the items before the cut are what they are in the whole file.
///
/// All prefixes of all windows of a few items, and of the whole files one in sixteen: all of them too with `FALCO_RS_FULL` in the
/// environment (some 100 s).
#[test]
fn every_prefix_of_the_official_rules() {
    let Some(files) = official("every_prefix_of_the_official_rules") else { return };
    let step = if std::env::var_os("FALCO_RS_FULL").is_some() { 1 } else { 16 };
    std::thread::scope(|scope| {
        for text in &files {
            scope.spawn(move || {
                check_prefixes(text, 0, step);
                let starts = starts(text);
                for (index, start) in starts.iter().enumerate() {
                    let first = starts[index.saturating_sub(AROUND)];
                    let end = starts.get(index + 1).map_or(text.len(), |next| *next);
                    check_prefixes(&text[first..end], start - first, 1);
                }
            });
        }
    });
}

/// Where the items start.
fn starts(text: &str) -> Vec<usize> {
    let starts: Vec<usize> = items(&yaml::parse(text)).iter().map(|(start, _)| usize::from(*start)).collect();
    assert!(starts.len() > 50);
    starts
}

fn check_prefixes(text: &str, from: usize, step: usize) {
    let whole = items(&yaml::parse(text));
    for (end, _) in text.char_indices().filter(|(at, _)| *at >= from).step_by(step) {
        let prefix = &text[..end];
        let parse = yaml::parse(prefix);
        assert_eq!(parse.green().text_len(), size(end));
        assert!(parse.errors().len() <= NEW_ERRORS, "{}\n{:#?}", tail(prefix), parse.errors());
        assert!(parse.errors().iter().all(|error| error.range.end() <= size(end)));
        let found = items(&parse);
        let complete = whole.partition_point(|(start, _)| *start <= size(end)).saturating_sub(1);
        assert!(found.len() >= complete && found[..complete] == whole[..complete], "{}", tail(prefix));
    }
}

/// Every line of the files, damaged in every way: the items around stay what they are, in the text of the window that is parsed
/// whole and in the one that is parsed again after the edit.
#[test]
fn every_line_of_the_official_rules() {
    let Some(files) = official("every_line_of_the_official_rules") else { return };
    std::thread::scope(|scope| {
        for text in &files {
            scope.spawn(move || {
                let starts = starts(text);
                for index in 0..starts.len() {
                    let first = starts[index.saturating_sub(AROUND)];
                    let at = |index: usize| starts.get(index).map_or(text.len(), |start| *start);
                    let window = &text[first..at(index + 1 + AROUND)];
                    let line = |offset: usize| text[first..offset].lines().count();
                    check_lines(window, line(at(index))..line(at(index + 1)));
                }
            });
        }
    });
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
