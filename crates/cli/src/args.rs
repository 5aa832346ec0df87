//! The arguments, as clap reads them. Help texts are the doc comments.

mod alert_captures;
mod diff;
mod explain;
mod inspect;
mod live;
mod replay;
mod slice;
mod test;
mod units;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use alert_captures::{AlertCaptures, CaptureMode};
pub use diff::{Diff, DiffFormat};
pub use explain::Explain;
pub use inspect::{Expand, Graph, GraphFormat};
pub use live::{Doctor, PictureFrom, ProbeHost, Record, Snapshot, Watch};
pub use replay::{Input, ProfileFormat, Read, RuleMatching, Run, StatsFormat};
pub use slice::Slice;
pub use test::{CoverageArgs, CoverageFormat, Schema, SchemaOf, Test, TestFormat};

/// Check, run and test Falco rules.
#[derive(Debug, Parser)]
#[command(name = "falco-rs", version, max_term_width = 100)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// When to colour output
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// Print results only, no summaries
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more about what is done
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report what Falco would refuse or warn about in rules files, and our lints
    Check(Check),
    /// Format rules files; comments and what Falco loads stay the same
    Fmt(Fmt),
    /// Print the events of a capture that satisfy a filter
    Read(Read),
    /// Run rules on recorded or live events and print the alerts
    Run(Box<Run>),
    /// Show why a rule did or did not match
    Explain(Explain),
    /// Show what changed from one set of rules to another: items, meaning, alerts on captures
    Diff(Diff),
    /// Show what a rule, macro or list comes to, with everything in it opened
    Expand(Expand),
    /// Show which rules, macros and lists use which
    Graph(Graph),
    /// Record the running kernel to a capture
    Record(Record),
    /// Cut a capture down to the events that rules match, and what they need
    Slice(Slice),
    /// Run rule tests
    Test(Box<Test>),
    /// Print the JSON Schema of a file format, for editors and validators
    Schema(Schema),
    /// List the fields that rules can use
    Fields(Fields),
    /// Explain the code of a finding (one of Falco's, or one of our lints), or write a page about rules
    Docs(Docs),
    /// Show the processes of this machine and what they have open, as a recording begins with them
    Snapshot(Snapshot),
    /// Show what works on this machine, and how to get what does not
    Doctor(Doctor),
    /// Do what the language server wants done outside its own process
    #[command(hide = true)]
    Job,
    /// Run the language server on standard input and output
    Lsp(Lsp),
    #[command(name = falco_probe::host::COMMAND, hide = true)]
    ProbeHost(ProbeHost),
}

/// `falco-rs check`
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Rules files or folders, loaded together in this order (`-` is standard input); without any, the project file decides
    pub paths: Vec<PathBuf>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Which findings make the exit status 1, beside errors
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Report only these codes
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub select: Vec<String>,
    /// Do not report these codes
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    pub ignore: Vec<String>,
    /// The engine version that the rules must load on, such as 0.62.0
    #[arg(long, value_name = "X.Y.Z")]
    pub engine_version: Option<String>,
    /// Repair what can be repaired without changing what Falco loads; what is read from standard input is printed repaired
    #[arg(long)]
    pub fix: bool,
    /// Repair also what changes, or may change, what Falco loads
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what would be repaired as a unified diff, and write nothing
    #[arg(long)]
    pub diff: bool,
}

/// Output forms of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Excerpts with carets, for reading
    Text,
    /// Our JSON document
    Json,
    /// The JSON document of `falco -V` with json_output
    Falco,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// A JUnit report
    Junit,
    /// GitLab's code quality report
    Gitlab,
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings, too
    Warnings,
}

/// `falco-rs fmt`
#[derive(Debug, clap::Args)]
pub struct Fmt {
    /// Rules files or folders (`-` formats standard input to standard output); without any, the project file decides
    pub paths: Vec<PathBuf>,
    /// Write nothing, name the files that are not formatted; exit status 1 if there are some
    #[arg(long)]
    pub check: bool,
    /// Write nothing, show what would change; exit status 1 if something would
    #[arg(long)]
    pub diff: bool,
}

/// `falco-rs fields`
#[derive(Debug, clap::Args)]
pub struct Fields {
    /// Only fields whose name contains this
    pub pattern: Option<String>,
    /// Only fields of this event source
    #[arg(long)]
    pub source: Option<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = FieldsFormat::Text)]
    pub format: FieldsFormat,
}

/// Output forms of `fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FieldsFormat {
    /// For reading
    Text,
    /// One JSON array
    Json,
    /// A table for documentation
    Markdown,
}

/// `falco-rs docs`
#[derive(Debug, clap::Args)]
pub struct Docs {
    /// The code, such as LOAD_UNKNOWN_FILTER or duplicate-key; without it every code is listed
    #[arg(conflicts_with_all = ["rules", "tests", "format", "output"])]
    pub code: Option<String>,
    /// Write a page about these rules instead: files or folders, in load order
    #[arg(short, long, value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// Run the rule tests in this file or folder, and say on the page what they came to (repeatable)
    #[arg(long, value_name = "FILE|DIR", requires = "rules")]
    pub tests: Vec<PathBuf>,
    /// How to write the page about rules
    #[arg(long, value_enum, default_value_t = CatalogueFormat::Markdown)]
    pub format: CatalogueFormat,
    /// Where to write the page about rules; standard output unless given
    #[arg(short, long, value_name = "FILE", requires = "rules")]
    pub output: Option<PathBuf>,
}

/// Forms of the page that `docs --rules` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogueFormat {
    /// One Markdown file
    Markdown,
    /// One HTML file that needs nothing else
    Html,
}

/// `falco-rs lsp`
#[derive(Debug, clap::Args)]
pub struct Lsp {
    /// Wait for a client on this loopback port instead, for debugging
    #[arg(long, value_name = "PORT")]
    pub socket: Option<u16>,
    /// Accepted because editors pass it; standard input and output are what is used anyway
    #[arg(long, hide = true)]
    pub stdio: bool,
}
