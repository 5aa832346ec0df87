//! One recording in many files.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use falco_engine::state::Machine;
use falco_scap::{Compression, Event};

use crate::{RecordError, Recording, Told};

/// When the next file begins, and how many are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// A file that has grown to so many bytes is full.
    pub size: Option<u64>,
    /// A file that holds so much time is full.
    pub time: Option<Duration>,
    /// Of more files than this the oldest is removed.
    pub keep: Option<usize>,
}

/// A recording that goes to the next file when one is full. Each begins with the machine as it was then, so each can be opened without the
/// others. Without limits it is one file.
pub struct Rotation {
    /// What the files' names are made of; the name itself without limits.
    path: PathBuf,
    compression: Compression,
    limits: Limits,
    current: Recording,
    /// The time of the current file's first event.
    begun: Option<u64>,
    /// When the current file began, as its name has it.
    named: u64,
    /// The files before the current one that are still there, oldest first.
    earlier: VecDeque<PathBuf>,
    events: u64,
    files: usize,
}

impl Rotation {
    /// Opens the first file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn create(path: &Path, compression: Compression, limits: Limits) -> Result<Self, RecordError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let named = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let first = if Self::rotates(limits) { file_name(path, named) } else { path.to_owned() };
        let current = Recording::create(&first, compression)?;
        let earlier = VecDeque::new();
        Ok(Self {
            path: path.to_owned(),
            compression,
            limits,
            current,
            begun: None,
            named,
            earlier,
            events: 0,
            files: 1,
        })
    }

    fn rotates(limits: Limits) -> bool {
        limits.size.is_some() || limits.time.is_some()
    }

    /// Writes what a source tells beside events.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn told(&mut self, told: &Told) -> Result<(), RecordError> {
        self.current.told(told)
    }

    /// Writes an event.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn event(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        self.begun.get_or_insert(event.ts);
        self.events += 1;
        self.current.event(event)
    }

    /// Whether the next event belongs in another file, when the last one was of time `ts`.
    pub fn is_full(&self, ts: u64) -> bool {
        let Some(begun) = self.begun else { return false };
        let long = |time: Duration| u128::from(ts.saturating_sub(begun)) >= time.as_nanos();
        self.limits.size.is_some_and(|size| self.current.size() >= size) || self.limits.time.is_some_and(long)
    }

    /// Goes to the next file. `machine` is as the last event, of time `ts`, has left it.
    ///
    /// # Errors
    /// When the full file cannot be finished, the next one not be begun, or one too many not be removed.
    pub fn advance(&mut self, machine: &Machine, ts: u64) -> Result<(), RecordError> {
        // Names sort by time even if the clock was set back.
        self.named = ts.max(self.named + 1);
        let mut next = Recording::create(&file_name(&self.path, self.named), self.compression)?;
        next.picture(machine, ts)?;
        let full = std::mem::replace(&mut self.current, next);
        self.begun = None;
        self.files += 1;
        self.earlier.push_back(full.path().to_owned());
        full.finish()?;
        while self.limits.keep.is_some_and(|keep| self.earlier.len() >= keep.max(1))
            && let Some(path) = self.earlier.pop_front()
        {
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(RecordError { path, source: e.into() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Events written, all files together.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Files begun.
    pub fn files(&self) -> usize {
        self.files
    }

    /// Where the last file is.
    pub fn path(&self) -> &Path {
        self.current.path()
    }

    /// Closes the last file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(), RecordError> {
        self.current.finish()
    }
}

/// `name_TIME.scap` for `name.scap`, the time in nanoseconds since the epoch, with as many digits as any has.
fn file_name(path: &Path, ts: u64) -> PathBuf {
    let mut name = path.file_stem().map(OsString::from).unwrap_or_default();
    name.push(format!("_{ts:020}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Folder, World, opened};

    #[test]
    fn every_file_says_everything_by_itself() {
        let folder = Folder::new("rotation");
        let mut world = World::new();
        let limits = Limits { size: None, time: Some(Duration::from_micros(5)), keep: None };
        let mut rotation = Rotation::create(&folder.path("x.scap"), Compression::Gzip, limits).unwrap();
        world.header().iter().for_each(|told| rotation.told(told).unwrap());
        for _ in 0..3 {
            for event in world.a_process_reads("/etc/shadow") {
                world.step(&event);
                rotation.event(&event.event()).unwrap();
                if rotation.is_full(world.ts()) {
                    world.settle();
                    rotation.advance(world.machine(), world.ts()).unwrap();
                }
            }
        }
        assert_eq!(rotation.events(), world.events());
        rotation.finish().unwrap();
        let files = folder.files();
        assert!(files.len() > 2, "{files:?}");
        let mut sorted = files.clone();
        sorted.sort();
        assert_eq!(files, sorted);
        let lines: Vec<String> = files.iter().flat_map(|file| opened(file)).collect();
        assert_eq!(lines, world.lines(), "the files one after the other say what the whole does");
    }

    #[test]
    fn only_so_many_are_kept() {
        let folder = Folder::new("keep");
        let mut world = World::new();
        let limits = Limits { size: Some(1), time: None, keep: Some(2) };
        let mut rotation = Rotation::create(&folder.path("x.scap"), Compression::None, limits).unwrap();
        for event in world.a_process_reads("/etc/shadow") {
            world.step(&event);
            rotation.event(&event.event()).unwrap();
            // Small as it is, what was written may still wait in a buffer.
            rotation.advance(world.machine(), world.ts()).unwrap();
        }
        rotation.event(&world.a_process_reads("/x")[0].event()).unwrap();
        let (last, begun) = (rotation.path().to_owned(), rotation.files());
        rotation.finish().unwrap();
        let files = folder.files();
        assert_eq!((files.len(), files.last()), (2, Some(&last)));
        assert!(begun > 3);
    }

    #[test]
    fn one_file_keeps_its_name() {
        let folder = Folder::new("one");
        let rotation = Rotation::create(&folder.path("x.scap"), Compression::None, Limits::default()).unwrap();
        assert!(!rotation.is_full(u64::MAX));
        rotation.finish().unwrap();
        assert_eq!(folder.files(), [folder.path("x.scap")]);
        assert_eq!(file_name(Path::new("a/b.c/trace"), 7), Path::new("a/b.c/trace_00000000000000000007"));
    }
}
