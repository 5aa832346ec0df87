//! The event table: what the kernel side sends, and how its parameters are read.

use crate::doc::Doc;
use crate::flags::{self, DynamicParam, FlagsTable};
use crate::syscall::Syscall;
use crate::types::{ParamType, PrintFormat};

/// A code of the event table (`PPME_*`), 0 to 453. Even codes are enter sides, odd ones exit sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(pub u16);

impl EventType {
    /// How many codes there are.
    pub const COUNT: usize = EVENTS.len();

    /// The table's entry; `None` for a code out of range.
    pub fn info(self) -> Option<&'static EventInfo> {
        EVENTS.get(usize::from(self.0))
    }

    /// The name that rules use; empty for a code out of range.
    pub fn name(self) -> &'static str {
        self.info().map_or("", |e| e.name)
    }

    /// Every code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(Self::COUNT).map(Self)
    }

    /// Whether this is an exit side.
    pub fn is_exit(self) -> bool {
        self.0 % 2 == 1
    }
}

/// One event of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct EventInfo {
    /// The code.
    pub ty: EventType,
    /// The constant's name without its prefix, such as `SYSCALL_OPEN_X`.
    pub code: &'static str,
    /// The name that rules use, such as `open`; `NA` for unused codes.
    pub name: &'static str,
    /// Whether this is the exit side. Events that are neither (procexit, switch) count as enter.
    pub is_exit: bool,
    /// What it is about.
    pub category: EventCategory,
    /// Where it comes from.
    pub sources: EventSources,
    /// Its properties.
    pub flags: EventFlags,
    /// The parameters, in order.
    pub params: &'static [ParamInfo],
    /// The system calls (or tracepoints) that make it.
    pub syscalls: &'static [Syscall],
}

impl EventInfo {
    /// The index and description of a parameter by its name.
    pub fn param(&self, name: &str) -> Option<(usize, &'static ParamInfo)> {
        self.params.iter().enumerate().find(|(_, p)| p.name == name)
    }

    /// Our documentation of the event's name.
    pub fn doc(&self) -> Doc {
        doc(self.name)
    }

    /// Whether the event exists, that is, is no placeholder for the missing half of a pair.
    pub fn is_used(&self) -> bool {
        !self.flags.unused()
    }
}

/// One parameter of an event.
#[derive(Debug, PartialEq, Eq)]
pub struct ParamInfo {
    /// The name that `evt.arg.NAME` uses.
    pub name: &'static str,
    /// The type.
    pub ty: ParamType,
    /// How its number is printed.
    pub format: PrintFormat,
    /// The names of its bits or values.
    pub flags: Option<&'static FlagsTable>,
    /// For [`ParamType::Dyn`]: the types that its first byte chooses from.
    pub dynamic: &'static [DynamicParam],
    /// For [`ParamType::Fsrelpath`]: the index of the parameter with the directory's descriptor.
    pub dirfd_param: Option<u8>,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
#[allow(missing_docs)]
pub enum EventCategory {
    Unknown = 0,
    Other = 1,
    File = 2,
    Net = 3,
    Ipc = 4,
    Memory = 5,
    Process = 6,
    Sleep = 7,
    System = 8,
    Signal = 9,
    User = 10,
    Time = 11,
    Processing = 12,
    IoRead = 32,
    IoWrite = 33,
    IoOther = 34,
    Wait = 64,
    Scheduler = 128,
    Internal = 256,
}

impl EventCategory {
    /// The value of `evt.category`, or `None` for the three I/O categories, where the descriptor's type decides between
    /// `file`, `net`, `ipc` and `unknown`.
    pub fn text(self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown => "unknown",
            Self::Other => "other",
            Self::File => "file",
            Self::Net => "net",
            Self::Ipc => "IPC",
            Self::Memory => "memory",
            Self::Process => "process",
            Self::Sleep => "sleep",
            Self::System => "system",
            Self::Signal => "signal",
            Self::User => "user",
            Self::Time => "time",
            Self::Processing => "processing",
            Self::Wait => "wait",
            Self::Scheduler => "scheduler",
            Self::Internal => "internal",
            Self::IoRead | Self::IoWrite | Self::IoOther => return None,
        })
    }

    /// Whether this is one of the three I/O categories.
    pub fn is_io(self) -> bool {
        matches!(self, Self::IoRead | Self::IoWrite | Self::IoOther)
    }
}

/// Where an event comes from, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventSources(pub u16);

impl EventSources {
    /// A system call.
    pub fn syscall(self) -> bool {
        self.0 & (1 << 9) != 0
    }
    /// A kernel tracepoint.
    pub fn tracepoint(self) -> bool {
        self.0 & (1 << 10) != 0
    }
    /// A plugin.
    pub fn plugin(self) -> bool {
        self.0 & (1 << 11) != 0
    }
    /// The engine itself, or a plugin beside the event stream.
    pub fn metaevent(self) -> bool {
        self.0 & (1 << 12) != 0
    }
    /// A BPF iterator over the kernel's tables.
    pub fn iter(self) -> bool {
        self.0 & (1 << 13) != 0
    }
}

/// Properties of an event (`EF_*`), as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventFlags(pub u16);

macro_rules! event_flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal;)*) => {
        impl EventFlags {
            $($(#[$doc])* pub const fn $name(self) -> bool { self.0 & (1 << $bit) != 0 })*
        }
    };
}

event_flags! {
    /// Its return value is a new descriptor.
    creates_fd = 0;
    /// It ends a descriptor.
    destroys_fd = 1;
    /// It works on a descriptor.
    uses_fd = 2;
    /// It reads from its descriptor.
    reads_from_fd = 3;
    /// It writes to its descriptor.
    writes_to_fd = 4;
    /// It changes the picture of threads and descriptors.
    modifies_state = 5;
    /// The code is a placeholder.
    unused = 6;
    /// It makes the thread wait.
    waits = 7;
    /// The parser does not look its thread up.
    skip_parser_reset = 8;
    /// No driver sends it any more.
    old_version = 9;
    /// Its parameters may be longer than 65535 bytes.
    large_payload = 11;
    /// The converter of old captures knows it.
    converter_managed = 12;
}

/// The table's entry of a code.
pub fn info(ty: EventType) -> Option<&'static EventInfo> {
    ty.info()
}

/// Every code with a name, such as both sides of all versions of `execve`. Empty for names that are no event's.
pub fn by_name(name: &str) -> &'static [EventType] {
    BY_NAME.binary_search_by_key(&name, |(n, _)| n).map_or(&[], |i| BY_NAME[i].1)
}

/// The code of a constant's name, such as `SYSCALL_OPEN_X` or `PPME_SYSCALL_OPEN_X`.
pub fn by_code(code: &str) -> Option<EventType> {
    let code = code.strip_prefix("PPME_").unwrap_or(code);
    EVENTS.iter().find(|e| e.code == code).map(|e| e.ty)
}

/// Whether `evt.type` may be compared with a text: it must be an event's or a system call's name exactly. (Names of a plugin's
/// asynchronous events are known to the [`Catalog`](crate::Catalog).)
pub fn is_known_name(name: &str) -> bool {
    !by_name(name).is_empty() || Syscall::by_name(name).is_some()
}

/// Names of events and of system calls, sorted: what `evt.type` can sensibly be compared with.
pub fn names() -> impl Iterator<Item = &'static str> {
    VALUES.iter().map(|&(n, _)| n)
}

/// Our documentation of an event or system call by its name; empty text when there is none.
pub fn doc(name: &str) -> Doc {
    crate::doc::find(VALUES, name)
}

/// The parameters of the events with a name: those of the current exit side first, then what other versions have besides.
pub fn params_of(name: &str) -> Vec<&'static ParamInfo> {
    let mut found: Vec<&'static ParamInfo> = Vec::new();
    let infos = || by_name(name).iter().filter_map(|t| t.info());
    let current = infos().filter(|e| !e.flags.old_version() && e.is_exit);
    let rest = infos().filter(|e| e.flags.old_version() || !e.is_exit);
    for param in current.chain(rest).flat_map(|e| e.params) {
        if !found.iter().any(|p| p.name == param.name) {
            found.push(param);
        }
    }
    found
}

/// Every place where a parameter name occurs, in table order, with the parameter's index.
pub fn param_places(name: &str) -> &'static [(EventType, u8)] {
    PARAMS.binary_search_by_key(&name, |(n, _)| n).map_or(&[], |i| PARAMS[i].1)
}

/// Every parameter name of the table, sorted.
pub fn param_names() -> impl Iterator<Item = &'static str> {
    PARAMS.iter().map(|&(n, _)| n)
}

/// The parameter whose name is the longest known prefix of a text, as it is described where the table first has it. This is
/// how `evt.arg.NAME` is read and where `evt.rawarg.NAME` gets its type.
pub fn param_by_prefix(text: &str) -> Option<&'static ParamInfo> {
    let i = crate::resolve::longest_prefix(PARAMS.len(), |i| PARAMS[i].0.as_bytes(), text.as_bytes())?;
    let &(event, index) = PARAMS[i].1.first()?;
    event.info()?.params.get(usize::from(index))
}

include!(concat!(env!("OUT_DIR"), "/events.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_names_and_entries_agree() {
        assert_eq!(EventType::COUNT, 454);
        for (i, e) in EVENTS.iter().enumerate() {
            assert_eq!(usize::from(e.ty.0), i);
            assert_eq!(e.is_exit, e.ty.is_exit());
            assert_eq!(by_code(e.code), Some(e.ty));
            assert!(by_name(e.name).contains(&e.ty));
        }
        assert_eq!(SYSCALL_OPEN_X.info().unwrap().code, "SYSCALL_OPEN_X");
        assert_eq!(by_name("open"), [SYSCALL_OPEN_E, SYSCALL_OPEN_X]);
        assert_eq!(EventType(454).info(), None);
        assert_eq!(EventType(60000).name(), "");
    }

    #[test]
    fn properties_of_a_well_known_event() {
        let e = SYSCALL_OPENAT_2_X.info().unwrap();
        assert!(e.flags.creates_fd() && e.flags.modifies_state() && e.flags.converter_managed());
        assert!(!e.flags.uses_fd() && !e.flags.old_version() && e.is_used());
        assert_eq!(e.category, EventCategory::File);
        let (i, name) = e.param("name").unwrap();
        assert_eq!((i, name.ty, name.dirfd_param), (2, ParamType::Fsrelpath, Some(1)));
        assert_eq!(e.param("flags").unwrap().1.flags.unwrap().name, "file_flags");
    }

    #[test]
    fn the_longest_parameter_name_wins() {
        assert_eq!(param_by_prefix("flags").unwrap().name, "flags");
        assert_eq!(
            param_by_prefix("res_or_fd").map(|p| p.name),
            param_names().find(|n| *n == "res_or_fd").or(Some("res"))
        );
        assert_eq!(param_by_prefix("nosuch"), None);
        assert_eq!(param_by_prefix(""), None);
        assert_eq!(param_by_prefix("fd").unwrap().ty, ParamType::Fd);
    }

    #[test]
    fn type_values_are_sorted_and_known() {
        let all: Vec<_> = names().collect();
        assert!(all.is_sorted() && all.len() > 400);
        assert!(all.iter().all(|n| is_known_name(n)));
        assert!(!all.contains(&"NA") && all.contains(&"ptrace") && all.contains(&"exit_group"));
        assert!(!is_known_name("opne"));
    }

    #[test]
    fn parameters_of_a_name_start_with_the_current_ones() {
        let names: Vec<_> = params_of("openat").iter().map(|p| p.name).collect();
        assert_eq!(names[..4], ["fd", "dirfd", "name", "flags"]);
        assert!(params_of("nonsense").is_empty());
    }
}
