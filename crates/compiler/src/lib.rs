//! Meaning of rules files: from texts in load order to diagnostics and a [`program::Program`].
//!
//! Give [`compile`] the files and [`Options`] and take from the [`Compilation`] our diagnostics (everything that is wrong, each
//! with its exact bytes), Falco's own report ([`LoadResult`], at most one error a file), the program that the engine
//! evaluates, and an index of what is defined and used where. Filters and formats that stand alone: [`compile_filter`],
//! [`compile_output`].
//!
//! The crate does no I/O and knows nothing of editors or of the bytes of events.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cancel;
mod check;
mod collect;
mod compilation;
mod diagnostic;
mod filter;
#[doc(hidden)]
pub mod fixture;
mod ignore;
mod index;
mod items;
pub mod lints;
mod load;
mod loc;
mod logic;
mod lower;
mod named;
mod options;
pub mod program;
pub mod re2;
pub mod report;
mod same;
mod session;
mod sink;
mod slots;
mod stage;
mod text;
mod value;

pub use cancel::Cancel;
pub use compilation::{Cache, Compilation, SourceFile, Work, compile, compile_cached, compile_unless};
pub use diagnostic::{Diagnostic, Edit, FileId, Fix, ItemKind, ItemName, Label, Repair, Severity, Span};
pub use filter::{FilterError, FilterProgram, OutputProgram, compile_filter, compile_output};
pub use index::{Change, Effective, ItemEntry, ItemIndex, ItemSite, Reference};
pub use lints::{LintLevel, LintSettings};
pub use logic::{Part, Relation, Witness};
pub use named::{NameUse, Named};
pub use options::{AppendOutput, LoadedPlugin, Options, Version, VersionError};
pub use report::{FalcoCode, FalcoLocation, FalcoMessage, FalcoPosition, LoadResult, SchemaResult};
pub use same::Differences;
