//! The capture's network interfaces: which addresses are local, and which one a zero address stands for.

use std::net::{Ipv4Addr, Ipv6Addr};

use falco_scap::{Interface, InterfaceAddr};

/// The interface list of a capture.
#[derive(Debug, Clone, Default)]
pub struct Interfaces {
    /// Address and netmask.
    v4: Vec<(Ipv4Addr, Ipv4Addr)>,
    v6: Vec<Ipv6Addr>,
    /// The list as it came, to be written down again.
    entries: Vec<Interface>,
}

/// The network part of an IPv6 address, as the reference compares it: the first half.
fn prefix(addr: Ipv6Addr) -> u64 {
    (addr.to_bits() >> 64) as u64
}

impl Interfaces {
    /// Those of a list.
    pub fn of(list: &[Interface]) -> Self {
        let mut interfaces = Self { entries: list.to_vec(), ..Self::default() };
        for interface in list {
            match interface.addr {
                InterfaceAddr::V4 { addr, netmask, .. } => interfaces.add_v4(addr, netmask),
                InterfaceAddr::V6 { addr, .. } => interfaces.add_v6(addr),
            }
        }
        interfaces
    }

    /// The list that they are of.
    pub fn entries(&self) -> &[Interface] {
        &self.entries
    }

    /// Adds an IPv4 interface.
    pub fn add_v4(&mut self, addr: Ipv4Addr, netmask: Ipv4Addr) {
        self.v4.push((addr, netmask));
    }

    /// Adds an IPv6 interface.
    pub fn add_v6(&mut self, addr: Ipv6Addr) {
        self.v6.push(addr);
    }

    /// Whether there is no interface.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an interface has this address.
    pub fn has_v4(&self, addr: Ipv4Addr) -> bool {
        self.v4.iter().any(|&(a, _)| a == addr)
    }

    /// Whether an interface has an address with the same first half. That makes `::` as local as `::1`.
    pub fn has_v6_prefix(&self, addr: Ipv6Addr) -> bool {
        self.v6.iter().any(|&a| prefix(a) == prefix(addr))
    }

    /// The local address that talks to `peer`.
    pub(crate) fn infer_v4(&self, peer: Ipv4Addr) -> Ipv4Addr {
        let exact = || self.v4.iter().find(|&&(addr, _)| addr == peer);
        let subnet = || {
            let net = |addr: Ipv4Addr, mask: Ipv4Addr| addr.to_bits() & mask.to_bits();
            self.v4.iter().find(|&&(addr, mask)| net(addr, mask) == net(peer, mask))
        };
        let outward = || self.v4.iter().find(|(addr, _)| *addr != Ipv4Addr::LOCALHOST);
        exact().or_else(subnet).or_else(outward).map_or(Ipv4Addr::UNSPECIFIED, |&(addr, _)| addr)
    }

    /// The local address that talks to `peer`; `None` when there is no interface to choose.
    pub(crate) fn infer_v6(&self, peer: Ipv6Addr) -> Option<Ipv6Addr> {
        let exact = || self.v6.iter().find(|&&addr| addr == peer);
        let subnet = || self.v6.iter().find(|&&addr| prefix(addr) == prefix(peer));
        let outward = || self.v6.iter().find(|&&addr| addr != Ipv6Addr::LOCALHOST);
        exact().or_else(subnet).or_else(outward).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infers_the_nearest_address() {
        let mut list = Interfaces::default();
        list.add_v4(Ipv4Addr::LOCALHOST, Ipv4Addr::new(255, 0, 0, 0));
        list.add_v4(Ipv4Addr::new(10, 0, 0, 79), Ipv4Addr::new(255, 255, 255, 0));
        assert_eq!(list.infer_v4(Ipv4Addr::new(127, 0, 0, 53)), Ipv4Addr::LOCALHOST);
        assert_eq!(list.infer_v4(Ipv4Addr::new(10, 0, 0, 2)), Ipv4Addr::new(10, 0, 0, 79));
        assert_eq!(list.infer_v4(Ipv4Addr::new(8, 8, 8, 8)), Ipv4Addr::new(10, 0, 0, 79));
        assert_eq!(Interfaces::default().infer_v4(Ipv4Addr::LOCALHOST), Ipv4Addr::UNSPECIFIED);
        assert!(!list.has_v4(Ipv4Addr::UNSPECIFIED));
    }

    #[test]
    fn half_of_an_ipv6_address_decides() {
        let mut list = Interfaces::default();
        list.add_v6(Ipv6Addr::LOCALHOST);
        assert!(list.has_v6_prefix(Ipv6Addr::UNSPECIFIED));
        assert!(!list.has_v6_prefix("fe80::1".parse().unwrap()));
        assert_eq!(list.infer_v6("fe80::1".parse().unwrap()), None);
    }
}
