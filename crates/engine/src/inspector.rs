//! From a source of events to events with the state that they are seen in.

use std::sync::Arc;

use falco_catalog::{EventType, event};
use falco_scap::{Advance, Event, FdList, Interface, Item, UserList};

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

    /// Reads a process's open descriptors anew, by the tid of its main thread: a message brought it some that no event tells
    /// of. `None` where that cannot be known, as in a recording.
    fn descriptors(&mut self, _tid: i64) -> Option<FdList> {
        None
    }

    /// [`Self::descriptors`] for other threads. `None` where it always says `None`.
    fn asker(&self) -> Option<Asker> {
        None
    }

    /// Moves on like [`Self::advance`] if something is there to move on to, and does not wait for it.
    fn advance_now(&mut self) -> Result<Option<Advance>, Self::Error> {
        self.advance().map(Some)
    }

    /// Whether what comes was recorded earlier.
    fn is_recording(&self) -> bool {
        false
    }
}

/// Reads a process's open descriptors: see [`EventSource::descriptors`].
pub type Asker = Arc<dyn Fn(i64) -> Option<FdList> + Send + Sync>;

impl EventSource for falco_scap::Reader<'_> {
    type Error = falco_scap::Error;

    #[inline]
    fn advance(&mut self) -> Result<Advance, Self::Error> {
        Self::advance(self)
    }

    #[inline]
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

/// What came from a source, by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCounts {
    by_kind: Box<[u64; EventType::COUNT]>,
    /// Events that rules and outputs saw.
    pub visible: u64,
}

impl Default for EventCounts {
    fn default() -> Self {
        Self { by_kind: Box::new([0; EventType::COUNT]), visible: 0 }
    }
}

impl EventCounts {
    /// All events that the state took in, visible or not.
    pub fn total(&self) -> u64 {
        self.by_kind.iter().sum()
    }

    /// How many of one code.
    pub fn of(&self, kind: EventType) -> u64 {
        self.by_kind.get(usize::from(kind.0)).copied().unwrap_or(0)
    }

    /// The codes that came, with their counts, in order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = (EventType, u64)> + '_ {
        let counts = self.by_kind.iter().enumerate().filter(|(_, count)| **count > 0);
        counts.map(|(code, count)| (EventType(code as u16), *count))
    }

    /// Adds the counts of another source.
    pub fn merge(&mut self, other: &Self) {
        self.by_kind.iter_mut().zip(other.by_kind.iter()).for_each(|(mine, theirs)| *mine += theirs);
        self.visible += other.visible;
    }

    fn count(&mut self, kind: EventType, visible: bool) {
        if let Some(count) = self.by_kind.get_mut(usize::from(kind.0)) {
            *count += 1;
        }
        self.visible += u64::from(visible);
    }
}

/// What items and events do to a [`Machine`], and what of a capture's header waits for the first event. It knows no source: whoever
/// has items and events hands them in.
#[derive(Debug)]
pub struct Intake {
    machine: Machine,
    counts: EventCounts,
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

impl Intake {
    /// Starts with a machine of which nothing is known.
    pub fn new(limits: Limits) -> Self {
        Self { machine: Machine::new(limits), counts: EventCounts::default(), header: Some(Header::default()) }
    }

    /// The machine as the last event left it.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Gives the machine away.
    pub fn into_machine(self) -> Machine {
        self.machine
    }

    /// Takes in an event. `None` for one that belongs to the header: a capture may begin with what went on while its header was
    /// written, which is state and no news.
    #[inline]
    pub fn event(&mut self, event: &Event<'_>) -> Option<EventContext> {
        if self.header.is_some() && self.is_of_the_header(event) {
            return None;
        }
        let ctx = self.machine.process(event);
        self.counts.count(event.ty, ctx.visible);
        Some(ctx)
    }

    /// Before the first event that is news.
    #[cold]
    fn is_of_the_header(&mut self, event: &Event<'_>) -> bool {
        if let Some(header) = &mut self.header
            && !header.complete
        {
            header.complete = true;
            self.machine.finish_header();
        }
        if is_state_event(event) {
            self.machine.process(event);
            self.counts.count(event.ty, false);
            return true;
        }
        self.end();
        false
    }

    /// Takes in what is no event. `recorded`: whether it was recorded earlier, and does not tell of this machine now.
    pub fn item(&mut self, item: Item<'_>, recorded: bool) {
        let machine = &mut self.machine;
        match item {
            Item::Restart => {
                machine.restart();
                self.header = Some(Header::default());
            }
            Item::Machine(info) => {
                if !recorded {
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

    /// Does what the last event left for the next one to do: see [`Machine::settle`].
    pub fn settle(&mut self) {
        self.machine.settle();
    }

    /// There is nothing more: what waits for an event is taken in without one.
    pub fn end(&mut self) {
        let Some(header) = self.header.take() else { return };
        if !header.complete {
            self.machine.finish_header();
        }
        self.machine.load_interfaces(&header.interfaces);
        self.machine.load_users(header.users);
        self.machine.orient_sockets();
    }
}

/// Feeds a source's items to a [`Machine`], event by event.
#[derive(Debug)]
pub struct Inspector<S> {
    source: S,
    intake: Intake,
}

impl<S: EventSource> Inspector<S> {
    /// Starts with a machine of which nothing is known.
    pub fn new(source: S) -> Self {
        Self::with_limits(source, Limits::default())
    }

    /// The same with other bounds on what is kept.
    pub fn with_limits(source: S, limits: Limits) -> Self {
        Self { source, intake: Intake::new(limits) }
    }

    /// Lets the users and groups of this machine name ids that the capture does not; see [`Machine::use_local_accounts`].
    #[must_use]
    pub fn with_local_accounts(mut self, use_them: bool) -> Self {
        self.intake.machine.use_local_accounts(use_them);
        self
    }

    /// Tells connections that are pending or failed from those that are made; see [`Machine::track_connections`].
    #[must_use]
    pub fn with_connection_tracking(mut self, track: bool) -> Self {
        self.intake.machine.track_connections(track);
        self
    }

    /// The machine as the last event left it.
    pub fn machine(&self) -> &Machine {
        &self.intake.machine
    }

    /// What came so far, by kind.
    pub fn counts(&self) -> &EventCounts {
        &self.intake.counts
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Gives the source back.
    pub fn into_source(self) -> S {
        self.source
    }

    /// Does what the last event left for the next one to do: see [`Machine::settle`].
    pub fn settle(&mut self) {
        self.intake.settle();
    }

    /// The next event; `None` at the end. Events that are for the state alone come too: see [`EventContext::visible`].
    #[allow(clippy::should_implement_trait)] // It lends: an iterator cannot.
    pub fn next(&mut self) -> Result<Option<Step<'_>>, S::Error> {
        let Some(ctx) = self.process_next()? else { return Ok(None) };
        let machine = &self.intake.machine;
        Ok(self.source.event().map(|event| Step { event, ctx, machine }))
    }

    /// The next event that rules and output see.
    pub fn next_visible(&mut self) -> Result<Option<Step<'_>>, S::Error> {
        let ctx = loop {
            match self.process_next()? {
                None => return Ok(None),
                Some(ctx) if ctx.visible => break ctx,
                Some(_) => {}
            }
        };
        let machine = &self.intake.machine;
        Ok(self.source.event().map(|event| Step { event, ctx, machine }))
    }

    /// Takes in all up to the next event and that too.
    #[inline]
    fn process_next(&mut self) -> Result<Option<EventContext>, S::Error> {
        loop {
            match self.source.advance()? {
                Advance::Event => {
                    let Some(event) = self.source.event() else { continue };
                    let Some(ctx) = self.intake.event(&event) else { continue };
                    if let Some(tid) = self.intake.machine.fds_passed_to.take()
                        && let Some(list) = self.source.descriptors(tid)
                    {
                        self.intake.machine.load_missing_fds(list);
                    }
                    return Ok(Some(ctx));
                }
                Advance::End => {
                    self.intake.end();
                    return Ok(None);
                }
                Advance::Item(item) => {
                    let recorded = self.source.is_recording();
                    self.intake.item(item, recorded);
                }
            }
        }
    }
}

/// Whether the event tells of users or containers, not of what a thread did. Those that a capture begins with belong to its header.
pub fn is_state_event(event: &Event<'_>) -> bool {
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use falco_scap::builder::CaptureBuilder;
    use falco_scap::{FdEntry, FdInfo, InterfaceAddr, L4Proto, MachineInfo, ProcessEntry, Reader, UserEntry, params};

    use super::*;
    use crate::state::{Role, clone_flags};

    fn process(tid: i64, pid: i64, ptid: i64) -> ProcessEntry {
        ProcessEntry { tid, pid, ptid, vtid: tid, vpid: pid, comm: format!("t{tid}").into(), ..ProcessEntry::default() }
    }

    fn socket(fd: i64, sport: u16, dport: u16) -> FdEntry {
        let (sip, dip, l4proto) = (Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(10, 0, 0, 9), L4Proto::TCP);
        FdEntry { fd, ino: 0, info: FdInfo::Ipv4 { sip, dip, sport, dport, l4proto } }
    }

    fn capture() -> CaptureBuilder {
        let server = FdInfo::Ipv4Server { ip: Ipv4Addr::UNSPECIFIED, port: 80, l4proto: L4Proto::TCP };
        let (addr, netmask) = (Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(255, 0, 0, 0));
        let interface = Interface {
            name: b"eth0".to_vec(),
            addr: InterfaceAddr::V4 { addr, netmask, broadcast: Ipv4Addr::BROADCAST },
            linkspeed: None,
        };
        CaptureBuilder::new()
            .machine(MachineInfo { num_cpus: 2, boot_ts_epoch: 5, ..MachineInfo::default() })
            .interface(interface)
            .user(UserEntry { uid: 1000, name: b"ann".to_vec(), ..UserEntry::default() })
            .thread(ProcessEntry { flags: clone_flags::FILES, ..process(11, 10, 1) })
            .thread(ProcessEntry { cwd: b"/srv/./www".to_vec(), ..process(10, 10, 1) })
            .thread(process(20, 20, 999))
            .thread(process(1, 1, 0))
            .fd(10, FdEntry { fd: 3, ino: 0, info: server })
            .fd(10, socket(4, 80, 4000))
            .fd(20, socket(5, 4001, 443))
    }

    fn last(bytes: &[u8]) -> Inspector<Reader<'_>> {
        let mut inspector = Inspector::new(Reader::from_bytes(bytes));
        while inspector.next().unwrap().is_some() {}
        inspector
    }

    #[test]
    fn the_header_is_taken_in_before_the_first_event() {
        let bytes = capture().event(1, 11, event::SYSCALL_GETUID_X, params! { uid = 0 }).build().unwrap();
        let mut inspector = Inspector::new(Reader::from_bytes(&bytes));
        let step = inspector.next().unwrap().unwrap();
        let (machine, view) = (step.machine, step.view());
        assert_eq!((machine.info().num_cpus, step.ctx.num), (2, 1));
        assert_eq!(view.main_thread().unwrap().tid, 10, "wherever it stands in the list");
        assert_eq!(machine.cwd(view.thread().unwrap()), b"/srv/www/");
        assert_eq!(machine.thread(20).unwrap().ptid, 0, "a parent that is not there");
        assert_eq!(machine.users().user("", 1000).unwrap().name, b"ann");
        assert!(machine.interfaces().has_v4(Ipv4Addr::new(10, 0, 0, 5)));
    }

    #[test]
    fn connections_of_the_header_get_their_direction() {
        let bytes = capture().event(1, 10, event::SYSCALL_GETUID_X, params! { uid = 0 }).build().unwrap();
        let inspector = last(&bytes);
        let fd = |tid, num| inspector.machine().thread(tid).unwrap().fds.get(num).unwrap().clone();
        let (served, connected) = (fd(10, 4), fd(20, 5));
        assert_eq!((&served.name[..], served.role), (&b"10.0.0.9:4000->10.0.0.5:80"[..], Role::Server));
        assert_eq!((&connected.name[..], connected.role), (&b"10.0.0.5:4001->10.0.0.9:443"[..], Role::Client));
        assert_eq!(fd(10, 3).role, Role::None, "a server socket of the header has none");
    }

    #[test]
    fn leading_state_events_are_counted_but_not_given() {
        let user = |uid: u32| params! { uid = uid, gid = 1, name = "bob", home = "/", shell = "", container_id = "" };
        let bytes = capture()
            .event(1, -1, event::USER_ADDED_E, user(7))
            .event(2, -1, event::USER_ADDED_E, user(1000))
            .event(3, 10, event::SYSCALL_GETUID_X, params! { uid = 0 })
            .event(4, -1, event::USER_ADDED_E, user(8))
            .build()
            .unwrap();
        let mut inspector = Inspector::new(Reader::from_bytes(&bytes));
        let first = inspector.next().unwrap().unwrap();
        assert_eq!((first.ctx.num, first.event.ty), (3, event::SYSCALL_GETUID_X));
        let users = first.machine.users();
        assert_eq!(users.user("", 7).unwrap().name, b"bob");
        assert_eq!(users.user("", 1000).unwrap().name, b"ann", "the header's list comes after them");
        assert_eq!(inspector.next().unwrap().unwrap().event.ty, event::USER_ADDED_E);
        let counts = inspector.counts();
        assert_eq!((counts.total(), counts.of(event::USER_ADDED_E), counts.of(event::SYSCALL_GETUID_X)), (4, 3, 1));
        assert_eq!(counts.iter().count(), 2);
    }

    #[test]
    fn a_second_capture_in_the_same_stream_starts_afresh() {
        let first = capture().event(1, 10, event::SYSCALL_GETUID_X, params! { uid = 0 }).build().unwrap();
        let second = CaptureBuilder::new()
            .thread(process(77, 77, 1))
            .event(9, 77, event::SYSCALL_GETUID_X, params! { uid = 0 })
            .build()
            .unwrap();
        let bytes = [first, second].concat();
        let inspector = last(&bytes);
        let machine = inspector.machine();
        assert!(machine.thread(10).is_none() && machine.thread(77).is_some());
        assert_eq!((machine.counters().events, machine.users().user("", 1000)), (2, None));
    }

    #[test]
    fn events_for_the_state_alone_are_not_visible() {
        let bytes = capture()
            .with_flags(1)
            .event(1, 10, event::SYSCALL_CHDIR_X, params! { res = 0, path = "/tmp" })
            .with_flags(0)
            .event(2, 10, event::SYSCALL_GETUID_X, params! { uid = 0 })
            .build()
            .unwrap();
        let mut inspector = Inspector::new(Reader::from_bytes(&bytes));
        let step = inspector.next_visible().unwrap().unwrap();
        assert_eq!((step.ctx.num, step.machine.cwd(step.view().thread().unwrap())), (2, &b"/tmp/"[..]));
        assert!(inspector.next_visible().unwrap().is_none());
    }
}
