//! A small machine for the tests of recordings, and what its captures say.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use falco_catalog::{Catalog, EventType, event};
use falco_compiler::compile_output;
use falco_engine::eval::Evaluator;
use falco_engine::inspector::{EventSource, Inspector, Intake, Step};
use falco_engine::state::{self, Machine};
use falco_scap::builder::{Params, encode};
use falco_scap::{EventBuf, Item, MachineInfo, ProcessEntry, Reader, UserEntry, UserList, params};

use crate::Told;

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("falco-record-{test}-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// In the order of their names.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = std::fs::read_dir(&self.0).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A line for each event, of what the event says and what the state knows of it.
pub struct Lines(Evaluator, falco_compiler::program::OutputTemplate);

impl Lines {
    pub fn new() -> Self {
        let catalog = Catalog::builtin();
        let text = "%evt.rawtime %evt.type %evt.args %proc.cmdline %proc.pname %proc.aname[2] %user.name %fd.name %fd.typechar \
                    %proc.cwd %proc.exepath %container.name";
        let output = compile_output(&catalog, "syscall", &format!("*{text}")).unwrap();
        let (evaluator, template) = Evaluator::for_query("syscall", None, output, &catalog).unwrap();
        Self(evaluator, template)
    }

    pub fn of(&mut self, step: &Step<'_>) -> String {
        let mut line = Vec::new();
        self.0.on(&step.view()).format(&self.1, &mut line);
        String::from_utf8(line).unwrap()
    }
}

/// The lines of a capture.
pub fn opened(path: &Path) -> Vec<String> {
    lines_of(Reader::open(path).unwrap())
}

pub fn lines_of<S: EventSource<Error: std::fmt::Debug>>(source: S) -> Vec<String> {
    let (mut inspector, mut lines) = (Inspector::new(source), Lines::new());
    let mut all = Vec::new();
    while let Some(step) = inspector.next_visible().unwrap() {
        all.push(lines.of(&step));
    }
    all
}

/// A machine on which a shell starts processes, a microsecond between events.
pub struct World {
    intake: Intake,
    lines: (Lines, Vec<(u64, String)>),
    ts: u64,
    next: u64,
    tid: i64,
}

const START: u64 = 1_700_000_000_000_000_000;

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            intake: Intake::new(state::Limits::default()),
            lines: (Lines::new(), Vec::new()),
            ts: START,
            next: START,
            tid: 200,
        };
        for told in world.header() {
            match told {
                Told::Item(item) => world.intake.item(item, true),
                Told::Event(event) => assert!(world.intake.event(&event.event()).is_none()),
            }
        }
        world
    }

    /// What a capture of it begins with.
    pub fn header(&self) -> Vec<Told> {
        let entry = |tid, ptid, comm: &str| ProcessEntry {
            tid,
            pid: tid,
            ptid,
            vtid: tid,
            vpid: tid,
            comm: comm.into(),
            exe: comm.into(),
            exepath: format!("/bin/{comm}").into(),
            cwd: b"/root/".to_vec(),
            uid: 1000,
            gid: 1000,
            cgroups: format!("cpu=/docker/{}\0", "3f2a9c0d1e7b".repeat(6).split_at(64).0).into(),
            ..ProcessEntry::default()
        };
        let user = UserEntry { uid: 1000, name: b"ann".to_vec(), ..UserEntry::default() };
        let mut container = EventBuf::default();
        let json = r#"{"container":{"id":"3f2a9c0d1e7b","name":"web","type":0}}"#;
        encode(&mut container, START, -1, 0, event::CONTAINER_JSON_2_E, 0, &params! { json = json }).unwrap();
        vec![
            Told::Item(Item::Machine(MachineInfo { num_cpus: 1, ..MachineInfo::default() })),
            Told::Item(Item::Users(UserList { users: vec![user], groups: Vec::new() })),
            Told::Item(Item::Processes(vec![entry(1, 0, "init"), entry(100, 1, "bash")])),
            Told::Event(container),
        ]
    }

    /// The shell starts a process that opens a file, reads it and ends: six events.
    pub fn a_process_reads(&mut self, file: &str) -> Vec<EventBuf> {
        self.tid += 1;
        let tid = self.tid;
        let cloned = |res: i64, tid: i64, ptid: i64| {
            params! {
                res = res, exe = "bash", args = ["-i"], tid = tid, pid = tid, ptid = ptid, cwd = "",
                fdlimit = 1024, comm = "bash", flags = 0, uid = 1000, gid = 1000, vtid = tid, vpid = tid
            }
        };
        let exec = params! {
            res = 0, exe = "/bin/cat", args = [file], tid = tid, pid = tid, ptid = 100, cwd = "", fdlimit = 1024,
            comm = "cat", env = ["A=1"], tty = 5, trusted_exepath = "/bin/cat", uid = 1000
        };
        let open = params! { fd = 3, dirfd = -100, name = file, flags = 1, mode = 0, dev = 1, ino = 2 };
        vec![
            self.event(100, event::SYSCALL_CLONE_20_X, cloned(tid, 100, 1)),
            self.event(tid, event::SYSCALL_CLONE_20_X, cloned(0, tid, 100)),
            self.event(tid, event::SYSCALL_EXECVE_19_X, exec),
            self.event(tid, event::SYSCALL_OPENAT_2_X, open),
            self.event(tid, event::SYSCALL_READ_X, params! { res = 3, data = b"abc", fd = 3, size = 80 }),
            self.event(tid, event::PROCEXIT_1_E, params! { status = 0, ret = 0, sig = 0, core = 0, reaper_tid = 0 }),
        ]
    }

    fn event(&mut self, tid: i64, ty: EventType, params: Params) -> EventBuf {
        self.next += 1_000;
        let mut buffer = EventBuf::default();
        encode(&mut buffer, self.next, tid, 0, ty, 0, &params).unwrap();
        buffer
    }

    /// Lets it happen; says the how manieth event it is.
    pub fn step(&mut self, event: &EventBuf) -> u64 {
        let event = event.event();
        self.ts = event.ts;
        let ctx = self.intake.event(&event).unwrap();
        let line = self.lines.0.of(&Step { event, ctx, machine: self.intake.machine() });
        self.lines.1.push((event.ts, line));
        self.events()
    }

    pub fn settle(&mut self) {
        self.intake.settle();
    }

    pub fn machine(&self) -> &Machine {
        self.intake.machine()
    }

    pub fn ts(&self) -> u64 {
        self.ts
    }

    pub fn ts_of(&self, num: usize) -> u64 {
        self.lines.1[num - 1].0
    }

    pub fn events(&self) -> u64 {
        self.lines.1.len() as u64
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.1.iter().map(|(_, line)| line.clone()).collect()
    }
}
