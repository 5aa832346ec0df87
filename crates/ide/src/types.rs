//! Plain data that the features return. Offsets are bytes of the file's text.

use std::collections::BTreeMap;

use falco_syntax::{TextRange, TextSize};

/// A file of the workspace, by its place in load order of the snapshot it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FilePosition {
    /// The file.
    pub file: FileId,
    /// The offset.
    pub offset: TextSize,
}

/// A stretch of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileRange {
    /// The file.
    pub file: FileId,
    /// The range.
    pub range: TextRange,
}

/// A replacement of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced.
    pub range: TextRange,
    /// By what.
    pub text: String,
}

/// A change of several files. The edits of a file do not overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// By file.
    pub edits: BTreeMap<FileId, Vec<TextEdit>>,
}

/// What an action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActionKind {
    /// Repairs a finding.
    QuickFix,
    /// Gives a part a name of its own.
    Extract,
    /// Puts contents in the place of a name.
    Inline,
    /// Says the same in another way.
    Rewrite,
    /// Applies every repair that is safe.
    FixAll,
    /// Anything else that changes a whole file.
    Source,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What it is known by to [`crate::Analysis::resolve_action`].
    pub id: String,
    /// What it does, as a command.
    pub title: String,
    /// What it is for.
    pub kind: ActionKind,
    /// Whether it is the obvious thing to do.
    pub preferred: bool,
    /// The finding that it repairs: its place and code.
    pub fixes: Option<(TextRange, String)>,
    /// What it changes; `None` where that takes longer and is left for when it is asked for.
    pub change: Option<Change>,
}

/// Which actions somebody wants to hear of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionFilter {
    /// Only of these kinds; all where it is empty.
    pub kinds: Vec<ActionKind>,
    /// Only repairs of findings with these codes; of all where it is empty.
    pub codes: Vec<String>,
}

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Severity {
    Error,
    Warning,
    Info,
    Hint,
}

/// What an editor shows of a diagnostic beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiagnosticTag {
    /// Greyed out.
    Unused,
    /// Struck through.
    Deprecated,
}

/// A finding in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The exact words.
    pub range: TextRange,
    /// The severity.
    pub severity: Severity,
    /// Falco's code, or the name of our lint.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// How an editor draws it.
    pub tags: Vec<DiagnosticTag>,
    /// Other places that matter, with what they show.
    pub related: Vec<(FileRange, String)>,
}

/// What a completion stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CompletionKind {
    Field,
    Operator,
    Keyword,
    Macro,
    List,
    Rule,
    Event,
    Transformer,
    Key,
    Value,
    Snippet,
}

/// One completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    /// What the list shows.
    pub label: String,
    /// What it stands for.
    pub kind: CompletionKind,
    /// Type or a short remark, beside the label.
    pub detail: Option<String>,
    /// What its documentation is about; [`Analysis::documentation`](crate::Analysis::documentation) has it.
    pub topic: Option<Topic>,
    /// What the text under the cursor is matched with, where that is not the label.
    pub filter: Option<String>,
    /// The replacement: the partial word under the cursor, and the text for it.
    pub edit: TextEdit,
    /// Whether the text has `$1`, `${1:x}` and `$0` stops.
    pub is_snippet: bool,
    /// Struck through.
    pub deprecated: bool,
    /// The more relevant the smaller; ties go by label.
    pub rank: u8,
}

/// The completions at a position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompletionList {
    /// The completions, best first.
    pub items: Vec<CompletionItem>,
    /// Whether there may be others once more is written, so that the client has to ask again.
    pub is_incomplete: bool,
}

/// Something that has a documentation. It travels to the client and back, so it holds names alone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Topic {
    Field(String),
    Event(String),
    Operator(String),
    Modifier(String),
    Connective(String),
    Transformer(String),
    Macro(String),
    List(String),
    Rule(String),
    /// A value of a field: the field and the value.
    Value(String, String),
    Tag(String),
    Priority(String),
    Source(String),
    /// A key by its path, such as `rule.capture`.
    Key(String),
    /// `append` or `replace`.
    OverrideAction(String),
}

/// The call that the cursor is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureHelp {
    /// The call as it is written, parameters named.
    pub label: String,
    /// Markdown.
    pub documentation: String,
    /// Where the parameters stand in the label, in bytes.
    pub parameters: Vec<std::ops::Range<usize>>,
    /// The parameter that is being written.
    pub active: usize,
}

/// A hover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub range: TextRange,
    /// Markdown.
    pub markdown: String,
}

/// Where a name is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavigationTarget {
    /// The file.
    pub file: FileId,
    /// The whole item.
    pub full_range: TextRange,
    /// The name.
    pub focus_range: TextRange,
    /// The name's text.
    pub name: String,
}

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum SymbolKind {
    Rule,
    Macro,
    List,
    Exception,
    Key,
    Requirement,
}

/// A symbol of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSymbol {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// A short remark, such as a rule's priority.
    pub detail: Option<String>,
    /// The whole item.
    pub full_range: TextRange,
    /// The name; within `full_range`.
    pub focus_range: TextRange,
    /// Struck through (deprecated forms).
    pub deprecated: bool,
    /// Inner symbols.
    pub children: Vec<DocumentSymbol>,
}
