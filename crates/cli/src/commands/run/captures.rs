//! The captures of a run, one after the other or side by side.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use falco_engine::inspector::Inspector;
use falco_engine::replay::{Input, Judge as _, Progress, Settings, replay};
use falco_record::{Policy, Tap};

use super::Printer;
use super::judge::{Alerts, Judge};
use super::recorder::Recorder;
use super::stats::Facts;
use crate::Result;
use crate::args::Run;
use crate::capture::{self, Position};
use crate::error::CliError;

/// Replays all captures. What comes out is the same for any number of jobs: the captures' alerts in the order in which the captures were
/// given, up to the first that cannot be read to its end.
pub fn run(
    args: &Run,
    judge: &Judge,
    policy: Option<&Policy>,
    position: &Position,
    printer: &mut Printer,
    facts: &mut Facts,
) -> Result<()> {
    if let Some(policy) = policy {
        return args.capture.iter().try_for_each(|path| recorded(args, path, judge, policy, position, printer, facts));
    }
    let jobs = args.input.jobs();
    // What a limit leaves for a capture, only the captures before it tell; and standard input can be read once.
    let apart = args.max_events.is_none() && args.capture.iter().all(|path| path != Path::new("-"));
    if jobs > 1 && args.capture.len() > 1 && apart {
        return side_by_side(args, judge, position, printer, facts, jobs);
    }
    for path in &args.capture {
        let limit = args.max_events.map_or(u64::MAX, |limit| limit.saturating_sub(facts.events));
        let settings = settings(args, limit);
        let mut last = Progress::default();
        let done = one(args, path, judge, position, jobs, &settings, |alerts, progress| {
            last = progress;
            printer.print(&alerts, progress)
        })?;
        printer.progress.finish_capture(last.events);
        facts.add(done.facts);
        done.result?;
    }
    Ok(())
}

fn settings(args: &Run, limit: u64) -> Settings {
    Settings { local_accounts: !args.no_local_users, limit, ..Settings::default() }
}

/// Replays one capture and records what alerts ask for. A recording needs every event in its turn, so one thread does it all.
fn recorded(
    args: &Run,
    path: &Path,
    judge: &Judge,
    policy: &Policy,
    position: &Position,
    printer: &mut Printer,
    facts: &mut Facts,
) -> Result<()> {
    let limit = args.max_events.map_or(u64::MAX, |limit| limit.saturating_sub(facts.events));
    let (source, items) = Tap::new(capture::open(path, args.input, position)?);
    let mut judge = judge.clone();
    let mut recorder = Recorder::new(policy, judge.evaluator.program(), items, true);
    let mut inspector = Inspector::new(source).with_local_accounts(!args.no_local_users);
    let mut events = 0;
    let result = loop {
        if events >= limit {
            break Ok(());
        }
        let step = match inspector.next() {
            Ok(Some(step)) => step,
            Ok(None) => break Ok(()),
            Err(source) => break Err(CliError::Capture { path: path.to_owned(), source }),
        };
        let mut alerts = Alerts::default();
        let visible = step.ctx.visible;
        events += u64::from(visible);
        let raised = visible && judge.judge(&step, &mut alerts);
        let told = recorder.event(&step, &alerts.marks)?;
        if raised || events.is_multiple_of(1 << 16) {
            printer.print(&alerts, Progress { events })?;
        }
        if let Some(told) = told {
            printer.announce(&told)?;
        }
    };
    printer.progress.finish_capture(events);
    let input = Input::of(inspector.source().source());
    let (counts, counters) = (inspector.counts().clone(), *inspector.machine().counters());
    let mut one = Facts { events, input, counts, counters, ..Facts::default() };
    one.add_judge(judge);
    facts.add(one);
    recorder.finish()?;
    result
}

/// What a capture came to.
struct Done {
    facts: Facts,
    /// Whether it could be read to its end.
    result: Result<()>,
}

/// Replays one capture. The outer error is that of `print`.
fn one<E>(
    args: &Run,
    path: &Path,
    judge: &Judge,
    position: &Position,
    jobs: usize,
    settings: &Settings,
    print: impl FnMut(Alerts, Progress) -> std::result::Result<(), E>,
) -> std::result::Result<Done, E> {
    let reader = match capture::open(path, args.input, position) {
        Ok(reader) => reader,
        Err(error) => return Ok(Done { facts: Facts::default(), result: Err(error) }),
    };
    let settings = Settings { read_ahead: jobs > 1, ..*settings };
    let replayed = replay(reader, &settings, vec![judge.clone(); capture::judges(jobs)], print)?;
    let mut facts = Facts {
        events: replayed.events,
        input: replayed.input,
        counts: replayed.counts,
        counters: replayed.counters,
        ..Facts::default()
    };
    replayed.judges.into_iter().for_each(|judge| facts.add_judge(judge));
    let result = match replayed.error {
        None => Ok(()),
        // The alerts before the damage stay printed.
        Some(source) => Err(CliError::Capture { path: path.to_owned(), source }),
    };
    Ok(Done { facts, result })
}

/// From a capture's thread to the one that prints.
enum Message {
    Alerts(Alerts, Progress),
    Done(Box<Done>),
}

/// Bytes of alerts that a capture gathers before it passes them on: while another one's turn lasts, few must do.
const GATHERED: usize = 64 << 10;

/// Messages that may wait for the capture's turn.
const WAITING: usize = 16;

/// Nobody listens any more.
struct Unheard;

fn side_by_side(
    args: &Run,
    judge: &Judge,
    position: &Position,
    printer: &mut Printer,
    facts: &mut Facts,
    jobs: usize,
) -> Result<()> {
    let width = jobs.min(args.capture.len());
    let each = (jobs / width).max(1);
    let (queues, ends): (Vec<_>, Vec<_>) = args.capture.iter().map(|_| sync_channel(WAITING)).unzip();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..width {
            let (judge, queues, next, stop) = (judge.clone(), queues.clone(), &next, &stop);
            scope.spawn(move || {
                // Captures are begun in their order, so the one whose turn it is always runs.
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(path), Some(queue)) = (args.capture.get(index), queues.get(index)) else { break };
                    if gather(args, path, &judge, position, each, queue).is_err() {
                        break;
                    }
                }
            });
        }
        drop(queues);
        let result = ends.into_iter().try_for_each(|end| {
            let mut last = Progress::default();
            for message in end {
                match message {
                    Message::Alerts(alerts, progress) => {
                        last = progress;
                        printer.print(&alerts, progress)?;
                    }
                    Message::Done(done) => {
                        printer.progress.finish_capture(last.events);
                        facts.add(done.facts);
                        return done.result;
                    }
                }
            }
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        result
    })
}

/// Replays a capture whose turn to print may come later.
fn gather(
    args: &Run,
    path: &Path,
    judge: &Judge,
    position: &Position,
    jobs: usize,
    queue: &SyncSender<Message>,
) -> std::result::Result<(), Unheard> {
    let mut gathered = Alerts::default();
    let mut last = Progress::default();
    let settings = settings(args, u64::MAX);
    let done = one(args, path, judge, position, jobs, &settings, |alerts, progress| {
        last = progress;
        gathered.append(&alerts);
        if gathered.text.len() < GATHERED {
            return Ok(());
        }
        queue.send(Message::Alerts(std::mem::take(&mut gathered), progress)).map_err(|_| Unheard)
    })?;
    queue.send(Message::Alerts(gathered, last)).map_err(|_| Unheard)?;
    queue.send(Message::Done(Box::new(done))).map_err(|_| Unheard)
}
