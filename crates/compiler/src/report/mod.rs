//! Falco's own report of a load: what `falco -V` would say about each file.

pub(crate) mod render;
pub(crate) mod schema;

use std::fmt;

/// The codes of Falco's errors and warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum FalcoCode {
    ErrFileRead,
    ErrYamlParse,
    ErrYamlValidate,
    ErrCompileCondition,
    ErrCompileOutput,
    ErrValidate,
    UnknownSource,
    UnsafeNaCheck,
    NoEvttype,
    UnknownFilter,
    UnusedMacro,
    UnusedList,
    UnknownItem,
    DeprecatedItem,
    AppendNoValues,
    ExceptionNameNotUnique,
    InvalidMacroName,
    InvalidListName,
    CompileCondition,
    UnknownKey,
}

impl FalcoCode {
    /// The code as Falco writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrFileRead => "LOAD_ERR_FILE_READ",
            Self::ErrYamlParse => "LOAD_ERR_YAML_PARSE",
            Self::ErrYamlValidate => "LOAD_ERR_YAML_VALIDATE",
            Self::ErrCompileCondition => "LOAD_ERR_COMPILE_CONDITION",
            Self::ErrCompileOutput => "LOAD_ERR_COMPILE_OUTPUT",
            Self::ErrValidate => "LOAD_ERR_VALIDATE",
            Self::UnknownSource => "LOAD_UNKNOWN_SOURCE",
            Self::UnsafeNaCheck => "LOAD_UNSAFE_NA_CHECK",
            Self::NoEvttype => "LOAD_NO_EVTTYPE",
            Self::UnknownFilter => "LOAD_UNKNOWN_FILTER",
            Self::UnusedMacro => "LOAD_UNUSED_MACRO",
            Self::UnusedList => "LOAD_UNUSED_LIST",
            Self::UnknownItem => "LOAD_UNKNOWN_ITEM",
            Self::DeprecatedItem => "LOAD_DEPRECATED_ITEM",
            Self::AppendNoValues => "LOAD_APPEND_NO_VALUES",
            Self::ExceptionNameNotUnique => "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
            Self::InvalidMacroName => "LOAD_INVALID_MACRO_NAME",
            Self::InvalidListName => "LOAD_INVALID_LIST_NAME",
            Self::CompileCondition => "LOAD_COMPILE_CONDITION",
            Self::UnknownKey => "LOAD_UNKNOWN_KEY",
        }
    }

    /// What it means, in our words: the `codedesc` of the report.
    pub fn description(self) -> &'static str {
        match self {
            Self::ErrFileRead => "the file cannot be read",
            Self::ErrYamlParse => "the text is not YAML",
            Self::ErrYamlValidate => "the YAML does not have the shape of a rules file",
            Self::ErrCompileCondition => "a condition does not compile",
            Self::ErrCompileOutput => "an output does not compile",
            Self::ErrValidate => "the items do not fit together",
            Self::UnknownSource => "the rule is for an event source that the engine does not have, and is skipped",
            Self::UnsafeNaCheck => "the condition compares a field with <NA>, which never does what it seems to",
            Self::NoEvttype => "the condition can hold on too many event types and is evaluated for all of them",
            Self::UnknownFilter => "the rule uses a field or event type that is not known, and is skipped",
            Self::UnusedMacro => "no rule and no macro uses the macro",
            Self::UnusedList => "nothing uses the list",
            Self::UnknownItem => "the item is of no known kind and is ignored",
            Self::DeprecatedItem => "something deprecated is used",
            Self::AppendNoValues => "an appended exception brings no values",
            Self::ExceptionNameNotUnique => "two exceptions of one rule have the same name",
            Self::InvalidMacroName => "the macro's name is no identifier",
            Self::InvalidListName => "the list's name is no plain word",
            Self::CompileCondition => "a condition compiles, but may not mean what it says",
            Self::UnknownKey => "the item has a key that is not known for its kind, and that is ignored",
        }
    }

    /// Whether the file is refused.
    pub fn is_error(self) -> bool {
        self <= Self::ErrValidate
    }
}

impl fmt::Display for FalcoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of one file in Falco.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadResult {
    /// The file's name, as it was given.
    pub name: String,
    /// Whether it loads.
    pub successful: bool,
    /// At most one.
    pub errors: Vec<FalcoMessage>,
    /// In order of emission. Empty unless [`crate::Options::falco_report`] is set.
    pub warnings: Vec<FalcoMessage>,
    /// What the schema check says of the first document; `None` where there is none or the text is not YAML (or
    /// [`crate::Options::falco_report`] is off). It never decides whether a file loads.
    pub schema: Option<SchemaResult>,
}

/// Outcome of the schema check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaResult {
    /// One text per violation; none: the document is valid.
    pub warnings: Vec<String>,
}

impl SchemaResult {
    /// Whether the first document follows the schema.
    pub fn is_valid(&self) -> bool {
        self.warnings.is_empty()
    }
}

/// An error or a warning of Falco.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FalcoMessage {
    /// Its code.
    pub code: FalcoCode,
    /// What is wrong, in our words.
    pub message: String,
    /// From the whole file to the innermost item.
    pub locations: Vec<FalcoLocation>,
    /// The line around the innermost position and a line with a `^`.
    pub snippet: String,
    /// The field, for a deprecated one.
    pub deprecated_field: Option<&'static str>,
}

/// One level of a message's location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FalcoLocation {
    /// What kind of thing, such as `rule` or `value for`.
    pub item_type: &'static str,
    /// Its name, if it has one.
    pub item_name: String,
    /// Where.
    pub position: FalcoPosition,
}

/// A position as Falco prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FalcoPosition {
    /// The file's name or, inside a condition, its beginning in quotes.
    pub name: String,
    /// 0-based in YAML, mixed in conditions.
    pub line: u32,
    /// 0-based in YAML, mixed in conditions.
    pub column: u32,
    /// Bytes.
    pub offset: u32,
}
