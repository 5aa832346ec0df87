//! From a source of events to events with the state that they are seen in.

use falco_catalog::event;
use falco_scap::{Advance, Event, Interface, Item, UserList};

use crate::state::{EventContext, Limits, Machine};
use crate::view::View;

/// Where events come from: a capture, the live probe, a plugin, a coding agent. What is not a system call comes as an event of
/// type `PLUGINEVENT_E` that carries the plugin's number and the payload.
pub trait EventSource {
    /// What can go wrong.
    type Error;

    /// Moves on by one item: metadata, which must come before the events that need it, or an event, which
    /// [`Self::event`] then lends.
    fn advance(&mut self) -> Result<Advance, Self::Error>;

    /// The event that [`Self::advance`] came to.
    fn event(&self) -> Option<Event<'_>>;

    /// Whether what comes was recorded earlier.
    fn is_recording(&self) -> bool {
        false
    }
}

impl EventSource for falco_scap::Reader<'_> {
    type Error = falco_scap::Error;

    fn advance(&mut self) -> Result<Advance, Self::Error> {
        Self::advance(self)
    }

    fn event(&self) -> Option<Event<'_>> {
        Self::event(self)
    }

    fn is_recording(&self) -> bool {
        true
    }
}

/// An event, what processing found for it, and the machine after it.
#[derive(Debug)]
pub struct Step<'a> {
    /// The event.
    pub event: Event<'a>,
    /// What the state engine found.
    pub ctx: EventContext,
    /// The machine.
    pub machine: &'a Machine,
}

impl Step<'_> {
    /// The three together, for extracting fields.
    pub fn view(&self) -> View<'_> {
        View::new(&self.event, &self.ctx, self.machine)
    }
}

/// Feeds a source's items to a [`Machine`], event by event.
#[derive(Debug)]
pub struct Inspector<S> {
    source: S,
    machine: Machine,
    /// What a capture's header told and is taken in only after its first events; `None` once that is done.
    header: Option<Header>,
}

#[derive(Debug, Default)]
struct Header {
    interfaces: Vec<Interface>,
    users: UserList,
    /// Whether an event was met, and threads were joined to their processes.
    complete: bool,
}

impl<S: EventSource> Inspector<S> {
    /// Starts with a machine of which nothing is known.
    pub fn new(source: S) -> Self {
        Self::with_limits(source, Limits::default())
    }

    /// The same with other bounds on what is kept.
    pub fn with_limits(source: S, limits: Limits) -> Self {
        Self { source, machine: Machine::new(limits), header: Some(Header::default()) }
    }

    /// Lets the users and groups of this machine name ids that the capture does not; see [`Machine::use_local_accounts`].
    #[must_use]
    pub fn with_local_accounts(mut self, use_them: bool) -> Self {
        self.machine.use_local_accounts(use_them);
        self
    }

    /// The machine as the last event left it.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The next event; `None` at the end. Events that are for the state alone come too: see [`EventContext::visible`].
    #[allow(clippy::should_implement_trait)] // It lends: an iterator cannot.
    pub fn next(&mut self) -> Result<Option<Step<'_>>, S::Error> {
        let ctx = loop {
            match self.source.advance()? {
                Advance::End => {
                    self.end_header();
                    return Ok(None);
                }
                Advance::Item(item) => self.load(item),
                Advance::Event => {
                    let Some(event) = self.source.event() else { continue };
                    if let Some(header) = &mut self.header {
                        if !header.complete {
                            header.complete = true;
                            self.machine.finish_header();
                        }
                        // A capture may begin with what went on while its header was written. That is state, not news.
                        if is_state_event(&event) {
                            self.machine.process(&event);
                            continue;
                        }
                        self.end_header();
                    }
                    let Some(event) = self.source.event() else { continue };
                    break self.machine.process(&event);
                }
            }
        };
        let machine = &self.machine;
        Ok(self.source.event().map(|event| Step { event, ctx, machine }))
    }

    /// The next event that rules and output see.
    pub fn next_visible(&mut self) -> Result<Option<Step<'_>>, S::Error> {
        let ctx = loop {
            match self.next()? {
                None => return Ok(None),
                Some(step) if step.ctx.visible => break step.ctx,
                Some(_) => {}
            }
        };
        let machine = &self.machine;
        Ok(self.source.event().map(|event| Step { event, ctx, machine }))
    }

    fn load(&mut self, item: Item<'_>) {
        let machine = &mut self.machine;
        match item {
            Item::Restart => {
                machine.restart();
                self.header = Some(Header::default());
            }
            Item::Machine(info) => {
                if !self.source.is_recording() {
                    machine.set_boot_ts(info.boot_ts_epoch);
                }
                machine.load_info(info);
            }
            Item::Processes(entries) => machine.load_processes(entries),
            Item::Fds(list) => machine.load_fds(list),
            Item::Interfaces(list) => match &mut self.header {
                Some(header) => header.interfaces = list,
                None => machine.load_interfaces(&list),
            },
            Item::Users(list) => match &mut self.header {
                Some(header) => header.users = list,
                None => machine.load_users(list),
            },
            Item::Section(_) | Item::Event(_) => {}
        }
    }

    fn end_header(&mut self) {
        let Some(header) = self.header.take() else { return };
        if !header.complete {
            self.machine.finish_header();
        }
        self.machine.load_interfaces(&header.interfaces);
        self.machine.load_users(header.users);
        self.machine.orient_sockets();
    }
}

/// Whether the event tells of users or containers, not of what a thread did.
fn is_state_event(event: &Event<'_>) -> bool {
    matches!(
        event.ty,
        event::CONTAINER_JSON_2_E
            | event::USER_ADDED_E
            | event::USER_DELETED_E
            | event::GROUP_ADDED_E
            | event::GROUP_DELETED_E
            | event::ASYNCEVENT_E
    )
}
