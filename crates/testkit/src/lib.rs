//! Rule tests: files that say which events must raise which alerts.
//!
//! The crate reads test files, runs them through the same compiler and engine as everything else, and tells what failed and
//! why. It knows nothing of terminals and of LSP. Start reading at [`mod@file`] for the format, [`run_file`] for what a case comes
//! to, [`report`] for what is told of it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod append;
mod command;
pub mod compare;
pub mod coverage;
mod decode;
mod depends;
pub mod discover;
pub mod expect;
pub mod file;
pub mod formats;
mod matrix;
pub mod mutate;
mod order;
pub mod report;
mod run;
pub mod schema;
pub mod texts;
pub mod update;

pub use command::{CommandError, Commands, NoCommands, Recorded};
pub use decode::parse;
pub use depends::Depends;
pub use file::{Case, EventSpec, Expect, Problem, Source, Spanned, TestFile};
pub use order::{in_order, run_files, shuffle};
pub use report::{CaseReport, Failure, FileReport, Outcome};
pub use run::{Counted, RunOptions, made_up, rules_of, run_file, run_file_with};
