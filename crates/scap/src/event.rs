//! One event as a view of borrowed bytes.

use falco_catalog::EventType;

/// An event in the current layout (the converter has run). Parameters are raw bytes, at most as many as the event table names
/// for the type; a zero-length parameter is absent information.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Nanoseconds since the epoch.
    pub ts: u64,
    /// The thread; −1 for none.
    pub tid: i64,
    /// The processor.
    pub cpu: u16,
    /// The code of the event table.
    pub ty: EventType,
    /// Block flags; bit 0 is "state only".
    pub flags: u32,
    /// End offset of each parameter in `data`.
    pub(crate) ends: &'a [u32],
    /// The parameters, concatenated.
    pub(crate) data: &'a [u8],
}

impl<'a> Event<'a> {
    /// Makes a view. `ends` holds the end offset of each parameter in `data`, in order, never past its length.
    pub fn new(ts: u64, tid: i64, cpu: u16, ty: EventType, flags: u32, ends: &'a [u32], data: &'a [u8]) -> Self {
        debug_assert!(ends.windows(2).all(|w| w[0] <= w[1]) && ends.last().is_none_or(|&e| e as usize <= data.len()));
        Self { ts, tid, cpu, ty, flags, ends, data }
    }

    /// How many parameters the event has.
    pub fn param_count(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of parameter `index`; `None` past the last one.
    pub fn param(&self, index: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(index)? as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        self.data.get(start..end)
    }
}
