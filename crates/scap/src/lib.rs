//! SCAP capture files: reading, converting old events, writing.
//!
//! Skeleton: the author completes this. Start reading at [`event::Event`].

pub mod event;

pub use event::Event;
