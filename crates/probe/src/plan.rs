//! What the programs are told: how each system call's event is made, and how numbers are translated.
//!
//! data/calls.txt has a line per call, data/ops.txt the operations, data/xlats.txt the tables of numbers. They are read once, when a
//! source is opened; a test holds them to the catalogue.

use falco_catalog::types::ParamType;
use falco_catalog::{EventSet, EventType, event, flags, syscall};

const OPS: &str = include_str!("../data/ops.txt");
const CALLS: &str = include_str!("../data/calls.txt");
const XLATS: &str = include_str!("../data/xlats.txt");

/// Parameters at most that one call's line may have; the programs' number.
pub const MAX_FILLS: usize = 12;
/// Entries at most of a table of numbers; the programs' number.
pub const MAX_XLAT: usize = 48;
/// Calls, at most; the programs' number.
pub const MAX_CALLS: u32 = 512;

/// Who makes the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Kind {
    Fills = 0,
    Exec = 1,
    Clone = 2,
    /// One event for each message.
    Messages = 3,
}

/// How one parameter is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Fill {
    pub op: u8,
    pub arg: u8,
    pub size: u8,
    pub aux: u8,
}

/// How a call's exit event is made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Call {
    pub nr: u16,
    pub event: EventType,
    pub nparams: u8,
    pub kind: Kind,
    pub fills: Vec<Fill>,
}

impl Call {
    /// As the programs read it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + 4 * MAX_FILLS);
        bytes.extend_from_slice(&self.event.0.to_ne_bytes());
        bytes.extend_from_slice(&[self.nparams, self.kind as u8]);
        for fill in &self.fills {
            bytes.extend_from_slice(&[fill.op, fill.arg, fill.size, fill.aux]);
        }
        bytes.resize(4 + 4 * MAX_FILLS, 0);
        bytes
    }
}

/// A table of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Xlat {
    pub name: &'static str,
    pub is_enum: bool,
    /// The kernel's number and the capture's.
    pub entries: Vec<(u64, u32)>,
}

impl Xlat {
    /// As the programs read it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 16 * MAX_XLAT);
        bytes.extend_from_slice(&(self.entries.len() as u32).to_ne_bytes());
        bytes.extend_from_slice(&u32::from(self.is_enum).to_ne_bytes());
        for (native, portable) in &self.entries {
            bytes.extend_from_slice(&native.to_ne_bytes());
            bytes.extend_from_slice(&portable.to_ne_bytes());
            bytes.extend_from_slice(&0u32.to_ne_bytes());
        }
        bytes.resize(8 + 16 * MAX_XLAT, 0);
        bytes
    }
}

/// Everything that the programs are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// By the kernel's number.
    pub calls: Vec<Call>,
    /// The first has number 1.
    pub xlats: Vec<Xlat>,
}

struct Op {
    name: String,
    arg: bool,
    aux: bool,
    xlat: bool,
    params: usize,
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

fn ops() -> Vec<Op> {
    let words = lines(OPS).filter(|l| !l.starts_with('['));
    words
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default().to_lowercase();
            let mut op = Op { name, arg: false, aux: false, xlat: false, params: 1 };
            for word in words {
                match word {
                    "arg" => op.arg = true,
                    "aux" => op.aux = true,
                    "xlat" => op.xlat = true,
                    _ => op.params = word.trim_start_matches('*').parse().unwrap_or(1),
                }
            }
            op
        })
        .collect()
}

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is no number"))
}

fn xlats() -> Result<Vec<Xlat>, String> {
    let mut tables: Vec<Xlat> = Vec::new();
    for line in lines(XLATS) {
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let (name, kind) = head.split_once(' ').ok_or_else(|| format!("`{line}` says no kind"))?;
            tables.push(Xlat { name, is_enum: kind == "enum", entries: Vec::new() });
            continue;
        }
        let table = tables.last_mut().ok_or("a value before the first table")?;
        let (name, native) = line.split_once(' ').ok_or_else(|| format!("`{line}` has no number"))?;
        let known = flags::table(table.name).ok_or_else(|| format!("the catalogue has no table `{}`", table.name))?;
        let portable = known.value(name).ok_or_else(|| format!("`{}` has no `{name}`", table.name))?;
        table.entries.push((number(native)?, portable));
    }
    match tables.iter().find(|t| t.entries.len() > MAX_XLAT) {
        Some(table) => Err(format!("`{}` is too long", table.name)),
        None => Ok(tables),
    }
}

/// Bytes of a number of the type; 0 for texts, bytes and what else has no fixed length.
fn size(ty: ParamType) -> u8 {
    use ParamType as P;
    match ty {
        P::Int8 | P::Uint8 | P::Flags8 | P::Enumflags8 | P::Sigtype | P::L4proto | P::Sockfamily => 1,
        P::Int16 | P::Uint16 | P::Flags16 | P::Enumflags16 | P::Syscallid | P::Port => 2,
        P::Int32 | P::Uint32 | P::Flags32 | P::Enumflags32 | P::Uid | P::Gid | P::Mode | P::Sigset | P::Bool => 4,
        P::Int64 | P::Uint64 | P::Errno | P::Fd | P::Pid | P::Reltime | P::Abstime | P::Double => 8,
        _ => 0,
    }
}

/// One word of a call's line.
fn fill(word: &str, ops: &[Op], xlats: &[Xlat]) -> Result<(Fill, usize), String> {
    let mut parts = word.split(':');
    let name = parts.next().unwrap_or_default();
    let index = ops.iter().position(|op| op.name == name).ok_or_else(|| format!("no operation `{name}`"))?;
    let op = ops.get(index).ok_or("no operation")?;
    let mut fill = Fill { op: u8::try_from(index + 1).map_err(|_| "too many operations")?, ..Fill::default() };
    let mut part = |wanted: bool| match wanted {
        true => parts.next().map(Some).ok_or_else(|| format!("`{word}` says too little")),
        false => Ok(None),
    };
    if let Some(arg) = part(op.arg)? {
        fill.arg = u8::try_from(number(arg)?).map_err(|_| format!("`{word}`: no such argument"))?;
    }
    if let Some(aux) = part(op.aux)? {
        fill.aux = u8::try_from(number(aux)?).map_err(|_| format!("`{word}`: the number is too large"))?;
    }
    if let Some(table) = part(op.xlat)? {
        let at = xlats.iter().position(|x| x.name == table).ok_or_else(|| format!("`{word}`: no such table"))?;
        fill.aux = u8::try_from(at + 1).map_err(|_| "too many tables")?;
    }
    match parts.next() {
        Some(_) => Err(format!("`{word}` says too much")),
        None => Ok((fill, op.params)),
    }
}

/// The calls' names as the kernel has them today, where the catalogue has another.
fn native(name: &str) -> Option<&'static syscall::NativeSyscall> {
    syscall::x86_64().iter().find(|n| n.code.name() == Some(name))
}

impl Plan {
    /// Reads the tables.
    ///
    /// # Errors
    /// What is wrong in them: a test keeps it from happening.
    pub fn new() -> Result<Self, String> {
        let (ops, xlats) = (ops(), xlats()?);
        let mut calls = Vec::new();
        for line in lines(CALLS) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            let kind = match name {
                "@exec" => Kind::Exec,
                "@clone" => Kind::Clone,
                _ => Kind::Fills,
            };
            if kind != Kind::Fills {
                for name in words {
                    calls.push(Self::call(name, kind)?);
                }
                continue;
            }
            let mut call = Self::call(name, kind)?;
            let info = call.event.info().ok_or_else(|| format!("`{name}` has no event"))?;
            let mut made = 0;
            for word in words {
                if word == "@messages" {
                    call.kind = Kind::Messages;
                    continue;
                }
                let (mut fill, params) = fill(word, &ops, &xlats).map_err(|e| format!("{name}: {e}"))?;
                let param = info.params.get(made).ok_or_else(|| format!("{name}: too many parameters"))?;
                fill.size = size(param.ty);
                call.fills.push(fill);
                made += params;
            }
            if made != info.params.len() || call.fills.len() > MAX_FILLS {
                return Err(format!("{name}: {made} parameters, the event has {}", info.params.len()));
            }
            calls.push(call);
        }
        // All others that the kernel has and that have no event of their own.
        let generic = |n: &&syscall::NativeSyscall| n.exit == event::GENERIC_E || n.exit == event::GENERIC_X;
        let constant = fill("const16:0:0", &ops, &xlats)?.0;
        let value = |n: u16| Fill { arg: n as u8, aux: (n >> 8) as u8, ..constant };
        for n in syscall::x86_64().iter().filter(generic).filter(|n| u32::from(n.nr) < MAX_CALLS) {
            let fills = vec![value(n.code.0), value(n.nr)];
            calls.push(Call { nr: n.nr, event: event::GENERIC_X, nparams: 2, kind: Kind::Fills, fills });
        }
        calls.sort_by_key(|c| c.nr);
        Ok(Self { calls, xlats })
    }

    fn call(name: &str, kind: Kind) -> Result<Call, String> {
        let native = native(name).ok_or_else(|| format!("the kernel has no `{name}`"))?;
        let info = native.exit.info().ok_or_else(|| format!("`{name}` has no event"))?;
        let nparams = u8::try_from(info.params.len()).map_err(|_| format!("`{name}` has too many parameters"))?;
        Ok(Call { nr: native.nr, event: native.exit, nparams, kind, fills: Vec::new() })
    }

    /// The calls that make one of the events, and those that the machine's state needs.
    pub fn wanted<'a>(&'a self, events: &'a EventSet) -> impl Iterator<Item = &'a Call> {
        let state = state_events();
        self.calls.iter().filter(move |call| events.contains(call.event) || state.contains(call.event))
    }
}

/// The events without which threads, descriptors and users would not be known.
pub fn state_events() -> EventSet {
    EventSet::by_names([
        "clone",
        "clone3",
        "fork",
        "vfork",
        "execve",
        "execveat",
        "procexit",
        "open",
        "openat",
        "openat2",
        "creat",
        "open_by_handle_at",
        "close",
        "close_range",
        "dup",
        "dup2",
        "dup3",
        "fcntl",
        "pipe",
        "pipe2",
        "eventfd",
        "eventfd2",
        "signalfd",
        "signalfd4",
        "timerfd_create",
        "inotify_init",
        "inotify_init1",
        "epoll_create",
        "epoll_create1",
        "bpf",
        "userfaultfd",
        "memfd_create",
        "pidfd_open",
        "pidfd_getfd",
        "socket",
        "socketpair",
        "bind",
        "connect",
        "accept",
        "accept4",
        "chdir",
        "fchdir",
        "chroot",
        "setuid",
        "setgid",
        "setreuid",
        "setregid",
        "setresuid",
        "setresgid",
        "setsid",
        "capset",
        "unshare",
        "setns",
        "prctl",
        "setrlimit",
        "prlimit",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_agree_with_the_catalogue() {
        let plan = Plan::new().unwrap();
        assert_eq!(plan.xlats[0].name, "clone_flags", "the programs know its place");
        assert!(plan.calls.windows(2).all(|w| w[0].nr < w[1].nr), "each call once");
        let own = plan.calls.iter().filter(|c| c.event != event::GENERIC_X).count();
        assert_eq!((own, plan.calls.len()), (154, 380));
        let known = |n: &syscall::NativeSyscall| plan.calls.iter().any(|c| c.nr == n.nr);
        let missing: Vec<_> = syscall::x86_64().iter().filter(|n| !known(n)).filter_map(|n| n.code.name()).collect();
        assert!(missing.is_empty(), "calls that are not told: {missing:?}");
        for call in &plan.calls {
            assert_eq!(call.to_bytes().len(), 4 + 4 * MAX_FILLS);
        }
    }

    #[test]
    fn every_parameter_that_is_a_number_has_its_size() {
        let plan = Plan::new().unwrap();
        let openat = plan.calls.iter().find(|c| c.event == event::SYSCALL_OPENAT_2_X).unwrap();
        assert_eq!((openat.nr, openat.nparams), (257, 7));
        assert_eq!(openat.fills.iter().map(|f| f.size).collect::<Vec<_>>(), [8, 8, 0, 4, 4, 4, 8]);
    }

    #[test]
    fn only_what_is_wanted_is_switched_on() {
        let plan = Plan::new().unwrap();
        let names = |set: &EventSet| plan.wanted(set).map(|c| c.event.name()).collect::<Vec<_>>();
        let little = names(&EventSet::EMPTY);
        assert!(little.contains(&"execve") && little.contains(&"close") && !little.contains(&"read"));
        assert!(names(&EventSet::by_name("read")).contains(&"read"));
        assert!(names(&EventSet::ALL).contains(&"futex"));
    }

    #[test]
    fn mistakes_are_told() {
        let (ops, xlats) = (ops(), xlats().unwrap());
        for (word, message) in [
            ("nothing:1", "no operation `nothing`"),
            ("arg", "`arg` says too little"),
            ("arg:1:2", "`arg:1:2` says too much"),
            ("xlat:1:none", "`xlat:1:none`: no such table"),
        ] {
            assert_eq!(fill(word, &ops, &xlats).unwrap_err(), message);
        }
    }
}
