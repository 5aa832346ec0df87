//! The records of the state. Names follow the specification's section 1.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use falco_catalog::EventType;
use falco_scap::EventBuf;

use super::cgroups::Cgroups;
use super::containers::Category;
use super::fd_table::FdTable;
use super::text::{StrList, Text};

/// Bits of [`Thread::flags`]: `PPM_CL_*` as events carry them, and the engine's own.
pub mod clone_flags {
    #![allow(missing_docs)]
    pub const FILES: u32 = 1;
    pub const NEWPID: u32 = 1 << 6;
    pub const PARENT: u32 = 1 << 8;
    pub const THREAD: u32 = 1 << 13;
    pub const INVERTED: u32 = 1 << 16;
    pub const NAME_CHANGED: u32 = 1 << 17;
    pub const CLOSED: u32 = 1 << 18;
    pub const ACTIVE: u32 = 1 << 19;
    pub const NEWUSER: u32 = 1 << 20;
    pub const PIPE_SRC: u32 = 1 << 21;
    pub const PIPE_DST: u32 = 1 << 22;
    pub const VFORK: u32 = 1 << 27;
    pub const CHILD_IN_PIDNS: u32 = 1 << 29;
    pub const IS_MAIN_THREAD: u32 = 1 << 30;
}

/// Bits of open flags (`PPM_O_*`) that the state looks at.
pub mod open_flags {
    #![allow(missing_docs)]
    pub const RDONLY: u32 = 1;
    pub const WRONLY: u32 = 1 << 1;
    pub const CREAT: u32 = 1 << 2;
    pub const DIRECTORY: u32 = 1 << 10;
    pub const CLOEXEC: u32 = 1 << 12;
    pub const TMPFILE: u32 = 1 << 13;
    pub const F_CREATED: u32 = 1 << 14;
    pub const UPPER_LAYER: u32 = 1 << 15;
    pub const LOWER_LAYER: u32 = 1 << 16;
}

/// A uid, gid or loginuid that is not known.
pub const NO_ID: u32 = u32::MAX;

/// The directory descriptor that stands for the working directory.
pub const AT_FDCWD: i64 = -100;

/// A file descriptor's type, as stored in captures (`SCAP_FD_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum FdType {
    /// Never written: what a failed memfd_create leaves behind.
    Uninitialized,
    Unknown,
    File,
    Directory,
    Ipv4Sock,
    Ipv6Sock,
    Ipv4Servsock,
    Ipv6Servsock,
    Fifo,
    UnixSock,
    Event,
    Unsupported,
    Signalfd,
    Eventpoll,
    Inotify,
    Timerfd,
    Netlink,
    FileV2,
    Bpf,
    Userfaultfd,
    Iouring,
    Memfd,
    Pidfd,
}

impl FdType {
    /// The type with the number that captures use; `None` for numbers without a type.
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Unknown,
            1 => Self::File,
            2 => Self::Directory,
            3 => Self::Ipv4Sock,
            4 => Self::Ipv6Sock,
            5 => Self::Ipv4Servsock,
            6 => Self::Ipv6Servsock,
            7 => Self::Fifo,
            8 => Self::UnixSock,
            9 => Self::Event,
            10 => Self::Unsupported,
            11 => Self::Signalfd,
            12 => Self::Eventpoll,
            13 => Self::Inotify,
            14 => Self::Timerfd,
            15 => Self::Netlink,
            16 => Self::FileV2,
            17 => Self::Bpf,
            18 => Self::Userfaultfd,
            19 => Self::Iouring,
            20 => Self::Memfd,
            21 => Self::Pidfd,
            _ => return None,
        })
    }

    /// `fd.type`'s text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File | Self::FileV2 => "file",
            Self::Directory => "directory",
            Self::Ipv4Sock | Self::Ipv4Servsock => "ipv4",
            Self::Ipv6Sock | Self::Ipv6Servsock => "ipv6",
            Self::UnixSock => "unix",
            Self::Fifo => "pipe",
            Self::Event => "event",
            Self::Signalfd => "signalfd",
            Self::Eventpoll => "eventpoll",
            Self::Inotify => "inotify",
            Self::Timerfd => "timerfd",
            Self::Netlink => "netlink",
            Self::Bpf => "bpf",
            Self::Userfaultfd => "userfaultfd",
            Self::Iouring => "io_uring",
            Self::Memfd => "memfd",
            Self::Pidfd => "pidfd",
            Self::Uninitialized | Self::Unknown | Self::Unsupported => "<NA>",
        }
    }

    /// `fd.typechar`'s character.
    pub fn as_char(self) -> u8 {
        match self {
            Self::File | Self::FileV2 => b'f',
            Self::Directory => b'd',
            Self::Ipv4Sock | Self::Ipv4Servsock => b'4',
            Self::Ipv6Sock | Self::Ipv6Servsock => b'6',
            Self::UnixSock | Self::Userfaultfd => b'u',
            Self::Fifo => b'p',
            Self::Event => b'e',
            Self::Signalfd => b's',
            Self::Eventpoll => b'l',
            Self::Inotify => b'i',
            Self::Timerfd => b't',
            Self::Netlink => b'n',
            Self::Bpf => b'b',
            Self::Iouring => b'r',
            Self::Memfd => b'm',
            Self::Pidfd => b'P',
            Self::Unknown => b'o',
            Self::Unsupported => b'X',
            Self::Uninitialized => b'?',
        }
    }

    /// A connected or unconnected IPv4 or IPv6 socket, not a server's.
    pub fn is_ip_sock(self) -> bool {
        matches!(self, Self::Ipv4Sock | Self::Ipv6Sock)
    }
}

/// Transport protocol of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum L4Proto {
    #[default]
    Unknown,
    Na,
    Tcp,
    Udp,
    Icmp,
    Raw,
}

impl L4Proto {
    /// The protocol with the number that captures use; other numbers are unknown.
    pub fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Na,
            2 => Self::Tcp,
            3 => Self::Udp,
            4 => Self::Icmp,
            5 => Self::Raw,
            _ => Self::Unknown,
        }
    }
}

/// Which end of a connection the process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum Role {
    #[default]
    None,
    Client,
    Server,
}

/// Socket details of a descriptor. The source is always the client, the destination the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SocketInfo {
    /// Not a socket, or nothing known yet.
    #[default]
    None,
    /// IPv4 connection.
    Ipv4 {
        /// Source address and port.
        src: (Ipv4Addr, u16),
        /// Destination address and port.
        dst: (Ipv4Addr, u16),
    },
    /// IPv6 connection.
    Ipv6 {
        /// Source address and port.
        src: (Ipv6Addr, u16),
        /// Destination address and port.
        dst: (Ipv6Addr, u16),
    },
    /// Bound IPv4 socket.
    Ipv4Server {
        /// Address and port.
        addr: (Ipv4Addr, u16),
    },
    /// Bound IPv6 socket.
    Ipv6Server {
        /// Address and port.
        addr: (Ipv6Addr, u16),
    },
    /// Unix socket: kernel pointers.
    Unix {
        /// Source.
        src: u64,
        /// Destination.
        dst: u64,
    },
}

/// Connection progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Connection {
    #[default]
    None,
    Connected,
    Pending,
    Failed,
}

/// An open file descriptor.
#[derive(Debug, Clone, PartialEq)]
pub struct Fd {
    /// Its number.
    pub num: i64,
    /// The type.
    pub ty: FdType,
    /// Open flags (`PPM_O_*`).
    pub open_flags: u32,
    /// The name: a path, a rendered tuple. Change it through [`Fd::set_name`].
    pub name: Text,
    /// The name as the call gave it.
    pub name_raw: Text,
    /// Whether the name differs from the one at the last lookup; behind `fd.name_changed`.
    pub name_changed: bool,
    /// Inode.
    pub ino: u64,
    /// Device.
    pub dev: u32,
    /// Mount.
    pub mount_id: u32,
    /// For pidfds: the process.
    pub pid: i64,
    /// Socket details.
    pub socket: SocketInfo,
    /// Transport protocol.
    pub l4: L4Proto,
    /// Role of the holder.
    pub role: Role,
    /// Connection progress.
    pub connection: Connection,
    /// Came from the capture's header.
    pub from_proc: bool,
    /// Copied by a fork.
    pub cloned: bool,
    /// In an overlay's upper layer.
    pub overlay_upper: bool,
    /// In an overlay's lower layer.
    pub overlay_lower: bool,
}

impl Fd {
    /// A descriptor of which only the type is known.
    pub fn new(ty: FdType) -> Self {
        Self {
            num: -1,
            ty,
            open_flags: 0,
            name: Text::default(),
            name_raw: Text::default(),
            name_changed: false,
            ino: 0,
            dev: 0,
            mount_id: 0,
            pid: 0,
            socket: SocketInfo::None,
            l4: L4Proto::Unknown,
            role: Role::None,
            connection: Connection::None,
            from_proc: false,
            cloned: false,
            overlay_upper: false,
            overlay_lower: false,
        }
    }

    /// Gives the descriptor a name; nothing is allocated when it is the one it had.
    pub fn set_name(&mut self, name: &[u8]) {
        if *self.name != *name {
            self.name = Text::from(name);
            self.name_changed = true;
        }
    }

    /// Whether an exec closes it. The test looks at different bits for different types, as the reference does.
    pub fn is_cloexec(&self) -> bool {
        self.open_flags & open_flags::CLOEXEC != 0
            || (matches!(self.ty, FdType::Eventpoll | FdType::Memfd) && self.open_flags & 1 != 0)
    }

    /// Clears what [`Self::is_cloexec`] tests. Bit 0 goes for every type, though for most it means "opened for reading":
    /// a duplicate of a read-only descriptor has lost that flag in the reference too.
    pub fn clear_cloexec(&mut self) {
        self.open_flags &= !(open_flags::CLOEXEC | 1);
    }
}

/// A thread. `-1` means unknown in the id fields.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Thread {
    pub tid: i64,
    pub pid: i64,
    pub ptid: i64,
    pub reaper_tid: i64,
    pub sid: i64,
    pub vpgid: i64,
    pub pgid: i64,
    pub vtid: i64,
    pub vpid: i64,
    pub comm: Text,
    pub exe: Text,
    pub exepath: Text,
    pub exe_writable: bool,
    pub exe_upper_layer: bool,
    pub exe_lower_layer: bool,
    pub exe_from_memfd: bool,
    pub args: StrList,
    /// A non-main thread's own copy is not used while its main thread lives: see [`super::Machine::env`].
    pub env: StrList,
    /// `comm` and the arguments, separated by blanks; see [`Thread::cmdline`].
    pub(crate) command: Text,
    /// Ends with a slash. For reading, see [`super::Machine::cwd`].
    pub cwd: Text,
    pub root: Text,
    pub cgroups: Cgroups,
    /// `PPM_CL_*` and the engine's own bits: see [`clone_flags`].
    pub flags: u32,
    pub fdlimit: i64,
    pub uid: u32,
    pub gid: u32,
    pub loginuid: u32,
    pub cap_inheritable: u64,
    pub cap_permitted: u64,
    pub cap_effective: u64,
    pub exe_ino: u64,
    pub exe_ino_ctime: u64,
    pub exe_ino_mtime: u64,
    pub exe_ino_ctime_duration_clone_ts: u64,
    pub exe_ino_ctime_duration_pidns_start: u64,
    pub vmsize_kb: u32,
    pub vmrss_kb: u32,
    pub vmswap_kb: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    pub pidns_init_start_ts: u64,
    pub clone_ts: u64,
    pub lastexec_ts: u64,
    pub tty: u32,
    /// This thread's own table; for lookups see [`super::Machine::fd`].
    pub fds: FdTable,
    /// "" is the host.
    pub container_id: Arc<str>,
    pub category: Category,
    pub children: Vec<i64>,
    pub last_event_fd: i64,
    /// Code of the last event, for matching enter to exit; `None` after it was invalidated.
    pub last_event_type: Option<EventType>,
    pub last_event_ts: u64,
    pub prev_event_ts: u64,
    /// How many of `children` still exist as such.
    pub(crate) live_children: usize,
    /// The key of the group that the thread is a member of ([`super::Machine::thread_group`]).
    pub(crate) group: Option<i64>,
    /// The enter event that waits for its exit.
    pub(crate) enter: Option<Box<EventBuf>>,
}

impl Thread {
    /// A thread of which nothing is known but its id.
    pub fn new(tid: i64) -> Self {
        Self {
            tid,
            pid: -1,
            ptid: -1,
            reaper_tid: -1,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            comm: Text::default(),
            exe: Text::default(),
            exepath: Text::default(),
            exe_writable: false,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            args: StrList::default(),
            env: StrList::default(),
            command: Text::default(),
            cwd: Text::default(),
            root: Text::default(),
            cgroups: Cgroups::default(),
            flags: clone_flags::NAME_CHANGED,
            fdlimit: -1,
            uid: NO_ID,
            gid: NO_ID,
            loginuid: NO_ID,
            cap_inheritable: 0,
            cap_permitted: 0,
            cap_effective: 0,
            exe_ino: 0,
            exe_ino_ctime: 0,
            exe_ino_mtime: 0,
            exe_ino_ctime_duration_clone_ts: 0,
            exe_ino_ctime_duration_pidns_start: 0,
            vmsize_kb: 0,
            vmrss_kb: 0,
            vmswap_kb: 0,
            pfmajor: 0,
            pfminor: 0,
            pidns_init_start_ts: 0,
            clone_ts: 0,
            lastexec_ts: 0,
            tty: 0,
            fds: FdTable::default(),
            container_id: Arc::default(),
            category: Category::None,
            children: Vec::new(),
            live_children: 0,
            last_event_fd: 0,
            last_event_type: None,
            last_event_ts: 0,
            prev_event_ts: 0,
            group: None,
            enter: None,
        }
    }

    /// Whether this is the thread that stands for its process.
    pub fn is_main(&self) -> bool {
        self.tid == self.pid || self.flags & clone_flags::IS_MAIN_THREAD != 0
    }

    /// Whether the thread was made up for an event of an unknown thread.
    pub fn is_fake(&self) -> bool {
        self.tid < 0 || self.pid < 0 || self.ptid < 0
    }

    /// Whether the thread has exited and only stays for its group's sake.
    pub fn is_dead(&self) -> bool {
        self.flags & clone_flags::CLOSED != 0
    }

    /// Whether the thread lives in a pid namespace other than the host's.
    pub fn in_pid_namespace(&self) -> bool {
        self.flags & clone_flags::CHILD_IN_PIDNS != 0 || (self.vtid >= 0 && self.tid != self.vtid)
    }

    /// `proc.cmdline`: the command and its arguments. Empty when there is no command, whatever the arguments.
    pub fn cmdline(&self) -> &[u8] {
        if self.comm.is_empty() { &[] } else { &self.command }
    }

    /// `proc.args`: the arguments, separated by blanks.
    pub fn args_text(&self) -> &[u8] {
        self.command.get(self.comm.len() + 1..).unwrap_or_default()
    }

    /// Sets the command and its arguments together, because the text of both is kept ready.
    pub(crate) fn set_command(&mut self, comm: Text, args: StrList) {
        if args.is_empty() {
            self.command = comm.clone();
        } else {
            let mut text = Vec::with_capacity(comm.len() + 1 + args.byte_len());
            text.extend_from_slice(&comm);
            for arg in args.iter() {
                text.push(b' ');
                text.extend_from_slice(arg);
            }
            self.command = Text::from(text);
        }
        self.comm = comm;
        self.args = args;
    }

    /// Sets the executable's path, without the kernel's remark that the file is gone.
    pub(crate) fn set_exepath(&mut self, path: &[u8]) {
        let path = match path.strip_suffix(b" (deleted)") {
            Some(rest) if !rest.is_empty() => rest,
            _ => path,
        };
        if *self.exepath != *path {
            self.exepath = Text::from(path);
        }
    }
}

/// The threads of one process.
#[derive(Debug, Clone, Default)]
pub struct ThreadGroup {
    /// Members' tids, the main thread first if it is there. Some may be gone.
    pub(crate) members: Vec<i64>,
    /// How many of `members` are gone.
    pub(crate) gone: usize,
    /// How many have not exited.
    pub alive: u64,
    /// Whether orphans below it become its children.
    pub reaper: bool,
}

/// A user as the capture tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
    pub name: Vec<u8>,
    pub homedir: Vec<u8>,
    pub shell: Vec<u8>,
}

/// A group as the capture tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Group {
    pub gid: u32,
    pub name: Vec<u8>,
}

/// The machine that the events come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct MachineInfo {
    pub num_cpus: u32,
    pub memory_size_bytes: u64,
    pub max_pid: u64,
    pub hostname: Vec<u8>,
    /// When it was booted, in nanoseconds since the epoch; 0 when unknown.
    pub boot_ts_epoch: u64,
    pub flags: u64,
}

impl Default for MachineInfo {
    fn default() -> Self {
        Self { num_cpus: u32::MAX, memory_size_bytes: 0, max_pid: 0, hostname: Vec::new(), boot_ts_epoch: 0, flags: 0 }
    }
}

/// What the reset and the parser found for one event, beside the state itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventContext {
    /// `evt.num`: counts delivered events, hidden ones included, from 1.
    pub num: u64,
    /// The thread that the event belongs to, if there is one (a key of the thread table).
    pub thread: Option<i64>,
    /// The descriptor: (tid that owns the table, number).
    pub fd: Option<(i64, i64)>,
    /// The event's descriptor number (`fd.num`), −1 when there is none.
    pub last_event_fd: i64,
    /// The return value, where the event has one.
    pub ret: Option<i64>,
    /// `fd.name_changed`.
    pub fd_name_changed: bool,
    /// Whether rules and output see the event.
    pub visible: bool,
    /// The first event that is not a meta event: the origin of `evt.reltime`.
    pub first_ts: u64,
}
