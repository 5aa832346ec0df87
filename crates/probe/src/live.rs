//! The live source: reads what the programs in the kernel write.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use falco_catalog::EventType;
use falco_engine::inspector::{Asker, EventSource};
use falco_scap::{Advance, ErrorKind, Event, FdList, Item, Reader};

use crate::host::{Connection, Opened, Switch};
use crate::kernel::{Layout, Programs};
use crate::ring::{Mapping, Next, Ring, Rings};
use crate::snapshot::{self, Snapshot};
use crate::{Counters, ProbeError, Settings};

/// Between two looks at an empty ring: short at first, then longer, and never so long that an alert would be late. Being woken by the
/// kernel instead would cost every event that comes to an idle reader an interrupt, in the process that made it.
const NAPS: [Duration; 4] =
    [Duration::from_micros(200), Duration::from_millis(1), Duration::from_millis(4), Duration::from_millis(10)];

/// Events of the running kernel, after a picture of the machine.
pub struct Live {
    rings: Rings,
    counts: Counts,
    layout: Layout,
    early: bool,
    head: Head,
    ends: Vec<u32>,
    deadline: Option<Instant>,
    /// The last time that an event may have, once it is known: nanoseconds since 1970.
    last: Option<u64>,
    stop: Arc<AtomicBool>,
    ending: bool,
    naps: usize,
    keeper: Keeper,
}

/// The picture of the machine.
enum Head {
    Items(std::vec::IntoIter<Item<'static>>),
    Capture(Box<Reader<'static>>),
}

impl Head {
    fn next(&mut self) -> Result<Option<Item<'static>>, ProbeError> {
        match self {
            Self::Items(items) => Ok(items.next()),
            Self::Capture(reader) => match reader.advance() {
                Ok(Advance::Item(item)) => Ok(Some(item)),
                Ok(Advance::Event | Advance::End) => Ok(self.end()),
                // A capture that is all head is no mistake here.
                Err(error) if matches!(error.kind(), ErrorKind::NoEvents) => Ok(self.end()),
                Err(error) => {
                    Err(ProbeError::Host { what: "read the picture of the machine", source: io::Error::other(error) })
                }
            },
        }
    }

    fn end(&mut self) -> Option<Item<'static>> {
        *self = Self::Items(Vec::new().into_iter());
        None
    }
}

/// Who keeps the programs going.
enum Keeper {
    /// This process; they are detached when this goes.
    Own { _programs: Box<Programs> },
    /// The privileged part.
    Host(Connection),
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("counters", &self.counters()).finish_non_exhaustive()
    }
}

fn mapped(source: io::Error) -> ProbeError {
    ProbeError::Kernel { what: "map a ring", source, log: String::new() }
}

impl Live {
    /// Loads and attaches the programs, then looks at the machine: all in this process, which needs the privilege and keeps it.
    ///
    /// # Errors
    /// What is missing here, or why the kernel refused.
    pub fn open(settings: &Settings) -> Result<Self, ProbeError> {
        let programs = Programs::load(settings, std::process::id())?;
        let layout = programs.layout();
        // First the events, then the picture: what happens meanwhile is in the ring.
        let rings = open_rings(programs.rings(), layout)?;
        let counts = Counts::open(programs.counters(), layout)?;
        let early = programs.sees_calls_begin();
        let head = Head::Items(Snapshot::take()?.into_items().into_iter());
        Ok(Self::new((rings, counts, layout, early), head, Keeper::Own { _programs: Box::new(programs) }, settings))
    }

    /// With what the privileged part passed on.
    pub(crate) fn connected(parts: Opened, connection: Connection, settings: &Settings) -> Result<Self, ProbeError> {
        let Opened { layout, early, rings, counters, picture } = parts;
        let rings = open_rings(rings.iter().map(AsFd::as_fd), layout)?;
        let counts = Counts::open(counters.as_fd(), layout)?;
        let head = Head::Capture(Box::new(picture));
        Ok(Self::new((rings, counts, layout, early), head, Keeper::Host(connection), settings))
    }

    fn new(
        (rings, counts, layout, early): (Rings, Counts, Layout, bool),
        head: Head,
        keeper: Keeper,
        settings: &Settings,
    ) -> Self {
        let (deadline, stop) = (settings.deadline, Arc::clone(&settings.stop));
        let last = deadline.map(|at| {
            let left = at.saturating_duration_since(Instant::now());
            now(layout).saturating_add(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX))
        });
        Self {
            rings,
            counts,
            layout,
            early,
            head,
            ends: Vec::new(),
            deadline,
            last,
            stop,
            ending: false,
            naps: 0,
            keeper,
        }
    }

    /// What changes which events come, for any thread to use; `None` where the programs belong to this process.
    pub fn switch(&self) -> Option<Switch> {
        match &self.keeper {
            Keeper::Own { .. } => None,
            Keeper::Host(connection) => Some(connection.switch()),
        }
    }

    /// What ends it when it is set: what is in the rings then still comes.
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Whether the command has ended; `false` when there is none.
    pub fn command_has_ended(&self) -> bool {
        matches!(&self.keeper, Keeper::Host(connection) if connection.has_ended())
    }

    /// Whether the paths of opened files are those that the calls were given, even if somebody changes them meanwhile. It takes a
    /// tracefs, mounted at `/sys/kernel/tracing`.
    pub fn sees_calls_begin(&self) -> bool {
        self.early
    }

    /// What was counted so far, over all processors.
    pub fn counters(&self) -> Counters {
        self.counts.read()
    }

    /// Events that came after younger ones, which can happen with several rings when a processor stands still for long.
    pub fn late(&self) -> u64 {
        self.rings.late()
    }

    /// Finds the parts of the record at hand.
    fn parse(&mut self) -> Result<(), ProbeError> {
        let record = self.rings.record().ok_or(ProbeError::BadRecord(0))?;
        self.ends.clear();
        parse(record, &mut self.ends).ok_or(ProbeError::BadRecord(record.len()))
    }

    /// Whether the record at hand came after the end. Where events come faster than they are judged the rings are never empty, so that
    /// this is what ends it.
    fn is_past_end(&mut self) -> bool {
        if self.last.is_none() && self.stop.load(Ordering::Relaxed) {
            self.last = Some(now(self.layout));
        }
        self.last.is_some_and(|last| self.event().is_some_and(|event| event.ts > last))
    }

    /// Whether this is the end. What was in the rings before it is told.
    fn is_over(&mut self) -> bool {
        self.ending = self.ending
            || self.deadline.is_some_and(|at| Instant::now() >= at)
            || self.stop.load(Ordering::Relaxed)
            || self.command_has_ended();
        self.ending
    }

    fn nap(&mut self) {
        let nap = NAPS.get(self.naps).or(NAPS.last()).copied().unwrap_or_default();
        self.naps += 1;
        let nap = self.deadline.map_or(nap, |at| nap.min(at.saturating_duration_since(Instant::now())));
        match &self.keeper {
            Keeper::Own { .. } => std::thread::sleep(nap),
            Keeper::Host(connection) => connection.nap(nap),
        }
    }
}

/// The time that a record would have that came now, in nanoseconds since 1970.
fn now(layout: Layout) -> u64 {
    snapshot::since_boot().saturating_add(layout.boot_epoch)
}

fn open_rings<'a>(fds: impl Iterator<Item = BorrowedFd<'a>>, layout: Layout) -> Result<Rings, ProbeError> {
    let rings: Result<Vec<_>, _> = fds.map(|fd| Ring::open(fd, layout.ring_bytes)).collect();
    Ok(Rings::new(rings.map_err(mapped)?))
}

/// What the programs count, by processor.
struct Counts {
    mapping: Mapping,
    processors: usize,
}

impl Counts {
    fn open(fd: BorrowedFd<'_>, layout: Layout) -> Result<Self, ProbeError> {
        let processors = layout.processors as usize;
        let mapping = Mapping::new(fd, 0, processors * Counters::NUMBERS * 8, false).map_err(mapped)?;
        Ok(Self { mapping, processors })
    }

    fn read(&self) -> Counters {
        let mut sums = [0u64; Counters::NUMBERS];
        for processor in 0..self.processors {
            for (number, sum) in sums.iter_mut().enumerate() {
                let place = self.mapping.atomic_u64((processor * Counters::NUMBERS + number) * 8);
                *sum += place.map_or(0, |place| place.load(Ordering::Relaxed));
            }
        }
        Counters::of(sums)
    }
}

/// A record's bytes before the parameters' lengths: the processor and the event's header.
const HEAD: usize = 28;

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..).and_then(|b| b.first_chunk()).copied()
}

/// Where the parameters of a record end; `None` when it is no event.
fn parse(record: &[u8], ends: &mut Vec<u32>) -> Option<()> {
    let nparams = u32::from_ne_bytes(number(record, 24)?) as usize;
    let lens = record.get(HEAD..HEAD.checked_add(nparams.checked_mul(2)?)?)?;
    let mut at = 0;
    for len in lens.chunks_exact(2) {
        at += u32::from(u16::from_ne_bytes(number(len, 0)?));
        ends.push(at);
    }
    (record.len() - HEAD - lens.len() >= at as usize).then_some(())
}

/// The event in a record whose parameters end there.
fn event<'a>(record: &'a [u8], ends: &'a [u32]) -> Option<Event<'a>> {
    let last = ends.last().map_or(0, |end| *end as usize);
    let data = record.get(HEAD + 2 * ends.len()..)?.get(..last)?;
    let cpu = u16::from_ne_bytes(number(record, 0)?);
    let ts = u64::from_ne_bytes(number(record, 2)?);
    let tid = i64::from_ne_bytes(number(record, 10)?);
    let ty = EventType(u16::from_ne_bytes(number(record, 22)?));
    Some(Event::new(ts, tid, cpu, ty, 0, ends, data))
}

impl EventSource for Live {
    type Error = ProbeError;

    fn advance(&mut self) -> Result<Advance, ProbeError> {
        loop {
            if let Some(advance) = self.advance_now()? {
                return Ok(advance);
            }
            self.nap();
        }
    }

    fn event(&self) -> Option<Event<'_>> {
        event(self.rings.record()?, &self.ends)
    }

    fn descriptors(&mut self, tid: i64) -> Option<FdList> {
        match &self.keeper {
            Keeper::Own { .. } => snapshot::descriptors(tid),
            Keeper::Host(connection) => connection.asker().descriptors(tid),
        }
    }

    fn asker(&self) -> Option<Asker> {
        Some(match &self.keeper {
            Keeper::Own { .. } => Arc::new(snapshot::descriptors),
            Keeper::Host(connection) => {
                let asker = connection.asker();
                Arc::new(move |tid| asker.descriptors(tid))
            }
        })
    }

    fn advance_now(&mut self) -> Result<Option<Advance>, ProbeError> {
        if let Some(item) = self.head.next()? {
            return Ok(Some(Advance::Item(item)));
        }
        let layout = self.layout;
        let mut next = self.rings.next(|| now(layout));
        if next != Next::Record && self.is_over() {
            next = self.rings.next(|| u64::MAX);
            if next != Next::Record {
                return Ok(Some(Advance::End));
            }
        }
        match next {
            Next::Record => {
                self.naps = 0;
                self.parse()?;
                Ok(Some(if self.is_past_end() { Advance::End } else { Advance::Event }))
            }
            Next::Soon => {
                self.naps = 0;
                Ok(None)
            }
            Next::Nothing => match &self.keeper {
                Keeper::Host(connection) if connection.is_gone() => Err(ProbeError::Gone),
                _ => Ok(None),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(lens: &[u16], data: &[u8]) -> Vec<u8> {
        let mut record = 3u16.to_ne_bytes().to_vec();
        record.extend_from_slice(&77u64.to_ne_bytes());
        record.extend_from_slice(&42i64.to_ne_bytes());
        record.extend_from_slice(&0u32.to_ne_bytes());
        record.extend_from_slice(&5u16.to_ne_bytes());
        record.extend_from_slice(&(lens.len() as u32).to_ne_bytes());
        lens.iter().for_each(|len| record.extend_from_slice(&len.to_ne_bytes()));
        record.extend_from_slice(data);
        record
    }

    #[test]
    fn a_record_is_an_event() {
        let record = record(&[2, 0, 3], b"abcdefgh");
        let mut ends = Vec::new();
        parse(&record, &mut ends).unwrap();
        let event = event(&record, &ends).unwrap();
        assert_eq!((event.cpu, event.ts, event.tid, event.ty), (3, 77, 42, EventType(5)));
        assert_eq!(event.params().collect::<Vec<_>>(), [&b"ab"[..], b"", b"cde"]);
    }

    #[test]
    fn what_is_no_event_is_none() {
        let whole = record(&[2, 3], b"abcde");
        let read = |record: &[u8]| parse(record, &mut Vec::new());
        assert!(read(&whole).is_some());
        assert!((0..whole.len()).all(|len| read(&whole[..len]).is_none()));
        let mut many = whole;
        many[24..28].copy_from_slice(&u32::MAX.to_ne_bytes());
        assert!(read(&many).is_none());
    }
}
