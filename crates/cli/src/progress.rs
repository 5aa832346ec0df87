//! The bar that a long replay shows on a terminal.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use falco_engine::replay::Progress as Replayed;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Result;
use crate::args::Global;
use crate::capture::Position;

/// Events between two looks at the clock: what a bar costs must not be seen in a replay's time.
const EVERY: u64 = 1 << 16;

/// A replay that is over sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Shows how far a replay is: bytes, events, alerts, time left. Nothing where standard error is no terminal, with `-q`, and for
/// input whose end nobody knows.
pub struct Progress {
    bar: Option<ProgressBar>,
    position: Position,
    started: Instant,
    /// Whether the bar can be seen.
    drawn: bool,
    /// Events of captures that are done, and the next number of events at which the bar moves.
    before: u64,
    next: u64,
    alerts: u64,
}

impl Progress {
    /// For captures, the reading of which moves `position`.
    pub fn new(captures: &[PathBuf], position: &Position, global: &Global) -> Self {
        let bar = (!global.quiet && std::io::stderr().is_terminal()).then(|| size(captures)).flatten().map(bar);
        Self {
            bar,
            position: position.clone(),
            started: Instant::now(),
            drawn: false,
            before: 0,
            next: EVERY,
            alerts: 0,
        }
    }

    /// Takes note of how far the capture at hand is and how many alerts came since the last time.
    pub fn advance(&mut self, replayed: Replayed, alerts: usize) {
        self.alerts += alerts as u64;
        if replayed.events < self.next {
            return;
        }
        self.next = replayed.events + EVERY;
        let Some(bar) = &self.bar else { return };
        if !self.drawn {
            if self.started.elapsed() < PATIENCE {
                return;
            }
            self.drawn = true;
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_position(self.position.get());
        let events = self.before + replayed.events;
        let alerts = if self.alerts == 1 { "alert" } else { "alerts" };
        bar.set_message(format!("{} events, {} {alerts}", grouped(events), grouped(self.alerts)));
    }

    /// The capture at hand is done; another may follow.
    pub fn finish_capture(&mut self, events: u64) {
        self.before += events;
        self.next = EVERY;
    }

    /// Lets something else be written to the terminal, without the bar in it.
    pub fn suspend(&self, write: impl FnOnce() -> Result<()>) -> Result<()> {
        match &self.bar {
            Some(bar) if self.drawn => bar.suspend(write),
            _ => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// All the captures' bytes; `None` when that is not known.
fn size(captures: &[PathBuf]) -> Option<u64> {
    captures.iter().map(|path| std::fs::metadata(path).ok().filter(|about| about.is_file()).map(|a| a.len())).sum()
}

fn bar(size: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::hidden());
    match ProgressStyle::with_template("{bar:24} {binary_bytes}/{binary_total_bytes}  {msg}  {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A number with commas: `5,000,000`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let all = [0, 999, 1000, 123_456, 5_000_000].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "123,456", "5,000,000"]);
    }
}
