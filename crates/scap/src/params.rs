//! Typed access to an event's parameters.
//!
//! Three cases are kept apart: the event has no such parameter or it is empty (`Ok(None)`), it has a value, it has a value of
//! the wrong size or shape ([`ParamError`]).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use falco_catalog::EventType;

use crate::event::Event;

/// What readers of a string parameter see when it is empty, or holds the `(NULL)` of old drivers.
pub const NO_TEXT: &[u8] = b"<NA>";

/// How old drivers wrote an absent string.
const OLD_NULL: &[u8] = b"(NULL)\0";

/// `AF_UNIX`.
pub const AF_UNIX: u8 = 1;
/// `AF_INET`.
pub const AF_INET: u8 = 2;
/// `AF_INET6`.
pub const AF_INET6: u8 = 10;

/// A parameter that is not what its type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamError {
    /// The event's type.
    pub ty: EventType,
    /// The parameter's index.
    pub index: usize,
    /// What is wrong.
    pub problem: ParamProblem,
}

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamProblem {
    /// A fixed-size value of another size.
    Length {
        /// The size of the type.
        expected: usize,
        /// The size in the event.
        found: usize,
    },
    /// Text whose NUL is not the only one and last.
    Text,
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.ty.info();
        let event = info.map_or("?", |info| info.name);
        let name = info.and_then(|info| info.params.get(self.index)).map_or("?", |param| param.name);
        write!(f, "could not parse param {} (`{name}`) of event type {} (`{event}`): ", self.index, self.ty.0)?;
        match self.problem {
            ParamProblem::Length { expected, found } => write!(f, "expected length {expected}, found {found}"),
            ParamProblem::Text => f.write_str("the text does not end in its only NUL"),
        }
    }
}

impl std::error::Error for ParamError {}

macro_rules! integer {
    ($($name:ident)*) => {$(
        #[doc = concat!("Parameter `index` as `", stringify!($name), "`.")]
        #[inline]
        pub fn $name(&self, index: usize) -> Result<Option<$name>, ParamError> {
            Ok(self.fixed(index)?.map($name::from_le_bytes))
        }
    )*};
}

impl<'a> Event<'a> {
    integer!(u8 u16 u32 u64 i8 i16 i32 i64);

    #[inline]
    fn fixed<const N: usize>(&self, index: usize) -> Result<Option<[u8; N]>, ParamError> {
        match self.param(index) {
            None | Some([]) => Ok(None),
            Some(bytes) => match bytes.try_into() {
                Ok(array) => Ok(Some(array)),
                Err(_) => Err(self.param_error(index, ParamProblem::Length { expected: N, found: bytes.len() })),
            },
        }
    }

    #[cold]
    fn param_error(&self, index: usize, problem: ParamProblem) -> ParamError {
        ParamError { ty: self.ty, index, problem }
    }

    /// Whether parameter `index` carries no information: not there, or of zero length.
    #[inline]
    pub fn is_empty(&self, index: usize) -> bool {
        self.param(index).is_none_or(<[u8]>::is_empty)
    }

    /// Parameter `index` as text, without its NUL: [`NO_TEXT`] when it is empty or the `(NULL)` of old drivers, `None` past
    /// the last parameter.
    pub fn str(&self, index: usize) -> Result<Option<&'a [u8]>, ParamError> {
        let Some(bytes) = self.param(index) else { return Ok(None) };
        if bytes.is_empty() || bytes == OLD_NULL {
            return Ok(Some(NO_TEXT));
        }
        match bytes.iter().position(|&b| b == 0) {
            Some(nul) if nul + 1 == bytes.len() => Ok(bytes.get(..nul)),
            _ => Err(self.param_error(index, ParamProblem::Text)),
        }
    }

    /// Parameter `index` as a list of NUL-separated items: arguments, environment, cgroups.
    pub fn list(&self, index: usize) -> Option<NulList<'a>> {
        self.param(index).map(NulList::new)
    }

    /// Parameter `index` as a socket address.
    pub fn sockaddr(&self, index: usize) -> Option<Sockaddr<'a>> {
        self.param(index).and_then(Sockaddr::parse)
    }

    /// Parameter `index` as a socket tuple.
    pub fn socktuple(&self, index: usize) -> Option<Socktuple<'a>> {
        self.param(index).and_then(Socktuple::parse)
    }

    /// Parameter `index` as a list of descriptors with their flags, as `poll` has it.
    pub fn fdlist(&self, index: usize) -> Option<PollList<'a>> {
        self.param(index).and_then(PollList::parse)
    }

    /// Parameter `index` as a dynamic value: which type of the parameter's table, and the value's bytes.
    pub fn dynamic(&self, index: usize) -> Option<(u8, &'a [u8])> {
        self.param(index)?.split_first().map(|(&which, value)| (which, value))
    }
}

/// Items of a NUL-separated list. One NUL at the end is dropped; empty input has no items; empty items count.
#[derive(Debug, Clone)]
pub struct NulList<'a>(Option<&'a [u8]>);

impl<'a> NulList<'a> {
    /// The items of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        if bytes.is_empty() { Self(None) } else { Self(Some(bytes.strip_suffix(&[0]).unwrap_or(bytes))) }
    }
}

impl<'a> Iterator for NulList<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let bytes = self.0?;
        match bytes.iter().position(|&b| b == 0) {
            Some(nul) => {
                self.0 = bytes.get(nul + 1..);
                bytes.get(..nul)
            }
            None => self.0.take(),
        }
    }
}

/// A socket address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Sockaddr<'a> {
    Unix {
        path: &'a [u8],
    },
    V4 {
        ip: Ipv4Addr,
        port: u16,
    },
    V6 {
        ip: Ipv6Addr,
        port: u16,
    },
    /// A family of which only the number counts.
    Other {
        family: u8,
    },
    /// A known family with too few bytes, or a path without its NUL.
    Invalid {
        family: u8,
    },
}

impl<'a> Sockaddr<'a> {
    /// Reads a parameter's bytes; `None` when it is empty.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&family, rest) = bytes.split_first()?;
        let parsed = match family {
            AF_UNIX => path(rest).map(|path| Self::Unix { path }),
            AF_INET => endpoint(rest).map(|(ip, port, _)| Self::V4 { ip: Ipv4Addr::from(ip), port }),
            AF_INET6 => endpoint(rest).map(|(ip, port, _)| Self::V6 { ip: Ipv6Addr::from(ip), port }),
            _ => Some(Self::Other { family }),
        };
        Some(parsed.unwrap_or(Self::Invalid { family }))
    }
}

impl Sockaddr<'_> {
    /// Writes the parameter's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Unix { path } => {
                out.push(AF_UNIX);
                out.extend_from_slice(path);
                out.push(0);
            }
            Self::V4 { ip, port } => {
                out.push(AF_INET);
                put_endpoint(&ip.octets(), port, out);
            }
            Self::V6 { ip, port } => {
                out.push(AF_INET6);
                put_endpoint(&ip.octets(), port, out);
            }
            Self::Other { family } | Self::Invalid { family } => out.push(family),
        }
    }
}

/// Both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Socktuple<'a> {
    Unix {
        source: u64,
        destination: u64,
        path: &'a [u8],
    },
    V4 {
        sip: Ipv4Addr,
        sport: u16,
        dip: Ipv4Addr,
        dport: u16,
    },
    V6 {
        sip: Ipv6Addr,
        sport: u16,
        dip: Ipv6Addr,
        dport: u16,
    },
    /// A family that carries nothing.
    Other {
        family: u8,
    },
    /// A known family with too few bytes, or a path without its NUL.
    Invalid {
        family: u8,
    },
}

impl<'a> Socktuple<'a> {
    /// Reads a parameter's bytes; `None` when it is empty.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&family, rest) = bytes.split_first()?;
        let parsed = match family {
            AF_UNIX => unix_tuple(rest),
            AF_INET => pair(rest).map(|(sip, sport, dip, dport)| Self::V4 {
                sip: Ipv4Addr::from(sip),
                sport,
                dip: Ipv4Addr::from(dip),
                dport,
            }),
            AF_INET6 => pair(rest).map(|(sip, sport, dip, dport)| Self::V6 {
                sip: Ipv6Addr::from(sip),
                sport,
                dip: Ipv6Addr::from(dip),
                dport,
            }),
            _ => Some(Self::Other { family }),
        };
        Some(parsed.unwrap_or(Self::Invalid { family }))
    }
}

impl Socktuple<'_> {
    /// Writes the parameter's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Unix { source, destination, path } => {
                out.push(AF_UNIX);
                out.extend_from_slice(&source.to_le_bytes());
                out.extend_from_slice(&destination.to_le_bytes());
                out.extend_from_slice(path);
                out.push(0);
            }
            Self::V4 { sip, sport, dip, dport } => {
                out.push(AF_INET);
                put_endpoint(&sip.octets(), sport, out);
                put_endpoint(&dip.octets(), dport, out);
            }
            Self::V6 { sip, sport, dip, dport } => {
                out.push(AF_INET6);
                put_endpoint(&sip.octets(), sport, out);
                put_endpoint(&dip.octets(), dport, out);
            }
            Self::Other { family } | Self::Invalid { family } => out.push(family),
        }
    }
}

fn put_endpoint(ip: &[u8], port: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(ip);
    out.extend_from_slice(&port.to_le_bytes());
}

/// An address of `N` bytes in network order, then the port in host order.
fn endpoint<const N: usize>(bytes: &[u8]) -> Option<([u8; N], u16, &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<N>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some((*ip, u16::from_le_bytes(*port), rest))
}

fn pair<const N: usize>(bytes: &[u8]) -> Option<([u8; N], u16, [u8; N], u16)> {
    let (sip, sport, rest) = endpoint::<N>(bytes)?;
    let (dip, dport, _) = endpoint::<N>(rest)?;
    Some((sip, sport, dip, dport))
}

fn unix_tuple(bytes: &[u8]) -> Option<Socktuple<'_>> {
    let (source, rest) = bytes.split_first_chunk::<8>()?;
    let (destination, rest) = rest.split_first_chunk::<8>()?;
    let (source, destination) = (u64::from_le_bytes(*source), u64::from_le_bytes(*destination));
    Some(Socktuple::Unix { source, destination, path: path(rest)? })
}

/// A path that must end in NUL; the text goes to the first one.
fn path(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.last() != Some(&0) {
        return None;
    }
    bytes.split(|&b| b == 0).next()
}

/// Descriptors with flags, as `poll` has them.
#[derive(Debug, Clone)]
pub struct PollList<'a>(&'a [u8]);

impl<'a> PollList<'a> {
    /// Reads a parameter's bytes; `None` when they are too few for the count they begin with.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<2>()?;
        rest.get(..usize::from(u16::from_le_bytes(*count)) * 10).map(Self)
    }
}

impl Iterator for PollList<'_> {
    type Item = (i64, i16);

    fn next(&mut self) -> Option<(i64, i16)> {
        let (fd, rest) = self.0.split_first_chunk::<8>()?;
        let (flags, rest) = rest.split_first_chunk::<2>()?;
        self.0 = rest;
        Some((i64::from_le_bytes(*fd), i16::from_le_bytes(*flags)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with<R>(params: &[&[u8]], f: impl FnOnce(Event<'_>) -> R) -> R {
        let data = params.concat();
        let mut at = 0;
        let ends: Vec<u32> = params
            .iter()
            .map(|p| {
                at += p.len() as u32;
                at
            })
            .collect();
        f(Event::new(1, 2, 3, EventType(5), 0, &ends, &data))
    }

    #[test]
    fn integers_keep_absent_and_wrong_apart() {
        with(&[&[1, 0, 0, 0], &[], &(-2i64).to_le_bytes()], |e| {
            assert_eq!(e.u32(0), Ok(Some(1)));
            assert_eq!(e.u32(1), Ok(None));
            assert_eq!(e.i64(2), Ok(Some(-2)));
            assert_eq!(e.u32(3), Ok(None));
            let error = e.u64(0).unwrap_err();
            assert_eq!(error.problem, ParamProblem::Length { expected: 8, found: 4 });
            assert!(error.to_string().ends_with("expected length 8, found 4"), "{error}");
            assert!(e.is_empty(1) && e.is_empty(3) && !e.is_empty(0));
        });
    }

    #[test]
    fn text_has_one_nul_and_it_is_last() {
        with(&[b"a\0", b"", b"(NULL)\0", b"a", b"a\0b\0", b"\0"], |e| {
            assert_eq!(e.str(0), Ok(Some(&b"a"[..])));
            assert_eq!(e.str(1), Ok(Some(NO_TEXT)));
            assert_eq!(e.str(2), Ok(Some(NO_TEXT)));
            assert!(!e.is_empty(2));
            assert!(e.str(3).is_err());
            assert!(e.str(4).is_err());
            assert_eq!(e.str(5), Ok(Some(&b""[..])));
            assert_eq!(e.str(6), Ok(None));
        });
    }

    #[test]
    fn lists_keep_empty_items() {
        let items = |bytes: &'static [u8]| NulList::new(bytes).collect::<Vec<_>>();
        assert_eq!(items(b""), Vec::<&[u8]>::new());
        assert_eq!(items(b"a\0b\0"), [b"a", b"b"]);
        assert_eq!(items(b"a\0\0"), [&b"a"[..], b""]);
        assert_eq!(items(b"a\0b"), [b"a", b"b"]);
        assert_eq!(items(b"\0"), [b""]);
    }

    #[test]
    fn addresses() {
        let v4 = [2, 10, 0, 0, 1, 0x50, 0];
        assert_eq!(Sockaddr::parse(&v4), Some(Sockaddr::V4 { ip: Ipv4Addr::new(10, 0, 0, 1), port: 80 }));
        assert_eq!(Sockaddr::parse(&v4[..6]), Some(Sockaddr::Invalid { family: 2 }));
        assert_eq!(Sockaddr::parse(b"\x01/run/x\0pad\0"), Some(Sockaddr::Unix { path: b"/run/x" }));
        assert_eq!(Sockaddr::parse(b"\x01/run/x"), Some(Sockaddr::Invalid { family: 1 }));
        assert_eq!(Sockaddr::parse(b"\x01"), Some(Sockaddr::Invalid { family: 1 }));
        assert_eq!(Sockaddr::parse(&[16, 9]), Some(Sockaddr::Other { family: 16 }));
        assert_eq!(Sockaddr::parse(&[]), None);
    }

    #[test]
    fn tuples() {
        let v4 = [2, 10, 0, 0, 1, 0x50, 0, 10, 0, 0, 2, 0xbb, 1];
        let (sip, dip) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
        assert_eq!(Socktuple::parse(&v4), Some(Socktuple::V4 { sip, sport: 80, dip, dport: 443 }));
        assert_eq!(Socktuple::parse(&v4[..12]), Some(Socktuple::Invalid { family: 2 }));
        let mut unix = vec![1];
        unix.extend(7u64.to_le_bytes());
        unix.extend(8u64.to_le_bytes());
        assert_eq!(Socktuple::parse(&unix), Some(Socktuple::Invalid { family: 1 }));
        unix.extend(b"/s\0");
        assert_eq!(Socktuple::parse(&unix), Some(Socktuple::Unix { source: 7, destination: 8, path: b"/s" }));
    }

    #[test]
    fn poll_lists_need_all_their_bytes() {
        let mut bytes = vec![2, 0];
        bytes.extend(3i64.to_le_bytes());
        bytes.extend(1i16.to_le_bytes());
        assert!(PollList::parse(&bytes).is_none());
        bytes.extend(4i64.to_le_bytes());
        bytes.extend(2i16.to_le_bytes());
        assert_eq!(PollList::parse(&bytes).unwrap().collect::<Vec<_>>(), [(3, 1), (4, 2)]);
    }
}
