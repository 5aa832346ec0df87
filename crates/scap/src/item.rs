//! What a capture holds, as plain data: one [`Item`] per step of the reader.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::event::Event;

/// One step of a capture, in file order.
///
/// Lists may come in several portions (a portion is bounded so that a hostile file cannot make us hold it whole):
/// processes and file descriptors *add* to what came before, interfaces and users *replace* it and always come whole.
#[derive(Debug, Clone)]
pub enum Item<'a> {
    /// The section header: always first, and again after a [`Item::Restart`].
    Section(Section),
    /// The machine that was recorded. Plugin captures have none.
    Machine(MachineInfo),
    /// Threads that were alive when the recording began.
    Processes(Vec<ProcessEntry>),
    /// Open file descriptors of one thread.
    Fds(FdList),
    /// The network interfaces; replaces an earlier list.
    Interfaces(Vec<Interface>),
    /// The users and groups; replaces an earlier list.
    Users(UserList),
    /// A concatenated capture starts here: forget threads, descriptors, users. Event numbers keep counting.
    Restart,
    /// An event, after conversion to the current layout.
    Event(Event<'a>),
}

/// The section header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Section {
    /// Major version: 1.
    pub major: u16,
    /// Minor version: 2 in what is written today, 0 in old files.
    pub minor: u16,
    /// How many bytes of pcapng options follow the fixed part (comments, application name).
    pub options_len: u32,
}

/// The machine that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MachineInfo {
    /// Processors.
    pub num_cpus: u32,
    /// Memory in bytes.
    pub memory_size_bytes: u64,
    /// Largest process id; 0 in old captures.
    pub max_pid: u64,
    /// Host name, without padding.
    pub hostname: Vec<u8>,
    /// Boot time, nanoseconds since the epoch; 0 in old captures.
    pub boot_ts_epoch: u64,
    /// How the capture was made.
    pub flags: u64,
    /// Unused.
    pub reserved3: u64,
    /// Unused.
    pub reserved4: u64,
}

/// A thread of the process list. Lists (`args`, `env`, `cgroups`) are the raw bytes with NUL between items, as in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ProcessEntry {
    pub tid: i64,
    pub pid: i64,
    pub ptid: i64,
    /// −1 when the file's version has none.
    pub sid: i64,
    /// −1 when absent.
    pub vpgid: i64,
    /// −1 when absent.
    pub pgid: i64,
    pub comm: Vec<u8>,
    /// The first argument.
    pub exe: Vec<u8>,
    pub exepath: Vec<u8>,
    /// Arguments after the first, NUL separated.
    pub args: Vec<u8>,
    pub cwd: Vec<u8>,
    pub fdlimit: i64,
    /// `PPM_CL_*` bits.
    pub flags: u32,
    pub uid: u32,
    pub gid: u32,
    /// `0xFFFF_FFFF` when absent.
    pub loginuid: u32,
    pub vmsize_kb: u32,
    pub vmrss_kb: u32,
    pub vmswap_kb: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    /// Environment, NUL separated.
    pub env: Vec<u8>,
    /// −1 when absent.
    pub vtid: i64,
    /// −1 when absent.
    pub vpid: i64,
    /// `subsystem=path` items, NUL separated.
    pub cgroups: Vec<u8>,
    pub root: Vec<u8>,
    pub pidns_init_start_ts: u64,
    pub tty: u32,
    pub exe_writable: bool,
    pub exe_upper_layer: bool,
    pub exe_lower_layer: bool,
    pub exe_from_memfd: bool,
    pub cap_inheritable: u64,
    pub cap_permitted: u64,
    pub cap_effective: u64,
    pub exe_ino: u64,
    pub exe_ino_ctime: u64,
    pub exe_ino_mtime: u64,
}

impl Default for ProcessEntry {
    /// What a field reads as when the file does not say.
    fn default() -> Self {
        Self {
            tid: 0,
            pid: 0,
            ptid: 0,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            comm: Vec::new(),
            exe: Vec::new(),
            exepath: Vec::new(),
            args: Vec::new(),
            cwd: Vec::new(),
            fdlimit: 0,
            flags: 0,
            uid: 0,
            gid: 0,
            loginuid: u32::MAX,
            vmsize_kb: 0,
            vmrss_kb: 0,
            vmswap_kb: 0,
            pfmajor: 0,
            pfminor: 0,
            env: Vec::new(),
            vtid: -1,
            vpid: -1,
            cgroups: Vec::new(),
            root: Vec::new(),
            pidns_init_start_ts: 0,
            tty: 0,
            exe_writable: false,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            cap_inheritable: 0,
            cap_permitted: 0,
            cap_effective: 0,
            exe_ino: 0,
            exe_ino_ctime: 0,
            exe_ino_mtime: 0,
        }
    }
}

/// Open file descriptors of one thread (or a portion of them).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FdList {
    /// The thread that the block names.
    pub tid: i64,
    /// The descriptors; may be empty.
    pub fds: Vec<FdEntry>,
}

/// One open file descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FdEntry {
    /// Its number.
    pub fd: i64,
    /// Inode.
    pub ino: u64,
    /// What it refers to.
    pub info: FdInfo,
}

/// The kinds of descriptors that the file describes by a name alone. The numbers are the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[repr(u8)]
pub enum NamedFd {
    File = 1,
    Directory = 2,
    Fifo = 7,
    Event = 9,
    Unsupported = 10,
    Signalfd = 11,
    Eventpoll = 12,
    Inotify = 13,
    Timerfd = 14,
    Netlink = 15,
    Bpf = 17,
    Userfaultfd = 18,
    Iouring = 19,
    Memfd = 20,
    Pidfd = 21,
}

impl NamedFd {
    /// The kind with the file's number.
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::File,
            2 => Self::Directory,
            7 => Self::Fifo,
            9 => Self::Event,
            10 => Self::Unsupported,
            11 => Self::Signalfd,
            12 => Self::Eventpoll,
            13 => Self::Inotify,
            14 => Self::Timerfd,
            15 => Self::Netlink,
            17 => Self::Bpf,
            18 => Self::Userfaultfd,
            19 => Self::Iouring,
            20 => Self::Memfd,
            21 => Self::Pidfd,
            _ => return None,
        })
    }
}

/// The transport of a socket, as the file numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct L4Proto(pub u8);

#[allow(missing_docs)]
impl L4Proto {
    pub const UNKNOWN: Self = Self(0);
    pub const NA: Self = Self(1);
    pub const TCP: Self = Self(2);
    pub const UDP: Self = Self(3);
    pub const ICMP: Self = Self(4);
    pub const RAW: Self = Self(5);
}

/// What a descriptor refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FdInfo {
    /// Type 0: nothing is known.
    Unknown,
    /// Kinds that have a name alone, among them files of old captures.
    Named {
        kind: NamedFd,
        name: Vec<u8>,
    },
    /// Type 16: a file with its open flags and device.
    FileV2 {
        open_flags: u32,
        name: Vec<u8>,
        dev: u32,
    },
    Ipv4 {
        sip: Ipv4Addr,
        dip: Ipv4Addr,
        sport: u16,
        dport: u16,
        l4proto: L4Proto,
    },
    Ipv4Server {
        ip: Ipv4Addr,
        port: u16,
        l4proto: L4Proto,
    },
    Ipv6 {
        sip: Ipv6Addr,
        dip: Ipv6Addr,
        sport: u16,
        dport: u16,
        l4proto: L4Proto,
    },
    Ipv6Server {
        ip: Ipv6Addr,
        port: u16,
        l4proto: L4Proto,
    },
    Unix {
        source: u64,
        destination: u64,
        name: Vec<u8>,
    },
}

impl FdInfo {
    /// The type's number in files.
    pub fn code(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Named { kind, .. } => *kind as u8,
            Self::FileV2 { .. } => 16,
            Self::Ipv4 { .. } => 3,
            Self::Ipv6 { .. } => 4,
            Self::Ipv4Server { .. } => 5,
            Self::Ipv6Server { .. } => 6,
            Self::Unix { .. } => 8,
        }
    }

    /// The stored name, for kinds that have one.
    pub fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Named { name, .. } | Self::FileV2 { name, .. } | Self::Unix { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// One network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: Vec<u8>,
    /// Its addresses.
    pub addr: InterfaceAddr,
    /// Bits a second; `None` where the entry's type has none.
    pub linkspeed: Option<u64>,
}

/// An interface's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum InterfaceAddr {
    V4 { addr: Ipv4Addr, netmask: Ipv4Addr, broadcast: Ipv4Addr },
    V6 { addr: Ipv6Addr, netmask: Ipv6Addr, broadcast: Ipv6Addr },
}

/// The users and groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct UserList {
    pub users: Vec<UserEntry>,
    pub groups: Vec<GroupEntry>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct UserEntry {
    pub uid: u32,
    pub gid: u32,
    pub name: Vec<u8>,
    pub homedir: Vec<u8>,
    pub shell: Vec<u8>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct GroupEntry {
    pub gid: u32,
    pub name: Vec<u8>,
}
