//! What the live view shows: gathered by whoever judges the events, looked at by whoever draws.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use falco_compiler::program::Priority;

/// Alerts that are kept for looking at.
const KEPT_ALERTS: usize = 2000;
/// Processes that are told apart between two looks; events of more than that are counted together.
const TOLD_APART: usize = 4096;
/// How far back the rate of events goes, in looks.
const HISTORY: usize = 240;
/// Processes that are shown.
const TOP: usize = 20;

/// An alert, as the list has it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its rule.
    pub rule: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Its line, as it would be printed.
    pub line: String,
}

/// What happened so far.
#[derive(Debug)]
pub struct Board {
    since: Instant,
    /// Events that were judged.
    pub events: u64,
    /// Events that the kernel could not hand over.
    pub lost: u64,
    /// The latest alerts, oldest first.
    pub alerts: VecDeque<Shown>,
    /// How many alerts there were.
    pub alert_count: u64,
    /// Alerts of each rule that raised any.
    rules: HashMap<String, (Priority, u64)>,
    /// Rules that are loaded and switched on.
    pub loaded: usize,
    /// The last thing to say, and whether it is bad news.
    pub notice: Option<(String, bool)>,
    /// Events by process since the last look, with the processes' names.
    busy: HashMap<i64, (String, u64)>,
    /// The busiest processes of the time between the last two looks: name, number, events a second.
    pub top: Vec<(String, i64, u64)>,
    /// Events a second, one number for each look, oldest first.
    pub rates: VecDeque<u64>,
    looked: Instant,
    events_before: u64,
}

impl Board {
    /// Nothing yet.
    pub fn new(loaded: usize) -> Self {
        let now = Instant::now();
        Self {
            since: now,
            events: 0,
            lost: 0,
            alerts: VecDeque::new(),
            alert_count: 0,
            rules: HashMap::new(),
            loaded,
            notice: None,
            busy: HashMap::new(),
            top: Vec::new(),
            rates: VecDeque::new(),
            looked: now,
            events_before: 0,
        }
    }

    /// How long it has been going on.
    pub fn elapsed(&self) -> Duration {
        self.looked.saturating_duration_since(self.since)
    }

    /// Counts an event of process `pid`; `name` is asked for when the process was not seen since the last look.
    pub fn event(&mut self, pid: i64, name: impl FnOnce() -> String) {
        self.events += 1;
        if self.busy.len() < TOLD_APART || self.busy.contains_key(&pid) {
            self.busy.entry(pid).or_insert_with(|| (name(), 0)).1 += 1;
        }
    }

    /// Adds an alert.
    pub fn alert(&mut self, alert: Shown) {
        self.alert_count += 1;
        self.rules.entry(alert.rule.clone()).or_insert((alert.priority, 0)).1 += 1;
        if self.alerts.len() == KEPT_ALERTS {
            self.alerts.pop_front();
        }
        self.alerts.push_back(alert);
    }

    /// The rules that raised alerts, the most frequent first.
    pub fn rules(&self) -> Vec<(&str, Priority, u64)> {
        let mut rules: Vec<_> = self.rules.iter().map(|(name, (priority, n))| (name.as_str(), *priority, *n)).collect();
        rules.sort_by(|a, b| (b.2, a.0).cmp(&(a.2, b.0)));
        rules
    }

    /// Works out rates for the time since the last look.
    pub fn look(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.looked).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let rate = |events: u64| (events as f64 / seconds).round() as u64;
        if self.rates.len() == HISTORY {
            self.rates.pop_front();
        }
        self.rates.push_back(rate(self.events - self.events_before));
        self.top = self.busy.drain().map(|(pid, (name, events))| (name, pid, rate(events))).collect();
        self.top.sort_by(|a, b| (b.2, a.1).cmp(&(a.2, b.1)));
        self.top.truncate(TOP);
        self.events_before = self.events;
        self.looked = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_since_the_last_look() {
        let mut board = Board::new(3);
        let start = board.looked;
        (0..10).for_each(|_| board.event(7, || "sh".into()));
        (0..4).for_each(|_| board.event(9, || "cat".into()));
        board.look(start + Duration::from_secs(2));
        assert_eq!(board.rates, [7]);
        assert_eq!(board.top, [("sh".to_owned(), 7, 5), ("cat".to_owned(), 9, 2)]);
        board.look(start + Duration::from_secs(3));
        assert_eq!((board.rates.back(), board.top.len()), (Some(&0), 0));
        assert_eq!(board.elapsed(), Duration::from_secs(3));
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_counted_is_not() {
        let mut board = Board::new(1);
        let alert = |n: usize| Shown { rule: format!("r{}", n % 2), priority: Priority::Notice, line: n.to_string() };
        (0..KEPT_ALERTS + 5).for_each(|n| board.alert(alert(n)));
        assert_eq!((board.alerts.len(), board.alert_count), (KEPT_ALERTS, KEPT_ALERTS as u64 + 5));
        assert_eq!(board.alerts.front().map(|a| a.line.as_str()), Some("5"));
        assert_eq!(board.rules(), [("r0", Priority::Notice, 1003), ("r1", Priority::Notice, 1002)]);
        (0..2 * TOLD_APART as i64).for_each(|pid| board.event(pid, String::new));
        assert_eq!((board.busy.len(), board.events), (TOLD_APART, 2 * TOLD_APART as u64));
    }
}
