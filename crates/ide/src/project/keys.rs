//! The keys of the project file: one table for checks, completion, hover and the documentation. To add a key, add it here and to
//! [`super::Project`].

use std::ops::RangeInclusive;

use crate::format::WIDTHS;

/// A key of the project file.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// What its value is.
    pub value: Value,
}

/// What the value of a key is.
#[derive(Debug)]
pub enum Value {
    /// A sequence of paths.
    Paths(Paths),
    /// A version of Falco's engine.
    EngineVersion,
    /// A whole number.
    Integer(RangeInclusive<usize>),
    /// One of these words, each with what it means.
    OneOf(&'static [(&'static str, &'static str)]),
    /// A mapping with keys of its own.
    Section(&'static [Key]),
    /// Lints and categories with levels and options.
    Lints,
}

/// What paths lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paths {
    /// Rules files, and folders of such.
    Rules,
    /// Captures.
    Captures,
}

const fn key(name: &'static str, value: Value, doc: &'static str) -> Key {
    Key { name, doc, value }
}

/// The keys at the top.
pub const KEYS: &[Key] = &[
    key(
        "rules",
        Value::Paths(Paths::Rules),
        "Rules files and folders in load order, relative to this file. A folder stands for its `*.yaml` and `*.yml` files in name order.",
    ),
    key(
        "engine_version",
        Value::EngineVersion,
        "The Falco engine that the rules must load on, such as `0.62.0`. Rules that need a newer one are reported.",
    ),
    key(
        "captures",
        Value::Paths(Paths::Captures),
        "Captures on which editors offer to run rules, relative to this file.",
    ),
    key("format", Value::Section(FORMAT), "How `falco-rs fmt` and editors format rules."),
    key(
        "lints",
        Value::Lints,
        "Levels of lints and of categories of them: `CODE: LEVEL`, or `CODE: {level: LEVEL, OPTION: VALUE}`. `falco-rs docs` lists them.",
    ),
];

/// The keys of `format`.
const FORMAT: &[Key] = &[
    key("width", Value::Integer(WIDTHS), "Lines longer than this are broken where they can be; 120 unless given."),
    key(
        "conditions",
        Value::OneOf(&[
            ("split", "each operand of the outermost `and` or `or` on a line of its own"),
            ("preserve", "line breaks stay where they are"),
        ]),
        "How conditions of several lines are laid out; `split` unless given.",
    ),
    key(
        "lists",
        Value::OneOf(&[
            ("fill", "as many elements on a line as fit"),
            ("one-per-line", "one element on a line"),
            ("preserve", "line breaks stay where they are"),
        ]),
        "How lists in brackets are laid out that do not fit on a line; `fill` unless given.",
    ),
    key(
        "quotes",
        Value::OneOf(&[
            ("preserve", "quotes stay as they are"),
            ("double", "double quotes where either would do"),
            ("single", "single quotes where either would do"),
        ]),
        "Which quotes are used where either would do; `preserve` unless given.",
    ),
];

/// The keys of the mapping at a path of keys.
pub(super) fn at(path: &[&str]) -> Option<&'static [Key]> {
    path.iter().try_fold(KEYS, |keys, name| match keys.iter().find(|key| key.name == *name)?.value {
        Value::Section(keys) => Some(keys),
        _ => None,
    })
}

/// The key at a path of keys.
pub(super) fn key_at(path: &[&str]) -> Option<&'static Key> {
    let (name, above) = path.split_last()?;
    at(above)?.iter().find(|key| key.name == *name)
}

impl Key {
    /// The documentation, as markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("**`{}`**\n\n{}", self.name, self.doc);
        if let Value::OneOf(words) = &self.value {
            out.push('\n');
            for (word, doc) in *words {
                out.push_str(&format!("\n- `{word}`: {doc}"));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_every_key() {
        let page = include_str!("../../../../docs/project-file.md");
        for key in KEYS.iter().chain(FORMAT) {
            assert!(page.contains(&format!("`{}`", key.name)), "{}", key.name);
        }
    }
}
