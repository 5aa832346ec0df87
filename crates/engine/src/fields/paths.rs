//! Helpers for texts and paths in the event's arena.

use std::cell::RefCell;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;

use crate::render::sink::Sink;
use crate::state::{self, AT_FDCWD, Thread, UNKNOWN_DIR, printable};
use crate::view::View;

thread_local! {
    /// Where paths are joined before they go into the arena; grows once to the longest path.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Appends text with the replacement character for what cannot be printed.
pub(crate) fn put_text(text: &[u8], out: &mut impl Sink) {
    out.put(&printable(text));
}

/// Joins a directory and a name as the state does for descriptors' names.
pub(crate) fn join_in<'a>(base: &[u8], name: &[u8], arena: &'a Bump) -> &'a [u8] {
    SCRATCH.with_borrow_mut(|scratch| {
        state::join(base, name, scratch);
        &*arena.alloc_slice_copy(scratch)
    })
}

/// Two or more pieces in a row.
pub(crate) fn concat<'a>(pieces: &[&[u8]], arena: &'a Bump) -> &'a [u8] {
    let mut out = BumpVec::with_capacity_in(pieces.iter().map(|p| p.len()).sum(), arena);
    pieces.iter().for_each(|piece| out.put(piece));
    out.into_bump_slice()
}

/// Items with a byte between them.
pub(crate) fn join_items<'a, 'i>(items: impl Iterator<Item = &'i [u8]>, separator: u8, arena: &'a Bump) -> &'a [u8] {
    let mut out = BumpVec::new_in(arena);
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.put_byte(separator);
        }
        out.put(item);
    }
    out.into_bump_slice()
}

/// The directory that a name given with a directory descriptor is relative to; see [`state::Machine::dirfd_base`].
pub(crate) fn dirfd_base<'a>(
    view: &'a View<'_>,
    thread: &'a Thread,
    name: &[u8],
    dirfd: i64,
    arena: &'a Bump,
) -> &'a [u8] {
    if name.first() == Some(&b'/') {
        return b".";
    }
    if dirfd == AT_FDCWD {
        return view.machine.cwd(thread);
    }
    match view.machine.fd(thread, dirfd) {
        None => UNKNOWN_DIR,
        Some(fd) if fd.name.last().is_none_or(|&b| b == b'/') => &fd.name,
        Some(fd) => concat(&[&fd.name, b"/"], arena),
    }
}

/// Text without repeated slashes.
pub(crate) fn without_double_slashes<'a>(path: &'a [u8], arena: &'a Bump) -> &'a [u8] {
    if !path.windows(2).any(|pair| pair == b"//") {
        return path;
    }
    let mut out = BumpVec::with_capacity_in(path.len(), arena);
    for &byte in path {
        if byte != b'/' || out.last() != Some(&b'/') {
            out.push(byte);
        }
    }
    out.into_bump_slice()
}
