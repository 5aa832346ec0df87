//! The event table.

use crate::types::{ParamType, PrintFormat};

/// A code of the event table (`PPME_*`), 0 to 453.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(pub u16);

/// One event of the table.
#[derive(Debug)]
pub struct EventInfo {
    /// The code.
    pub ty: EventType,
    /// The constant's name without its prefix, such as `SYSCALL_OPEN_X`.
    pub code: &'static str,
    /// The name that rules use, such as `open`.
    pub name: &'static str,
    /// Whether this is the exit side. Events that are neither (procexit, switch) count as enter.
    pub is_exit: bool,
    /// The parameters, in order.
    pub params: &'static [ParamInfo],
    // The catalogue's author adds: category, source bits, flags, the ppm_sc names, documentation.
}

/// One parameter of an event.
#[derive(Debug)]
pub struct ParamInfo {
    /// The name that `evt.arg.NAME` uses.
    pub name: &'static str,
    /// The type.
    pub ty: ParamType,
    /// How its number is printed.
    pub format: PrintFormat,
    // The catalogue's author adds: flags table, dynamic table, dirfd parameter.
}

/// A set of event codes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventSet([u64; 8]);

impl EventSet {
    /// No event.
    pub const EMPTY: Self = Self([0; 8]);
}
