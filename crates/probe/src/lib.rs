//! The live source: events of the running kernel, as the engine takes them.
//!
//! The programs in bpf/ are attached to system calls as they return and to processes as they run, end and get signals; they write events in
//! the layout of captures into a ring, and [`Live`] hands them out as an [`falco_engine::inspector::EventSource`], after a picture of the
//! machine as it was ([`snapshot`]). The crate knows nothing of rules: who opens it says which events are of interest.
//!
//! The programs need privilege and rules must not have it, so the two are kept in two processes: see [`host`] and [`privilege`].
//!
//! Start reading at [`Live`]; [`plan`] turns data/calls.txt into what the programs are told; [`detect`] says what works here.
//! Where the programs cannot be built the crate is there all the same, and [`Live::open`] says why it cannot.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod detect;
mod error;
#[cfg_attr(probe, path = "host/mod.rs")]
#[cfg_attr(not(probe), path = "absent_host.rs")]
pub mod host;
#[cfg(probe)]
mod kernel;
#[cfg(probe)]
mod libbpf;
#[cfg_attr(probe, path = "live.rs")]
#[cfg_attr(not(probe), path = "absent.rs")]
mod live;
pub mod plan;
#[cfg(target_os = "linux")]
pub mod privilege;
#[cfg(probe)]
mod ring;
mod settings;
mod signals;
#[cfg(target_os = "linux")]
pub mod snapshot;

pub use error::ProbeError;
pub use live::Live;
pub use settings::{Counters, Rings, Scope, Settings};
pub use signals::stop_on_signals;
