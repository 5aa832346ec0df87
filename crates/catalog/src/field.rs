//! Fields: what a condition can look at.

use crate::doc::Doc;
use crate::types::{ParamType, PrintFormat};
use crate::versions::{self, Since, Subject};

pub use crate::catalog::Catalog;
pub use crate::resolve::FieldError;

/// A field of the catalogue it was resolved in. Ids of built-in fields and of the fields of the well-known plugins are the
/// constants of this module, such as [`PROC_NAME`]; those of plugins loaded at run time follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// A field's argument, as the engine wants it.
///
/// | text | argument |
/// | --- | --- |
/// | `proc.aname[2]`, `evt.arg[0]`, `evt.around[17]`, `fd.types[3]` | `Index` |
/// | `evt.arg.flags`, `evt.rawarg.fd`, `thread.cgroup.cpu` | `Key` of the parameter's or subsystem's name |
/// | `evt.type.is.open`, `evt.type.is.3` | `Key` of the name, `Index` of the code |
/// | `evt.abspath`, `evt.abspath.src`, `evt.abspath.dst` | `None`, `Key("src")`, `Key("dst")` |
/// | `proc.env[PATH]`, `proc.env[3]` | `Key`; digits alone make an `Index` |
/// | plugins' `x[7]`, `x[key]` | `Index` where the field takes indices and the text is one, else `Key` |
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

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// The id.
    pub id: FieldId,
    /// The name, such as `proc.name`.
    pub name: &'static str,
    /// The type of its value, or of its elements. `evt.rawarg` has [`ParamType::Dyn`] until its argument is known.
    pub ty: ParamType,
    /// Whether the value is a list.
    pub is_list: bool,
    /// Whether it takes an argument.
    pub arg: ArgSpec,
    /// Plugin fields: whether the argument may be an index.
    pub arg_index: bool,
    /// Plugin fields: whether the argument may be a key.
    pub arg_key: bool,
    /// How a number is printed.
    pub format: PrintFormat,
    /// Properties.
    pub flags: FieldFlags,
    /// The class it is listed under: `evt`, `process`, …, or the plugin's name.
    pub class: &'static str,
    /// The plugin that gives it.
    pub plugin: Option<&'static str>,
    /// Our documentation.
    pub doc: &'static str,
    /// An example in the rules language; may be empty.
    pub example: &'static str,
    /// The Falco version that brought it, where known.
    pub since: Option<&'static str>,
    /// For deprecated fields: why, and what to use.
    pub deprecated: Option<&'static str>,
}

impl FieldInfo {
    /// The documentation with its example.
    pub fn doc(&self) -> Doc {
        Doc { text: self.doc, example: self.example }
    }

    /// Since when there is the field; `None`: unknown.
    pub fn known_since(&self) -> Option<&'static Since> {
        versions::since(Subject::Field, self.name)
    }

    /// Since when it is deprecated; `None`: it is not, or it is unknown since when.
    pub fn deprecated_since(&self) -> Option<&'static Since> {
        versions::deprecated_since(Subject::Field, self.name)
    }

    /// What a reader is told the type is, such as `string` or `list of string`.
    pub fn type_label(&self) -> String {
        if self.is_list { format!("list of {}", self.ty.label()) } else { self.ty.label().to_owned() }
    }

    /// How the argument is written, to be shown behind the name: `[index]`, `.name`, or nothing.
    pub fn arg_hint(&self) -> &'static str {
        match (self.name, self.arg) {
            (_, ArgSpec::None) => "",
            ("evt.arg", _) => ".name | [index]",
            ("evt.rawarg" | "thread.cgroup" | "evt.type.is", _) => ".name",
            ("evt.abspath", _) => ".src | .dst",
            ("evt.around", _) => "[time]",
            ("proc.env" | "proc.aenv", _) => "[name]",
            _ if self.arg_index && self.arg_key => "[index or key]",
            _ if self.arg_key => "[key]",
            _ => "[index]",
        }
    }
}

/// Properties of a field (`EPF_*` and, for plugins, the schema's), as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldFlags(pub u16);

macro_rules! field_flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl FieldFlags {
            $($(#[$doc])* pub const fn $name(self) -> bool { self.0 & (1 << $bit) != 0 })*
        }
    };
}

field_flags! {
    /// Using it raises `LOAD_DEPRECATED_ITEM` (for all but table-only fields).
    deprecated = 0;
    /// Meant for conditions only; in an output it renders as if it had no value.
    filter_only = 1;
    /// Meant for outputs only.
    print_only = 2;
    /// An internal column of table views: known, but not listed.
    table_only = 3;
    /// Not usable on the right side of a comparison, nor compared with a right-side field.
    no_rhs = 4;
    /// Not usable under a transformer.
    no_transformer = 5;
    /// Its value lives only until the field is computed again.
    no_ptr_stability = 6;
    /// A plugin's field that is not shown.
    plugin_hidden = 7;
    /// A plugin's field that names an end of a conversation.
    conversation = 8;
    /// A plugin's field that sums the event up.
    info = 9;
    /// A plugin's field that it suggests for outputs.
    suggested_output = 10;
}

impl FieldFlags {
    /// Whether completion and listings leave it out.
    pub const fn hidden(self) -> bool {
        self.table_only() || self.plugin_hidden()
    }

    /// Whether it may stand on the right side of a comparison.
    pub const fn rhs_allowed(self) -> bool {
        !self.no_rhs()
    }

    /// Whether it may stand under a transformer.
    pub const fn transformer_allowed(self) -> bool {
        !self.no_transformer()
    }
}

/// A class of built-in fields: they are looked up class by class.
#[derive(Debug)]
pub struct FieldClass {
    /// The name that listings use, such as `process`.
    pub name: &'static str,
    /// The engine's name for it, such as `thread`.
    pub id: &'static str,
    /// Whether every event source has it, and not `syscall` alone.
    pub generic: bool,
    /// Whether listings leave it out.
    pub hidden: bool,
    /// What it is about.
    pub doc: &'static str,
    pub(crate) special: Special,
    pub(crate) first: u16,
    pub(crate) sorted: &'static [u16],
}

impl FieldClass {
    /// The fields, in Falco's order.
    pub fn fields(&self) -> &'static [FieldInfo] {
        let first = usize::from(self.first);
        &FIELDS[first..first + self.sorted.len()]
    }
}

/// Classes with fields that read their argument in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    None,
    Event,
    Thread,
    Fd,
}

/// A plugin whose schema the catalogue holds.
#[derive(Debug)]
pub(crate) struct KnownPlugin {
    pub name: &'static str,
    pub source: Option<&'static str>,
    pub extract: &'static [&'static str],
    pub doc: &'static str,
    pub first: u16,
    pub sorted: &'static [u16],
}

/// The classes of built-in fields, in the order in which they are asked.
pub fn classes() -> &'static [FieldClass] {
    CLASSES
}

/// The built-in fields, in Falco's order.
pub fn builtin() -> &'static [FieldInfo] {
    &FIELDS[..BUILTIN_COUNT]
}

/// All fields of the catalogue's own tables, the well-known plugins' after the built-in ones; the index is the id.
pub fn known() -> &'static [FieldInfo] {
    &FIELDS
}

/// A field of the catalogue's own tables by its exact name, without argument.
pub fn by_name(name: &str) -> Option<&'static FieldInfo> {
    let i = BY_NAME.binary_search_by_key(&name, |&id| FIELDS[usize::from(id)].name).ok()?;
    FIELDS.get(usize::from(BY_NAME[i]))
}

pub use ids::*;

include!(concat!(env!("OUT_DIR"), "/fields.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_name_their_fields() {
        assert_eq!((builtin().len(), known().len()), (233, 633));
        for (i, f) in known().iter().enumerate() {
            assert_eq!(usize::from(f.id.0), i);
            assert_eq!(by_name(f.name).map(|f| f.id), Some(f.id));
        }
        assert_eq!(known()[usize::from(PROC_NAME.0)].name, "proc.name");
        assert_eq!(known()[usize::from(CONTAINER_IMAGE_REPOSITORY.0)].name, "container.image.repository");
        assert_eq!(known()[usize::from(KA_REQ_POD_HOST_IPC.0)].plugin, Some("k8saudit"));
        assert!(by_name("proc.nam").is_none());
    }

    #[test]
    fn properties() {
        let port = by_name("fd.port").unwrap();
        assert!(port.flags.filter_only() && !port.flags.rhs_allowed() && !port.flags.transformer_allowed());
        assert!(by_name("evt.dir").unwrap().flags.deprecated());
        assert!(by_name("evt.latency.quantized").unwrap().flags.hidden());
        assert_eq!(by_name("fd.types").unwrap().type_label(), "list of string");
        assert_eq!(by_name("proc.aname").unwrap().arg_hint(), "[index]");
        assert_eq!(by_name("evt.rawarg").unwrap().arg_hint(), ".name");
        assert_eq!(by_name("container.mount").unwrap().arg_hint(), "[index or key]");
    }
}
