//! What programs do: scripts of steps, each of which becomes one event (a spawn: two).

use std::net::Ipv4Addr;

/// Where a process keeps a descriptor between its steps.
pub type Slot = u8;

/// One thing that a process does.
#[derive(Debug, Clone)]
pub enum Step {
    Open {
        slot: Slot,
        path: String,
        flags: u32,
    },
    /// A path that is not there.
    OpenFails(String),
    Read {
        slot: Slot,
        len: usize,
    },
    Write {
        slot: Slot,
        len: usize,
    },
    Pread {
        slot: Slot,
        len: usize,
    },
    Pwrite {
        slot: Slot,
        len: usize,
    },
    Close(Slot),
    Stat(String),
    Fstat(Slot),
    Lseek(Slot),
    Getdents(Slot),
    Mmap(Slot),
    Munmap,
    Brk,
    Futex,
    EpollWait,
    Poll(Slot),
    Rename {
        from: String,
        to: String,
    },
    Unlink(String),
    Mkdir(String),
    Symlink {
        target: String,
        path: String,
    },
    Chdir(String),
    Socket {
        slot: Slot,
        domain: u32,
        kind: u32,
    },
    Connect {
        slot: Slot,
        ip: Ipv4Addr,
        port: u16,
    },
    ConnectUnix {
        slot: Slot,
        path: String,
    },
    /// A client's connection to the port.
    Accept {
        slot: Slot,
        client: Ipv4Addr,
        port: u16,
    },
    Send {
        slot: Slot,
        len: usize,
    },
    Recv {
        slot: Slot,
        len: usize,
    },
    Pipe {
        read: Slot,
        write: Slot,
    },
    Dup2 {
        slot: Slot,
        to: i64,
    },
    Memfd(Slot),
    Setuid(u32),
    Spawn(Box<Program>),
    Exit(i64),
}

/// A program with all that a run of it does.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub comm: String,
    pub exe: String,
    pub path: String,
    pub args: Vec<String>,
    pub uid: Option<u32>,
    pub tty: Option<u32>,
    pub cwd: Option<String>,
    /// Bits of `execve`: 1 writable, 2 in a container's upper layer, 4 from memory.
    pub exec_flags: u32,
    /// The container to run in, if another than the parent's.
    pub container: Option<usize>,
    /// Who goes on when the script has ended; nobody: it exits.
    pub habit: Option<Habit>,
    pub script: Vec<Step>,
}

/// What a process does again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Starts everything on the host: services, timers, containers' shims.
    Init,
    Sshd,
    Cron,
    Journal,
    Monitor,
    Make,
    Shell,
    Web,
    Database,
    Cache,
    App,
    Shim,
}

impl Program {
    /// A program in `/usr/bin`.
    pub fn new(comm: &str, args: &[&str]) -> Self {
        Self::at(&format!("/usr/bin/{comm}"), args)
    }

    /// A program anywhere.
    pub fn at(path: &str, args: &[&str]) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        // The kernel keeps fifteen bytes.
        let comm = name.get(..15).unwrap_or(name);
        Self {
            comm: comm.into(),
            exe: path.into(),
            path: path.into(),
            args: args.iter().map(|&a| a.into()).collect(),
            ..Self::default()
        }
    }

    /// With steps behind those that every program begins with.
    pub fn doing(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        if self.script.is_empty() {
            self.script = loader();
        }
        self.script.extend(steps);
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// What the dynamic loader does before `main`.
fn loader() -> Vec<Step> {
    let mut steps = vec![
        Step::Brk,
        Step::OpenFails("/etc/ld.so.preload".into()),
        Step::Open { slot: 0, path: "/etc/ld.so.cache".into(), flags: RDONLY },
        Step::Fstat(0),
        Step::Mmap(0),
        Step::Close(0),
    ];
    for library in ["libselinux.so.1", "libc.so.6"] {
        steps.extend([
            Step::Open { slot: 0, path: format!("/lib/x86_64-linux-gnu/{library}"), flags: RDONLY },
            Step::Read { slot: 0, len: 832 },
            Step::Fstat(0),
            Step::Mmap(0),
            Step::Mmap(0),
            Step::Close(0),
        ]);
    }
    steps.extend([Step::Munmap, Step::Brk, Step::Brk]);
    steps
}

pub const RDONLY: u32 = 1;
pub const WRONLY: u32 = 2;
pub const RDWR: u32 = 3;
pub const CREAT: u32 = 4;
pub const APPEND: u32 = 8;
pub const DIRECTORY: u32 = 1 << 10;
pub const F_CREATED: u32 = 1 << 14;

/// A whole file read.
pub fn read_file(path: impl Into<String>, len: usize) -> Vec<Step> {
    vec![
        Step::Open { slot: 1, path: path.into(), flags: RDONLY },
        Step::Fstat(1),
        Step::Read { slot: 1, len },
        Step::Read { slot: 1, len: 0 },
        Step::Close(1),
    ]
}

/// A new file written.
pub fn write_file(path: impl Into<String>, len: usize) -> Vec<Step> {
    vec![
        Step::Open { slot: 1, path: path.into(), flags: WRONLY | CREAT | F_CREATED },
        Step::Fstat(1),
        Step::Write { slot: 1, len },
        Step::Close(1),
    ]
}

/// A folder listed.
pub fn list_folder(path: impl Into<String>) -> Vec<Step> {
    vec![
        Step::Open { slot: 1, path: path.into(), flags: RDONLY | DIRECTORY },
        Step::Fstat(1),
        Step::Getdents(1),
        Step::Getdents(1),
        Step::Close(1),
    ]
}

/// A request to a server and its answer.
pub fn request(slot: Slot, ip: Ipv4Addr, port: u16, sent: usize, received: usize) -> Vec<Step> {
    vec![
        Step::Socket { slot, domain: 2, kind: 1 },
        Step::Connect { slot, ip, port },
        Step::Send { slot, len: sent },
        Step::Poll(slot),
        Step::Recv { slot, len: received },
        Step::Close(slot),
    ]
}
