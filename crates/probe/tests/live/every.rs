//! The rest of the calls that have events of their own: each once with known arguments, many of them refused.

use std::collections::BTreeSet;
use std::mem::size_of_val;
use std::ptr::null;

use super::{ARGS, assert_like, c, events_of, folder};

/// What is compared is the whole text of each event but the child's end.
#[track_caller]
fn check(lines: Option<Vec<String>>, expected: &[&str]) {
    let Some(mut lines) = lines else { return };
    assert!(lines.pop().is_some_and(|l| l.starts_with("procexit status=1792 ret=7 ")));
    assert_like(&lines, expected);
}

#[test]
fn paths() {
    let dir = folder("paths");
    let path = |name: &str| c(&format!("{dir}/{name}"));
    let [file, other, link, moved, sub, fifo] = ["file", "other", "link", "moved", "sub", "fifo"].map(path);
    let at = libc::AT_FDCWD;
    let lines = events_of("paths", ARGS, || {
        let mut buf = [0u8; 512];
        let buffer = buf.as_mut_ptr();
        let [file, other, link, moved, sub, fifo] = [&file, &other, &link, &moved, &sub, &fifo].map(|p| p.as_ptr());
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_open, file, libc::O_CREAT | libc::O_RDWR | libc::O_EXCL, 0o640);
            libc::syscall(libc::SYS_creat, other, 0o604);
            libc::syscall(libc::SYS_open_by_handle_at, 99, [8u32, 1, 0, 0].as_ptr(), libc::O_RDONLY);
            libc::syscall(libc::SYS_link, file, link);
            libc::syscall(libc::SYS_rename, link, moved);
            libc::syscall(libc::SYS_renameat, at, moved, at, link);
            libc::syscall(libc::SYS_unlink, link);
            libc::syscall(libc::SYS_symlink, c"no where".as_ptr(), link);
            libc::syscall(libc::SYS_mkdir, sub, 0o750);
            libc::syscall(libc::SYS_rmdir, sub);
            libc::syscall(libc::SYS_rmdir, sub);
            libc::syscall(libc::SYS_mknod, fifo, libc::S_IFIFO | 0o600, 0);
            libc::syscall(libc::SYS_mknodat, at, fifo, libc::S_IFIFO | 0o600, 0);
            libc::syscall(libc::SYS_chmod, file, 0o711);
            libc::syscall(libc::SYS_chown, file, 12, 34);
            libc::syscall(libc::SYS_lchown, link, 56, 78);
            libc::syscall(libc::SYS_fchown, 3, 0, 0);
            libc::syscall(libc::SYS_access, file, libc::R_OK | libc::X_OK);
            libc::syscall(libc::SYS_stat, file, buffer);
            libc::syscall(libc::SYS_lstat, link, buffer);
            libc::syscall(libc::SYS_fstat, 3, buffer);
            libc::syscall(libc::SYS_newfstatat, at, link, buffer, libc::AT_SYMLINK_NOFOLLOW);
            libc::syscall(libc::SYS_chdir, c"/etc".as_ptr());
            libc::syscall(libc::SYS_getcwd, buffer, 512);
            libc::syscall(libc::SYS_getcwd, buffer, 1);
            libc::syscall(libc::SYS_chroot, c"/".as_ptr());
        }
    });
    std::fs::remove_dir_all(&dir).unwrap();
    let expected =
        "open fd=3(<f>DIR/file) name=DIR/file flags=16423(O_EXCL|O_CREAT|O_RDWR|O_F_CREATED) mode=0640 dev=* ino=*
creat fd=4(<f>DIR/other) name=DIR/other mode=0604 dev=* ino=* creat_flags=0
open_by_handle_at fd=-9(EBADF) mountfd=99 flags=1(O_RDONLY) path=<NA> dev=0 ino=0
link res=0 oldpath=DIR/file newpath=DIR/link
rename res=0 oldpath=DIR/link newpath=DIR/moved
renameat res=0 olddirfd=-100(AT_FDCWD) oldpath=DIR/moved newdirfd=-100(AT_FDCWD) newpath=DIR/link
unlink res=0 path=DIR/link
symlink res=0 target=no where linkpath=DIR/link
mkdir res=0 path=DIR/sub mode=1E8
rmdir res=0 path=DIR/sub
rmdir res=-2(ENOENT) path=DIR/sub
mknod res=0 path=DIR/fifo mode=010600(S_IWUSR|S_IRUSR|S_IFIFO) dev=0
mknodat res=-17(EEXIST) dirfd=-100(AT_FDCWD) path=DIR/fifo mode=010600(S_IWUSR|S_IRUSR|S_IFIFO) dev=0
chmod res=0 filename=DIR/file mode=0711(S_IXOTH|S_IXGRP|S_IXUSR|S_IWUSR|S_IRUSR)
chown res=0 path=DIR/file uid=12 gid=34
lchown res=0 path=DIR/link uid=56 gid=78
fchown res=0 fd=3(<f>DIR/file) uid=0 gid=0
access res=0 name=DIR/file mode=5(R_OK|X_OK)
stat res=0 path=DIR/file
lstat res=0 path=DIR/link
fstat res=0 fd=3(<f>DIR/file)
newfstatat res=0 dirfd=-100(AT_FDCWD) path=DIR/link flags=256(AT_SYMLINK_NOFOLLOW)
chdir res=0 path=/etc
getcwd res=5 path=/etc
getcwd res=-34(ERANGE) path=<NA>
chroot res=0 path=/"
            .replace("DIR", &dir);
    check(lines, &expected.lines().collect::<Vec<_>>());
}

#[test]
fn data() {
    let dir = folder("data");
    let (file, folder) = (c(&format!("{dir}/file")), c(&dir));
    let lines = events_of("data", ARGS, || {
        let iov = [
            libc::iovec { iov_base: c"ab".as_ptr() as *mut _, iov_len: 2 },
            libc::iovec { iov_base: c"cde".as_ptr() as *mut _, iov_len: 3 },
        ];
        let mut buf = [0u8; 1024];
        let into = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: 4 };
        let (mut pair, mut offset) = ([0i32; 2], 1i64);
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_open, file.as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o600);
            libc::syscall(libc::SYS_pwrite64, 3, c"hello".as_ptr(), 5, 2);
            libc::syscall(libc::SYS_pwritev, 3, iov.as_ptr(), 2, 7, 0);
            libc::syscall(libc::SYS_readv, 3, &raw const into, 1);
            libc::syscall(libc::SYS_preadv, 3, &raw const into, 1, 5, 0);
            libc::syscall(libc::SYS_pipe, pair.as_mut_ptr());
            libc::syscall(libc::SYS_sendfile, 5, 3, &raw mut offset, 6);
            libc::syscall(libc::SYS_splice, 4, null::<u8>(), 3, null::<u8>(), 3, libc::SPLICE_F_NONBLOCK);
            libc::syscall(libc::SYS_copy_file_range, 3, &raw const offset, 99, null::<u8>(), 5, 0);
            libc::syscall(libc::SYS_flock, 3, libc::LOCK_EX | libc::LOCK_NB);
            libc::syscall(libc::SYS_ioctl, 4, libc::FIONREAD, pair.as_mut_ptr());
            libc::syscall(libc::SYS_open, folder.as_ptr(), libc::O_DIRECTORY);
            libc::syscall(libc::SYS_getdents, 6, buf.as_mut_ptr(), 1024);
            libc::syscall(libc::SYS_getdents64, 6, buf.as_mut_ptr(), 1024);
            libc::syscall(libc::SYS_read, 6, buf.as_mut_ptr(), 1);
            libc::syscall(libc::SYS_dup, 3);
            libc::syscall(libc::SYS_dup2, 3, 40);
            libc::syscall(libc::SYS_dup, 99);
        }
    });
    std::fs::remove_dir_all(&dir).unwrap();
    let expected = "open fd=3(<f>DIR/file) *
pwrite res=5 data=hello fd=3(<f>DIR/file) size=5 pos=2
pwritev res=5 data=abcde fd=3(<f>DIR/file) size=5 pos=7
readv res=4 size=4 data=..he fd=3(<f>DIR/file)
preadv res=4 size=4 data=loab fd=3(<f>DIR/file) pos=5
pipe res=0 fd1=4(<p>) fd2=5(<p>) ino=*
sendfile res=6 offset=7 out_fd=5(<p>) in_fd=3(<f>DIR/file) size=6
splice res=3 fd_in=4(<p>) fd_out=3(<f>DIR/file) size=3 flags=2(SPLICE_F_NONBLOCK)
copy_file_range res=-9(EBADF) fdout=99 offout=* fdin=3(<f>DIR/file) offin=7 len=5
flock res=0 fd=3(<f>DIR/file) operation=6(LOCK_EX|LOCK_NB)
ioctl res=0 fd=4(<p>) request=541B argument=*
open fd=6(<d>DIR) *
getdents res=* fd=6(<d>DIR)
getdents64 res=0 fd=6(<d>DIR)
read res=-* data=NULL fd=6(<d>DIR) size=1
dup res=7(<f>DIR/file) oldfd=3(<f>DIR/file)
dup2 res=40(<f>DIR/file) oldfd=3(<f>DIR/file) newfd=40(<f>DIR/file)
dup res=-9(EBADF) oldfd=99"
        .replace("DIR", &dir);
    check(lines, &expected.lines().collect::<Vec<_>>());
}

#[test]
fn descriptors() {
    let lines = events_of("descriptors", ARGS, || {
        let mask = [1u64 << 9];
        let mut events = [0u64; 8];
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_eventfd, 5);
            libc::syscall(libc::SYS_eventfd2, 6, libc::EFD_CLOEXEC);
            libc::syscall(libc::SYS_signalfd, -1, mask.as_ptr(), 8);
            libc::syscall(libc::SYS_signalfd4, -1, mask.as_ptr(), 8, libc::SFD_NONBLOCK);
            libc::syscall(libc::SYS_timerfd_create, libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC);
            libc::syscall(libc::SYS_inotify_init);
            libc::syscall(libc::SYS_inotify_init1, libc::IN_NONBLOCK);
            libc::syscall(libc::SYS_epoll_create, 7);
            libc::syscall(libc::SYS_epoll_create1, libc::EPOLL_CLOEXEC);
            libc::syscall(libc::SYS_epoll_wait, 10, events.as_mut_ptr(), 2, 0);
            libc::syscall(libc::SYS_pidfd_open, libc::syscall(libc::SYS_getpid), 0);
            libc::syscall(libc::SYS_pidfd_getfd, 12, 3, 0);
            libc::syscall(libc::SYS_pidfd_getfd, 12, 99, 0);
            libc::syscall(libc::SYS_bpf, 9999, null::<u8>(), 0);
            libc::syscall(libc::SYS_userfaultfd, 77);
        }
    });
    check(
        lines,
        &[
            "eventfd res=3(<e>) initval=5 flags=0",
            "eventfd2 res=4(<e>) flags=4096(O_CLOEXEC) initval=6",
            "signalfd res=5(<s>) fd=-1(EPERM) mask=200 flags=0",
            "signalfd4 res=6(<s>) flags=64(O_NONBLOCK) fd=-1(EPERM) mask=200",
            "timerfd_create res=7(<t>) clockid=1 flags=0",
            "inotify_init res=8(<i>) flags=0",
            "inotify_init1 res=9(<i>) flags=64(O_NONBLOCK)",
            "epoll_create res=10 size=7",
            "epoll_create1 res=11 flags=1(EPOLL_CLOEXEC)",
            "epoll_wait res=0 maxevents=2",
            "getpid ",
            "pidfd_open fd=12(<P>*) pid=* flags=0",
            "pidfd_getfd fd=13(<e>) pid_fd=12(<P>*) target_fd=3(<e>) flags=0",
            "pidfd_getfd fd=-9(EBADF) pid_fd=12(<P>*) target_fd=99 flags=0",
            "bpf fd=-22(EINVAL) cmd=9999",
            "userfaultfd res=-22(EINVAL) flags=0(O_NONE)",
        ],
    );
}

#[test]
fn connections() {
    let lines = events_of("connections", ARGS, || {
        let mut addr = libc::sockaddr_un { sun_family: libc::AF_UNIX as u16, sun_path: [0; 108] };
        b"\0falco-rs every".iter().zip(&mut addr.sun_path).for_each(|(from, to)| *to = *from as _);
        let len = 2 + 15;
        let mut buf = [0u8; 16];
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
            libc::syscall(libc::SYS_bind, 3, &raw const addr, len);
            libc::syscall(libc::SYS_listen, 3, 9);
            libc::syscall(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
            libc::syscall(libc::SYS_connect, 4, &raw const addr, len);
            libc::syscall(libc::SYS_accept, 3, null::<u8>(), null::<u8>());
            libc::syscall(libc::SYS_sendto, 4, c"ping".as_ptr(), 4, 0, null::<u8>(), 0);
            let mut iov = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: 16 };
            let mut msg: libc::msghdr = std::mem::zeroed();
            msg.msg_iov = &raw mut iov;
            msg.msg_iovlen = 1;
            libc::syscall(libc::SYS_recvmsg, 5, &raw mut msg, 0);
            let mut len = size_of_val(&addr) as u32;
            libc::syscall(libc::SYS_getsockname, 3, &raw mut addr, &raw mut len);
            libc::syscall(libc::SYS_getpeername, 4, &raw mut addr, &raw mut len);
            libc::syscall(libc::SYS_accept, 99, null::<u8>(), null::<u8>());
        }
    });
    let both = "*->* @falco-rs every";
    let expected = format!(
        "socket fd=3(<u>) domain=1(AF_LOCAL|AF_UNIX) type=1 proto=0 flags=0(O_NONE)
bind res=0 addr=@falco-rs every fd=3(<u>@falco-rs every)
listen res=0 fd=3(<u>@falco-rs every) backlog=9
socket fd=4(<u>) *
connect res=0 tuple={both} fd=4(<u>{both}) addr=@falco-rs every
accept fd=5(<u>{both}) tuple={both} queuepct=0 queuelen=0 queuemax=9
sendto res=4 data=ping fd=4(<u>{both}) size=4 tuple={both}
recvmsg res=4 size=16 data=ping tuple={both} msgcontrol=NULL fd=5(<u>{both})
getsockname 
getpeername 
accept fd=-9(EBADF) tuple=NULL queuepct=0 queuelen=0 queuemax=0"
    );
    check(lines, &expected.lines().collect::<Vec<_>>());
}

#[test]
fn rights() {
    let lines = events_of("rights", ARGS, || {
        let mut three = [0u32; 3];
        let [a, b, c] = [0, 1, 2].map(|i| three.as_mut_ptr().wrapping_add(i));
        let mut limit = libc::rlimit { rlim_cur: 11, rlim_max: 1 << 40 };
        let header = [0x2008_0522u32, 0];
        // effective, permitted, inheritable: of the low half, then of the high one
        let sets = [0x1u32, 0x3, 0, 0x2, 0x2, 0];
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_getuid);
            libc::syscall(libc::SYS_geteuid);
            libc::syscall(libc::SYS_getgid);
            libc::syscall(libc::SYS_getegid);
            libc::syscall(libc::SYS_setgid, 3);
            libc::syscall(libc::SYS_setregid, 4, 5);
            libc::syscall(libc::SYS_getresgid, a, b, c);
            libc::syscall(libc::SYS_setreuid, 0, 6);
            libc::syscall(libc::SYS_setresuid, 0, 0, 8);
            libc::syscall(libc::SYS_getresuid, a, b, c);
            libc::syscall(libc::SYS_setpgid, 0, 0);
            libc::syscall(libc::SYS_setsid);
            libc::syscall(libc::SYS_getrlimit, libc::RLIMIT_CORE, &raw mut limit);
            limit.rlim_cur = 11;
            limit.rlim_max = 22;
            libc::syscall(libc::SYS_setrlimit, libc::RLIMIT_CORE, &raw const limit);
            limit.rlim_cur = 9;
            let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::syscall(libc::SYS_prlimit64, 0, libc::RLIMIT_CORE, &raw const limit, &raw mut old);
            libc::syscall(libc::SYS_setns, 99, libc::CLONE_NEWNET);
            libc::syscall(libc::SYS_seccomp, 99, 1, null::<u8>());
            libc::syscall(libc::SYS_tkill, 999_999_999, libc::SIGUSR1);
            libc::syscall(libc::SYS_tgkill, 999_999_999, 888_888_888, libc::SIGTERM);
            libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr());
        }
    });
    check(
        lines,
        &[
            "getuid uid=0(root)",
            "geteuid euid=0(root)",
            "getgid gid=0(root)",
            "getegid egid=0(root)",
            "setgid res=0 gid=3(*)",
            "setregid res=0 rgid=4(*) egid=5(*)",
            "getresgid res=0 rgid=4(*) egid=5(*) sgid=5(*)",
            "setreuid res=0 ruid=0(root) euid=6(*)",
            "setresuid res=-1(EPERM) ruid=0(root) euid=0(root) suid=8(*)",
            "getresuid res=0 ruid=0(root) euid=6(*) suid=6(*)",
            "setpgid res=0 pid=0 pgid=0",
            "setsid res=-1",
            "getrlimit res=0 cur=* max=* resource=4(RLIMIT_CORE)",
            "setrlimit res=0 cur=11 max=22 resource=4(RLIMIT_CORE)",
            "prlimit res=0 newcur=9 newmax=22 oldcur=11 oldmax=22 pid=0 resource=4(RLIMIT_CORE)",
            "setns res=-9(EBADF) fd=99 nstype=16(CLONE_NEWNET)",
            "seccomp res=-22(EINVAL) op=99 flags=1",
            "tkill res=-3(ESRCH) tid=999999999 sig=10(SIGUSR1)",
            "tgkill res=-3(ESRCH) pid=999999999 tid=888888888 sig=15(SIGTERM)",
            "capset res=0 cap_inheritable=0 cap_permitted=200000003 cap_effective=200000001",
        ],
    );
}

#[test]
fn memory() {
    let lines = events_of("memory", ARGS, || {
        let mut buf = [0u8; 8];
        let local = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: 4 };
        let text = *b"text";
        let remote = libc::iovec { iov_base: text.as_ptr() as *mut _, iov_len: 4 };
        let word = 5u32;
        // SAFETY: every pointer leads to what the call asks for, or the call refuses it.
        unsafe {
            libc::syscall(libc::SYS_brk, 0);
            let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let at = libc::syscall(libc::SYS_mmap, 0, 8192, libc::PROT_READ | libc::PROT_WRITE, anonymous, -1, 0);
            libc::syscall(libc::SYS_mprotect, at, 4096, libc::PROT_READ | libc::PROT_EXEC);
            libc::syscall(libc::SYS_mlock, at, 4096);
            libc::syscall(libc::SYS_mlock2, at, 4096, 1);
            libc::syscall(libc::SYS_munlock, at, 4096);
            libc::syscall(libc::SYS_mlockall, 0);
            libc::syscall(libc::SYS_munlockall);
            libc::syscall(libc::SYS_munmap, at, 8192);
            libc::syscall(libc::SYS_munmap, 1, 8192);
            libc::syscall(libc::SYS_futex, &raw const word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 3);
            libc::syscall(libc::SYS_nanosleep, [0u64, 1000].as_ptr(), null::<u8>());
            let pid = libc::syscall(libc::SYS_getpid);
            libc::syscall(libc::SYS_process_vm_readv, pid, &raw const local, 1, &raw const remote, 1, 0);
            libc::syscall(libc::SYS_process_vm_writev, pid, &raw const remote, 1, &raw const local, 1, 0);
            libc::syscall(libc::SYS_process_vm_readv, 999_999_999, &raw const local, 1, &raw const remote, 1, 0);
            let (name, options) = (*b"no module\0", *b"a=1\0");
            libc::syscall(libc::SYS_init_module, text.as_ptr(), 4, options.as_ptr());
            libc::syscall(libc::SYS_finit_module, 99, options.as_ptr(), 1);
            libc::syscall(libc::SYS_delete_module, name.as_ptr(), libc::O_NONBLOCK);
        }
    });
    let memory = "vm_size=* vm_rss=* vm_swap=*";
    let expected = format!(
        "brk res=* {memory} addr=0
mmap res=* {memory} addr=0 length=8192 prot=3(PROT_READ|PROT_WRITE) flags=10(MAP_PRIVATE|MAP_ANONYMOUS) fd=-1(EPERM) offset=0
mprotect res=0 addr=* length=4096 prot=5(PROT_READ|PROT_EXEC)
mlock res=* addr=* len=4096
mlock2 res=* addr=* len=4096 flags=1(MLOCK_ONFAULT)
munlock res=0 addr=* len=4096
mlockall res=-22(EINVAL) flags=0
munlockall res=0
munmap res=0 {memory} addr=* length=8192
munmap res=-22(EINVAL) {memory} addr=1 length=8192
futex res=0 addr=* op=129(FUTEX_PRIVATE_FLAG|FUTEX_WAKE) val=3
nanosleep res=0 interval=1000(1e-06s)
getpid 
process_vm_readv res=4 pid=* data=text
process_vm_writev res=4 pid=* data=text
process_vm_readv res=-3 pid=999999999 data=NULL
init_module res=-* img=text length=4 uargs=a=1
finit_module res=-* fd=99 uargs=a=1 flags=1(MODULE_INIT_IGNORE_MODVERSIONS)
delete_module res=-* name=no module flags=2(O_NONBLOCK)"
    );
    check(lines, &expected.lines().collect::<Vec<_>>());
}

#[test]
fn new_processes() {
    let format = "*%evt.type %evt.rawres %evt.arg.flags %proc.pid %thread.tid %thread.ismain %proc.ppid";
    let lines = events_of("new_processes", format, || {
        // SAFETY: the children end at once; the one of vfork, which shares the stack, makes no call of a function.
        unsafe {
            if libc::syscall(libc::SYS_fork) == 0 {
                libc::_exit(0);
            }
            std::arch::asm!(
                "mov eax, 58", "syscall", "test eax, eax", "jnz 2f", "xor edi, edi", "mov eax, 231", "syscall", "2:",
                out("rax") _, out("rcx") _, out("r11") _, out("rdi") _
            );
            let args = [libc::CLONE_FS as u64, 0, 0, 0, libc::SIGCHLD as u64, 0, 0, 0];
            if libc::syscall(libc::SYS_clone3, args.as_ptr(), size_of_val(&args)) == 0 {
                libc::_exit(0);
            }
            for _ in 0..3 {
                libc::wait(std::ptr::null_mut());
            }
            // A thread that opens a file, and is waited for.
            extern "C" fn run(done: *mut libc::c_void) -> i32 {
                // SAFETY: the name is a text; the thread ends and nothing else.
                unsafe {
                    libc::syscall(libc::SYS_openat, libc::AT_FDCWD, c"/etc/hostname".as_ptr(), 0, 0);
                    done.cast::<u32>().write_volatile(1);
                    libc::syscall(libc::SYS_exit, 0);
                }
                0
            }
            let stack = libc::mmap(std::ptr::null_mut(), 1 << 16, 3, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            let flags = libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_SIGHAND | libc::CLONE_THREAD;
            let mut done = 0u32;
            libc::clone(run, stack.byte_add(1 << 16), flags, (&raw mut done).cast());
            while (&raw const done).read_volatile() == 0 {
                libc::usleep(1000);
            }
        }
    });
    let Some(lines) = lines else { return };
    let of = |name: &str| lines.iter().filter(|l| l.split(' ').next() == Some(name)).cloned().collect::<Vec<_>>();
    for (name, flags) in [("fork", "0"), ("vfork", "CLONE_VFORK"), ("clone3", "CLONE_FS"), ("clone", "CLONE_THREAD")] {
        let events = of(name);
        assert_eq!(events.len(), 2, "each in the caller and in the child: {lines:#?}");
        let child = events.iter().find(|l| l.split(' ').nth(1) == Some("0")).unwrap();
        assert!(events.iter().all(|l| l.contains(flags)), "{events:#?}");
        let [_, _, _, pid, tid, main, _] = child.split(' ').collect::<Vec<_>>()[..] else { panic!("{child}") };
        assert_eq!((pid == tid, main), if name == "clone" { (false, "false") } else { (true, "true") }, "{child}");
    }
    let opened = of("openat");
    let [_, _, _, pid, tid, main, _] = opened[0].split(' ').collect::<Vec<_>>()[..] else { panic!("{opened:?}") };
    assert!(pid != tid && main == "false", "{opened:?}");
}

/// Programs that replace each other keep their process: exec chains, in a thread's process and in a namespace.
#[test]
fn programs_one_after_the_other() {
    let format = "*%evt.type %evt.res %proc.pid %proc.cmdline %proc.pname %proc.ppid";
    let lines = events_of("programs_one_after_the_other", format, || {
        let argv = [c"sh".as_ptr(), c"-c".as_ptr(), c"exec sh -c 'exec /bin/true one two'".as_ptr(), null()];
        let env = [c"PATH=/bin:/usr/bin".as_ptr(), null()];
        // SAFETY: every pointer leads to what the call asks for; the child only makes system calls.
        unsafe {
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            if pid == 0 {
                libc::syscall(libc::SYS_execve, c"/bin/sh".as_ptr(), argv.as_ptr(), env.as_ptr());
                libc::_exit(1);
            }
            libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
        }
    });
    let Some(lines) = lines else { return };
    let execs: Vec<_> = lines.iter().filter(|l| l.starts_with("execve SUCCESS")).collect();
    assert_eq!(execs.len(), 3, "{lines:#?}");
    let number = |line: &str| line.split(' ').nth(2).map(str::to_owned);
    assert!(execs.iter().all(|l| number(l) == number(execs[0])), "one process: {execs:#?}");
    for (line, command) in
        execs.iter().zip(["sh -c exec sh -c 'exec /bin/true one two'", "sh -c exec /bin/true one two", "true one two"])
    {
        assert!(line.contains(command), "{line}");
    }
}

/// The tests name every call of data/calls.txt, so that a new one is not forgotten.
#[test]
fn every_call_is_made_by_some_test() {
    let sources = [include_str!("main.rs"), include_str!("calls.rs"), include_str!("every.rs")].concat();
    let made: BTreeSet<&str> = sources
        .match_indices("SYS_")
        .filter_map(|(at, _)| sources.get(at + 4..)?.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
        .collect();
    let lines = include_str!("../../data/calls.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    let names = lines.flat_map(|line| {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if first.starts_with('@') { words.collect() } else { vec![first] }
    });
    // Its event comes as `vfork` from a program that has no other way to make it.
    let missing: Vec<_> = names.filter(|name| *name != "vfork" && !made.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
