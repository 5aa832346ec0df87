//! The arguments of what looks at the running machine.

use std::path::PathBuf;
use std::time::Duration;

use falco_probe::Rings;

use super::units::{duration, size};

/// Whose events, and for how long.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Live")]
pub struct Watch {
    /// Stop after this time: a number with `ms`, `s`, `m` or `h`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Only this process and what it starts
    #[arg(long, value_name = "PID", conflicts_with = "command")]
    pub pid: Option<u32>,
    /// Bytes of data that reads and writes carry, at most
    #[arg(long, value_name = "BYTES", default_value_t = 80, value_parser = clap::value_parser!(u32).range(..=4096))]
    pub snaplen: u32,
    /// The size of the ring in which events wait, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub ring: u32,
    /// Into how many rings the kernel writes; without it one, or with `--jobs` one for each job
    #[arg(long, value_enum, value_name = "WHICH")]
    pub rings: Option<RingsOf>,
    /// Whom to become before rules are read: a user's name or number. Without it the one who called `sudo`; only root can
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// A command to run: only its events come, and its end is the end. What it prints goes to standard error
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// What `--rings` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RingsOf {
    /// One for all
    One,
    /// One for each processor
    Cpu,
    /// One for each job, in which all events of a process go
    Process,
}

impl Watch {
    /// The rings for so many jobs.
    pub fn rings(&self, jobs: usize) -> Rings {
        let of_jobs = Rings::PerProcess(u32::try_from(jobs).unwrap_or(Rings::MOST));
        match self.rings {
            Some(RingsOf::One) => Rings::One,
            Some(RingsOf::Cpu) => Rings::PerCpu,
            Some(RingsOf::Process) => of_jobs,
            None if jobs > 1 => of_jobs,
            None => Rings::One,
        }
    }
}

/// `falco-rs record`
#[derive(Debug, clap::Args)]
pub struct Record {
    /// The capture to write; compressed unless `--plain`. With `--rotate-size` or `--rotate-time` the beginning of the files' names,
    /// which go on with the time
    #[arg(short, long, value_name = "FILE", required_unless_present = "test", conflicts_with = "test")]
    pub output: Option<PathBuf>,
    /// Only events that satisfy this condition; of others is kept what the processes' state needs, unseen by rules
    #[arg(long, value_name = "CONDITION")]
    pub filter: Option<String>,
    /// Write plain blocks
    #[arg(long)]
    pub plain: bool,
    /// Stop after so many events
    #[arg(short = 'n', long, value_name = "N")]
    pub max_events: Option<u64>,
    /// Go on in another file when one has this size: a number with `KB`, `MB` or `GB`
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Rotation")]
    pub rotate_size: Option<u64>,
    /// Go on in another file when one holds this much time
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Rotation")]
    pub rotate_time: Option<Duration>,
    /// Keep only the last so many files
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Rotation")]
    pub keep: Option<u32>,
    /// Record a command as a rule test of this name: its alerts are shown, what they need of the recording is kept, and a test that wants
    /// them is written, ready for review
    #[arg(
        long,
        value_name = "NAME",
        requires_all = ["rules", "command"],
        conflicts_with_all = ["filter", "plain", "max_events", "rotate_size", "rotate_time", "keep", "pid"],
        help_heading = "Rule test"
    )]
    pub test: Option<String>,
    /// The rules that the test is of: files or folders, in load order
    #[arg(short, long = "rules", value_name = "FILE|DIR", requires = "test", help_heading = "Rule test")]
    pub rules: Vec<PathBuf>,
    /// Only these rules, disabled ones too
    #[arg(long = "rule", value_name = "NAME", requires = "test", help_heading = "Rule test")]
    pub only: Vec<String>,
    /// The test file, which is made if it is not there [default: beside the first of the rules]
    #[arg(long, value_name = "FILE", requires = "test", help_heading = "Rule test")]
    pub test_file: Option<PathBuf>,
    #[command(flatten)]
    pub watch: Watch,
}

/// The privileged part of the live commands, which they start themselves
#[derive(Debug, clap::Args)]
pub struct ProbeHost {
    /// The socket that was passed on
    #[arg(long)]
    pub socket: i32,
    /// The command that will be started
    #[arg(last = true)]
    pub command: Vec<String>,
}

/// `falco-rs doctor`
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// `falco-rs snapshot`
#[derive(Debug, clap::Args)]
pub struct Snapshot {
    /// One JSON document instead of a table of processes
    #[arg(long)]
    pub json: bool,
    /// Where the picture comes from: the kernel's iterators, /proc, or each part from the best there is
    #[arg(long, value_name = "WAY", value_enum)]
    pub from: Option<PictureFrom>,
}

/// Where a picture of the machine comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PictureFrom {
    /// /proc
    Procfs,
    /// The kernel's iterators, or an error
    Iterators,
}
