//! The `falco-rs` command line: argument parsing, rendering, exit statuses. The logic lives in the other crates.
//!
//! Exit status: 0 all good; 1 the check, test or comparison found something; 2 wrong usage, unreadable input or an internal
//! failure. Results go to standard output, errors to standard error.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod capture;
mod commands;
mod dashboard;
mod error;
mod events;
mod git;
mod inputs;
mod loaded;
mod places;
mod progress;
mod render;
mod revision;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::error::CliError;

/// The server works on many threads in turn, and the system's allocator keeps a heap for each: twice the memory, and slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // clap's own status for wrong usage is 2, for --help and --version 0: the contract's, too.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let global = args.global;
    let result = match args.command {
        Command::Check(check) => commands::check::run(&check, &global),
        Command::Fmt(fmt) => commands::fmt::run(&fmt, &global),
        Command::Read(read) => commands::read::run(&read, &global),
        Command::Explain(explain) => commands::explain::run(&explain, &global),
        Command::Diff(diff) => commands::diff::run(&diff, &global),
        Command::Expand(expand) => commands::expand::run(&expand, &global),
        Command::Graph(graph) => commands::graph::run(&graph, &global),
        Command::Record(record) => commands::record::run(&record, &global),
        Command::Run(run) => commands::run::run(&run, &global),
        Command::Slice(slice) => commands::slice::run(&slice, &global),
        Command::Test(test) => commands::test::run(&test, &global),
        Command::Schema(schema) => commands::schema::run(&schema, &global),
        Command::Fields(fields) => commands::fields::run(&fields, &global),
        Command::Docs(docs) => commands::docs::run(&docs, &global),
        Command::Snapshot(snapshot) => commands::snapshot::run(&snapshot),
        Command::Doctor(doctor) => commands::doctor::run(&doctor),
        Command::Job => commands::job::run(),
        Command::Lsp(lsp) => commands::lsp::run(&lsp),
        Command::ProbeHost(host) => commands::probe_host::run(&host),
    };
    match result {
        Ok(outcome) => outcome.into(),
        // Whoever reads our output has seen enough; that is no failure of ours.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            render::error(&error, &global);
            ExitCode::from(2)
        }
    }
}

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All good.
    Clean,
    /// The check or test found something.
    Findings,
}

impl Outcome {
    /// Of two things that were done.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Clean { other } else { self }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Clean => Self::SUCCESS,
            Outcome::Findings => Self::from(1),
        }
    }
}

/// A command's result.
type Result<T = Outcome> = std::result::Result<T, CliError>;
