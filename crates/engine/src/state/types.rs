//! The records of the state. Names follow the specification's section 1.

use std::net::{Ipv4Addr, Ipv6Addr};

use rustc_hash::FxHashMap;

/// A file descriptor's type, as stored in captures (`SCAP_FD_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum FdType {
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
    /// The type.
    pub ty: FdType,
    /// Open flags (`PPM_O_*`).
    pub open_flags: u32,
    /// The name: a path, a rendered tuple.
    pub name: Vec<u8>,
    /// The name as the call gave it.
    pub name_raw: Vec<u8>,
    /// The name before the last lookup; see `fd.name_changed`.
    pub old_name: Vec<u8>,
    /// Inode.
    pub ino: u64,
    /// Device.
    pub dev: u32,
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
    pub comm: Vec<u8>,
    pub exe: Vec<u8>,
    pub exepath: Vec<u8>,
    pub exe_writable: bool,
    pub exe_upper_layer: bool,
    pub exe_lower_layer: bool,
    pub exe_from_memfd: bool,
    pub args: Vec<Vec<u8>>,
    pub env: Vec<Vec<u8>>,
    /// `comm` and the arguments, as cached when the arguments were last set; empty when it must be computed.
    pub cmdline: Vec<u8>,
    pub cwd: Vec<u8>,
    pub root: Vec<u8>,
    /// (subsystem, path).
    pub cgroups: Vec<(Vec<u8>, Vec<u8>)>,
    /// `PPM_CL_*` and the engine's own bits.
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
    /// This thread's own table; a non-main thread's lookups go to its main thread.
    pub fds: FxHashMap<i64, Fd>,
    pub container_id: String,
    pub children: Vec<i64>,
    pub last_event_fd: i64,
    /// Code of the last event, for matching enter to exit; `None` after it was invalidated.
    pub last_event_type: Option<falco_catalog::EventType>,
    pub last_event_ts: u64,
    pub prev_event_ts: u64,
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

/// What the reset and the parser found for one event, beside the state itself.
#[derive(Debug, Clone, Default)]
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
}
