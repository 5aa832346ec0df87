//! The facts of Falco's world: fields, events, system calls, operators, transformers, flags, priorities, message codes, and
//! our own documentation of each.
//!
//! Static tables, made at build time from the data files in `data/`; plugin schemas extend them at run time. The crate knows
//! nothing of syntax trees or engines. Start reading at [`Catalog`] for fields and sources, [`event`] for the event table.

pub mod event;
pub mod field;
pub mod types;

pub use event::{EventInfo, EventSet, EventType, ParamInfo};
pub use field::{ArgSpec, Catalog, FieldArg, FieldError, FieldId, FieldInfo, FieldRef};
pub use types::{ParamType, PrintFormat};
