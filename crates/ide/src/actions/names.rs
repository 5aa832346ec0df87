//! Names for what is given one.

use falco_compiler::ItemKind;

use crate::Analysis;

/// No name is longer than this, the number that makes it unique left aside.
const LONGEST: usize = 40;

/// An identifier made of the words of a text, that no list, macro or rule has yet.
pub(super) fn fresh(analysis: &Analysis, text: &str, otherwise: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = String::new();
    for word in words {
        if name.len() + word.len() > LONGEST {
            break;
        }
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(&word.to_ascii_lowercase());
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name = otherwise.to_owned();
    }
    let kinds = [ItemKind::Macro, ItemKind::List, ItemKind::Rule];
    let taken = |name: &str| kinds.into_iter().any(|kind| analysis.compilation().named(kind, name).is_some());
    if !taken(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}_{number}")).find(|name| !taken(name)).unwrap_or(name)
}
