//! Taking in what a capture's header tells: the machine, threads, descriptors, users, interfaces.

use std::net::IpAddr;

use rustc_hash::FxHashSet;

use falco_scap::item::{FdEntry, FdInfo, FdList, Interface, ProcessEntry, UserList};

use super::address::{embedded_v4, is_v4_mapped, write_endpoint, write_tuple};
use super::cgroups::Cgroups;
use super::machine::Machine;
use super::paths::join;
use super::text::{StrList, Text};
use super::types::{Connection, Fd, FdType, Group, L4Proto, MachineInfo, Role, SocketInfo, Thread, User, clone_flags};

impl Machine {
    /// Takes in the machine's description.
    pub fn load_info(&mut self, info: falco_scap::item::MachineInfo) {
        self.info = MachineInfo {
            num_cpus: info.num_cpus,
            memory_size_bytes: info.memory_size_bytes,
            max_pid: info.max_pid,
            hostname: info.hostname,
            boot_ts_epoch: info.boot_ts_epoch,
            flags: info.flags,
        };
    }

    /// Takes in threads. They are joined to groups and parents by [`Self::finish_header`], when all are there.
    pub fn load_processes(&mut self, entries: Vec<ProcessEntry>) {
        for entry in entries {
            if !self.threads.contains_key(&entry.tid) && self.threads.len() >= self.limits.threads {
                self.counters.threads_dropped += 1;
                continue;
            }
            self.note_text(2 * entry.args.len() + entry.env.len() + 2 * entry.cgroups.len() + entry.cwd.len());
            self.note_text(entry.comm.len() + entry.exe.len() + entry.exepath.len() + entry.root.len());
            let thread = self.thread_of_entry(entry);
            self.name_ids(&thread.container_id, thread.uid, thread.gid);
            if let Some(replaced) = self.threads.insert(thread.tid, Box::new(thread)) {
                self.open_fds -= replaced.fds.len();
            }
            self.counters.threads_added += 1;
            self.keep_to_text_budget();
        }
    }

    fn thread_of_entry(&mut self, entry: ProcessEntry) -> Thread {
        let mut thread = Thread {
            pid: entry.pid,
            ptid: entry.ptid,
            sid: entry.sid,
            vpgid: entry.vpgid,
            pgid: entry.pgid,
            vtid: entry.vtid,
            vpid: entry.vpid,
            exe: Text::from(entry.exe),
            exe_writable: entry.exe_writable,
            exe_upper_layer: entry.exe_upper_layer,
            exe_lower_layer: entry.exe_lower_layer,
            exe_from_memfd: entry.exe_from_memfd,
            root: Text::from(entry.root),
            fdlimit: entry.fdlimit,
            uid: entry.uid,
            gid: entry.gid,
            loginuid: entry.loginuid,
            cap_inheritable: entry.cap_inheritable,
            cap_permitted: entry.cap_permitted,
            cap_effective: entry.cap_effective,
            exe_ino: entry.exe_ino,
            exe_ino_ctime: entry.exe_ino_ctime,
            exe_ino_mtime: entry.exe_ino_mtime,
            vmsize_kb: entry.vmsize_kb,
            vmrss_kb: entry.vmrss_kb,
            vmswap_kb: entry.vmswap_kb,
            pfmajor: entry.pfmajor,
            pfminor: entry.pfminor,
            pidns_init_start_ts: entry.pidns_init_start_ts,
            tty: entry.tty,
            ..Thread::new(entry.tid)
        };
        thread.set_command(Text::from(entry.comm), StrList::from_nul_separated(&entry.args));
        thread.set_exepath(&entry.exepath);
        // The file's flags come after this test in the reference, so here a main thread is one by its ids.
        if thread.is_main() {
            thread.env = StrList::from_nul_separated(&entry.env);
            join(b"", &entry.cwd, &mut self.scratch);
            if self.scratch.last() != Some(&b'/') {
                self.scratch.push(b'/');
            }
            thread.cwd = Text::from(&self.scratch[..]);
        }
        thread.flags |= entry.flags | clone_flags::ACTIVE;
        thread.cgroups = Cgroups::parse(&entry.cgroups).unwrap_or_default();
        thread
    }

    /// Takes in open descriptors. They go into the table of the thread that the list names, main thread or not.
    pub fn load_fds(&mut self, list: FdList) {
        if !self.threads.contains_key(&list.tid) {
            return;
        }
        for entry in list.fds {
            let num = entry.fd;
            let Some(fd) = fd_of_entry(entry, &mut self.scratch) else { continue };
            if let SocketInfo::Ipv4Server { addr: (_, port) } | SocketInfo::Ipv6Server { addr: (.., port) } = fd.socket
            {
                self.server_ports.insert(port);
            }
            self.insert_fd(list.tid, num, fd);
        }
    }

    /// Does what can be done only when the whole header is there: joins threads to groups and parents, finds containers.
    pub fn finish_header(&mut self) {
        let mut tids: Vec<i64> = self.threads.keys().copied().collect();
        // The order decides which member of a group without its main thread comes first, so it must not be the map's.
        tids.sort_unstable();
        for &tid in &tids {
            self.link(tid);
        }
        for tid in tids {
            self.assign_container(tid);
        }
    }

    /// Takes in the interface list, which replaces an earlier one.
    pub fn load_interfaces(&mut self, list: &[Interface]) {
        self.interfaces = super::Interfaces::of(list);
    }

    /// Takes in the host's users and groups.
    pub fn load_users(&mut self, list: UserList) {
        for user in list.users {
            let falco_scap::item::UserEntry { uid, gid, name, homedir, shell } = user;
            self.users.add_user("", User { uid, gid, name, homedir, shell });
        }
        for group in list.groups {
            self.users.add_group("", Group { gid: group.gid, name: group.name });
        }
    }

    /// Gives the header's IPv4 connections their direction: who connects from a port that somebody serves is the server.
    pub fn orient_sockets(&mut self) {
        let Self { threads, server_ports, scratch, .. } = self;
        for thread in threads.values_mut() {
            thread.fds.for_each_mut(|fd| orient(fd, server_ports, scratch));
        }
    }

    /// The same for one descriptor.
    pub(crate) fn orient(&mut self, fd: &mut Fd) {
        orient(fd, &self.server_ports, &mut self.scratch);
    }

    /// Takes in a task that the kernel listed, and when it started. Of one that is known stays what the list does not tell.
    pub(crate) fn take_in_task(&mut self, entry: ProcessEntry, started: u64) {
        let tid = entry.tid;
        let mut thread = self.thread_of_entry(entry);
        thread.clone_ts = started;
        self.name_ids(&thread.container_id, thread.uid, thread.gid);
        let Some(old) = self.threads.get_mut(&tid) else {
            self.add_thread(thread);
            return self.assign_container(tid);
        };
        thread.flags |= old.flags;
        thread.fds = std::mem::take(&mut old.fds);
        thread.children = std::mem::take(&mut old.children);
        thread.live_children = old.live_children;
        thread.reaper_tid = old.reaper_tid;
        thread.enter = old.enter.take();
        (thread.last_event_fd, thread.last_event_type) = (old.last_event_fd, old.last_event_type);
        (thread.last_event_ts, thread.prev_event_ts) = (old.last_event_ts, old.prev_event_ts);
        if !old.is_fake() {
            (thread.ptid, thread.group) = (old.ptid, old.group);
            if old.clone_ts != 0 {
                thread.clone_ts = old.clone_ts;
            }
        }
        **old = thread;
        self.link(tid);
        self.assign_container(tid);
    }

    /// Takes in descriptors that are not known yet.
    pub fn load_missing_fds(&mut self, mut list: FdList) {
        if let Some(thread) = self.threads.get(&list.tid) {
            list.fds.retain(|entry| thread.fds.get(entry.fd).is_none());
            self.load_fds(list);
        }
    }
}

fn orient(fd: &mut Fd, server_ports: &FxHashSet<u16>, scratch: &mut Vec<u8>) {
    let SocketInfo::Ipv4 { src, dst } = fd.socket else { return };
    if fd.ty != FdType::Ipv4Sock {
        return;
    }
    if !server_ports.contains(&src.1) {
        fd.role = Role::Client;
        return;
    }
    fd.socket = SocketInfo::Ipv4 { src: dst, dst: src };
    fd.role = Role::Server;
    scratch.clear();
    write_tuple((IpAddr::V4(dst.0), dst.1), (IpAddr::V4(src.0), src.1), scratch);
    fd.set_name(scratch);
}

/// A descriptor of the header. `None` for those of unknown type, which are not kept.
pub(crate) fn fd_of_entry(entry: FdEntry, scratch: &mut Vec<u8>) -> Option<Fd> {
    scratch.clear();
    let connected = |l4: L4Proto| if l4 == L4Proto::Tcp { Connection::Connected } else { Connection::None };
    let mut fd = match entry.info {
        FdInfo::Unknown => return None,
        FdInfo::Named { kind, name } => Fd { name: Text::from(name), ..Fd::new(FdType::from_code(kind as u8)?) },
        FdInfo::FileV2 { open_flags, name, dev } => {
            Fd { open_flags, dev, name: Text::from(name), ..Fd::new(FdType::FileV2) }
        }
        FdInfo::Ipv4 { sip, dip, sport, dport, l4proto } => {
            let l4 = L4Proto::from_code(l4proto.0);
            write_tuple((sip.into(), sport), (dip.into(), dport), scratch);
            let socket = SocketInfo::Ipv4 { src: (sip, sport), dst: (dip, dport) };
            Fd { socket, l4, connection: connected(l4), ..Fd::new(FdType::Ipv4Sock) }
        }
        FdInfo::Ipv6 { sip, dip, sport, dport, l4proto } => {
            let l4 = L4Proto::from_code(l4proto.0);
            let fd = if is_v4_mapped(sip) && is_v4_mapped(dip) {
                let (src, dst) = ((embedded_v4(sip), sport), (embedded_v4(dip), dport));
                write_tuple((src.0.into(), sport), (dst.0.into(), dport), scratch);
                Fd { socket: SocketInfo::Ipv4 { src, dst }, ..Fd::new(FdType::Ipv4Sock) }
            } else {
                write_tuple((sip.into(), sport), (dip.into(), dport), scratch);
                let socket = SocketInfo::Ipv6 { src: (sip, sport), dst: (dip, dport) };
                Fd { socket, ..Fd::new(FdType::Ipv6Sock) }
            };
            Fd { l4, connection: connected(l4), ..fd }
        }
        FdInfo::Ipv4Server { ip, port, l4proto } => {
            write_endpoint(ip.into(), port, scratch);
            let socket = SocketInfo::Ipv4Server { addr: (ip, port) };
            Fd { socket, l4: L4Proto::from_code(l4proto.0), ..Fd::new(FdType::Ipv4Servsock) }
        }
        FdInfo::Ipv6Server { ip, port, l4proto } => {
            write_endpoint(ip.into(), port, scratch);
            let socket = SocketInfo::Ipv6Server { addr: (ip, port) };
            Fd { socket, l4: L4Proto::from_code(l4proto.0), ..Fd::new(FdType::Ipv6Servsock) }
        }
        FdInfo::Unix { source, destination, name } => {
            let role = if name.is_empty() { Role::Client } else { Role::Server };
            let socket = SocketInfo::Unix { src: source, dst: destination };
            Fd { socket, role, name: Text::from(name), ..Fd::new(FdType::UnixSock) }
        }
    };
    if !scratch.is_empty() {
        fd.name = Text::from(&scratch[..]);
    }
    fd.name_changed = !fd.name.is_empty();
    Some(Fd { ino: entry.ino, from_proc: true, ..fd })
}
