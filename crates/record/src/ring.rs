//! The last seconds of events, and the machine as it was before them.

use std::collections::VecDeque;
use std::time::Duration;

use falco_engine::inspector::Intake;
use falco_engine::state;
use falco_scap::{Event, EventBuf};

use crate::{RecordError, Recording, Told};

/// Holds the events of the last moments. Those that are too old, or for which there is no room, go on to a second machine, which so is
/// always as the first one was before the oldest event that is held: what is held and that make a whole capture at any moment.
pub struct Ring {
    time: u64,
    bytes: usize,
    events: VecDeque<EventBuf>,
    /// How much memory the events take.
    held: usize,
    behind: Intake,
    recorded: bool,
    /// Events whose buffers can be used again.
    spare: Vec<EventBuf>,
}

/// Buffers that are kept for later: as many as go and come in a batch.
const SPARE: usize = 1024;

impl Ring {
    /// A ring of so much time, in so much memory. `recorded`: whether the events were recorded earlier.
    pub fn new(time: Duration, bytes: usize, recorded: bool) -> Self {
        Self {
            time: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            bytes,
            events: VecDeque::new(),
            held: 0,
            behind: Intake::new(state::Limits::default()),
            recorded,
            spare: Vec::new(),
        }
    }

    /// Takes in what a source tells beside events.
    pub fn told(&mut self, told: Told) {
        // It is about the machine as it is now: what happened before must have.
        while self.release() {}
        match told {
            Told::Item(item) => self.behind.item(item, self.recorded),
            Told::Event(event) => drop(self.behind.event(&event.event())),
        }
    }

    /// Takes in an event, the newest.
    pub fn event(&mut self, event: &Event<'_>) {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.copy_from(event);
        self.held += weight(event);
        self.events.push_back(buffer);
        let old = |first: &EventBuf| first.event().ts.saturating_add(self.time) < event.ts;
        let mut too_old = self.events.iter().take_while(|first| old(first)).count();
        while too_old > 0 || (self.held > self.bytes && self.events.len() > 1) {
            too_old = too_old.saturating_sub(1);
            self.release();
        }
    }

    /// Lets the oldest event go.
    fn release(&mut self) -> bool {
        let Some(buffer) = self.events.pop_front() else { return false };
        self.held -= weight(&buffer.event());
        self.behind.event(&buffer.event());
        if self.spare.len() < SPARE {
            self.spare.push(buffer);
        }
        true
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Begins a recording with what it holds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, recording: &mut Recording) -> Result<(), RecordError> {
        let Some(first) = self.events.front().map(|first| first.event().ts) else { return Ok(()) };
        // Nothing may have been let go yet.
        self.behind.end();
        self.behind.settle();
        recording.picture(self.behind.machine(), first)?;
        self.events.iter().try_for_each(|event| recording.event(&event.event()))
    }
}

/// About what an event takes in memory.
fn weight(event: &Event<'_>) -> usize {
    size_of::<EventBuf>() + event.data_len() + 4 * event.param_count()
}

#[cfg(test)]
mod tests {
    use falco_scap::{Compression, Item};

    use super::*;
    use crate::testing::{Folder, World, opened};

    /// What the ring gives after all that the world does.
    fn written(ring: &mut Ring, world: &mut World) -> Vec<String> {
        world.header().into_iter().for_each(|told| ring.told(told));
        for _ in 0..5 {
            for event in world.a_process_reads("/etc/shadow") {
                world.step(&event);
                ring.event(&event.event());
            }
        }
        let folder = Folder::new("ring");
        let path = folder.path("x.scap");
        let mut recording = Recording::create(&path, Compression::Gzip).unwrap();
        ring.write(&mut recording).unwrap();
        recording.finish().unwrap();
        opened(&path)
    }

    #[test]
    fn it_holds_the_last_moments_and_knows_what_was_before() {
        let mut world = World::new();
        let mut ring = Ring::new(Duration::from_micros(7), usize::MAX, true);
        let lines = written(&mut ring, &mut world);
        assert_eq!(lines.len(), 8, "eight events are seven microseconds apart");
        assert_eq!(lines, world.lines()[world.lines().len() - 8..]);
    }

    #[test]
    fn it_keeps_to_its_memory() {
        let mut world = World::new();
        let mut ring = Ring::new(Duration::MAX, 1000, true);
        let lines = written(&mut ring, &mut world);
        assert!(ring.held <= 1000 && lines.len() == ring.len() && ring.len() >= 3, "{}", ring.len());
        assert_eq!(lines, world.lines()[world.lines().len() - lines.len()..]);
        let mut ring = Ring::new(Duration::MAX, 0, true);
        assert_eq!(written(&mut ring, &mut World::new()).len(), 1, "the newest is always there");
    }

    #[test]
    fn a_new_section_lets_everything_go() {
        let mut world = World::new();
        let mut ring = Ring::new(Duration::MAX, usize::MAX, true);
        written(&mut ring, &mut world);
        ring.told(Told::Item(Item::Restart));
        assert!(ring.is_empty() && ring.held == 0 && ring.behind.machine().threads().count() == 0);
    }
}
