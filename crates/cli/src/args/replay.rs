//! The arguments of `run` and `read`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, ValueEnum};
use falco_compiler::program::Priority;

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
    #[command(flatten)]
    pub input: Input,
}

/// How captures are read.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Input {
    /// Threads that share the work, one of which reads; `0` is one for each processor. The output is the same
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub jobs: usize,
    /// Go on where events of an old capture are paired wrongly, as after lost events; Falco ends the capture there
    #[arg(long)]
    pub lenient: bool,
}

impl Input {
    /// The number of threads.
    pub fn jobs(self) -> usize {
        match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            jobs => jobs.min(MOST_JOBS),
        }
    }
}

/// Each keeps the whole state of the recorded machine.
const MOST_JOBS: usize = 256;

/// `falco-rs run`
#[derive(Debug, Clone, clap::Args)]
pub struct Run {
    /// Rules files or folders, in load order; without any, the project file decides
    #[arg(short, long = "rules", value_name = "FILE|DIR")]
    pub rules: Vec<PathBuf>,
    /// A capture to replay, plain or gzip (`-` is standard input); may be given several times
    #[arg(long, value_name = "FILE", required_unless_present_any = ["events", "live"])]
    pub capture: Vec<PathBuf>,
    /// Made-up events: one JSON object of fields and values a line (`-` is standard input)
    #[arg(long, value_name = "FILE", conflicts_with = "capture")]
    pub events: Option<PathBuf>,
    /// The running kernel
    #[arg(long, conflicts_with_all = ["capture", "events"], help_heading = "Live")]
    pub live: bool,
    /// Read the rules again when their files change; what is known of the machine stays, and no event is lost
    #[arg(long = "watch", requires = "live", conflicts_with_all = ["capture", "events", "profile", "flamegraph"], help_heading = "Live")]
    pub reload: bool,
    /// Show alerts, counts and rates on the terminal as they come, instead of printing alerts to it
    #[arg(long, requires = "live", conflicts_with_all = ["capture", "events"], help_heading = "Live")]
    pub tui: bool,
    #[command(flatten)]
    pub watch: super::Watch,
    #[command(flatten)]
    pub input: Input,
    /// Stop after so many events
    #[arg(short = 'n', long, value_name = "N")]
    pub max_events: Option<u64>,
    /// Do not let this machine's users and groups name the ids that the capture itself does not name
    #[arg(long)]
    pub no_local_users: bool,

    /// Whether an event raises the alert of the first rule that it matches, or of every one
    #[arg(long, value_enum, default_value_t = RuleMatching::First, help_heading = "Rules")]
    pub rule_matching: RuleMatching,
    /// Only these rules, disabled ones too
    #[arg(long = "rule", value_name = "NAME", help_heading = "Rules")]
    pub only: Vec<String>,
    /// Only rules of this priority and more urgent ones
    #[arg(long, value_name = "PRIORITY", default_value = "debug", value_parser = priority, help_heading = "Rules")]
    pub priority: Priority,

    /// Where alerts go: `stdout`, `file:PATH` (at its end), `program:COMMAND` (to its input), or a URL that each is posted to; may
    /// be given several times
    #[arg(short, long, value_name = "WHERE", default_value = "stdout", help_heading = "Alerts")]
    pub output: Vec<String>,
    /// One JSON object a line, with Falco's keys
    #[arg(long, help_heading = "Alerts")]
    pub json: bool,
    /// Times in UTC as ISO 8601 instead of the local time of day
    #[arg(long, help_heading = "Alerts")]
    pub time_iso8601: bool,
    /// What is joined to outputs: a text with fields, or an entry of Falco's `append_output` in JSON with `match` (`source`,
    /// `rule`, `tags`), `extra_output`, `extra_fields`, `suggested_output`; may be given several times
    #[arg(long, value_name = "FORMAT|JSON", help_heading = "Alerts")]
    pub append_output: Vec<String>,
    /// Whether JSON alerts have `output`
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, help_heading = "Alerts")]
    pub json_include_output_property: bool,
    /// Whether JSON alerts have `tags`
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, help_heading = "Alerts")]
    pub json_include_tags_property: bool,
    /// Whether JSON alerts have `message`: the output without time and priority
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set, help_heading = "Alerts")]
    pub json_include_message_property: bool,
    /// Whether JSON alerts have `output_fields`
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, help_heading = "Alerts")]
    pub json_include_output_fields_property: bool,

    #[command(flatten)]
    pub recording: super::AlertCaptures,

    /// Print counts and rates to standard error at the end
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text",
        help_heading = "Measuring"
    )]
    pub stats: Option<StatsFormat>,
    /// Print what each rule and each comparison cost to standard error at the end; judging is slower for it
    #[arg(long, help_heading = "Measuring")]
    pub profile: bool,
    /// How to print the profile
    #[arg(long, value_enum, default_value_t = ProfileFormat::Text, value_name = "FORMAT", help_heading = "Measuring")]
    pub profile_format: ProfileFormat,
    /// Write the profile as a flame graph, too: rules, and on them the comparisons that they were the first to ask for
    #[arg(long, value_name = "FILE.svg", help_heading = "Measuring")]
    pub flamegraph: Option<PathBuf>,
}

impl Run {
    /// Where alerts go: a terminal that shows them in its own way is not written to.
    pub fn places(&self) -> impl Iterator<Item = &String> {
        self.output.iter().filter(|place| !self.tui || !matches!(place.as_str(), "stdout" | "-"))
    }
}

fn priority(text: &str) -> Result<Priority, String> {
    Priority::parse(text).ok_or_else(|| {
        let names = Priority::ALL.map(|p| p.as_str().to_lowercase()).join(", ");
        format!("no such priority; there are {names}")
    })
}

/// What `--rule-matching` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RuleMatching {
    /// The first rule in load order, as Falco does by default
    First,
    /// Every rule
    All,
}

/// Output forms of `--stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatsFormat {
    /// For reading
    Text,
    /// One JSON object on a line
    Json,
}

/// Output forms of `--profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileFormat {
    /// The most expensive ones, for reading
    Text,
    /// One JSON object on a line, with everything
    Json,
}
