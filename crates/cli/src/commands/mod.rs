//! One file a command.

pub mod check;
pub mod docs;
pub mod fields;
pub mod lsp;
pub mod read;
pub mod run;
pub mod test;
