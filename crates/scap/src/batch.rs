//! Many items and events together, with their bytes: what one thread hands to others.

use falco_catalog::EventType;

use crate::error::Error;
use crate::event::Event;
use crate::item::Item;
use crate::reader::{Advance, Reader};

/// A run of a capture's items and events, in order. Its buffers are reused from one filling to the next.
#[derive(Debug, Default)]
pub struct Batch {
    entries: Vec<Record>,
    items: Vec<Item<'static>>,
    ends: Vec<u32>,
    data: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Record {
    /// A place in `items`.
    Item(usize),
    /// An event, with the places of its parts.
    Event { ts: u64, tid: i64, cpu: u16, ty: EventType, flags: u32, ends: (usize, usize), data: (usize, usize) },
}

/// What [`Batch::get`] finds.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// Anything but an event.
    Item(&'a Item<'static>),
    /// An event.
    Event(Event<'a>),
}

/// Where the entries of a batch come from.
pub trait Supply {
    /// What can go wrong.
    type Error;

    /// Moves on by one, as [`Reader::advance`] does. Without `wait`, `None` when nothing is there yet.
    fn advance(&mut self, wait: bool) -> Result<Option<Advance>, Self::Error>;

    /// The event that [`Self::advance`] came to.
    fn event(&self) -> Option<Event<'_>>;
}

impl Supply for Reader<'_> {
    type Error = Error;

    fn advance(&mut self, _wait: bool) -> Result<Option<Advance>, Error> {
        Reader::advance(self).map(Some)
    }

    fn event(&self) -> Option<Event<'_>> {
        Reader::event(self)
    }
}

/// Whether a supply has more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// It may have.
    More,
    /// It has not.
    End,
}

impl Batch {
    /// Takes from a supply until there are `events` events or `bytes` bytes, or nothing is left, or nothing is there yet: it waits for the
    /// first entry alone. What was there before goes. With an error, what came before it is in the batch.
    pub fn fill<S: Supply>(&mut self, supply: &mut S, events: usize, bytes: usize) -> Result<Filled, S::Error> {
        self.clear();
        let mut left = events;
        while left > 0 && self.data.len() < bytes {
            let Some(advance) = supply.advance(self.is_empty())? else { break };
            match advance {
                Advance::End => return Ok(Filled::End),
                Advance::Item(item) => {
                    self.entries.push(Record::Item(self.items.len()));
                    self.items.push(item);
                    // Lists are long: they count as much as they did in the file, about.
                    left = left.saturating_sub(64);
                }
                Advance::Event => {
                    if let Some(event) = supply.event() {
                        self.push(&event);
                        left -= 1;
                    }
                }
            }
        }
        Ok(Filled::More)
    }

    /// Copies an event.
    #[inline]
    fn push(&mut self, event: &Event<'_>) {
        let Event { ts, tid, cpu, ty, flags, ends, data } = *event;
        let (first_end, first_byte) = (self.ends.len(), self.data.len());
        self.ends.extend_from_slice(ends);
        self.data.extend_from_slice(data);
        let (ends, data) = ((first_end, self.ends.len()), (first_byte, self.data.len()));
        self.entries.push(Record::Event { ts, tid, cpu, ty, flags, ends, data });
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.items.clear();
        self.ends.clear();
        self.data.clear();
        // One huge event made the buffer grow; give that back.
        self.data.shrink_to(MOST_KEPT);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An entry by its place.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Entry<'_>> {
        Some(match *self.entries.get(index)? {
            Record::Item(item) => Entry::Item(self.items.get(item)?),
            Record::Event { ts, tid, cpu, ty, flags, ends, data } => Entry::Event(Event {
                ts,
                tid,
                cpu,
                ty,
                flags,
                ends: self.ends.get(ends.0..ends.1)?,
                data: self.data.get(data.0..data.1)?,
            }),
        })
    }
}

/// What a batch keeps of its buffer when it is filled again.
const MOST_KEPT: usize = 4 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::builder::CaptureBuilder;
    use crate::item::ProcessEntry;
    use crate::params;

    fn capture() -> Vec<u8> {
        let mut builder = CaptureBuilder::new().thread(ProcessEntry { tid: 7, pid: 7, ..ProcessEntry::default() });
        for fd in 0..100i64 {
            builder = builder.event(fd as u64, 7, falco_catalog::event::SYSCALL_CLOSE_X, params![0, fd]);
        }
        builder.build().unwrap()
    }

    fn shown(bytes: &[u8], events: usize, size: usize) -> (Vec<String>, Option<String>) {
        let (mut reader, mut batch, mut all) = (Reader::from_bytes(bytes), Batch::default(), Vec::new());
        loop {
            let filled = batch.fill(&mut reader, events, size);
            assert!(batch.len() <= events.max(1));
            all.extend((0..batch.len()).map(|i| match batch.get(i).unwrap() {
                Entry::Item(item) => format!("{item:?}"),
                Entry::Event(event) => format!("{:?}", Item::Event(event)),
            }));
            match filled {
                Ok(Filled::More) => {}
                Ok(Filled::End) => return (all, None),
                Err(e) => return (all, Some(e.to_string())),
            }
        }
    }

    /// A supply that has three entries at a time.
    struct Slow<'a>(Reader<'a>, usize, usize);

    impl Supply for Slow<'_> {
        type Error = Error;

        fn advance(&mut self, wait: bool) -> Result<Option<Advance>, Error> {
            self.2 += usize::from(wait);
            self.1 = if wait { 3 } else { self.1 };
            match self.1.checked_sub(1) {
                None => Ok(None),
                Some(left) => {
                    self.1 = left;
                    self.0.advance().map(Some)
                }
            }
        }

        fn event(&self) -> Option<Event<'_>> {
            self.0.event()
        }
    }

    #[test]
    fn what_is_there_is_not_held_back_by_what_is_not() {
        let whole = capture();
        let (mut supply, mut batch) = (Slow(Reader::from_bytes(&whole), 0, 0), Batch::default());
        let mut all = 0;
        while batch.fill(&mut supply, 1000, 1 << 20).unwrap() == Filled::More {
            assert_eq!(batch.len(), 3);
            all += batch.len();
        }
        all += batch.len();
        let mut reader = Reader::from_bytes(&whole);
        let entries = {
            let mut n = 0;
            while reader.next().unwrap().is_some() {
                n += 1;
            }
            n
        };
        assert_eq!((all, supply.2), (entries, entries / 3 + 1));
    }

    #[test]
    fn batches_of_any_size_hold_what_the_reader_gives() {
        let whole = capture();
        for bytes in [&whole[..], &whole[..whole.len() - 9]] {
            let (mut reader, mut all) = (Reader::from_bytes(bytes), Vec::new());
            let error = loop {
                match reader.next() {
                    Ok(Some(item)) => all.push(format!("{item:?}")),
                    Ok(None) => break None,
                    Err(e) => break Some(e.to_string()),
                }
            };
            for (events, size) in [(1, 1 << 20), (3, 1 << 20), (1000, 1), (1000, 100), (100_000, 1 << 20)] {
                assert_eq!(shown(bytes, events, size), (all.clone(), error.clone()), "{events} events, {size} bytes");
            }
        }
    }
}
