//! Rules on the running kernel.

use std::io::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use falco_catalog::Catalog;
use falco_engine::inspector::{Inspector, Step};
use falco_engine::replay::{Judge as _, Progress, Settings, follow};
use falco_probe::host::Switch;
use falco_probe::{Counters, Live};
use falco_record::{Policy, Tap};

use super::Printer;
use super::judge::{Alerts, Judge};
use super::recorder::Recorder;
use super::reload::Reloader;
use super::sink::Sink;
use super::stats::Facts;
use crate::Result;
use crate::args::{Global, Run};
use crate::capture::judges;
use crate::commands::live::{self, Confined};
use crate::dashboard::{Dashboard, Shown};
use crate::loaded::{Loaded, Refused};
use crate::render::{self, count};

/// Events between two looks at what was lost, for the dashboard.
const LOSSES_EVERY: u64 = 256;

/// What is to be done.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub args: &'a Run,
    pub catalog: &'a Arc<Catalog>,
    /// The rules to begin with.
    pub rules: &'a Loaded,
    /// What alerts start to record, if anything.
    pub policy: Option<&'a Policy>,
    pub global: &'a Global,
}

/// Judges what happens until the time is over, the command ends, or somebody stops it.
pub fn run(
    task: &Task<'_>,
    confined: Confined,
    judge: &mut Judge,
    printer: &mut Printer,
    facts: &mut Facts,
) -> Result<()> {
    let Task { args, catalog, rules, policy, global } = *task;
    let jobs = args.input.jobs();
    let source = confined.open(&args.watch, rules.events(), jobs)?;
    let dashboard = match args.tui {
        true => Some(Arc::new(Dashboard::open(rules.enabled(), source.stop())?)),
        false => None,
    };
    if global.verbose > 0 && dashboard.is_none() {
        let how = if source.sees_calls_begin() { "" } else { "; no tracefs, so paths are those when calls return" };
        writeln!(render::stderr(global), "watching{how}")?;
    }
    // What looks at the state of every event in order, one thread alone can do.
    if jobs > 1 && policy.is_none() && !args.reload && dashboard.is_none() {
        return shared_out(task, source, judge, printer, facts);
    }
    let switch = source.switch();
    let (source, items) = Tap::new(source);
    let mut recorder = policy.map(|p| Recorder::new(p, judge.evaluator.program(), Rc::clone(&items), false));
    let reloader = match args.reload {
        true => Some(Reloader::start(args, catalog, rules, teller(rules, switch, dashboard.clone(), global))?),
        false => None,
    };
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
        if let Some(evaluator) = reloader.as_ref().and_then(Reloader::fresh) {
            printer.summary.follow(evaluator.program());
            if let Some(recorder) = &mut recorder {
                recorder.follow(evaluator.program());
            }
            facts.add_evaluated(judge.evaluator.counters());
            judge.evaluator = evaluator;
        }
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
        if let Some(dashboard) = dashboard.as_ref().filter(|_| visible) {
            show(dashboard, &step, &alerts, judge);
        }
        if raised || told.is_some() {
            printer.print(&alerts, Progress { events: facts.events })?;
            if let Some(told) = told {
                if let Some(dashboard) = &dashboard {
                    dashboard.board().notice = Some((told.message.clone(), false));
                }
                printer.announce(&told)?;
            }
            // Somebody waits for it at the other end of a pipe.
            printer.sinks.iter_mut().try_for_each(Sink::flush)?;
        }
        if let Some(dashboard) = dashboard.as_ref().filter(|_| facts.events.is_multiple_of(LOSSES_EVERY)) {
            dashboard.board().lost = inspector.source().source().counters().lost();
        }
    };
    // The terminal is free again for what is left to say.
    drop((reloader, dashboard));
    let recorded = recorder.map_or(Ok(()), Recorder::finish);
    let counters = inspector.source().source().counters();
    facts.counts = inspector.counts().clone();
    facts.counters = *inspector.machine().counters();
    facts.input.events = facts.counts.total();
    let ended = inspector.source().source().command_has_ended();
    report(args, &counters, ended, global)?;
    result.and(recorded)
}

/// Says how it went.
fn report(args: &Run, counters: &Counters, ended: bool, global: &Global) -> Result<()> {
    live::report_losses(counters, global)?;
    if global.verbose > 0 {
        let ended = if ended { "ended" } else { "still runs" };
        let what = if args.watch.command.is_empty() { String::new() } else { format!("; the command {ended}") };
        writeln!(render::stderr(global), "{} events sent, {} lost{what}", counters.sent, counters.lost())?;
    }
    Ok(())
}

/// The same with several threads that judge. What comes out is the same.
fn shared_out(task: &Task<'_>, source: Live, judge: &Judge, printer: &mut Printer, facts: &mut Facts) -> Result<()> {
    let Task { args, global, .. } = *task;
    let stop = source.stop();
    let limit = args.max_events.unwrap_or(u64::MAX);
    let settings = Settings { limit, read_ahead: true, ..Settings::default() };
    let followed =
        follow(source, &settings, vec![judge.clone(); judges(args.input.jobs())], |alerts: Alerts, progress| {
            // The thread that reads waits for events; at the limit nobody else does.
            if progress.events >= limit {
                stop.store(true, Ordering::Relaxed);
            }
            let raised = !alerts.marks.is_empty();
            printer.print(&alerts, progress)?;
            match raised {
                true => printer.sinks.iter_mut().try_for_each(Sink::flush),
                false => Ok(()),
            }
        })?;
    facts.events = followed.events;
    facts.counts = followed.counts;
    facts.counters = followed.counters;
    facts.input.events = facts.counts.total();
    followed.judges.into_iter().for_each(|judge| facts.add_judge(judge));
    if let Some(source) = &followed.source {
        report(args, &source.counters(), source.command_has_ended(), global)?;
    }
    followed.error.map_or(Ok(()), |error| Err(error.into()))
}

/// Tells the dashboard of an event and of what it raised.
fn show(dashboard: &Dashboard, step: &Step<'_>, alerts: &Alerts, judge: &Judge) {
    let mut board = dashboard.board();
    let process = step.machine.thread(step.event.tid).map_or(step.event.tid, |thread| thread.pid);
    board.event(process, || {
        let main = step.machine.thread(process);
        main.map_or_else(String::new, |thread| String::from_utf8_lossy(&thread.comm).into_owned())
    });
    for (mark, line) in alerts.marks.iter().zip(alerts.lines()) {
        let rule = judge.evaluator.rule(mark.rule).map_or("", |rule| rule.name.as_str());
        let line = String::from_utf8_lossy(line).into_owned();
        board.alert(Shown { rule: rule.to_owned(), priority: mark.priority, line });
    }
}

/// Has the kernel tell what changed rules need, and says what became of them: on the dashboard, or else on standard error.
fn teller(
    rules: &Loaded,
    switch: Option<Switch>,
    dashboard: Option<Arc<Dashboard>>,
    global: &Global,
) -> impl FnMut(std::result::Result<&Loaded, Refused>) + Send + 'static {
    let (mut wanted, global) = (rules.events(), global.clone());
    move |news| {
        if let (Ok(loaded), Some(switch)) = (&news, &switch) {
            // Rules from before are at work until these take over. Without the privileged part the run ends, which is told there.
            wanted = wanted.union(&loaded.events());
            let _ = switch.to(&wanted);
        }
        match (&dashboard, news) {
            (Some(dashboard), Ok(loaded)) => {
                let mut board = dashboard.board();
                board.loaded = loaded.enabled();
                board.notice = Some((format!("read again: {}", count(loaded.enabled(), "rule")), false));
            }
            (Some(dashboard), Err(refused)) => dashboard.board().notice = Some((refused.line(), true)),
            (None, Ok(loaded)) => {
                if !global.quiet {
                    let rules = count(loaded.enabled(), "rule");
                    // Nobody to tell is no reason to stop watching.
                    let _ = writeln!(render::stderr(&global), "the rules were read again: {rules}");
                }
            }
            (None, Err(refused)) => {
                render::error(&refused.print(&global), &global);
                let _ = writeln!(render::stderr(&global), "the rules from before stay at work");
            }
        }
    }
}
