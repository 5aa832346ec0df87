//! Addresses under other numbers: two that share a prefix share one of the same length afterwards, and no two become one.

use std::hash::Hasher as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use siphasher::sip::SipHasher24;

/// Maps addresses. What an address is for stays: private, link-local and unique local networks map to themselves, their hosts do not.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    key: [u8; 16],
}

/// Networks that map to themselves.
const V4_NETS: [(Ipv4Addr, usize); 8] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

const V6_NETS: [(Ipv6Addr, usize); 4] = [
    (Ipv6Addr::UNSPECIFIED, 64),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

impl Addresses {
    /// The mapping of a key.
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// An address under its other number. Those that name no host stay: loopback, multicast, "this network", broadcast.
    pub fn v4(&self, addr: Ipv4Addr) -> Ipv4Addr {
        // The last eighth of all numbers are multicast, reserved and broadcast.
        if addr.is_loopback() || addr.octets()[0] == 0 || addr.octets()[0] >= 224 {
            return addr;
        }
        let nets = V4_NETS.map(|(net, len)| (net.octets(), len));
        Ipv4Addr::from(self.map(addr.octets(), &nets))
    }

    /// An address under its other number. One that stands for an IPv4 address does so afterwards.
    pub fn v6(&self, addr: Ipv6Addr) -> Ipv6Addr {
        if let Some(v4) = addr.to_ipv4_mapped() {
            return self.v4(v4).to_ipv6_mapped();
        }
        if addr.is_multicast() || addr.segments()[..4] == [0; 4] {
            return addr;
        }
        let nets = V6_NETS.map(|(net, len)| (net.octets(), len));
        Ipv6Addr::from(self.map(addr.octets(), &nets))
    }

    /// Whether a bit turns depends on the bits before it alone: so shared prefixes stay shared, and the way back exists.
    fn map<const N: usize>(&self, addr: [u8; N], nets: &[([u8; N], usize)]) -> [u8; N] {
        let mut mapped = addr;
        let mut before = [0u8; N];
        for at in 0..8 * N {
            let (byte, bit) = (at / 8, 0x80u8 >> (at % 8));
            // On the way into a network that maps to itself nothing turns.
            let inside = nets.iter().any(|(net, len)| at < *len && shares(net, &before, at));
            if !inside {
                let mut hasher = SipHasher24::new_with_key(&self.key);
                hasher.write_usize(N);
                hasher.write_usize(at);
                hasher.write(&before);
                if hasher.finish() & 1 == 1 {
                    mapped[byte] ^= bit;
                }
            }
            before[byte] |= addr[byte] & bit;
        }
        mapped
    }
}

/// Whether the first `len` bits are the same.
fn shares(a: &[u8], b: &[u8], len: usize) -> bool {
    let (whole, rest) = (len / 8, len % 8);
    let mask = !(0xffu16 >> rest) as u8;
    a.get(..whole) == b.get(..whole)
        && (rest == 0 || a.get(whole).zip(b.get(whole)).is_some_and(|(a, b)| (a ^ b) & mask == 0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn common(a: Ipv4Addr, b: Ipv4Addr) -> u32 {
        (a.to_bits() ^ b.to_bits()).leading_zeros()
    }

    #[test]
    fn prefixes_stay_shared() {
        let addresses = Addresses::new([7; 16]);
        let all: Vec<Ipv4Addr> = (0..2000u32).map(|n| Ipv4Addr::from_bits(n.wrapping_mul(2_654_435_761))).collect();
        for (a, b) in all.iter().zip(&all[1..]) {
            assert_eq!(common(*a, *b), common(addresses.v4(*a), addresses.v4(*b)), "{a} {b}");
        }
        let mapped: BTreeSet<Ipv4Addr> = all.iter().map(|a| addresses.v4(*a)).collect();
        assert_eq!(mapped.len(), all.len(), "no two become one");
        let changed = all.iter().filter(|a| addresses.v4(**a) != **a).count();
        assert!(changed > 1600, "{changed}");
    }

    #[test]
    fn what_an_address_is_for_stays() {
        for seed in 0..20 {
            let addresses = Addresses::new([seed; 16]);
            for addr in ["10.1.2.3", "172.20.9.9", "192.168.1.7", "169.254.169.254", "8.8.8.8", "100.100.1.1"] {
                let addr: Ipv4Addr = addr.parse().unwrap();
                let mapped = addresses.v4(addr);
                assert_eq!((addr.is_private(), addr.is_link_local()), (mapped.is_private(), mapped.is_link_local()));
                assert!(!mapped.is_loopback() && !mapped.is_multicast());
            }
            for same in ["127.0.0.53", "0.0.0.0", "224.0.0.251", "255.255.255.255"] {
                let same: Ipv4Addr = same.parse().unwrap();
                assert_eq!(addresses.v4(same), same);
            }
            for same in ["::", "::1", "ff02::fb"] {
                let same: Ipv6Addr = same.parse().unwrap();
                assert_eq!(addresses.v6(same), same);
            }
            let local = addresses.v6("fe80::1:2:3:4".parse().unwrap());
            assert_eq!(local.segments()[0] & 0xffc0, 0xfe80);
            let mapped = addresses.v6("::ffff:8.8.8.8".parse().unwrap());
            assert_eq!(mapped.to_ipv4_mapped(), Some(addresses.v4(Ipv4Addr::new(8, 8, 8, 8))));
        }
        let (a, b) = (Addresses::new([1; 16]), Addresses::new([2; 16]));
        let addr = "2001:db8::1".parse().unwrap();
        assert_ne!(a.v6(addr), b.v6(addr), "the key decides");
    }
}
