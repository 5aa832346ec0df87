//! The arguments of recordings that alerts begin.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::units::{duration, size};

/// Falco's `capture` settings, and the time before.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Recording")]
pub struct AlertCaptures {
    /// Record when a rule with `capture: true` raises an alert, as Falco's `capture` settings have it
    #[arg(long)]
    pub capture_on_alert: bool,
    /// A falco.yaml, whose `capture` settings are taken; options go before them
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the recordings' names begin with; they go on with the alert's time and the event's number [default: /tmp/falco]
    #[arg(long, value_name = "PREFIX")]
    pub capture_path_prefix: Option<PathBuf>,
    /// Which rules' alerts begin recordings [default: rules]
    #[arg(long, value_enum, value_name = "MODE")]
    pub capture_mode: Option<CaptureMode>,
    /// How long a recording goes on after an alert whose rule has no `capture_duration` [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub capture_default_duration: Option<Duration>,
    /// End a recording that has this size [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub capture_max_file_size: Option<u64>,
    /// Begin recordings this long before the alert
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub capture_before: Option<Duration>,
    /// The memory for the time before alerts, at most
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "32MB")]
    pub capture_before_size: u64,
}

/// What `--capture-mode` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum CaptureMode {
    /// Those with `capture: true`
    Rules,
    /// All
    AllRules,
}
