//! What a capture holds, in numbers.

use std::collections::BTreeMap;

use falco_catalog::EventType;

use crate::block::BlockKind;
use crate::error::Error;
use crate::item::{FdInfo, Item, MachineInfo, NamedFd, Section};
use crate::reader::{BlockCount, Reader};

/// A capture in numbers. Lists of the header are summed over all sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The sections, one unless captures were concatenated.
    pub sections: Vec<Section>,
    /// Every block kind that occurs, in the order of the file format's description.
    pub blocks: Vec<(BlockKind, BlockCount)>,
    /// Uncompressed bytes.
    pub bytes: u64,
    /// The last section's machine.
    pub machine: Option<MachineInfo>,
    /// Threads at the beginning.
    pub threads: u64,
    /// Those that are a process's main thread.
    pub main_threads: u64,
    /// Descriptors at the beginning, by type.
    pub fds: BTreeMap<&'static str, u64>,
    /// Interfaces.
    pub interfaces: u64,
    /// Users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
    /// Events in the file.
    pub raw_events: u64,
    /// Events that are delivered: the last one's `evt.num`.
    pub events: u64,
    /// Those that are for the state alone.
    pub state_only: u64,
    /// Delivered events by type, in the current layout.
    pub by_type: BTreeMap<EventType, u64>,
    /// The earliest time, nanoseconds since the epoch.
    pub first_ts: Option<u64>,
    /// The latest time.
    pub last_ts: Option<u64>,
    /// Events that are earlier than the one before them.
    pub out_of_order: u64,
    /// Delivered events by processor.
    pub by_cpu: BTreeMap<u16, u64>,
}

/// The usual name of a descriptor's type.
pub fn fd_type_name(info: &FdInfo) -> &'static str {
    match info {
        FdInfo::Unknown => "UNKNOWN",
        FdInfo::FileV2 { .. } => "FILE_V2",
        FdInfo::Ipv4 { .. } => "IPV4_SOCK",
        FdInfo::Ipv4Server { .. } => "IPV4_SERVSOCK",
        FdInfo::Ipv6 { .. } => "IPV6_SOCK",
        FdInfo::Ipv6Server { .. } => "IPV6_SERVSOCK",
        FdInfo::Unix { .. } => "UNIX_SOCK",
        FdInfo::Named { kind, .. } => match kind {
            NamedFd::File => "FILE",
            NamedFd::Directory => "DIRECTORY",
            NamedFd::Fifo => "FIFO",
            NamedFd::Event => "EVENT",
            NamedFd::Unsupported => "UNSUPPORTED",
            NamedFd::Signalfd => "SIGNALFD",
            NamedFd::Eventpoll => "EVENTPOLL",
            NamedFd::Inotify => "INOTIFY",
            NamedFd::Timerfd => "TIMERFD",
            NamedFd::Netlink => "NETLINK",
            NamedFd::Bpf => "BPF",
            NamedFd::Userfaultfd => "USERFAULTFD",
            NamedFd::Iouring => "IOURING",
            NamedFd::Memfd => "MEMFD",
            NamedFd::Pidfd => "PIDFD",
        },
    }
}

/// Reads a capture to its end. With damage: what came before it, and the damage.
pub fn summarize(mut reader: Reader<'_>) -> (Summary, Option<Error>) {
    let mut summary = Summary::default();
    // Counted in tables: one step per event has to be cheap.
    let mut by_type = vec![0u64; EventType::COUNT];
    let mut previous = 0;
    let error = loop {
        match reader.next() {
            Ok(Some(Item::Event(event))) => {
                if let Some(count) = by_type.get_mut(usize::from(event.ty.0)) {
                    *count += 1;
                }
                summary.state_only += u64::from(event.is_state_only());
                summary.out_of_order += u64::from(event.ts < previous);
                previous = event.ts;
                summary.first_ts = Some(summary.first_ts.map_or(event.ts, |ts| ts.min(event.ts)));
                summary.last_ts = Some(summary.last_ts.map_or(event.ts, |ts| ts.max(event.ts)));
                *summary.by_cpu.entry(event.cpu).or_default() += 1;
            }
            Ok(Some(item)) => summary.add(item),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    summary.by_type = EventType::all().zip(by_type).filter(|(_, count)| *count > 0).collect();
    summary.blocks = reader.block_counts().collect();
    summary.blocks.sort_by_key(|(kind, _)| matches!(kind, BlockKind::Event { .. }));
    summary.bytes = reader.offset();
    summary.raw_events = reader.raw_events();
    summary.events = reader.event_number();
    (summary, error)
}

impl Summary {
    fn add(&mut self, item: Item<'_>) {
        match item {
            Item::Section(section) => self.sections.push(section),
            Item::Machine(machine) => self.machine = Some(machine),
            Item::Processes(entries) => {
                self.threads += entries.len() as u64;
                self.main_threads += entries.iter().filter(|p| p.tid == p.pid).count() as u64;
            }
            Item::Fds(list) => {
                for fd in &list.fds {
                    *self.fds.entry(fd_type_name(&fd.info)).or_default() += 1;
                }
            }
            Item::Interfaces(list) => self.interfaces += list.len() as u64,
            Item::Users(list) => {
                self.users += list.users.len() as u64;
                self.groups += list.groups.len() as u64;
            }
            Item::Restart | Item::Event(_) => {}
        }
    }
}
