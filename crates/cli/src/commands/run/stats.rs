//! `run --stats`: what came in, what became of it, how fast.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use falco_compiler::program::Program;
use falco_engine::alert::Summary;
use falco_engine::eval::{EvalCounters, Profile};
use falco_engine::inspector::EventCounts;
use falco_engine::replay::Input;
use falco_engine::state::Counters;
use serde_json::json;

use super::judge::Judge;
use crate::Result;
use crate::args::{Global, StatsFormat};
use crate::progress::grouped;
use crate::render;

/// What is known of a run, or of a part of it.
#[derive(Debug, Default)]
pub struct Facts {
    /// Events judged.
    pub events: u64,
    pub input: Input,
    pub counts: EventCounts,
    pub counters: Counters,
    pub evaluated: EvalCounters,
    pub profile: Option<Box<Profile>>,
    pub elapsed: Duration,
}

impl Facts {
    /// Adds what another capture came to.
    pub fn add(&mut self, other: Self) {
        self.events += other.events;
        let (mine, theirs) = (&mut self.input, other.input);
        mine.blocks += theirs.blocks;
        mine.bytes += theirs.bytes;
        mine.raw_events += theirs.raw_events;
        mine.events += theirs.events;
        mine.forgotten_enter_events += theirs.forgotten_enter_events;
        self.counts.merge(&other.counts);
        let (mine, theirs) = (&mut self.counters, other.counters);
        mine.events += theirs.events;
        mine.threads_added += theirs.threads_added;
        mine.threads_removed += theirs.threads_removed;
        mine.threads_dropped += theirs.threads_dropped;
        mine.fake_threads += theirs.fake_threads;
        mine.fds_dropped += theirs.fds_dropped;
        mine.containers_dropped += theirs.containers_dropped;
        mine.malformed_events += theirs.malformed_events;
        self.add_evaluated(other.evaluated);
        self.add_profile(other.profile);
    }

    /// Adds what a judge gathered.
    pub fn add_judge(&mut self, judge: Judge) {
        self.add_evaluated(judge.evaluator.counters());
        self.add_profile(judge.profile);
    }

    /// Adds what an evaluator counted.
    pub fn add_evaluated(&mut self, other: EvalCounters) {
        self.evaluated.events += other.events;
        self.evaluated.evaluated += other.evaluated;
        self.evaluated.matched += other.matched;
    }

    fn add_profile(&mut self, other: Option<Box<Profile>>) {
        match (&mut self.profile, other) {
            (Some(mine), Some(theirs)) => mine.merge(&theirs),
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
    }

    fn per_second(&self, n: u64) -> u64 {
        (n as f64 / self.elapsed.as_secs_f64().max(1e-9)) as u64
    }

    /// What did not fit in the limits, or came damaged.
    fn drops(&self) -> [(&'static str, u64); 5] {
        let Counters { threads_dropped, fds_dropped, containers_dropped, malformed_events, .. } = self.counters;
        [
            ("threads", threads_dropped),
            ("descriptors", fds_dropped),
            ("containers", containers_dropped),
            ("enter events", self.input.forgotten_enter_events),
            ("malformed events", malformed_events),
        ]
    }
}

/// Prints the statistics to standard error.
pub fn print(facts: &Facts, summary: &Summary, program: &Program, format: StatsFormat, global: &Global) -> Result<()> {
    let mut err = render::stderr(global);
    match format {
        StatsFormat::Text => err.write_all(text(facts, summary).as_bytes())?,
        StatsFormat::Json => writeln!(err, "{}", document(facts, summary, program))?,
    }
    Ok(())
}

/// Kinds of events that the text names.
const SHOWN_KINDS: usize = 10;

/// Events of a kind have one name, whatever their generation.
fn kinds(facts: &Facts) -> Vec<(&'static str, u64)> {
    let mut by_name = BTreeMap::<&str, u64>::new();
    for (kind, count) in facts.counts.iter() {
        *by_name.entry(kind.info().map_or("unknown", |info| info.name)).or_default() += count;
    }
    let mut kinds: Vec<_> = by_name.into_iter().collect();
    kinds.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    kinds
}

fn text(facts: &Facts, summary: &Summary) -> String {
    let seconds = facts.elapsed.as_secs_f64();
    let megabytes = facts.input.bytes as f64 / 1e6;
    let mut out = format!(
        "Statistics:\n   time: {seconds:.3} s\n   events: {} judged, {} a second\n   read: {} blocks, {megabytes:.1} MB, {:.1} MB a second\n",
        grouped(facts.events),
        grouped(facts.per_second(facts.events)),
        grouped(facts.input.blocks),
        megabytes / seconds.max(1e-9),
    );
    out.push_str(&format!(
        "   rules: {} looked at, {:.2} an event; {} alerts\n",
        grouped(facts.evaluated.evaluated),
        facts.evaluated.evaluated as f64 / facts.events.max(1) as f64,
        grouped(summary.total()),
    ));
    let Counters { threads_added, threads_removed, fake_threads, .. } = facts.counters;
    out.push_str(&format!(
        "   threads: {} came, {} went, {} were never announced\n",
        grouped(threads_added),
        grouped(threads_removed),
        grouped(fake_threads),
    ));
    let drops: Vec<String> =
        facts.drops().iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{} {what}", grouped(*n))).collect();
    let drops = if drops.is_empty() { "none".to_owned() } else { drops.join(", ") };
    out.push_str(&format!("   dropped: {drops}\n   kinds of events:\n"));
    let kinds = kinds(facts);
    for (name, count) in kinds.iter().take(SHOWN_KINDS) {
        out.push_str(&format!("      {name}: {}\n", grouped(*count)));
    }
    if let Some(rest) = kinds.get(SHOWN_KINDS..).filter(|rest| !rest.is_empty()) {
        let count = rest.iter().map(|(_, count)| count).sum();
        out.push_str(&format!("      {} others: {}\n", rest.len(), grouped(count)));
    }
    out
}

fn document(facts: &Facts, summary: &Summary, program: &Program) -> serde_json::Value {
    let Counters { threads_added, threads_removed, fake_threads, .. } = facts.counters;
    let rules: serde_json::Map<_, _> = (0..)
        .zip(&program.rules)
        .map(|(number, rule)| (rule.name.clone(), summary.of_rule(number)))
        .filter(|(_, alerts)| *alerts > 0)
        .map(|(name, alerts)| (name, alerts.into()))
        .collect();
    let kinds: serde_json::Map<_, _> = kinds(facts).into_iter().map(|(name, n)| (name.to_owned(), n.into())).collect();
    let drops: serde_json::Map<_, _> =
        facts.drops().iter().map(|(what, n)| (what.replace(' ', "_"), (*n).into())).collect();
    json!({
        "version": 1,
        "seconds": facts.elapsed.as_secs_f64(),
        "events": facts.events,
        "events_per_second": facts.per_second(facts.events),
        "input": {
            "blocks": facts.input.blocks, "bytes": facts.input.bytes, "events": facts.input.events,
            "raw_events": facts.input.raw_events, "bytes_per_second": facts.per_second(facts.input.bytes),
        },
        "rules": { "evaluated": facts.evaluated.evaluated, "matched": facts.evaluated.matched, "alerts": rules },
        "alerts": summary.total(),
        "threads": { "added": threads_added, "removed": threads_removed, "unannounced": fake_threads },
        "dropped": drops,
        "kinds": kinds,
    })
}
