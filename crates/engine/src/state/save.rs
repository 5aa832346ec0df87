//! The machine as it is now, as a capture's header tells it: what [`super::load`] takes in again.
//!
//! A recording that begins in the middle of things begins with this. The format has no place for everything that the state knows: of
//! a descriptor's flags only a file's stay, of a connection the end that the process holds follows from who listens on which port, when a
//! process was started and what its thread did last is not told.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_catalog::event;
use falco_scap::builder::{Params, encode};
use falco_scap::item::{self, FdEntry, FdInfo, FdList, GroupEntry, NamedFd, ProcessEntry, UserEntry, UserList};
use falco_scap::{EventBuf, Item, params};
use rustc_hash::FxHashSet;

use super::fd_table::FdTable;
use super::machine::Machine;
use super::text::StrList;
use super::types::{Fd, FdType, L4Proto, Role, SocketInfo, Thread, clone_flags};

impl Machine {
    /// What a capture's header would say of the machine as it is, in the order of captures.
    pub fn picture(&self) -> Vec<Item<'static>> {
        let mut items = Vec::new();
        // A recording of a plugin has no machine.
        if self.info.num_cpus != u32::MAX {
            items.push(Item::Machine(item::MachineInfo {
                num_cpus: self.info.num_cpus,
                memory_size_bytes: self.info.memory_size_bytes,
                max_pid: self.info.max_pid,
                hostname: self.info.hostname.clone(),
                boot_ts_epoch: self.info.boot_ts_epoch,
                flags: self.info.flags,
                ..item::MachineInfo::default()
            }));
        }
        items.push(Item::Interfaces(self.interfaces.entries().to_vec()));
        items.push(Item::Users(self.user_list("")));
        let mut threads: Vec<&Thread> = self.threads.values().map(|thread| &**thread).collect();
        threads.retain(|thread| !thread.is_fake());
        threads.sort_unstable_by_key(|thread| thread.tid);
        if !threads.is_empty() {
            items.push(Item::Processes(threads.iter().map(|thread| self.entry(thread)).collect()));
        }
        let served = served_ports(&threads);
        for thread in threads {
            if thread.is_main() || !thread.fds.is_empty() {
                items.push(Item::Fds(FdList { tid: thread.tid, fds: fd_entries(&thread.fds, &served) }));
            }
        }
        items
    }

    /// What a header has no place for, as events that captures begin with: containers, and their users and groups.
    pub fn picture_events(&self, ts: u64) -> Vec<EventBuf> {
        let mut events = Vec::new();
        let mut add = |ty, params: Params| {
            let mut buf = EventBuf::default();
            // The parameters are of the table's types, so this does not fail.
            if encode(&mut buf, ts, -1, 0, ty, 0, &params).is_ok() {
                events.push(buf);
            }
        };
        let mut containers: Vec<_> = self.containers().filter(|container| container.kind != "host").collect();
        containers.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        for container in containers {
            add(event::CONTAINER_JSON_2_E, params! { json = container.to_json().to_string() });
        }
        for id in self.users.containers() {
            let list = self.user_list(id);
            for user in list.users {
                add(
                    event::USER_ADDED_E,
                    params! {
                        uid = user.uid, gid = user.gid, name = user.name, home = user.homedir, shell = user.shell,
                        container_id = id
                    },
                );
            }
            for group in list.groups {
                add(event::GROUP_ADDED_E, params! { gid = group.gid, name = group.name, container_id = id });
            }
        }
        events
    }

    fn user_list(&self, container_id: &str) -> UserList {
        let users = self.users.users(container_id).map(|user| UserEntry {
            uid: user.uid,
            gid: user.gid,
            name: user.name.clone(),
            homedir: user.homedir.clone(),
            shell: user.shell.clone(),
        });
        let groups = self.users.groups(container_id);
        let groups = groups.map(|group| GroupEntry { gid: group.gid, name: group.name.clone() });
        let mut list = UserList { users: users.collect(), groups: groups.collect() };
        list.users.sort_unstable_by_key(|user| user.uid);
        list.groups.sort_unstable_by_key(|group| group.gid);
        list
    }

    fn entry(&self, thread: &Thread) -> ProcessEntry {
        ProcessEntry {
            tid: thread.tid,
            pid: thread.pid,
            ptid: thread.ptid,
            sid: thread.sid,
            vpgid: thread.vpgid,
            pgid: thread.pgid,
            comm: thread.comm.to_vec(),
            exe: thread.exe.to_vec(),
            exepath: thread.exepath.to_vec(),
            args: nul_terminated(&thread.args),
            cwd: self.cwd(thread).to_vec(),
            fdlimit: thread.fdlimit,
            flags: thread.flags & !(clone_flags::ACTIVE | clone_flags::NAME_CHANGED),
            uid: thread.uid,
            gid: thread.gid,
            loginuid: thread.loginuid,
            vmsize_kb: thread.vmsize_kb,
            vmrss_kb: thread.vmrss_kb,
            vmswap_kb: thread.vmswap_kb,
            pfmajor: thread.pfmajor,
            pfminor: thread.pfminor,
            env: nul_terminated(self.env(thread)),
            vtid: thread.vtid,
            vpid: thread.vpid,
            cgroups: thread.cgroups.source().to_vec(),
            root: thread.root.to_vec(),
            pidns_init_start_ts: thread.pidns_init_start_ts,
            tty: thread.tty,
            exe_writable: thread.exe_writable,
            exe_upper_layer: thread.exe_upper_layer,
            exe_lower_layer: thread.exe_lower_layer,
            exe_from_memfd: thread.exe_from_memfd,
            cap_inheritable: thread.cap_inheritable,
            cap_permitted: thread.cap_permitted,
            cap_effective: thread.cap_effective,
            exe_ino: thread.exe_ino,
            exe_ino_ctime: thread.exe_ino_ctime,
            exe_ino_mtime: thread.exe_ino_mtime,
        }
    }
}

fn nul_terminated(list: &StrList) -> Vec<u8> {
    let mut bytes = list.as_nul_separated().to_vec();
    if !list.is_empty() {
        bytes.push(0);
    }
    bytes
}

/// The ports that whoever takes the picture in will find listened on; see [`Machine::orient_sockets`].
fn served_ports(threads: &[&Thread]) -> FxHashSet<u16> {
    let sockets = threads.iter().flat_map(|thread| thread.fds.iter()).map(|(_, fd)| fd.socket);
    sockets
        .filter_map(|socket| match socket {
            SocketInfo::Ipv4Server { addr: (_, port) } | SocketInfo::Ipv6Server { addr: (_, port) } => Some(port),
            _ => None,
        })
        .collect()
}

/// A table's descriptors, from the last to the first: put in again in this order, the table is walked as before.
fn fd_entries(table: &FdTable, served: &FxHashSet<u16>) -> Vec<FdEntry> {
    let mut entries: Vec<FdEntry> = table
        .iter()
        .filter_map(|(num, fd)| Some(FdEntry { fd: num, ino: fd.ino, info: fd_info(fd, served)? }))
        .collect();
    entries.reverse();
    entries
}

/// `None` for what a header cannot tell of.
fn fd_info(fd: &Fd, served: &FxHashSet<u16>) -> Option<FdInfo> {
    let l4proto = item::L4Proto(l4_code(fd.l4));
    let name = || fd.name.to_vec();
    let v4 = Ipv4Addr::UNSPECIFIED;
    let v6 = Ipv6Addr::UNSPECIFIED;
    Some(match (fd.socket, fd.ty) {
        (SocketInfo::Ipv4 { src, dst }, _) => {
            // A header begins with the own end. Taking it in turns those round that come from a port that is listened on; a server
            // that listens no more keeps its name that way, if not its role.
            let turn = fd.role == Role::Server && served.contains(&dst.1);
            let ((sip, sport), (dip, dport)) = if turn { (dst, src) } else { (src, dst) };
            FdInfo::Ipv4 { sip, dip, sport, dport, l4proto }
        }
        (SocketInfo::Ipv6 { src: (sip, sport), dst: (dip, dport) }, _) => {
            FdInfo::Ipv6 { sip, dip, sport, dport, l4proto }
        }
        (SocketInfo::Ipv4Server { addr: (ip, port) }, _) => FdInfo::Ipv4Server { ip, port, l4proto },
        (SocketInfo::Ipv6Server { addr: (ip, port) }, _) => FdInfo::Ipv6Server { ip, port, l4proto },
        (SocketInfo::Unix { src: source, dst: destination }, _) => FdInfo::Unix { source, destination, name: name() },
        (SocketInfo::None, FdType::Ipv4Sock) => FdInfo::Ipv4 { sip: v4, dip: v4, sport: 0, dport: 0, l4proto },
        (SocketInfo::None, FdType::Ipv6Sock) => FdInfo::Ipv6 { sip: v6, dip: v6, sport: 0, dport: 0, l4proto },
        (SocketInfo::None, FdType::Ipv4Servsock) => FdInfo::Ipv4Server { ip: v4, port: 0, l4proto },
        (SocketInfo::None, FdType::Ipv6Servsock) => FdInfo::Ipv6Server { ip: v6, port: 0, l4proto },
        (SocketInfo::None, FdType::UnixSock) => FdInfo::Unix { source: 0, destination: 0, name: name() },
        (SocketInfo::None, FdType::FileV2) => FdInfo::FileV2 { open_flags: fd.open_flags, name: name(), dev: fd.dev },
        // Old captures tell of files by their name alone; what became known of one since then is told in the new form.
        (SocketInfo::None, FdType::File) if fd.open_flags != 0 || fd.dev != 0 => {
            FdInfo::FileV2 { open_flags: fd.open_flags, name: name(), dev: fd.dev }
        }
        (SocketInfo::None, ty) => FdInfo::Named { kind: named(ty)?, name: name() },
    })
}

fn named(ty: FdType) -> Option<NamedFd> {
    Some(match ty {
        FdType::File => NamedFd::File,
        FdType::Directory => NamedFd::Directory,
        FdType::Fifo => NamedFd::Fifo,
        FdType::Event => NamedFd::Event,
        FdType::Unsupported => NamedFd::Unsupported,
        FdType::Signalfd => NamedFd::Signalfd,
        FdType::Eventpoll => NamedFd::Eventpoll,
        FdType::Inotify => NamedFd::Inotify,
        FdType::Timerfd => NamedFd::Timerfd,
        FdType::Netlink => NamedFd::Netlink,
        FdType::Bpf => NamedFd::Bpf,
        FdType::Userfaultfd => NamedFd::Userfaultfd,
        FdType::Iouring => NamedFd::Iouring,
        FdType::Memfd => NamedFd::Memfd,
        FdType::Pidfd => NamedFd::Pidfd,
        _ => return None,
    })
}

fn l4_code(l4: L4Proto) -> u8 {
    match l4 {
        L4Proto::Unknown => 0,
        L4Proto::Na => 1,
        L4Proto::Tcp => 2,
        L4Proto::Udp => 3,
        L4Proto::Icmp => 4,
        L4Proto::Raw => 5,
    }
}

#[cfg(test)]
mod tests {
    use falco_scap::{Interface, InterfaceAddr, MachineInfo};

    use super::super::machine::Limits;
    use super::*;
    use crate::inspector::Intake;

    /// What whoever takes the picture in knows.
    fn taken_in(machine: &Machine) -> Machine {
        let mut intake = Intake::new(Limits::default());
        machine.picture().into_iter().for_each(|item| intake.item(item, true));
        let mut events = machine.picture_events(7);
        for event in &mut events {
            assert!(intake.event(&event.event()).is_none(), "they belong to the header");
        }
        intake.end();
        intake.into_machine()
    }

    fn texts(machine: &Machine) -> (Vec<String>, Vec<String>) {
        let items = machine.picture().iter().map(|item| format!("{item:?}")).collect();
        let events = machine.picture_events(7).iter().map(|event| format!("{event:?}")).collect();
        (items, events)
    }

    fn fd(fd: i64, info: FdInfo) -> FdEntry {
        FdEntry { fd, ino: 40 + fd as u64, info }
    }

    fn world() -> Machine {
        let mut intake = Intake::new(Limits::default());
        let info = MachineInfo { num_cpus: 4, hostname: b"box".to_vec(), boot_ts_epoch: 9, ..MachineInfo::default() };
        let (addr, netmask) = (Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(255, 0, 0, 0));
        let interface = Interface {
            name: b"eth0".to_vec(),
            addr: InterfaceAddr::V4 { addr, netmask, broadcast: Ipv4Addr::BROADCAST },
            linkspeed: Some(3),
        };
        let user = UserEntry {
            uid: 7,
            gid: 8,
            name: b"ann".to_vec(),
            homedir: b"/home/ann".to_vec(),
            shell: b"/bin/sh".to_vec(),
        };
        let users = UserList { users: vec![user], groups: vec![GroupEntry { gid: 8, name: b"staff".to_vec() }] };
        let process = |tid, pid, ptid| ProcessEntry {
            tid,
            pid,
            ptid,
            sid: 10,
            vpgid: 10,
            pgid: 10,
            comm: b"srv".to_vec(),
            exe: b"./srv".to_vec(),
            exepath: b"/opt/srv".to_vec(),
            args: b"-a\0\0b c\0".to_vec(),
            env: b"A=1\0B=\0".to_vec(),
            cwd: b"/opt/".to_vec(),
            cgroups: b"cpu=/a\0memory=/docker/3f2a9c0d1e7b3f2a9c0d1e7b3f2a9c0d1e7b3f2a9c0d1e7b3f2a9c0d1e7b3f2a\0"
                .to_vec(),
            uid: 7,
            gid: 8,
            vtid: tid,
            vpid: pid,
            tty: 5,
            exe_ino: 77,
            cap_effective: 3,
            ..ProcessEntry::default()
        };
        let tcp = item::L4Proto::TCP;
        let (own, other) = (addr, Ipv4Addr::new(10, 0, 0, 9));
        let (own6, other6) = (Ipv6Addr::LOCALHOST, Ipv6Addr::new(1, 2, 3, 4, 5, 6, 7, 8));
        let fds = vec![
            fd(0, FdInfo::Named { kind: NamedFd::Fifo, name: b"pipe:[1]".to_vec() }),
            fd(1, FdInfo::FileV2 { open_flags: 4099, name: b"/tmp/x".to_vec(), dev: 5 }),
            fd(2, FdInfo::Ipv4Server { ip: own, port: 80, l4proto: tcp }),
            fd(3, FdInfo::Ipv4 { sip: own, dip: other, sport: 80, dport: 4000, l4proto: tcp }),
            fd(4, FdInfo::Ipv4 { sip: own, dip: other, sport: 5000, dport: 443, l4proto: tcp }),
            fd(5, FdInfo::Ipv6 { sip: own6, dip: other6, sport: 5000, dport: 443, l4proto: tcp }),
            fd(6, FdInfo::Ipv6Server { ip: own6, port: 8080, l4proto: tcp }),
            fd(7, FdInfo::Unix { source: 5, destination: 6, name: b"/run/x".to_vec() }),
            fd(8, FdInfo::Named { kind: NamedFd::Memfd, name: b"/memfd:a".to_vec() }),
        ];
        for item in [
            Item::Machine(info),
            Item::Interfaces(vec![interface]),
            Item::Users(users),
            Item::Processes(vec![process(10, 10, 1), process(11, 10, 1), process(20, 20, 10), process(1, 1, 0)]),
            Item::Fds(FdList { tid: 10, fds }),
        ] {
            intake.item(item, true);
        }
        let mut buf = EventBuf::default();
        let json = r#"{"container":{"id":"3f2a9c0d1e7b","name":"web","type":0,"labels":{"a":"b"},"Mounts":[{"Source":"/x","RW":true}],"LivenessProbe":{"exe":"curl","args":["-s"]}}}"#;
        encode(&mut buf, 1, -1, 0, event::CONTAINER_JSON_2_E, 0, &params! { json = json }).unwrap();
        intake.event(&buf.event());
        let inner = params! { uid = 1, gid = 1, name = "app", home = "/", shell = "", container_id = "3f2a9c0d1e7b" };
        encode(&mut buf, 1, -1, 0, event::USER_ADDED_E, 0, &inner).unwrap();
        intake.event(&buf.event());
        intake.end();
        intake.into_machine()
    }

    #[test]
    fn a_picture_of_a_picture_is_the_same() {
        let first = world();
        let second = taken_in(&first);
        assert_eq!(texts(&first), texts(&second));
        let container = second.container("3f2a9c0d1e7b").unwrap();
        assert_eq!(container, first.container("3f2a9c0d1e7b").unwrap());
        assert_eq!((container.kind, container.probes.len(), container.label("a")), ("docker", 1, Some("b")));
        assert_eq!(second.users().user("3f2a9c0d1e7b", 1).unwrap().name, b"app");
    }

    #[test]
    fn what_is_known_of_a_process_stays() {
        let (first, second) = (world(), taken_in(&world()));
        for (a, b) in [10, 11, 20].map(|tid| (first.thread(tid).unwrap(), second.thread(tid).unwrap())) {
            assert_eq!((&a.args, &a.cgroups, &a.exepath), (&b.args, &b.cgroups, &b.exepath));
            assert_eq!((first.cwd(a), first.env(a)), (second.cwd(b), second.env(b)));
            assert_eq!((a.cmdline(), a.ptid, a.flags), (b.cmdline(), b.ptid, b.flags));
        }
        assert_eq!(second.thread(10).unwrap().args.len(), 3);
        let fds = |machine: &Machine| -> Vec<Fd> {
            machine.thread(10).unwrap().fds.iter().map(|(_, fd)| fd.clone()).collect()
        };
        assert_eq!(fds(&first), fds(&second));
        let second = fds(&second);
        let server = second.iter().find(|fd| fd.num == 3).unwrap();
        assert_eq!((server.role, &server.name[..]), (Role::Server, &b"10.0.0.9:4000->10.0.0.5:80"[..]));
    }

    #[test]
    fn a_process_without_its_main_thread_ends_with_its_last_thread() {
        let mut machine = world();
        machine.mark_dead(10);
        let mut later = taken_in(&machine);
        assert!(later.thread(10).unwrap().is_dead());
        later.remove_thread(11);
        assert!(later.thread(10).is_none(), "nobody of it lives any more");
    }
}
