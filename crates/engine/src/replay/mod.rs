//! A capture replayed from its first event to its last, or what happens followed as it happens, on one thread or on several.
//!
//! What is done with an event is a [`Judge`]'s business; what it puts out comes back in the order of the events, whatever the number
//! of threads. With one judge everything happens on the calling thread, unless [`Settings::read_ahead`] asks for the first of the other
//! threads: it reads (inflates, frames, converts) ahead of the judge. With more judges that thread hands batches of events to all judges' threads: each keeps the machine's whole state, because the state after an event needs
//! every event before it; but each batch is judged only by the first who gets to it. Who is held up by judging meets batches that others
//! have taken meanwhile and catches up on them. Queues are bounded, so memory does not follow the capture's length.

mod answers;
mod parallel;
mod worker;

use falco_scap::{Error, Reader};

use crate::inspector::{EventCounts, EventSource, Inspector, Step};
use crate::state::Counters;

/// Says something about events.
pub trait Judge {
    /// What it puts out. What is empty by [`Default`] says nothing.
    type Output: Default + Send;

    /// Looks at a visible event; whether it put something out.
    fn judge(&mut self, step: &Step<'_>, out: &mut Self::Output) -> bool;
}

/// How a capture is replayed.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// See [`crate::state::Machine::use_local_accounts`].
    pub local_accounts: bool,
    /// Stop after so many visible events.
    pub limit: u64,
    /// Whether a thread of its own reads even for a single judge. For several it always does.
    pub read_ahead: bool,
    /// Events that go from thread to thread at a time, at most.
    pub batch: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { local_accounts: false, limit: u64::MAX, read_ahead: false, batch: 2048 }
    }
}

/// How far a replay is: for those who watch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Visible events judged.
    pub events: u64,
}

/// What the reader saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Input {
    /// Blocks begun.
    pub blocks: u64,
    /// Uncompressed bytes.
    pub bytes: u64,
    /// Events as they stand in the file, those of old captures included that merge into others.
    pub raw_events: u64,
    /// Events that the reader delivered.
    pub events: u64,
    /// Enter events of old captures that were forgotten to keep memory bounded.
    pub forgotten_enter_events: u64,
}

impl Input {
    /// What a reader has seen so far.
    pub fn of(reader: &Reader<'_>) -> Self {
        Self {
            blocks: reader.blocks(),
            bytes: reader.offset(),
            raw_events: reader.raw_events(),
            events: reader.event_number(),
            forgotten_enter_events: reader.forgotten_enter_events(),
        }
    }
}

/// What a replay came to.
#[derive(Debug)]
pub struct Replayed<J> {
    /// The judges, with whatever they gathered.
    pub judges: Vec<J>,
    /// Visible events judged.
    pub events: u64,
    /// What was read. With a limit and several threads, reading may have been ahead of judging.
    pub input: Input,
    /// The events that the state took in, by kind.
    pub counts: EventCounts,
    /// What the state counted.
    pub counters: Counters,
    /// Why the capture ended before its end.
    pub error: Option<Error>,
}

/// What following a source came to.
#[derive(Debug)]
pub struct Followed<J, S: EventSource> {
    /// The judges, with whatever they gathered.
    pub judges: Vec<J>,
    /// Visible events judged.
    pub events: u64,
    /// The events that the state took in, by kind.
    pub counts: EventCounts,
    /// What the state counted.
    pub counters: Counters,
    /// The source; `None` when it was still waiting for something when the limit was reached.
    pub source: Option<S>,
    /// Why the source ended before its end.
    pub error: Option<S::Error>,
}

/// Visible events after which [`replay`] gives a sign of life even if there is nothing to say.
const HEARTBEAT: u64 = 1 << 16;

/// Replays a capture with one thread for each judge, and one more to read it when there are several or the settings want it. `merge` gets what the judges put
/// out, in the order of events; from time to time it gets something empty. Its error ends the replay.
///
/// # Errors
/// Those of `merge`. What is wrong with the capture is in [`Replayed::error`].
pub fn replay<J, E>(
    reader: Reader<'static>,
    settings: &Settings,
    judges: Vec<J>,
    merge: impl FnMut(J::Output, Progress) -> Result<(), E>,
) -> Result<Replayed<J>, E>
where
    J: Judge + Send,
{
    let Followed { judges, events, counts, counters, source, error } = follow(reader, settings, judges, merge)?;
    let input = source.map_or(Input { events, ..Input::default() }, |reader| Input::of(&reader));
    Ok(Replayed { judges, events, input, counts, counters, error })
}

/// The same for any source. What there is is judged at once, even if more may come.
///
/// # Errors
/// Those of `merge`. What is wrong with the source is in [`Followed::error`].
pub fn follow<S, J, E>(
    source: S,
    settings: &Settings,
    mut judges: Vec<J>,
    merge: impl FnMut(J::Output, Progress) -> Result<(), E>,
) -> Result<Followed<J, S>, E>
where
    S: EventSource + Send + 'static,
    S::Error: Send,
    J: Judge + Send,
{
    match judges.pop() {
        Some(judge) if judges.is_empty() && !settings.read_ahead => alone(source, settings, judge, merge),
        Some(judge) => {
            judges.push(judge);
            parallel::follow(source, settings, judges, merge)
        }
        None => Ok(Followed {
            judges,
            events: 0,
            counts: EventCounts::default(),
            counters: Counters::default(),
            source: Some(source),
            error: None,
        }),
    }
}

fn alone<S: EventSource, J: Judge, E>(
    source: S,
    settings: &Settings,
    mut judge: J,
    mut merge: impl FnMut(J::Output, Progress) -> Result<(), E>,
) -> Result<Followed<J, S>, E> {
    let mut inspector = Inspector::new(source).with_local_accounts(settings.local_accounts);
    let mut events = 0;
    let mut out = J::Output::default();
    let error = loop {
        if events >= settings.limit {
            break None;
        }
        let step = match inspector.next_visible() {
            Ok(Some(step)) => step,
            Ok(None) => break None,
            Err(e) => break Some(e),
        };
        events += 1;
        // What is said is passed on at once: somebody may wait for it at the other end of a pipe.
        if judge.judge(&step, &mut out) || events.is_multiple_of(HEARTBEAT) {
            merge(std::mem::take(&mut out), Progress { events })?;
        }
    };
    let (counts, counters) = (inspector.counts().clone(), *inspector.machine().counters());
    Ok(Followed { judges: vec![judge], events, counts, counters, source: Some(inspector.into_source()), error })
}

#[cfg(test)]
mod tests;
