//! What the live source is asked for, and what it counted.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use falco_catalog::EventSet;

/// Whose events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Every process, except those that listen.
    #[default]
    Machine,
    /// What this process, or the privileged part for it, starts after the source is opened, and what that starts.
    Started,
    /// A process and what it starts.
    Process(u32),
}

/// Into how many rings the kernel's programs write. However many there are, events come in order of their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rings {
    /// One for all.
    #[default]
    One,
    /// One for each processor: writers never wait for each other.
    PerCpu,
    /// So many; all events of a process (a thread group) go into the same one.
    PerProcess(u32),
}

impl Rings {
    /// Rings at most. Beyond, some share.
    pub const MOST: u32 = 64;

    /// How many there are on a machine with so many processors.
    pub fn count(self, processors: u32) -> u32 {
        let count = match self {
            Self::One => 1,
            Self::PerCpu => processors,
            Self::PerProcess(count) => count,
        };
        count.clamp(1, Self::MOST)
    }
}

/// How the live source is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The events of interest. Those that the machine's state needs come too.
    pub events: EventSet,
    /// Whose events.
    pub scope: Scope,
    /// Bytes of data that reads and writes carry, at most.
    pub snaplen: u32,
    /// The size of each ring; rounded up to a power of two.
    pub ring_bytes: u32,
    /// How many rings.
    pub rings: Rings,
    /// Read no more after this moment.
    pub deadline: Option<Instant>,
    /// Set to true by whoever wants the source to end: what is in the ring then still comes.
    pub stop: Arc<AtomicBool>,
}

impl Settings {
    /// Bytes of data at most.
    pub const MOST_SNAPLEN: u32 = 4096;
    /// Bytes of a ring at most.
    pub const MOST_RING_BYTES: u32 = 1 << 30;

    /// The size that each ring gets: what was asked for, as the kernel takes it.
    pub fn real_ring_bytes(&self) -> u32 {
        self.ring_bytes.clamp(4096, Self::MOST_RING_BYTES).next_power_of_two()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            events: EventSet::ALL,
            scope: Scope::Machine,
            snaplen: 80,
            ring_bytes: 8 << 20,
            rings: Rings::One,
            deadline: None,
            stop: Arc::default(),
        }
    }
}

/// What the programs counted, and what was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Events lost since the ring was full.
    pub lost_ring_full: u64,
    /// Events left out since they were longer than a capture may hold.
    pub lost_too_long: u64,
    /// Events lost since another event was being made on the same processor.
    pub lost_busy: u64,
    /// Calls of programs of 32 bits, which are not told.
    pub compat_calls: u64,
    /// Bytes of data that `snaplen` left out.
    pub cut_bytes: u64,
    /// Events put into the ring.
    pub sent: u64,
}

impl Counters {
    /// Numbers of each processor, in the programs' order.
    pub const NUMBERS: usize = 8;

    /// Of the numbers of all processors, summed.
    #[cfg(any(probe, test))]
    pub(crate) fn of(sums: [u64; Self::NUMBERS]) -> Self {
        let [lost_ring_full, lost_too_long, lost_busy, compat_calls, cut_bytes, sent, ..] = sums;
        Self { lost_ring_full, lost_too_long, lost_busy, compat_calls, cut_bytes, sent }
    }

    /// Events that happened and did not come.
    pub fn lost(&self) -> u64 {
        self.lost_ring_full + self.lost_too_long + self.lost_busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_the_kernel_takes() {
        let of = |ring_bytes| Settings { ring_bytes, ..Settings::default() }.real_ring_bytes();
        assert_eq!([0, 4096, 5000, 8 << 20, u32::MAX].map(of), [4096, 4096, 8192, 8 << 20, 1 << 30]);
        let counts = [Rings::One, Rings::PerCpu, Rings::PerProcess(0), Rings::PerProcess(3)].map(|r| r.count(100));
        assert_eq!(counts, [1, 64, 1, 3]);
    }

    #[test]
    fn counters_have_their_names() {
        let counters = Counters::of([1, 2, 3, 4, 5, 6, 0, 0]);
        assert_eq!((counters.lost(), counters.compat_calls, counters.cut_bytes, counters.sent), (6, 4, 5, 6));
    }
}
