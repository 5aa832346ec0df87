//! Conditions: lossless, both parsers agree, what is expected at every place can be told.
#![no_main]

use falco_syntax::{TextSize, condition};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parse = condition::parse(text);
    assert_eq!(parse.syntax().to_string(), text);
    let (expr, errors) = condition::parse_expr(text);
    assert_eq!(&expr, parse.expr());
    assert_eq!(errors.len(), parse.errors().len());
    condition::expected_at(text, TextSize::new((text.len() / 2) as u32));
});
