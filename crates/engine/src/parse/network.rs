//! Sockets: made, bound, connected, accepted, and what reading and writing tells of their ends.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_catalog::event;
use falco_scap::params::{AF_INET, AF_INET6, AF_UNIX, Sockaddr, Socktuple};

use super::{Cycle, Outcome, required};
use crate::state::address::{
    embedded_v4, is_v4_mapped, write_sockaddr, write_socket_name, write_socktuple, write_unix,
};
use crate::state::{Connection, Fd, FdType, Interfaces, L4Proto, Machine, Role, SocketInfo, Text, open_flags};

const AF_NETLINK: u32 = 16;
const SOCK_STREAM: u32 = 1;
const SOCK_DGRAM: u32 = 2;
const SOCK_RAW: u32 = 3;
const IPPROTO_IP: u32 = 0;
const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const IPPROTO_RAW: u32 = 255;
const EINPROGRESS: i64 = 115;
/// As events carry them; the kernel's own values are the same on x86-64.
const SOL_SOCKET: u8 = 1;
const SO_ERROR: u8 = 4;
/// The choice of the option's value that is an error number.
const OPTION_IS_ERRNO: u8 = 1;
const SCM_RIGHTS: i32 = 1;

/// An address and a port.
type End4 = (Ipv4Addr, u16);
type End6 = (Ipv6Addr, u16);

const NO_END4: End4 = (Ipv4Addr::UNSPECIFIED, 0);
const NO_END6: End6 = (Ipv6Addr::UNSPECIFIED, 0);

/// A new socket's description.
fn new_socket(domain: u32, ty: u32, protocol: u32, open_flags: u32) -> Fd {
    let raw_or = |l4| if ty == SOCK_RAW { L4Proto::Raw } else { l4 };
    let l4 = match protocol {
        IPPROTO_TCP => raw_or(L4Proto::Tcp),
        IPPROTO_UDP => raw_or(L4Proto::Udp),
        IPPROTO_ICMP => raw_or(L4Proto::Icmp),
        IPPROTO_RAW => L4Proto::Raw,
        // The type comes with flags above its lowest byte.
        IPPROTO_IP if ty & 0xff == SOCK_STREAM => L4Proto::Tcp,
        IPPROTO_IP if ty & 0xff == SOCK_DGRAM => L4Proto::Udp,
        _ => L4Proto::Unknown,
    };
    let fd = if domain == u32::from(AF_INET) {
        Fd { l4, socket: SocketInfo::Ipv4 { src: NO_END4, dst: NO_END4 }, ..Fd::new(FdType::Ipv4Sock) }
    } else if domain == u32::from(AF_INET6) {
        Fd { l4, socket: SocketInfo::Ipv6 { src: NO_END6, dst: NO_END6 }, ..Fd::new(FdType::Ipv6Sock) }
    } else if domain == u32::from(AF_UNIX) {
        Fd { socket: SocketInfo::Unix { src: 0, dst: 0 }, ..Fd::new(FdType::UnixSock) }
    } else if domain == AF_NETLINK {
        Fd::new(FdType::Netlink)
    } else {
        Fd::new(FdType::Unknown)
    };
    Fd { open_flags, ..fd }
}

pub(super) fn socket(cx: &mut Cycle<'_, '_>) -> Outcome {
    let num = cx.ret();
    if num < 0 {
        return Ok(());
    }
    let event = cx.event;
    let (domain, ty, protocol) = (required(event.u32(1))?, required(event.u32(2))?, required(event.u32(3))?);
    let flags = event.u32(4)?.unwrap_or(0);
    cx.add_fd(num, new_socket(domain, ty, protocol, flags));
    Ok(())
}

pub(super) fn socketpair(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let event = cx.event;
    let (first, second) = (required(event.i64(1))?, required(event.i64(2))?);
    if first == second {
        cx.ctx.fd = None;
        return Ok(());
    }
    let socket = SocketInfo::Unix { src: required(event.u64(3))?, dst: required(event.u64(4))? };
    let fd = Fd { socket, ..Fd::new(FdType::UnixSock) };
    cx.add_fd(first, fd.clone());
    let first = cx.ctx.fd;
    cx.add_fd(second, fd);
    // The event shows the first descriptor with the number of the second.
    cx.ctx.fd = first;
    Ok(())
}

pub(super) fn bind(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ctx.fd.is_none() || cx.ret() < 0 {
        return Ok(());
    }
    let Some(addr) = cx.event.sockaddr(1).filter(|addr| !matches!(addr, Sockaddr::Invalid { .. })) else {
        return Ok(());
    };
    let mut name = std::mem::take(&mut cx.machine.scratch);
    name.clear();
    write_sockaddr(&addr, &mut name);
    if let Some(fd) = cx.fd_mut() {
        let server = match addr {
            Sockaddr::V4 { ip, port } if port > 0 => {
                Some((FdType::Ipv4Servsock, SocketInfo::Ipv4Server { addr: (ip, port) }))
            }
            Sockaddr::V6 { ip, port } if port > 0 && is_v4_mapped(ip) => {
                Some((FdType::Ipv4Servsock, SocketInfo::Ipv4Server { addr: (embedded_v4(ip), port) }))
            }
            Sockaddr::V6 { ip, port } if port > 0 => {
                Some((FdType::Ipv6Servsock, SocketInfo::Ipv6Server { addr: (ip, port) }))
            }
            _ => None,
        };
        if let Some((ty, socket)) = server {
            fd.ty = ty;
            fd.socket = socket;
            fd.role = Role::Server;
        }
        fd.set_name(&name);
    }
    cx.renamed = true;
    cx.machine.scratch = name;
    Ok(())
}

pub(super) fn accept(cx: &mut Cycle<'_, '_>) -> Outcome {
    let num = cx.ret();
    if num < 0 {
        return Ok(());
    }
    cx.ctx.last_event_fd = num;
    if let Some(thread) = cx.thread_mut() {
        thread.last_event_fd = num;
    }
    let flags = match cx.event.ty {
        event::SOCKET_ACCEPT4_6_X => cx.event.u32(5)?.unwrap_or(0) & open_flags::CLOEXEC,
        _ => 0,
    };
    let Some(tuple) = cx.event.socktuple(1) else { return Ok(()) };
    let fd = match tuple {
        Socktuple::V4 { sip, sport, dip, dport } => {
            let socket = SocketInfo::Ipv4 { src: (sip, sport), dst: (dip, dport) };
            Fd { socket, l4: L4Proto::Tcp, ..Fd::new(FdType::Ipv4Sock) }
        }
        Socktuple::V6 { sip, sport, dip, dport } if is_v4_mapped(sip) && is_v4_mapped(dip) => {
            let socket = SocketInfo::Ipv4 { src: (embedded_v4(sip), sport), dst: (embedded_v4(dip), dport) };
            Fd { socket, l4: L4Proto::Tcp, ..Fd::new(FdType::Ipv4Sock) }
        }
        Socktuple::V6 { sip, sport, dip, dport } => {
            let socket = SocketInfo::Ipv6 { src: (sip, sport), dst: (dip, dport) };
            Fd { socket, l4: L4Proto::Tcp, ..Fd::new(FdType::Ipv6Sock) }
        }
        Socktuple::Unix { source, destination, .. } => {
            Fd { socket: SocketInfo::Unix { src: source, dst: destination }, ..Fd::new(FdType::UnixSock) }
        }
        Socktuple::Other { .. } | Socktuple::Invalid { .. } => return Ok(()),
    };
    let mut name = std::mem::take(&mut cx.machine.scratch);
    name.clear();
    write_socktuple(&tuple, &mut name);
    let fd = Fd {
        name: Text::from(&name[..]),
        name_changed: true,
        open_flags: flags,
        role: Role::Server,
        connection: Connection::Connected,
        ..fd
    };
    cx.machine.scratch = name;
    cx.add_fd(num, fd);
    Ok(())
}

pub(super) fn connect(cx: &mut Cycle<'_, '_>) -> Outcome {
    let progress = match cx.ret() {
        0.. => Connection::Connected,
        // Counts as connected, unless somebody wants to know better.
        ret if ret == -EINPROGRESS && !cx.machine.track_connections => Connection::Connected,
        ret if ret == -EINPROGRESS => Connection::Pending,
        _ if cx.machine.track_connections => Connection::Failed,
        _ => return Ok(()),
    };
    if cx.ctx.thread.is_none() || cx.ctx.fd.is_none() {
        return Ok(());
    }
    let event = cx.event;
    let enter = cx.take_enter();
    let enter_event = enter.as_ref().map(|enter| enter.event());
    let valid = |addr: &Sockaddr<'_>| !matches!(addr, Sockaddr::Invalid { .. });
    let asked = enter_event.as_ref().and_then(|enter| enter.sockaddr(1)).filter(valid);
    let answered = event.sockaddr(3).filter(valid);
    let tuple = event.socktuple(1).filter(|tuple| !matches!(tuple, Socktuple::Invalid { .. }));
    let mut name = std::mem::take(&mut cx.machine.scratch);
    name.clear();
    if let Some(fd) = cx.fd_mut() {
        fd.connection = progress;
        match (tuple, asked) {
            (Some(tuple), asked) => connect_to(fd, &tuple, answered, asked, &mut name),
            (None, Some(asked)) => aim_at(fd, &asked),
            (None, None) => {}
        }
    }
    cx.renamed = true;
    cx.machine.scratch = name;
    cx.enter = enter;
    Ok(())
}

/// Takes the destination from the address that the program asked for, when the kernel tells of no connection.
fn aim_at(fd: &mut Fd, asked: &Sockaddr<'_>) {
    match *asked {
        Sockaddr::V4 { ip, port } => aim_v4(fd, (ip, port)),
        Sockaddr::V6 { ip, port } if is_v4_mapped(ip) => aim_v4(fd, (embedded_v4(ip), port)),
        Sockaddr::V6 { ip, port } => {
            fd.ty = FdType::Ipv6Sock;
            let src = if let SocketInfo::Ipv6 { src, .. } = fd.socket { src } else { NO_END6 };
            fd.socket = SocketInfo::Ipv6 { src, dst: (ip, port) };
        }
        // The name is that of the connection, and of that there is nothing to tell.
        _ => fd.set_name(b"NULL"),
    }
}

fn aim_v4(fd: &mut Fd, dst: End4) {
    fd.ty = FdType::Ipv4Sock;
    let src = if let SocketInfo::Ipv4 { src, .. } = fd.socket { src } else { NO_END4 };
    fd.socket = SocketInfo::Ipv4 { src, dst };
}

/// Sets both ends of a connection that the kernel tells of. Where its destination is only what the program's memory said after
/// the call, the enter event's address, read before, is the better one.
fn connect_to(
    fd: &mut Fd,
    tuple: &Socktuple<'_>,
    answered: Option<Sockaddr<'_>>,
    asked: Option<Sockaddr<'_>>,
    name: &mut Vec<u8>,
) {
    let changed = match *tuple {
        Socktuple::V4 { sip, sport, dip, dport } => {
            let told = (dip, dport);
            let dst = match (answered, asked) {
                (Some(Sockaddr::V4 { ip, port }), Some(Sockaddr::V4 { ip: asked, port: asked_port }))
                    if (ip, port) == told =>
                {
                    (asked, asked_port)
                }
                _ => told,
            };
            fd.ty = FdType::Ipv4Sock;
            set_v4(fd, (sip, sport), dst)
        }
        Socktuple::V6 { sip, sport, dip, dport } => {
            let told = (dip, dport);
            let dst = match (answered, asked) {
                (Some(Sockaddr::V6 { ip, port }), Some(Sockaddr::V6 { ip: asked, port: asked_port }))
                    if (ip, port) == told =>
                {
                    (asked, asked_port)
                }
                _ => told,
            };
            if is_v4_mapped(sip) && is_v4_mapped(dst.0) {
                fd.ty = FdType::Ipv4Sock;
                set_v4(fd, (embedded_v4(sip), sport), (embedded_v4(dst.0), dst.1))
            } else {
                fd.ty = FdType::Ipv6Sock;
                set_v6(fd, (sip, sport), dst)
            }
        }
        Socktuple::Unix { source, destination, path } => {
            if fd.ty != FdType::UnixSock {
                return;
            }
            let path = match (answered, asked) {
                (Some(Sockaddr::Unix { path: told }), Some(Sockaddr::Unix { path: asked })) if told == path => asked,
                _ => path,
            };
            fd.socket = SocketInfo::Unix { src: source, dst: destination };
            write_unix(source, destination, path, name);
            fd.set_name(name);
            false
        }
        Socktuple::Other { .. } | Socktuple::Invalid { .. } => return,
    };
    if fd.ty.is_ip_sock() {
        if changed && fd.role == Role::Server && fd.ty == FdType::Ipv4Sock && fd.l4 == L4Proto::Udp {
            swap_ends(fd);
        }
        write_socket_name(fd, name);
        fd.set_name(name);
    }
    if fd.role == Role::None {
        fd.role = Role::Client;
    }
}

/// Sets the ends of an IPv4 socket and says whether that changed them. The same connection seen from its other end is no
/// change.
fn set_v4(fd: &mut Fd, src: End4, dst: End4) -> bool {
    if matches!(fd.socket, SocketInfo::Ipv4 { src: s, dst: d } if (s, d) == (src, dst) || (s, d) == (dst, src)) {
        return false;
    }
    fd.socket = SocketInfo::Ipv4 { src, dst };
    true
}

/// The same for an IPv6 socket.
fn set_v6(fd: &mut Fd, src: End6, dst: End6) -> bool {
    if matches!(fd.socket, SocketInfo::Ipv6 { src: s, dst: d } if (s, d) == (src, dst) || (s, d) == (dst, src)) {
        return false;
    }
    fd.socket = SocketInfo::Ipv6 { src, dst };
    true
}

fn swap_ends(fd: &mut Fd) {
    match &mut fd.socket {
        SocketInfo::Ipv4 { src, dst } => std::mem::swap(src, dst),
        SocketInfo::Ipv6 { src, dst } => std::mem::swap(src, dst),
        _ => {}
    }
}

/// Takes in the ends that a read or write tells, and says whether there was news.
fn update(fd: &mut Fd, tuple: &Socktuple<'_>, interfaces: &Interfaces) -> bool {
    match *tuple {
        Socktuple::V4 { sip, sport, dip, dport } => {
            fd.ty = FdType::Ipv4Sock;
            if !set_v4(fd, (sip, sport), (dip, dport)) {
                return false;
            }
        }
        Socktuple::V6 { sip, sport, dip, dport } if is_v4_mapped(sip) && is_v4_mapped(dip) => {
            fd.ty = FdType::Ipv4Sock;
            if !set_v4(fd, (embedded_v4(sip), sport), (embedded_v4(dip), dport)) {
                return false;
            }
        }
        // A socket that serves an address stays one.
        Socktuple::V6 { sip, .. } if fd.ty == FdType::Ipv6Servsock => {
            if let SocketInfo::Ipv6Server { addr } = &mut fd.socket {
                addr.0 = sip;
            }
        }
        Socktuple::V6 { sip, sport, dip, dport } => {
            if !set_v6(fd, (sip, sport), (dip, dport)) {
                return false;
            }
        }
        Socktuple::Unix { source, destination, path } => {
            fd.ty = FdType::UnixSock;
            fd.socket = SocketInfo::Unix { src: source, dst: destination };
            fd.set_name(path);
            return true;
        }
        Socktuple::Invalid { .. } => return false,
        Socktuple::Other { .. } => {}
    }
    if fd.ty.is_ip_sock() {
        // A TCP connection's ends do not change while it lives.
        if fd.l4 == L4Proto::Unknown {
            fd.l4 = L4Proto::Udp;
        }
        fill_in(fd, interfaces);
    }
    true
}

/// Replaces an end without an address by the interface's that it must be.
fn fill_in(fd: &mut Fd, interfaces: &Interfaces) {
    match &mut fd.socket {
        SocketInfo::Ipv4 { src, dst } => {
            let (end, other) = if src.0.is_unspecified() { (src, *dst) } else { (dst, *src) };
            let inferred = interfaces.infer_v4(other.0);
            if end.0.is_unspecified() && !(inferred == other.0 && end.1 == other.1) {
                end.0 = inferred;
            }
        }
        SocketInfo::Ipv6 { src, dst } => {
            let (end, other) = if src.0.is_unspecified() { (src, *dst) } else { (dst, *src) };
            let inferred = interfaces.infer_v6(other.0).unwrap_or(Ipv6Addr::UNSPECIFIED);
            if end.0.is_unspecified() && !(inferred == other.0 && end.1 == other.1) {
                end.0 = inferred;
            }
        }
        _ => {}
    }
}

/// Guesses which end of a connection the process is: the server's, if it holds the destination's port.
fn guess_role(machine: &Machine, owner: i64, ports: (u16, u16), incoming: bool) -> Role {
    let Some(owner) = machine.thread(owner) else { return Role::Client };
    let (sport, dport) = ports;
    let serves = |fd: &Fd| match (fd.ty, fd.socket) {
        (FdType::Ipv4Sock, SocketInfo::Ipv4 { dst, .. }) => dst.1 == dport,
        (FdType::Ipv4Servsock, SocketInfo::Ipv4Server { addr }) => addr.1 == dport,
        _ => false,
    };
    let connects = |fd: &Fd| match (fd.ty, fd.socket) {
        (FdType::Ipv4Sock, SocketInfo::Ipv4 { src, .. }) => src.1 == sport,
        _ => false,
    };
    if !owner.fds.iter().any(|(_, fd)| serves(fd)) {
        Role::Client
    } else if !owner.fds.iter().any(|(_, fd)| connects(fd)) || incoming {
        Role::Server
    } else {
        Role::Client
    }
}

/// What reading and writing have in common: the descriptor is alive, and the tuple tells its ends.
fn exchanged(cx: &mut Cycle<'_, '_>, tuple_param: Option<usize>, incoming: bool) {
    let Some((owner, _)) = cx.ctx.fd else { return };
    let is_ip = cx.fd_type.is_some_and(FdType::is_ip_sock);
    if tuple_param.is_none() && !is_ip {
        return;
    }
    let tuple = tuple_param.and_then(|param| cx.event.socktuple(param));
    let Some(fd) = cx.fd_mut() else { return };
    if is_ip {
        fd.connection = Connection::Connected;
    }
    let is_tcp = fd.ty == FdType::Ipv4Sock && fd.l4 == L4Proto::Tcp;
    let Some(tuple) = tuple.filter(|_| fd.name.is_empty() || !is_tcp) else { return };
    let interfaces = std::mem::take(&mut cx.machine.interfaces);
    let news = cx.fd_mut().is_some_and(|fd| update(fd, &tuple, &interfaces));
    cx.machine.interfaces = interfaces;
    if !news {
        return;
    }
    cx.renamed = true;
    let guess = match cx.fd() {
        Some(fd) if fd.ty.is_ip_sock() && fd.role == Role::None => {
            let ports = match fd.socket {
                SocketInfo::Ipv4 { src, dst } => (src.1, dst.1),
                SocketInfo::Ipv6 { src, dst } => (src.1, dst.1),
                _ => (0, 0),
            };
            Some(guess_role(cx.machine, owner, ports, incoming))
        }
        _ => None,
    };
    let mut name = std::mem::take(&mut cx.machine.scratch);
    name.clear();
    if let Some(fd) = cx.fd_mut() {
        if fd.ty.is_ip_sock() {
            fd.role = guess.unwrap_or(fd.role);
            // The tuple's source is whoever sent; the descriptor's is always the client.
            if fd.role == (if incoming { Role::Client } else { Role::Server }) {
                swap_ends(fd);
            }
            write_socket_name(fd, &mut name);
        } else {
            write_socktuple(&tuple, &mut name);
        }
        fd.set_name(&name);
    }
    cx.machine.scratch = name;
}

/// A pending connection's outcome, where connections are tracked: `SO_ERROR` tells it.
pub(super) fn getsockopt(cx: &mut Cycle<'_, '_>) -> Outcome {
    if !cx.machine.track_connections || cx.ret() < 0 || cx.ctx.fd.is_none() {
        return Ok(());
    }
    let event = cx.event;
    if (required(event.u8(2))?, required(event.u8(3))?) != (SOL_SOCKET, SO_ERROR) {
        return Ok(());
    }
    let Some((OPTION_IS_ERRNO, value)) = event.dynamic(4) else { return Ok(()) };
    let Ok(errno) = <[u8; 8]>::try_from(value) else { return Err(super::Malformed) };
    if let Some(fd) = cx.fd_mut() {
        fd.connection = if i64::from_le_bytes(errno) == 0 { Connection::Connected } else { Connection::Failed };
    }
    Ok(())
}

/// Whether a received message carried descriptors: then the process has some that no event tells of.
fn passes_descriptors(control: &[u8]) -> bool {
    /// Length, level and type, as on a 64-bit kernel.
    const HEADER: usize = 16;
    let mut rest = control;
    while let (Some(len), Some(level), Some(kind)) =
        (rest.first_chunk::<8>(), rest.get(8..12).and_then(<[u8]>::first_chunk), rest.get(12..16))
    {
        let (len, level) = (u64::from_le_bytes(*len) as usize, i32::from_le_bytes(*level));
        if len < HEADER {
            return false;
        }
        if level == i32::from(SOL_SOCKET) && kind == SCM_RIGHTS.to_le_bytes() {
            return true;
        }
        rest = rest.get(len.saturating_add(7) & !7..).unwrap_or_default();
    }
    false
}

/// Notes whose descriptors should be read anew.
fn note_passed_descriptors(cx: &mut Cycle<'_, '_>) {
    let control = match cx.event.ty {
        event::SOCKET_RECVMSG_X => cx.event.param(4),
        event::SOCKET_RECVMMSG_X => cx.event.param(5),
        _ => None,
    };
    if control.is_some_and(passes_descriptors) {
        cx.machine.fds_passed_to = cx.fd_owner();
    }
}

/// read and its kind.
pub(super) fn received(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ctx.fd.is_none() || cx.ret() < 0 {
        return Ok(());
    }
    note_passed_descriptors(cx);
    let tuple_param = match cx.event.ty {
        event::SOCKET_RECVFROM_X => Some(2),
        event::SOCKET_RECVMSG_X => Some(3),
        event::SOCKET_RECV_X => Some(4),
        // Captures from before this call's parameters were recorded have it without any.
        event::SOCKET_RECVMMSG_X if cx.event.is_empty(0) => return Ok(()),
        event::SOCKET_RECVMMSG_X => Some(4),
        _ => None,
    };
    exchanged(cx, tuple_param, true);
    Ok(())
}

/// write and its kind.
pub(super) fn sent(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let tuple_param = match cx.event.ty {
        event::SOCKET_SENDMMSG_X if cx.event.is_empty(0) => return Ok(()),
        event::SOCKET_SENDMMSG_X => Some(4),
        event::SOCKET_SEND_X | event::SOCKET_SENDTO_X | event::SOCKET_SENDMSG_X => {
            if cx.ctx.fd.is_none() && cx.ctx.thread.is_some() {
                infer_socket(cx)?;
            }
            Some(4)
        }
        _ => None,
    };
    exchanged(cx, tuple_param, false);
    Ok(())
}

/// Who sends to an address through an unknown descriptor has a socket there; most probably a UDP one.
fn infer_socket(cx: &mut Cycle<'_, '_>) -> Outcome {
    let domain = match cx.event.socktuple(4) {
        Some(Socktuple::V4 { .. }) => AF_INET,
        Some(Socktuple::V6 { .. }) => AF_INET6,
        _ => return Ok(()),
    };
    let num = required(cx.event.i64(2))?;
    cx.add_fd(num, new_socket(u32::from(domain), SOCK_DGRAM, IPPROTO_UDP, 0));
    cx.fd_type = cx.fd().map(|fd| fd.ty);
    Ok(())
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use std::net::{Ipv4Addr, Ipv6Addr};

    use falco_scap::params::{Sockaddr, Socktuple};

    use super::super::testing::World;
    use crate::state::{Connection, FdType, L4Proto, Role, SocketInfo};

    fn v4(text: &str) -> (Ipv4Addr, u16) {
        let (ip, port) = text.rsplit_once(':').unwrap();
        (ip.parse().unwrap(), port.parse().unwrap())
    }

    fn v6(text: &str) -> (Ipv6Addr, u16) {
        let (ip, port) = text.rsplit_once(':').unwrap();
        (ip.parse().unwrap(), port.parse().unwrap())
    }

    fn tuple(src: &str, dst: &str) -> Socktuple<'static> {
        let ((sip, sport), (dip, dport)) = (v4(src), v4(dst));
        Socktuple::V4 { sip, sport, dip, dport }
    }

    fn addr(text: &str) -> Sockaddr<'static> {
        let (ip, port) = v4(text);
        Sockaddr::V4 { ip, port }
    }

    fn with_socket(domain: u32, ty: u32, proto: u32) -> World {
        let mut world = World::new();
        world.machine.interfaces.add_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::new(255, 0, 0, 0));
        world.machine.interfaces.add_v4(Ipv4Addr::new(10, 0, 0, 5), Ipv4Addr::new(255, 255, 255, 0));
        let socket = params! { fd = 3, domain = domain, type = ty, proto = proto, flags = 0 };
        world.step(100, event::SOCKET_SOCKET_X, socket);
        world
    }

    #[test]
    fn a_socket_has_a_type_and_a_transport_from_its_arguments() {
        for (domain, ty, proto, want, l4) in [
            (2, 1, 0, FdType::Ipv4Sock, L4Proto::Tcp),
            (2, 2 | 0x800, 0, FdType::Ipv4Sock, L4Proto::Udp),
            (10, 2, 17, FdType::Ipv6Sock, L4Proto::Udp),
            (2, 3, 6, FdType::Ipv4Sock, L4Proto::Raw),
            (2, 3, 0, FdType::Ipv4Sock, L4Proto::Unknown),
            (2, 2, 1, FdType::Ipv4Sock, L4Proto::Icmp),
            (1, 1, 0, FdType::UnixSock, L4Proto::Tcp),
            (16, 3, 0, FdType::Netlink, L4Proto::Unknown),
            (17, 3, 0, FdType::Unknown, L4Proto::Unknown),
        ] {
            let world = with_socket(domain, ty, proto);
            let fd = world.fd(100, 3).unwrap();
            assert_eq!((fd.ty, fd.role), (want, Role::None));
            assert!(fd.l4 == l4 || domain == 1, "{domain} {ty} {proto}: {:?}", fd.l4);
        }
    }

    #[test]
    fn connecting_makes_a_client() {
        let mut world = with_socket(2, 1, 0);
        let connect = params! { res = -115, tuple = tuple("10.0.0.5:5000", "8.8.8.8:53"), fd = 3 };
        let ctx = world.step(100, event::SOCKET_CONNECT_X, connect);
        let fd = world.fd(100, 3).unwrap();
        assert_eq!((fd.role, fd.connection), (Role::Client, Connection::Connected));
        assert_eq!(world.fd_name(100, 3), "10.0.0.5:5000->8.8.8.8:53");
        assert!(ctx.fd_name_changed);
        let refused = params! { res = -111, tuple = tuple("10.0.0.5:5000", "9.9.9.9:53"), fd = 3 };
        world.step(100, event::SOCKET_CONNECT_X, refused);
        assert_eq!(world.fd_name(100, 3), "10.0.0.5:5000->8.8.8.8:53");
    }

    #[test]
    fn the_address_asked_for_wins_over_one_changed_during_the_call() {
        let mut world = with_socket(2, 1, 0);
        world.step(100, event::SOCKET_CONNECT_E, params! { fd = 3, addr = addr("1.1.1.1:1") });
        let exit = params! { res = 0, tuple = tuple("10.0.0.5:5", "2.2.2.2:2"), fd = 3, addr = addr("2.2.2.2:2") };
        world.step(100, event::SOCKET_CONNECT_X, exit);
        assert_eq!(world.fd_name(100, 3), "10.0.0.5:5->1.1.1.1:1");
        world.step(100, event::SOCKET_CONNECT_E, params! { fd = 3, addr = addr("1.1.1.1:1") });
        let exit = params! { res = 0, tuple = tuple("10.0.0.5:5", "3.3.3.3:3"), fd = 3, addr = addr("2.2.2.2:2") };
        world.step(100, event::SOCKET_CONNECT_X, exit);
        assert_eq!(world.fd_name(100, 3), "10.0.0.5:5->3.3.3.3:3", "the kernel's own word is the best");
    }

    #[test]
    fn without_a_connection_the_enter_address_is_the_destination() {
        let mut world = with_socket(2, 1, 0);
        world.step(100, event::SOCKET_CONNECT_E, params! { fd = 3, addr = addr("1.1.1.1:1") });
        world.step(100, event::SOCKET_CONNECT_X, params! { res = 0, fd = 3 });
        let fd = world.fd(100, 3).unwrap();
        assert_eq!(fd.socket, SocketInfo::Ipv4 { src: v4("0.0.0.0:0"), dst: v4("1.1.1.1:1") });
        assert_eq!((world.fd_name(100, 3), fd.role), (String::new(), Role::None));
    }

    #[test]
    fn connections_are_tracked_on_request() {
        let getsockopt = |errno: i64| {
            let value = [&[1][..], &errno.to_le_bytes()].concat();
            params! { res = 0, fd = 3, level = 1, optname = 4, val = falco_scap::builder::Param::Raw(value), optlen = 4 }
        };
        let connect = |res: i64| params! { res = res, tuple = tuple("10.0.0.5:4", "10.0.0.9:5"), fd = 3 };
        for (track, pending, failed) in
            [(false, Connection::Connected, Connection::None), (true, Connection::Pending, Connection::Failed)]
        {
            let mut world = with_socket(2, 1, 0);
            world.machine.track_connections(track);
            world.step(100, event::SOCKET_CONNECT_X, connect(-111));
            assert_eq!(world.fd(100, 3).unwrap().connection, failed);
            assert_eq!(world.fd_name(100, 3).is_empty(), !track, "what was refused has a name if it is tracked");
            world.step(100, event::SOCKET_CONNECT_X, connect(-115));
            assert_eq!(world.fd(100, 3).unwrap().connection, pending);
            world.step(100, event::SOCKET_GETSOCKOPT_X, getsockopt(111));
            assert_eq!(world.fd(100, 3).unwrap().connection, if track { Connection::Failed } else { pending });
            world.step(100, event::SOCKET_GETSOCKOPT_X, getsockopt(0));
            assert_eq!(world.fd(100, 3).unwrap().connection, Connection::Connected);
        }
    }

    #[test]
    fn passed_descriptors_are_noted() {
        let control = |kind: i32| {
            let first = [&20_u64.to_le_bytes()[..], &1_i32.to_le_bytes(), &2_i32.to_le_bytes(), &[0; 8]].concat();
            [&first[..], &20_u64.to_le_bytes(), &1_i32.to_le_bytes(), &kind.to_le_bytes(), &[9, 0, 0, 0]].concat()
        };
        let mut world = with_socket(1, 1, 0);
        for (bytes, owner) in [(control(1), Some(100)), (control(2), None), (vec![1, 2], None), (vec![0; 64], None)] {
            let msgcontrol = falco_scap::builder::Param::Raw(bytes);
            world.machine.fds_passed_to = None;
            world.step(101, event::SOCKET_RECVMSG_X, params! { res = 1, size = 1, msgcontrol = msgcontrol, fd = 3 });
            assert_eq!(world.machine.fds_passed_to, owner);
        }
    }

    #[test]
    fn binding_to_a_port_makes_a_server() {
        let mut world = with_socket(2, 2, 0);
        world.step(100, event::SOCKET_BIND_X, params! { res = 0, addr = addr("10.0.0.5:0"), fd = 3 });
        assert_eq!((world.fd(100, 3).unwrap().ty, world.fd_name(100, 3)), (FdType::Ipv4Sock, "10.0.0.5:0".into()));
        world.step(100, event::SOCKET_BIND_X, params! { res = 0, addr = addr("10.0.0.5:7777"), fd = 3 });
        let fd = world.fd(100, 3).unwrap();
        assert_eq!((fd.ty, fd.role, fd.l4), (FdType::Ipv4Servsock, Role::Server, L4Proto::Udp));
        let received = params! { res = 3, tuple = tuple("10.0.0.9:41", "10.0.0.5:7777"), fd = 3 };
        world.step(100, event::SOCKET_RECVFROM_X, received);
        assert_eq!(world.fd_name(100, 3), "10.0.0.9:41->10.0.0.5:7777");
        let sent = params! { res = 3, fd = 3, tuple = tuple("10.0.0.5:7777", "10.0.0.9:41") };
        let ctx = world.step(100, event::SOCKET_SENDTO_X, sent);
        assert!(!ctx.fd_name_changed, "the answer goes the same way back");
        let (ip, port) = v6(":::9090");
        world.step(100, event::SOCKET_BIND_X, params! { res = 0, addr = Sockaddr::V6 { ip, port }, fd = 3 });
        assert_eq!((world.fd(100, 3).unwrap().ty, world.fd_name(100, 3)), (FdType::Ipv4Servsock, ":::9090".into()));
    }

    #[test]
    fn accepted_connections_are_the_servers() {
        let mut world = with_socket(2, 1, 0);
        let accept = params! { fd = 4, tuple = tuple("10.0.0.9:1234", "10.0.0.5:80"), flags = 1 << 12 };
        world.step(100, event::SOCKET_ACCEPT4_6_X, accept);
        let fd = world.fd(100, 4).unwrap();
        assert_eq!((fd.role, fd.l4, fd.connection), (Role::Server, L4Proto::Tcp, Connection::Connected));
        assert!(fd.is_cloexec());
        let ((sip, sport), (dip, dport)) = (v6("::ffff:10.0.0.9:1"), v6("::ffff:10.0.0.5:2"));
        let mapped = Socktuple::V6 { sip, sport, dip, dport };
        world.step(100, event::SOCKET_ACCEPT_5_X, params! { fd = 5, tuple = mapped });
        assert_eq!(
            (world.fd(100, 5).unwrap().ty, world.fd_name(100, 5)),
            (FdType::Ipv4Sock, "10.0.0.9:1->10.0.0.5:2".into())
        );
        let ctx = world.step(100, event::SOCKET_ACCEPT_5_X, params! { fd = 6 });
        assert_eq!((ctx.last_event_fd, ctx.fd), (6, None));
    }

    #[test]
    fn a_zero_source_is_filled_in_from_the_interfaces() {
        let mut world = with_socket(2, 2, 17);
        world.step(
            100,
            event::SOCKET_SENDTO_X,
            params! { res = 3, fd = 3, tuple = tuple("0.0.0.0:6000", "10.0.0.9:53") },
        );
        assert_eq!(world.fd_name(100, 3), "10.0.0.5:6000->10.0.0.9:53");
        assert_eq!(world.fd(100, 3).unwrap().role, Role::Client);
        world.step(100, event::SOCKET_SENDTO_X, params! { res = 3, fd = 9, tuple = tuple("0.0.0.0:1", "127.0.0.1:2") });
        assert_eq!(world.fd_name(100, 9), "127.0.0.1:1->127.0.0.1:2", "an unknown descriptor is a UDP socket");
    }

    #[test]
    fn raw_sockets_have_no_ports_in_their_names() {
        let mut world = with_socket(2, 3, 1);
        world.step(
            100,
            event::SOCKET_CONNECT_X,
            params! { res = 0, tuple = tuple("10.0.0.5:0", "10.0.0.9:0"), fd = 3 },
        );
        assert_eq!(world.fd_name(100, 3), "10.0.0.5->10.0.0.9");
    }

    #[test]
    fn unix_sockets_are_named_by_pointers_and_path() {
        let mut world = with_socket(1, 1, 0);
        let path = Socktuple::Unix { source: 0xabc, destination: 0xdef, path: b"/run/x.sock" };
        world.step(100, event::SOCKET_CONNECT_X, params! { res = 0, tuple = path, fd = 3 });
        assert_eq!(world.fd_name(100, 3), "abc->def /run/x.sock");
        let pair = params! { res = 0, fd1 = 5, fd2 = 6, source = 1, peer = 2, domain = 1, type = 1, proto = 0 };
        let ctx = world.step(100, event::SOCKET_SOCKETPAIR_X, pair);
        assert_eq!((ctx.fd, ctx.last_event_fd), (Some((100, 5)), 6));
        assert_eq!(world.fd(100, 6).unwrap().socket, SocketInfo::Unix { src: 1, dst: 2 });
    }
}
