//! One judge's thread: all batches go through its state, some through its judge.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use falco_scap::batch::{Batch, Entry};
use falco_scap::{Advance, Event, FdList};

use super::answers::Answers;
use super::{Judge, Progress, Settings};
use crate::inspector::{EventCounts, EventSource, Inspector};
use crate::state::Counters;

/// A batch on its way through the judges.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    pub(super) batch: Batch,
    /// Its place in the capture.
    pub(super) number: u64,
    /// Whether some judge has taken it.
    pub(super) taken: AtomicBool,
}

/// Batches that have been through: their buffers are filled again.
pub(super) type Pool = Mutex<Vec<Parcel>>;

/// What one judge said about a batch.
pub(super) struct Verdict<T> {
    pub(super) number: u64,
    pub(super) out: T,
    pub(super) progress: Progress,
}

/// What a thread leaves behind.
pub(super) struct Finished<J> {
    pub(super) judge: J,
    pub(super) events: u64,
    pub(super) counts: EventCounts,
    pub(super) counters: Counters,
}

/// Where the batches come from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    /// See [`EventSource::is_recording`].
    pub(super) recording: bool,
    /// See [`EventSource::descriptors`].
    pub(super) answers: Option<&'a Answers>,
}

/// How often a thread that waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// What the source of a thread's inspector shares with the thread's loop.
struct Desk<T> {
    /// Whether the batch at hand is ours to judge.
    ours: Cell<bool>,
    out: RefCell<T>,
    events: Cell<u64>,
}

/// The events of batch after batch.
struct Batches<'a, T: Default> {
    incoming: Receiver<Arc<Parcel>>,
    verdicts: SyncSender<Verdict<T>>,
    pool: &'a Pool,
    stop: &'a AtomicBool,
    parcel: Option<Arc<Parcel>>,
    /// The next entry.
    next: usize,
    desk: Rc<Desk<T>>,
    origin: Origin<'a>,
    /// Questions asked so far.
    questions: u64,
}

impl<T: Default> Batches<'_, T> {
    /// Sends what was said about the batch at hand, if it is ours, and lets go of it.
    fn put_down(&mut self) {
        let Some(parcel) = self.parcel.take() else { return };
        if self.desk.ours.replace(false) {
            let progress = Progress { events: self.desk.events.get() };
            let verdict = Verdict { number: parcel.number, out: self.desk.out.take(), progress };
            // Nobody listens any more: then nobody wants this either.
            let _ = self.verdicts.send(verdict);
        }
        if let Some(parcel) = Arc::into_inner(parcel)
            && let Ok(mut pool) = self.pool.lock()
        {
            pool.push(parcel);
        }
    }

    /// Waits for the next batch; false when there is none.
    fn take_up(&mut self) -> bool {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            match self.incoming.recv_timeout(LOOK) {
                Ok(parcel) => {
                    self.desk.ours.set(!parcel.taken.swap(true, Ordering::Relaxed));
                    self.parcel = Some(parcel);
                    self.next = 0;
                    return true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

impl<T: Default> Drop for Batches<'_, T> {
    /// At the limit there is a batch at hand.
    fn drop(&mut self) {
        self.put_down();
    }
}

impl<T: Default> EventSource for Batches<'_, T> {
    type Error = Infallible;

    fn advance(&mut self) -> Result<Advance, Infallible> {
        loop {
            match self.parcel.as_ref().and_then(|parcel| parcel.batch.get(self.next)) {
                Some(Entry::Event(_)) => {
                    self.next += 1;
                    return Ok(Advance::Event);
                }
                Some(Entry::Item(item)) => {
                    self.next += 1;
                    return Ok(Advance::Item(item.clone()));
                }
                None => {
                    self.put_down();
                    if !self.take_up() {
                        return Ok(Advance::End);
                    }
                }
            }
        }
    }

    #[inline]
    fn event(&self) -> Option<Event<'_>> {
        match self.parcel.as_ref()?.batch.get(self.next.checked_sub(1)?)? {
            Entry::Event(event) => Some(event),
            Entry::Item(_) => None,
        }
    }

    fn descriptors(&mut self, tid: i64) -> Option<FdList> {
        let number = self.questions;
        self.questions += 1;
        self.origin.answers?.get(number, tid)
    }

    fn is_recording(&self) -> bool {
        self.origin.recording
    }
}

/// Works until there are no more batches, or the limit is reached.
pub(super) fn work<J: Judge>(
    mut judge: J,
    settings: &Settings,
    incoming: Receiver<Arc<Parcel>>,
    verdicts: SyncSender<Verdict<J::Output>>,
    pool: &Pool,
    stop: &AtomicBool,
    origin: Origin<'_>,
) -> Finished<J> {
    let desk = Rc::new(Desk { ours: Cell::new(false), out: RefCell::default(), events: Cell::new(0) });
    let source =
        Batches { incoming, verdicts, pool, stop, parcel: None, next: 0, desk: Rc::clone(&desk), origin, questions: 0 };
    let mut inspector = Inspector::new(source).with_local_accounts(settings.local_accounts);
    let mut events = 0;
    while events < settings.limit {
        let Ok(step) = inspector.next_visible();
        let Some(step) = step else { break };
        events += 1;
        desk.events.set(events);
        if desk.ours.get() {
            judge.judge(&step, &mut desk.out.borrow_mut());
        }
    }
    let (counts, counters) = (inspector.counts().clone(), *inspector.machine().counters());
    Finished { judge, events, counts, counters }
}
