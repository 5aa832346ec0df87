//! Rules on the running kernel.

use std::io::Write as _;
use std::rc::Rc;

use falco_catalog::EventSet;
use falco_engine::inspector::Inspector;
use falco_engine::replay::{Judge as _, Progress};
use falco_probe::Rings;
use falco_record::{Policy, Tap};

use super::Printer;
use super::judge::{Alerts, Judge};
use super::recorder::Recorder;
use super::sink::Sink;
use super::stats::Facts;
use crate::Result;
use crate::args::{Global, Run};
use crate::commands::live::{self, Confined};
use crate::render;

/// Judges what happens until the time is over, the command ends, or somebody stops it.
pub fn run(
    args: &Run,
    confined: Confined,
    mut judge: Judge,
    policy: Option<&Policy>,
    printer: &mut Printer,
    facts: &mut Facts,
    global: &Global,
) -> Result<()> {
    let source = confined.open(&args.watch, interest(&judge), Rings::One)?;
    if global.verbose > 0 {
        let how = if source.sees_calls_begin() { "" } else { "; no tracefs, so paths are those when calls return" };
        writeln!(render::stderr(global), "watching{how}")?;
    }
    let (source, items) = Tap::new(source);
    let mut recorder = policy.map(|p| Recorder::new(p, judge.evaluator.program(), Rc::clone(&items), false));
    let mut inspector = Inspector::new(source);
    let limit = args.max_events.unwrap_or(u64::MAX);
    let result = loop {
        if facts.events >= limit {
            break Ok(());
        }
        // What rules do not see belongs into a recording all the same.
        let next = if recorder.is_some() { inspector.next() } else { inspector.next_visible() };
        let step = match next {
            Ok(Some(step)) => step,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        };
        let mut alerts = Alerts::default();
        let visible = step.ctx.visible;
        facts.events += u64::from(visible);
        let raised = visible && judge.judge(&step, &mut alerts);
        let told = match &mut recorder {
            Some(recorder) => recorder.event(&step, &alerts.marks)?,
            None => {
                items.borrow_mut().clear();
                None
            }
        };
        if raised || told.is_some() {
            printer.print(&alerts, Progress { events: facts.events })?;
            if let Some(told) = told {
                printer.announce(&told)?;
            }
            // Somebody waits for it at the other end of a pipe.
            printer.sinks.iter_mut().try_for_each(Sink::flush)?;
        }
    };
    let recorded = recorder.map_or(Ok(()), Recorder::finish);
    let counters = inspector.source().source().counters();
    facts.counts = inspector.counts().clone();
    facts.counters = *inspector.machine().counters();
    facts.input.events = facts.counts.total();
    facts.add_judge(judge);
    live::report_losses(&counters, global)?;
    if global.verbose > 0 {
        let ended = if inspector.source().source().command_has_ended() { "ended" } else { "still runs" };
        let what = if args.watch.command.is_empty() { String::new() } else { format!("; the command {ended}") };
        writeln!(render::stderr(global), "{} events sent, {} lost{what}", counters.sent, counters.lost())?;
    }
    result.and(recorded)
}

/// The events on which some rule that is switched on can match.
fn interest(judge: &Judge) -> EventSet {
    let rules = (0..).zip(&judge.evaluator.program().rules);
    let wanted = rules.filter(|(index, rule)| judge.evaluator.is_enabled(*index) && rule.source == "syscall");
    wanted.fold(EventSet::EMPTY, |set, (_, rule)| set.union(&rule.events))
}
