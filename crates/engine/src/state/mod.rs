//! What is known of the machine: threads, file descriptors, users, groups, interfaces, containers.
//!
//! [`Machine`] holds it. Events change it through [`Machine::process`](crate::parse); fields read it through the accessors
//! here. Start reading at [`Thread`] and [`Fd`].

mod containers;
mod fd_table;
mod interfaces;
mod machine;
mod text;
mod threads;
mod types;
mod users;

pub use containers::{Container, Mount};
pub use fd_table::FdTable;
pub use interfaces::Interfaces;
pub use machine::{Counters, Limits, Machine};
pub use text::{Cgroups, StrList, Text};
pub use threads::Ancestors;
pub use types::*;
pub use users::Users;
