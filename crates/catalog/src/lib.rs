//! The facts of Falco's world: fields, events, system calls, operators, transformers, flags, priorities, message codes, and
//! our own documentation of each.
//!
//! Static tables, made at build time from the data files in `data/`; plugin schemas extend them at run time. The crate knows
//! nothing of syntax trees or engines. Start reading at [`Catalog`] for fields and sources, [`event`] for the event table.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod catalog;
pub mod codes;
pub mod conversion;
pub mod doc;
pub mod errno;
pub mod event;
pub mod event_set;
pub mod field;
pub mod files;
pub mod flags;
pub mod keys;
pub mod language;
mod resolve;
pub mod suggest;
pub mod syscall;
pub mod test_format;
pub mod types;
pub mod versions;

pub use catalog::{Catalog, FieldSchema, PluginSchema, SchemaError, SourceInfo};
pub use doc::Doc;
pub use event::{EventCategory, EventInfo, EventType, ParamInfo};
pub use event_set::EventSet;
pub use field::{ArgSpec, FieldArg, FieldError, FieldFlags, FieldId, FieldInfo, FieldRef};
pub use flags::FlagsTable;
pub use keys::{ItemKind, KeyInfo};
pub use syscall::Syscall;
pub use types::{ParamType, PrintFormat, TypeClass};
pub use versions::EngineVersion;
