//! execve, execveat: a thread runs another program.

use std::sync::Arc;

use falco_catalog::event;

use super::clone::{Memory, comm, set_cgroups};
use super::{Cycle, Malformed, Outcome, required, text};
use crate::state::{StrList, Text, Thread, clone_flags as flag, join};

/// `AT_EMPTY_PATH`, as events carry it.
const EMPTY_PATH: u32 = 1;

pub(super) fn execve(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 || cx.ctx.thread.is_none() {
        return Ok(());
    }
    let (event, tid) = (cx.event, cx.event.tid);
    // Everything is read before anything is changed, so that a broken event changes nothing.
    let exe = text(event, 1)?;
    let comm = comm(event, exe)?;
    let (pid, ptid) = (required(event.i64(4))?, event.i64(5)?);
    let fdlimit = required(event.i64(7))?;
    let memory = Memory::read(event)?;
    let tty = event.u32(16)?;
    let vpgid = event.i64(17)?;
    let loginuid = event.u32(18)?;
    let exe_flags = event.u32(19)?;
    let caps = match event.u64(22)? {
        Some(effective) => Some((required(event.u64(20))?, required(event.u64(21))?, effective)),
        None => None,
    };
    let inode = match event.u64(25)? {
        Some(mtime) => Some((required(event.u64(23))?, required(event.u64(24))?, mtime)),
        None => None,
    };
    let (uid, pgid, gid) = (event.u32(26)?, event.i64(28)?, event.u32(29)?);
    let trusted_exepath = if event.is_empty(27) { None } else { Some(text(event, 27)?) };

    // A thread that is not the main one may exec when that one has exited, and takes its id.
    cx.machine.revive(tid);
    let Some(thread) = cx.thread_mut() else { return Ok(()) };
    if *thread.exe != *exe {
        thread.exe = Text::from(exe);
    }
    thread.lastexec_ts = event.ts;
    thread.set_command(Text::from(comm), StrList::from_nul_separated(event.param(2).unwrap_or_default()));
    thread.pid = pid;
    if thread.is_fake() {
        thread.ptid = ptid.ok_or(Malformed)?;
        if thread.flags & flag::CHILD_IN_PIDNS == 0 {
            thread.vtid = thread.tid;
            thread.vpid = thread.pid;
        }
        cx.machine.link(tid);
    }

    let Some(thread) = cx.thread_mut() else { return Ok(()) };
    thread.fdlimit = fdlimit;
    if let Some(memory) = memory {
        memory.store(thread);
    }
    if let Some(env) = event.param(15).filter(|env| !env.is_empty()) {
        thread.env = StrList::from_nul_separated(env);
    }
    set_cgroups(thread, event.param(14).unwrap_or_default());
    if let Some(tty) = tty {
        thread.tty = tty;
    }
    match trusted_exepath {
        Some(path) => thread.set_exepath(path),
        None => {
            if let Some(path) = exepath_from_enter(cx)?
                && let Some(thread) = cx.thread_mut()
            {
                thread.set_exepath(&path);
            }
        }
    }

    let Some(thread) = cx.thread_mut() else { return Ok(()) };
    if let Some(vpgid) = vpgid {
        thread.vpgid = vpgid;
    }
    if let Some(loginuid) = loginuid {
        thread.loginuid = loginuid;
    }
    if let Some(flags) = exe_flags {
        thread.exe_writable = flags & 1 != 0;
        thread.exe_upper_layer = flags & 2 != 0;
        thread.exe_from_memfd = flags & 4 != 0;
        thread.exe_lower_layer = flags & 8 != 0;
    }
    if let Some((inheritable, permitted, effective)) = caps {
        thread.cap_inheritable = inheritable;
        thread.cap_permitted = permitted;
        thread.cap_effective = effective;
    }
    if let Some((ino, ctime, mtime)) = inode {
        thread.exe_ino = ino;
        thread.exe_ino_ctime = ctime;
        thread.exe_ino_mtime = mtime;
        if thread.clone_ts != 0 {
            thread.exe_ino_ctime_duration_clone_ts = thread.clone_ts.wrapping_sub(ctime);
        }
        if thread.pidns_init_start_ts != 0 && ctime > thread.pidns_init_start_ts {
            thread.exe_ino_ctime_duration_pidns_start = ctime - thread.pidns_init_start_ts;
        }
    }
    if let Some(uid) = uid {
        thread.uid = uid;
    }
    // An event without one does not leave the old one alone.
    thread.pgid = pgid.unwrap_or(-1);
    if let Some(gid) = gid {
        thread.gid = gid;
    }
    let (container, uid, gid) = (Arc::clone(&thread.container_id), thread.uid, thread.gid);
    cx.machine.name_ids(&container, uid, gid);

    if let Some(owner) = cx.fd_owner() {
        cx.machine.retain_fds(owner, |fd| !fd.is_cloexec());
    }
    if let Some(thread) = cx.thread_mut() {
        let kept = flag::PIPE_SRC | flag::PIPE_DST | flag::IS_MAIN_THREAD | flag::INVERTED;
        thread.flags = (thread.flags & kept) | flag::ACTIVE | flag::NAME_CHANGED;
    }
    remove_other_threads(cx);
    Ok(())
}

/// The program's path as the enter event of an old capture tells; `None` when there is no enter event.
fn exepath_from_enter(cx: &mut Cycle<'_, '_>) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(stored) = cx.take_enter() else { return Ok(None) };
    let path = (|| {
        let enter = stored.event();
        let mut path = Vec::new();
        let Some(thread) = cx.thread() else { return Ok(path) };
        if enter.ty != event::SYSCALL_EXECVEAT_E {
            let filename = text(&enter, 0)?;
            if filename == b"<NA>" {
                path.extend_from_slice(filename);
            } else {
                join(cx.machine.cwd(thread), filename, &mut path);
            }
            return Ok(path);
        }
        let (dirfd, flags) = (required(enter.i64(0))?, required(enter.u32(2))?);
        let pathname = text(&enter, 1)?;
        let base = cx.machine.dirfd_base(Some(thread), pathname, dirfd);
        let known = *base != *b"<UNKNOWN>";
        if !known || (flags & EMPTY_PATH == 0 && pathname == b"<NA>") {
            path.extend_from_slice(b"<NA>");
        } else if flags & EMPTY_PATH != 0 {
            join(b"", &base, &mut path);
        } else {
            join(&base, pathname, &mut path);
        }
        if known && *base != *b"." {
            cx.ctx.fd = None;
            cx.find_fd(dirfd);
        }
        Ok(path)
    })();
    cx.machine.spare_events.push(stored);
    path.map(Some)
}

/// An exec ends all other threads of the process.
fn remove_other_threads(cx: &mut Cycle<'_, '_>) {
    let Some(thread) = cx.thread() else { return };
    let tid = thread.tid;
    if cx.machine.thread_group(thread).is_none_or(|group| group.alive <= 1) {
        return;
    }
    let is_other = |member: &&Thread| member.tid != tid && !member.is_main();
    let others: Vec<i64> = cx.machine.members(thread).filter(is_other).map(|member| member.tid).collect();
    for other in others {
        cx.machine.remove_thread(other);
    }
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use falco_scap::builder::Params;

    use super::super::testing::{World, text};
    use crate::state::{clone_flags as flag, open_flags};

    fn told(pid: i64) -> Params {
        params! {
            res = 0, exe = "/bin/ls", args = ["-l", "/"], tid = pid, pid = pid, ptid = 100, cwd = "", fdlimit = 5,
            comm = "ls", env = ["C=3"], tty = 34816, vpgid = 9, loginuid = 4, flags = 1, cap_inheritable = 1,
            cap_permitted = 2, cap_effective = 3, exe_ino = 11, exe_ino_ctime = 12, exe_ino_mtime = 13, uid = 0,
            trusted_exepath = "/usr/bin/ls (deleted)", pgid = 6, gid = 7
        }
    }

    #[test]
    fn another_program_runs_in_the_same_thread() {
        let mut world = World::new();
        world.open(100, 3, "/kept", 0);
        world.open(100, 4, "/closed", open_flags::CLOEXEC);
        world.step(100, event::SYSCALL_EXECVE_19_X, told(100));
        let thread = world.thread(100);
        assert_eq!((text(thread.cmdline()), text(&thread.exepath)), ("ls -l /".into(), "/usr/bin/ls".into()));
        assert_eq!((text(thread.args_text()), thread.args.len(), thread.env.len()), ("-l /".into(), 2, 1));
        assert_eq!((thread.tty, thread.vpgid, thread.pgid, thread.loginuid), (34816, 9, 6, 4));
        assert_eq!((thread.uid, thread.gid, thread.fdlimit, thread.cap_effective), (0, 7, 5, 3));
        assert!(thread.exe_writable && !thread.exe_upper_layer);
        assert_eq!((thread.sid, thread.lastexec_ts), (100, world.ts), "the session stays");
        assert!(world.fd(100, 3).is_some() && world.fd(100, 4).is_none());
        assert!(world.machine.thread(101).is_none(), "other threads are gone");
        assert_eq!(thread.flags, flag::ACTIVE | flag::NAME_CHANGED);
    }

    #[test]
    fn a_failed_call_changes_nothing() {
        let mut world = World::new();
        world.step(100, event::SYSCALL_EXECVE_19_X, params! { res = -2, exe = "/bin/ls", comm = "ls" });
        assert_eq!(text(world.thread(100).cmdline()), "bash");
    }

    #[test]
    fn old_captures_tell_the_path_in_the_enter_event() {
        let mut world = World::new();
        let old = || {
            params! {
                res = 0, exe = "x", args = "", tid = 100, pid = 100, ptid = 1, cwd = "", fdlimit = 5, comm = "x"
            }
        };
        let exepath = |world: &World| text(&world.thread(100).exepath);
        world.step(100, event::SYSCALL_EXECVE_19_E, params! { filename = "bin/x" });
        world.step(100, event::SYSCALL_EXECVE_19_X, old());
        assert_eq!((exepath(&world), world.thread(100).pgid), ("/home/ann/bin/x".into(), -1));
        world.step(100, event::SYSCALL_EXECVE_19_X, old());
        assert_eq!(exepath(&world), "/home/ann/bin/x", "without one it stays");
        world.open(100, 3, "/opt", open_flags::DIRECTORY);
        for (dirfd, pathname, flags, want) in [
            (3, "tool", 0, "/opt/tool"),
            (3, "<NA>", 1, "/opt"),
            (3, "<NA>", 0, "<NA>"),
            (9, "tool", 0, "<NA>"),
            (9, "/abs", 0, "/abs"),
            (-100, "tool", 0, "/home/ann/tool"),
        ] {
            world.step(100, event::SYSCALL_EXECVEAT_E, params! { dirfd = dirfd, pathname = pathname, flags = flags });
            world.step(100, event::SYSCALL_EXECVE_19_X, old());
            assert_eq!(exepath(&world), want);
        }
    }

    #[test]
    fn an_unknown_thread_becomes_a_process() {
        let mut world = World::new();
        world.open(900, 3, "x", 1);
        world.step(900, event::SYSCALL_EXECVE_19_X, told(900));
        let thread = world.thread(900);
        assert!(thread.is_main() && !thread.is_fake());
        assert_eq!((thread.ptid, thread.vtid, world.cwd(900)), (100, 900, String::new()));
        assert_eq!(world.machine.ancestor(thread, 1).unwrap().tid, 100);
    }

    #[test]
    fn a_dead_main_thread_comes_back() {
        let mut world = World::new();
        world.step(100, event::PROCEXIT_1_E, params! { status = 0 });
        world.step(100, event::SYSCALL_EXECVE_19_X, told(100));
        assert!(!world.thread(100).is_dead());
        assert_eq!(world.machine.thread_group(world.thread(100)).unwrap().alive, 1);
    }
}
