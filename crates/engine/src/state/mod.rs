//! What is known of the machine: threads, file descriptors, users, groups, interfaces.

mod types;

pub use types::*;
