//! What is known of the machine: threads, file descriptors, users, groups, interfaces, containers.
//!
//! [`Machine`] holds it. Events change it through [`Machine::process`](crate::parse); fields read it through the accessors
//! here. Start reading at [`Thread`] and [`Fd`].

mod accounts;
pub(crate) mod address;
mod budget;
mod cgroups;
mod container_id;
mod containers;
mod fd_table;
mod interfaces;
mod load;
mod machine;
pub(crate) mod paths;
mod save;
mod text;
mod threads;
mod types;
mod users;

pub use address::{is_v4_mapped, write_endpoint, write_ip, write_tuple, write_unix};
pub use cgroups::Cgroups;
pub use containers::{Category, Container, HealthProbe, Mount, ProbeKind};
pub use fd_table::FdTable;
pub use interfaces::Interfaces;
pub(crate) use load::fd_of_entry;
pub use machine::{Counters, Limits, Machine};
pub use paths::{UNKNOWN_DIR, join, printable};
pub use text::{StrList, Text};
pub use threads::Ancestors;
pub use types::*;
pub use users::Users;
