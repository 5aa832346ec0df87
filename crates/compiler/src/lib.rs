//! Meaning of rules files: from texts in load order to diagnostics and a [`program::Program`].
//!
//! Skeleton: the compiler's author completes this.

pub mod program;
