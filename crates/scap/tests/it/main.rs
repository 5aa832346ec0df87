//! What the crate does with whole captures.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod alloc;
mod captures;
mod converter;
mod corrupt;
mod hostile;
mod roundtrip;
mod shared;
mod versions;
