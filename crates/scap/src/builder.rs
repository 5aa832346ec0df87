//! Captures made in code, for tests and examples: every event is checked against the event table.
//!
//! ```
//! use falco_catalog::event;
//! use falco_scap::builder::CaptureBuilder;
//! use falco_scap::{ProcessEntry, params};
//!
//! let capture = CaptureBuilder::new()
//!     .thread(ProcessEntry { tid: 7, pid: 7, ptid: 1, comm: b"cat".to_vec(), ..Default::default() })
//!     // All parameters in order, or some by name: the others are empty.
//!     .event(1_000, 7, event::SYSCALL_CLOSE_X, params![0, 3])
//!     .event(2_000, 7, event::SYSCALL_OPEN_X, params! { fd = 3, name = "/etc/passwd" })
//!     .build()?;
//! # Ok::<(), falco_scap::builder::BuildError>(())
//! ```

use std::borrow::Cow;

use falco_catalog::{EventType, ParamInfo, ParamType};

use crate::event::{Event, EventBuf};
use crate::item::{FdEntry, FdList, GroupEntry, Interface, MachineInfo, ProcessEntry, UserEntry, UserList};
use crate::params::{Sockaddr, Socktuple};
use crate::plan::fixed_size;
use crate::write::{Compression, WriteError, Writer};

/// A parameter's value, before the table says how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// No information: zero length.
    Empty,
    /// Any integer; it must fit in the type.
    Int(i128),
    /// Text without its NUL, for strings; raw bytes, for buffers.
    Bytes(Vec<u8>),
    /// NUL-separated items: arguments, environment, cgroups.
    List(Vec<Vec<u8>>),
    /// A socket address, encoded.
    Sockaddr(Vec<u8>),
    /// A socket tuple, encoded.
    Socktuple(Vec<u8>),
    /// Descriptors with flags, as `poll` has them.
    Fds(Vec<(i64, i16)>),
    /// A dynamic value: which of the parameter's types, and the value.
    Dynamic(u8, Box<Param>),
    /// Bytes as they are, whatever the type: for damaged and old events.
    Raw(Vec<u8>),
}

macro_rules! from_integer {
    ($($ty:ty)*) => {$(
        impl From<$ty> for Param {
            fn from(n: $ty) -> Self {
                Self::Int(n.into())
            }
        }
    )*};
}
from_integer!(u8 u16 u32 u64 i8 i16 i32 i64 bool);

impl From<&str> for Param {
    fn from(s: &str) -> Self {
        Self::Bytes(s.as_bytes().to_vec())
    }
}

impl From<String> for Param {
    fn from(s: String) -> Self {
        Self::Bytes(s.into_bytes())
    }
}

impl From<&[u8]> for Param {
    fn from(s: &[u8]) -> Self {
        Self::Bytes(s.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Param {
    fn from(s: &[u8; N]) -> Self {
        Self::Bytes(s.to_vec())
    }
}

impl From<Vec<u8>> for Param {
    fn from(s: Vec<u8>) -> Self {
        Self::Bytes(s)
    }
}

impl From<&[&str]> for Param {
    fn from(items: &[&str]) -> Self {
        Self::List(items.iter().map(|s| s.as_bytes().to_vec()).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Param {
    fn from(items: [&str; N]) -> Self {
        Self::from(&items[..])
    }
}

impl From<Sockaddr<'_>> for Param {
    fn from(address: Sockaddr<'_>) -> Self {
        let mut bytes = Vec::new();
        address.encode(&mut bytes);
        Self::Sockaddr(bytes)
    }
}

impl From<Socktuple<'_>> for Param {
    fn from(tuple: Socktuple<'_>) -> Self {
        let mut bytes = Vec::new();
        tuple.encode(&mut bytes);
        Self::Socktuple(bytes)
    }
}

impl From<EventType> for Param {
    fn from(ty: EventType) -> Self {
        Self::from(ty.0)
    }
}

/// The parameters of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Params {
    /// The first ones, in order. There may be fewer than the table names, as in old captures.
    Positional(Vec<Param>),
    /// Some by name; the others are empty.
    Named(Vec<(Cow<'static, str>, Param)>),
}

impl From<Vec<Param>> for Params {
    fn from(params: Vec<Param>) -> Self {
        Self::Positional(params)
    }
}

/// Parameters of an event: `params![3, "/etc/passwd"]` in order, or `params! { fd = 3, name = "/etc/passwd" }` by name.
#[macro_export]
macro_rules! params {
    ($($name:ident = $value:expr),+ $(,)?) => {
        $crate::builder::Params::Named(::std::vec![
            $((::std::borrow::Cow::Borrowed(stringify!($name)), $crate::builder::Param::from($value))),+
        ])
    };
    ($($value:expr),* $(,)?) => {
        $crate::builder::Params::Positional(::std::vec![$($crate::builder::Param::from($value)),*])
    };
}

/// Why an event or a capture could not be made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum BuildError {
    #[error("there is no event type {}", .0.0)]
    NoSuchEvent(EventType),
    #[error("`{event}` has {most} parameters, {found} are given")]
    TooMany { event: &'static str, found: usize, most: usize },
    #[error("`{event}` has no parameter `{name}`")]
    NoSuchParam { event: &'static str, name: String },
    #[error("parameter `{param}` of `{event}` is of type {ty:?}, which {value:?} does not fit")]
    Type { event: &'static str, param: &'static str, ty: ParamType, value: Param },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Puts an event with checked parameters into `out`.
pub fn encode(
    out: &mut EventBuf,
    ts: u64,
    tid: i64,
    cpu: u16,
    ty: EventType,
    flags: u32,
    params: &Params,
) -> Result<(), BuildError> {
    let info = ty.info().ok_or(BuildError::NoSuchEvent(ty))?;
    out.begin(ts, tid, cpu, ty, flags);
    let mut push = |param: &'static ParamInfo, value: &Param| {
        let fits = out.push_with(|data| encode_param(param, value, data));
        if fits {
            return Ok(());
        }
        Err(BuildError::Type { event: info.code, param: param.name, ty: param.ty, value: value.clone() })
    };
    match params {
        Params::Positional(values) => {
            let (found, most) = (values.len(), info.params.len());
            if found > most {
                return Err(BuildError::TooMany { event: info.code, found, most });
            }
            info.params.iter().zip(values).try_for_each(|(param, value)| push(param, value))
        }
        Params::Named(values) => {
            if let Some((name, _)) = values.iter().find(|(name, _)| info.param(name).is_none()) {
                return Err(BuildError::NoSuchParam { event: info.code, name: name.to_string() });
            }
            info.params.iter().try_for_each(|param| {
                let value = values.iter().find(|(name, _)| name == param.name);
                push(param, value.map_or(&Param::Empty, |(_, value)| value))
            })
        }
    }
}

/// Writes a value in a parameter's type; whether it fits.
fn encode_param(param: &ParamInfo, value: &Param, out: &mut Vec<u8>) -> bool {
    use ParamType as T;
    match value {
        Param::Empty => true,
        Param::Raw(bytes) => {
            out.extend_from_slice(bytes);
            true
        }
        Param::Dynamic(which, value) => {
            let Some(dynamic) = param.dynamic.get(usize::from(*which)).filter(|_| param.ty == T::Dyn) else {
                return false;
            };
            out.push(*which);
            encode_value(dynamic.ty, value, out)
        }
        value => encode_value(param.ty, value, out),
    }
}

fn encode_value(ty: ParamType, value: &Param, out: &mut Vec<u8>) -> bool {
    use ParamType as T;
    let list = matches!(ty, T::Charbufarray | T::CharbufPairArray | T::Bytebuf);
    match value {
        Param::Empty => {}
        Param::Int(n) => return fixed_size(ty).is_some_and(|size| encode_int(*n, usize::from(size), out)),
        Param::Bytes(bytes) if ty == T::Bytebuf => out.extend_from_slice(bytes),
        Param::Bytes(bytes) if matches!(ty, T::Charbuf | T::Fspath | T::Fsrelpath) && !bytes.contains(&0) => {
            out.extend_from_slice(bytes);
            out.push(0);
        }
        Param::List(items) if list && items.iter().all(|item| !item.contains(&0)) => {
            for item in items {
                out.extend_from_slice(item);
                out.push(0);
            }
        }
        Param::Sockaddr(bytes) if ty == T::Sockaddr => out.extend_from_slice(bytes),
        Param::Socktuple(bytes) if ty == T::Socktuple => out.extend_from_slice(bytes),
        Param::Fds(fds) if ty == T::Fdlist => {
            let Ok(count) = u16::try_from(fds.len()) else { return false };
            out.extend_from_slice(&count.to_le_bytes());
            for (fd, flags) in fds {
                out.extend_from_slice(&fd.to_le_bytes());
                out.extend_from_slice(&flags.to_le_bytes());
            }
        }
        _ => return false,
    }
    true
}

/// Writes `n` in `size` bytes if it fits, signed or unsigned.
fn encode_int(n: i128, size: usize, out: &mut Vec<u8>) -> bool {
    let bits = 8 * size;
    let (least, most) = if bits < 128 { (-(1i128 << (bits - 1)), (1i128 << bits) - 1) } else { (i128::MIN, i128::MAX) };
    if n < least || n > most {
        return false;
    }
    out.extend(n.to_le_bytes().iter().take(size));
    true
}

/// Makes a capture. The first thing that is wrong is what [`CaptureBuilder::build`] reports.
#[derive(Debug, Default)]
pub struct CaptureBuilder {
    machine: Option<MachineInfo>,
    interfaces: Vec<Interface>,
    users: UserList,
    threads: Vec<ProcessEntry>,
    fds: Vec<FdList>,
    events: Vec<EventBuf>,
    cpu: u16,
    flags: u32,
    error: Option<BuildError>,
}

impl CaptureBuilder {
    /// An empty capture.
    pub fn new() -> Self {
        Self::default()
    }

    /// The machine.
    #[must_use]
    pub fn machine(mut self, machine: MachineInfo) -> Self {
        self.machine = Some(machine);
        self
    }

    /// An interface.
    #[must_use]
    pub fn interface(mut self, interface: Interface) -> Self {
        self.interfaces.push(interface);
        self
    }

    /// A user.
    #[must_use]
    pub fn user(mut self, user: UserEntry) -> Self {
        self.users.users.push(user);
        self
    }

    /// A group.
    #[must_use]
    pub fn group(mut self, group: GroupEntry) -> Self {
        self.users.groups.push(group);
        self
    }

    /// A thread that is there when the recording begins.
    #[must_use]
    pub fn thread(mut self, thread: ProcessEntry) -> Self {
        self.threads.push(thread);
        self
    }

    /// A descriptor that a thread has when the recording begins.
    #[must_use]
    pub fn fd(mut self, tid: i64, fd: FdEntry) -> Self {
        match self.fds.iter_mut().find(|list| list.tid == tid) {
            Some(list) => list.fds.push(fd),
            None => self.fds.push(FdList { tid, fds: vec![fd] }),
        }
        self
    }

    /// The processor of the events that follow.
    #[must_use]
    pub fn on_cpu(mut self, cpu: u16) -> Self {
        self.cpu = cpu;
        self
    }

    /// The flags of the events that follow.
    #[must_use]
    pub fn with_flags(mut self, flags: u32) -> Self {
        self.flags = flags;
        self
    }

    /// An event of the table. See [`params!`](crate::params!).
    #[must_use]
    pub fn event(mut self, ts: u64, tid: i64, ty: EventType, params: impl Into<Params>) -> Self {
        if self.error.is_none() {
            let mut event = EventBuf::default();
            match encode(&mut event, ts, tid, self.cpu, ty, self.flags, &params.into()) {
                Ok(()) => self.events.push(event),
                Err(error) => self.error = Some(error),
            }
        }
        self
    }

    /// An event as it is, unchecked.
    #[must_use]
    pub fn raw_event(mut self, event: &Event<'_>) -> Self {
        self.events.push(EventBuf::from(event));
        self
    }

    /// The capture's bytes, not compressed.
    pub fn build(self) -> Result<Vec<u8>, BuildError> {
        self.build_with(Compression::None)
    }

    /// The capture's bytes.
    pub fn build_with(mut self, compression: Compression) -> Result<Vec<u8>, BuildError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let mut writer = Writer::new(Vec::new(), compression)?;
        if let Some(machine) = &self.machine {
            writer.machine(machine)?;
        }
        if !self.interfaces.is_empty() {
            writer.interfaces(&self.interfaces)?;
        }
        if self.users != UserList::default() {
            writer.users(&self.users)?;
        }
        writer.processes(&self.threads)?;
        let none = FdList::default();
        let lists = self.threads.iter().map(|t| t.tid);
        for tid in lists {
            // Producers write a block for every thread.
            let fds = self.fds.iter().find(|list| list.tid == tid);
            writer.fds(fds.unwrap_or(&FdList { tid, ..none.clone() }))?;
        }
        for list in self.fds.iter().filter(|list| self.threads.iter().all(|t| t.tid != list.tid)) {
            writer.fds(list)?;
        }
        for event in &self.events {
            writer.event(&event.event())?;
        }
        Ok(writer.finish()?)
    }
}
