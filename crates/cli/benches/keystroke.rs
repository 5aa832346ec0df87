//! From a keystroke to its diagnostics, through the real server over the real protocol: what a hand waits for.
//!
//! `cargo bench -p falco-cli --bench keystroke`. With `../shared` beside the clone the file is Falco's official
//! `falco_rules.yaml`, otherwise our own rules repeated to its size.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[allow(dead_code, reason = "shared with the end-to-end tests")]
#[path = "../tests/it/lsp_client.rs"]
mod lsp_client;

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use lsp_client::Client;
use serde_json::json;

const URI: &str = "file:///nowhere/falco_rules.yaml";

fn official() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if let Ok(text) = std::fs::read_to_string(root.join("../shared/corpus/falco/falco_rules.yaml")) {
        return text;
    }
    eprintln!("skipped: ../shared is not here (falco_rules.yaml); our own rules stand in");
    let base = std::fs::read_to_string(root.join("rules/base.yaml")).unwrap();
    let rules = std::fs::read_to_string(root.join("rules/credentials.yaml")).unwrap();
    let mut text = base;
    for n in 0..25 {
        text.push_str(&rules.replace(" read\n", &format!(" read {n}\n")));
    }
    text
}

fn keystroke(c: &mut Criterion) {
    let text = official();
    let mut client = Client::start(json!({"general": {"positionEncodings": ["utf-8"]}}), None);
    client.open(URI, &text);
    client.diagnostics(URI, 1);
    // The last condition's first word: a letter typed into it and taken out again.
    let at = text.rfind("condition:").unwrap();
    let at = at + text[at..].find("evt.").or_else(|| text[at..].find("proc.")).unwrap_or(12) + 1;
    let line = text[..at].matches('\n').count();
    let column = at - text[..at].rfind('\n').unwrap() - 1;
    let mut version = 1;
    c.bench_function("keystroke to diagnostics", |b| {
        b.iter(|| {
            version += 1;
            match version % 2 {
                0 => client.edit(URI, version, (line, column), (line, column), "x"),
                _ => client.edit(URI, version, (line, column), (line, column + 1), ""),
            }
            client.diagnostics(URI, version)
        });
    });
    let position = json!({"textDocument": {"uri": URI}, "position": {"line": line, "character": column}});
    c.bench_function("completion", |b| b.iter(|| client.request("textDocument/completion", position.clone())));
    c.bench_function("hover", |b| b.iter(|| client.request("textDocument/hover", position.clone())));
    let document = json!({"textDocument": {"uri": URI}});
    c.bench_function("document symbols", |b| {
        b.iter(|| client.request("textDocument/documentSymbol", document.clone()));
    });
    client.stop();
}

criterion_group!(benches, keystroke);
criterion_main!(benches);
