//! The arguments of what looks at the running machine.

use std::path::PathBuf;
use std::time::Duration;

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
    /// A command to run: only its events come, and its end is the end. What it prints goes to standard error
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a number with `ms`, `s`, `m` or `h`, such as `10s`".to_owned())?;
    let ms = match unit {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("no unit `{unit}`; there are ms, s, m, h")),
    };
    number.checked_mul(ms).map(Duration::from_millis).ok_or_else(|| "too long".to_owned())
}

/// `falco-rs record`
#[derive(Debug, clap::Args)]
pub struct Record {
    /// The capture to write; compressed unless `--plain`
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Only events that satisfy this condition; of others is kept what the processes' state needs, unseen by rules
    #[arg(long, value_name = "CONDITION")]
    pub filter: Option<String>,
    /// Write plain blocks
    #[arg(long)]
    pub plain: bool,
    /// Stop after so many events
    #[arg(short = 'n', long, value_name = "N")]
    pub max_events: Option<u64>,
    #[command(flatten)]
    pub watch: Watch,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!((duration("5s"), duration("5")), (Ok(Duration::from_secs(5)), Ok(Duration::from_secs(5))));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "s", "5 s", "5d", "-1s", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
