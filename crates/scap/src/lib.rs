//! SCAP capture files: reading, converting old events to the current layout, writing.
//!
//! The crate knows blocks, entries and parameters; it knows nothing of rules, of the machine's state or of what a field is.
//! Start reading at [`Reader`] and [`Item`] for what a capture holds, at [`Event`] for how an event is seen, at [`Writer`] and
//! [`builder`] for making captures. How events of old captures become current ones is in `plan.rs` and `convert.rs`.

pub mod batch;
pub mod block;
pub mod builder;
mod convert;
pub mod error;
pub mod event;
mod frame;
pub mod inspect;
pub mod item;
mod lists;
pub mod params;
mod plan;
mod reader;
mod source;
mod write;

pub use error::{Error, ErrorKind, Place, Stage, Status};
pub use event::{Event, EventBuf};
pub use item::{
    FdEntry, FdInfo, FdList, GroupEntry, Interface, InterfaceAddr, Item, L4Proto, MachineInfo, NamedFd, ProcessEntry,
    Section, UserEntry, UserList,
};
pub use reader::{Advance, BlockCount, Limits, Options, RawEvent, Reader};
pub use write::{Compression, WriteError, Writer};
