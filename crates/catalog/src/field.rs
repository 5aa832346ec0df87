//! Fields and where they are found.

use crate::types::ParamType;

/// A field of the catalogue it was resolved in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// A field's argument, as the engine wants it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldArg {
    /// No argument.
    None,
    /// A number, as in `proc.aname[2]` or `evt.arg[0]`.
    Index(i64),
    /// Text, as in `proc.env[PATH]` or `evt.arg.flags`.
    Key(Box<str>),
}

/// A resolved field with its argument.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldRef {
    /// The field.
    pub id: FieldId,
    /// The argument.
    pub arg: FieldArg,
    /// The type of its value (or of its elements, for list fields). Only for `evt.rawarg` does it differ from the field's.
    pub ty: ParamType,
    /// Whether the value is a list.
    pub is_list: bool,
}

/// Whether a field takes an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArgSpec {
    /// None is accepted.
    None,
    /// One may be given.
    Allowed,
    /// One must be given.
    Required,
}

/// One field. (The catalogue's author completes this.)
#[derive(Debug)]
pub struct FieldInfo {
    /// The id.
    pub id: FieldId,
    /// The name, such as `proc.name`.
    pub name: &'static str,
}

/// Why a field did not resolve. (The catalogue's author completes this.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// No such field for the source.
    Unknown,
}

/// All fields, by event source. (The catalogue's author completes this.)
#[derive(Debug)]
pub struct Catalog {}
