//! Reads a capture item by item.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use falco_catalog::EventType;

use crate::block::{self, BlockKind, HEADER_LEN, TRAILER_LEN};
use crate::convert::{Converter, Outcome};
use crate::error::{Error, ErrorKind, Place, Stage};
use crate::event::Event;
use crate::frame;
use crate::item::{FdList, Item, Section, UserList};
use crate::lists::{self, Body, Cursor, short};
use crate::plan::{Class, MAX_PARAMS, Plans, plans};
use crate::source::Source;

/// How a capture is read.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bring events of old captures to the current layout and drop the enter events that are not needed any more, as Falco
    /// does. Without it every event comes as it stands in the file.
    pub convert: bool,
    /// When an exit event finds the enter event of another kind stored for its thread: go on without one. Falco ends the
    /// capture there, and so do we unless this is set. Also clears stored events where a concatenated capture begins.
    pub lenient_enter: bool,
    /// What is refused to keep memory bounded.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { convert: true, lenient_enter: false, limits: Limits::default() }
    }
}

/// Bounds on memory. They are far beyond what any producer writes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest event block.
    pub event_bytes: u32,
    /// The longest list of interfaces or users, which are given whole.
    pub list_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event_bytes: 256 << 20, list_bytes: 16 << 20 }
    }
}

/// The last event as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RawEvent {
    /// The event type's code.
    pub ty: u16,
    /// How many parameters it has there.
    pub nparams: u32,
    /// Its length: header, parameter lengths, parameters.
    pub len: u32,
    /// The block's type.
    pub block_type: u32,
    /// The block's total length.
    pub block_len: u32,
    /// The block's offset in the uncompressed stream.
    pub offset: u64,
}

/// How many blocks of a kind there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockCount {
    /// Blocks.
    pub blocks: u64,
    /// Bytes, frames included.
    pub bytes: u64,
}

/// Entries of a list that are given at once.
const PORTION: usize = 256;

/// Reads a capture item by item.
///
/// Plain captures in memory are read in place: an event's bytes are the capture's. Streams and gzip go through a window whose
/// size follows the longest block, not the file.
pub struct Reader<'s> {
    source: Source<'s>,
    options: Options,
    plans: &'static Plans,
    converter: Converter,
    phase: Phase,
    stage: Stage,
    /// Blocks begun.
    blocks: u64,
    /// Offset of the block that was begun last.
    block_offset: u64,
    /// Events delivered.
    events: u64,
    /// Raw events read, dropped ones included.
    raw_events: u64,
    raw: RawEvent,
    ends: [u32; MAX_PARAMS],
    counts: [BlockCount; BlockKind::PLACES],
    /// The event that [`Self::advance`] came to.
    found: Option<Found>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// A section header must follow.
    Begin,
    /// Metadata until the first event.
    Metadata,
    /// Inside a list that is given in portions.
    List { list: List, body: Body, total: u32 },
    /// Events until something else.
    Events,
    /// The end, or an error.
    Done,
}

#[derive(Debug, Clone, Copy)]
enum List {
    Processes { version: u8 },
    Fds { version: u8, tid: i64 },
}

/// What [`Reader::advance`] came to.
#[derive(Debug, Clone)]
pub enum Advance {
    /// Anything but an event.
    Item(Item<'static>),
    /// An event: [`Reader::event`] lends it.
    Event,
    /// The end.
    End,
}

/// An event's place, so that it can be borrowed after the loop that looked for it.
#[derive(Debug, Clone)]
struct Found {
    ts: u64,
    tid: i64,
    cpu: u16,
    flags: u32,
    outcome: Outcome,
    data: Range<usize>,
}

enum Next {
    /// An event, in [`Reader::found`].
    Event,
    End,
    /// A block that is no event.
    Other,
}

impl Reader<'static> {
    /// Opens a file, plain or gzip.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let open = || -> io::Result<File> {
            let file = File::open(path)?;
            if file.metadata()?.is_dir() {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
            }
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self::new(file)),
            Err(e) => Err(Error::new(ErrorKind::Open(e), Place::default(), Stage::Open)),
        }
    }
}

impl<'s> Reader<'s> {
    /// Reads from memory, plain or gzip. Plain bytes are read in place.
    pub fn from_bytes(bytes: &'s [u8]) -> Self {
        Self::over(Source::slice(bytes))
    }

    /// Reads from any stream, plain or gzip. It is buffered here.
    pub fn new(read: impl Read + Send + 's) -> Self {
        Self::over(Source::stream(read))
    }

    fn over(source: Source<'s>) -> Self {
        Self {
            source,
            options: Options::default(),
            plans: plans(),
            converter: Converter::default(),
            phase: Phase::Begin,
            stage: Stage::Open,
            blocks: 0,
            block_offset: 0,
            events: 0,
            raw_events: 0,
            raw: RawEvent::default(),
            ends: [0; MAX_PARAMS],
            counts: [BlockCount::default(); BlockKind::PLACES],
            found: None,
        }
    }

    /// The same reader with other options; to be set before anything is read.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.converter.lenient = options.lenient_enter;
        self.options = options;
        self
    }

    /// How many events have been delivered: the number (`evt.num`) of the last one.
    pub fn event_number(&self) -> u64 {
        self.events
    }

    /// How many events have been read, those included that the converter dropped and those of unknown types.
    pub fn raw_events(&self) -> u64 {
        self.raw_events
    }

    /// Uncompressed bytes read.
    pub fn offset(&self) -> u64 {
        self.source.offset()
    }

    /// Blocks begun.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// The blocks begun, by kind.
    pub fn block_counts(&self) -> impl Iterator<Item = (BlockKind, BlockCount)> + '_ {
        self.counts.iter().enumerate().filter(|(_, c)| c.blocks > 0).map(|(i, c)| (BlockKind::at(i), *c))
    }

    /// The last event as it stands in the file.
    pub fn raw(&self) -> RawEvent {
        self.raw
    }

    /// How many stored enter events were forgotten to keep memory bounded.
    pub fn forgotten_enter_events(&self) -> u64 {
        self.converter.forgotten()
    }

    /// The next item; `None` at the end. After an error there is nothing more.
    #[allow(clippy::should_implement_trait)] // It lends: an iterator cannot.
    #[inline]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        Ok(match self.advance()? {
            Advance::Item(item) => Some(item),
            Advance::Event => self.event().map(Item::Event),
            Advance::End => None,
        })
    }

    /// The next event; other items are left out. `None` at the end.
    #[inline]
    pub fn next_event_only(&mut self) -> Result<Option<Event<'_>>, Error> {
        loop {
            match self.advance()? {
                Advance::Item(_) => {}
                Advance::Event => return Ok(self.event()),
                Advance::End => return Ok(None),
            }
        }
    }

    /// Moves on by one item. Unlike what [`Self::next`] gives, nothing is lent, so that a loop can take in metadata and go on;
    /// an event is lent by [`Self::event`] when the loop has ended.
    #[inline]
    pub fn advance(&mut self) -> Result<Advance, Error> {
        self.found = None;
        loop {
            match self.phase {
                Phase::Events => match self.next_event() {
                    Ok(Next::Event) => {
                        self.events += 1;
                        return Ok(Advance::Event);
                    }
                    Ok(Next::End) => self.phase = Phase::Done,
                    Ok(Next::Other) => return self.restart().map(Advance::Item),
                    Err(kind) => return Err(self.fail(kind)),
                },
                Phase::Done => return Ok(Advance::End),
                _ => match self.metadata_step() {
                    Ok(Some(item)) => return Ok(Advance::Item(item)),
                    Ok(None) => {}
                    Err(kind) => return Err(self.fail(kind)),
                },
            }
        }
    }

    /// The event that [`Self::advance`] came to; `None` when it came to something else.
    #[inline]
    pub fn event(&self) -> Option<Event<'_>> {
        self.found.as_ref().map(|found| self.borrow(found))
    }

    #[cold]
    fn fail(&mut self, kind: ErrorKind) -> Error {
        self.phase = Phase::Done;
        let place = Place { offset: self.block_offset, block: self.blocks, events: self.events };
        Error::new(kind, place, self.stage)
    }

    #[inline]
    fn borrow(&self, found: &Found) -> Event<'_> {
        let Found { ts, tid, cpu, flags, outcome, ref data } = *found;
        match outcome {
            Outcome::InPlace { ty, nparams } => {
                let ends = self.ends.get(..nparams).unwrap_or(&self.ends);
                Event { ts, tid, cpu, ty, flags, ends, data: self.source.at(data.clone()) }
            }
            Outcome::Made { ty } => {
                let (ends, data) = self.converter.made();
                Event { ts, tid, cpu, ty, flags, ends, data }
            }
            Outcome::Dropped => Event { ts, tid, cpu, ty: EventType(0), flags, ends: &[], data: &[] },
        }
    }

    // ---- between sections ----

    /// Another block than an event: only a section header may follow events.
    fn restart(&mut self) -> Result<Item<'static>, Error> {
        self.stage = Stage::Restart;
        if self.options.lenient_enter {
            self.converter.clear();
        }
        let found = frame::u32_at(self.source.bytes(), 0);
        if BlockKind::of(found) != BlockKind::Section {
            self.begin_block();
            return Err(self.fail(ErrorKind::BlockType { found }));
        }
        self.phase = Phase::Begin;
        Ok(Item::Restart)
    }

    #[inline]
    fn begin_block(&mut self) {
        self.blocks += 1;
        self.block_offset = self.source.offset();
    }

    #[inline]
    fn count_block(&mut self, kind: BlockKind, total: u32) {
        if let Some(count) = self.counts.get_mut(kind.index()) {
            count.blocks += 1;
            count.bytes += u64::from(total);
        }
    }

    // ---- metadata ----

    /// One step before the events. `None` when the step gives nothing.
    fn metadata_step(&mut self) -> Result<Option<Item<'static>>, ErrorKind> {
        match self.phase {
            Phase::Begin => self.section().map(|section| Some(Item::Section(section))),
            Phase::Metadata => self.metadata_block(),
            Phase::List { list, body, total } => self.portion(list, body, total),
            Phase::Events | Phase::Done => Ok(None),
        }
    }

    fn section(&mut self) -> Result<Section, ErrorKind> {
        self.begin_block();
        if self.source.fill(HEADER_LEN as usize) < HEADER_LEN as usize {
            return Err(match self.source.take_error() {
                Some(e) => ErrorKind::Read(e),
                None => ErrorKind::NoHeader { step: 1 },
            });
        }
        let found = frame::u32_at(self.source.bytes(), 0);
        let total = frame::u32_at(self.source.bytes(), 4);
        if BlockKind::of(found) != BlockKind::Section {
            return Err(ErrorKind::BlockType { found });
        }
        if total < block::SHB_LEN {
            return Err(ErrorKind::SectionTooShort { found: total, least: block::SHB_LEN });
        }
        let fixed = (block::SHB_LEN - TRAILER_LEN) as usize;
        if self.source.fill(fixed) < fixed {
            return Err(match self.source.take_error() {
                Some(e) => ErrorKind::Read(e),
                None => ErrorKind::NoHeader { step: 2 },
            });
        }
        let bytes = self.source.bytes();
        let magic = frame::u32_at(bytes, 8);
        let (major, minor) = (frame::u16_at(bytes, 12), frame::u16_at(bytes, 14));
        if magic != block::MAGIC {
            return Err(ErrorKind::Magic);
        }
        if major > 1 {
            return Err(ErrorKind::Version { major, minor });
        }
        self.count_block(BlockKind::Section, total);
        self.source.consume(fixed);
        let options_len = total - block::SHB_LEN;
        // The trailer is there, but its value does not count.
        let rest = u64::from(options_len) + u64::from(TRAILER_LEN);
        let read = self.source.skip(rest);
        if read < rest {
            return Err(short(&mut self.source, rest, read));
        }
        self.phase = Phase::Metadata;
        Ok(Section { major, minor, options_len })
    }

    fn metadata_block(&mut self) -> Result<Option<Item<'static>>, ErrorKind> {
        let have = self.source.fill(HEADER_LEN as usize);
        if have < HEADER_LEN as usize {
            self.begin_block();
            return Err(match self.source.take_error() {
                Some(e) => ErrorKind::Read(e),
                None if have == 0 => ErrorKind::NoEvents,
                None => short(&mut self.source, u64::from(HEADER_LEN), have as u64),
            });
        }
        let kind = BlockKind::of(frame::u32_at(self.source.bytes(), 0));
        let total = frame::u32_at(self.source.bytes(), 4);
        if let BlockKind::Event { .. } = kind {
            self.phase = Phase::Events;
            self.stage = Stage::Events;
            return Ok(None);
        }
        self.begin_block();
        self.count_block(kind, total);
        self.source.consume(HEADER_LEN as usize);
        let Some(len) = total.checked_sub(HEADER_LEN + TRAILER_LEN) else {
            return Err(ErrorKind::BlockTooShort { found: total });
        };
        let mut body = Body { len, read: 0 };
        let mut cursor = Cursor::new(&mut self.source, &mut body);
        let item = match kind {
            BlockKind::Machine => Item::Machine(lists::machine(&mut cursor)?),
            BlockKind::Processes { version } => {
                self.phase = Phase::List { list: List::Processes { version }, body, total };
                return Ok(None);
            }
            BlockKind::Fds { version } => {
                let tid = lists::fd_list_thread(&mut cursor)?;
                self.phase = Phase::List { list: List::Fds { version, tid }, body, total };
                return Ok(None);
            }
            BlockKind::Interfaces { version } => {
                let most = self.options.limits.list_bytes;
                let mut interfaces = Vec::new();
                while cursor.more() {
                    cursor.within(most, "interface")?;
                    interfaces.push(lists::interface(&mut cursor, version)?);
                }
                cursor.finish("iflist")?;
                Item::Interfaces(interfaces)
            }
            BlockKind::Users { version } => {
                let most = self.options.limits.list_bytes;
                let mut users = UserList::default();
                while cursor.more() {
                    cursor.within(most, "user")?;
                    lists::user(&mut cursor, version, &mut users)?;
                }
                cursor.finish(lists::USER_LIST)?;
                Item::Users(users)
            }
            // A section header here is as unknown as any other.
            BlockKind::Section | BlockKind::Unknown | BlockKind::Event { .. } => {
                self.source.skip(u64::from(len));
                self.trailer(total)?;
                return Ok(None);
            }
        };
        self.trailer(total)?;
        Ok(Some(item))
    }

    /// Some entries of a list.
    fn portion(&mut self, list: List, mut body: Body, total: u32) -> Result<Option<Item<'static>>, ErrorKind> {
        let mut cursor = Cursor::new(&mut self.source, &mut body);
        let (item, empty) = match list {
            List::Processes { version } => {
                let mut processes = Vec::new();
                while processes.len() < PORTION && cursor.more() {
                    processes.push(lists::process(&mut cursor, version)?);
                }
                let empty = processes.is_empty();
                (Item::Processes(processes), empty)
            }
            List::Fds { version, tid } => {
                let mut fds = Vec::new();
                while fds.len() < PORTION && cursor.more() {
                    fds.push(lists::fd(&mut cursor, version)?);
                }
                (Item::Fds(FdList { tid, fds }), false)
            }
        };
        if cursor.more() {
            self.phase = Phase::List { list, body, total };
        } else {
            cursor.finish(match list {
                List::Processes { .. } => lists::PROCESS_LIST,
                List::Fds { .. } => lists::FD_LIST,
            })?;
            self.trailer(total)?;
            self.phase = Phase::Metadata;
        }
        Ok((!empty).then_some(item))
    }

    fn trailer(&mut self, header: u32) -> Result<(), ErrorKind> {
        let have = self.source.fill(TRAILER_LEN as usize);
        if have < TRAILER_LEN as usize {
            return Err(short(&mut self.source, u64::from(TRAILER_LEN), have as u64));
        }
        let trailer = frame::u32_at(self.source.bytes(), 0);
        self.source.consume(TRAILER_LEN as usize);
        if trailer == header { Ok(()) } else { Err(ErrorKind::Trailer { header, trailer }) }
    }

    // ---- events ----

    /// Looks for the next event that is delivered.
    fn next_event(&mut self) -> Result<Next, ErrorKind> {
        loop {
            let have = self.source.fill(HEADER_LEN as usize);
            if have < HEADER_LEN as usize {
                let failed = self.source.take_error();
                if have == 0 && failed.is_none() {
                    return Ok(Next::End);
                }
                self.begin_block();
                return Err(match failed {
                    Some(e) => ErrorKind::Read(e),
                    None => short(&mut self.source, u64::from(HEADER_LEN), have as u64),
                });
            }
            let bytes = self.source.bytes();
            let (block_type, total) = (frame::u32_at(bytes, 0), frame::u32_at(bytes, 4));
            let kind = BlockKind::of(block_type);
            let BlockKind::Event { version, flags, large } = kind else {
                return Ok(Next::Other);
            };
            self.begin_block();
            self.count_block(kind, total);
            let layout = frame::Layout { version, flags };
            layout.check_total(total, large, self.options.limits.event_bytes)?;
            let have = self.source.fill(total as usize);
            if have < total as usize {
                let (expected, read) = (total - HEADER_LEN, have - HEADER_LEN as usize);
                return Err(short(&mut self.source, u64::from(expected), read as u64));
            }
            let at = self.source.position();
            let offset = self.block_offset;
            let payload =
                self.source.bytes().get(HEADER_LEN as usize..(total - TRAILER_LEN) as usize).unwrap_or_default();
            let header = layout.header(payload)?;
            let Some(facts) = self.plans.facts(header.ty) else {
                // A type of a newer producer.
                self.raw_events += 1;
                self.source.consume(total as usize);
                continue;
            };
            let params = layout.params(payload, &header, facts, &mut self.ends)?;
            self.raw_events += 1;
            self.raw = RawEvent {
                ty: header.ty.0,
                nparams: params.nparams,
                len: params.len,
                block_type,
                block_len: total,
                offset,
            };
            let shown = params.nparams.min(u32::from(facts.nparams)) as usize;
            let outcome = if !self.options.convert
                || facts.class == Class::Deliver
                || (facts.current && params.nparams == u32::from(facts.nparams))
            {
                Outcome::InPlace { ty: header.ty, nparams: shown }
            } else {
                let ends = self.ends.get(..shown).unwrap_or_default();
                let data = payload.get(params.data.clone()).unwrap_or_default();
                let frame::Header { ts, tid, cpu, flags, .. } = header;
                let event = Event { ts, tid, cpu, ty: header.ty, flags, ends, data };
                let outcome = self.converter.convert(self.plans, facts, &event, params.nparams, params.len)?;
                if let Outcome::InPlace { nparams, .. } = outcome {
                    // Parameters that were added are empty: they end where the last one does.
                    let end = shown.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
                    if let Some(added) = self.ends.get_mut(shown..nparams) {
                        added.fill(end);
                    }
                }
                outcome
            };
            self.source.consume(total as usize);
            if outcome == Outcome::Dropped {
                continue;
            }
            let start = at + HEADER_LEN as usize;
            self.found = Some(Found {
                ts: header.ts,
                tid: header.tid,
                cpu: header.cpu,
                flags: header.flags,
                outcome,
                data: start + params.data.start..start + params.data.end,
            });
            return Ok(Next::Event);
        }
    }
}
