//! The machine as a whole.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use falco_scap::EventBuf;
use rustc_hash::{FxHashMap, FxHashSet};

use super::containers::Container;
use super::fd_table::FdTable;
use super::interfaces::Interfaces;
use super::text::StrList;
use super::types::{Fd, Group, MachineInfo, Thread, ThreadGroup, User, clone_flags};
use super::users::Users;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Threads.
    pub threads: usize,
    /// Descriptors of one process.
    pub fds: usize,
    /// Descriptors of all processes together: each fork copies its parent's, so that a small capture could ask for very many.
    pub all_fds: usize,
    /// Containers.
    pub containers: usize,
    /// Bytes of text: arguments, environments, names. Containers' metadata may be as much again.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: 262_144, fds: FdTable::MAX_LEN, all_fds: 1 << 21, containers: 65_536, text: 64 << 20 }
    }
}

/// What did not fit, and what was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Counters {
    pub events: u64,
    pub threads_added: u64,
    pub threads_removed: u64,
    pub threads_dropped: u64,
    pub fake_threads: u64,
    pub fds_dropped: u64,
    pub containers_dropped: u64,
    /// Arguments, environments and names that were given up to keep within [`Limits::text`].
    pub texts_dropped: u64,
    pub text_bytes_dropped: u64,
    /// Events of which a parameter had a size that its type cannot have; their rules were skipped.
    pub malformed_events: u64,
}

/// The machine that the events come from, as far as they and the capture's header told.
#[derive(Debug)]
pub struct Machine {
    pub(crate) threads: FxHashMap<i64, Box<Thread>>,
    pub(crate) groups: FxHashMap<i64, ThreadGroup>,
    pub(crate) users: Users,
    pub(crate) interfaces: Interfaces,
    pub(crate) containers: FxHashMap<Box<str>, Arc<Container>>,
    /// Metadata that the event with this number carries itself.
    pub(crate) event_container: Option<(u64, Arc<Container>)>,
    /// Ports of the server sockets in the capture's header.
    pub(crate) server_ports: FxHashSet<u16>,
    pub(crate) info: MachineInfo,
    /// When the machine was booted, to make times of day of times since then. 0 for captures: the reference does not use what
    /// their header says.
    pub(crate) boot_ts: u64,
    /// Whether users of the reading machine name ids.
    pub(crate) local_accounts: bool,
    /// Whether it is told apart how far a connection is; see [`Self::track_connections`].
    pub(crate) track_connections: bool,
    /// The owner of a table into which a message brought descriptors that no event tells of; taken by the inspector.
    pub(crate) fds_passed_to: Option<i64>,
    pub(crate) limits: Limits,
    /// Text that may have come since it was weighed, and how much may come until it is weighed again.
    pub(crate) text_fresh: usize,
    pub(crate) text_room: usize,
    /// How long the metadata are that each container came with, and all together.
    pub(crate) container_sizes: FxHashMap<Box<str>, usize>,
    pub(crate) container_bytes: usize,
    pub(crate) counters: Counters,
    /// How many descriptors there are in all tables.
    pub(crate) open_fds: usize,
    /// How many events were processed: `evt.num`.
    pub(crate) num: u64,
    /// Time of the first event that is not a meta event.
    pub(crate) first_ts: u64,
    /// What the last event left for the next one to do.
    pub(crate) deferred: Deferred,
    /// When threads of late exited, by (parent, thread), and the order in which they did.
    pub(crate) exited: FxHashMap<(i64, i64), u64>,
    pub(crate) exited_order: VecDeque<((i64, i64), u64)>,
    /// Buffers of stored events, to be used again; threads keep theirs boxed too, so they move as they are.
    #[allow(clippy::vec_box)]
    pub(crate) spare_events: Vec<Box<EventBuf>>,
    /// A buffer for making names.
    pub(crate) scratch: Vec<u8>,
}

/// Removals that wait until the event that caused them has been seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deferred {
    /// A thread that exited, and when.
    pub(crate) thread: Option<(i64, u64)>,
    /// A closed descriptor: the thread that owns the table, and the number.
    pub(crate) fd: Option<(i64, i64)>,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Machine {
    /// A machine of which nothing is known.
    pub fn new(limits: Limits) -> Self {
        let mut containers = FxHashMap::default();
        containers.insert("".into(), Arc::new(Container::host()));
        Self {
            threads: FxHashMap::default(),
            groups: FxHashMap::default(),
            users: Users::default(),
            interfaces: Interfaces::default(),
            containers,
            event_container: None,
            server_ports: FxHashSet::default(),
            info: MachineInfo::default(),
            boot_ts: 0,
            local_accounts: false,
            track_connections: false,
            fds_passed_to: None,
            limits,
            text_fresh: 0,
            text_room: limits.text,
            container_sizes: FxHashMap::default(),
            container_bytes: 0,
            counters: Counters::default(),
            open_fds: 0,
            num: 0,
            first_ts: 0,
            deferred: Deferred::default(),
            exited: FxHashMap::default(),
            exited_order: VecDeque::new(),
            spare_events: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Says when the machine was booted, in nanoseconds since the epoch; for live sources.
    pub fn set_boot_ts(&mut self, boot_ts: u64) {
        self.boot_ts = boot_ts;
    }

    /// Forgets what a section of a capture told (threads, descriptors, users, interfaces), because another one begins. Events
    /// go on being counted.
    pub fn restart(&mut self) {
        let fresh = Self::new(self.limits);
        let old = std::mem::replace(self, fresh);
        self.counters = old.counters;
        self.num = old.num;
        self.first_ts = old.first_ts;
        self.boot_ts = old.boot_ts;
        self.local_accounts = old.local_accounts;
        self.track_connections = old.track_connections;
    }

    /// Tells connections that are pending or failed from those that are made, as behind `fd.connected`. Off, as in Falco: then
    /// a pending one counts as made, and a failed call changes nothing.
    pub fn track_connections(&mut self, track: bool) {
        self.track_connections = track;
    }

    /// Processor count, boot time, host name.
    pub fn info(&self) -> &MachineInfo {
        &self.info
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The interface list.
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Users and groups.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// A thread's user in its container, by any of its ids.
    pub fn user(&self, thread: &Thread, uid: u32) -> Option<&User> {
        self.users.user(&thread.container_id, uid)
    }

    /// A thread's group in its container.
    pub fn group(&self, thread: &Thread, gid: u32) -> Option<&Group> {
        self.users.group(&thread.container_id, gid)
    }

    /// A container's metadata, by its short id; "" gives an entry that stands for the host.
    pub fn container(&self, id: &str) -> Option<&Container> {
        self.containers.get(id).map(|container| &**container)
    }

    /// The metadata that event `num` itself carries, if it is a metadata event and the last one processed.
    pub fn event_container(&self, num: u64) -> Option<&Container> {
        self.event_container.as_ref().filter(|(of, _)| *of == num).map(|(_, container)| &**container)
    }

    /// All containers of which metadata came, in no order; the host is one of them.
    pub fn containers(&self) -> impl Iterator<Item = &Container> + '_ {
        self.containers.values().map(|container| &**container)
    }

    /// The table in which `thread`'s descriptors are, and the tid of the thread that owns it. Threads that share their
    /// descriptors use the main thread's; there is none when that one is gone.
    pub fn fd_table<'a>(&'a self, thread: &'a Thread) -> Option<(i64, &'a FdTable)> {
        let owner = if thread.flags & clone_flags::FILES == 0 { thread } else { self.main_thread(thread)? };
        Some((owner.tid, &owner.fds))
    }

    /// A thread's descriptor.
    pub fn fd<'a>(&'a self, thread: &'a Thread, num: i64) -> Option<&'a Fd> {
        if num < 0 { None } else { self.fd_table(thread)?.1.get(num) }
    }

    /// The descriptor `num` of a table. A look-up is what `fd.name_changed` counts from.
    pub(crate) fn look_up_fd(&mut self, owner: i64, num: i64) -> Option<&mut Fd> {
        if num < 0 {
            return None;
        }
        let fd = self.threads.get_mut(&owner)?.fds.get_mut(num)?;
        fd.name_changed = false;
        Some(fd)
    }

    /// Puts a descriptor into a thread's own table, in place of one with the same number. `false` when there is no room.
    pub(crate) fn insert_fd(&mut self, owner: i64, num: i64, fd: Fd) -> bool {
        let Some(owner) = self.threads.get_mut(&owner) else { return false };
        self.text_fresh += fd.name.len() + fd.name_raw.len();
        let before = owner.fds.len();
        let full = before >= self.limits.fds || self.open_fds >= self.limits.all_fds;
        if (full && owner.fds.get(num).is_none()) || !owner.fds.insert(num, fd) {
            self.counters.fds_dropped += 1;
            return false;
        }
        self.open_fds += owner.fds.len() - before;
        true
    }

    /// Takes descriptors out of a thread's own table: those of which `keep` says no.
    pub(crate) fn retain_fds(&mut self, owner: i64, keep: impl FnMut(&Fd) -> bool) {
        let Some(owner) = self.threads.get_mut(&owner) else { return };
        let before = owner.fds.len();
        owner.fds.retain(keep);
        self.open_fds -= before - owner.fds.len();
    }

    /// Takes one descriptor out of a thread's own table.
    pub(crate) fn remove_fd(&mut self, owner: i64, num: i64) {
        if self.threads.get_mut(&owner).is_some_and(|owner| owner.fds.remove(num).is_some()) {
            self.open_fds -= 1;
        }
    }

    /// A copy of a table for a forked process; `None` when there is no room for it.
    pub(crate) fn fork_fds(&self, table: &FdTable) -> Option<FdTable> {
        (self.open_fds + table.len() <= self.limits.all_fds).then(|| table.fork())
    }

    /// A thread's working directory, with a slash at its end: its main thread's.
    pub fn cwd<'a>(&'a self, thread: &'a Thread) -> &'a [u8] {
        self.main_thread(thread).map_or(b"./", |main| &main.cwd)
    }

    /// A thread's environment: its main thread's, its own when that one is gone.
    pub fn env<'a>(&'a self, thread: &'a Thread) -> &'a StrList {
        &self.main_thread(thread).unwrap_or(thread).env
    }

    /// `proc.fdlimit`: the process's limit of open descriptors.
    pub fn fd_limit(&self, thread: &Thread) -> i64 {
        self.main_thread(thread).map_or(0, |main| main.fdlimit)
    }

    /// `proc.fdopencount`: how many descriptors the process has open.
    pub fn fd_open_count(&self, thread: &Thread) -> u64 {
        self.main_thread(thread).map_or(0, |main| main.fds.len() as u64)
    }

    /// Whether an address belongs to the machine, seen from `thread`. In a container that is the container's own address, and
    /// any container's while its own is not known. Control groups alone make no container here: without metadata (in a capture
    /// made without the container plugin) the reference takes every thread for one of the host.
    pub fn is_local(&self, thread: &Thread, addr: IpAddr) -> bool {
        let in_container = !thread.container_id.is_empty() && self.container_of(thread).is_some();
        match addr {
            IpAddr::V6(addr) => !in_container && self.interfaces.has_v6_prefix(addr),
            IpAddr::V4(addr) => {
                if in_container {
                    let own = self.container_of(thread).filter(|container| !container.ip.is_empty());
                    match own {
                        Some(own) if own.ipv4() == Some(addr) => return true,
                        Some(_) => {}
                        None => return self.containers().any(|container| container.ipv4() == Some(addr)),
                    }
                }
                self.interfaces.has_v4(addr)
            }
        }
    }
}
