//! A capture that is being written.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use falco_catalog::event::GENERIC_X;
use falco_engine::state::Machine;
use falco_scap::item::{FdInfo, NamedFd};
use falco_scap::{Compression, Event, EventBuf, FdList, Item, WriteError, Writer};

use crate::Told;

/// A capture that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {source}")]
pub struct RecordError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: WriteError,
}

/// A capture file that is being written, in a form that readers of some years ago open, too.
pub struct Recording {
    path: PathBuf,
    writer: Writer<Counted>,
    /// Bytes that have gone to the file.
    written: Arc<AtomicU64>,
    buffer: EventBuf,
    events: u64,
}

/// Counts what passes through.
struct Counted {
    file: File,
    written: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.written.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The first system call in the captures' numbering that Debian's sysdig has no name for: it crashes on those that come without an event of
/// their own.
const FIRST_UNKNOWN_CALL: u16 = 330;

impl Recording {
    /// Begins a file; one with this name is replaced.
    ///
    /// # Errors
    /// When it cannot be opened or written.
    pub fn create(path: &Path, compression: Compression) -> Result<Self, RecordError> {
        let failed = |source: WriteError| RecordError { path: path.to_owned(), source };
        let file = File::create(path).map_err(|e| failed(e.into()))?;
        let written = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, written: Arc::clone(&written) };
        let writer = Writer::new(counted, compression).map_err(failed)?;
        Ok(Self { path: path.to_owned(), writer, written, buffer: EventBuf::default(), events: 0 })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in the file so far. What the compressor still holds is not there yet: some 64 KiB at most.
    pub fn size(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Events written, without those of the header.
    pub fn events(&self) -> u64 {
        self.events
    }

    fn item(&mut self, item: &Item<'_>) -> Result<(), RecordError> {
        let written = match item {
            Item::Fds(list) => self.writer.fds(&readable(list)),
            item => self.writer.item(item),
        };
        self.done(written)
    }

    /// Writes what a source tells beside events.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn told(&mut self, told: &Told) -> Result<(), RecordError> {
        match told {
            Told::Item(item) => self.item(item),
            Told::Event(event) => {
                let written = self.writer.event(&event.event());
                self.done(written)
            }
        }
    }

    /// Writes the machine as it is: a file that begins with it says everything by itself. `ts` is the time of what has no other.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn picture(&mut self, machine: &Machine, ts: u64) -> Result<(), RecordError> {
        machine.picture().iter().try_for_each(|item| self.item(item))?;
        for event in machine.picture_events(ts) {
            self.told(&Told::Event(event))?;
        }
        Ok(())
    }

    /// Writes an event. A newer call without an event of its own is written by the kernel's number alone, from which readers that know
    /// it find its name just as well.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn event(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        self.events += 1;
        let code = event.param(0).and_then(|p| p.try_into().ok()).map(u16::from_le_bytes);
        if event.ty != GENERIC_X || code.is_none_or(|code| code < FIRST_UNKNOWN_CALL) {
            let written = self.writer.event(event);
            return self.done(written);
        }
        self.buffer.begin(event.ts, event.tid, event.cpu, event.ty, event.flags);
        self.buffer.push(&0u16.to_le_bytes());
        event.params().skip(1).for_each(|param| self.buffer.push(param));
        let written = self.writer.event(&self.buffer.event());
        self.done(written)
    }

    /// Writes what is left, and closes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(), RecordError> {
        let Self { path, writer, .. } = self;
        writer.finish().map(drop).map_err(|source| RecordError { path, source })
    }

    fn done(&self, written: Result<(), WriteError>) -> Result<(), RecordError> {
        written.map_err(|source| RecordError { path: self.path.clone(), source })
    }
}

/// Readers of some years ago, Debian's sysdig among them, refuse a capture with kinds of descriptors that they do not know. Those are
/// written as what such readers call the kinds that they do not know themselves; the names stay.
fn readable(list: &FdList) -> FdList {
    let mut list = list.clone();
    for entry in &mut list.fds {
        if let FdInfo::Named { kind, .. } = &mut entry.info
            && *kind as u8 > NamedFd::Netlink as u8
        {
            *kind = NamedFd::Unsupported;
        }
    }
    list
}
