//! The arguments of `slice`.

use std::path::PathBuf;

/// `falco-rs slice`
#[derive(Debug, clap::Args)]
pub struct Slice {
    /// The capture to cut down, plain or gzip; it is read several times
    pub capture: PathBuf,
    /// The capture to write; compressed unless `--plain`
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Keep the events that these rules match; rules files or folders, in load order
    #[arg(short, long = "rules", value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// Only these rules, disabled ones too
    #[arg(long = "rule", value_name = "NAME", requires = "rules")]
    pub only: Vec<String>,
    /// Keep the events of this process and of what descends from it; may be given several times
    #[arg(long, value_name = "PID")]
    pub pid: Vec<u32>,
    /// Keep the events that satisfy this condition
    #[arg(long, value_name = "CONDITION")]
    pub filter: Option<String>,
    /// Give people, hosts, files in homes and addresses other names, the same everywhere; what rules name themselves stays
    #[arg(long, visible_alias = "anonymize")]
    pub anonymise: bool,
    /// What the other names are made of: the same number gives the same ones, and whoever knows it can tell which name stands for which.
    /// Without it nobody can
    #[arg(long, value_name = "N", requires = "anonymise")]
    pub seed: Option<u64>,
    /// Write plain blocks
    #[arg(long)]
    pub plain: bool,
}
