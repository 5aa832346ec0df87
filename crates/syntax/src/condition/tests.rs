//! Tests of the condition language.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod conformance;
