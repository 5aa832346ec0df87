//! open, creat, openat, openat2, open_by_handle_at: a file is opened.

use super::{Cycle, Outcome, required, text};
use crate::state::{Fd, FdType, Text, join, open_flags as flag};

/// What is known of the file.
struct File<'a> {
    name: &'a [u8],
    flags: u32,
    dev: u32,
    ino: u64,
}

/// What a name is relative to.
enum Base {
    Nothing,
    Cwd,
    Dirfd(i64),
}

/// The flags after a look at the enter event's: those that the program asked for, and those that the kernel's answer added.
fn merge_flags(asked: u32, answered: u32) -> u32 {
    asked | (answered & !(flag::F_CREATED - 1))
}

pub(super) fn open(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let (event, enter) = (cx.event, cx.take_enter());
    let enter_event = enter.as_ref().map(|enter| enter.event());
    let mut file = File { name: text(event, 1)?, flags: required(event.u32(2))?, dev: 0, ino: 0 };
    if let Some(dev) = event.u32(4)? {
        file.dev = dev;
        file.ino = event.u64(5)?.unwrap_or(0);
    }
    // The program may have changed the name in its memory during the call; the enter event has the one that counted.
    if let Some(enter) = &enter_event {
        let (name, flags) = (text(enter, 0)?, required(enter.u32(1))?);
        if name != b"<NA>" {
            file.name = name;
            file.flags = merge_flags(flags, file.flags);
        }
    }
    add(cx, file, Base::Cwd);
    cx.enter = enter;
    Ok(())
}

pub(super) fn creat(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let (event, enter) = (cx.event, cx.take_enter());
    let enter_event = enter.as_ref().map(|enter| enter.event());
    let mut file = File { name: text(event, 1)?, flags: 0, dev: 0, ino: 0 };
    if let Some(dev) = event.u32(3)? {
        file.dev = dev;
        if let Some(ino) = event.u64(4)? {
            file.ino = ino;
            file.flags = match event.u16(5)?.unwrap_or(0) {
                layers if layers & 1 != 0 => flag::UPPER_LAYER,
                layers if layers & 2 != 0 => flag::LOWER_LAYER,
                _ => 0,
            };
        }
    }
    if let Some(name) = enter_event.as_ref().map(|enter| text(enter, 0)).transpose()?
        && name != b"<NA>"
    {
        file.name = name;
    }
    add(cx, file, Base::Cwd);
    cx.enter = enter;
    Ok(())
}

/// openat and openat2; they differ in where the device stands.
pub(super) fn openat(cx: &mut Cycle<'_, '_>, dev_param: usize) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let (event, enter) = (cx.event, cx.take_enter());
    let enter_event = enter.as_ref().map(|enter| enter.event());
    let mut file = File { name: text(event, 2)?, flags: event.u32(3)?.unwrap_or(0), dev: 0, ino: 0 };
    if let Some(ino) = event.u64(dev_param + 1)? {
        file.ino = ino;
        file.dev = required(event.u32(dev_param))?;
    }
    let mut dirfd = event.i64(1)?;
    if let Some(enter) = &enter_event {
        let (name, flags) = (text(enter, 1)?, required(enter.u32(2))?);
        if name != b"<NA>" {
            file.name = name;
            file.flags = merge_flags(flags, file.flags);
            dirfd = enter.i64(0)?;
        }
    }
    add(cx, file, dirfd.map_or(Base::Nothing, Base::Dirfd));
    cx.enter = enter;
    Ok(())
}

pub(super) fn open_by_handle_at(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let event = cx.event;
    let file = File {
        name: text(event, 3)?,
        flags: required(event.u32(2))?,
        dev: event.u32(4)?.unwrap_or(0),
        ino: event.u64(5)?.unwrap_or(0),
    };
    add(cx, file, Base::Nothing);
    Ok(())
}

/// Adds the descriptor of a call that succeeded.
fn add(cx: &mut Cycle<'_, '_>, file: File<'_>, base: Base) {
    let num = cx.ret();
    let mut path = std::mem::take(&mut cx.machine.scratch);
    if let Some(thread) = cx.thread() {
        match base {
            Base::Nothing => join(b"", file.name, &mut path),
            Base::Cwd => join(cx.machine.cwd(thread), file.name, &mut path),
            Base::Dirfd(dirfd) => join(&cx.machine.dirfd_base(Some(thread), file.name, dirfd), file.name, &mut path),
        }
        let ty = if file.flags & flag::DIRECTORY != 0 { FdType::Directory } else { FdType::FileV2 };
        let name = Text::from(&path[..]);
        let fd = Fd {
            open_flags: file.flags,
            dev: file.dev,
            ino: file.ino,
            // Absolute names mostly are what they are, and then one text does for both.
            name_raw: if *name == *file.name { name.clone() } else { Text::from(file.name) },
            name_changed: !name.is_empty(),
            name,
            overlay_upper: file.flags & flag::UPPER_LAYER != 0,
            overlay_lower: file.flags & flag::LOWER_LAYER != 0,
            ..Fd::new(ty)
        };
        cx.add_fd(num, fd);
    }
    cx.machine.scratch = path;
}
