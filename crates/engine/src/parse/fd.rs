//! Descriptors that are closed, copied or made without an address: close, dup, fcntl, pipe, eventfd and their kind.

use falco_catalog::event;

use super::{Cycle, Outcome, required, text};
use crate::state::{Fd, FdType, Text, open_flags};

const F_DUPFD: u8 = 1;
const F_SETFD: u8 = 3;
const F_DUPFD_CLOEXEC: u8 = 26;
const CLOSE_RANGE_CLOEXEC: u32 = 4;

/// The descriptor stays until the next event, so that this one still shows it.
pub(super) fn close(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() >= 0 {
        cx.machine.deferred.fd = cx.ctx.fd;
    }
    Ok(())
}

pub(super) fn close_range(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let (first, last) = (i64::from(required(cx.event.u32(1))?), i64::from(required(cx.event.u32(2))?));
    let flags = required(cx.event.u32(3))?;
    let Some(owner) = cx.fd_owner() else { return Ok(()) };
    let in_range = |fd: &Fd| (first..=last).contains(&fd.num);
    if flags & CLOSE_RANGE_CLOEXEC == 0 {
        cx.machine.retain_fds(owner, |fd| !in_range(fd));
    } else if let Some(owner) = cx.machine.thread_mut(owner) {
        owner.fds.for_each_mut(|fd| {
            if in_range(fd) {
                fd.open_flags |= open_flags::CLOEXEC;
            }
        });
    }
    Ok(())
}

/// Copies the event's descriptor to the returned number.
fn copy_to_returned(cx: &mut Cycle<'_, '_>, cloexec: bool) {
    let num = cx.ret();
    let Some(mut fd) = cx.fd().cloned() else { return };
    fd.clear_cloexec();
    if cloexec {
        fd.open_flags |= open_flags::CLOEXEC;
    }
    cx.add_fd(num, fd);
}

pub(super) fn dup(cx: &mut Cycle<'_, '_>) -> Outcome {
    let num = cx.ret();
    if num < 0 || cx.ctx.fd.is_none() {
        return Ok(());
    }
    let cloexec = match cx.event.ty {
        event::SYSCALL_DUP3_X => required(cx.event.u32(3))? & open_flags::CLOEXEC != 0,
        _ => false,
    };
    // A shell that builds a pipe puts its ends on 0 and 1.
    if let Some(thread) = cx.thread_mut() {
        thread.flags |= match num {
            0 => crate::state::clone_flags::PIPE_DST,
            1 => crate::state::clone_flags::PIPE_SRC,
            _ => 0,
        };
    }
    copy_to_returned(cx, cloexec);
    Ok(())
}

pub(super) fn fcntl(cx: &mut Cycle<'_, '_>) -> Outcome {
    let command = required(cx.event.u8(2))?;
    if cx.ret() < 0 || cx.ctx.fd.is_none() {
        return Ok(());
    }
    match command {
        F_DUPFD => copy_to_returned(cx, false),
        F_DUPFD_CLOEXEC => copy_to_returned(cx, true),
        F_SETFD => {
            let cloexec = required(cx.event.u64(3))? & 1 != 0;
            if let Some(fd) = cx.fd_mut() {
                fd.clear_cloexec();
                if cloexec {
                    fd.open_flags |= open_flags::CLOEXEC;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn pipe(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let ends = [required(cx.event.i64(1))?, required(cx.event.i64(2))?];
    let ino = required(cx.event.u64(3))?;
    let flags = if cx.event.ty == event::SYSCALL_PIPE2_X { required(cx.event.u32(4))? } else { 0 };
    for end in ends {
        cx.add_fd(end, Fd { ino, open_flags: flags, ..Fd::new(FdType::Fifo) });
    }
    Ok(())
}

/// The call's result is a new descriptor without a name.
pub(super) fn returned(cx: &mut Cycle<'_, '_>, ty: FdType, open_flags: u32) -> Outcome {
    let num = cx.ret();
    if num >= 0 {
        cx.add_fd(num, Fd { open_flags, ..Fd::new(ty) });
    }
    Ok(())
}

/// The same, with flags in a two-byte parameter 1.
pub(super) fn returned_with_flags16(cx: &mut Cycle<'_, '_>, ty: FdType) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let flags = required(cx.event.u16(1))?;
    returned(cx, ty, u32::from(flags))
}

pub(super) fn timerfd_create(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let flags = cx.event.u8(2)?.unwrap_or(0);
    returned(cx, FdType::Timerfd, u32::from(flags))
}

pub(super) fn epoll_create1(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let flags = cx.event.u32(1)?.unwrap_or(0);
    returned(cx, FdType::Eventpoll, if flags & 1 != 0 { open_flags::CLOEXEC } else { 0 })
}

/// A failed call leaves a descriptor of no type behind, under its negative result. That is Falco's doing.
pub(super) fn memfd_create(cx: &mut Cycle<'_, '_>) -> Outcome {
    let num = cx.ret();
    let fd = if num >= 0 {
        let name = Text::from(text(cx.event, 1)?);
        let open_flags = required(cx.event.u32(2))?;
        Fd { open_flags, name_changed: !name.is_empty(), name, ..Fd::new(FdType::Memfd) }
    } else {
        Fd::new(FdType::Uninitialized)
    };
    cx.add_fd(num, fd);
    Ok(())
}

pub(super) fn pidfd_open(cx: &mut Cycle<'_, '_>) -> Outcome {
    let num = cx.ret();
    if num < 0 {
        return Ok(());
    }
    let (pid, open_flags) = (required(cx.event.i64(1))?, required(cx.event.u32(2))?);
    let name = Text::from(format!("/proc/{pid}").into_bytes());
    cx.add_fd(num, Fd { pid, open_flags, name, name_changed: true, ..Fd::new(FdType::Pidfd) });
    Ok(())
}

pub(super) fn pidfd_getfd(cx: &mut Cycle<'_, '_>) -> Outcome {
    let num = cx.ret();
    if num < 0 {
        return Ok(());
    }
    let (pidfd, target) = (required(cx.event.i64(1))?, required(cx.event.i64(2))?);
    let Some(owner) = cx.fd_owner() else { return Ok(()) };
    let Some(pid) = cx.machine.look_up_fd(owner, pidfd).filter(|fd| fd.ty == FdType::Pidfd).map(|fd| fd.pid) else {
        return Ok(());
    };
    let Some(their_owner) = cx.machine.fd_owner(pid) else { return Ok(()) };
    let Some(mut fd) = cx.machine.look_up_fd(their_owner, target).map(|fd| fd.clone()) else { return Ok(()) };
    fd.clear_cloexec();
    fd.open_flags |= open_flags::CLOEXEC;
    cx.add_fd(num, fd);
    Ok(())
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use super::super::testing::World;
    use crate::state::{FdType, clone_flags, open_flags as flag};

    #[test]
    fn copies_lose_the_flags_of_close_on_exec() {
        let mut world = World::new();
        world.open(100, 3, "/x", flag::RDONLY | flag::CLOEXEC);
        let ctx = world.step(100, event::SYSCALL_DUP_1_X, params! { res = 4, oldfd = 3 });
        assert_eq!((ctx.fd, ctx.last_event_fd, ctx.fd_name_changed), (Some((100, 4)), 4, false));
        assert_eq!(world.fd(100, 4).unwrap().open_flags, 0, "the bit of reading goes too");
        world.step(100, event::SYSCALL_DUP3_X, params! { res = 5, oldfd = 3, newfd = 5, flags = flag::CLOEXEC });
        assert_eq!(world.fd(100, 5).unwrap().open_flags, flag::CLOEXEC);
        world.step(100, event::SYSCALL_DUP2_X, params! { res = 1, oldfd = 3, newfd = 1 });
        assert!(world.thread(100).flags & clone_flags::PIPE_SRC != 0);
        world.step(100, event::SYSCALL_FCNTL_X, params! { res = 6, fd = 3, cmd = 26, arg = 0 });
        assert_eq!((world.fd_name(100, 6), world.fd(100, 6).unwrap().open_flags), ("/x".into(), flag::CLOEXEC));
        world.step(100, event::SYSCALL_FCNTL_X, params! { res = 0, fd = 6, cmd = 3, arg = 0 });
        assert_eq!(world.fd(100, 6).unwrap().open_flags, 0);
        world.step(100, event::SYSCALL_FCNTL_X, params! { res = 0, fd = 6, cmd = 3, arg = 1 });
        assert!(world.fd(100, 6).unwrap().is_cloexec());
    }

    #[test]
    fn ranges_are_closed_or_marked_at_once() {
        let mut world = World::new();
        for num in 3..9 {
            world.open(100, num, "/x", 0);
        }
        world.step(100, event::SYSCALL_CLOSE_RANGE_X, params! { res = 0, first = 5, last = u32::MAX, flags = 0 });
        assert!(world.fd(100, 4).is_some() && world.fd(100, 5).is_none() && world.fd(100, 8).is_none());
        world.step(100, event::SYSCALL_CLOSE_RANGE_X, params! { res = 0, first = 4, last = 4, flags = 4 });
        assert!(world.fd(100, 4).unwrap().is_cloexec() && !world.fd(100, 3).unwrap().is_cloexec());
    }

    #[test]
    fn nameless_descriptors_have_their_types() {
        let mut world = World::new();
        for (ty, params, want) in [
            (event::SYSCALL_EVENTFD_X, params! { res = 7 }, FdType::Event),
            (event::SYSCALL_EVENTFD2_X, params! { res = 7, flags = 0 }, FdType::Event),
            (event::SYSCALL_SIGNALFD_X, params! { res = 7 }, FdType::Signalfd),
            (event::SYSCALL_TIMERFD_CREATE_X, params! { res = 7, flags = 1 }, FdType::Timerfd),
            (event::SYSCALL_INOTIFY_INIT1_X, params! { res = 7, flags = 0 }, FdType::Inotify),
            (event::SYSCALL_EPOLL_CREATE_X, params! { res = 7 }, FdType::Eventpoll),
            (event::SYSCALL_BPF_2_X, params! { fd = 7, cmd = 14 }, FdType::Bpf),
            (event::SYSCALL_USERFAULTFD_X, params! { res = 7 }, FdType::Userfaultfd),
            (event::SYSCALL_IO_URING_SETUP_X, params! { res = 7 }, FdType::Iouring),
        ] {
            world.step(100, ty, params);
            assert_eq!((world.fd(100, 7).unwrap().ty, world.fd_name(100, 7)), (want, String::new()));
        }
        world.step(100, event::SYSCALL_EPOLL_CREATE1_X, params! { res = 7, flags = 1 });
        assert!(world.fd(100, 7).unwrap().is_cloexec());
        let ctx =
            world.step(100, event::SYSCALL_PIPE2_X, params! { res = 0, fd1 = 8, fd2 = 9, ino = 77_u64, flags = 0 });
        assert_eq!(
            (ctx.fd, world.fd(100, 8).unwrap().ino, world.fd(100, 9).unwrap().ty),
            (Some((100, 9)), 77, FdType::Fifo)
        );
        world.step(100, event::SYSCALL_MEMFD_CREATE_X, params! { fd = 10, name = "secret", flags = 1 });
        assert_eq!(world.fd_name(100, 10), "secret");
        assert!(world.fd(100, 10).unwrap().is_cloexec());
    }

    #[test]
    fn a_pidfd_reaches_into_another_process() {
        let mut world = World::new();
        world.open(1, 5, "/etc/shadow", flag::RDONLY);
        world.step(100, event::SYSCALL_PIDFD_OPEN_X, params! { fd = 3, pid = 1, flags = 0 });
        assert_eq!(world.fd_name(100, 3), "/proc/1");
        world.step(100, event::SYSCALL_PIDFD_GETFD_X, params! { fd = 4, pid_fd = 3, target_fd = 5, flags = 0 });
        assert_eq!(world.fd_name(100, 4), "/etc/shadow");
        assert!(world.fd(100, 4).unwrap().is_cloexec());
        world.step(100, event::SYSCALL_PIDFD_GETFD_X, params! { fd = 6, pid_fd = 4, target_fd = 5, flags = 0 });
        assert!(world.fd(100, 6).is_none(), "not a pidfd");
    }
}
