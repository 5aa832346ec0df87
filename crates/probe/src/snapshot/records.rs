//! The records of the iterators: what bpf/snapshot.bpf.c writes, as entries of a picture.
//!
//! A record has the shape of an event: its length, kind and number of parameters in the header, then their lengths, then they.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_engine::state::clone_flags;
use falco_scap::item::{FdEntry, FdInfo, NamedFd, ProcessEntry};

use super::fds::{self, Target};
use super::sockets::{self, Addr};

const HEAD: usize = 28;
const THREAD: u16 = 1;
const PROCESS: u16 = 2;
const FILE: u16 = 3;
const SOCKET: u16 = 4;

/// The last name of the executable's, the working folder's, the root's path is gone; beside the bits of `execve_flags`.
const EXE_DELETED: u32 = 1 << 16;
const CWD_DELETED: u32 = 1 << 17;
const ROOT_DELETED: u32 = 1 << 18;

/// File systems by the number of their super block, of those that make up the names of their files.
const PIPEFS: u64 = 0x5049_5045;
const ANON_INODES: u64 = 0x0904_1934;
const PIDFS: u64 = 0x5049_4446;
const TMPFS: u64 = 0x0102_1994;
const HUGETLBFS: u64 = 0x9584_58f6;

/// What one record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A thread that is not its process's first. What it shares is still missing.
    Thread(ProcessEntry),
    /// A process's first thread.
    Process(ProcessEntry),
    /// A descriptor of a process.
    Fd(i64, FdEntry),
    /// A descriptor whose name only the kernel can tell: of a process, its number.
    Odd(i64, i64),
}

/// Takes the first record off `bytes`. `None` when it is not whole.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = u32::from_ne_bytes(array(bytes, 18)?) as usize;
    bytes.split_at_checked(len.checked_add(2)?.max(HEAD))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..).and_then(|b| b.first_chunk()).copied()
}

/// The parameters of a record, one after the other.
struct Params<'a> {
    lens: &'a [u8],
    data: &'a [u8],
}

impl<'a> Params<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (len, lens) = self.lens.split_first_chunk()?;
        let (param, data) = self.data.split_at_checked(usize::from(u16::from_ne_bytes(*len)))?;
        (self.lens, self.data) = (lens, data);
        Some(param)
    }

    fn u8(&mut self) -> Option<u8> {
        self.next()?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_ne_bytes(array(self.next()?, 0)?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_ne_bytes(array(self.next()?, 0)?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_ne_bytes(array(self.next()?, 0)?))
    }

    fn i64(&mut self) -> Option<i64> {
        self.u64().map(u64::cast_signed)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        self.next().map(<[u8]>::to_vec)
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        let param = self.next()?;
        Some(param.strip_suffix(b"\0").unwrap_or(param).to_vec())
    }

    fn is_empty(&self) -> bool {
        self.lens.is_empty()
    }
}

/// Reads a record. `None` when it is none of ours.
pub fn read(record: &[u8], boot_epoch: u64) -> Option<Record> {
    let thread = i64::from_ne_bytes(array(record, 10)?);
    let kind = u16::from_ne_bytes(array(record, 22)?);
    let nparams = u32::from_ne_bytes(array(record, 24)?) as usize;
    let (lens, data) = record.get(HEAD..)?.split_at_checked(nparams.checked_mul(2)?)?;
    let mut params = Params { lens, data };
    Some(match kind {
        THREAD => {
            let mut entry = own(thread, &mut params)?;
            entry.flags = clone_flags::THREAD | clone_flags::FILES;
            Record::Thread(entry)
        }
        PROCESS => {
            let mut entry = own(thread, &mut params)?;
            shared(&mut entry, &mut params, boot_epoch)?;
            if !params.is_empty() {
                texts(&mut entry, &mut params)?;
            }
            Record::Process(entry)
        }
        FILE => file(thread, &mut params)?,
        SOCKET => Record::Fd(thread, socket(&mut params)?),
        _ => return None,
    })
}

fn own(tid: i64, params: &mut Params<'_>) -> Option<ProcessEntry> {
    Some(ProcessEntry {
        tid,
        pid: params.i64()?,
        ptid: params.i64()?,
        pgid: params.i64()?,
        vpgid: params.i64()?,
        sid: params.i64()?,
        vtid: params.i64()?,
        vpid: params.i64()?,
        comm: params.text()?,
        uid: params.u32()?,
        gid: params.u32()?,
        loginuid: params.u32()?,
        pfmajor: params.u64()?,
        pfminor: params.u64()?,
        vmsize_kb: params.u32()?,
        vmrss_kb: params.u32()?,
        vmswap_kb: params.u32()?,
        tty: params.u32()?,
        cap_inheritable: params.u64()?,
        cap_permitted: params.u64()?,
        cap_effective: params.u64()?,
        ..ProcessEntry::default()
    })
}

fn shared(entry: &mut ProcessEntry, params: &mut Params<'_>, boot_epoch: u64) -> Option<()> {
    entry.fdlimit = params.i64()?;
    entry.cgroups = params.bytes()?;
    let exepath = params.text()?;
    let flags = params.u32()?;
    let path = |path, deleted| linked(path, flags & deleted != 0);
    entry.exepath = path(exepath, EXE_DELETED);
    entry.exe_writable = flags & 1 != 0;
    entry.exe_upper_layer = flags & 2 != 0;
    entry.exe_from_memfd = flags & 4 != 0;
    entry.exe_lower_layer = flags & 8 != 0;
    entry.exe_ino = params.u64()?;
    entry.exe_ino_ctime = params.u64()?;
    entry.exe_ino_mtime = params.u64()?;
    entry.cwd = path(params.text()?, CWD_DELETED);
    entry.root = path(params.text()?, ROOT_DELETED);
    entry.pidns_init_start_ts = boot_epoch.saturating_add(params.u64()?);
    Some(())
}

fn texts(entry: &mut ProcessEntry, params: &mut Params<'_>) -> Option<()> {
    super::process::set_args(entry, &params.bytes()?);
    entry.env = params.bytes()?;
    Some(())
}

/// As a link of /proc shows a path.
fn linked(mut path: Vec<u8>, deleted: bool) -> Vec<u8> {
    if deleted {
        path.extend_from_slice(b" (deleted)");
    }
    path
}

fn file(pid: i64, params: &mut Params<'_>) -> Option<Record> {
    let fd = i64::from(params.u32()?);
    let ino = params.u64()?;
    let mode = params.u32()?;
    let dev = params.u32()?;
    let flags = params.u32()?;
    let how = params.u64()?;
    let name = params.text()?;
    let of = |before: &[u8], name: &[u8], after: &[u8]| [before, name, after].concat();
    let target = match (how & 0xff, how >> 8) {
        (0, _) => name,
        (1, _) => linked(name, true),
        (2, PIPEFS) => format!("pipe:[{ino}]").into_bytes(),
        (2, ANON_INODES) => of(b"anon_inode:", &name, b""),
        (2, PIDFS) => b"anon_inode:[pidfd]".to_vec(),
        (2, TMPFS | HUGETLBFS) => of(b"/", &name, b" (deleted)"),
        _ => return Some(Record::Odd(pid, fd)),
    };
    let target = Target { link: target, mode: Some(mode), dev };
    Some(Record::Fd(pid, FdEntry { fd, ino, info: fds::describe(target, || fds::portable_flags(flags)) }))
}

fn socket(params: &mut Params<'_>) -> Option<FdEntry> {
    let fd = i64::from(params.u32()?);
    let ino = params.u64()?;
    let (family, ty, protocol) = (i32::from(params.u16()?), params.u16()?, i32::from(params.u16()?));
    let listed = params.u8()? != 0;
    let peer = params.u64()?;
    let ports = params.u32()?;
    let (local, remote) = (address(params.next()?), address(params.next()?));
    let name = params.next()?;
    let info = match (family, local, remote) {
        (libc::AF_UNIX, ..) => FdInfo::Unix { source: ino, destination: peer, name: unix_name(name) },
        (libc::AF_NETLINK, ..) if listed => FdInfo::Named { kind: NamedFd::Netlink, name: Vec::new() },
        (libc::AF_INET | libc::AF_INET6, Some(local), Some(remote)) if listed => {
            let (sport, dport) = ((ports & 0xffff) as u16, (ports >> 16) as u16);
            sockets::protocol(i32::from(ty), protocol)
                .and_then(|l4proto| sockets::internet((local, sport), (remote, dport), l4proto))
                .unwrap_or_else(|| sockets::unknown(ino))
        }
        _ => sockets::unknown(ino),
    };
    Some(FdEntry { fd, ino, info })
}

fn address(bytes: &[u8]) -> Option<Addr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Addr::V4(Ipv4Addr::from(v4)));
    }
    <[u8; 16]>::try_from(bytes).ok().map(|v6| Addr::V6(Ipv6Addr::from(v6)))
}

/// The path of a socket as /proc/net/unix shows it: an abstract name begins with `@`, and its NULs are `@`, too.
fn unix_name(bytes: &[u8]) -> Vec<u8> {
    match bytes.first() {
        Some(0) => bytes.iter().map(|b| if *b == 0 { b'@' } else { *b }).collect(),
        _ => bytes.iter().copied().take_while(|b| *b != 0).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, thread: i64, params: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0; HEAD];
        bytes.extend(params.iter().flat_map(|p| (p.len() as u16).to_ne_bytes()));
        bytes.extend(params.concat());
        let len = bytes.len() as u32 - 2;
        bytes[10..18].copy_from_slice(&thread.to_ne_bytes());
        bytes[18..22].copy_from_slice(&len.to_ne_bytes());
        bytes[22..24].copy_from_slice(&kind.to_ne_bytes());
        bytes[24..28].copy_from_slice(&(params.len() as u32).to_ne_bytes());
        bytes
    }

    fn a_file(magic: u64, how: u64, mode: u32, name: &[u8]) -> Option<Record> {
        let how = (magic << 8 | how).to_ne_bytes();
        let (ino, dev, flags) = (77u64.to_ne_bytes(), 5u32.to_ne_bytes(), 0o2_000_001u32.to_ne_bytes());
        let params: [&[u8]; 7] = [&3u32.to_ne_bytes(), &ino, &mode.to_ne_bytes(), &dev, &flags, &how, name];
        read(&record(FILE, 9, &params), 0)
    }

    #[test]
    fn names_are_those_of_proc() {
        let name = |record: Option<Record>| match record.unwrap() {
            Record::Fd(9, FdEntry { fd: 3, ino: 77, info: FdInfo::Named { kind, name } }) => {
                (kind, String::from_utf8(name).unwrap())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(name(a_file(PIPEFS, 2, 0o010_600, b"\0")), (NamedFd::Fifo, "pipe:[77]".into()));
        assert_eq!(
            name(a_file(ANON_INODES, 2, 0o600, b"[eventfd]\0")),
            (NamedFd::Event, "anon_inode:[eventfd]".into())
        );
        assert_eq!(name(a_file(TMPFS, 2, 0o100_600, b"memfd:x\0")), (NamedFd::Memfd, "x".into()));
        assert_eq!(name(a_file(0, 0, 0o040_755, b"/tmp\0")), (NamedFd::Directory, "/tmp".into()));
        let gone = a_file(0, 1, 0o100_644, b"/tmp/a\0").unwrap();
        let info = FdInfo::FileV2 { open_flags: 2 | 1 << 12, name: b"/tmp/a (deleted)".to_vec(), dev: 5 };
        assert_eq!(gone, Record::Fd(9, FdEntry { fd: 3, ino: 77, info }));
        assert_eq!(a_file(0x6e73_6673, 2, 0o100_444, b"\0"), Some(Record::Odd(9, 3)), "a namespace");
    }

    #[test]
    fn no_bytes_do_harm() {
        let whole = record(FILE, 9, &[&3u32.to_ne_bytes(), b"", b"abc"]);
        for len in 0..=whole.len() {
            let _ = read(&whole[..len], 0);
            assert_eq!(split(&whole[..len]).is_some(), len == whole.len());
        }
        let mut state = 1u64;
        for _ in 0..20_000 {
            let mut bytes = record(THREAD, 1, &[]);
            bytes.extend((0..state % 200).map(|i| (state >> (i % 57)) as u8));
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bytes[22] = (state >> 60) as u8;
            bytes[24] = (state >> 50) as u8;
            let _ = read(&bytes, 0);
        }
    }

    #[test]
    fn names_of_local_sockets() {
        assert_eq!(unix_name(b"/run/a b\0"), b"/run/a b");
        assert_eq!(unix_name(b"\0one\0two"), b"@one@two");
        assert_eq!(unix_name(b""), b"");
    }
}
