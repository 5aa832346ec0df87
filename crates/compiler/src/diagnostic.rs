//! Diagnostics as plain data: what is wrong, where exactly, and what to do about it.

use std::fmt;
use std::ops::Range;

/// Index of a file in load order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

impl FileId {
    /// The file's place in the slice that was given to [`crate::compile`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A byte range of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Which file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range in the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `offset` lies in the span, its end included.
    pub fn touches(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Falco refuses the file, or what is written cannot be what was meant.
    Error,
    /// Falco warns, or the rule probably does not do what it seems to.
    Warning,
    /// Worth knowing.
    Info,
    /// A nudge.
    Hint,
}

impl Severity {
    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Hint => "hint",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kinds of named items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ItemKind {
    Rule,
    Macro,
    List,
    EngineVersion,
    PluginVersions,
}

impl ItemKind {
    /// The head key that makes an item of this kind.
    pub fn head_key(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Macro => "macro",
            Self::List => "list",
            Self::EngineVersion => "required_engine_version",
            Self::PluginVersions => "required_plugin_versions",
        }
    }
}

/// The item that a diagnostic belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemName {
    /// Rule, macro, list or a requirement.
    pub kind: ItemKind,
    /// Its name; empty for requirements and for items whose name cannot be read.
    pub name: String,
}

/// A second place that helps to understand a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub message: String,
}

/// A change of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// A change of a rules file's structure. How it is written depends on the layout of the YAML around it, which only the syntax tree
/// knows; `falco-ide` turns repairs into edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair<P = Span> {
    /// Adds a key to the mapping that `at` lies in; `at` is a key of it, or the mapping.
    InsertKey {
        /// Which mapping.
        at: P,
        /// The key.
        key: String,
        /// The value, as YAML.
        value: String,
    },
    /// Removes the innermost entry of a mapping that this place lies in.
    RemoveEntry(P),
    /// Adds an element to a sequence.
    InsertElement {
        /// The element that it comes behind.
        behind: P,
        /// The element, as YAML.
        value: String,
    },
    /// Removes the item, or the element of a sequence, that this place lies in.
    RemoveElement(P),
    /// Removes a check and the `and` or `or` that joins it to its neighbour.
    RemoveCheck(P),
    /// Replaces a part of the text of a condition, however the scalar that it stands in is written.
    Rewrite {
        /// The part.
        at: P,
        /// The new text, in the condition language.
        text: String,
    },
    /// Replaces a value by another text, quoted as YAML needs it.
    Value {
        /// The value, all of it.
        at: P,
        /// The new text.
        text: String,
    },
    /// Replaces a value by a sequence that holds it alone.
    Wrap(P),
    /// Replaces a sequence of one element by the element.
    Unwrap(P),
    /// Moves an item with the comments above it in front of another one.
    Move {
        /// A place in the item.
        item: P,
        /// A place in the other item.
        before: P,
    },
    /// Adds an item in front of the one that `before` lies in.
    Define {
        /// A macro or a list.
        kind: ItemKind,
        /// Its name.
        name: String,
        /// A place in the item that needs it.
        before: P,
    },
}

impl<P> Repair<P> {
    /// The places that it is about.
    pub(crate) fn places(&self) -> Vec<&P> {
        match self {
            Self::InsertKey { at, .. } | Self::Rewrite { at, .. } | Self::Value { at, .. } => vec![at],
            Self::RemoveEntry(at)
            | Self::RemoveElement(at)
            | Self::RemoveCheck(at)
            | Self::Wrap(at)
            | Self::Unwrap(at) => vec![at],
            Self::InsertElement { behind, .. } => vec![behind],
            Self::Move { item, before } => vec![item, before],
            Self::Define { before, .. } => vec![before],
        }
    }

    /// The same with other places.
    pub(crate) fn map<Q>(&self, place: impl Fn(&P) -> Q) -> Repair<Q> {
        match self {
            Self::InsertKey { at, key, value } => {
                Repair::InsertKey { at: place(at), key: key.clone(), value: value.clone() }
            }
            Self::RemoveEntry(at) => Repair::RemoveEntry(place(at)),
            Self::InsertElement { behind, value } => {
                Repair::InsertElement { behind: place(behind), value: value.clone() }
            }
            Self::RemoveElement(at) => Repair::RemoveElement(place(at)),
            Self::RemoveCheck(at) => Repair::RemoveCheck(place(at)),
            Self::Rewrite { at, text } => Repair::Rewrite { at: place(at), text: text.clone() },
            Self::Value { at, text } => Repair::Value { at: place(at), text: text.clone() },
            Self::Wrap(at) => Repair::Wrap(place(at)),
            Self::Unwrap(at) => Repair::Unwrap(place(at)),
            Self::Move { item, before } => Repair::Move { item: place(item), before: place(before) },
            Self::Define { kind, name, before } => {
                Repair::Define { kind: *kind, name: name.clone(), before: place(before) }
            }
        }
    }
}

/// A repair that can be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a command: `replace with proc.name`.
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
    /// What else is to be changed, beside the edits.
    pub repairs: Vec<Repair>,
    /// Whether it never changes what Falco loads, or only repairs what Falco refuses in the one obvious way. Only such
    /// fixes are applied without asking.
    pub safe: bool,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Falco's code (`LOAD_…`) for what Falco reports, a kebab-case name for our own.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Lower case, no full stop.
    pub message: String,
    /// The exact bytes that are wrong.
    pub span: Span,
    /// The item it stands in.
    pub item: Option<ItemName>,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to try.
    pub help: Option<String>,
    /// Repairs, best first.
    pub fixes: Vec<Fix>,
}
