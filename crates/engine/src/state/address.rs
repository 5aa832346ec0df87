//! Addresses as text, and IPv4 addresses in IPv6 clothes.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use falco_scap::params::{Sockaddr, Socktuple};

use super::paths::printable;
use super::types::{Fd, FdType, L4Proto, SocketInfo};

/// Whether an IPv6 address stands for an IPv4 one. `::` does too: the reference takes it for `0.0.0.0`.
pub fn is_v4_mapped(addr: Ipv6Addr) -> bool {
    addr.to_ipv4_mapped().is_some() || addr.is_unspecified()
}

/// The IPv4 address in the last four bytes.
pub(crate) fn embedded_v4(addr: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = addr.octets();
    Ipv4Addr::new(a, b, c, d)
}

/// Appends an address's text, in the form that the C library gives it.
pub fn write_ip(addr: IpAddr, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match addr {
        IpAddr::V4(addr) => write!(out, "{addr}"),
        // The library writes the last 32 bits as IPv4 when exactly the first 96 are zero; the standard library does not.
        IpAddr::V6(addr) if addr.segments()[..6] == [0; 6] && addr.segments()[6] != 0 => {
            write!(out, "::{}", embedded_v4(addr))
        }
        IpAddr::V6(addr) => write!(out, "{addr}"),
    };
}

/// Appends `address:port`.
pub fn write_endpoint(addr: IpAddr, port: u16, out: &mut Vec<u8>) {
    write_ip(addr, out);
    let _ = write!(out, ":{port}");
}

/// Appends `source:port->destination:port`.
pub fn write_tuple(src: (IpAddr, u16), dst: (IpAddr, u16), out: &mut Vec<u8>) {
    write_endpoint(src.0, src.1, out);
    out.extend_from_slice(b"->");
    write_endpoint(dst.0, dst.1, out);
}

/// Appends a Unix socket's pointers and path.
pub fn write_unix(src: u64, dst: u64, path: &[u8], out: &mut Vec<u8>) {
    let _ = write!(out, "{src:x}->{dst:x} ");
    out.extend_from_slice(&printable(path));
}

/// Appends a socket address's text.
pub(crate) fn write_sockaddr(addr: &Sockaddr<'_>, out: &mut Vec<u8>) {
    match *addr {
        Sockaddr::Unix { path } => out.extend_from_slice(&printable(path)),
        Sockaddr::V4 { ip, port } => write_endpoint(ip.into(), port, out),
        Sockaddr::V6 { ip, port } => write_endpoint(ip.into(), port, out),
        Sockaddr::Other { family } | Sockaddr::Invalid { family } => {
            let _ = write!(out, "family {family}");
        }
    }
}

/// Appends a socket tuple's text.
pub(crate) fn write_socktuple(tuple: &Socktuple<'_>, out: &mut Vec<u8>) {
    match *tuple {
        Socktuple::Unix { source, destination, path } => write_unix(source, destination, path, out),
        Socktuple::V4 { sip, sport, dip, dport } => write_tuple((sip.into(), sport), (dip.into(), dport), out),
        Socktuple::V6 { sip, sport, dip, dport } if is_v4_mapped(sip) && is_v4_mapped(dip) => {
            write_tuple((embedded_v4(sip).into(), sport), (embedded_v4(dip).into(), dport), out);
        }
        Socktuple::V6 { sip, sport, dip, dport } => write_tuple((sip.into(), sport), (dip.into(), dport), out),
        Socktuple::Other { family } | Socktuple::Invalid { family } => {
            let _ = write!(out, "family {family}");
        }
    }
}

/// Appends a connection's name, which depends on the transport: ports only where it has them.
pub(crate) fn write_socket_name(fd: &Fd, out: &mut Vec<u8>) {
    let (src, dst) = match fd.socket {
        SocketInfo::Ipv4 { src, dst } => ((IpAddr::V4(src.0), src.1), (IpAddr::V4(dst.0), dst.1)),
        SocketInfo::Ipv6 { src, dst } if is_v4_mapped(src.0) && is_v4_mapped(dst.0) => {
            ((IpAddr::V4(embedded_v4(src.0)), src.1), (IpAddr::V4(embedded_v4(dst.0)), dst.1))
        }
        SocketInfo::Ipv6 { src, dst } => ((IpAddr::V6(src.0), src.1), (IpAddr::V6(dst.0), dst.1)),
        _ => ((IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0)),
    };
    match fd.l4 {
        L4Proto::Tcp | L4Proto::Udp => write_tuple(src, dst, out),
        // The reference forgot raw IPv6 sockets.
        L4Proto::Raw if fd.ty == FdType::Ipv6Sock => out.extend_from_slice(b"<unknown>"),
        L4Proto::Icmp | L4Proto::Raw => {
            write_ip(src.0, out);
            out.extend_from_slice(b"->");
            write_ip(dst.0, out);
        }
        L4Proto::Unknown | L4Proto::Na => out.extend_from_slice(b"<unknown>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(addr: &str) -> String {
        let mut out = Vec::new();
        write_ip(addr.parse().unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn addresses_read_as_the_c_library_writes_them() {
        for addr in ["10.0.0.1", "::", "::1", "fe80::1", "::ffff:1.2.3.4", "::1.2.3.4", "1:0:2::3", "2001:db8::1:0:0:1"]
        {
            assert_eq!(text(addr), addr);
        }
    }

    #[test]
    fn the_unspecified_address_counts_as_mapped() {
        assert!(is_v4_mapped("::".parse().unwrap()));
        assert!(is_v4_mapped("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!is_v4_mapped("::1".parse().unwrap()));
        assert!(!is_v4_mapped("::10.0.0.1".parse().unwrap()));
    }
}
