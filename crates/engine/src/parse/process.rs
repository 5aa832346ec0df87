//! What a thread changes about itself, and its end.

use falco_scap::params::NO_TEXT;

use super::{Cycle, Malformed, Outcome, required, text};
use crate::state::{Text, clone_flags, join};

const PR_SET_CHILD_SUBREAPER: u32 = 36;
const PR_GET_CHILD_SUBREAPER: u32 = 37;
const RLIMIT_NOFILE: u8 = 7;
/// Every capability that there is a name for.
const ALL_CAPS: u64 = (1 << 41) - 1;

/// The thread stays until the next event, so that this one still shows it.
pub(super) fn exit(cx: &mut Cycle<'_, '_>) -> Outcome {
    let (tid, ts) = (cx.event.tid, cx.event.ts);
    if cx.ctx.thread.is_none() {
        return Ok(());
    }
    cx.machine.mark_dead(tid);
    cx.machine.deferred.thread = Some((tid, ts));
    let event = cx.event;
    let Some(thread) = cx.thread_mut().filter(|thread| !thread.children.is_empty()) else { return Ok(()) };
    if event.param_count() <= 4 {
        thread.reaper_tid = -1;
    } else if let Some(reaper) = event.i64(4)? {
        thread.reaper_tid = reaper;
    }
    Ok(())
}

/// Makes `path` the process's working directory. A thread that is not the main one starts from its own idea of it, which is
/// nothing: a relative chdir there makes the whole process's directory relative.
fn set_cwd(cx: &mut Cycle<'_, '_>, path: &[u8]) {
    let mut cwd = std::mem::take(&mut cx.machine.scratch);
    if let Some(thread) = cx.thread() {
        join(&thread.cwd, path, &mut cwd);
        if cwd.last() != Some(&b'/') {
            cwd.push(b'/');
        }
        if let Some(main) = cx.main_thread_mut().filter(|main| *main.cwd != *cwd) {
            main.cwd = Text::from(&cwd[..]);
            cx.machine.note_text(cwd.len());
        }
    }
    cx.machine.scratch = cwd;
}

/// chdir and getcwd: both tell the directory.
pub(super) fn chdir(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() >= 0 {
        let path = text(cx.event, 1)?;
        set_cwd(cx, path);
    }
    Ok(())
}

pub(super) fn fchdir(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() >= 0
        && let Some(name) = cx.fd().map(|fd| fd.name.clone())
    {
        set_cwd(cx, &name);
    }
    Ok(())
}

pub(super) fn chroot(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() != 0 {
        return Ok(());
    }
    let path = text(cx.event, 1)?;
    let Some(thread) = cx.thread() else { return Ok(()) };
    let root = if path == NO_TEXT || path.first().is_none_or(|&b| b == b'/') {
        Text::from(path)
    } else {
        let mut full = Vec::new();
        join(cx.machine.cwd(thread), path, &mut full);
        Text::from(full)
    };
    if let Some(thread) = cx.thread_mut() {
        thread.root = root;
    }
    Ok(())
}

pub(super) fn setsid(cx: &mut Cycle<'_, '_>) -> Outcome {
    let ret = cx.ret();
    if let Some(thread) = cx.thread_mut().filter(|_| ret >= 0) {
        thread.sid = ret;
    }
    Ok(())
}

/// −1 is stored like any other value, though the kernel takes it for "leave it as it is".
pub(super) fn set_uid(cx: &mut Cycle<'_, '_>, param: usize) -> Outcome {
    if cx.ret() == 0
        && let Some(uid) = cx.event.u32(param)?
        && let Some(thread) = cx.thread_mut()
    {
        thread.uid = uid;
    }
    Ok(())
}

pub(super) fn set_gid(cx: &mut Cycle<'_, '_>, param: usize) -> Outcome {
    if cx.ret() == 0
        && let Some(gid) = cx.event.u32(param)?
        && let Some(thread) = cx.thread_mut()
    {
        thread.gid = gid;
    }
    Ok(())
}

pub(super) fn capset(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let event = cx.event;
    let caps = (required(event.u64(1))?, required(event.u64(2))?, required(event.u64(3))?);
    if let Some(thread) = cx.thread_mut() {
        (thread.cap_inheritable, thread.cap_permitted, thread.cap_effective) = caps;
    }
    Ok(())
}

/// unshare and setns: a new user namespace gives all capabilities in it.
pub(super) fn new_user_namespace(cx: &mut Cycle<'_, '_>, flags_param: usize) -> Outcome {
    if cx.ret() < 0 || cx.event.u32(flags_param)?.unwrap_or(0) & clone_flags::NEWUSER == 0 {
        return Ok(());
    }
    if let Some(thread) = cx.thread_mut() {
        thread.cap_inheritable = ALL_CAPS;
        thread.cap_permitted = ALL_CAPS;
        thread.cap_effective = ALL_CAPS;
    }
    Ok(())
}

/// The call that asks whether the process is a reaper is taken for the one that makes it one.
pub(super) fn prctl(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 {
        return Ok(());
    }
    let Some(group) = cx.thread().filter(|thread| !thread.is_fake()).and_then(|thread| thread.group) else {
        return Ok(());
    };
    if !matches!(required(cx.event.u32(1))?, PR_SET_CHILD_SUBREAPER | PR_GET_CHILD_SUBREAPER) {
        return Ok(());
    }
    let reaper = required(cx.event.i64(3))? != 0;
    if let Some(group) = cx.machine.groups.get_mut(&group) {
        group.reaper = reaper;
    }
    Ok(())
}

/// getrlimit and setrlimit: both tell the limit.
pub(super) fn rlimit(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() < 0 || required(cx.event.u8(3))? != RLIMIT_NOFILE {
        return Ok(());
    }
    let limit = required(cx.event.i64(1))?;
    if let Some(main) = cx.main_thread_mut().filter(|_| limit != -1) {
        main.fdlimit = limit;
    }
    Ok(())
}

pub(super) fn prlimit(cx: &mut Cycle<'_, '_>) -> Outcome {
    if cx.ret() != 0 || cx.event.u8(6)? != Some(RLIMIT_NOFILE) {
        return Ok(());
    }
    let limit = required(cx.event.i64(1))?;
    let Some(tid) = cx.event.i64(5)?.filter(|_| limit != -1) else { return Ok(()) };
    let tid = if tid == 0 { cx.event.tid } else { tid };
    let Some(thread) = cx.machine.get_or_create(tid).filter(|thread| !thread.is_fake()).map(|t| t.tid) else {
        return Ok(());
    };
    let main = cx.machine.thread(thread).and_then(|thread| cx.machine.main_thread(thread)).map(|main| main.tid);
    if let Some(main) = main.and_then(|main| cx.machine.thread_mut(main)) {
        main.fdlimit = limit;
    }
    Ok(())
}

/// brk, mmap, munmap, failed ones too: the thread's memory.
pub(super) fn memory(cx: &mut Cycle<'_, '_>) -> Outcome {
    let event = cx.event;
    let (size, rss, swap) = (event.u32(1)?, event.u32(2)?, event.u32(3)?);
    let Some(thread) = cx.thread_mut() else { return Ok(()) };
    if let Some(size) = size {
        thread.vmsize_kb = size;
    }
    if let Some(swap) = swap {
        thread.vmrss_kb = rss.ok_or(Malformed)?;
        thread.vmswap_kb = swap;
    }
    Ok(())
}

pub(super) fn switch(cx: &mut Cycle<'_, '_>) -> Outcome {
    let event = cx.event;
    let Some(swap) = event.u32(5)? else { return Ok(()) };
    let (pfmajor, pfminor) = (required(event.u64(1))?, required(event.u64(2))?);
    let (size, rss) = (required(event.u32(3))?, required(event.u32(4))?);
    let Some(thread) = cx.thread_mut() else { return Ok(()) };
    thread.pfmajor = pfmajor;
    thread.pfminor = pfminor;
    if let Some(main) = cx.main_thread_mut() {
        main.vmsize_kb = size;
        main.vmrss_kb = rss;
        main.vmswap_kb = swap;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use super::super::testing::{World, text};
    use super::ALL_CAPS;

    #[test]
    fn the_working_directory_belongs_to_the_process() {
        let mut world = World::new();
        world.step(100, event::SYSCALL_CHDIR_X, params! { res = 0, path = "docs" });
        assert_eq!(world.cwd(101), "/home/ann/docs/");
        world.step(100, event::SYSCALL_CHDIR_X, params! { res = -2, path = "/nowhere" });
        world.open(100, 3, "/srv", 1 << 10);
        world.step(100, event::SYSCALL_FCHDIR_X, params! { res = 0, fd = 3 });
        assert_eq!(world.cwd(100), "/srv/");
        world.step(100, event::SYSCALL_GETCWD_X, params! { res = 5, path = "/home" });
        assert_eq!(world.cwd(100), "/home/");
        world.step(101, event::SYSCALL_CHDIR_X, params! { res = 0, path = "thr" });
        assert_eq!(world.cwd(100), "thr/", "a worker's relative chdir loses the rest");
    }

    #[test]
    fn chroot_resolves_relative_paths() {
        let mut world = World::new();
        world.step(100, event::SYSCALL_CHROOT_X, params! { res = 0, path = "jail" });
        assert_eq!(text(&world.thread(100).root), "/home/ann/jail");
        world.step(100, event::SYSCALL_CHROOT_X, params! { res = 0, path = "/jail/" });
        assert_eq!(text(&world.thread(100).root), "/jail/");
    }

    #[test]
    fn ids_change_on_success_only_and_minus_one_is_stored() {
        let mut world = World::new();
        world.step(100, event::SYSCALL_SETUID_X, params! { res = -1, uid = 0 });
        assert_eq!(world.thread(100).uid, 1000);
        world.step(100, event::SYSCALL_SETUID_X, params! { res = 0, uid = 0 });
        world.step(100, event::SYSCALL_SETREGID_X, params! { res = 0, rgid = 1, egid = 2 });
        assert_eq!((world.thread(100).uid, world.thread(100).gid), (0, 2));
        world.step(100, event::SYSCALL_SETRESUID_X, params! { res = 0, ruid = 1, euid = u32::MAX, suid = 1 });
        assert_eq!(world.thread(100).uid, u32::MAX);
    }

    #[test]
    fn a_new_user_namespace_gives_all_capabilities() {
        let mut world = World::new();
        let caps = params! { res = 0, cap_inheritable = 1, cap_permitted = 2, cap_effective = 3 };
        world.step(100, event::SYSCALL_CAPSET_X, caps);
        let caps = |world: &World| {
            let thread = world.thread(100);
            (thread.cap_inheritable, thread.cap_permitted, thread.cap_effective)
        };
        assert_eq!(caps(&world), (1, 2, 3));
        world.step(100, event::SYSCALL_UNSHARE_X, params! { res = 0, flags = 0 });
        assert_eq!(caps(&world), (1, 2, 3));
        world.step(100, event::SYSCALL_UNSHARE_X, params! { res = 0, flags = 1 << 20 });
        assert_eq!(caps(&world), (ALL_CAPS, ALL_CAPS, ALL_CAPS));
    }

    #[test]
    fn limits_sessions_and_memory() {
        let mut world = World::new();
        world.step(101, event::SYSCALL_SETRLIMIT_X, params! { res = 0, cur = 64, max = 128, resource = 7 });
        world.step(101, event::SYSCALL_SETRLIMIT_X, params! { res = 0, cur = 1, max = 1, resource = 6 });
        assert_eq!(world.machine.fd_limit(world.thread(100)), 64);
        let prlimit = params! { res = 0, newcur = 99, newmax = 99, oldcur = 0, oldmax = 0, pid = 100, resource = 7 };
        world.step(1, event::SYSCALL_PRLIMIT_X, prlimit);
        assert_eq!(world.thread(100).fdlimit, 99);
        world.step(100, event::SYSCALL_SETSID_X, params! { res = 55 });
        assert_eq!(world.thread(100).sid, 55);
        world.step(101, event::SYSCALL_BRK_4_X, params! { res = 0, vm_size = 5, vm_rss = 6, vm_swap = 7, addr = 0 });
        assert_eq!((world.thread(101).vmsize_kb, world.thread(101).vmrss_kb, world.thread(100).vmsize_kb), (5, 6, 0));
        let switch = params! { next = 1, pgft_maj = 3, pgft_min = 4, vm_size = 50, vm_rss = 60, vm_swap = 0 };
        world.step(101, event::SCHEDSWITCH_6_E, switch);
        assert_eq!((world.thread(101).pfminor, world.thread(100).vmrss_kb), (4, 60));
    }

    #[test]
    fn children_of_an_exiting_process_go_to_its_reaper() {
        let mut world = World::new();
        world.fork(100, 200);
        world.fork(200, 300);
        world.step(100, event::SYSCALL_PRCTL_X, params! { res = 0, option = 36, arg2_str = "", arg2_int = 1 });
        let ctx = world.step(200, event::PROCEXIT_1_E, params! { status = 0 });
        assert_eq!(ctx.thread, Some(200));
        assert!(world.thread(200).is_dead(), "it is still there for its own event");
        world.open(300, 3, "/x", 1);
        assert!(world.machine.thread(200).is_none());
        assert_eq!(world.thread(300).ptid, 100, "the subreaper");
        world.step(100, event::PROCEXIT_1_E, params! { status = 0, ret = 0, sig = 0, core = 0, reaper_tid = 1 });
        world.open(300, 3, "/x", 1);
        assert!(world.thread(100).is_dead(), "a worker still lives");
        assert_eq!(world.thread(300).ptid, 1, "the exit event's reaper");
    }
}
