//! Writes captures in the current format.
//!
//! The order of blocks is the producers': section, machine, interfaces, users, processes, descriptors, events. Strings that the
//! format bounds are cut to its bounds, because a reader refuses the whole capture otherwise.

use std::io::{self, Write};

use falco_catalog::EventType;
use flate2::write::GzEncoder;

use crate::block::{
    EV_V2, EV_V2_LARGE, EVENT_HEADER_LEN, EVF_V2, EVF_V2_LARGE, FDL_V2, HEADER_LEN, IL_V2, MAGIC, MAX_ARGS_LEN,
    MAX_EVENT_LEN, MAX_PATH_LEN, MAX_USER_STR_LEN, MI, MI_BODY_LEN, PL_V9, SHB, SHB_LEN, TRAILER_LEN, UL_V2,
};
use crate::event::Event;
use crate::item::{
    FdEntry, FdInfo, FdList, GroupEntry, Interface, InterfaceAddr, Item, MachineInfo, ProcessEntry, UserEntry, UserList,
};

/// Why a capture could not be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum WriteError {
    #[error("cannot write the capture: {0}")]
    Io(#[from] io::Error),
    #[error("parameter {index} of a `{event}` event has {len} bytes, the format allows {most}")]
    ParamTooLong { event: &'static str, index: usize, len: usize, most: u32 },
    #[error("a `{event}` event of {len} bytes is longer than the {most} that the format allows")]
    EventTooLong { event: &'static str, len: u64, most: u32 },
    #[error("a {list} list of {len} bytes does not fit in a block")]
    ListTooLong { list: &'static str, len: u64 },
}

type Result<T> = std::result::Result<T, WriteError>;

/// Whether the file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Plain blocks.
    None,
    /// One gzip member.
    #[default]
    Gzip,
}

/// Writes a capture. The section header is written at once, everything else by the caller in the order of the methods.
pub struct Writer<W: Write> {
    out: Sink<W>,
    /// The block at hand, as far as it is not written.
    block: Vec<u8>,
    /// Its total length.
    total: u32,
    /// How much of it is written.
    flushed: u64,
    bytes: u64,
    events: u64,
}

enum Sink<W: Write> {
    Plain(io::BufWriter<W>),
    Gzip(Box<GzEncoder<W>>),
}

impl<W: Write> Sink<W> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(w) => w.write_all(bytes),
            Self::Gzip(w) => w.write_all(bytes),
        }
    }
}

impl<W: Write> Writer<W> {
    /// Begins a capture.
    pub fn new(out: W, compression: Compression) -> Result<Self> {
        let out = match compression {
            Compression::None => Sink::Plain(io::BufWriter::with_capacity(64 * 1024, out)),
            Compression::Gzip => Sink::Gzip(Box::new(GzEncoder::new(out, flate2::Compression::default()))),
        };
        let mut writer = Self { out, block: Vec::new(), total: 0, flushed: 0, bytes: 0, events: 0 };
        writer.section()?;
        Ok(writer)
    }

    /// Uncompressed bytes written.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Events written.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Begins a further section in the same file: readers start anew there.
    pub fn section(&mut self) -> Result<()> {
        self.begin(SHB, SHB_LEN);
        self.u32(MAGIC);
        self.u16(1);
        self.u16(2);
        self.u64(u64::MAX);
        self.end()
    }

    /// The machine.
    pub fn machine(&mut self, info: &MachineInfo) -> Result<()> {
        self.begin(MI, HEADER_LEN + MI_BODY_LEN + TRAILER_LEN);
        self.u32(info.num_cpus);
        self.u64(info.memory_size_bytes);
        self.u64(info.max_pid);
        let mut host = [0u8; 128];
        // The last byte stays a NUL.
        for (to, from) in host.iter_mut().take(127).zip(&info.hostname) {
            *to = *from;
        }
        self.block.extend_from_slice(&host);
        self.u64(info.boot_ts_epoch);
        self.u64(info.flags);
        self.u64(info.reserved3);
        self.u64(info.reserved4);
        self.end()
    }

    /// The interfaces: IPv4 first, as every producer has them.
    pub fn interfaces(&mut self, interfaces: &[Interface]) -> Result<()> {
        let is_v4 = |i: &&Interface| matches!(i.addr, InterfaceAddr::V4 { .. });
        let sorted = || interfaces.iter().filter(is_v4).chain(interfaces.iter().filter(|i| !is_v4(i)));
        let size = |i: &Interface| {
            let addresses = if is_v4(&i) { 12 } else { 48 };
            let speed = if i.linkspeed.is_some() { 8 } else { 0 };
            4 + addresses + speed + cut(&i.name, MAX_PATH_LEN - 1).len() as u32
        };
        let body = interfaces.iter().map(|i| u64::from(4 + size(i))).sum();
        self.list(IL_V2, "interface", body)?;
        for i in sorted() {
            let name = cut(&i.name, MAX_PATH_LEN - 1);
            self.u32(size(i));
            let kind: u16 = match (i.addr, i.linkspeed) {
                (InterfaceAddr::V4 { .. }, Some(_)) => 1,
                (InterfaceAddr::V6 { .. }, Some(_)) => 2,
                (InterfaceAddr::V4 { .. }, None) => 3,
                (InterfaceAddr::V6 { .. }, None) => 4,
            };
            self.u16(kind);
            self.u16(name.len() as u16);
            match i.addr {
                InterfaceAddr::V4 { addr, netmask, broadcast } => {
                    for a in [addr, netmask, broadcast] {
                        self.block.extend_from_slice(&a.octets());
                    }
                }
                InterfaceAddr::V6 { addr, netmask, broadcast } => {
                    for a in [addr, netmask, broadcast] {
                        self.block.extend_from_slice(&a.octets());
                    }
                }
            }
            if let Some(speed) = i.linkspeed {
                self.u64(speed);
            }
            self.block.extend_from_slice(name);
            self.flush_part()?;
        }
        self.end()
    }

    /// The users, then the groups.
    pub fn users(&mut self, list: &UserList) -> Result<()> {
        let text = |s: &[u8]| 2 + cut(s, MAX_USER_STR_LEN - 1).len() as u32;
        let user = |u: &UserEntry| 4 + 1 + 8 + text(&u.name) + text(&u.homedir) + text(&u.shell);
        let group = |g: &GroupEntry| 4 + 1 + 4 + text(&g.name);
        let users: u64 = list.users.iter().map(|u| u64::from(user(u))).sum();
        let groups: u64 = list.groups.iter().map(|g| u64::from(group(g))).sum();
        self.list(UL_V2, "user", users + groups)?;
        for u in &list.users {
            self.u32(user(u));
            self.u8(0);
            self.u32(u.uid);
            self.u32(u.gid);
            for s in [&u.name, &u.homedir, &u.shell] {
                self.string(s, MAX_USER_STR_LEN - 1);
            }
            self.flush_part()?;
        }
        for g in &list.groups {
            self.u32(group(g));
            self.u8(1);
            self.u32(g.gid);
            self.string(&g.name, MAX_USER_STR_LEN - 1);
            self.flush_part()?;
        }
        self.end()
    }

    /// The threads, in one block. Nothing is written when there are none.
    pub fn processes(&mut self, entries: &[ProcessEntry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let body = entries.iter().map(|p| u64::from(process_len(p))).sum();
        self.list(PL_V9, "process", body)?;
        for p in entries {
            self.process(p);
            self.flush_part()?;
        }
        self.end()
    }

    fn process(&mut self, p: &ProcessEntry) {
        self.u32(process_len(p));
        for id in [p.tid, p.pid, p.ptid, p.sid, p.vpgid] {
            self.i64(id);
        }
        for s in [&p.comm, &p.exe, &p.exepath] {
            self.string(s, MAX_PATH_LEN);
        }
        self.string(&p.args, MAX_ARGS_LEN);
        self.string(&p.cwd, MAX_PATH_LEN);
        self.i64(p.fdlimit);
        for n in [p.flags, p.uid, p.gid, p.vmsize_kb, p.vmrss_kb, p.vmswap_kb] {
            self.u32(n);
        }
        self.u64(p.pfmajor);
        self.u64(p.pfminor);
        self.string(&p.env, MAX_ARGS_LEN);
        self.i64(p.vtid);
        self.i64(p.vpid);
        self.string(&p.cgroups, MAX_ARGS_LEN);
        self.string(&p.root, MAX_PATH_LEN);
        self.u64(p.pidns_init_start_ts);
        self.u32(p.tty);
        self.u32(p.loginuid);
        self.u8(p.exe_writable.into());
        self.u64(p.cap_inheritable);
        self.u64(p.cap_permitted);
        self.u64(p.cap_effective);
        self.u8(p.exe_upper_layer.into());
        self.u64(p.exe_ino);
        self.u64(p.exe_ino_ctime);
        self.u64(p.exe_ino_mtime);
        self.u8(p.exe_from_memfd.into());
        self.u8(p.exe_lower_layer.into());
        self.i64(p.pgid);
    }

    /// The descriptors of one thread. Producers write a block for every thread, also without any.
    pub fn fds(&mut self, list: &FdList) -> Result<()> {
        let body: u64 = 8 + list.fds.iter().map(|fd| u64::from(fd_len(fd))).sum::<u64>();
        self.list(FDL_V2, "descriptor", body)?;
        self.i64(list.tid);
        for fd in &list.fds {
            self.fd(fd);
            self.flush_part()?;
        }
        self.end()
    }

    fn fd(&mut self, entry: &FdEntry) {
        self.u32(fd_len(entry));
        self.i64(entry.fd);
        self.u64(entry.ino);
        self.u8(entry.info.code());
        match &entry.info {
            FdInfo::Unknown => {}
            FdInfo::Named { name, .. } => self.string(name, MAX_PATH_LEN - 1),
            FdInfo::FileV2 { open_flags, name, dev } => {
                self.u32(*open_flags);
                self.string(name, MAX_PATH_LEN - 1);
                self.u32(*dev);
            }
            FdInfo::Ipv4 { sip, dip, sport, dport, l4proto } => {
                self.block.extend_from_slice(&sip.octets());
                self.block.extend_from_slice(&dip.octets());
                self.u16(*sport);
                self.u16(*dport);
                self.u8(l4proto.0);
            }
            FdInfo::Ipv6 { sip, dip, sport, dport, l4proto } => {
                self.block.extend_from_slice(&sip.octets());
                self.block.extend_from_slice(&dip.octets());
                self.u16(*sport);
                self.u16(*dport);
                self.u8(l4proto.0);
            }
            FdInfo::Ipv4Server { ip, port, l4proto } => {
                self.block.extend_from_slice(&ip.octets());
                self.u16(*port);
                self.u8(l4proto.0);
            }
            FdInfo::Ipv6Server { ip, port, l4proto } => {
                self.block.extend_from_slice(&ip.octets());
                self.u16(*port);
                self.u8(l4proto.0);
            }
            FdInfo::Unix { source, destination, name } => {
                self.u64(*source);
                self.u64(*destination);
                self.string(name, MAX_PATH_LEN - 1);
            }
        }
    }

    /// An event. The block's type follows from the flags and the event's type.
    pub fn event(&mut self, event: &Event<'_>) -> Result<()> {
        let info = event.ty.info();
        let name = info.map_or("?", |info| info.name);
        let large = info.is_some_and(|info| info.flags.large_payload());
        let size = if large { 4 } else { 2 };
        let data = event.ends.last().copied().unwrap_or(0);
        let len = u64::from(EVENT_HEADER_LEN) + size * event.ends.len() as u64 + u64::from(data);
        let prefix = if event.flags == 0 { 2 } else { 6 };
        let total = round4(u64::from(HEADER_LEN) + prefix + len + u64::from(TRAILER_LEN));
        let most = if large { u32::MAX } else { MAX_EVENT_LEN };
        let Some(total) = u32::try_from(total).ok().filter(|total| total - HEADER_LEN <= most) else {
            return Err(WriteError::EventTooLong { event: name, len, most });
        };
        let block_type = match (event.flags == 0, large) {
            (true, false) => EV_V2,
            (false, false) => EVF_V2,
            (true, true) => EV_V2_LARGE,
            (false, true) => EVF_V2_LARGE,
        };
        self.begin(block_type, total);
        self.u16(event.cpu);
        if event.flags != 0 {
            self.u32(event.flags);
        }
        self.u64(event.ts);
        self.i64(event.tid);
        self.u32(len as u32);
        let EventType(ty) = event.ty;
        self.u16(ty);
        self.u32(event.ends.len() as u32);
        for (index, param) in event.params().enumerate() {
            if large {
                self.u32(param.len() as u32);
            } else if let Ok(len) = u16::try_from(param.len()) {
                self.u16(len);
            } else {
                let most = u32::from(u16::MAX);
                return Err(WriteError::ParamTooLong { event: name, index, len: param.len(), most });
            }
        }
        self.block.extend_from_slice(event.data.get(..data as usize).unwrap_or_default());
        self.end()?;
        self.events += 1;
        Ok(())
    }

    /// Writes an item that was read. Order is the caller's business; a restart begins a section when its header comes.
    pub fn item(&mut self, item: &Item<'_>) -> Result<()> {
        match item {
            // The first header stands already.
            Item::Section(_) if self.bytes == u64::from(SHB_LEN) => Ok(()),
            Item::Section(_) => self.section(),
            Item::Machine(info) => self.machine(info),
            Item::Processes(entries) => self.processes(entries),
            Item::Fds(list) => self.fds(list),
            Item::Interfaces(list) => self.interfaces(list),
            Item::Users(list) => self.users(list),
            Item::Restart => Ok(()),
            Item::Event(event) => self.event(event),
        }
    }

    /// Writes what is buffered and gives the output back.
    pub fn finish(self) -> Result<W> {
        Ok(match self.out {
            Sink::Plain(w) => w.into_inner().map_err(io::IntoInnerError::into_error)?,
            Sink::Gzip(w) => w.finish()?,
        })
    }

    // ---- one block ----

    fn begin(&mut self, block_type: u32, total: u32) {
        self.block.clear();
        self.total = total;
        self.flushed = 0;
        self.u32(block_type);
        self.u32(total);
    }

    /// Begins a list whose body has `body` bytes.
    fn list(&mut self, block_type: u32, list: &'static str, body: u64) -> Result<()> {
        let total = round4(u64::from(HEADER_LEN + TRAILER_LEN) + body);
        let total = u32::try_from(total).map_err(|_| WriteError::ListTooLong { list, len: body })?;
        self.begin(block_type, total);
        Ok(())
    }

    /// Keeps memory bounded while a long list is written.
    fn flush_part(&mut self) -> Result<()> {
        if self.block.len() >= 64 * 1024 {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.out.write_all(&self.block)?;
        self.flushed += self.block.len() as u64;
        self.bytes += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }

    /// Padding and trailer.
    fn end(&mut self) -> Result<()> {
        let written = self.flushed + self.block.len() as u64;
        let body_end = u64::from(self.total - TRAILER_LEN);
        debug_assert!(written <= body_end && body_end - written < 4, "{written} of {body_end}");
        for _ in written..body_end {
            self.block.push(0);
        }
        self.u32(self.total);
        self.flush()
    }

    fn u8(&mut self, n: u8) {
        self.block.push(n);
    }

    fn u16(&mut self, n: u16) {
        self.block.extend_from_slice(&n.to_le_bytes());
    }

    fn u32(&mut self, n: u32) {
        self.block.extend_from_slice(&n.to_le_bytes());
    }

    fn u64(&mut self, n: u64) {
        self.block.extend_from_slice(&n.to_le_bytes());
    }

    fn i64(&mut self, n: i64) {
        self.block.extend_from_slice(&n.to_le_bytes());
    }

    fn string(&mut self, s: &[u8], most: u16) {
        let s = cut(s, most);
        self.u16(s.len() as u16);
        self.block.extend_from_slice(s);
    }
}

fn round4(n: u64) -> u64 {
    n.next_multiple_of(4)
}

fn cut(s: &[u8], most: u16) -> &[u8] {
    s.get(..usize::from(most)).unwrap_or(s)
}

/// The length of a process entry, which it begins with.
fn process_len(p: &ProcessEntry) -> u32 {
    const FIXED: u32 = 4 + 5 * 8 + 8 + 6 * 4 + 2 * 8 + 2 * 8;
    const APPENDED: u32 = 8 + 4 + 4 + 1 + 3 * 8 + 1 + 3 * 8 + 1 + 1 + 8;
    let paths = [&p.comm, &p.exe, &p.exepath, &p.cwd, &p.root];
    let lists = [&p.args, &p.env, &p.cgroups];
    let text = |s: &[u8], most| 2 + cut(s, most).len() as u32;
    FIXED
        + APPENDED
        + paths.iter().map(|s| text(s, MAX_PATH_LEN)).sum::<u32>()
        + lists.iter().map(|s| text(s, MAX_ARGS_LEN)).sum::<u32>()
}

/// The length of a descriptor's entry, which it begins with.
fn fd_len(entry: &FdEntry) -> u32 {
    let text = |s: &[u8]| 2 + cut(s, MAX_PATH_LEN - 1).len() as u32;
    let payload = match &entry.info {
        FdInfo::Unknown => 0,
        FdInfo::Named { name, .. } => text(name),
        FdInfo::FileV2 { name, .. } => 4 + text(name) + 4,
        FdInfo::Ipv4 { .. } => 13,
        FdInfo::Ipv6 { .. } => 37,
        FdInfo::Ipv4Server { .. } => 7,
        FdInfo::Ipv6Server { .. } => 19,
        FdInfo::Unix { name, .. } => 16 + text(name),
    };
    4 + 8 + 8 + 1 + payload
}
