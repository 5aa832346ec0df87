//! SCAP capture files: reading, converting old events to the current layout, writing.
//!
//! The crate knows blocks, entries and parameters; it knows nothing of rules, of the machine's state or of what a field is.
//! Start reading at [`Item`] for what a capture holds and [`Event`] for how an event is seen.

pub mod error;
pub mod event;
pub mod item;
pub mod params;
mod source;

pub use error::{Error, ErrorKind, Place, Stage, Status};
pub use event::Event;
pub use item::{
    FdEntry, FdInfo, FdList, GroupEntry, Interface, InterfaceAddr, Item, L4Proto, MachineInfo, NamedFd, ProcessEntry,
    Section, UserEntry, UserList,
};
