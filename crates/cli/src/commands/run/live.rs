//! Rules on the running kernel.

use std::io::Write as _;

use falco_catalog::EventSet;
use falco_engine::inspector::Inspector;
use falco_engine::replay::{Judge as _, Progress};

use super::Printer;
use super::judge::{Alerts, Judge};
use super::sink::Sink;
use super::stats::Facts;
use crate::Result;
use crate::args::{Global, Run};
use crate::commands::live;
use crate::render;

/// Judges what happens until the time is over, the command ends, or somebody stops it.
pub fn run(args: &Run, mut judge: Judge, printer: &mut Printer, facts: &mut Facts, global: &Global) -> Result<()> {
    let (source, watched) = live::open(&args.watch, interest(&judge))?;
    if global.verbose > 0 {
        let how = if source.sees_calls_begin() { "" } else { "; no tracefs, so paths are those when calls return" };
        writeln!(render::stderr(global), "watching{how}")?;
    }
    let mut inspector = Inspector::new(source);
    let limit = args.max_events.unwrap_or(u64::MAX);
    let result = loop {
        if facts.events >= limit {
            break Ok(());
        }
        let step = match inspector.next_visible() {
            Ok(Some(step)) => step,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        };
        facts.events += 1;
        let mut alerts = Alerts::default();
        if judge.judge(&step, &mut alerts) {
            printer.print(&alerts, Progress { events: facts.events })?;
            // Somebody waits for it at the other end of a pipe.
            printer.sinks.iter_mut().try_for_each(Sink::flush)?;
        }
    };
    let counters = inspector.source().counters();
    facts.counts = inspector.counts().clone();
    facts.counters = *inspector.machine().counters();
    facts.input.events = facts.counts.total();
    facts.add_judge(judge);
    live::report_losses(&counters, global)?;
    if global.verbose > 0 {
        let ended = if watched.is_over() { "ended" } else { "still runs" };
        let what = if args.watch.command.is_empty() { String::new() } else { format!("; the command {ended}") };
        writeln!(render::stderr(global), "{} events sent, {} lost{what}", counters.sent, counters.lost())?;
    }
    result
}

/// The events on which some rule that is switched on can match.
fn interest(judge: &Judge) -> EventSet {
    let rules = (0..).zip(&judge.evaluator.program().rules);
    let wanted = rules.filter(|(index, rule)| judge.evaluator.is_enabled(*index) && rule.source == "syscall");
    wanted.fold(EventSet::EMPTY, |set, (_, rule)| set.union(&rule.events))
}
