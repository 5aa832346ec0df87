//! The state of the machine, field extraction, rule evaluation, alerts.
//!
//! Events come from an [`inspector::EventSource`]; the [`inspector::Inspector`] feeds them to the [`state`] (what each event
//! does to it is in [`parse`]) and lends each with the state as a [`view::View`]. [`fields`] computes values of a view, or of a
//! test's table of values; [`eval`] judges a compiled program's rules on them, and explains; [`alert`] writes what a match says.
//! The crate knows rules only as [`falco_compiler::program`] and does not know where events come from.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod alert;
pub mod eval;
pub mod fields;
pub mod inspector;
pub mod parse;
pub mod render;
pub mod replay;
pub mod state;
pub mod value;
pub mod view;
