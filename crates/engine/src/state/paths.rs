//! Joining and normalising paths as Falco does.

use std::borrow::Cow;

use super::machine::Machine;
use super::types::{AT_FDCWD, Thread};

/// What stands for a directory that is not known.
pub const UNKNOWN_DIR: &[u8] = b"<UNKNOWN>";

/// Longest path, with its terminator.
const MAX_PATH: usize = 1024;

/// What comes out when a path would be longer.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Joins `base` and `name` into `out`, which is cleared first. An absolute `name` (and an empty one) ignores `base`. Only
/// `name` is normalised: repeated slashes, `.` and `..`, a slash at the end; `..` never climbs above the first character. `base` is
/// copied as it is and must end with a slash to be a directory of its own.
pub fn join(base: &[u8], name: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if base.len() + name.len() + 1 > MAX_PATH {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    let relative = name.first().is_some_and(|&b| b != b'/');
    if relative {
        out.extend_from_slice(base);
    }
    if is_plain(name) {
        out.extend_from_slice(name);
        return;
    }
    // A path that climbed back to nothing must not become absolute, unless it was nothing to begin with.
    let empty_base = out.is_empty();
    let name = printable(name);
    let mut rest = &name[..];
    while let [first, tail @ ..] = rest {
        let at_start = out.last().is_none_or(|&b| b == b'/');
        rest = match rest {
            [b'.', b'.'] if at_start => climb(out, &[]),
            [b'.', b'.', b'/', tail @ ..] if at_start => climb(out, tail),
            [b'.'] if at_start => &[],
            [b'.', b'/', tail @ ..] if at_start => tail,
            [b'/', tail @ ..] if out.last() == Some(&b'/') || (out.is_empty() && !empty_base) => tail,
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Whether a name is as normalising would leave it, which nearly all are. Says no when in doubt.
fn is_plain(name: &[u8]) -> bool {
    let mut before = b'/';
    let mut plain = name.first() != Some(&b'.');
    for (i, &b) in name.iter().enumerate() {
        plain &= (0x20..0x7f).contains(&b);
        plain &= !(before == b'/' && (b == b'.' || (b == b'/' && i > 0)));
        before = b;
    }
    plain && (before != b'/' || name.len() <= 1)
}

/// Drops the last component of `out`, but never its first character while another is left; gives `rest` back.
fn climb<'a>(out: &mut Vec<u8>, rest: &'a [u8]) -> &'a [u8] {
    if out.len() > 1 {
        out.pop();
        let keep = out.iter().rposition(|&b| b == b'/').map_or(0, |slash| slash + 1);
        out.truncate(keep);
    }
    rest
}

/// Replaces what cannot be printed (control characters, broken UTF-8, Unicode's non-characters) by U+FFFD.
pub fn printable(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
        return Cow::Borrowed(bytes);
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().map(|c| if is_printable(c) { c } else { char::REPLACEMENT_CHARACTER }));
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(out.into_bytes())
}

fn is_printable(c: char) -> bool {
    let code = u32::from(c);
    !c.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
}

impl Machine {
    /// The directory that a name given with a directory descriptor is relative to, for [`join`]: `.` for an absolute name, the
    /// working directory for [`AT_FDCWD`], the descriptor's name with a slash at its end, or [`UNKNOWN_DIR`].
    pub fn dirfd_base<'a>(&'a self, thread: Option<&'a Thread>, name: &[u8], dirfd: i64) -> Cow<'a, [u8]> {
        if name.first() == Some(&b'/') {
            return Cow::Borrowed(b".");
        }
        let Some(thread) = thread else { return Cow::Borrowed(UNKNOWN_DIR) };
        if dirfd == AT_FDCWD {
            return Cow::Borrowed(self.cwd(thread));
        }
        let Some(fd) = self.fd(thread, dirfd) else { return Cow::Borrowed(UNKNOWN_DIR) };
        match fd.name.last() {
            None | Some(b'/') => Cow::Borrowed(&fd.name),
            Some(_) => {
                let mut name = Vec::with_capacity(fd.name.len() + 1);
                name.extend_from_slice(&fd.name);
                name.push(b'/');
                Cow::Owned(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, name: &str) -> String {
        let mut out = b"left over".to_vec();
        join(base.as_bytes(), name.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn joins_and_normalises() {
        for (base, name, want) in [
            ("/home/ann/", "notes", "/home/ann/notes"),
            ("/home/ann/", "/etc//passwd", "/etc/passwd"),
            ("/home/ann/", "", ""),
            ("/home/ann/", ".", "/home/ann"),
            ("/home/ann/", "./a/./b/", "/home/ann/a/b"),
            ("/home/ann/", "../bob", "/home/bob"),
            ("/home/ann/", "../../..", "/"),
            ("/home/ann/", "../../../../x", "/x"),
            ("/home/ann/", "a/..", "/home/ann"),
            ("/home/ann/", "..a/b..", "/home/ann/..a/b.."),
            ("/home//ann/", "x", "/home//ann/x"),
            ("", "rel/./x", "rel/x"),
            ("foo/", "../a", "a"),
            ("foo/", "..//a", "a"),
            ("", "foo/../a", "a"),
            ("<UNKNOWN>", "x", "<UNKNOWN>x"),
            ("<UNKNOWN>", "../x", "<UNKNOWN>../x"),
            (".", "/abs/../x", "/x"),
            ("/", "/", "/"),
            ("/", "//", "/"),
            ("/", "..", "/"),
        ] {
            assert_eq!(joined(base, name), want, "{base} + {name}");
        }
    }

    #[test]
    fn plain_names_are_those_that_normalising_leaves_alone() {
        for name in ["a", "/a/b.c", "/", "a..b/c", "a b", ""] {
            assert!(is_plain(name.as_bytes()), "{name}");
        }
        for name in [".", "./a", "a/./b", "a/../b", "a//b", "//", "a/", "/a/.hidden", "/a\nb", "/é"] {
            assert!(!is_plain(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_long_path_is_replaced() {
        assert_eq!(joined("/", &"a".repeat(1022)), format!("/{}", "a".repeat(1022)));
        assert_eq!(joined("/", &"a".repeat(1023)), "/DIR_TOO_LONG/FILENAME_TOO_LONG");
    }

    #[test]
    fn only_what_prints_stays() {
        assert_eq!(printable("naïve/été 😀".as_bytes()), "naïve/été 😀".as_bytes());
        assert_eq!(printable(b"a\nb\xffc\xe1\x80d"), "a\u{fffd}b\u{fffd}c\u{fffd}d".as_bytes());
        assert_eq!(printable("\u{fdd0}\u{85}".as_bytes()), "\u{fffd}\u{fffd}".as_bytes());
    }
}
