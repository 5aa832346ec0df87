//! What the live source is asked for, and what it counted.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use falco_catalog::EventSet;

/// Whose events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Every process, except the one that listens.
    #[default]
    Machine,
    /// What this process starts after the source is opened, and what that starts.
    Started,
    /// A process and what it starts.
    Process(u32),
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
    /// The ring's size; rounded up to a power of two.
    pub ring_bytes: u32,
    /// Read no more after this moment.
    pub deadline: Option<Instant>,
    /// Set to true by whoever wants the source to end: what is in the ring then still comes.
    pub stop: Arc<AtomicBool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            events: EventSet::ALL,
            scope: Scope::Machine,
            snaplen: 80,
            ring_bytes: 8 << 20,
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
    /// Events that happened and did not come.
    pub fn lost(&self) -> u64 {
        self.lost_ring_full + self.lost_too_long + self.lost_busy
    }
}
