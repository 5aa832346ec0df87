//! Rendering: numbers, times, addresses, event parameters as text.

pub(crate) mod address;
pub(crate) mod params;
pub mod sink;
pub mod time;
