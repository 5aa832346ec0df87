//! Sockets by their inode's number, from the tables of each network namespace.

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use falco_scap::L4Proto;
use falco_scap::item::{FdInfo, NamedFd};

/// What is known, by network namespace.
#[derive(Debug, Default)]
pub struct Sockets {
    of: HashMap<PathBuf, HashMap<u64, FdInfo>>,
}

impl Sockets {
    /// The socket of a process; of a kind that is not listed, its number alone.
    pub fn find(&mut self, pid: i64, inode: u64) -> FdInfo {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/net")).unwrap_or_default();
        let known = self.of.entry(namespace).or_insert_with(|| read(pid));
        known.get(&inode).cloned().unwrap_or_else(|| unknown(inode))
    }
}

/// A socket of which the number alone is known.
pub fn unknown(inode: u64) -> FdInfo {
    FdInfo::Named { kind: NamedFd::Unsupported, name: format!("socket:[{inode}]").into_bytes() }
}

/// The protocol of an internet socket, by its type and the protocol's number; of others than these /proc has no table.
pub fn protocol(ty: i32, number: i32) -> Option<L4Proto> {
    match (ty, number) {
        (libc::SOCK_RAW, _) => Some(L4Proto::RAW),
        (libc::SOCK_STREAM, libc::IPPROTO_TCP) => Some(L4Proto::TCP),
        (libc::SOCK_DGRAM, libc::IPPROTO_UDP) => Some(L4Proto::UDP),
        (libc::SOCK_DGRAM, libc::IPPROTO_ICMP | libc::IPPROTO_ICMPV6) => Some(L4Proto::ICMP),
        _ => None,
    }
}

fn read(pid: i64) -> HashMap<u64, FdInfo> {
    let mut sockets = HashMap::new();
    let text = |name: &str| fs::read_to_string(format!("/proc/{pid}/net/{name}")).unwrap_or_default();
    for (name, l4proto) in [
        ("tcp", L4Proto::TCP),
        ("udp", L4Proto::UDP),
        ("raw", L4Proto::RAW),
        ("icmp", L4Proto::ICMP),
        ("tcp6", L4Proto::TCP),
        ("udp6", L4Proto::UDP),
        ("raw6", L4Proto::RAW),
        ("icmp6", L4Proto::ICMP),
    ] {
        sockets.extend(text(name).lines().skip(1).filter_map(|line| internet_line(line, l4proto)));
    }
    sockets.extend(text("unix").lines().skip(1).filter_map(unix));
    let netlink = text("netlink");
    let inodes = netlink.lines().skip(1).filter_map(|l| l.split_whitespace().last()?.parse().ok());
    sockets.extend(inodes.map(|inode| (inode, FdInfo::Named { kind: NamedFd::Netlink, name: Vec::new() })));
    sockets
}

/// An address of either kind.
pub enum Addr {
    /// Of four bytes.
    V4(Ipv4Addr),
    /// Of sixteen bytes.
    V6(Ipv6Addr),
}

/// `0100007F:1F90`: words of the address as the processor has them, and the port.
fn endpoint(text: &str) -> Option<(Addr, u16)> {
    let (addr, port) = text.split_once(':')?;
    let word = |at: usize| u32::from_str_radix(addr.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let addr = match addr.len() {
        8 => Addr::V4(word(0)?.into()),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let mut bytes = [0; 16];
            bytes.iter_mut().zip(words.iter().flatten()).for_each(|(to, from)| *to = *from);
            Addr::V6(bytes.into())
        }
        _ => return None,
    };
    Some((addr, u16::from_str_radix(port, 16).ok()?))
}

/// An internet socket by its ends; without a far end it serves.
pub fn internet(local: (Addr, u16), remote: (Addr, u16), l4proto: L4Proto) -> Option<FdInfo> {
    Some(match (local, remote) {
        ((Addr::V4(ip), port), (Addr::V4(dip), 0)) if dip.is_unspecified() => FdInfo::Ipv4Server { ip, port, l4proto },
        ((Addr::V4(sip), sport), (Addr::V4(dip), dport)) => FdInfo::Ipv4 { sip, dip, sport, dport, l4proto },
        ((Addr::V6(ip), port), (Addr::V6(dip), 0)) if dip.is_unspecified() => FdInfo::Ipv6Server { ip, port, l4proto },
        ((Addr::V6(sip), sport), (Addr::V6(dip), dport)) => FdInfo::Ipv6 { sip, dip, sport, dport, l4proto },
        _ => return None,
    })
}

fn internet_line(line: &str, l4proto: L4Proto) -> Option<(u64, FdInfo)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (local, remote) = (endpoint(words.get(1)?)?, endpoint(words.get(2)?)?);
    let inode = words.get(9)?.parse().ok().filter(|inode| *inode != 0)?;
    Some((inode, internet(local, remote, l4proto)?))
}

/// Sockets of the machine are named by their number, as the programs name them.
fn unix(line: &str) -> Option<(u64, FdInfo)> {
    // The name is all that follows the number and may hold spaces.
    let mut rest = line.trim_start();
    for _ in 0..6 {
        rest = rest.split_once(' ')?.1.trim_start();
    }
    let (inode, name) = rest.split_once(' ').unwrap_or((rest, ""));
    let inode = inode.parse().ok()?;
    let name = name.as_bytes().to_vec();
    Some((inode, FdInfo::Unix { source: inode, destination: 0, name }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_kind() {
        let line =
            "   0: 0100007F:1F90 0A00000A:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 20";
        let (inode, info) = internet_line(line, L4Proto::TCP).unwrap();
        let (sip, dip) = (Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 0, 0, 10));
        assert_eq!((inode, info), (4242, FdInfo::Ipv4 { sip, dip, sport: 8080, dport: 50000, l4proto: L4Proto::TCP }));
        let line =
            "  1: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 7 1";
        let (inode, info) = internet_line(line, L4Proto::TCP).unwrap();
        let server = FdInfo::Ipv6Server { ip: Ipv6Addr::LOCALHOST, port: 22, l4proto: L4Proto::TCP };
        assert_eq!((inode, info), (7, server));
        let line = "0000000000000000: 00000002 00000000 00010000 0001 01 16153 /run/a b.sock";
        let named = FdInfo::Unix { source: 16153, destination: 0, name: b"/run/a b.sock".to_vec() };
        assert_eq!(unix(line), Some((16153, named)));
        assert_eq!(internet_line("nonsense", L4Proto::TCP), None);
    }
}
