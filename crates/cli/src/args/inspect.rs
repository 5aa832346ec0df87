//! `falco-rs expand` and `falco-rs graph`.

use std::path::PathBuf;

use clap::ValueEnum;

/// `falco-rs expand`
#[derive(Debug, clap::Args)]
pub struct Expand {
    /// The rule, macro or list; without it every rule
    pub name: Option<String>,
    /// Rules files or folders, in load order; without any, the project file decides
    #[arg(short, long, value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// Print one JSON document instead
    #[arg(long)]
    pub json: bool,
}

/// `falco-rs graph`
#[derive(Debug, clap::Args)]
pub struct Graph {
    /// Rules files or folders, in load order; without any, the project file decides
    pub paths: Vec<PathBuf>,
    /// Only what this rule, macro or list uses, and what uses it
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub format: GraphFormat,
}

/// Output forms of `graph`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Graphviz
    Dot,
    /// One JSON document
    Json,
}
