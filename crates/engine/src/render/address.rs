//! Addresses as text.

use std::net::{IpAddr, Ipv6Addr};

use super::sink::{Sink, StackText};
use crate::state::is_v4_mapped;

/// An address as `inet_ntop` writes it.
pub(crate) fn put_ip(ip: IpAddr, out: &mut impl Sink) {
    match ip {
        IpAddr::V4(ip) => {
            for (i, octet) in ip.octets().into_iter().enumerate() {
                if i > 0 {
                    out.put_byte(b'.');
                }
                out.put_uint(octet.into());
            }
        }
        // The C library writes the last 32 bits as IPv4 when exactly the first 96 are zero; the standard library does not.
        IpAddr::V6(ip) if ip.segments()[..6] == [0; 6] && ip.segments()[6] != 0 => {
            out.put(b"::");
            put_ip(IpAddr::V4(last_four(ip)), out);
        }
        IpAddr::V6(ip) => {
            // Otherwise both write the form of RFC 5952.
            out.put(StackText::new(format_args!("{ip}")).as_str().as_bytes());
        }
    }
}

fn last_four(ip: Ipv6Addr) -> std::net::Ipv4Addr {
    let [.., a, b, c, d] = ip.octets();
    std::net::Ipv4Addr::new(a, b, c, d)
}

/// `address:port`, without brackets.
pub(crate) fn put_endpoint(ip: IpAddr, port: u16, out: &mut impl Sink) {
    put_ip(ip, out);
    out.put_byte(b':');
    out.put_uint(port.into());
}

/// `source:port->destination:port`; IPv4 in IPv6 clothes on both sides shows as IPv4.
pub(crate) fn put_tuple(src: (IpAddr, u16), dst: (IpAddr, u16), out: &mut impl Sink) {
    let (src_ip, dst_ip) = match (src.0, dst.0) {
        (IpAddr::V6(a), IpAddr::V6(b)) if is_v4_mapped(a) && is_v4_mapped(b) => {
            (last_four(a).into(), last_four(b).into())
        }
        plain => plain,
    };
    put_endpoint(src_ip, src.1, out);
    out.put(b"->");
    put_endpoint(dst_ip, dst.1, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_their_short_form() {
        for text in ["10.0.0.1", "::", "::1", "2001:db8::5:1", "::ffff:10.1.2.3", "::1.2.3.4", "fe80:1:2:3:4:5:6:7"] {
            let mut out = Vec::new();
            put_ip(text.parse().unwrap(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
