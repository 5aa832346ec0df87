//! A small machine for the rules' tests.

use falco_catalog::{EventType, event};
use falco_scap::builder::{Params, encode};
use falco_scap::{EventBuf, ProcessEntry, params};

use crate::state::{EventContext, Fd, Machine, Thread};

/// Init (1), a shell (100) and a worker thread of the shell (101), in a machine whose events come a microsecond apart.
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) ts: u64,
    buf: EventBuf,
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self { machine: Machine::default(), ts: 1_000_000_000, buf: EventBuf::default() };
        let entry = |tid, pid, ptid, comm: &str| ProcessEntry {
            tid,
            pid,
            ptid,
            vtid: tid,
            vpid: pid,
            comm: comm.into(),
            exe: comm.into(),
            exepath: format!("/bin/{comm}").into(),
            uid: 1000,
            gid: 1000,
            ..ProcessEntry::default()
        };
        world.machine.load_processes(vec![
            entry(1, 1, 0, "init"),
            ProcessEntry {
                cwd: b"/home/ann".to_vec(),
                env: b"A=1\0B=2\0".to_vec(),
                sid: 100,
                ..entry(100, 100, 1, "bash")
            },
            ProcessEntry { flags: crate::state::clone_flags::FILES, ..entry(101, 100, 1, "bash") },
        ]);
        world.machine.finish_header();
        world
    }

    /// One event; bare enter events included.
    pub(super) fn step(&mut self, tid: i64, ty: EventType, params: impl Into<Params>) -> EventContext {
        self.ts += 1_000;
        encode(&mut self.buf, self.ts, tid, 0, ty, 0, &params.into()).unwrap();
        self.machine.process(&self.buf.event())
    }

    pub(super) fn thread(&self, tid: i64) -> &Thread {
        self.machine.thread(tid).unwrap()
    }

    pub(super) fn fd(&self, tid: i64, num: i64) -> Option<&Fd> {
        self.machine.fd(self.thread(tid), num)
    }

    pub(super) fn fd_name(&self, tid: i64, num: i64) -> String {
        self.fd(tid, num).map_or_else(|| "-".into(), |fd| text(&fd.name))
    }

    pub(super) fn cwd(&self, tid: i64) -> String {
        text(self.machine.cwd(self.thread(tid)))
    }

    /// Opens a file.
    pub(super) fn open(&mut self, tid: i64, num: i64, name: &str, flags: u32) -> EventContext {
        self.step(tid, event::SYSCALL_OPEN_X, params! { fd = num, name = name, flags = flags, mode = 0 })
    }

    /// The child's side of a fork.
    pub(super) fn fork(&mut self, parent: i64, child: i64) {
        let told = |res: i64, tid: i64, ptid: i64| {
            params! {
                res = res, exe = "bash", args = ["-c", "x"], tid = tid, pid = tid, ptid = ptid, cwd = "",
                fdlimit = 1024, comm = "bash", flags = 0, uid = 1000, gid = 1000, vtid = tid, vpid = tid
            }
        };
        self.step(parent, event::SYSCALL_CLONE_20_X, told(child, parent, 1));
        self.step(child, event::SYSCALL_CLONE_20_X, told(0, child, parent));
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
