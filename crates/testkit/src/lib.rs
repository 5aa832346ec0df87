//! Rule tests: files that say which events must raise which alerts.
//!
//! The crate reads test files, runs them through the same compiler and engine as everything else, and tells what failed and
//! why. It knows nothing of terminals and of LSP. Start reading at [`mod@file`] for the format, [`run_file`] for what a case comes
//! to, [`report`] for what is told of it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod append;
mod command;
pub mod coverage;
mod decode;
pub mod discover;
pub mod expect;
pub mod file;
pub mod report;
mod run;
pub mod texts;

pub use command::{CommandError, Commands, NoCommands, Recorded};
pub use decode::parse;
pub use file::{Case, EventSpec, Expect, Problem, Source, Spanned, TestFile};
pub use report::{CaseReport, Failure, FileReport, Outcome};
pub use run::{RunOptions, made_up, rules_of, run_file, run_file_with};
