//! The whole compiler on any text: no panic, spans within the file, Falco's refusal is one of our errors.
#![no_main]

use std::sync::{Arc, LazyLock};

use falco_catalog::Catalog;
use falco_compiler::{Options, Severity, SourceFile, compile};
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::builtin()));

fuzz_target!(|text: &str| {
    let compilation = compile(&[SourceFile::new("fuzz.yaml", text)], &Options::new(CATALOG.clone()));
    for d in &compilation.diagnostics {
        assert!(d.span.start <= d.span.end && d.span.end as usize <= text.len());
    }
    let errors = compilation.diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert!(compilation.loads() || errors);
    compilation.program();
    compilation.items();
});
