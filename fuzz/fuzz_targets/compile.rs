//! The whole compiler on any text: no panic, spans within the file, Falco's refusal is one of our errors; and a step from one
//! text to another that a cache follows comes to the same as compiling the other anew.
#![no_main]

use std::sync::{Arc, LazyLock};

use falco_catalog::Catalog;
use falco_compiler::{Cache, Options, Severity, SourceFile, compile, compile_cached};
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::builtin()));

fuzz_target!(|text: &str| {
    let compilation = compile(&[SourceFile::new("fuzz.yaml", text)], &Options::new(CATALOG.clone()));
    for d in compilation.iter() {
        assert!(d.span.start <= d.span.end && d.span.end as usize <= text.len());
    }
    let errors = compilation.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(compilation.loads(), compilation.load_results().iter().all(|load| load.successful));
    assert!(compilation.loads() || errors);
    compilation.program();
    compilation.items();

    // Two files of one half each, then with the halves cut elsewhere.
    let options = Options { falco_report: false, ..Options::new(CATALOG.clone()) };
    let mut cache = Cache::default();
    for part in [2, 3] {
        let mut at = text.len() / part;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let (first, second) = text.split_at(at);
        let files = [SourceFile::new("a.yaml", first), SourceFile::new("b.yaml", second)];
        let cached = compile_cached(&files, &options, &mut cache);
        assert_eq!(cached.diagnostics(), compile(&files, &options).diagnostics());
    }
});
