//! Constants, read as the type that they are compared with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use falco_catalog::{ParamType, TypeClass};
use falco_syntax::condition::ast::{Operator, Text};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::check::{CheckCx, Problem, TValue, services};
use crate::options::Version;
use crate::program::Const;
use crate::re2;

/// Reads a constant. Falco's readers are C's, with all their liberties.
pub(super) fn parse(cx: &CheckCx<'_>, left: &TValue, op: Operator, text: &Text) -> Result<Const, Box<Problem>> {
    if text.quoted && cx.engine < Version::NEXT && has_hex_escape(cx, text) {
        let message = format!("`\\x` escapes need an engine newer than {}", cx.engine);
        return Err(Problem::new(message, text.range).into());
    }
    let value = text.value.as_slice();
    let fail = |what: String| -> Box<Problem> { Problem::new(what, text.range).into() };
    let shown = || String::from_utf8_lossy(value).into_owned();
    use ParamType as P;
    match left.ty {
        P::Charbuf | P::Fspath | P::Fsrelpath | P::Bytebuf => {
            if matches!(op, Operator::Bcontains | Operator::Bstartswith) {
                return hex_bytes(value)
                    .map(|bytes| Const::Bytes(bytes.into()))
                    .ok_or_else(|| fail(format!("`{}` is no even number of hexadecimal digits", shown())));
            }
            let value =
                if left.ty == P::Bytebuf { value } else { without_nul(cx, value).map_err(|m| fail(m.into()))? };
            if op == Operator::Regex {
                let pattern = String::from_utf8_lossy(value);
                re2::to_rust(&pattern).map_err(|error| {
                    let mut problem = Problem::new(format!("bad regular expression: {error}"), text.range);
                    problem.help = error.help.map(str::to_owned);
                    Box::new(problem)
                })?;
            }
            Ok(Const::Bytes(value.into()))
        }
        P::Bool => match value {
            b"true" => Ok(Const::Bool(true)),
            b"false" => Ok(Const::Bool(false)),
            _ => Err(fail(format!("`{}` is no boolean: write `true` or `false`", shown()))),
        },
        P::Port => port(value)
            .map(|port| Const::Uint(port.into()))
            .ok_or_else(|| fail(format!("`{}` is neither a port number nor the name of a service", shown()))),
        P::Ipaddr | P::Ipv4addr | P::Ipv6addr => {
            address(left.ty, value).map(Const::Ip).ok_or_else(|| fail(address_message(&shown())))
        }
        P::Ipnet | P::Ipv4net | P::Ipv6net => {
            network(left.ty, value).map(Const::Net).map_err(|why| fail(format!("`{}` is no network: {why}", shown())))
        }
        ty => {
            let number = number(value).ok_or_else(|| {
                let mut problem = Problem::new(format!("`{}` is no whole number", shown()), text.range);
                problem.help = number_help(&shown());
                Box::new(problem)
            })?;
            Ok(number_const(ty, number))
        }
    }
}

/// A number as C's scan reads it: sign and magnitude; too large magnitudes saturate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    pub(crate) magnitude: u64,
    pub(crate) saturated: bool,
}

/// Decimal digits with a sign and leading blanks; nothing may follow.
pub(crate) fn number(text: &[u8]) -> Option<Number> {
    let blanks = text.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | 0xb | 0xc | b'\r')).count();
    let text = text.get(blanks..)?;
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut magnitude: Option<u64> = Some(0);
    for digit in digits {
        magnitude = magnitude.and_then(|n| n.checked_mul(10)).and_then(|n| n.checked_add(u64::from(digit - b'0')));
    }
    Some(Number { negative, magnitude: magnitude.unwrap_or(u64::MAX), saturated: magnitude.is_none() })
}

impl Number {
    /// As C's `strtoll`.
    fn signed(self) -> i64 {
        if self.negative {
            0i64.checked_sub_unsigned(self.magnitude).unwrap_or(i64::MIN)
        } else {
            i64::try_from(self.magnitude).unwrap_or(i64::MAX)
        }
    }

    /// As C's `strtoull`.
    fn unsigned(self) -> u64 {
        if self.negative && !self.saturated { self.magnitude.wrapping_neg() } else { self.magnitude }
    }
}

/// The constant that a number becomes: cut to the type's width.
pub(crate) fn number_const(ty: ParamType, number: Number) -> Const {
    use ParamType as P;
    match ty {
        P::Int8 => Const::Int((number.signed() as i8).into()),
        P::Int16 => Const::Int((number.signed() as i16).into()),
        P::Int32 | P::Double => Const::Int((number.signed() as i32).into()),
        P::Int64 | P::Errno | P::Fd | P::Pid => Const::Int(number.signed()),
        P::Uint8 | P::Sigtype | P::Flags8 | P::Enumflags8 => Const::Uint((number.unsigned() as u8).into()),
        P::Uint16 | P::Syscallid | P::Flags16 | P::Enumflags16 => Const::Uint((number.unsigned() as u16).into()),
        P::Uint32 | P::Flags32 | P::Enumflags32 | P::Mode => Const::Uint((number.unsigned() as u32).into()),
        _ => Const::Uint(number.unsigned()),
    }
}

/// The number that a constant of a numeric type is written as; `None` where it is no decimal number.
pub(super) fn exact(ty: ParamType, text: &[u8]) -> Option<Number> {
    (ty.class() == Some(TypeClass::Number)).then(|| number(text)).flatten()
}

fn number_help(text: &str) -> Option<String> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let value = u64::from_str_radix(hex, 16).ok()?;
        return Some(format!("hexadecimal numbers are not read here; write `{value}`"));
    }
    if text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Some("fractions and exponents are not read here".into());
    }
    None
}

fn without_nul<'v>(cx: &CheckCx<'_>, value: &'v [u8]) -> Result<&'v [u8], &'static str> {
    match value.iter().position(|b| *b == 0) {
        None => Ok(value),
        Some(at) if cx.engine < Version::NEXT => Ok(value.get(..at).unwrap_or_default()),
        Some(_) => Err("a string cannot hold a NUL"),
    }
}

/// Whether a quoted text is written with `\xHH`.
fn has_hex_escape(cx: &CheckCx<'_>, text: &Text) -> bool {
    let written = cx.text.get(usize::from(text.range.start())..usize::from(text.range.end())).unwrap_or_default();
    let mut bytes = written.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b'x') {
            return true;
        }
    }
    false
}

fn hex_bytes(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.is_empty() {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16);
    text.chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

/// Digits (cut to 16 bits) or a service; an empty text is port 0.
fn port(text: &[u8]) -> Option<u16> {
    if text.iter().all(u8::is_ascii_digit) {
        let number = if text.is_empty() { 0 } else { number(text)?.magnitude };
        return (number <= i32::MAX as u64).then_some(number as u16);
    }
    services::port(std::str::from_utf8(text).ok()?)
}

/// An address: with a dot it is read as IPv4, else as IPv6.
fn address(ty: ParamType, text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let v4 = match ty {
        ParamType::Ipv4addr | ParamType::Ipv4net => true,
        ParamType::Ipv6addr | ParamType::Ipv6net => false,
        _ => text.contains('.'),
    };
    if v4 { text.parse::<Ipv4Addr>().ok().map(IpAddr::V4) } else { text.parse::<Ipv6Addr>().ok().map(IpAddr::V6) }
}

fn address_message(text: &str) -> String {
    if text.contains('/') {
        format!("`{text}` is a network, not an address")
    } else if text.contains('.') && text.contains(':') {
        format!("`{text}` is no address: a text with a dot is read as IPv4")
    } else {
        format!("`{text}` is no IP address")
    }
}

fn network(ty: ParamType, text: &[u8]) -> Result<IpNet, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no text")?;
    let (ip, prefix) = text.split_once('/').ok_or("it has no prefix length such as `/24`")?;
    let digits = !prefix.is_empty() && prefix.len() <= 3 && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix = if digits { prefix.parse::<u8>().ok() } else { None };
    // Which family it is depends on the whole text.
    let ty = match ty {
        ParamType::Ipnet if text.contains('.') => ParamType::Ipv4net,
        ParamType::Ipnet => ParamType::Ipv6net,
        ty => ty,
    };
    match (address(ty, ip.as_bytes()), prefix) {
        (None, _) => Err("what stands before the `/` is no IP address"),
        (Some(IpAddr::V4(ip)), Some(prefix)) if prefix <= 32 => {
            Ipv4Net::new(ip, prefix).map(IpNet::V4).map_err(|_| "bad prefix length")
        }
        (Some(IpAddr::V4(_)), _) => Err("the prefix length of an IPv4 network is 0 to 32"),
        (Some(IpAddr::V6(ip)), Some(prefix @ 1..=128)) => {
            Ipv6Net::new(ip, prefix).map(IpNet::V6).map_err(|_| "bad prefix length")
        }
        (Some(IpAddr::V6(_)), _) => Err("the prefix length of an IPv6 network is 1 to 128"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cs() {
        let n = |text: &str| number(text.as_bytes());
        assert_eq!(n("12").map(Number::unsigned), Some(12));
        assert_eq!(n(" +7").map(Number::signed), Some(7));
        assert_eq!(n("-1").map(Number::unsigned), Some(u64::MAX));
        assert_eq!(n("99999999999999999999").map(Number::signed), Some(i64::MAX));
        assert_eq!(n("-99999999999999999999").map(Number::signed), Some(i64::MIN));
        assert_eq!(n("-99999999999999999999").map(Number::unsigned), Some(u64::MAX));
        for bad in ["", "-", "0x10", "1.5", "1e5", "7 ", "ten", "--1"] {
            assert_eq!(n(bad), None, "{bad}");
        }
        assert_eq!(number_const(ParamType::Uint8, n("300").unwrap()), Const::Uint(44));
        assert_eq!(number_const(ParamType::Int32, n("4294967296").unwrap()), Const::Int(0));
    }

    #[test]
    fn ports_are_numbers_or_services() {
        assert_eq!(port(b"80"), Some(80));
        assert_eq!(port(b"65617"), Some(81));
        assert_eq!(port(b""), Some(0));
        assert_eq!(port(b"http"), Some(80));
        assert_eq!(port(b"2147483648"), None);
        assert_eq!(port(b"-1"), None);
    }

    #[test]
    fn the_dot_decides_the_family() {
        let a = |text: &str| address(ParamType::Ipaddr, text.as_bytes());
        assert!(a("10.0.0.1").is_some_and(|ip| ip.is_ipv4()));
        assert!(a("::1").is_some_and(|ip| ip.is_ipv6()));
        assert_eq!(a("::ffff:1.2.3.4"), None);
        assert_eq!(a("10.0.0"), None);
        let n = |text: &str| network(ParamType::Ipnet, text.as_bytes()).is_ok();
        assert!(n("10.0.0.0/8") && n("10.0.0.0/0") && n("fe80::/10") && n("::1/128"));
        assert!(
            !n("::/0")
                && !n("10.0.0.0/33")
                && !n("10.0.0.1")
                && !n("10.0.0.0/")
                && !n("10.0.0.0/+8")
                && !n("fe80::/129")
        );
    }

    #[test]
    fn byte_constants_are_pairs_of_hex_digits() {
        assert_eq!(hex_bytes(b"cafe"), Some(vec![0xca, 0xfe]));
        assert_eq!(hex_bytes(b"caf"), None);
        assert_eq!(hex_bytes(b"xyzz"), None);
    }
}
