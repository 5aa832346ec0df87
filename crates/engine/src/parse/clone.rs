//! clone, clone3, fork, vfork: a new thread, told by its parent's return or by its own.

use falco_catalog::event;
use falco_scap::Event;

use super::{Cycle, Malformed, Outcome, required, text};
use crate::state::{Cgroups, StrList, Text, Thread, clone_flags as flag};

/// How long after a child's creation its own return is taken for news of the same child.
const STALE_NS: u64 = 2_000_000_000;

/// What both sides' events tell of the child.
struct Child<'e> {
    exe: &'e [u8],
    args: &'e [u8],
    comm: &'e [u8],
    pid: i64,
    ptid: i64,
    fdlimit: i64,
    memory: Option<Memory>,
    cgroups: &'e [u8],
    flags: u32,
    uid: u32,
    gid: u32,
    /// Thread and process in the child's pid namespace.
    virtual_ids: Option<(i64, i64)>,
    /// When the child's pid namespace began, counted from boot.
    pidns_init_start_ts: Option<u64>,
}

/// Memory use and page faults: parameters 8 to 12 of clones and execs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pfmajor: u64,
    pfminor: u64,
    vmsize_kb: u32,
    vmrss_kb: u32,
    vmswap_kb: u32,
}

impl Memory {
    /// Reads them, if the last one is there.
    pub(super) fn read(event: &Event<'_>) -> Result<Option<Self>, Malformed> {
        let Some(vmswap_kb) = event.u32(12)? else { return Ok(None) };
        Ok(Some(Self {
            pfmajor: required(event.u64(8))?,
            pfminor: required(event.u64(9))?,
            vmsize_kb: required(event.u32(10))?,
            vmrss_kb: required(event.u32(11))?,
            vmswap_kb,
        }))
    }

    /// Writes them into a thread.
    pub(super) fn store(self, thread: &mut Thread) {
        thread.pfmajor = self.pfmajor;
        thread.pfminor = self.pfminor;
        thread.vmsize_kb = self.vmsize_kb;
        thread.vmrss_kb = self.vmrss_kb;
        thread.vmswap_kb = self.vmswap_kb;
    }
}

/// The command's name, and the first argument for captures too old to have it.
pub(super) fn comm<'e>(event: &Event<'e>, exe: &'e [u8]) -> Result<&'e [u8], Malformed> {
    if event.is_empty(13) { Ok(exe) } else { text(event, 13) }
}

/// Replaces a thread's control groups, if they are there, well formed and not what it has.
pub(super) fn set_cgroups(thread: &mut Thread, bytes: &[u8]) {
    if bytes.is_empty() || thread.cgroups.is_from(bytes) {
        return;
    }
    if let Some(cgroups) = Cgroups::parse(bytes) {
        thread.cgroups = cgroups;
    }
}

impl<'e> Child<'e> {
    fn read(event: &Event<'e>) -> Result<Self, Malformed> {
        let exe = text(event, 1)?;
        let virtual_ids = match event.i64(19)? {
            Some(vpid) => Some((required(event.i64(18))?, vpid)),
            None => None,
        };
        Ok(Self {
            exe,
            args: event.param(2).unwrap_or_default(),
            comm: comm(event, exe)?,
            pid: required(event.i64(4))?,
            ptid: required(event.i64(5))?,
            fdlimit: required(event.i64(7))?,
            memory: Memory::read(event)?,
            cgroups: event.param(14).unwrap_or_default(),
            flags: required(event.u32(15))?,
            uid: required(event.u32(16))?,
            gid: required(event.u32(17))?,
            virtual_ids,
            pidns_init_start_ts: event.u64(20)?,
        })
    }

    fn is_thread(&self) -> bool {
        self.flags & flag::THREAD != 0
    }

    /// Ids in the namespace; a thread whose event has none is taken to be outside of any.
    fn virtual_ids(&self, tid: i64) -> (i64, i64) {
        self.virtual_ids.unwrap_or((tid, -1))
    }
}

pub(super) fn clone(cx: &mut Cycle<'_, '_>) -> Outcome {
    match cx.ret() {
        ..0 => Ok(()),
        0 => child_side(cx),
        child => parent_side(cx, child),
    }
}

/// The call returns in the parent.
fn parent_side(cx: &mut Cycle<'_, '_>, child_tid: i64) -> Outcome {
    let tid = cx.event.tid;
    let told = Child::read(cx.event)?;
    let Some(parent) = cx.machine.get_or_create(tid) else {
        cx.ctx.thread = None;
        return Ok(());
    };
    let trusted = !parent.is_fake();
    if !trusted {
        parent.pid = told.pid;
        parent.ptid = told.ptid;
        (parent.vtid, parent.vpid) = told.virtual_ids(tid);
        cx.machine.link(tid);
    }
    cx.ctx.thread = Some(tid);
    let Some(parent) = cx.machine.thread(tid) else { return Ok(()) };

    // A child in another pid namespace has ids that we learn only from its own event.
    let elsewhere = flag::CHILD_IN_PIDNS | flag::NEWPID | flag::PARENT;
    if told.flags & elsewhere != 0 || parent.tid != parent.vtid {
        return Ok(());
    }
    // The parent of a vfork sleeps until the child execs or exits, so this is old news.
    if told.flags & flag::VFORK != 0 || cx.event.ty == event::SYSCALL_VFORK_20_X {
        return Ok(());
    }
    if cx.machine.exited_lately(tid, child_tid, cx.event.ts) {
        return Ok(());
    }
    if let Some(existing) = cx.machine.thread(child_tid) {
        if existing.flags & flag::INVERTED != 0 {
            return Ok(());
        }
        cx.machine.remove_thread(child_tid);
    }
    let Some(parent) = cx.machine.thread(tid) else { return Ok(()) };

    let mut dropped = 0;
    let mut child = Thread { flags: told.flags, uid: told.uid, gid: told.gid, ..Thread::new(child_tid) };
    if told.is_thread() {
        child.pid = parent.pid;
        child.ptid = parent.ptid;
        child.flags |= flag::FILES;
        child.lastexec_ts = parent.lastexec_ts;
    } else {
        child.pid = child_tid;
        child.ptid = tid;
        if trusted {
            dropped = inherit_process(cx, parent, &mut child);
        }
    }
    child.vtid = child.tid;
    child.vpid = child.pid;
    if trusted {
        inherit(parent, &mut child);
    }
    child.pidns_init_start_ts = cx.machine.boot_ts;
    describe(cx, &told, tid, &mut child);
    if !trusted {
        lend_command(cx, tid, &child);
    }
    cx.machine.counters.fds_dropped += dropped as u64;
    cx.machine.name_ids(&child.container_id, child.uid, child.gid);
    cx.machine.add_thread(child);
    Ok(())
}

/// The call returns in the child.
fn child_side(cx: &mut Cycle<'_, '_>) -> Outcome {
    let (tid, ts) = (cx.event.tid, cx.event.ts);
    if let Some(existing) = cx.thread().filter(|thread| thread.clone_ts != 0) {
        if ts.wrapping_sub(existing.clone_ts) < STALE_NS {
            return Ok(());
        }
        cx.machine.remove_thread(tid);
        cx.ctx.thread = None;
    }
    let told = Child::read(cx.event)?;
    let (vtid, vpid) = told.virtual_ids(tid);
    let mut child = Thread {
        pid: told.pid,
        ptid: told.ptid,
        vtid,
        vpid,
        flags: told.flags | flag::INVERTED,
        uid: told.uid,
        gid: told.gid,
        ..Thread::new(tid)
    };
    if told.is_thread() {
        child.flags |= flag::FILES;
    }
    let source_tid = if told.is_thread() { told.pid } else { told.ptid };
    let Some(source) = cx.machine.get_or_create(source_tid) else {
        cx.ctx.thread = None;
        return Ok(());
    };
    let trusted = !source.is_fake();
    if !trusted && told.is_thread() {
        source.pid = told.pid;
        source.ptid = told.ptid;
        source.vpid = vpid;
        source.vtid = vpid;
        cx.machine.link(source_tid);
    }
    let mut dropped = 0;
    if let Some(source) = cx.machine.thread(source_tid).filter(|_| trusted) {
        inherit(source, &mut child);
        if told.is_thread() {
            child.lastexec_ts = source.lastexec_ts;
        } else {
            dropped = inherit_process(cx, source, &mut child);
        }
    }
    let boot = cx.machine.boot_ts;
    let elsewhere = child.flags & (flag::CHILD_IN_PIDNS | flag::NEWPID) != 0 || child.tid != child.vtid;
    child.pidns_init_start_ts = match told.pidns_init_start_ts {
        _ if !elsewhere => boot,
        Some(since_boot) => since_boot.wrapping_add(boot),
        None => 0,
    };
    describe(cx, &told, source_tid, &mut child);
    if !trusted && told.is_thread() {
        lend_command(cx, source_tid, &child);
    }
    child.last_event_ts = ts;
    cx.machine.counters.fds_dropped += dropped as u64;
    cx.machine.name_ids(&child.container_id, child.uid, child.gid);
    cx.ctx.thread = cx.machine.add_thread(child).then_some(tid);
    Ok(())
}

/// What the event itself tells of the child, whatever the parent's state.
fn describe(cx: &Cycle<'_, '_>, told: &Child<'_>, source: i64, child: &mut Thread) {
    child.exe = Text::from(told.exe);
    child.set_command(Text::from(told.comm), StrList::from_nul_separated(told.args));
    child.fdlimit = told.fdlimit;
    if let Some(memory) = told.memory {
        memory.store(child);
    }
    // Mostly they are the source's, whose text then does for both.
    if let Some(source) = cx.machine.thread(source).filter(|source| source.cgroups.is_from(told.cgroups)) {
        child.cgroups = source.cgroups.clone();
    } else {
        set_cgroups(child, told.cgroups);
    }
    child.clone_ts = cx.event.ts;
}

/// What a child has from the thread that it comes from.
fn inherit(source: &Thread, child: &mut Thread) {
    child.exepath = source.exepath.clone();
    child.exe_writable = source.exe_writable;
    child.exe_upper_layer = source.exe_upper_layer;
    child.exe_lower_layer = source.exe_lower_layer;
    child.exe_from_memfd = source.exe_from_memfd;
    child.root = source.root.clone();
    child.sid = source.sid;
    child.vpgid = source.vpgid;
    child.pgid = source.pgid;
    child.tty = source.tty;
    child.loginuid = source.loginuid;
    child.cap_permitted = source.cap_permitted;
    child.cap_inheritable = source.cap_inheritable;
    child.cap_effective = source.cap_effective;
    child.exe_ino = source.exe_ino;
    child.exe_ino_ctime = source.exe_ino_ctime;
    child.exe_ino_mtime = source.exe_ino_mtime;
    child.exe_ino_ctime_duration_clone_ts = source.exe_ino_ctime_duration_clone_ts;
}

/// What a new process has besides. Shared descriptors are copied too: `CLONE_FILES` is not looked at. Says how many descriptors
/// there was no room for.
fn inherit_process(cx: &Cycle<'_, '_>, source: &Thread, child: &mut Thread) -> usize {
    let mut dropped = 0;
    if let Some((_, fds)) = cx.machine.fd_table(source) {
        match cx.machine.fork_fds(fds) {
            Some(fds) => child.fds = fds,
            None => dropped = fds.len(),
        }
    }
    child.cwd = match cx.machine.main_thread(source) {
        Some(main) => main.cwd.clone(),
        None => Text::from(cx.machine.cwd(source)),
    };
    child.env = source.env.clone();
    dropped
}

/// Gives the child's command to a thread of which nothing else is known.
fn lend_command(cx: &mut Cycle<'_, '_>, tid: i64, child: &Thread) {
    if let Some(thread) = cx.machine.thread_mut(tid) {
        thread.exe = child.exe.clone();
        thread.set_command(child.comm.clone(), child.args.clone());
    }
}

#[cfg(test)]
mod tests {
    use falco_catalog::event;
    use falco_scap::params;

    use falco_scap::builder::Params;

    use super::super::testing::{World, text};
    use crate::state::clone_flags as flag;

    fn told(res: i64, tid: i64, pid: i64, ptid: i64, flags: u32) -> Params {
        params! {
            res = res, exe = "bash", args = ["-c", "x"], tid = tid, pid = pid, ptid = ptid, cwd = "", fdlimit = 77,
            pgft_maj = 1, pgft_min = 2, vm_size = 3, vm_rss = 4, vm_swap = 5, comm = "bash", cgroups = ["cpu=/a"],
            flags = flags, uid = 7, gid = 8, vtid = tid, vpid = pid
        }
    }

    #[test]
    fn a_fork_copies_what_a_process_has() {
        let mut world = World::new();
        world.open(100, 3, "/x", 1);
        world.step(100, event::SYSCALL_CLONE_20_X, told(200, 100, 100, 1, 0));
        let child = world.thread(200);
        assert_eq!((child.pid, child.ptid, child.sid, child.uid, child.fdlimit), (200, 100, 100, 7, 77));
        assert_eq!((text(child.cmdline()), text(&child.exepath)), ("bash -c x".into(), "/bin/bash".into()));
        assert_eq!((child.env.len(), child.vmrss_kb, child.clone_ts), (2, 4, world.ts));
        assert!(world.fd(200, 3).unwrap().cloned);
        assert_eq!(world.cwd(200), "/home/ann/");
        world.open(100, 4, "/y", 1);
        assert!(world.fd(200, 4).is_none(), "what comes later is the parent's own");
        let before = world.thread(200).clone_ts;
        world.step(200, event::SYSCALL_CLONE_20_X, told(0, 200, 200, 100, 0));
        assert_eq!(world.thread(200).clone_ts, before, "the child's own event is no news");
    }

    #[test]
    fn the_child_may_speak_first() {
        let mut world = World::new();
        let ctx = world.step(200, event::SYSCALL_CLONE_20_X, told(0, 200, 200, 100, 0));
        assert_eq!(ctx.thread, Some(200));
        assert!(world.thread(200).flags & flag::INVERTED != 0);
        assert_eq!(text(&world.thread(200).exepath), "/bin/bash");
        let before = world.thread(200).clone_ts;
        world.step(100, event::SYSCALL_CLONE_20_X, told(200, 100, 100, 1, 0));
        assert_eq!(world.thread(200).clone_ts, before);
    }

    #[test]
    fn threads_join_their_process() {
        let mut world = World::new();
        world.step(100, event::SYSCALL_CLONE3_X, told(102, 100, 100, 1, flag::THREAD));
        let thread = world.thread(102);
        assert_eq!((thread.pid, thread.ptid), (100, 1));
        assert_eq!(world.machine.thread_group(thread).unwrap().alive, 3);
        world.open(102, 9, "/t", 1);
        assert_eq!(world.fd_name(100, 9), "/t");
    }

    #[test]
    fn other_namespaces_and_vforks_wait_for_the_child() {
        let mut world = World::new();
        for flags in [flag::NEWPID, flag::PARENT, flag::CHILD_IN_PIDNS, flag::VFORK] {
            world.step(100, event::SYSCALL_CLONE_20_X, told(200, 100, 100, 1, flags));
            assert!(world.machine.thread(200).is_none());
        }
        world.step(100, event::SYSCALL_VFORK_20_X, told(200, 100, 100, 1, 0));
        assert!(world.machine.thread(200).is_none());
    }

    #[test]
    fn a_child_that_is_already_gone_does_not_come_back() {
        let mut world = World::new();
        world.step(200, event::SYSCALL_CLONE_20_X, told(0, 200, 200, 100, 0));
        world.step(200, event::PROCEXIT_1_E, params! { status = 0 });
        world.step(100, event::SYSCALL_CLONE_20_X, told(200, 100, 100, 1, 0));
        assert!(world.machine.thread(200).is_none());
        world.ts += 3_000_000_000;
        world.step(100, event::SYSCALL_CLONE_20_X, told(200, 100, 100, 1, 0));
        assert!(world.machine.thread(200).is_some(), "after a while the number is another's");
    }

    #[test]
    fn an_unknown_parent_learns_from_its_child() {
        let mut world = World::new();
        world.step(900, event::SYSCALL_CLONE_20_X, told(901, 900, 900, 1, 0));
        let parent = world.thread(900);
        assert_eq!((parent.pid, parent.ptid, text(parent.cmdline())), (900, 1, "bash -c x".into()));
        assert_eq!((world.thread(901).ptid, text(&world.thread(901).exepath)), (900, String::new()));
        world.step(951, event::SYSCALL_CLONE_20_X, told(0, 951, 950, 1, flag::THREAD));
        assert_eq!((world.thread(950).pid, text(world.thread(950).cmdline())), (950, "bash -c x".into()));
    }
}
