//! The privileged part: a process of its own that keeps the programs in the kernel going for another one without rights.
//!
//! [`Host::start`] runs this program again as that part, before the first rule is read; the two talk over a socket that only they have
//! (`protocol`). Then the starter gives up its rights ([`crate::privilege`]), reads rules, and asks to [`Host::open`] what they need.
//! The privileged part ([`serve`]) loads the programs, takes the picture of the machine, starts the command that was named when it was
//! started, and gives up all rights but those that looking at other processes' descriptors takes. It ends when the socket is closed,
//! however that comes about, and the programs with it.

mod client;
mod protocol;
mod server;
mod socket;

pub(crate) use client::{Connection, Opened};
pub use client::{Host, Switch};
pub use server::serve;

/// The name of the hidden command that [`serve`]s.
pub const COMMAND: &str = "probe-host";
/// Its argument: the socket's number.
pub const SOCKET: &str = "--socket";
