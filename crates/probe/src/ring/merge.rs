//! Several rings read as one: events in order of their times.

use super::{Peek, Ring};

/// How long an event waits for older ones of other rings, in nanoseconds. From an event's time, which is taken when a program begins,
/// to its place in the ring it is some microseconds; more when the processor is taken away from a guest meanwhile.
const PATIENCE: u64 = 2_000_000;

/// Where the time stands in a record.
const TIME: usize = 2;

/// The rings.
#[derive(Debug)]
pub struct Rings {
    rings: Vec<Source>,
    /// The ring whose record is lent, and the record's length.
    lent: Option<(usize, usize)>,
    /// Everything up to this time has come.
    complete: u64,
    /// The time of the newest event that was handed out.
    latest: u64,
    late: u64,
}

#[derive(Debug)]
struct Source {
    ring: Ring,
    /// Time and length of the record that is next; `None` when none was there.
    head: Option<(u64, usize)>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A record: see [`Rings::record`].
    Record,
    /// Nothing yet, but there is something that waits for its turn.
    Soon,
    /// Nothing.
    Nothing,
}

impl Rings {
    /// Reads these.
    pub fn new(rings: Vec<Ring>) -> Self {
        let rings = rings.into_iter().map(|ring| Source { ring, head: None }).collect();
        Self { rings, lent: None, complete: 0, latest: 0, late: 0 }
    }

    /// Events that came after younger ones: what [`PATIENCE`] was too short for.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Lets go of the record at hand and looks for the next. `now` tells the time by the events' clock, or `u64::MAX` when nothing more
    /// will be written, so that nothing has to wait.
    pub fn next(&mut self, now: impl Fn() -> u64) -> Next {
        if let Some((index, len)) = self.lent.take()
            && let Some(source) = self.rings.get_mut(index)
        {
            source.ring.pass(len);
            source.look();
        }
        if self.take() {
            return Next::Record;
        }
        // The time first: what is not there when it is looked for is younger.
        let now = now();
        self.rings.iter_mut().filter(|source| source.head.is_none()).for_each(Source::look);
        self.complete = now.saturating_sub(PATIENCE).max(self.complete);
        match () {
            () if self.take() => Next::Record,
            () if self.rings.iter().any(|source| source.head.is_some()) => Next::Soon,
            () => Next::Nothing,
        }
    }

    /// Takes the oldest record, if none that is older can come.
    fn take(&mut self) -> bool {
        let heads = self.rings.iter().enumerate().filter_map(|(index, source)| Some((source.head?, index)));
        let Some(((ts, len), index)) = heads.min() else { return false };
        if ts > self.complete && self.rings.iter().any(|source| source.head.is_none()) {
            return false;
        }
        self.late += u64::from(ts < self.latest && self.rings.len() > 1);
        self.latest = self.latest.max(ts);
        self.lent = Some((index, len));
        true
    }

    /// The record at hand.
    pub fn record(&self) -> Option<&[u8]> {
        let (index, len) = self.lent?;
        self.rings.get(index)?.ring.record(len)
    }
}

impl Source {
    fn look(&mut self) {
        self.head = match self.ring.peek() {
            Peek::Record(len) => {
                let time = self.ring.record(len).and_then(|record| record.get(TIME..)?.first_chunk().copied());
                // Of a record that is too short, whoever reads it says so.
                Some((time.map_or(0, u64::from_ne_bytes), len))
            }
            Peek::Empty | Peek::Busy => None,
        };
    }
}
