//! One event as a view of borrowed bytes.

use falco_catalog::EventType;

/// Block flag: feed the event to the state, do not report it.
pub const FLAG_STATE_ONLY: u32 = 1;

/// An event in the current layout (the converter has run). Parameters are raw bytes, at most as many as the event table names
/// for the type; a zero-length parameter is absent information. Typed access is in [`mod@crate::params`].
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

    /// Bytes of all parameters together.
    #[inline]
    pub fn data_len(&self) -> usize {
        self.data.len()
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

/// An event that owns its bytes: for events that are made, and for those that must outlive the reader's next step. Buffers are
/// reused from one event to the next.
#[derive(Debug, Clone)]
pub struct EventBuf {
    ts: u64,
    tid: i64,
    cpu: u16,
    ty: EventType,
    flags: u32,
    ends: Vec<u32>,
    data: Vec<u8>,
}

impl Default for EventBuf {
    fn default() -> Self {
        Self { ts: 0, tid: -1, cpu: 0, ty: EventType(0), flags: 0, ends: Vec::new(), data: Vec::new() }
    }
}

impl EventBuf {
    /// Begins another event, without parameters yet.
    pub fn begin(&mut self, ts: u64, tid: i64, cpu: u16, ty: EventType, flags: u32) {
        self.ends.clear();
        self.data.clear();
        (self.ts, self.tid, self.cpu, self.ty, self.flags) = (ts, tid, cpu, ty, flags);
    }

    /// Appends a parameter's bytes.
    pub fn push(&mut self, param: &[u8]) {
        self.push_with(|data| data.extend_from_slice(param));
    }

    /// Appends a parameter whose bytes `write` appends to what it is given.
    pub fn push_with<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let result = write(&mut self.data);
        self.ends.push(u32::try_from(self.data.len()).unwrap_or(u32::MAX));
        result
    }

    /// Copies an event.
    pub fn copy_from(&mut self, event: &Event<'_>) {
        self.begin(event.ts, event.tid, event.cpu, event.ty, event.flags);
        self.ends.extend_from_slice(event.ends);
        self.data.extend_from_slice(event.data);
    }

    /// The event as a view.
    #[inline]
    pub fn event(&self) -> Event<'_> {
        Event::new(self.ts, self.tid, self.cpu, self.ty, self.flags, &self.ends, &self.data)
    }
}

impl From<&Event<'_>> for EventBuf {
    fn from(event: &Event<'_>) -> Self {
        let mut buf = Self::default();
        buf.copy_from(event);
        buf
    }
}
