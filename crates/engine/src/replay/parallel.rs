//! One thread that reads, one for each judge, and the calling thread, which puts the parts in order.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use falco_scap::batch::{Filled, Supply};
use falco_scap::{Advance, Event};

use super::answers::Answers;
use super::worker::{Finished, Origin, Parcel, Pool, Verdict, work};
use super::{Followed, Judge, Progress, Settings};
use crate::inspector::EventSource;

/// Batches that may wait for a judge's thread.
const QUEUE: usize = 4;

/// Milliseconds that a reader gets to notice that the limit is reached.
const PATIENCE: u32 = 200;

/// Bytes of a batch, about.
const BATCH_BYTES: usize = 512 << 10;

pub(super) fn follow<S, J, E>(
    source: S,
    settings: &Settings,
    judges: Vec<J>,
    mut merge: impl FnMut(J::Output, Progress) -> Result<(), E>,
) -> Result<Followed<J, S>, E>
where
    S: EventSource + Send + 'static,
    S::Error: Send,
    J: Judge + Send,
{
    let answers = source.asker().map(|asker| Answers::new(asker, judges.len()));
    let origin = Origin { recording: source.is_recording(), answers: answers.as_ref() };
    let pool = Arc::new(Pool::default());
    let stop = Arc::new(AtomicBool::new(false));
    let (verdicts, incoming) = sync_channel(2 * judges.len());
    let mut queues = Vec::new();
    let mut ends = Vec::new();
    for _ in &judges {
        let (queue, end) = sync_channel(QUEUE);
        queues.push(queue);
        ends.push(end);
    }
    // Not one of the scope's threads: it may wait for input for ever after everybody else has gone.
    let reading = {
        let (pool, stop, batch) = (Arc::clone(&pool), Arc::clone(&stop), settings.batch.max(1));
        thread::spawn(move || read(source, batch, &queues, &pool, &stop))
    };
    let (merged, finished) = thread::scope(|scope| {
        let threads: Vec<_> = judges
            .into_iter()
            .zip(ends)
            .map(|(judge, end)| {
                let (verdicts, pool, stop) = (verdicts.clone(), &*pool, &*stop);
                scope.spawn(move || work(judge, settings, end, verdicts, pool, stop, origin))
            })
            .collect();
        drop(verdicts);
        let merged = in_order(incoming, &mut merge);
        if merged.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        let finished: Vec<Finished<J>> =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect();
        (merged, finished)
    });
    merged?;
    let events = finished.first().map_or(0, |first| first.events);
    let limited = events >= settings.limit;
    stop.store(true, Ordering::Relaxed);
    // At the limit the reader learns from its next batch that nobody wants it; if it waits for input, that may take for ever.
    let patience = (0..PATIENCE).take_while(|_| limited && !reading.is_finished());
    patience.for_each(|_| thread::sleep(Duration::from_millis(1)));
    let (source, error) = match limited && !reading.is_finished() {
        true => (None, None),
        false => {
            let (source, error) = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
            (Some(source), error)
        }
    };
    let mut counts = None;
    let judges = finished
        .into_iter()
        .map(|thread| {
            // They are all the same.
            counts.get_or_insert((thread.counts, thread.counters));
            thread.judge
        })
        .collect();
    let (counts, counters) = counts.unwrap_or_default();
    Ok(Followed { judges, events, counts, counters, source, error: error.filter(|_| !limited) })
}

/// A source as a batch is filled from it.
struct Supplied<S>(S);

impl<S: EventSource> Supply for Supplied<S> {
    type Error = S::Error;

    #[inline]
    fn advance(&mut self, wait: bool) -> Result<Option<Advance>, S::Error> {
        if wait { self.0.advance().map(Some) } else { self.0.advance_now() }
    }

    #[inline]
    fn event(&self) -> Option<Event<'_>> {
        self.0.event()
    }
}

/// Fills batches and gives each to every judge.
fn read<S: EventSource>(
    source: S,
    batch: usize,
    queues: &[SyncSender<Arc<Parcel>>],
    pool: &Mutex<Vec<Parcel>>,
    stop: &AtomicBool,
) -> (S, Option<S::Error>) {
    let mut source = Supplied(source);
    let mut number = 0;
    let error = loop {
        let used = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut parcel = used.unwrap_or_default();
        let filled = parcel.batch.fill(&mut source, batch, BATCH_BYTES);
        parcel.number = number;
        parcel.taken = AtomicBool::new(false);
        number += 1;
        let parcel = Arc::new(parcel);
        // A judge that has stopped, as all do at the limit, wants no more.
        let mut wanted = false;
        for queue in queues {
            wanted |= queue.send(Arc::clone(&parcel)).is_ok();
        }
        match filled {
            Ok(Filled::More) if wanted && !stop.load(Ordering::Relaxed) => {}
            Ok(_) => break None,
            Err(e) => break Some(e),
        }
    };
    (source.0, error)
}

/// Passes on what is said about batches in their order.
fn in_order<T, E>(
    incoming: Receiver<Verdict<T>>,
    merge: &mut impl FnMut(T, Progress) -> Result<(), E>,
) -> Result<(), E> {
    let mut next = 0;
    let mut early = BTreeMap::new();
    for verdict in incoming {
        early.insert(verdict.number, verdict);
        while let Some(verdict) = early.remove(&next) {
            next += 1;
            merge(verdict.out, verdict.progress)?;
        }
    }
    Ok(())
}
