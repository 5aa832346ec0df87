//! The machine that is recorded: processes take turns, each step becomes an event.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::net::Ipv4Addr;

use anyhow::Result;
use falco_catalog::{EventType, event};
use falco_scap::builder::{Params, encode};
use falco_scap::params::{Sockaddr, Socktuple};
use falco_scap::{EventBuf, Writer, params};

use super::habits;
use super::program::{Habit, Program, Step};
use super::rng::Rng;

/// 2026-02-03 08:00:00 UTC.
pub const START: u64 = 1_770_105_600_000_000_000;
const CPUS: u64 = 4;
const AT_FDCWD: i64 = -100;
/// What runs at most at a time. Beyond it nobody starts anything: memory stays as it is.
const MOST_PROCESSES: usize = 320;
const SLOTS: usize = 8;

const CLONE_FILES: u32 = 1;
const CLONE_IN_PIDNS: u32 = 1 << 29;

/// A container.
#[derive(Debug, Clone)]
pub struct Container {
    pub full_id: String,
    pub name: String,
    pub image: &'static str,
    pub tag: &'static str,
    /// 0 docker, 7 containerd.
    pub runtime: u32,
    pub pod: Option<&'static str>,
    pub ip: Ipv4Addr,
    /// The next process id inside.
    next_vpid: i64,
}

impl Container {
    pub fn new(rng: &mut Rng, name: &str, image: &'static str, pod: Option<&'static str>, ip: [u8; 4]) -> Self {
        let runtime = if pod.is_some() { 7 } else { 0 };
        Self { full_id: rng.hex(64), name: name.into(), image, tag: "1.27", runtime, pod, ip: ip.into(), next_vpid: 20 }
    }

    pub fn id(&self) -> &str {
        &self.full_id[..12]
    }

    /// The path of its control groups.
    pub fn cgroup(&self) -> String {
        match self.pod {
            None => format!("/system.slice/docker-{}.scope", self.full_id),
            Some(_) => format!(
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice/cri-containerd-{}.scope",
                &self.full_id[20..52],
                self.full_id
            ),
        }
    }

    /// What the container plugin says about it.
    pub fn json(&self) -> String {
        let labels = match self.pod {
            Some(pod) => format!(
                r#"{{"io.kubernetes.pod.name":"{pod}","io.kubernetes.pod.namespace":"shop","io.kubernetes.container.name":"{}","app":"{}"}}"#,
                self.name, self.name
            ),
            None => r#"{"com.docker.compose.project":"shop"}"#.into(),
        };
        let Self { full_id, name, image, tag, runtime, ip, .. } = self;
        let id = self.id();
        format!(
            r#"{{"container":{{"id":"{id}","full_id":"{full_id}","name":"{name}","type":{runtime},"image":"{image}:{tag}","imagerepo":"{image}","imagetag":"{tag}","imageid":"{full_id}","imagedigest":"sha256:{full_id}","privileged":false,"ip":"{ip}","labels":{labels},"Mounts":[],"created_time":1770100000,"User":"root"}}}}"#
        )
    }
}

/// A thread of the machine.
#[derive(Debug, Clone)]
pub struct Actor {
    pub tid: i64,
    pub pid: i64,
    pub ptid: i64,
    pub vtid: i64,
    pub vpid: i64,
    pub container: Option<usize>,
    pub program: Program,
    pub uid: u32,
    pub tty: u32,
    pub cwd: String,
    pub habit: Option<Habit>,
    pub queue: VecDeque<Step>,
    slots: [i64; SLOTS],
    cpu: u16,
    /// Children that run.
    pub children: usize,
    /// Not before it has done this does it begin another round.
    pub rounds: u64,
}

impl Actor {
    pub fn new(tid: i64, ptid: i64, program: Program) -> Self {
        Self {
            tid,
            pid: tid,
            ptid,
            vtid: tid,
            vpid: tid,
            container: program.container,
            uid: program.uid.unwrap_or(0),
            tty: program.tty.unwrap_or(0),
            cwd: program.cwd.clone().unwrap_or_else(|| "/".into()),
            habit: program.habit,
            queue: program.script.iter().cloned().collect(),
            program,
            slots: [-1; SLOTS],
            cpu: (tid % CPUS as i64) as u16,
            children: 0,
            rounds: 0,
        }
    }
}

/// Everything that goes on.
pub struct Sim<W: Write> {
    pub writer: Writer<W>,
    pub rng: Rng,
    pub actors: Vec<Actor>,
    pub containers: Vec<Container>,
    /// Open descriptors of each process.
    fds: BTreeMap<i64, Vec<bool>>,
    now: u64,
    next_pid: i64,
    next_port: u16,
    next_ino: u64,
    buf: EventBuf,
    data: Vec<u8>,
    left: u64,
}

impl<W: Write> Sim<W> {
    pub fn new(writer: Writer<W>, rng: Rng, containers: Vec<Container>, events: u64) -> Self {
        // Bytes as files and the network have them: text, mostly.
        let mut text_rng = rng.clone();
        let words =
            ["GET ", "HTTP/1.1 200 OK\r\n", "{\"id\": 17, ", "user=", "INFO ", "\x7fELF\x02\x01", "\0\0\0\0", "\n"];
        let data = (0..64).flat_map(|_| text_rng.pick(&words).bytes()).collect();
        Self {
            writer,
            rng,
            actors: Vec::new(),
            containers,
            fds: BTreeMap::new(),
            now: START,
            next_pid: 20_000,
            next_port: 32_768,
            next_ino: 1_000_000,
            buf: EventBuf::default(),
            data,
            left: events,
        }
    }

    pub fn add(&mut self, actor: Actor, first_free_fd: usize) {
        self.fds.entry(actor.pid).or_insert_with(|| vec![true; first_free_fd]);
        self.actors.push(actor);
    }

    /// Runs until all events are written.
    pub fn run(&mut self) -> Result<()> {
        let mut turns = 0u64;
        while self.left > 0 {
            turns += 1;
            if turns.is_multiple_of(10_000) {
                self.job()?;
                continue;
            }
            let index = self.rng.below(self.actors.len() as u64) as usize;
            // A thread that runs mostly does several things before another gets the processor.
            let turn = 1 + self.rng.below(6);
            for _ in 0..turn {
                if self.left == 0 {
                    break;
                }
                if !self.turn(index)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// One step of an actor; false when it is gone.
    fn turn(&mut self, index: usize) -> Result<bool> {
        let Some(actor) = self.actors.get_mut(index) else { return Ok(false) };
        let step = match actor.queue.pop_front() {
            Some(step) => step,
            None => {
                let steps = match actor.habit {
                    Some(habit) => {
                        actor.rounds += 1;
                        habits::round(habit, &actor.clone(), &mut self.rng, &self.containers)
                    }
                    None => vec![Step::Exit(0)],
                };
                let Some(actor) = self.actors.get_mut(index) else { return Ok(false) };
                actor.queue.extend(steps);
                actor.queue.pop_front().unwrap_or(Step::Futex)
            }
        };
        self.step(index, step)
    }

    /// Says, as the container plugin does, that a container is there or gone.
    pub fn announce(&mut self, index: usize, what: &str) -> Result<()> {
        let Some(container) = self.containers.get(index) else { return Ok(()) };
        let data = format!("{}\0", container.json());
        self.emit(-1, 0, event::ASYNCEVENT_E, params! { plugin_id = 0u32, name = what, data = data })
    }

    /// A short-lived container: the old one goes, a new one takes its place and does its job.
    fn job(&mut self) -> Result<()> {
        let Some(index) = self.containers.len().checked_sub(1) else { return Ok(()) };
        let shim = self.actors.iter().position(|actor| actor.habit == Some(Habit::Shim));
        let (Some(shim), true) = (shim, self.actors.iter().all(|actor| actor.container != Some(index))) else {
            return Ok(());
        };
        self.announce(index, "container_removed")?;
        let id = self.rng.hex(64);
        if let Some(container) = self.containers.get_mut(index) {
            container.full_id = id;
        }
        self.announce(index, "container")?;
        let job = habits::job(index, &mut self.rng);
        self.spawn(shim, job)
    }

    fn emit(&mut self, tid: i64, cpu: u16, ty: EventType, params: Params) -> Result<()> {
        // Whoever is in the middle of something is cut off there, as in any recording.
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        self.now += 400 + self.rng.below(12_000);
        encode(&mut self.buf, self.now, tid, cpu, ty, 0, &params)?;
        self.writer.event(&self.buf.event())?;
        Ok(())
    }

    fn open_fd(&mut self, pid: i64) -> i64 {
        let fds = self.fds.entry(pid).or_insert_with(|| vec![true; 3]);
        let at = fds.iter().position(|used| !used).unwrap_or(fds.len());
        match fds.get_mut(at) {
            Some(used) => *used = true,
            None => fds.push(true),
        }
        at as i64
    }

    fn close_fd(&mut self, pid: i64, fd: i64) {
        if let (Some(fds), Ok(fd)) = (self.fds.get_mut(&pid), usize::try_from(fd))
            && let Some(used) = fds.get_mut(fd)
        {
            *used = false;
        }
    }

    fn some_data(&mut self, len: usize) -> Vec<u8> {
        // The snapshot length of a default recording.
        let len = len.min(80);
        let start = self.rng.below((self.data.len() - len) as u64) as usize;
        self.data[start..start + len].to_vec()
    }

    fn ino(&mut self) -> u64 {
        self.next_ino += 1;
        self.next_ino
    }

    fn step(&mut self, index: usize, step: Step) -> Result<bool> {
        let Some(actor) = self.actors.get(index) else { return Ok(false) };
        let (tid, pid, cpu, slots) = (actor.tid, actor.pid, actor.cpu, actor.slots);
        let container = actor.container;
        let slot_of = |slot: u8| slots.get(usize::from(slot)).copied().unwrap_or(-1);
        let mut assigned: Option<(u8, i64)> = None;
        let ok = 0i64;
        match step {
            Step::Open { slot, path, flags } => {
                let fd = self.open_fd(pid);
                assigned = Some((slot, fd));
                let ino = self.ino();
                let mode = if flags & 4 != 0 { 0o644u32 } else { 0 };
                let open = params! { fd = fd, dirfd = AT_FDCWD, name = path, flags = flags, mode = mode, dev = 2049u32, ino = ino };
                self.emit(tid, cpu, event::SYSCALL_OPENAT_2_X, open)?;
            }
            Step::OpenFails(path) => {
                let open = params! { fd = -2i64, dirfd = AT_FDCWD, name = path, flags = 1u32, mode = 0u32, dev = 0u32, ino = 0u64 };
                self.emit(tid, cpu, event::SYSCALL_OPENAT_2_X, open)?;
            }
            Step::Read { slot, len } | Step::Pread { slot, len } if slot_of(slot) >= 0 => {
                let data = self.some_data(len);
                let (res, fd, size) = (len as i64, slot_of(slot), len.max(4096) as u32);
                if matches!(step, Step::Read { .. }) {
                    let read = params! { res = res, data = data, fd = fd, size = size };
                    self.emit(tid, cpu, event::SYSCALL_READ_X, read)?;
                } else {
                    let read = params! { res = res, data = data, fd = fd, size = size, pos = 8192u64 };
                    self.emit(tid, cpu, event::SYSCALL_PREAD_X, read)?;
                }
            }
            Step::Write { slot, len } | Step::Pwrite { slot, len } if slot_of(slot) >= 0 => {
                let data = self.some_data(len);
                let (res, fd, size) = (len as i64, slot_of(slot), len as u32);
                if matches!(step, Step::Write { .. }) {
                    let write = params! { res = res, data = data, fd = fd, size = size };
                    self.emit(tid, cpu, event::SYSCALL_WRITE_X, write)?;
                } else {
                    let write = params! { res = res, data = data, fd = fd, size = size, pos = 8192u64 };
                    self.emit(tid, cpu, event::SYSCALL_PWRITE_X, write)?;
                }
            }
            Step::Close(slot) if slot_of(slot) >= 0 => {
                let fd = slot_of(slot);
                self.close_fd(pid, fd);
                assigned = Some((slot, -1));
                self.emit(tid, cpu, event::SYSCALL_CLOSE_X, params! { res = ok, fd = fd })?;
            }
            Step::Stat(path) => {
                let stat = params! { res = ok, dirfd = AT_FDCWD, path = path, flags = 0u32 };
                self.emit(tid, cpu, event::SYSCALL_NEWFSTATAT_X, stat)?;
            }
            Step::Fstat(slot) => {
                self.emit(tid, cpu, event::SYSCALL_FSTAT_X, params! { res = ok, fd = slot_of(slot) })?
            }
            Step::Lseek(slot) => {
                let seek = params! { res = ok, fd = slot_of(slot), offset = 0u64, whence = 0u8 };
                self.emit(tid, cpu, event::SYSCALL_LSEEK_X, seek)?;
            }
            Step::Getdents(slot) => {
                self.emit(tid, cpu, event::SYSCALL_GETDENTS64_X, params! { res = 312i64, fd = slot_of(slot) })?;
            }
            Step::Mmap(slot) => {
                let map = params! {
                    res = 0x7f3a_1000_0000i64, vm_size = 12_000u32, vm_rss = 3_400u32, vm_swap = 0u32, addr = 0u64,
                    length = 65_536u64, prot = 1u32, flags = 2u32, fd = slot_of(slot), offset = 0u64,
                };
                self.emit(tid, cpu, event::SYSCALL_MMAP_X, map)?;
            }
            Step::Munmap => {
                let unmap = params! {
                    res = ok, vm_size = 12_000u32, vm_rss = 3_400u32, vm_swap = 0u32, addr = 0x7f3a_1000_0000u64,
                    length = 65_536u64,
                };
                self.emit(tid, cpu, event::SYSCALL_MUNMAP_X, unmap)?;
            }
            Step::Brk => {
                let brk = params! {
                    res = 0x5581_0000_0000u64, vm_size = 12_000u32, vm_rss = 3_400u32, vm_swap = 0u32, addr = 0u64,
                };
                self.emit(tid, cpu, event::SYSCALL_BRK_4_X, brk)?;
            }
            Step::EpollWait => {
                let wait = params! { res = 1i64, maxevents = 512i64 };
                self.emit(tid, cpu, event::SYSCALL_EPOLLWAIT_X, wait)?;
            }
            Step::Poll(slot) if slot_of(slot) >= 0 => {
                let fds = falco_scap::builder::Param::Fds(vec![(slot_of(slot), 1)]);
                self.emit(tid, cpu, event::SYSCALL_POLL_X, params![1i64, fds, 5000i64])?;
            }
            Step::Rename { from, to } => {
                let rename = params! {
                    res = ok, olddirfd = AT_FDCWD, oldpath = from, newdirfd = AT_FDCWD, newpath = to, flags = 0u32,
                };
                self.emit(tid, cpu, event::SYSCALL_RENAMEAT2_X, rename)?;
            }
            Step::Unlink(name) => {
                let unlink = params! { res = ok, dirfd = AT_FDCWD, name = name, flags = 0u32 };
                self.emit(tid, cpu, event::SYSCALL_UNLINKAT_2_X, unlink)?;
            }
            Step::Mkdir(path) => {
                self.emit(tid, cpu, event::SYSCALL_MKDIR_2_X, params! { res = ok, path = path, mode = 0o755u32 })?;
            }
            Step::Symlink { target, path } => {
                let link = params! { res = ok, target = target, linkdirfd = AT_FDCWD, linkpath = path };
                self.emit(tid, cpu, event::SYSCALL_SYMLINKAT_X, link)?;
            }
            Step::Chdir(path) => {
                if let Some(actor) = self.actors.get_mut(index) {
                    actor.cwd.clone_from(&path);
                }
                self.emit(tid, cpu, event::SYSCALL_CHDIR_X, params! { res = ok, path = path })?;
            }
            Step::Socket { slot, domain, kind } => {
                let fd = self.open_fd(pid);
                assigned = Some((slot, fd));
                let socket = params! { fd = fd, domain = domain, type = kind, proto = 0u32, flags = 0u32 };
                self.emit(tid, cpu, event::SOCKET_SOCKET_X, socket)?;
            }
            Step::Connect { slot, ip, port } if slot_of(slot) >= 0 => {
                let tuple = Socktuple::V4 { sip: self.address(container), sport: self.port(), dip: ip, dport: port };
                let addr = Sockaddr::V4 { ip, port };
                let connect = params! { res = ok, tuple = tuple, fd = slot_of(slot), addr = addr };
                self.emit(tid, cpu, event::SOCKET_CONNECT_X, connect)?;
            }
            Step::ConnectUnix { slot, path } if slot_of(slot) >= 0 => {
                let (source, destination) = (self.ino(), self.ino());
                let tuple = Socktuple::Unix { source, destination, path: path.as_bytes() };
                let addr = Sockaddr::Unix { path: path.as_bytes() };
                let connect = params! { res = ok, tuple = tuple, fd = slot_of(slot), addr = addr };
                self.emit(tid, cpu, event::SOCKET_CONNECT_X, connect)?;
            }
            Step::Accept { slot, client, port } => {
                let fd = self.open_fd(pid);
                assigned = Some((slot, fd));
                let tuple =
                    Socktuple::V4 { sip: client, sport: self.port(), dip: self.address(container), dport: port };
                let accept = params! {
                    fd = fd, tuple = tuple, queuepct = 0u8, queuelen = 0u32, queuemax = 511u32, flags = 2048i32,
                };
                self.emit(tid, cpu, event::SOCKET_ACCEPT4_6_X, accept)?;
            }
            Step::Send { slot, len } if slot_of(slot) >= 0 => {
                let data = self.some_data(len);
                let send = params! { res = len as i64, data = data, fd = slot_of(slot), size = len as u32 };
                self.emit(tid, cpu, event::SOCKET_SENDTO_X, send)?;
            }
            Step::Recv { slot, len } if slot_of(slot) >= 0 => {
                let data = self.some_data(len);
                let recv = params! { res = len as i64, data = data, fd = slot_of(slot), size = 16_384u32 };
                self.emit(tid, cpu, event::SOCKET_RECVFROM_X, recv)?;
            }
            Step::Pipe { read, write } => {
                let (fd1, fd2, ino) = (self.open_fd(pid), self.open_fd(pid), self.ino());
                self.assign(index, read, fd1);
                assigned = Some((write, fd2));
                let pipe = params! { res = ok, fd1 = fd1, fd2 = fd2, ino = ino, flags = 4096u32 };
                self.emit(tid, cpu, event::SYSCALL_PIPE2_X, pipe)?;
            }
            Step::Dup2 { slot, to } if slot_of(slot) >= 0 => {
                let dup = params! { res = to, oldfd = slot_of(slot), newfd = to };
                self.emit(tid, cpu, event::SYSCALL_DUP2_X, dup)?;
            }
            Step::Memfd(slot) => {
                let fd = self.open_fd(pid);
                assigned = Some((slot, fd));
                self.emit(tid, cpu, event::SYSCALL_MEMFD_CREATE_X, params! { fd = fd, name = "x", flags = 1u32 })?;
            }
            Step::Setuid(uid) => {
                if let Some(actor) = self.actors.get_mut(index) {
                    actor.uid = uid;
                }
                self.emit(tid, cpu, event::SYSCALL_SETUID_X, params! { res = ok, uid = uid })?;
            }
            Step::Spawn(program) if self.actors.len() < MOST_PROCESSES => self.spawn(index, *program)?,
            Step::Exit(status) => {
                let exit = params! { status = status << 8, ret = status, sig = 0u8, core = 0u8, reaper_tid = 1i64 };
                self.emit(tid, cpu, event::PROCEXIT_1_E, exit)?;
                self.gone(index);
                return Ok(false);
            }
            // Also what cannot be done at the moment: it waits.
            _ => {
                let futex = params! { res = ok, addr = 0x7f3a_2000_0010u64, op = 128u16, val = 0u64 };
                self.emit(tid, cpu, event::SYSCALL_FUTEX_X, futex)?;
            }
        }
        if let Some((slot, fd)) = assigned {
            self.assign(index, slot, fd);
        }
        Ok(true)
    }

    fn assign(&mut self, index: usize, slot: u8, fd: i64) {
        if let Some(place) = self.actors.get_mut(index).and_then(|actor| actor.slots.get_mut(usize::from(slot))) {
            *place = fd;
        }
    }

    fn gone(&mut self, index: usize) {
        let actor = self.actors.swap_remove(index);
        if actor.tid == actor.pid {
            self.fds.remove(&actor.pid);
        }
        if let Some(parent) = self.actors.iter_mut().find(|parent| parent.tid == actor.ptid) {
            parent.children = parent.children.saturating_sub(1);
        }
        // Orphans go to the first process.
        for orphan in self.actors.iter_mut().filter(|orphan| orphan.ptid == actor.tid) {
            orphan.ptid = 1;
        }
    }

    fn address(&self, container: Option<usize>) -> Ipv4Addr {
        container.and_then(|c| self.containers.get(c)).map_or(Ipv4Addr::new(10, 0, 0, 5), |c| c.ip)
    }

    fn port(&mut self) -> u16 {
        self.next_port = if self.next_port >= 60_999 { 32_768 } else { self.next_port + 1 };
        self.next_port
    }

    fn pid(&mut self) -> i64 {
        // Ids come around again as they do on a real machine, but never while somebody has them.
        loop {
            self.next_pid = if self.next_pid >= 4_000_000 { 20_000 } else { self.next_pid + 1 };
            if self.actors.iter().all(|actor| actor.tid != self.next_pid) {
                return self.next_pid;
            }
        }
    }

    pub fn cgroups(&self, container: Option<usize>) -> Vec<String> {
        let path = match container.and_then(|c| self.containers.get(c)) {
            Some(container) => container.cgroup(),
            None => "/system.slice".into(),
        };
        ["cpuset", "cpu", "memory", "pids"].iter().map(|system| format!("{system}={path}")).collect()
    }

    /// `clone` as parent and child see it, then `execve` in the child.
    fn spawn(&mut self, index: usize, program: Program) -> Result<()> {
        let Some(parent) = self.actors.get_mut(index) else { return Ok(()) };
        parent.children += 1;
        let parent = parent.clone();
        let tid = self.pid();
        let mut child = Actor::new(tid, parent.pid, program.clone());
        child.container = program.container.or(parent.container);
        child.uid = program.uid.unwrap_or(parent.uid);
        child.tty = program.tty.unwrap_or(parent.tty);
        child.cwd = program.cwd.clone().unwrap_or_else(|| parent.cwd.clone());
        child.cpu = self.rng.below(CPUS) as u16;
        let mut flags = 0;
        if let Some(container) = child.container.and_then(|c| self.containers.get_mut(c)) {
            container.next_vpid += 1;
            (child.vtid, child.vpid) = (container.next_vpid, container.next_vpid);
            flags = CLONE_IN_PIDNS;
        }
        // The child inherits what the parent has open.
        let fds = self.fds.get(&parent.pid).cloned().unwrap_or_else(|| vec![true; 3]);
        self.fds.insert(tid, fds);

        let args: Vec<&str> = parent.program.args.iter().map(String::as_str).collect();
        let cgroups = self.cgroups(child.container);
        let cgroups: Vec<&str> = cgroups.iter().map(String::as_str).collect();
        let clone = |this: &Actor, res: i64| {
            params! {
                res = res, exe = parent.program.exe.as_str(), args = &args[..], tid = this.tid, pid = this.pid,
                ptid = this.ptid, cwd = "", fdlimit = 1024i64, pgft_maj = 0u64, pgft_min = 120u64, vm_size = 12_000u32,
                vm_rss = 3_400u32, vm_swap = 0u32, comm = parent.program.comm.as_str(), cgroups = &cgroups[..],
                flags = flags, uid = parent.uid, gid = parent.uid, vtid = this.vtid, vpid = this.vpid,
                pidns_init_start_ts = 0u64,
            }
        };
        let (from_parent, from_child) = (clone(&parent, tid), clone(&child, 0));
        // Which of the two returns first is chance.
        if self.rng.one_in(3) {
            self.emit(tid, child.cpu, event::SYSCALL_CLONE_20_X, from_child)?;
            self.emit(parent.tid, parent.cpu, event::SYSCALL_CLONE_20_X, from_parent)?;
        } else {
            self.emit(parent.tid, parent.cpu, event::SYSCALL_CLONE_20_X, from_parent)?;
            self.emit(tid, child.cpu, event::SYSCALL_CLONE_20_X, from_child)?;
        }

        let args: Vec<&str> = program.args.iter().map(String::as_str).collect();
        let env = habits::environment(child.uid, &child.cwd);
        let env: Vec<&str> = env.iter().map(String::as_str).collect();
        let capabilities = if child.uid == 0 { 0x1ff_ffff_ffffu64 } else { 0 };
        let exec = params! {
            res = 0i64, exe = program.exe.as_str(), args = &args[..], tid = tid, pid = tid, ptid = parent.pid, cwd = "",
            fdlimit = 1024u64, pgft_maj = 0u64, pgft_min = 28u64, vm_size = 400u32, vm_rss = 4u32, vm_swap = 0u32,
            comm = program.comm.as_str(), cgroups = &cgroups[..], env = &env[..], tty = child.tty, vpgid = child.vpid,
            loginuid = if child.tty != 0 { 1000u32 } else { u32::MAX }, flags = program.exec_flags, cap_inheritable = 0u64,
            cap_permitted = capabilities, cap_effective = capabilities, exe_ino = 524_288u64 + program.path.len() as u64,
            exe_ino_ctime = START - 86_400_000_000_000, exe_ino_mtime = START - 86_400_000_000_000, uid = child.uid,
            trusted_exepath = program.path.as_str(), pgid = tid, gid = child.uid, filename = program.path.as_str(),
        };
        self.emit(tid, child.cpu, event::SYSCALL_EXECVE_19_X, exec)?;
        if program.cwd.is_some() {
            child.queue.push_front(Step::Chdir(child.cwd.clone()));
        }
        self.actors.push(child);
        Ok(())
    }

    /// Clone flags of a thread of the process list.
    pub fn thread_flags(is_main: bool) -> u32 {
        if is_main { 0 } else { CLONE_FILES | 1 << 13 }
    }

    pub fn finish(self) -> Result<W> {
        Ok(self.writer.finish()?)
    }
}
