//! Output lines: lossless, pieces cover the text.
#![no_main]

use falco_syntax::output;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    assert_eq!(output::parse(text).syntax().to_string(), text);
    for accept in [false, true] {
        let pieces = output::split(text, &mut |_| accept);
        assert!(pieces.iter().all(|piece| usize::from(piece.range().end()) <= text.len()));
    }
});
