//! The ends of a socket. The source is always the client, the destination the server.

use std::net::IpAddr;

use crate::state::{Fd, FdType, L4Proto, Role, SocketInfo};

/// An address and a port.
pub(crate) type End = (IpAddr, u16);

/// The transport as fields tell it: a socket of which nobody knows who called whom has none, unless it is raw.
pub(crate) fn l4_of(fd: &Fd) -> L4Proto {
    match fd.ty {
        FdType::Ipv4Sock | FdType::Ipv6Sock if fd.l4 == L4Proto::Raw => L4Proto::Raw,
        FdType::Ipv4Sock | FdType::Ipv6Sock if fd.role == Role::None => L4Proto::Na,
        FdType::Ipv4Sock | FdType::Ipv6Sock | FdType::Ipv4Servsock | FdType::Ipv6Servsock => fd.l4,
        _ => L4Proto::Na,
    }
}

/// Both ends of a connection; a fresh socket has them too, as zeros.
pub(crate) fn tuple(fd: &Fd) -> Option<(End, End)> {
    match (fd.ty, fd.socket) {
        (_, SocketInfo::Ipv4 { src, dst }) => Some(((src.0.into(), src.1), (dst.0.into(), dst.1))),
        (_, SocketInfo::Ipv6 { src, dst }) => Some(((src.0.into(), src.1), (dst.0.into(), dst.1))),
        (FdType::Ipv4Sock, _) => {
            let zero = (IpAddr::from([0u8; 4]), 0);
            Some((zero, zero))
        }
        (FdType::Ipv6Sock, _) => {
            let zero = (IpAddr::from([0u8; 16]), 0);
            Some((zero, zero))
        }
        _ => None,
    }
    .filter(|_| fd.ty.is_ip_sock())
}

/// The address of a bound socket.
pub(crate) fn bound(fd: &Fd) -> Option<End> {
    match (fd.ty, fd.socket) {
        (FdType::Ipv4Servsock, SocketInfo::Ipv4Server { addr }) => Some((addr.0.into(), addr.1)),
        (FdType::Ipv6Servsock, SocketInfo::Ipv6Server { addr }) => Some((addr.0.into(), addr.1)),
        _ => None,
    }
}

/// The client's end of a connection.
pub(crate) fn client(fd: &Fd) -> Option<End> {
    tuple(fd).map(|(client, _)| client)
}

/// The server's end of a connection, or the address of a bound socket.
pub(crate) fn server(fd: &Fd) -> Option<End> {
    tuple(fd).map(|(_, server)| server).or_else(|| bound(fd))
}
