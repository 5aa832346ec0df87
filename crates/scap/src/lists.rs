//! The lists that stand before the events: processes, descriptors, interfaces, users.
//!
//! Entries are read one by one from the stream, never a whole block at once, so that memory does not follow a block's claimed
//! length. As in the reference an entry may run past its block's end; that is noticed when the entry is done.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::block::{MAX_ARGS_LEN, MAX_PATH_LEN, MAX_USER_STR_LEN};
use crate::error::ErrorKind;
use crate::item::{
    FdEntry, FdInfo, GroupEntry, Interface, InterfaceAddr, L4Proto, MachineInfo, NamedFd, ProcessEntry, UserEntry,
    UserList,
};
use crate::source::Source;

type Result<T> = std::result::Result<T, ErrorKind>;

/// Entries end when fewer bytes than this are left; the rest is padding.
const LEAST_ENTRY: u64 = 4;

/// How far the body of a list has been read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    /// The body's length as the block's header has it.
    pub(crate) len: u32,
    /// Bytes read, padding and skipped ones included.
    pub(crate) read: u64,
}

/// A body together with the stream it is read from.
pub(crate) struct Cursor<'r, 's> {
    source: &'r mut Source<'s>,
    body: &'r mut Body,
}

impl<'r, 's> Cursor<'r, 's> {
    pub(crate) fn new(source: &'r mut Source<'s>, body: &'r mut Body) -> Self {
        Self { source, body }
    }

    /// Whether another entry follows.
    pub(crate) fn more(&self) -> bool {
        u64::from(self.body.len).saturating_sub(self.body.read) >= LEAST_ENTRY
    }

    /// Refuses lists that are given whole and claim more than `most` bytes.
    pub(crate) fn within(&self, most: u32, list: &'static str) -> Result<()> {
        if self.body.read > u64::from(most) { Err(ErrorKind::ListTooLarge { list, most }) } else { Ok(()) }
    }

    /// Reads the padding after the last entry.
    pub(crate) fn finish(&mut self, list: &'static str) -> Result<()> {
        let Some(padding) = u64::from(self.body.len).checked_sub(self.body.read) else {
            return Err(ErrorKind::ListPastBlock { list, read: self.body.read, block: self.body.len });
        };
        let read = self.source.skip(padding);
        self.body.read += read;
        if read < padding { Err(short(self.source, padding, read)) } else { Ok(()) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let have = self.source.fill(N);
        let Some(bytes) = self.source.bytes().first_chunk::<N>().copied() else {
            return Err(short(self.source, N as u64, have as u64));
        };
        self.source.consume(N);
        self.body.read += N as u64;
        Ok(bytes)
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.take()?))
    }

    fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    /// `len` bytes; callers have checked that it is small.
    fn bytes(&mut self, len: u16) -> Result<Vec<u8>> {
        let len = usize::from(len);
        let have = self.source.fill(len);
        let Some(bytes) = self.source.bytes().get(..len).map(<[u8]>::to_vec) else {
            return Err(short(self.source, len as u64, have as u64));
        };
        self.source.consume(len);
        self.body.read += len as u64;
        Ok(bytes)
    }

    /// A string of a process entry.
    fn string(&mut self, what: &'static str, most: u16) -> Result<Vec<u8>> {
        let len = self.u16()?;
        if len > most {
            return Err(ErrorKind::StringTooLong { what, found: u32::from(len) });
        }
        self.bytes(len)
    }

    fn file_name(&mut self) -> Result<Vec<u8>> {
        let len = self.u16()?;
        if len >= MAX_PATH_LEN {
            return Err(ErrorKind::FileNameTooLong { found: u32::from(len) });
        }
        self.bytes(len)
    }

    fn user_string(&mut self, what: &'static str) -> Result<Vec<u8>> {
        let len = self.u16()?;
        if len >= MAX_USER_STR_LEN {
            return Err(ErrorKind::UserStringTooLong { what, found: u32::from(len) });
        }
        self.bytes(len)
    }

    fn ipv4(&mut self) -> Result<Ipv4Addr> {
        Ok(Ipv4Addr::from(self.take::<4>()?))
    }

    fn ipv6(&mut self) -> Result<Ipv6Addr> {
        Ok(Ipv6Addr::from(self.take::<16>()?))
    }

    fn begin_entry(&self, len: Option<u32>, start: u64) -> Entry {
        Entry { start, len: len.filter(|&len| len != 0) }
    }

    /// Skips what a newer writer appended to an entry.
    fn end_entry(&mut self, entry: Entry, list: &'static str) -> Result<()> {
        let Some(len) = entry.len else { return Ok(()) };
        let read = self.body.read - entry.start;
        let Some(rest) = u64::from(len).checked_sub(read) else {
            return Err(ErrorKind::EntryTooShort { list, read, entry: len });
        };
        // Going past the block is an error either way; noticing it here spares reading gigabytes that are claimed.
        let after = self.body.read + rest;
        if after > u64::from(self.body.len) {
            return Err(ErrorKind::ListPastBlock { list, read: after, block: self.body.len });
        }
        let skipped = self.source.skip(rest);
        self.body.read += skipped;
        if skipped < rest { Err(short(self.source, rest, skipped)) } else { Ok(()) }
    }

    /// Whether `size` more bytes belong to the entry. Entries without a length have no optional fields.
    fn fits(&self, entry: Entry, size: u64) -> bool {
        self.left(entry).is_some_and(|left| left >= size)
    }

    fn left(&self, entry: Entry) -> Option<u64> {
        entry.len.map(|len| u64::from(len).saturating_sub(self.body.read - entry.start))
    }

    fn opt_u8(&mut self, entry: Entry) -> Result<Option<u8>> {
        if self.fits(entry, 1) { self.u8().map(Some) } else { Ok(None) }
    }

    fn opt_u32(&mut self, entry: Entry) -> Result<Option<u32>> {
        if self.fits(entry, 4) { self.u32().map(Some) } else { Ok(None) }
    }

    fn opt_u64(&mut self, entry: Entry) -> Result<Option<u64>> {
        if self.fits(entry, 8) { self.u64().map(Some) } else { Ok(None) }
    }
}

/// An entry that may begin with its length.
#[derive(Clone, Copy)]
struct Entry {
    start: u64,
    len: Option<u32>,
}

/// The error of a read that came short: the stream's own failure where it has one. A gzip stream that just ends is a truncated
/// file like any other.
pub(crate) fn short(source: &mut Source<'_>, expected: u64, read: u64) -> ErrorKind {
    match source.take_error() {
        Some(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => ErrorKind::Read(e),
        _ => ErrorKind::Truncated { expected, read },
    }
}

pub(crate) fn machine(cursor: &mut Cursor<'_, '_>) -> Result<MachineInfo> {
    let num_cpus = cursor.u32()?;
    let memory_size_bytes = cursor.u64()?;
    let max_pid = cursor.u64()?;
    let host = cursor.take::<128>()?;
    let hostname = host.split(|&b| b == 0).next().unwrap_or_default().to_vec();
    Ok(MachineInfo {
        num_cpus,
        memory_size_bytes,
        max_pid,
        hostname,
        boot_ts_epoch: cursor.u64()?,
        flags: cursor.u64()?,
        reserved3: cursor.u64()?,
        reserved4: cursor.u64()?,
    })
}

pub(crate) const PROCESS_LIST: &str = "proclist";
pub(crate) const FD_LIST: &str = "fdlist";
pub(crate) const USER_LIST: &str = "userlist";

/// One entry of a process list of the given version. Fields stand in file order.
pub(crate) fn process(cursor: &mut Cursor<'_, '_>, version: u8) -> Result<ProcessEntry> {
    let start = cursor.body.read;
    let len = if version >= 9 { Some(cursor.u32()?) } else { None };
    let entry = cursor.begin_entry(len, start);
    let mut p = ProcessEntry { tid: cursor.i64()?, pid: cursor.i64()?, ptid: cursor.i64()?, ..Default::default() };
    if version >= 6 {
        p.sid = cursor.i64()?;
    }
    if version >= 8 {
        p.vpgid = cursor.i64()?;
    }
    p.comm = cursor.string("comm", MAX_PATH_LEN)?;
    p.exe = cursor.string("exe", MAX_PATH_LEN)?;
    if version >= 7 {
        p.exepath = cursor.string("exepath", MAX_PATH_LEN)?;
    }
    p.args = cursor.string("args", MAX_ARGS_LEN)?;
    p.cwd = cursor.string("cwd", MAX_PATH_LEN)?;
    p.fdlimit = cursor.i64()?;
    p.flags = cursor.u32()?;
    p.uid = cursor.u32()?;
    p.gid = cursor.u32()?;
    if version >= 2 {
        p.vmsize_kb = cursor.u32()?;
        p.vmrss_kb = cursor.u32()?;
        p.vmswap_kb = cursor.u32()?;
        p.pfmajor = cursor.u64()?;
        p.pfminor = cursor.u64()?;
    }
    if version >= 3 {
        p.env = cursor.string("env", MAX_ARGS_LEN)?;
    }
    if version >= 4 {
        p.vtid = cursor.i64()?;
        p.vpid = cursor.i64()?;
        p.cgroups = cursor.string("cgroups", MAX_ARGS_LEN)?;
    }
    if version >= 5 {
        p.root = cursor.string("root", MAX_PATH_LEN)?;
    }
    appended(cursor, entry, &mut p)?;
    cursor.end_entry(entry, PROCESS_LIST)?;
    Ok(p)
}

/// What old writers (before libs 0.10) appended in all: loginuid, exe_writable and three capability sets. They lacked the two
/// fields that were later put in front.
const OLD_APPENDED: u64 = 4 + 1 + 3 * 8;

fn appended(cursor: &mut Cursor<'_, '_>, entry: Entry, p: &mut ProcessEntry) -> Result<()> {
    if cursor.left(entry).is_some_and(|left| left > OLD_APPENDED) {
        p.pidns_init_start_ts = cursor.opt_u64(entry)?.unwrap_or(0);
        p.tty = cursor.opt_u32(entry)?.unwrap_or(0);
    }
    p.loginuid = cursor.opt_u32(entry)?.unwrap_or(u32::MAX);
    p.exe_writable = cursor.opt_u8(entry)?.is_some_and(|b| b != 0);
    p.cap_inheritable = cursor.opt_u64(entry)?.unwrap_or(0);
    p.cap_permitted = cursor.opt_u64(entry)?.unwrap_or(0);
    p.cap_effective = cursor.opt_u64(entry)?.unwrap_or(0);
    p.exe_upper_layer = cursor.opt_u8(entry)?.is_some_and(|b| b != 0);
    p.exe_ino = cursor.opt_u64(entry)?.unwrap_or(0);
    p.exe_ino_ctime = cursor.opt_u64(entry)?.unwrap_or(0);
    p.exe_ino_mtime = cursor.opt_u64(entry)?.unwrap_or(0);
    p.exe_from_memfd = cursor.opt_u8(entry)?.is_some_and(|b| b != 0);
    p.exe_lower_layer = cursor.opt_u8(entry)?.is_some_and(|b| b != 0);
    p.pgid = cursor.opt_u64(entry)?.map_or(-1, u64::cast_signed);
    Ok(())
}

/// The thread that a descriptor block belongs to.
pub(crate) fn fd_list_thread(cursor: &mut Cursor<'_, '_>) -> Result<i64> {
    cursor.i64()
}

/// One descriptor.
pub(crate) fn fd(cursor: &mut Cursor<'_, '_>, version: u8) -> Result<FdEntry> {
    let start = cursor.body.read;
    let len = if version >= 2 { Some(cursor.u32()?) } else { None };
    let entry = cursor.begin_entry(len, start);
    let fd = cursor.i64()?;
    let ino = cursor.u64()?;
    let info = match cursor.u8()? {
        0 => FdInfo::Unknown,
        3 => FdInfo::Ipv4 {
            sip: cursor.ipv4()?,
            dip: cursor.ipv4()?,
            sport: cursor.u16()?,
            dport: cursor.u16()?,
            l4proto: L4Proto(cursor.u8()?),
        },
        4 => FdInfo::Ipv6 {
            sip: cursor.ipv6()?,
            dip: cursor.ipv6()?,
            sport: cursor.u16()?,
            dport: cursor.u16()?,
            l4proto: L4Proto(cursor.u8()?),
        },
        5 => FdInfo::Ipv4Server { ip: cursor.ipv4()?, port: cursor.u16()?, l4proto: L4Proto(cursor.u8()?) },
        6 => FdInfo::Ipv6Server { ip: cursor.ipv6()?, port: cursor.u16()?, l4proto: L4Proto(cursor.u8()?) },
        8 => FdInfo::Unix { source: cursor.u64()?, destination: cursor.u64()?, name: cursor.file_name()? },
        16 => {
            let open_flags = cursor.u32()?;
            let name = cursor.file_name()?;
            FdInfo::FileV2 { open_flags, name, dev: cursor.opt_u32(entry)?.unwrap_or(0) }
        }
        code => match NamedFd::from_code(code) {
            Some(kind) => FdInfo::Named { kind, name: cursor.file_name()? },
            None => {
                // The payload goes with the rest of the entry. An old block has no entry lengths: there the payload is taken
                // for the next entry, as in the reference.
                FdInfo::Named { kind: NamedFd::Unsupported, name: format!("unknown-type:[{code}]").into_bytes() }
            }
        },
    };
    cursor.end_entry(entry, FD_LIST)?;
    Ok(FdEntry { fd, ino, info })
}

/// One interface.
pub(crate) fn interface(cursor: &mut Cursor<'_, '_>, version: u8) -> Result<Interface> {
    // The entry's length does not count itself here.
    let len = if version >= 2 { Some(cursor.u32()?) } else { None };
    let start = cursor.body.read;
    let kind = cursor.u16()?;
    let name_len = cursor.u16()?;
    if name_len >= MAX_PATH_LEN {
        return Err(ErrorKind::InterfaceList { step: 0 });
    }
    let (addresses, speed): (u64, u64) = match kind {
        1 => (12, 8),
        2 => (48, 8),
        3 => (12, 0),
        4 => (48, 0),
        found => return Err(ErrorKind::InterfaceType { found }),
    };
    let size = 4 + addresses + speed + u64::from(name_len);
    let within = len.map_or(size, u64::from);
    if within < size {
        return Err(ErrorKind::InterfaceList { step: 1 });
    }
    if start + within > u64::from(cursor.body.len) {
        return Err(ErrorKind::InterfaceList { step: 2 });
    }
    let addr = if addresses == 12 {
        InterfaceAddr::V4 { addr: cursor.ipv4()?, netmask: cursor.ipv4()?, broadcast: cursor.ipv4()? }
    } else {
        InterfaceAddr::V6 { addr: cursor.ipv6()?, netmask: cursor.ipv6()?, broadcast: cursor.ipv6()? }
    };
    let linkspeed = if speed > 0 { Some(cursor.u64()?) } else { None };
    let name = cursor.bytes(name_len)?;
    let skipped = cursor.source.skip(within - size);
    cursor.body.read += skipped;
    if skipped < within - size {
        return Err(short(cursor.source, within - size, skipped));
    }
    Ok(Interface { name, addr, linkspeed })
}

/// One user or group, put into `list`.
pub(crate) fn user(cursor: &mut Cursor<'_, '_>, version: u8, list: &mut UserList) -> Result<()> {
    let start = cursor.body.read;
    let len = if version >= 2 { Some(cursor.u32()?) } else { None };
    let entry = cursor.begin_entry(len, start);
    if cursor.u8()? == 0 {
        list.users.push(UserEntry {
            uid: cursor.u32()?,
            gid: cursor.u32()?,
            name: cursor.user_string("user name")?,
            homedir: cursor.user_string("user homedir")?,
            shell: cursor.user_string("user shell")?,
        });
    } else {
        list.groups.push(GroupEntry { gid: cursor.u32()?, name: cursor.user_string("group name")? });
    }
    cursor.end_entry(entry, USER_LIST)
}
