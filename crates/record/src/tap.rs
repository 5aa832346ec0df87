//! What a source tells beside events, kept for whoever records it.

use std::cell::RefCell;
use std::rc::Rc;

use falco_engine::inspector::{EventSource, is_state_event};
use falco_scap::{Advance, Event, EventBuf, FdList, Item};

/// What a source tells beside the events that an inspector gives.
#[derive(Debug, Clone)]
pub enum Told {
    /// What is no event.
    Item(Item<'static>),
    /// An event that belongs to the header.
    Event(EventBuf),
}

/// What came and nobody has taken yet.
pub type Seen = Rc<RefCell<Vec<Told>>>;

/// A source of which what an inspector keeps for itself can be had a second time: the inspector feeds it to the state, and a recorder
/// writes it down.
#[derive(Debug)]
pub struct Tap<S> {
    source: S,
    seen: Seen,
    /// Whether all events since the section began belong to its header.
    header: bool,
}

impl<S> Tap<S> {
    /// Taps a source. What comes through it gathers in the second part until it is taken.
    pub fn new(source: S) -> (Self, Seen) {
        let seen = Seen::default();
        (Self { source, seen: Rc::clone(&seen), header: true }, seen)
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Gives the source back.
    pub fn into_source(self) -> S {
        self.source
    }
}

impl<S: EventSource> EventSource for Tap<S> {
    type Error = S::Error;

    #[inline]
    fn advance(&mut self) -> Result<Advance, S::Error> {
        let advance = self.source.advance()?;
        match &advance {
            Advance::Item(item) => {
                self.header |= matches!(item, Item::Restart);
                self.seen.borrow_mut().push(Told::Item(item.clone()));
            }
            Advance::Event if self.header => match self.source.event() {
                Some(event) if is_state_event(&event) => self.seen.borrow_mut().push(Told::Event((&event).into())),
                _ => self.header = false,
            },
            _ => {}
        }
        Ok(advance)
    }

    #[inline]
    fn event(&self) -> Option<Event<'_>> {
        self.source.event()
    }

    fn descriptors(&mut self, tid: i64) -> Option<FdList> {
        self.source.descriptors(tid)
    }

    fn is_recording(&self) -> bool {
        self.source.is_recording()
    }
}
