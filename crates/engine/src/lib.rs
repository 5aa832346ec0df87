//! The state of the machine, field extraction, rule evaluation, alerts.
//!
//! Skeleton: two authors complete this. State: [`state`], [`parse`]. Values: [`fields`], [`render`], [`eval`], [`alert`].

pub mod alert;
pub mod eval;
pub mod fields;
pub mod inspector;
pub mod parse;
pub mod render;
pub mod state;
pub mod value;
pub mod view;
