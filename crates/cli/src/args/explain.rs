//! The arguments of `explain`.

use std::path::PathBuf;

use super::Input;

/// `falco-rs explain`
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Rules files or folders, in load order; without any, the project file decides
    #[arg(short, long = "rules", value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// The rule
    #[arg(long, value_name = "NAME")]
    pub rule: String,
    /// The capture that has the events, plain or gzip (`-` is standard input)
    #[arg(long, value_name = "FILE", required_unless_present = "events")]
    pub capture: Option<PathBuf>,
    /// Made-up events instead: one JSON object of fields and values a line (`-` is standard input)
    #[arg(long, value_name = "FILE", conflicts_with = "capture")]
    pub events: Option<PathBuf>,
    /// The event to explain, by its number (`evt.num`; of made-up events the line among those that are not empty). Without it, the
    /// events that came nearest to matching without doing so
    #[arg(long, value_name = "N")]
    pub event: Option<u64>,
    /// How many near misses to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub nearest: u16,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
    /// Go on where events of an old capture are paired wrongly, as after lost events
    #[arg(long)]
    pub lenient: bool,
    /// Do not let this machine's users and groups name the ids that the capture itself does not name
    #[arg(long)]
    pub no_local_users: bool,
}

impl Explain {
    /// How the capture is read.
    pub fn input(&self) -> Input {
        Input { jobs: 1, lenient: self.lenient }
    }
}
