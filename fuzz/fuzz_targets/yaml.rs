//! YAML: the tree's text is the input, decoded scalars map back into the file, nothing panics.
#![no_main]

use falco_syntax::ast::RulesFile;
use falco_syntax::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parse = yaml::parse(text);
    assert_eq!(parse.syntax().to_string(), text);
    for error in parse.errors() {
        assert!(usize::from(error.range.end()) <= text.len());
    }
    yaml::verdict(text);
    for item in RulesFile::from_parse(&parse).items() {
        for field in item.body().fields() {
            let Some(scalar) = field.value.as_scalar() else { continue };
            let decoded = scalar.decode();
            let (mut last, mut source) = (0, 0);
            for segment in decoded.map.segments() {
                assert!(segment.source.start() <= segment.source.end());
                assert!(usize::from(segment.source.end()) <= text.len());
                assert!(usize::from(segment.decoded.start()) >= last);
                assert!(usize::from(segment.source.start()) >= source);
                source = usize::from(segment.source.end());
                last = usize::from(segment.decoded.end());
            }
            assert!(last <= decoded.text.len());
        }
    }
});
