//! Skeleton.
pub mod ast;
