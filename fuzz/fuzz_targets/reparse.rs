//! A tree that was updated by an edit is the tree of a full parse.
#![no_main]

use falco_syntax::yaml::{self, TextEdit};
use falco_syntax::{TextRange, TextSize};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, u16, u16, &str)| {
    let (old, start, len, inserted) = input;
    let start = (0..=usize::from(start).min(old.len())).rev().find(|i| old.is_char_boundary(*i)).unwrap_or(0);
    let end = (start + usize::from(len)).min(old.len());
    let end = (start..=end).rev().find(|i| old.is_char_boundary(*i)).unwrap_or(start);
    let mut new = old.to_owned();
    new.replace_range(start..end, inserted);
    let edit = TextEdit {
        range: TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32)),
        inserted: TextSize::of(inserted),
    };
    assert_eq!(yaml::parse(old).reparse(&new, edit), yaml::parse(&new));
});
