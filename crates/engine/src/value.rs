//! Field values, and where they come from.

use std::net::IpAddr;

use bumpalo::Bump;
use falco_catalog::{EventType, FieldRef};
use ipnet::IpNet;

/// A field's value for one event. Borrowed from the event, the state or the event's arena: making one allocates nothing
/// outside the arena.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Strings and byte buffers.
    Bytes(&'a [u8]),
    /// Signed integers.
    Int(i64),
    /// Unsigned integers, flags, times, ports.
    Uint(u64),
    /// Booleans.
    Bool(bool),
    /// Addresses.
    Ip(IpAddr),
    /// Networks.
    Net(IpNet),
    /// Floating point.
    Double(f64),
    /// A list field's elements.
    List(&'a [Value<'a>]),
    /// Either end of a connection: `fd.ip`, `fd.port`, `fd.net`. Filter only; see the comparison rules.
    Ends(&'a [Value<'a>]),
    /// All ancestors, nearest first: `proc.aname` and its kind without index. Compared per ancestor.
    Ancestors(&'a [Value<'a>]),
}

impl<'a> Value<'a> {
    /// The bytes of a string or buffer.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The elements of a list, of the ends of a connection or of the ancestors.
    pub fn elements(&self) -> Option<&'a [Value<'a>]> {
        match self {
            Self::List(items) | Self::Ends(items) | Self::Ancestors(items) => Some(items),
            _ => None,
        }
    }
}

/// An event with whatever is needed to compute fields: a capture's event with the machine's state, a test's table of values,
/// a plugin's event.
pub trait FieldSource {
    /// The event's code, for indexing; `None` for events of plugins and made-up ones without a known type.
    fn event_type(&self) -> Option<EventType>;
    /// The event source, such as `syscall`.
    fn source(&self) -> &str;
    /// Nanoseconds since the epoch.
    fn timestamp(&self) -> u64;
    /// The value of a field, or `None` where it has none.
    fn extract<'a>(&'a self, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>>;

    /// Whether the event is one of a stream, so that fields which look back (`evt.deltatime`, `util.cnt`) and fields that the
    /// code alone decides (`evt.type`) can be computed outside [`extract`](Self::extract). Not so for made-up events: what
    /// their table does not name has no value.
    fn is_recorded(&self) -> bool {
        false
    }
}
