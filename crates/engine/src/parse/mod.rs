//! What each event does to the state.
//!
//! [`Machine::process`] is the cycle of one event: do what the last event left to do, find the event's thread and descriptor,
//! run the rule of the event's type. The rules are one file per family of calls. A rule that meets a parameter of impossible
//! size stops there and is counted; what comes after goes on.

mod clone;
mod execve;
mod fd;
mod iter;
mod network;
mod open;
mod process;
#[cfg(test)]
mod testing;
mod users;

use falco_catalog::{EventInfo, EventType, event};
use falco_scap::params::ParamError;
use falco_scap::{Event, EventBuf};

use crate::state::{EventContext, Fd, FdType, Machine, Thread, clone_flags};

/// A parameter was missing, or not of its type's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Malformed;

impl From<ParamError> for Malformed {
    fn from(_: ParamError) -> Self {
        Self
    }
}

/// What a rule gives.
type Outcome = Result<(), Malformed>;

/// A parameter that must be there.
fn required<T>(value: Result<Option<T>, ParamError>) -> Result<T, Malformed> {
    value?.ok_or(Malformed)
}

/// Text that must be there; an empty parameter reads as `<NA>`.
fn text<'e>(event: &Event<'e>, index: usize) -> Result<&'e [u8], Malformed> {
    required(event.str(index))
}

impl Machine {
    /// Takes in an event: changes the state as the event tells, and says what the event is about.
    pub fn process(&mut self, event: &Event<'_>) -> EventContext {
        self.num += 1;
        self.counters.events += 1;
        self.settle();

        let ctx = EventContext { num: self.num, last_event_fd: -1, ..EventContext::default() };
        let Some(info) = event.ty.info() else { return ctx };
        if self.first_ts == 0 && !info.sources.metaevent() {
            self.first_ts = event.ts;
        }
        if info.flags.modifies_state() {
            // A command's text is kept twice: the arguments, and the command line made of them.
            self.note_text(2 * event.data_len());
            self.keep_to_text_budget();
        }
        let mut cycle =
            Cycle { machine: self, event, ctx, enter: None, enter_counts: false, fd_type: None, renamed: false };
        let outcome = cycle.reset(info).and_then(|()| cycle.run_rule());
        cycle.finish();
        let mut ctx = cycle.ctx;
        if outcome.is_err() {
            self.counters.malformed_events += 1;
        }
        ctx.first_ts = self.first_ts;
        ctx.visible = !event.is_state_only() && !is_hidden(event.ty);
        ctx
    }

    /// Does what the last event left for the next one to do: a thread that exited and a descriptor that was closed stay until then,
    /// because rules judge the event that tells of it. Whoever pictures the machine after the event does this before.
    pub fn settle(&mut self) {
        let deferred = std::mem::take(&mut self.deferred);
        if let Some((tid, ts)) = deferred.thread
            && let Some(ptid) = self.thread(tid).map(|thread| thread.ptid)
        {
            self.note_exit(ptid, tid, ts);
            self.remove_thread(tid);
        }
        if let Some((owner, num)) = deferred.fd {
            self.remove_fd(owner, num);
        }
    }
}

/// Whether the event is only there for its exit's sake and never shown.
fn is_hidden(ty: EventType) -> bool {
    matches!(
        ty,
        event::SYSCALL_OPEN_E
            | event::SYSCALL_CREAT_E
            | event::SYSCALL_OPENAT_2_E
            | event::SYSCALL_OPENAT2_E
            | event::SOCKET_CONNECT_E
            | event::SYSCALL_EXECVE_19_E
            | event::SYSCALL_EXECVEAT_E
    )
}

/// The parameter of an exit event that names the descriptor it works on.
fn exit_fd_param(ty: EventType) -> Option<usize> {
    Some(match ty {
        event::SYSCALL_SETNS_X
        | event::SOCKET_LISTEN_X
        | event::SOCKET_SHUTDOWN_X
        | event::SYSCALL_FCHDIR_X
        | event::SYSCALL_LSEEK_X
        | event::SYSCALL_LLSEEK_X
        | event::SYSCALL_IOCTL_3_X
        | event::SYSCALL_FSTAT_X
        | event::SYSCALL_CLOSE_X
        | event::SYSCALL_GETDENTS_X
        | event::SYSCALL_GETDENTS64_X
        | event::SYSCALL_FLOCK_X
        | event::SYSCALL_COPY_FILE_RANGE_X
        | event::SYSCALL_FCNTL_X
        | event::SYSCALL_DUP_1_X
        | event::SYSCALL_DUP2_X
        | event::SYSCALL_DUP3_X
        | event::SYSCALL_NEWFSTATAT_X
        | event::SYSCALL_FCHOWNAT_X
        | event::SYSCALL_FCHMODAT_X
        | event::SYSCALL_MKDIRAT_X
        | event::SYSCALL_UNLINKAT_2_X
        | event::SYSCALL_MKNODAT_X
        | event::SOCKET_SENDMMSG_X
        | event::SOCKET_RECVMMSG_X
        | event::SYSCALL_IO_URING_REGISTER_X
        | event::SYSCALL_IO_URING_ENTER_X
        | event::SOCKET_SETSOCKOPT_X
        | event::SOCKET_GETSOCKOPT_X
        | event::SYSCALL_FSCONFIG_X
        | event::SYSCALL_FINIT_MODULE_X
        | event::SYSCALL_FCHMOD_X
        | event::SYSCALL_FCHOWN_X => 1,
        event::SYSCALL_READ_X
        | event::SYSCALL_PREAD_X
        | event::SOCKET_BIND_X
        | event::SYSCALL_WRITE_X
        | event::SYSCALL_PWRITE_X
        | event::SOCKET_RECV_X
        | event::SOCKET_SEND_X
        | event::SOCKET_SENDTO_X
        | event::SOCKET_SENDMSG_X
        | event::SYSCALL_SENDFILE_X
        | event::SYSCALL_SPLICE_X
        | event::SYSCALL_WRITEV_X
        | event::SYSCALL_PWRITEV_X
        | event::SOCKET_CONNECT_X
        | event::SYSCALL_SYMLINKAT_X => 2,
        event::SOCKET_RECVFROM_X | event::SYSCALL_READV_X | event::SYSCALL_PREADV_X => 3,
        event::SOCKET_RECVMSG_X => 5,
        event::SYSCALL_MMAP_X | event::SYSCALL_MMAP2_X => 8,
        _ => return None,
    })
}

/// The state engine's work on one event.
struct Cycle<'m, 'e> {
    machine: &'m mut Machine,
    event: &'e Event<'e>,
    ctx: EventContext,
    /// For an exit: the enter event that the thread stored last. For its use see [`Self::take_enter`].
    enter: Option<Box<EventBuf>>,
    /// Whether the thread's last enter event was this exit's.
    enter_counts: bool,
    /// The type of the event's descriptor, as the reset found it.
    fd_type: Option<FdType>,
    /// Whether a rule made a descriptor or gave one a name.
    renamed: bool,
}

impl<'e> Cycle<'_, 'e> {
    /// Finds the event's thread, return value and descriptor.
    fn reset(&mut self, info: &EventInfo) -> Outcome {
        let Event { ty, tid, ts, .. } = *self.event;
        if info.flags.skip_parser_reset() {
            if ty == event::PROCINFO_E
                && let Some(thread) = self.machine.thread_mut(tid)
            {
                (thread.prev_event_ts, thread.last_event_ts) = (thread.last_event_ts, ts);
                self.ctx.thread = Some(tid);
            }
            return Ok(());
        }
        if info.is_exit && info.sources.syscall() && self.event.param_count() > 0 && ty != event::GENERIC_X {
            self.ctx.ret = Some(return_value(self.event));
        }
        let known_only = match ty {
            event::CONTAINER_JSON_2_E
            | event::USER_ADDED_E
            | event::USER_DELETED_E
            | event::GROUP_ADDED_E
            | event::GROUP_DELETED_E
            | event::PLUGINEVENT_E
            | event::ASYNCEVENT_E => return Ok(()),
            event::SYSCALL_CLONE_20_X
            | event::SYSCALL_CLONE3_X
            | event::SYSCALL_FORK_20_X
            | event::SYSCALL_VFORK_20_X
            | event::SCHEDSWITCH_6_E
            | event::PROCEXIT_1_E => true,
            _ => false,
        };
        let thread = if known_only { self.machine.thread_mut(tid) } else { self.machine.get_or_create(tid) };
        let Some(thread) = thread else { return Ok(()) };
        self.ctx.thread = Some(tid);
        if ty == event::SCHEDSWITCH_6_E {
            return Ok(());
        }
        (thread.prev_event_ts, thread.last_event_ts) = (thread.last_event_ts, ts);
        if !known_only {
            thread.flags |= clone_flags::ACTIVE;
        }
        if !info.is_exit {
            thread.last_event_fd = -1;
            thread.last_event_type = Some(ty);
            if info.flags.uses_fd() {
                thread.last_event_fd = required(self.event.i64(0))?;
                self.ctx.last_event_fd = thread.last_event_fd;
                self.find_fd(self.ctx.last_event_fd);
            }
            return Ok(());
        }

        let last = thread.last_event_type;
        let after_enter = last.is_some_and(|last| last.0 + 1 == ty.0)
            || (ty == event::SYSCALL_EXECVE_19_X && last == Some(event::SYSCALL_EXECVEAT_E));
        if !after_enter {
            thread.last_event_fd = -1;
        }
        self.enter = thread.enter.take();
        self.enter_counts = after_enter;
        if !info.flags.uses_fd() {
            self.ctx.last_event_fd = thread.last_event_fd;
            return Ok(());
        }
        if thread.last_event_fd == -1
            && let Some(num) = exit_fd_param(ty).map_or(Ok(None), |index| self.event.i64(index))?
        {
            thread.last_event_fd = num;
        }
        let num = thread.last_event_fd;
        self.ctx.last_event_fd = num;
        if thread.flags & clone_flags::FILES != 0 {
            self.find_fd(num);
        } else if num >= 0 {
            // The thread is at hand and the table its own: what `find_fd` does, without looking for them again.
            if let Some(fd) = thread.fds.get_mut(num) {
                fd.name_changed = false;
                self.fd_type = Some(fd.ty);
                self.ctx.fd = Some((tid, num));
            }
        }
        Ok(())
    }

    /// Makes descriptor `num` the event's, if it is open.
    fn find_fd(&mut self, num: i64) {
        let Some(owner) = self.fd_owner() else { return };
        let Some(fd) = self.machine.look_up_fd(owner, num) else { return };
        self.fd_type = Some(fd.ty);
        self.ctx.fd = Some((owner, num));
    }

    /// The thread that owns the table with the event's descriptors.
    fn fd_owner(&self) -> Option<i64> {
        let tid = self.ctx.thread?;
        let thread = self.machine.thread(tid)?;
        if thread.flags & clone_flags::FILES == 0 {
            return Some(tid);
        }
        Some(self.machine.main_thread(thread)?.tid)
    }

    /// The enter event of this exit, if it was stored. Give it back to `enter` for its buffers' sake.
    fn take_enter(&mut self) -> Option<Box<EventBuf>> {
        let (enter, exit) = (self.enter.as_ref()?.event().ty, self.event.ty);
        let belongs =
            enter.0 + 1 == exit.0 || (exit == event::SYSCALL_EXECVE_19_X && enter == event::SYSCALL_EXECVEAT_E);
        if belongs && self.enter_counts { self.enter.take() } else { None }
    }

    /// Settles what the rule left open.
    fn finish(&mut self) {
        if let Some(stored) = self.enter.take() {
            self.machine.spare_events.push(stored);
        }
        if self.renamed {
            self.ctx.fd_name_changed = self.fd().is_some_and(|fd| fd.name_changed);
        }
    }

    /// The return value; 0 where the event has none.
    fn ret(&self) -> i64 {
        self.ctx.ret.unwrap_or(0)
    }

    /// The event's thread.
    fn thread(&self) -> Option<&Thread> {
        self.machine.thread(self.ctx.thread?)
    }

    /// The event's thread.
    fn thread_mut(&mut self) -> Option<&mut Thread> {
        self.machine.thread_mut(self.ctx.thread?)
    }

    /// The thread that stands for the event's process.
    fn main_thread_mut(&mut self) -> Option<&mut Thread> {
        let main = self.machine.main_thread(self.thread()?)?.tid;
        self.machine.thread_mut(main)
    }

    /// The event's descriptor.
    fn fd(&self) -> Option<&Fd> {
        let (owner, num) = self.ctx.fd?;
        self.machine.thread(owner)?.fds.get(num)
    }

    /// The event's descriptor.
    fn fd_mut(&mut self) -> Option<&mut Fd> {
        let (owner, num) = self.ctx.fd?;
        self.machine.thread_mut(owner)?.fds.get_mut(num)
    }

    /// Puts a descriptor into the thread's table, in place of one with the same number, and makes it the event's.
    fn add_fd(&mut self, num: i64, fd: Fd) {
        let Some(owner) = self.fd_owner() else { return };
        self.ctx.fd = self.machine.insert_fd(owner, num, fd).then_some((owner, num));
        self.renamed = true;
        self.ctx.last_event_fd = num;
        if let Some(thread) = self.thread_mut() {
            thread.last_event_fd = num;
        }
    }

    /// Keeps the event until its exit comes.
    fn store_enter(&mut self) {
        if self.ctx.thread.is_none() {
            return;
        }
        let mut stored = self.machine.spare_events.pop().unwrap_or_default();
        stored.copy_from(self.event);
        if let Some(thread) = self.thread_mut()
            && let Some(old) = thread.enter.replace(stored)
        {
            self.machine.spare_events.push(old);
        }
    }

    /// Runs the rule of the event's type.
    fn run_rule(&mut self) -> Outcome {
        match self.event.ty {
            event::SYSCALL_OPEN_E
            | event::SYSCALL_CREAT_E
            | event::SYSCALL_OPENAT_2_E
            | event::SYSCALL_OPENAT2_E
            | event::SYSCALL_EXECVE_19_E => {
                if !self.event.is_empty(0) {
                    self.store_enter();
                }
                Ok(())
            }
            event::SYSCALL_EXECVEAT_E | event::SOCKET_CONNECT_E => {
                self.store_enter();
                Ok(())
            }
            event::SYSCALL_READ_X
            | event::SYSCALL_READV_X
            | event::SYSCALL_PREAD_X
            | event::SYSCALL_PREADV_X
            | event::SOCKET_RECV_X
            | event::SOCKET_RECVFROM_X
            | event::SOCKET_RECVMSG_X
            | event::SOCKET_RECVMMSG_X => network::received(self),
            event::SYSCALL_WRITE_X
            | event::SYSCALL_WRITEV_X
            | event::SYSCALL_PWRITE_X
            | event::SYSCALL_PWRITEV_X
            | event::SOCKET_SEND_X
            | event::SOCKET_SENDTO_X
            | event::SOCKET_SENDMSG_X
            | event::SOCKET_SENDMMSG_X => network::sent(self),
            event::SYSCALL_OPEN_X => open::open(self),
            event::SYSCALL_CREAT_X => open::creat(self),
            event::SYSCALL_OPENAT_2_X => open::openat(self, 5),
            event::SYSCALL_OPENAT2_X => open::openat(self, 6),
            event::SYSCALL_OPEN_BY_HANDLE_AT_X => open::open_by_handle_at(self),
            event::SYSCALL_CLOSE_X => fd::close(self),
            event::SYSCALL_CLOSE_RANGE_X => fd::close_range(self),
            event::SYSCALL_DUP_1_X | event::SYSCALL_DUP2_X | event::SYSCALL_DUP3_X => fd::dup(self),
            event::SYSCALL_FCNTL_X => fd::fcntl(self),
            event::SYSCALL_PIPE_X | event::SYSCALL_PIPE2_X => fd::pipe(self),
            event::SYSCALL_EVENTFD_X => fd::returned(self, FdType::Event, 0),
            event::SYSCALL_EVENTFD2_X => fd::returned_with_flags16(self, FdType::Event),
            event::SYSCALL_SIGNALFD_X => fd::returned(self, FdType::Signalfd, 0),
            event::SYSCALL_SIGNALFD4_X => fd::returned_with_flags16(self, FdType::Signalfd),
            event::SYSCALL_INOTIFY_INIT_X => fd::returned(self, FdType::Inotify, 0),
            event::SYSCALL_INOTIFY_INIT1_X => fd::returned_with_flags16(self, FdType::Inotify),
            event::SYSCALL_TIMERFD_CREATE_X => fd::timerfd_create(self),
            event::SYSCALL_EPOLL_CREATE_X => fd::returned(self, FdType::Eventpoll, 0),
            event::SYSCALL_EPOLL_CREATE1_X => fd::epoll_create1(self),
            event::SYSCALL_BPF_2_X => fd::returned(self, FdType::Bpf, 0),
            event::SYSCALL_USERFAULTFD_X => fd::returned(self, FdType::Userfaultfd, 0),
            event::SYSCALL_IO_URING_SETUP_X => fd::returned(self, FdType::Iouring, 0),
            event::SYSCALL_MEMFD_CREATE_X => fd::memfd_create(self),
            event::SYSCALL_PIDFD_OPEN_X => fd::pidfd_open(self),
            event::SYSCALL_PIDFD_GETFD_X => fd::pidfd_getfd(self),
            event::SOCKET_SOCKET_X => network::socket(self),
            event::SOCKET_SOCKETPAIR_X => network::socketpair(self),
            event::SOCKET_BIND_X => network::bind(self),
            event::SOCKET_GETSOCKOPT_X => network::getsockopt(self),
            event::SOCKET_CONNECT_X => network::connect(self),
            event::SOCKET_ACCEPT_5_X | event::SOCKET_ACCEPT4_6_X => network::accept(self),
            event::SYSCALL_CLONE_20_X
            | event::SYSCALL_FORK_20_X
            | event::SYSCALL_VFORK_20_X
            | event::SYSCALL_CLONE3_X => {
                let outcome = clone::clone(self);
                self.assign_container();
                outcome
            }
            event::SYSCALL_EXECVE_19_X | event::SYSCALL_EXECVEAT_X => {
                let outcome = execve::execve(self);
                self.assign_container();
                outcome
            }
            event::PROCEXIT_1_E => process::exit(self),
            event::SYSCALL_CHDIR_X | event::SYSCALL_GETCWD_X => process::chdir(self),
            event::SYSCALL_FCHDIR_X => process::fchdir(self),
            event::SYSCALL_CHROOT_X => {
                let outcome = process::chroot(self);
                self.assign_container();
                outcome
            }
            event::SYSCALL_SETSID_X => process::setsid(self),
            event::SYSCALL_SETRESUID_X | event::SYSCALL_SETREUID_X => process::set_uid(self, 2),
            event::SYSCALL_SETUID_X => process::set_uid(self, 1),
            event::SYSCALL_SETRESGID_X | event::SYSCALL_SETREGID_X => process::set_gid(self, 2),
            event::SYSCALL_SETGID_X => process::set_gid(self, 1),
            event::SYSCALL_CAPSET_X => process::capset(self),
            event::SYSCALL_UNSHARE_X => process::new_user_namespace(self, 1),
            event::SYSCALL_SETNS_X => process::new_user_namespace(self, 2),
            event::SYSCALL_PRCTL_X => process::prctl(self),
            event::SYSCALL_GETRLIMIT_X | event::SYSCALL_SETRLIMIT_X => process::rlimit(self),
            event::SYSCALL_PRLIMIT_X => process::prlimit(self),
            event::SYSCALL_BRK_4_X | event::SYSCALL_MMAP_X | event::SYSCALL_MMAP2_X | event::SYSCALL_MUNMAP_X => {
                process::memory(self)
            }
            event::SCHEDSWITCH_6_E => process::switch(self),
            event::ITER_TASK_E => iter::task(self),
            event::ITER_TASK_FILE_PIPE_E
            | event::ITER_TASK_FILE_MEMFD_E
            | event::ITER_TASK_FILE_REGULAR_E
            | event::ITER_TASK_FILE_DIRECTORY_E
            | event::ITER_TASK_FILE_SOCKET_INET_E
            | event::ITER_TASK_FILE_SOCKET_INET6_E
            | event::ITER_TASK_FILE_SOCKET_UNIX_E
            | event::ITER_TASK_FILE_SOCKET_NETLINK_E
            | event::ITER_TASK_FILE_ANON_INODE_E => iter::file(self),
            event::USER_ADDED_E | event::USER_DELETED_E => users::user(self),
            event::GROUP_ADDED_E | event::GROUP_DELETED_E => users::group(self),
            event::CONTAINER_JSON_2_E => users::container_json(self),
            event::ASYNCEVENT_E => users::async_event(self),
            _ => Ok(()),
        }
    }

    /// Works out the container of the event's thread after a call that may have changed it.
    fn assign_container(&mut self) {
        if self.ret() >= 0 {
            self.machine.assign_container(self.event.tid);
        }
    }
}

/// Parameter 0 as a number; any other size than 4 or 8 reads as 0.
fn return_value(event: &Event<'_>) -> i64 {
    match event.param(0) {
        Some(bytes) => match (<[u8; 8]>::try_from(bytes), <[u8; 4]>::try_from(bytes)) {
            (Ok(bytes), _) => i64::from_le_bytes(bytes),
            (_, Ok(bytes)) => i64::from(i32::from_le_bytes(bytes)),
            _ => 0,
        },
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use falco_scap::{EventBuf, params};

    use super::testing::World;
    use super::*;

    #[test]
    fn an_unknown_thread_is_made_up_and_keeps_its_own_descriptors() {
        let mut world = World::new();
        let ctx = world.open(900, 3, "x", 1);
        assert_eq!((ctx.thread, ctx.fd, ctx.last_event_fd), (Some(900), Some((900, 3)), 3));
        let thread = world.thread(900);
        assert!(thread.is_fake() && thread.cmdline() == b"<NA>");
        assert_eq!(world.fd_name(900, 3), "./x");
        let ctx = world.step(901, event::PROCEXIT_1_E, params! { status = 0 });
        assert_eq!(ctx.thread, None, "an exit makes nobody up");
    }

    #[test]
    fn the_event_of_a_close_still_sees_the_descriptor() {
        let mut world = World::new();
        world.open(100, 3, "/tmp/x", 1);
        let ctx = world.step(100, event::SYSCALL_CLOSE_X, params! { res = 0, fd = 3 });
        assert_eq!((ctx.fd, world.fd_name(100, 3)), (Some((100, 3)), "/tmp/x".into()));
        let ctx = world.step(100, event::SYSCALL_READ_X, params! { res = 1, fd = 3 });
        assert_eq!((ctx.fd, ctx.last_event_fd), (None, 3));
        world.open(100, 3, "/tmp/y", 1);
        world.step(100, event::SYSCALL_CLOSE_X, params! { res = -9, fd = 3 });
        world.step(100, event::SYSCALL_READ_X, params! { res = 1, fd = 3 });
        assert_eq!(world.fd_name(100, 3), "/tmp/y", "a failed close closes nothing");
    }

    #[test]
    fn enter_events_are_hidden_and_only_the_right_exit_uses_them() {
        let mut world = World::new();
        let ctx = world.step(100, event::SYSCALL_OPEN_E, params! { name = "/asked", flags = 1, mode = 0 });
        assert!(!ctx.visible);
        let ctx = world.open(100, 3, "/answered", 1);
        assert!(ctx.visible && ctx.fd_name_changed);
        assert_eq!(world.fd_name(100, 3), "/asked");
        world.open(100, 4, "/later", 1);
        assert_eq!(world.fd_name(100, 4), "/later", "the enter event was used up");
        world.step(100, event::SYSCALL_OPEN_E, params! { name = "/asked", flags = 1, mode = 0 });
        world.step(100, event::SYSCALL_CREAT_E, params! { name = "/other", mode = 0 });
        world.open(100, 5, "/answered", 1);
        assert_eq!(world.fd_name(100, 5), "/answered");
    }

    #[test]
    fn impossible_sizes_are_counted_and_skip_the_rule() {
        let mut world = World::new();
        let broken = falco_scap::builder::Param::Raw(vec![1, 2, 3]);
        let ctx = world.step(100, event::SYSCALL_OPEN_X, params! { fd = 3, name = "/x", flags = broken });
        assert_eq!((ctx.fd, world.machine.counters().malformed_events), (None, 1));
        assert_eq!(world.open(100, 3, "/x", 1).fd, Some((100, 3)));
    }

    #[test]
    fn numbers_count_hidden_events_and_times_start_at_the_first_real_one() {
        let mut world = World::new();
        let user = params! { uid = 5, gid = 5, name = "u", home = "/", shell = "", container_id = "" };
        assert_eq!(world.step(-1, event::USER_ADDED_E, user).first_ts, 0);
        let first = world.open(100, 3, "/x", 1);
        let second = world.open(100, 4, "/x", 1);
        assert_eq!((first.num, second.num), (2, 3));
        assert_eq!((first.first_ts, second.first_ts), (world.ts - 1_000, world.ts - 1_000));
        assert_eq!((world.thread(100).prev_event_ts, world.thread(100).last_event_ts), (world.ts - 1_000, world.ts));
    }

    #[test]
    fn return_values_have_two_sizes() {
        let ret = |bytes: &[u8]| {
            let mut buf = EventBuf::default();
            buf.begin(0, 0, 0, event::SYSCALL_CLOSE_X, 0);
            buf.push(bytes);
            return_value(&buf.event())
        };
        assert_eq!(ret(&(-2_i64).to_le_bytes()), -2);
        assert_eq!(ret(&(-2_i32).to_le_bytes()), -2);
        assert_eq!(ret(&[1]), 0);
        assert_eq!(ret(&[]), 0);
    }

    #[test]
    fn descriptors_have_a_limit_of_their_own() {
        let mut world = World::new();
        world.machine.limits.all_fds = 5;
        for num in 3..20 {
            world.open(100, num, "/x", 1);
        }
        assert_eq!((world.thread(100).fds.len(), world.machine.counters().fds_dropped), (5, 12));
        assert_eq!(world.open(100, 4, "/y", 1).fd, Some((100, 4)), "one that is there can be replaced");
        world.fork(100, 200);
        assert_eq!((world.thread(200).fds.len(), world.machine.counters().fds_dropped), (0, 17));
        world.step(100, event::SYSCALL_CLOSE_RANGE_X, params! { res = 0, first = 4, last = 99, flags = 0 });
        world.fork(100, 201);
        assert_eq!((world.thread(201).fds.len(), world.machine.open_fds), (1, 2));
    }

    /// Every event type, with parameters of every size, in every order: the state must take anything.
    #[test]
    fn no_event_can_break_the_state() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % below
        };
        let mut world = World::new();
        let mut buf = EventBuf::default();
        let small = [0_i64, 1, 2, 3, 5, 100, 101, 102, 103, -1, -2, -100, -115, i64::MAX, i64::MIN];
        let mut ts = 0;
        for _ in 0..300_000 {
            let ty = EventType(random(EventType::COUNT as u64) as u16);
            ts += random(3) * 1_000_000_000;
            buf.begin(ts, small[random(small.len() as u64) as usize], 0, ty, random(2) as u32);
            let params = ty.info().unwrap().params;
            for _ in 0..random(params.len() as u64 + 1) {
                let value = small[random(small.len() as u64) as usize].to_le_bytes();
                match random(9) {
                    0 => buf.push(&[]),
                    1 => buf.push(b"../a/./b\0"),
                    2 => buf.push(&value[..4]),
                    3 => buf.push(&[&[2][..], &value, &value].concat()),
                    4 => buf.push(&[&[10][..], &value, &value, &value, &value, &value].concat()),
                    5 => buf.push(&[&[1][..], &value, &value, b"/p\0"].concat()),
                    6 => buf.push(&value[..random(3) as usize]),
                    _ => buf.push(&value),
                }
            }
            world.machine.process(&buf.event());
        }
        let machine = &world.machine;
        assert!(machine.counters().malformed_events > 1_000 && machine.counters().threads_added > 100);
        assert_eq!(machine.threads().map(|thread| thread.fds.len()).sum::<usize>(), machine.open_fds);
        for thread in machine.threads() {
            assert!(machine.ancestors(thread).count() <= 2 * machine.threads().count());
            assert!(machine.thread_group(thread).is_none() || machine.members(thread).any(|m| m.tid == thread.tid));
        }
    }
}
