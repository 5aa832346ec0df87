//! What a process has open.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;

use falco_scap::item::{FdEntry, FdInfo, NamedFd};

use super::sockets::Sockets;

/// Reads the descriptors of a process, by their numbers.
pub fn read(pid: i64, sockets: &mut Sockets) -> Vec<FdEntry> {
    let dir = format!("/proc/{pid}/fd");
    let numbers = super::numbers(&dir).unwrap_or_default();
    numbers.into_iter().filter_map(|fd| one(pid, fd, sockets)).collect()
}

/// A descriptor of a process; `None` when it is closed.
pub fn one(pid: i64, fd: i64, sockets: &mut Sockets) -> Option<FdEntry> {
    let path = format!("/proc/{pid}/fd/{fd}");
    let link = OsString::from(fs::read_link(&path).ok()?).into_vec();
    let meta = fs::metadata(path).ok();
    let ino = meta.as_ref().map_or(0, MetadataExt::ino);
    if let Some(inode) = bracketed(&link, b"socket:[") {
        return Some(FdEntry { fd, ino: inode, info: sockets.find(pid, inode) });
    }
    let ino = bracketed(&link, b"pipe:[").unwrap_or(ino);
    let dev = meta.as_ref().map_or(0, |m| kernel_dev(m.dev()));
    let target = Target { link, mode: meta.map(|m| m.mode()), dev };
    Some(FdEntry { fd, ino, info: describe(target, || open_flags(pid, fd)) })
}

/// What a descriptor that is no socket leads to.
pub struct Target {
    /// As the link in /proc shows it.
    pub link: Vec<u8>,
    /// Kind and rights, if the file could be asked.
    pub mode: Option<u32>,
    /// The file system's number, as captures write it.
    pub dev: u32,
}

/// A descriptor's entry by what it leads to.
pub fn describe(target: Target, open_flags: impl FnOnce() -> u32) -> FdInfo {
    let Target { link, mode, dev } = target;
    let named = |kind, name: &[u8]| FdInfo::Named { kind, name: name.to_vec() };
    if link.starts_with(b"pipe:[") {
        return named(NamedFd::Fifo, &link);
    }
    if let Some(kind) = link.strip_prefix(b"anon_inode:") {
        return named(anonymous(kind), &link);
    }
    if let Some(name) = link.strip_prefix(b"/memfd:") {
        return named(NamedFd::Memfd, name.strip_suffix(b" (deleted)").unwrap_or(name));
    }
    match mode.map(|mode| mode & libc::S_IFMT) {
        Some(libc::S_IFDIR) => named(NamedFd::Directory, &link),
        Some(libc::S_IFIFO) => named(NamedFd::Fifo, &link),
        Some(_) if link.starts_with(b"/") => FdInfo::FileV2 { open_flags: open_flags(), name: link, dev },
        _ => named(NamedFd::Unsupported, &link),
    }
}

fn bracketed(target: &[u8], before: &[u8]) -> Option<u64> {
    let number = target.strip_prefix(before)?.strip_suffix(b"]")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

fn anonymous(kind: &[u8]) -> NamedFd {
    match kind {
        b"[eventfd]" => NamedFd::Event,
        b"[eventpoll]" => NamedFd::Eventpoll,
        b"[signalfd]" => NamedFd::Signalfd,
        b"[timerfd]" => NamedFd::Timerfd,
        b"inotify" => NamedFd::Inotify,
        b"[userfaultfd]" => NamedFd::Userfaultfd,
        b"[io_uring]" => NamedFd::Iouring,
        b"[pidfd]" => NamedFd::Pidfd,
        _ if kind.starts_with(b"bpf") || kind.starts_with(b"[bpf") => NamedFd::Bpf,
        _ => NamedFd::Unsupported,
    }
}

/// A device's number as the programs write it.
fn kernel_dev(dev: u64) -> u32 {
    let (major, minor) = (libc::major(dev), libc::minor(dev));
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

/// The flags that a file was opened with, as captures number them.
fn open_flags(pid: i64, fd: i64) -> u32 {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
    let flags = info.lines().find_map(|l| l.strip_prefix("flags:")).map(str::trim);
    flags.and_then(|f| u32::from_str_radix(f, 8).ok()).map_or(0, portable_flags)
}

/// The kernel's flags of an open file, as captures number them.
pub fn portable_flags(native: u32) -> u32 {
    let access = match native & 3 {
        0 => 1,
        1 => 2,
        _ => 3,
    };
    let bits = [
        (0o100, 2),
        (0o2000, 3),
        (0o10000, 4),
        (0o200, 5),
        (0o4000, 6),
        (0o4_010_000, 7),
        (0o1000, 8),
        (0o40000, 9),
        (0o200_000, 10),
        (0o100_000, 11),
        (0o2_000_000, 12),
        (0o20_200_000, 13),
    ];
    bits.iter().filter(|(bit, _)| native & bit == *bit).fold(access, |flags, (_, to)| flags | 1 << to)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    use falco_scap::L4Proto;

    use super::*;

    fn mine(fd: &impl AsRawFd) -> FdEntry {
        let all = read(i64::from(std::process::id()), &mut Sockets::default());
        all.into_iter().find(|e| e.fd == i64::from(fd.as_raw_fd())).unwrap()
    }

    #[test]
    fn a_file_has_its_name_and_flags() {
        let file = fs::File::open("/proc/self/exe").unwrap();
        let FdInfo::FileV2 { open_flags, name, .. } = mine(&file).info else { panic!() };
        assert_eq!(name, std::env::current_exe().unwrap().into_os_string().into_vec());
        assert_eq!(open_flags & 0x1003, 0x1001, "to be read, closed on execution");
        let dir = fs::File::open("/").unwrap();
        assert_eq!(mine(&dir).info, FdInfo::Named { kind: NamedFd::Directory, name: b"/".to_vec() });
    }

    #[test]
    fn both_ends_of_a_connection_are_found() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let own = client.local_addr().unwrap().port();
        let ip = std::net::Ipv4Addr::LOCALHOST;
        assert_eq!(mine(&server).info, FdInfo::Ipv4Server { ip, port, l4proto: L4Proto::TCP });
        let both = FdInfo::Ipv4 { sip: ip, sport: own, dip: ip, dport: port, l4proto: L4Proto::TCP };
        assert_eq!(mine(&client).info, both);
    }
}
