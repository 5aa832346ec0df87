//! `falco-rs diff`.

use std::path::PathBuf;

use clap::ValueEnum;

/// `falco-rs diff`
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The rules before: a file, a folder, or one of a commit as `REVISION:PATH`
    pub old: PathBuf,
    /// The rules after, likewise
    pub new: PathBuf,
    /// Further rules files and folders that both sets are loaded behind, such as the rules that these extend
    #[arg(short, long, value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// Run both on a capture and tell which alerts come and go (repeatable)
    #[arg(long, value_name = "FILE")]
    pub capture: Vec<PathBuf>,
    /// Say which number of the version goes up by the policy of Falco's own rules, and because of what
    #[arg(long)]
    pub semver: bool,
    /// How to print the differences
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
}

/// Output forms of `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For reading
    Text,
    /// One JSON document
    Json,
}
