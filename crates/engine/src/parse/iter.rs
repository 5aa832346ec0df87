//! Tasks and their descriptors as the kernel's iterators list them: what was there before anybody watched.
//!
//! A task's event has the numbers of its namespace only beside the thread's own, so the process of a thread that is not the main
//! one is known just outside of namespaces; inside, a thread whose process no other event told is left alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use falco_catalog::event;
use falco_scap::item::{FdEntry, FdInfo, ProcessEntry};
use falco_scap::{Event, L4Proto};

use super::{Cycle, Malformed, Outcome, required, text};
use crate::state::{Fd, FdType, SocketInfo, Text, fd_of_entry};

const IPPROTO_TCP: u16 = 6;
const IPPROTO_UDP: u16 = 17;

/// Text that may be missing.
fn text_or_empty<'e>(event: &Event<'e>, index: usize) -> Result<&'e [u8], Malformed> {
    if event.is_empty(index) { Ok(b"") } else { text(event, index) }
}

pub(super) fn task(cx: &mut Cycle<'_, '_>) -> Outcome {
    let (event, tid) = (cx.event, cx.event.tid);
    let number = |index| -> Result<i64, Malformed> { Ok(i64::from(required(event.i32(index))?)) };
    let (vpid, vtid) = (number(24)?, number(25)?);
    let known = cx.machine.thread(tid).filter(|thread| !thread.is_fake()).map(|thread| thread.pid);
    let pid = match known {
        Some(pid) => pid,
        None if vpid == vtid => tid,
        None if vtid == tid => vpid,
        None => return Ok(()),
    };
    let argv = event.param(5).unwrap_or_default();
    let (exe, args) = match memchr::memchr(0, argv) {
        Some(end) => (argv.get(..end).unwrap_or_default(), argv.get(end + 1..).unwrap_or_default()),
        None => (argv, &[][..]),
    };
    let flags = required(event.u32(7))?;
    let entry = ProcessEntry {
        tid,
        pid,
        ptid: number(0)?,
        pgid: number(1)?,
        vpgid: number(2)?,
        sid: number(3)?,
        vpid,
        vtid,
        comm: text(event, 4)?.to_vec(),
        exe: exe.to_vec(),
        args: args.to_vec(),
        exepath: text_or_empty(event, 6)?.to_vec(),
        exe_writable: flags & 1 != 0,
        exe_upper_layer: flags & 2 != 0,
        exe_from_memfd: flags & 4 != 0,
        exe_lower_layer: flags & 8 != 0,
        env: event.param(8).unwrap_or_default().to_vec(),
        cwd: text_or_empty(event, 9)?.to_vec(),
        fdlimit: required(event.u64(10))?.cast_signed(),
        uid: required(event.u32(11))?,
        gid: required(event.u32(12))?,
        cap_permitted: required(event.u64(13))?,
        cap_effective: required(event.u64(14))?,
        cap_inheritable: required(event.u64(15))?,
        exe_ino: required(event.u64(16))?,
        exe_ino_ctime: required(event.u64(17))?,
        exe_ino_mtime: required(event.u64(18))?,
        vmsize_kb: required(event.u32(19))?,
        vmrss_kb: required(event.u32(20))?,
        vmswap_kb: required(event.u32(21))?,
        pfmajor: required(event.u64(22))?,
        pfminor: required(event.u64(23))?,
        pidns_init_start_ts: required(event.u64(26))?,
        cgroups: event.param(27).unwrap_or_default().to_vec(),
        root: text_or_empty(event, 28)?.to_vec(),
        tty: required(event.u32(30))?,
        loginuid: required(event.u32(31))?,
        ..ProcessEntry::default()
    };
    let started = required(event.u64(29))?;
    cx.machine.take_in_task(entry, started);
    Ok(())
}

pub(super) fn file(cx: &mut Cycle<'_, '_>) -> Outcome {
    let event = cx.event;
    let num = i64::from(required(event.i32(0))?);
    let named = |ty, name: &[u8]| Fd { name: Text::from(name), name_changed: !name.is_empty(), ..Fd::new(ty) };
    let mut fd = match event.ty {
        event::ITER_TASK_FILE_PIPE_E => {
            Fd { ino: required(event.u64(2))?, ..named(FdType::Fifo, text_or_empty(event, 1)?) }
        }
        event::ITER_TASK_FILE_MEMFD_E => {
            Fd { ino: required(event.u64(2))?, ..named(FdType::Memfd, text_or_empty(event, 1)?) }
        }
        event::ITER_TASK_FILE_DIRECTORY_E => {
            Fd { ino: required(event.u64(2))?, ..named(FdType::Directory, text_or_empty(event, 1)?) }
        }
        event::ITER_TASK_FILE_REGULAR_E => Fd {
            open_flags: required(event.u32(2))?,
            mount_id: required(event.u32(3))?,
            ino: required(event.u64(4))?,
            ..named(FdType::FileV2, text_or_empty(event, 1)?)
        },
        event::ITER_TASK_FILE_SOCKET_NETLINK_E => Fd { ino: required(event.u64(3))?, ..Fd::new(FdType::Netlink) },
        event::ITER_TASK_FILE_SOCKET_UNIX_E => {
            let name = text_or_empty(event, 4)?.to_vec();
            let info = FdInfo::Unix { source: required(event.u64(3))?, destination: 0, name };
            of_entry(cx, num, required(event.u64(5))?, info)?
        }
        event::ITER_TASK_FILE_SOCKET_INET_E => {
            let info = inet(event, |bytes| <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from).map(IpAddr::V4))?;
            of_entry(cx, num, required(event.u64(7))?, info)?
        }
        event::ITER_TASK_FILE_SOCKET_INET6_E => {
            let info = inet(event, |bytes| <[u8; 16]>::try_from(bytes).ok().map(Ipv6Addr::from).map(IpAddr::V6))?;
            of_entry(cx, num, required(event.u64(7))?, info)?
        }
        event::ITER_TASK_FILE_ANON_INODE_E => {
            let ty = anon_inode(required(event.u8(1))?);
            Fd { ino: required(event.u64(3))?, ..named(ty, text_or_empty(event, 2)?) }
        }
        _ => return Ok(()),
    };
    fd.from_proc = true;
    if num < 0 {
        return Ok(());
    }
    cx.machine.orient(&mut fd);
    let Some(owner) = cx.fd_owner() else { return Ok(()) };
    cx.machine.insert_fd(owner, num, fd);
    Ok(())
}

fn of_entry(cx: &mut Cycle<'_, '_>, fd: i64, ino: u64, info: FdInfo) -> Result<Fd, Malformed> {
    let fd = fd_of_entry(FdEntry { fd, ino, info }, &mut cx.machine.scratch).ok_or(Malformed)?;
    if let SocketInfo::Ipv4Server { addr: (_, port) } | SocketInfo::Ipv6Server { addr: (.., port) } = fd.socket {
        cx.machine.server_ports.insert(port);
    }
    Ok(fd)
}

/// An internet socket's ends. One without a peer serves.
fn inet(event: &Event<'_>, address: fn(&[u8]) -> Option<IpAddr>) -> Result<FdInfo, Malformed> {
    let end = |index: usize| -> Result<(IpAddr, u16), Malformed> {
        let ip = event.param(index).and_then(address).ok_or(Malformed)?;
        Ok((ip, required(event.u16(index + 1))?))
    };
    let l4proto = match required(event.u16(2))? {
        IPPROTO_TCP => L4Proto::TCP,
        IPPROTO_UDP => L4Proto::UDP,
        _ => L4Proto::UNKNOWN,
    };
    let ((local, sport), (remote, dport)) = (end(3)?, end(5)?);
    Ok(match (local, remote) {
        (IpAddr::V4(ip), IpAddr::V4(peer)) if peer.is_unspecified() => FdInfo::Ipv4Server { ip, port: sport, l4proto },
        (IpAddr::V4(sip), IpAddr::V4(dip)) => FdInfo::Ipv4 { sip, dip, sport, dport, l4proto },
        (IpAddr::V6(ip), IpAddr::V6(peer)) if peer.is_unspecified() => FdInfo::Ipv6Server { ip, port: sport, l4proto },
        (IpAddr::V6(sip), IpAddr::V6(dip)) => FdInfo::Ipv6 { sip, dip, sport, dport, l4proto },
        _ => return Err(Malformed),
    })
}

/// The table `anon_inode_fd_types`.
fn anon_inode(kind: u8) -> FdType {
    match kind {
        1 => FdType::Event,
        2 => FdType::Eventpoll,
        3 => FdType::Inotify,
        4 => FdType::Signalfd,
        5 => FdType::Timerfd,
        6 => FdType::Iouring,
        7 => FdType::Userfaultfd,
        8 => FdType::Pidfd,
        9..=12 => FdType::Bpf,
        _ => FdType::Unsupported,
    }
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::builder::{Param, Params};
    use falco_scap::params;

    use super::super::testing::{World, text};
    use crate::state::{FdType, Role};

    fn told(ppid: i64, vtgid: i64, vpid: i64, comm: &str) -> Params {
        params! {
            ppid = ppid, pgid = 7, vpgid = 8, sid = 9, comm = comm, argv = ["/sbin/x", "-a", "b"], exepath = "/sbin/x (deleted)",
            flags = 5, env = ["A=1"], cwd = "/srv", fdlimit = 99, euid = 3, egid = 4, cap_permitted = 1, cap_effective = 2,
            cap_inheritable = 3, exe_ino_num = 4, exe_ino_ctime = 5, exe_ino_mtime = 6, vm_size = 7, vm_rss = 8, vm_swap = 9,
            pgft_maj = 10, pgft_min = 11, vtgid = vtgid, vpid = vpid, pidns_init_start_ts = 0, cgroups = ["cpu=/c"],
            root = "/", start_time = 77, tty = 5, loginuid = 6
        }
    }

    #[test]
    fn a_listed_task_is_known_from_then_on() {
        let mut world = World::new();
        world.step(500, event::ITER_TASK_E, told(100, 500, 500, "x"));
        let thread = world.thread(500);
        assert_eq!((thread.pid, thread.ptid, thread.sid, thread.uid, thread.gid), (500, 100, 9, 3, 4));
        assert_eq!((text(thread.cmdline()), text(&thread.exepath)), ("x -a b".into(), "/sbin/x".into()));
        assert_eq!((thread.exe_writable, thread.exe_from_memfd, thread.exe_upper_layer), (true, true, false));
        assert_eq!((thread.clone_ts, thread.loginuid, world.cwd(500)), (77, 6, "/srv/".into()));
        assert!(world.thread(100).children.contains(&500));
        world.step(501, event::ITER_TASK_E, told(100, 500, 501, "y"));
        assert_eq!((world.thread(501).pid, world.machine.members(world.thread(500)).count()), (500, 2));
        world.step(900, event::ITER_TASK_E, told(100, 3, 4, "z"));
        assert!(world.thread(900).is_fake(), "whose thread of a namespace this is nobody said");
    }

    #[test]
    fn what_is_known_of_a_task_is_not_lost() {
        let mut world = World::new();
        world.open(100, 3, "/x", 1);
        world.step(100, event::ITER_TASK_E, told(1, 100, 100, "zsh"));
        assert_eq!((text(&world.thread(100).comm), world.fd_name(100, 3)), ("zsh".into(), "/x".into()));
        assert_eq!(world.machine.members(world.thread(100)).count(), 2);
        world.fork(100, 200);
        let cloned = world.thread(200).clone_ts;
        world.step(200, event::ITER_TASK_E, told(100, 200, 200, "zsh"));
        assert_eq!(world.thread(200).clone_ts, cloned);
    }

    #[test]
    fn listed_descriptors_are_open() {
        let mut world = World::new();
        let v4 = |ip: [u8; 4]| Param::Raw(ip.to_vec());
        let name = |world: &World, num| (world.fd(101, num).unwrap().ty, world.fd_name(101, num));
        let regular = params! { fd = 3, path = "/etc/x", flags = 1, mnt_id = 2, ino_num = 5_u64 };
        world.step(101, event::ITER_TASK_FILE_REGULAR_E, regular);
        assert_eq!(name(&world, 3), (FdType::FileV2, "/etc/x".into()));
        assert_eq!((world.fd(100, 3).unwrap().ino, world.fd(100, 3).unwrap().open_flags), (5, 1));
        let socket = |fd: i32, peer: [u8; 4], sport: u16, dport: u16| {
            params! {
                fd = fd, sk_type = 1, sk_proto = 6, local_ip = v4([10, 0, 0, 5]), local_port = sport, remote_ip = v4(peer),
                remote_port = dport, ino_num = 1_u64
            }
        };
        world.step(101, event::ITER_TASK_FILE_SOCKET_INET_E, socket(4, [0; 4], 80, 0));
        world.step(101, event::ITER_TASK_FILE_SOCKET_INET_E, socket(5, [10, 0, 0, 9], 80, 4000));
        world.step(101, event::ITER_TASK_FILE_SOCKET_INET_E, socket(6, [10, 0, 0, 9], 5000, 443));
        assert_eq!(name(&world, 4), (FdType::Ipv4Servsock, "10.0.0.5:80".into()));
        assert_eq!(name(&world, 5), (FdType::Ipv4Sock, "10.0.0.9:4000->10.0.0.5:80".into()));
        assert_eq!((world.fd(100, 5).unwrap().role, world.fd(100, 6).unwrap().role), (Role::Server, Role::Client));
        let unix =
            params! { fd = 7, sk_type = 1, sk_proto = 0, sk_pointer = 9_u64, sun_path = "/run/s", ino_num = 1_u64 };
        world.step(101, event::ITER_TASK_FILE_SOCKET_UNIX_E, unix);
        assert_eq!(name(&world, 7), (FdType::UnixSock, "/run/s".into()));
        let anon = |kind: u8| params! { fd = 8, fd_type = kind, path = "anon_inode:x", ino_num = 1_u64 };
        for (kind, ty) in [(1, FdType::Event), (2, FdType::Eventpoll), (8, FdType::Pidfd), (9, FdType::Bpf)] {
            world.step(101, event::ITER_TASK_FILE_ANON_INODE_E, anon(kind));
            assert_eq!(world.fd(101, 8).unwrap().ty, ty);
        }
        for (ty, want) in [
            (event::ITER_TASK_FILE_PIPE_E, FdType::Fifo),
            (event::ITER_TASK_FILE_MEMFD_E, FdType::Memfd),
            (event::ITER_TASK_FILE_DIRECTORY_E, FdType::Directory),
        ] {
            world.step(101, ty, params! { fd = 9, path = "p", ino_num = 1_u64 });
            assert_eq!(name(&world, 9), (want, "p".into()));
        }
        world.step(
            101,
            event::ITER_TASK_FILE_SOCKET_NETLINK_E,
            params! { fd = 10, sk_type = 3, sk_proto = 0, ino_num = 1_u64 },
        );
        assert_eq!(world.fd(101, 10).unwrap().ty, FdType::Netlink);
        let bytes: Vec<u8> = "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets().to_vec();
        world.step(
            101,
            event::ITER_TASK_FILE_SOCKET_INET6_E,
            params! {
                fd = 11, sk_type = 1, sk_proto = 17, local_ip = Param::Raw(bytes.clone()), local_port = 1, remote_ip = Param::Raw(bytes),
                remote_port = 2, ino_num = 1_u64
            },
        );
        assert_eq!(name(&world, 11), (FdType::Ipv6Sock, "2001:db8::1:1->2001:db8::1:2".into()));
        assert_eq!(world.machine.counters().malformed_events, 0);
    }
}
