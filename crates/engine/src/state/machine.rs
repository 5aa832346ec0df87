//! The machine as a whole.

use std::net::IpAddr;

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
    /// Containers.
    pub containers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: 262_144, fds: FdTable::MAX_LEN, containers: 65_536 }
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
    /// Events of which a parameter had a size that its type cannot have; their rules were skipped.
    pub malformed_events: u64,
}

/// The machine that the events come from, as far as they and the capture's header told.
#[derive(Debug, Default)]
pub struct Machine {
    pub(super) threads: FxHashMap<i64, Box<Thread>>,
    pub(super) groups: FxHashMap<i64, ThreadGroup>,
    pub(super) users: Users,
    pub(super) interfaces: Interfaces,
    pub(super) containers: FxHashMap<Box<str>, Container>,
    pub(super) server_ports: FxHashSet<u16>,
    pub(super) info: MachineInfo,
    pub(super) limits: Limits,
    pub(super) counters: Counters,
}

impl Machine {
    /// A machine of which nothing is known.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
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

    /// A container's metadata, by its short id.
    pub fn container(&self, id: &str) -> Option<&Container> {
        self.containers.get(id)
    }

    /// All containers of which metadata came, in no order.
    pub fn containers(&self) -> impl Iterator<Item = &Container> + '_ {
        self.containers.values()
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

    /// Whether an address belongs to the machine, seen from `thread`: from inside a container only a container's addresses
    /// do.
    pub fn is_local(&self, thread: &Thread, addr: IpAddr) -> bool {
        let in_container = !thread.container_id.is_empty();
        match addr {
            IpAddr::V4(addr) if in_container => {
                self.containers.values().any(|container| container.ip.parse() == Ok(addr))
            }
            IpAddr::V4(addr) => self.interfaces.has_v4(addr),
            IpAddr::V6(addr) => !in_container && self.interfaces.has_v6_prefix(addr),
        }
    }
}
