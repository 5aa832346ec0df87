//! One event as a view of borrowed bytes.

use falco_catalog::EventType;

/// Block flag: feed the event to the state, do not report it.
pub const FLAG_STATE_ONLY: u32 = 1;

/// An event in the current layout (the converter has run). Parameters are raw bytes, at most as many as the event table names
/// for the type; a zero-length parameter is absent information. Typed access is in [`crate::params`].
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
    #[inline]
    pub fn new(ts: u64, tid: i64, cpu: u16, ty: EventType, flags: u32, ends: &'a [u32], data: &'a [u8]) -> Self {
        debug_assert!(ends.windows(2).all(|w| w[0] <= w[1]) && ends.last().is_none_or(|&e| e as usize <= data.len()));
        Self { ts, tid, cpu, ty, flags, ends, data }
    }

    /// How many parameters the event has.
    #[inline]
    pub fn param_count(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of parameter `index`; `None` past the last one.
    #[inline]
    pub fn param(&self, index: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(index)? as usize;
        let start = match index.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)? as usize,
        };
        self.data.get(start..end)
    }

    /// The parameters, in order.
    pub fn params(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let Self { ends, data, .. } = *self;
        let mut start = 0;
        ends.iter().map(move |&end| {
            let bytes = data.get(start..end as usize).unwrap_or_default();
            start = end as usize;
            bytes
        })
    }

    /// Whether the event is for the state alone and not to be reported.
    #[inline]
    pub fn is_state_only(&self) -> bool {
        self.flags & FLAG_STATE_ONLY != 0
    }
}
