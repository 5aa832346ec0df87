//! Where in a capture texts and addresses are.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_catalog::types::ParamType;
use falco_scap::item::{FdInfo, InterfaceAddr};
use falco_scap::params::{Sockaddr, Socktuple};
use falco_scap::{Event, EventBuf, Item};

use crate::slice::Piece;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Names, paths, arguments.
    Text,
    /// Variables of an environment, `NAME=VALUE` with NUL between them.
    Environment,
    /// What was read or written.
    Data,
}

/// Looks at texts and addresses, and may change them.
pub trait Visitor {
    /// A text.
    fn text(&mut self, kind: Kind, text: &mut Vec<u8>);
    /// An address.
    fn v4(&mut self, addr: Ipv4Addr) -> Ipv4Addr {
        addr
    }
    /// An address.
    fn v6(&mut self, addr: Ipv6Addr) -> Ipv6Addr {
        addr
    }
}

/// Visits everything in a piece.
pub fn visit(piece: &mut Piece, visitor: &mut impl Visitor) {
    match piece {
        Piece::Fixed(Item::Machine(info)) => visitor.text(Kind::Text, &mut info.hostname),
        Piece::Fixed(_) => {}
        Piece::Interface(interface) => match &mut interface.addr {
            InterfaceAddr::V4 { addr, netmask, broadcast } => {
                *addr = visitor.v4(*addr);
                // The broadcast address follows from the other two.
                *broadcast = Ipv4Addr::from_bits(addr.to_bits() | !netmask.to_bits());
            }
            InterfaceAddr::V6 { addr, .. } => *addr = visitor.v6(*addr),
        },
        Piece::User(user) => {
            [&mut user.name, &mut user.homedir, &mut user.shell].into_iter().for_each(|t| visitor.text(Kind::Text, t));
        }
        Piece::Group(group) => visitor.text(Kind::Text, &mut group.name),
        Piece::Process(p) => {
            for text in [&mut p.comm, &mut p.exe, &mut p.exepath, &mut p.args, &mut p.cwd, &mut p.cgroups, &mut p.root]
            {
                visitor.text(Kind::Text, text);
            }
            visitor.text(Kind::Environment, &mut p.env);
        }
        Piece::Fd(_, fd) => visit_fd(&mut fd.info, visitor),
        Piece::Event(event, _) => *event = visited(&event.event(), visitor),
    }
}

fn visit_fd(info: &mut FdInfo, visitor: &mut impl Visitor) {
    match info {
        FdInfo::Unknown => {}
        FdInfo::Named { name, .. } | FdInfo::FileV2 { name, .. } | FdInfo::Unix { name, .. } => {
            visitor.text(Kind::Text, name);
        }
        FdInfo::Ipv4 { sip, dip, .. } => (*sip, *dip) = (visitor.v4(*sip), visitor.v4(*dip)),
        FdInfo::Ipv6 { sip, dip, .. } => (*sip, *dip) = (visitor.v6(*sip), visitor.v6(*dip)),
        FdInfo::Ipv4Server { ip, .. } => *ip = visitor.v4(*ip),
        FdInfo::Ipv6Server { ip, .. } => *ip = visitor.v6(*ip),
    }
}

fn visited(event: &Event<'_>, visitor: &mut impl Visitor) -> EventBuf {
    let mut out = EventBuf::default();
    out.begin(event.ts, event.tid, event.cpu, event.ty, event.flags);
    let Some(info) = event.ty.info() else { return event.into() };
    for (index, bytes) in event.params().enumerate() {
        let param = info.params.get(index);
        let mut bytes = bytes.to_vec();
        if let Some(param) = param.filter(|_| !bytes.is_empty()) {
            let syscall = info.sources.syscall();
            match (param.ty, bytes.first()) {
                // A value of one of several types begins with which.
                (ParamType::Dyn, Some(which)) => {
                    let ty = param.dynamic.get(usize::from(*which)).map(|dynamic| dynamic.ty);
                    let mut value = bytes.split_off(1);
                    ty.into_iter().for_each(|ty| visit_param(ty, param.name, syscall, &mut value, visitor));
                    bytes.extend_from_slice(&value);
                }
                (ty, _) => visit_param(ty, param.name, syscall, &mut bytes, visitor),
            }
        }
        out.push(&bytes);
    }
    out
}

fn visit_param(ty: ParamType, name: &str, syscall: bool, bytes: &mut Vec<u8>, visitor: &mut impl Visitor) {
    use ParamType as T;
    match ty {
        T::Charbuf | T::Bytebuf | T::Charbufarray if name == "env" => visitor.text(Kind::Environment, bytes),
        // What a container's runtime tells comes in such a parameter, too.
        T::Bytebuf if syscall && name == "data" => visitor.text(Kind::Data, bytes),
        T::Charbuf | T::Bytebuf | T::Fspath | T::Fsrelpath | T::Charbufarray | T::CharbufPairArray => {
            visitor.text(Kind::Text, bytes);
        }
        T::Sockaddr => visit_sockaddr(bytes, visitor),
        T::Socktuple => visit_socktuple(bytes, visitor),
        T::Ipv4addr | T::Ipv6addr | T::Ipaddr => {
            if let Ok(octets) = <[u8; 4]>::try_from(&bytes[..]) {
                *bytes = visitor.v4(octets.into()).octets().to_vec();
            } else if let Ok(octets) = <[u8; 16]>::try_from(&bytes[..]) {
                *bytes = visitor.v6(octets.into()).octets().to_vec();
            }
        }
        _ => {}
    }
}

fn visit_sockaddr(bytes: &mut Vec<u8>, visitor: &mut impl Visitor) {
    let mut out = Vec::new();
    match Sockaddr::parse(bytes) {
        Some(Sockaddr::V4 { ip, port }) => Sockaddr::V4 { ip: visitor.v4(ip), port }.encode(&mut out),
        Some(Sockaddr::V6 { ip, port }) => Sockaddr::V6 { ip: visitor.v6(ip), port }.encode(&mut out),
        Some(Sockaddr::Unix { path }) => {
            let mut path = path.to_vec();
            visitor.text(Kind::Text, &mut path);
            Sockaddr::Unix { path: &path }.encode(&mut out);
        }
        Some(Sockaddr::Other { .. } | Sockaddr::Invalid { .. }) | None => return,
    }
    *bytes = out;
}

fn visit_socktuple(bytes: &mut Vec<u8>, visitor: &mut impl Visitor) {
    let mut out = Vec::new();
    match Socktuple::parse(bytes) {
        Some(Socktuple::V4 { sip, sport, dip, dport }) => {
            Socktuple::V4 { sip: visitor.v4(sip), sport, dip: visitor.v4(dip), dport }.encode(&mut out);
        }
        Some(Socktuple::V6 { sip, sport, dip, dport }) => {
            Socktuple::V6 { sip: visitor.v6(sip), sport, dip: visitor.v6(dip), dport }.encode(&mut out);
        }
        Some(Socktuple::Unix { source, destination, path }) => {
            let mut path = path.to_vec();
            visitor.text(Kind::Text, &mut path);
            Socktuple::Unix { source, destination, path: &path }.encode(&mut out);
        }
        Some(Socktuple::Other { .. } | Socktuple::Invalid { .. }) | None => return,
    }
    *bytes = out;
}
