//! The arguments, as clap reads them. Help texts are the doc comments.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

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
    /// Print the events of a capture that satisfy a filter
    Read(Read),
    /// Run rules on recorded events and print the alerts
    Run(Run),
    /// Run rule tests
    Test(Test),
    /// List the fields that rules can use
    Fields(Fields),
    /// Explain the code of a finding: one of Falco's, or one of our lints
    Docs(Docs),
    /// Run the language server on standard input and output
    Lsp(Lsp),
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
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings, too
    Warnings,
}

/// `falco-rs read`
#[derive(Debug, clap::Args)]
pub struct Read {
    /// The capture, plain or gzip (`-` is standard input)
    pub capture: PathBuf,
    /// A condition as rules have it; without it every event is printed
    pub filter: Option<String>,
    /// What to print of an event, as in the output of a rule; a `*` in front keeps events without some of the values
    #[arg(short = 'p', long = "print", value_name = "FORMAT")]
    pub format: Option<String>,
    /// One JSON object of the format's fields a line
    #[arg(long)]
    pub json: bool,
    /// Do not let this machine's users and groups name the ids that the capture itself does not name
    #[arg(long)]
    pub no_local_users: bool,
    /// Stop after so many printed events
    #[arg(short = 'n', long, value_name = "N")]
    pub max_events: Option<u64>,
}

/// `falco-rs run`
#[derive(Debug, clap::Args)]
pub struct Run {
    /// Rules files or folders, in load order; without any, the project file decides
    #[arg(short, long = "rules", value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// A capture to replay, plain or gzip (`-` is standard input); may be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "events")]
    pub capture: Vec<PathBuf>,
    /// Made-up events: one JSON object of fields and values a line (`-` is standard input)
    #[arg(long, value_name = "FILE", conflicts_with = "capture")]
    pub events: Option<PathBuf>,
    /// One JSON object a line, with Falco's keys
    #[arg(long)]
    pub json: bool,
    /// Whether an event raises the alert of the first rule that it matches, or of every one
    #[arg(long, value_enum, default_value_t = RuleMatching::First)]
    pub rule_matching: RuleMatching,
    /// Only these rules, disabled ones too
    #[arg(long = "rule", value_name = "NAME")]
    pub only: Vec<String>,
    /// Stop after so many events
    #[arg(short = 'n', long, value_name = "N")]
    pub max_events: Option<u64>,
    /// Do not let this machine's users and groups name the ids that the capture itself does not name
    #[arg(long)]
    pub no_local_users: bool,
    /// Times in UTC as ISO 8601 instead of the local time of day
    #[arg(long)]
    pub time_iso8601: bool,
    /// Text that is joined to the output of every rule, with fields as in outputs; may be given several times
    #[arg(long, value_name = "FORMAT")]
    pub append_output: Vec<String>,
}

/// What `--rule-matching` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RuleMatching {
    /// The first rule in load order, as Falco does by default
    First,
    /// Every rule
    All,
}

/// `falco-rs test`
#[derive(Debug, clap::Args)]
pub struct Test {
    /// Test files, or folders that are searched for `*_test.yaml` and `*.test.yaml`
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub format: TestFormat,
}

/// Output forms of `test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For reading
    Text,
    /// One JSON document
    Json,
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
    pub code: Option<String>,
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
