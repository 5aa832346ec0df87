//! One file a command.

pub mod catalogue;
pub mod check;
pub mod diff;
pub mod docs;
pub mod doctor;
pub mod expand;
pub mod explain;
pub mod fields;
pub mod fix;
pub mod fmt;
pub mod graph;
pub mod job;
pub mod live;
pub mod lsp;
pub mod probe_host;
pub mod read;
pub mod record;
pub mod record_test;
pub mod recorded;
pub mod run;
pub mod schema;
pub mod slice;
pub mod snapshot;
pub mod test;
