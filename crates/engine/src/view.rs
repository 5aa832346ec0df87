//! One event beside what the state says about it: what field extraction reads.

use std::cell::OnceCell;

use falco_scap::Event;

use crate::state::{EventContext, Fd, Machine, Thread};

/// An event, what its processing found, and the machine after it.
#[derive(Debug)]
pub struct View<'a> {
    /// The event.
    pub event: &'a Event<'a>,
    /// What the state engine found for it.
    pub ctx: &'a EventContext,
    /// The machine.
    pub machine: &'a Machine,
    thread: OnceCell<Option<&'a Thread>>,
    main: OnceCell<Option<&'a Thread>>,
    fd: OnceCell<Option<&'a Fd>>,
}

impl<'a> View<'a> {
    /// Puts the three together. Thread and descriptor are looked up when first asked for: most events are of no rule's interest.
    pub fn new(event: &'a Event<'a>, ctx: &'a EventContext, machine: &'a Machine) -> Self {
        Self { event, ctx, machine, thread: OnceCell::new(), main: OnceCell::new(), fd: OnceCell::new() }
    }

    /// The event's thread: the one that processing found, otherwise the one with the event's tid.
    pub fn thread(&self) -> Option<&'a Thread> {
        *self.thread.get_or_init(|| self.machine.thread(self.ctx.thread.unwrap_or(self.event.tid)))
    }

    /// The thread that stands for the event's process.
    pub fn main_thread(&self) -> Option<&'a Thread> {
        *self.main.get_or_init(|| self.thread().and_then(|thread| self.machine.main_thread(thread)))
    }

    /// The event's descriptor: the one that processing found, otherwise the thread's last one.
    pub fn fd(&self) -> Option<&'a Fd> {
        *self.fd.get_or_init(|| match self.ctx.fd {
            Some((owner, num)) => self.machine.thread(owner)?.fds.get(num),
            None => self.machine.fd(self.thread()?, self.ctx.last_event_fd),
        })
    }
}
