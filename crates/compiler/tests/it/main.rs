//! Tests of the crate from outside.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod corpus;
mod incremental;
mod limits;
mod meaning;
mod ranges;
mod recovery;
mod versions;

use std::sync::Arc;

use falco_catalog::Catalog;
use falco_compiler::{Compilation, Options, SourceFile, compile, fixture};

/// Plain settings with the whole catalogue, without what lints say of the meaning of rules.
fn options() -> Options {
    let mut options = with_lints();
    fixture::without_meaning(&mut options);
    options
}

/// Plain settings with the whole catalogue.
fn with_lints() -> Options {
    Options::new(Arc::new(Catalog::builtin()))
}

/// Settings with which every lint speaks.
fn with_all_lints() -> Options {
    let mut options = with_lints();
    for lint in falco_compiler::lints::ALL {
        options.lints.set(lint.code, falco_compiler::LintLevel::Warning).unwrap();
    }
    options
}

/// Compiles a fixture.
fn compiled(text: &str) -> Compilation {
    compile(&fixture::strip(text).files, &options())
}

/// Compares a fixture's annotations with the diagnostics of its files.
#[track_caller]
fn check(text: &str) {
    check_with(text, &options());
}

#[track_caller]
fn check_with(text: &str, options: &Options) {
    let fixture = fixture::strip(text);
    let compilation = compile(&fixture.files, options);
    let ours = fixture::annotate(&fixture, &compilation.diagnostics());
    let expected = text.strip_prefix('\n').unwrap_or(text);
    assert!(ours == expected, "\n--- expected\n{expected}\n--- ours\n{ours}");
    // Falco refuses a set of files exactly if we have an error with one of its codes.
    let refused = compilation.iter().any(|d| d.code.starts_with("LOAD_ERR"));
    assert_eq!(compilation.loads(), !refused, "{:?}", compilation.load_results());
}

/// A file of this text.
fn file(text: &str) -> SourceFile {
    SourceFile::new("rules.yaml", text)
}

/// A rule around a condition.
fn rule(condition: &str) -> String {
    format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: x\n  priority: INFO\n  warn_evttypes: false\n")
}
