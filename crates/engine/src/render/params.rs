//! Event parameters as text: `evt.args`, `evt.arg.NAME`.
//!
//! Each parameter has a raw text, and some have a resolved one beside it: a descriptor's name, a flag's names, an error's name.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::errno::{errno_name, signal_name};
use falco_catalog::{FlagsTable, ParamInfo, ParamType, PrintFormat, Syscall};
use falco_scap::params::{PollList, Sockaddr, Socktuple};

use super::address::{put_endpoint, put_tuple};
use super::sink::{Sink, StackText};
use super::time::put_datetime;
use crate::fields::paths::{join_in, put_text};
use crate::fields::socket::l4_of;
use crate::state::{AT_FDCWD, FdType, L4Proto, NO_ID};
use crate::view::View;

const NA: &[u8] = b"<NA>";

/// A parameter's two texts. An empty resolved text means there is none.
#[derive(Debug)]
pub(crate) struct Rendered<'a> {
    pub(crate) raw: BumpVec<'a, u8>,
    pub(crate) resolved: BumpVec<'a, u8>,
}

impl<'a> Rendered<'a> {
    pub(crate) fn new(arena: &'a Bump) -> Self {
        Self { raw: BumpVec::new_in(arena), resolved: BumpVec::new_in(arena) }
    }

    /// The text that a reader wants: resolved where there is one.
    pub(crate) fn best(self) -> &'a [u8] {
        if self.resolved.is_empty() { self.raw.into_bump_slice() } else { self.resolved.into_bump_slice() }
    }
}

/// Renders parameter `index`; both texts are empty past the last one.
pub(crate) fn render<'a>(view: &View<'_>, index: usize, arena: &'a Bump, out: &mut Rendered<'a>) {
    out.raw.clear();
    out.resolved.clear();
    let info = view.event.ty.info().and_then(|event| event.params.get(index));
    let (Some(info), Some(bytes)) = (info, view.event.param(index)) else {
        return;
    };
    if bytes.is_empty() {
        out.raw.put(match info.ty {
            ParamType::Bytebuf
            | ParamType::Socktuple
            | ParamType::Fdlist
            | ParamType::Charbufarray
            | ParamType::CharbufPairArray
            | ParamType::Dyn => b"NULL",
            _ => NA,
        });
        return;
    }
    render_value(view, info, info.ty, bytes, arena, out);
}

fn render_value<'a>(
    view: &View<'_>,
    info: &ParamInfo,
    ty: ParamType,
    bytes: &[u8],
    arena: &'a Bump,
    out: &mut Rendered<'a>,
) {
    match ty {
        ParamType::Charbuf => put_text(text_of(bytes), &mut out.raw),
        ParamType::Fspath | ParamType::Fsrelpath => path(view, info, text_of(bytes), arena, out),
        ParamType::Bytebuf | ParamType::Charbufarray | ParamType::CharbufPairArray => dots(bytes, &mut out.raw),
        ParamType::Sockaddr => sockaddr(bytes, &mut out.raw),
        ParamType::Socktuple => socktuple(bytes, &mut out.raw),
        ParamType::Fdlist => fdlist(view, bytes, &mut out.raw),
        ParamType::Dyn => {
            let Some((&which, value)) = bytes.split_first() else { return };
            let Some(dynamic) = info.dynamic.get(usize::from(which)) else {
                out.raw.put(NA);
                return;
            };
            if value.is_empty() {
                out.raw.put(NA);
            } else if dynamic.ty != ParamType::Dyn {
                render_value(view, info, dynamic.ty, value, arena, out);
            }
        }
        _ => match number_of(ty, bytes) {
            Some(n) => number(view, info, ty, n, out),
            None => out.raw.put(NA),
        },
    }
}

/// The number in a fixed-size value, widened with its sign; `None` for sizes that no number has.
pub(crate) fn number_of(ty: ParamType, bytes: &[u8]) -> Option<i64> {
    let signed = matches!(
        ty,
        ParamType::Int8
            | ParamType::Int16
            | ParamType::Int32
            | ParamType::Int64
            | ParamType::Errno
            | ParamType::Fd
            | ParamType::Pid
            | ParamType::Fd32
            | ParamType::Pid32
    );
    Some(match (bytes, signed) {
        (&[a], true) => i64::from(a as i8),
        (&[a], false) => i64::from(a),
        (&[a, b], true) => i16::from_le_bytes([a, b]).into(),
        (&[a, b], false) => u16::from_le_bytes([a, b]).into(),
        (&[a, b, c, d], true) => i32::from_le_bytes([a, b, c, d]).into(),
        (&[a, b, c, d], false) => u32::from_le_bytes([a, b, c, d]).into(),
        _ => i64::from_le_bytes(bytes.try_into().ok()?),
    })
}

fn number(view: &View<'_>, info: &ParamInfo, ty: ParamType, n: i64, out: &mut Rendered<'_>) {
    let Rendered { raw, resolved } = out;
    match ty {
        ParamType::Fd | ParamType::Fd32 => {
            raw.put_int(n);
            resolve_fd(view, n, resolved);
        }
        ParamType::Pid | ParamType::Pid32 => {
            raw.put_int(n);
            if let Some(thread) = view.machine.thread(n) {
                put_text(&thread.comm, resolved);
            }
        }
        ParamType::Errno => {
            raw.put_int(n);
            if n < 0 {
                resolved.put(errno_name(n.wrapping_neg()).unwrap_or_default().as_bytes());
            }
        }
        ParamType::Uid | ParamType::Gid => id(view, ty, n as u32, out),
        ParamType::Syscallid => {
            raw.put_int(n);
            resolved.put(u16::try_from(n).ok().and_then(|n| Syscall(n).name()).unwrap_or_default().as_bytes());
        }
        ParamType::Sigtype => {
            raw.put_int(n);
            resolved.put(u8::try_from(n).ok().and_then(signal_name).unwrap_or_default().as_bytes());
        }
        ParamType::Sigset => sigset(n as u32, raw),
        ParamType::Reltime if n == -1 => raw.put(b"none"),
        ParamType::Reltime => {
            raw.put_uint(n as u64);
            put_significant(n as u64 as f64 / 1e9, resolved);
            resolved.put_byte(b's');
        }
        ParamType::Abstime => put_datetime(n as u64, true, raw),
        ParamType::Flags8 | ParamType::Flags16 | ParamType::Flags32 => {
            raw.put_int(n);
            names(info.flags, |table| put_joined(table.bits(n as u32), resolved));
        }
        ParamType::Enumflags8 | ParamType::Enumflags16 | ParamType::Enumflags32 => {
            raw.put_int(n);
            names(info.flags, |table| put_joined(table.names(n as u32), resolved));
        }
        ParamType::Mode => {
            put_octal(n as u64, raw);
            names(info.flags, |table| put_joined(table.bits(n as u32), resolved));
        }
        _ => put_formatted(info.format, ty, n, raw),
    }
}

fn names(table: Option<&'static FlagsTable>, put: impl FnOnce(&'static FlagsTable)) {
    if let Some(table) = table {
        put(table);
    }
}

fn put_joined(names: impl Iterator<Item = &'static str>, out: &mut impl Sink) {
    for (i, name) in names.enumerate() {
        if i > 0 {
            out.put_byte(b'|');
        }
        out.put(name.as_bytes());
    }
}

fn put_octal(n: u64, out: &mut impl Sink) {
    if n != 0 {
        out.put_byte(b'0');
    }
    out.put_digits(n, 8, 0, false);
}

fn put_formatted(format: PrintFormat, ty: ParamType, n: i64, out: &mut impl Sink) {
    // Negative numbers of the narrow signed types have as many digits in other bases as their type has bits.
    let bits = match ty {
        ParamType::Int8 => n as u8 as u64,
        ParamType::Int16 => n as u16 as u64,
        ParamType::Int32 => n as u32 as u64,
        _ => n as u64,
    };
    let signed = matches!(ty, ParamType::Int8 | ParamType::Int16 | ParamType::Int32 | ParamType::Int64);
    match format {
        PrintFormat::Hex => out.put_digits(bits, 16, 0, true),
        PrintFormat::Oct => put_octal(bits, out),
        PrintFormat::PaddedDec10 if signed && n < 0 => {
            out.put_byte(b'-');
            out.put_digits(n.unsigned_abs(), 10, 8, false);
        }
        PrintFormat::PaddedDec10 => out.put_digits(n as u64, 10, 9, false),
        _ if signed => out.put_int(n),
        _ => out.put_uint(n as u64),
    }
}

/// A descriptor as `<TL>name`: its type's character, the transport's, its name. Negative numbers are errors.
pub(crate) fn resolve_fd(view: &View<'_>, num: i64, out: &mut impl Sink) {
    let Some(thread) = view.thread() else { return };
    if num >= 0 {
        let Some(fd) = view.machine.fd(thread, num) else { return };
        out.put_byte(b'<');
        out.put_byte(fd.ty.as_char());
        if matches!(fd.ty, FdType::Ipv4Sock | FdType::Ipv6Sock | FdType::Ipv4Servsock | FdType::Ipv6Servsock) {
            match l4_of(fd) {
                L4Proto::Tcp => out.put_byte(b't'),
                L4Proto::Udp => out.put_byte(b'u'),
                L4Proto::Icmp => out.put_byte(b'i'),
                L4Proto::Raw => out.put_byte(b'r'),
                L4Proto::Unknown | L4Proto::Na => {}
            }
        }
        out.put_byte(b'>');
        put_text(&fd.name, out);
    } else if num == AT_FDCWD {
        out.put(b"AT_FDCWD");
    } else {
        out.put(errno_name(num.wrapping_neg()).unwrap_or_default().as_bytes());
    }
}

fn id(view: &View<'_>, ty: ParamType, id: u32, out: &mut Rendered<'_>) {
    if id == NO_ID {
        out.raw.put(b"-1");
        out.resolved.put(b"<NONE>");
        return;
    }
    out.raw.put_uint(id.into());
    let container = view.thread().map_or("", |thread| &*thread.container_id);
    let name = match ty {
        ParamType::Uid => view.machine.users().user(container, id).map(|user| &user.name[..]),
        _ => view.machine.users().group(container, id).map(|group| &group.name[..]),
    };
    out.resolved.put(name.unwrap_or(if id == 0 { b"root" } else { NA }));
}

/// The text before the first NUL; old drivers wrote `(NULL)` for none.
pub(crate) fn text_of(bytes: &[u8]) -> &[u8] {
    if bytes == b"(NULL)\0" {
        return NA;
    }
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

/// A path, and where it leads when it is relative.
fn path<'a>(view: &View<'_>, info: &ParamInfo, text: &[u8], arena: &'a Bump, out: &mut Rendered<'a>) {
    put_text(text, &mut out.raw);
    let Some(thread) = view.thread() else { return };
    if text.is_empty() || text.first() == Some(&b'/') || text == NA {
        return;
    }
    let base = match (info.ty, info.dirfd_param) {
        (ParamType::Fsrelpath, Some(param)) => {
            let dirfd = view.event.i64(param.into()).ok().flatten();
            match dirfd {
                Some(AT_FDCWD) => view.machine.cwd(thread),
                Some(num) => match view.machine.fd(thread, num) {
                    Some(fd) if matches!(fd.name.last(), None | Some(b'/')) => &fd.name,
                    Some(fd) => {
                        let mut base = BumpVec::with_capacity_in(fd.name.len() + 1, arena);
                        base.put(&fd.name);
                        base.put_byte(b'/');
                        base.into_bump_slice()
                    }
                    None => b"",
                },
                None => b"",
            }
        }
        _ => view.machine.cwd(thread),
    };
    out.resolved.put(join_in(base, text, arena));
}

fn dots(bytes: &[u8], out: &mut impl Sink) {
    for run in bytes.chunk_by(|a, b| printable(*a) == printable(*b)) {
        if printable(run[0]) {
            out.put(run);
        } else {
            run.iter().for_each(|_| out.put_byte(b'.'));
        }
    }
}

fn printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

fn sockaddr(bytes: &[u8], out: &mut impl Sink) {
    match Sockaddr::parse(bytes) {
        Some(Sockaddr::Unix { path }) => put_text(path, out),
        Some(Sockaddr::V4 { ip, port }) => put_endpoint(ip.into(), port, out),
        Some(Sockaddr::V6 { ip, port }) => put_endpoint(ip.into(), port, out),
        Some(Sockaddr::Other { family }) => put_family(family, out),
        Some(Sockaddr::Invalid { family }) => put_invalid(family, out),
        None => out.put(NA),
    }
}

fn socktuple(bytes: &[u8], out: &mut impl Sink) {
    match Socktuple::parse(bytes) {
        Some(Socktuple::Unix { source, destination, path }) => {
            out.put_digits(source, 16, 0, false);
            out.put(b"->");
            out.put_digits(destination, 16, 0, false);
            out.put_byte(b' ');
            put_text(path, out);
        }
        Some(Socktuple::V4 { sip, sport, dip, dport }) => put_tuple((sip.into(), sport), (dip.into(), dport), out),
        Some(Socktuple::V6 { sip, sport, dip, dport }) => put_tuple((sip.into(), sport), (dip.into(), dport), out),
        Some(Socktuple::Other { family }) => put_family(family, out),
        Some(Socktuple::Invalid { family }) => put_invalid(family, out),
        None => out.put(b"NULL"),
    }
}

fn put_family(family: u8, out: &mut impl Sink) {
    out.put(b"family ");
    out.put_uint(family.into());
}

fn put_invalid(family: u8, out: &mut impl Sink) {
    out.put(match family {
        falco_scap::params::AF_INET => b"INVALID IPv4",
        falco_scap::params::AF_INET6 => b"INVALID IPv6",
        _ => b"INVALID PATH",
    });
}

fn fdlist(view: &View<'_>, bytes: &[u8], out: &mut impl Sink) {
    let Some(list) = PollList::parse(bytes) else {
        out.put(b"NULL");
        return;
    };
    for (i, (num, flags)) in list.enumerate() {
        if i > 0 {
            out.put_byte(b' ');
        }
        out.put_int(num);
        out.put_byte(b':');
        let fd = view.thread().and_then(|thread| view.machine.fd(thread, num));
        out.put_byte(fd.map_or(b'?', |fd| fd.ty.as_char()));
        out.put_digits((flags as u16).into(), 16, 0, false);
    }
}

fn sigset(bits: u32, out: &mut impl Sink) {
    let mut first = true;
    for signal in 1..=32u8 {
        if bits & (1 << (signal - 1)) == 0 {
            continue;
        }
        let Some(name) = signal_name(signal) else { continue };
        if !first {
            out.put_byte(b' ');
        }
        first = false;
        out.put(name.as_bytes());
    }
}

/// A number with six significant digits, as C's `%g` writes it.
fn put_significant(x: f64, out: &mut impl Sink) {
    const DIGITS: i32 = 6;
    if x == 0.0 {
        out.put_byte(b'0');
        return;
    }
    // The exponent after rounding to six digits decides between the two notations.
    let scientific = StackText::new(format_args!("{x:.*e}", (DIGITS - 1) as usize));
    let scientific = scientific.as_str();
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS).contains(&exponent) {
        let fixed = StackText::new(format_args!("{x:.*}", (DIGITS - 1 - exponent).max(0) as usize));
        out.put(trim_zeros(fixed.as_str()).as_bytes());
    } else {
        out.put(trim_zeros(mantissa).as_bytes());
        out.put(if exponent < 0 { b"e-" } else { b"e+" });
        out.put_digits(exponent.unsigned_abs().into(), 10, 2, false);
    }
}

fn trim_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn significant(x: f64) -> String {
        let mut out = Vec::new();
        put_significant(x, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn durations_have_six_significant_digits() {
        for (x, text) in [
            (1.5, "1.5"),
            (0.0, "0"),
            (1.711_781_392, "1.71178"),
            (0.000_001_5, "1.5e-06"),
            (0.0001, "0.0001"),
            (123_456.7, "123457"),
            (1_234_567.0, "1.23457e+06"),
            (999_999.9, "1e+06"),
            (60.0, "60"),
        ] {
            assert_eq!(significant(x), text);
        }
    }

    #[test]
    fn numbers_follow_their_format() {
        let text = |format, ty, n| {
            let mut out = Vec::new();
            put_formatted(format, ty, n, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(PrintFormat::Hex, ParamType::Uint64, 0xbeef), "BEEF");
        assert_eq!(text(PrintFormat::Hex, ParamType::Int32, -1), "FFFFFFFF");
        assert_eq!(text(PrintFormat::Oct, ParamType::Uint32, 0o755), "0755");
        assert_eq!(text(PrintFormat::Oct, ParamType::Uint32, 0), "0");
        assert_eq!(text(PrintFormat::PaddedDec10, ParamType::Uint64, 42), "000000042");
        assert_eq!(text(PrintFormat::Dec, ParamType::Int64, -5), "-5");
        assert_eq!(text(PrintFormat::Na, ParamType::Uint64, -1), "18446744073709551615");
    }

    #[test]
    fn buffers_show_dots() {
        let mut out = Vec::new();
        dots(b"abc\0\xffd\n", &mut out);
        assert_eq!(out, b"abc..d.");
    }
}
