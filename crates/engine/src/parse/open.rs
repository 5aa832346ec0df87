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

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use super::super::testing::{World, text};
    use crate::state::{FdType, open_flags as flag};

    #[test]
    fn names_are_relative_to_the_directory_they_were_given_with() {
        let mut world = World::new();
        world.open(100, 3, "notes/../diary", flag::RDONLY);
        assert_eq!(world.fd_name(100, 3), "/home/ann/diary");
        assert_eq!(text(&world.fd(100, 3).unwrap().name_raw), "notes/../diary");
        world.open(100, 4, "/srv", flag::RDONLY | flag::DIRECTORY);
        assert_eq!(world.fd(100, 4).unwrap().ty, FdType::Directory);
        for (dirfd, name, want) in
            [(4, "www", "/srv/www"), (-100, "x", "/home/ann/x"), (77, "x", "<UNKNOWN>x"), (77, "/abs/x/", "/abs/x")]
        {
            let params = params! { fd = 5, dirfd = dirfd, name = name, flags = 1, mode = 0, dev = 9, ino = 8_u64 };
            world.step(100, event::SYSCALL_OPENAT_2_X, params.clone());
            assert_eq!(world.fd_name(100, 5), want);
            assert_eq!((world.fd(100, 5).unwrap().dev, world.fd(100, 5).unwrap().ino), (9, 8));
        }
        world.step(101, event::SYSCALL_OPENAT2_X, params! { fd = 6, dirfd = -100, name = "y", flags = 1 });
        assert_eq!(world.fd_name(100, 6), "/home/ann/y", "a thread's descriptors are its process's");
    }

    #[test]
    fn the_enter_event_keeps_the_flags_that_were_asked_for() {
        let mut world = World::new();
        let enter = params! { dirfd = -100, name = "a", flags = flag::RDONLY, mode = 0 };
        world.step(100, event::SYSCALL_OPENAT_2_E, enter);
        let exit = params! { fd = 3, dirfd = 9, name = "b", flags = flag::WRONLY | flag::F_CREATED, mode = 0 };
        world.step(100, event::SYSCALL_OPENAT_2_X, exit);
        assert_eq!(world.fd_name(100, 3), "/home/ann/a");
        assert_eq!(world.fd(100, 3).unwrap().open_flags, flag::RDONLY | flag::F_CREATED);
        world.step(100, event::SYSCALL_CREAT_E, params! { name = "<NA>", mode = 0 });
        let exit = params! { fd = 4, name = "c", mode = 0, dev = 1, ino = 2_u64, creat_flags = 1 };
        world.step(100, event::SYSCALL_CREAT_X, exit);
        assert_eq!(world.fd_name(100, 4), "/home/ann/c");
        assert!(world.fd(100, 4).unwrap().overlay_upper && !world.fd(100, 4).unwrap().overlay_lower);
    }

    #[test]
    fn a_failed_open_changes_nothing() {
        let mut world = World::new();
        let ctx = world.open(100, -2, "/x", 1);
        assert_eq!((ctx.ret, ctx.fd, ctx.last_event_fd), (Some(-2), None, -1));
        let params = params! { fd = 3, mountfd = 9, flags = 1, path = "/by/handle", dev = 1, ino = 2_u64 };
        world.step(100, event::SYSCALL_OPEN_BY_HANDLE_AT_X, params);
        assert_eq!(world.fd_name(100, 3), "/by/handle");
    }
}
