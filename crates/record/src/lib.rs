//! Making captures out of events: recordings that rotate, recordings that an alert starts, and cutting recordings down.
//!
//! The crate works on events and on the machine's state, wherever they come from; it knows neither the live probe nor terminals. Start
//! reading at [`Recording`], the capture that is being written; [`Rotation`] makes many of one, [`OnAlert`] begins one when a rule
//! matches, with the time before from a [`Ring`].

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod anonymise;
mod on_alert;
mod recording;
mod ring;
mod rotation;
pub mod slice;
mod tap;
#[cfg(test)]
mod testing;

pub use on_alert::{Before, Match, OnAlert, Policy, Stop, Stopped};
pub use recording::{RecordError, Recording};
pub use ring::Ring;
pub use rotation::{Limits, Rotation};
pub use tap::{Seen, Tap, Told};
