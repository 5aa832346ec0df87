//! The live source on this machine: what the events say is what was done.
//!
//! Where the probe cannot run, each test prints a line that says why, and returns.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::ffi::{CStr, CString};
use std::io::Write;
use std::mem::size_of_val;
use std::os::unix::fs::MetadataExt;
use std::ptr::null;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use falco_catalog::EventSet;
use falco_engine::inspector::Inspector;
use falco_engine::state::StrList;
use falco_probe::{Live, Scope, Settings};

mod calls;
mod every;
mod recording;
mod rings;
mod snapshot;

/// Past the capturing of tests that pass: a skip must be seen. What is not this machine's fault fails the test.
#[track_caller]
fn skip(error: &falco_probe::ProbeError, test: &str) {
    assert!(error.is_refusal(), "{error}");
    let _ = writeln!(std::io::stderr(), "skipped: {error} ({test})");
}

/// One at a time: a source sees the children of all tests of this process.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` in a child without open descriptors above 2 and gives what `format` says of its events, live and replayed, from then
/// on.
fn events_of(test: &str, format: &str, work: impl FnOnce()) -> Option<Vec<String>> {
    let _turn = turn();
    let settings = Settings { events: EventSet::ALL, scope: Scope::Started, ..Settings::default() };
    let live = match Live::open(&settings) {
        Ok(live) => live,
        Err(error) => {
            skip(&error, test);
            return None;
        }
    };
    // SAFETY: the child only makes system calls and ends; it touches no lock that another thread may hold.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: closes what this process was born with, then ends it.
        unsafe {
            libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0);
            work();
            libc::_exit(7);
        }
    }
    let mut status = 0;
    // SAFETY: the status is written where the pointer leads.
    unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(libc::WEXITSTATUS(status), 7, "the child came to its end");
    settings.stop.store(true, Ordering::Relaxed);

    Some(recording::live_and_replayed(live, format))
}

/// Whether the text is like the pattern, in which each `*` stands for anything.
fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        rest = match (rest.find(part), parts.peek()) {
            (_, None) => return rest.ends_with(part),
            (Some(at), _) => &rest[at + part.len()..],
            (None, _) => return false,
        };
    }
    rest.is_empty()
}

#[track_caller]
fn assert_like(lines: &[String], patterns: &[&str]) {
    let fits = lines.len() == patterns.len() && lines.iter().zip(patterns).all(|(l, p)| like(p, l));
    assert!(fits, "\n{}\n\nis not like\n\n{}\n", lines.join("\n"), patterns.join("\n"));
}

const ARGS: &str = "*%evt.type %evt.args";

/// A folder of the test's own.
fn folder(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("falco-probe-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

fn c(text: &str) -> CString {
    CString::new(text).unwrap()
}

#[test]
fn files() {
    let dir = folder("files");
    let (file, other, link) = (c(&format!("{dir}/file")), c(&format!("{dir}/other")), c(&format!("{dir}/link")));
    let (sub, name) = (c(&format!("{dir}/sub")), c("name"));
    let how = [(libc::O_CREAT | libc::O_WRONLY) as u64, 0o600, 0x08];
    let lines = events_of("files", ARGS, || {
        let cwd = libc::AT_FDCWD;
        let mut buf = [0u8; 100];
        let iov = [
            libc::iovec { iov_base: c"ab".as_ptr() as *mut _, iov_len: 2 },
            libc::iovec { iov_base: c"cde".as_ptr() as *mut _, iov_len: 3 },
        ];
        let at = |fd: i32, path: &CStr| (fd, path.as_ptr());
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            let (d, p) = at(cwd, &file);
            libc::syscall(libc::SYS_openat, d, p, libc::O_CREAT | libc::O_RDWR | libc::O_CLOEXEC, 0o640);
            libc::syscall(libc::SYS_write, 3, c"hello".as_ptr(), 5);
            libc::syscall(libc::SYS_writev, 3, iov.as_ptr(), 2);
            libc::syscall(libc::SYS_lseek, 3, 1, libc::SEEK_SET);
            libc::syscall(libc::SYS_read, 3, buf.as_mut_ptr(), 100);
            libc::syscall(libc::SYS_pread64, 3, buf.as_mut_ptr(), 4, 2);
            libc::syscall(libc::SYS_dup3, 3, 9, libc::O_CLOEXEC);
            libc::syscall(libc::SYS_fcntl, 9, libc::F_DUPFD_CLOEXEC, 20);
            libc::syscall(libc::SYS_fchmod, 3, 0o600);
            libc::syscall(libc::SYS_close, 3);
            libc::syscall(libc::SYS_close, 99);
            libc::syscall(libc::SYS_openat, d, c"/nowhere/at/all".as_ptr(), libc::O_RDONLY, 0);
            libc::syscall(libc::SYS_mkdirat, d, sub.as_ptr(), 0o700);
            libc::syscall(libc::SYS_openat, d, sub.as_ptr(), libc::O_DIRECTORY | libc::O_RDONLY, 0);
            libc::syscall(libc::SYS_openat2, 3, name.as_ptr(), how.as_ptr(), size_of_val(&how));
            libc::syscall(libc::SYS_renameat2, 3, name.as_ptr(), d, other.as_ptr(), 1);
            libc::syscall(libc::SYS_symlinkat, c"file".as_ptr(), d, link.as_ptr());
            libc::syscall(libc::SYS_linkat, d, file.as_ptr(), 3, name.as_ptr(), 0);
            libc::syscall(libc::SYS_fchmodat, d, file.as_ptr(), 0o4711);
            libc::syscall(libc::SYS_fchownat, d, file.as_ptr(), 0, 0, libc::AT_SYMLINK_NOFOLLOW);
            libc::syscall(libc::SYS_unlinkat, 3, name.as_ptr(), 0);
            libc::syscall(libc::SYS_unlinkat, d, c"no such".as_ptr(), libc::AT_REMOVEDIR);
            libc::syscall(libc::SYS_fchdir, 3);
            libc::syscall(libc::SYS_chdir, c"..".as_ptr());
            libc::syscall(libc::SYS_memfd_create, c"mem".as_ptr(), 1);
        }
    });
    let Some(lines) = lines else { return };
    let meta = std::fs::metadata(format!("{dir}/file")).unwrap();
    let ids = format!("ino={}", meta.ino());
    let f = format!("<f>{dir}/file");
    let d = format!("<d>{dir}/sub");
    let expected = [
        format!(
            "openat fd=3({f}) dirfd=-100(AT_FDCWD) name={dir}/file flags=20487(O_CREAT|O_RDWR|O_CLOEXEC|O_F_CREATED) mode=0640 dev=* {ids}*"
        ),
        format!("write res=5 data=hello fd=3({f}) size=5"),
        format!("writev res=5 data=abcde fd=3({f}) size=5"),
        format!("lseek res=1 fd=3({f}) offset=1 whence=0(SEEK_SET)"),
        format!("read res=9 data=elloabcde fd=3({f}) size=100"),
        format!("pread res=4 data=lloa fd=3({f}) size=4 pos=2"),
        format!("dup3 res=9({f}) oldfd=3({f}) newfd=9({f}) flags=4096(O_CLOEXEC)"),
        format!("fcntl res=20({f}) fd=9({f}) cmd=26(F_DUPFD_CLOEXEC) arg=14"),
        format!("fchmod res=0 fd=3({f}) mode=0600(S_IWUSR|S_IRUSR)"),
        format!("close res=0 fd=3({f})"),
        "close res=-9(EBADF) fd=99".to_owned(),
        "openat fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=/nowhere/at/all flags=1(O_RDONLY) mode=0 dev=0 ino=0"
            .to_owned(),
        format!("mkdirat res=0 dirfd=-100(AT_FDCWD) path={dir}/sub mode=1C0"),
        format!(
            "openat fd=3({d}) dirfd=-100(AT_FDCWD) name={dir}/sub flags=1025(O_DIRECTORY|O_RDONLY) mode=0 dev=* ino=*"
        ),
        format!(
            "openat2 fd=4(<f>{dir}/sub/name) dirfd=3({d}) name=name({dir}/sub/name) flags=16390(O_CREAT|O_WRONLY|O_F_CREATED) mode=0600 resolve=1(RESOLVE_BENEATH) dev=* ino=*"
        ),
        format!(
            "renameat2 res=0 olddirfd=3({d}) oldpath=name({dir}/sub/name) newdirfd=-100(AT_FDCWD) newpath={dir}/other flags=1(RENAME_NOREPLACE)"
        ),
        format!("symlinkat res=0 target=file linkdirfd=-100(AT_FDCWD) linkpath={dir}/link"),
        format!(
            "linkat res=0 olddir=-100(AT_FDCWD) oldpath={dir}/file newdir=3({d}) newpath=name({dir}/sub/name) flags=0"
        ),
        format!(
            "fchmodat res=0 dirfd=-100(AT_FDCWD) filename={dir}/file mode=04711(S_IXOTH|S_IXGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)"
        ),
        format!("fchownat res=0 dirfd=-100(AT_FDCWD) pathname={dir}/file uid=0 gid=0 flags=1024(AT_SYMLINK_NOFOLLOW)"),
        format!("unlinkat res=0 dirfd=3({d}) name=name({dir}/sub/name) flags=0"),
        "unlinkat res=-2(ENOENT) dirfd=-100(AT_FDCWD) name=no such(*/no such) flags=512(AT_REMOVEDIR)".to_owned(),
        format!("fchdir res=0 fd=3({d})"),
        "chdir res=0 path=..".to_owned(),
        "memfd_create fd=5(<m>mem) name=mem flags=1(MFD_CLOEXEC)".to_owned(),
        "procexit status=1792 ret=7 sig=0 core=0 reaper_tid=0".to_owned(),
    ];
    assert_like(&lines, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn sockets() {
    let v4 = |port: u16| libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (server, nobody) = (v4(free), v4(1));
    let lines = events_of("sockets", ARGS, || {
        let len = size_of_val(&server) as u32;
        let iov = libc::iovec { iov_base: c"pong".as_ptr() as *mut _, iov_len: 4 };
        let mut buf = [0u8; 16];
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
            libc::syscall(libc::SYS_bind, 3, &raw const server, len);
            libc::syscall(libc::SYS_listen, 3, 5);
            libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_TCP);
            libc::syscall(libc::SYS_connect, 4, &raw const server, len);
            libc::syscall(libc::SYS_accept4, 3, null::<u8>(), null::<u8>(), libc::SOCK_CLOEXEC);
            libc::syscall(libc::SYS_sendto, 4, c"ping".as_ptr(), 4, 0, null::<u8>(), 0);
            libc::syscall(libc::SYS_recvfrom, 5, buf.as_mut_ptr(), 16, 0, null::<u8>(), null::<u8>());
            let mut msg: libc::msghdr = std::mem::zeroed();
            msg.msg_iov = (&raw const iov).cast_mut();
            msg.msg_iovlen = 1;
            libc::syscall(libc::SYS_sendmsg, 5, &raw const msg, 0);
            libc::syscall(libc::SYS_shutdown, 4, libc::SHUT_RDWR);
            libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
            libc::syscall(libc::SYS_connect, 6, &raw const nobody, len);
            libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0);
            libc::syscall(libc::SYS_sendto, 7, c"dns".as_ptr(), 3, 0, &raw const server, len);
            let mut pair = [0; 2];
            libc::syscall(libc::SYS_socketpair, libc::AF_UNIX, libc::SOCK_STREAM, 0, pair.as_mut_ptr());
            libc::syscall(libc::SYS_pipe2, pair.as_mut_ptr(), libc::O_CLOEXEC);
        }
    });
    let Some(lines) = lines else { return };
    let (listen, to) = (format!("<4t>127.0.0.1:{free}"), format!("127.0.0.1:*->127.0.0.1:{free}"));
    let expected = [
        "socket fd=3(<4>) domain=2(AF_INET) type=524289 proto=0 flags=4096(O_CLOEXEC)".to_owned(),
        format!("bind res=0 addr=127.0.0.1:{free} fd=3({listen})"),
        format!("listen res=0 fd=3({listen}) backlog=5"),
        "socket fd=4(<4>) domain=2(AF_INET) type=1 proto=6 flags=0(O_NONE)".to_owned(),
        format!("connect res=0 tuple={to} fd=4(<4t>{to}) addr=127.0.0.1:{free}"),
        format!("accept4 fd=5(<4t>{to}) tuple={to} queuepct=0 queuelen=0 queuemax=5 flags=1000"),
        format!("sendto res=4 data=ping fd=4(<4t>{to}) size=4 tuple={to}"),
        format!("recvfrom res=4 data=ping tuple={to} fd=5(<4t>{to}) size=16"),
        format!("sendmsg res=4 data=pong fd=5(<4t>{to}) size=4 tuple=127.0.0.1:{free}->127.0.0.1:*"),
        format!("shutdown res=0 fd=4(<4t>{to}) how=2(SHUT_RDWR)"),
        "socket fd=6(<4>) domain=2(AF_INET) type=1 proto=0 flags=0(O_NONE)".to_owned(),
        "connect res=-111(ECONNREFUSED) tuple=NULL fd=6(<4>) addr=127.0.0.1:1".to_owned(),
        "socket fd=7(<4>) domain=2(AF_INET) type=2 proto=0 flags=0(O_NONE)".to_owned(),
        format!("sendto res=3 data=dns fd=7(<4u>*:{free}) size=3 tuple=*:*->127.0.0.1:{free}"),
        "socketpair res=0 fd1=8(<u>*) fd2=9(<u>*) source=* peer=* domain=1(AF_LOCAL|AF_UNIX) type=1 proto=0".to_owned(),
        "pipe2 res=0 fd1=10(<p>) fd2=11(<p>) ino=* flags=4096(O_CLOEXEC)".to_owned(),
        "procexit status=1792 ret=7 sig=0 core=0 reaper_tid=0".to_owned(),
    ];
    assert_like(&lines, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn processes() {
    let format =
        "*%evt.type %evt.res %proc.name %proc.exepath %proc.cmdline | %evt.arg.filename %proc.env[PROBE] %proc.pname";
    let lines = events_of("processes", format, || {
        let long = c(&"x".repeat(5000));
        let argv = [c"first".as_ptr(), c"two words".as_ptr(), c"".as_ptr(), null()];
        let sleep = [c"sh".as_ptr(), c"-c".as_ptr(), c":".as_ptr(), null()];
        let env = [c"PROBE=here".as_ptr(), null()];
        let long = [c"sh".as_ptr(), c"-c".as_ptr(), c":".as_ptr(), long.as_ptr(), null()];
        // SAFETY: every pointer leads to what the call asks for; the children only make system calls.
        unsafe {
            libc::syscall(libc::SYS_execve, c"/nowhere".as_ptr(), argv.as_ptr(), env.as_ptr());
            for args in [&sleep[..], &long[..]] {
                let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
                if pid == 0 {
                    libc::syscall(libc::SYS_execve, c"/bin/sh".as_ptr(), args.as_ptr(), env.as_ptr());
                    libc::_exit(1);
                }
                libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
            }
        }
    });
    let Some(lines) = lines else { return };
    let shell = std::fs::canonicalize("/bin/sh").unwrap();
    let shell = shell.to_str().unwrap();
    let of = |name: &str| lines.iter().filter(|l| l.starts_with(name)).cloned().collect::<Vec<_>>();
    let own = "processes";
    let execs = of("execve ");
    assert_eq!(execs.len(), 3, "{lines:#?}");
    // A failed call changes nothing; its arguments are in the event.
    assert!(
        like(&format!("execve ENOENT {own} *"), &execs[0]) || execs[0].starts_with("execve ENOENT"),
        "{}",
        execs[0]
    );
    assert!(execs[0].contains("| /nowhere "), "{}", execs[0]);
    let second = format!("execve SUCCESS sh {shell} sh -c : | /bin/sh here *");
    assert!(like(&second, &execs[1]), "{}", execs[1]);
    // Four KiB of arguments are kept.
    assert!(like(&format!("execve SUCCESS sh {shell} sh -c : xxx*xxx | /bin/sh here *"), &execs[2]), "{}", execs[2]);
    let kept =
        execs[2].matches('x').count() - execs[2].split_once("xxx").map_or(0, |(before, _)| before.matches('x').count());
    assert!((4000..4096).contains(&kept), "{kept}");
    assert_eq!(of("clone ").len(), 4, "each in the caller and in the child");
    assert_eq!(of("procexit ").len(), 3);
}

#[test]
fn namespaces_and_rights() {
    let lines = events_of("namespaces_and_rights", ARGS, || {
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUTS | libc::CLONE_NEWNS);
            libc::syscall(libc::SYS_mount, c"none".as_ptr(), c"/tmp".as_ptr(), c"tmpfs".as_ptr(), libc::MS_NOSUID, 0);
            libc::syscall(libc::SYS_umount2, c"/tmp".as_ptr(), libc::MNT_DETACH);
            libc::syscall(libc::SYS_prctl, libc::PR_SET_NAME, c"renamed".as_ptr());
            libc::syscall(libc::SYS_ptrace, libc::PTRACE_ATTACH, 999_999, 0, 0);
            libc::syscall(libc::SYS_kill, 999_999, libc::SIGTERM);
            libc::syscall(libc::SYS_setresgid, 5, 6, 7);
            libc::syscall(libc::SYS_setuid, 1234);
            libc::syscall(libc::SYS_setuid, 0);
            libc::syscall(libc::SYS_getppid);
        }
    });
    let Some(lines) = lines else { return };
    if lines.first().is_some_and(|l| l.starts_with("unshare res=-1")) {
        let _ = writeln!(std::io::stderr(), "skipped: namespaces are not allowed here (namespaces_and_rights)");
        return;
    }
    assert_like(
        &lines,
        &[
            "unshare res=0 flags=160(CLONE_NEWNS|CLONE_NEWUTS)",
            "mount res=0 dev=none dir=/tmp type=tmpfs flags=2(NOSUID)",
            "umount2 res=0 name=/tmp flags=2(DETACH)",
            "prctl res=0 option=15(PR_SET_NAME) arg2_str=renamed arg2_int=0",
            "ptrace res=-3(ESRCH) addr=0 data=0 request=11(PTRACE_ATTACH) pid=999999",
            "kill res=-3(ESRCH) pid=999999 sig=15(SIGTERM)",
            "setresgid res=0 rgid=5(*) egid=6(*) sgid=7(*)",
            "setuid res=0 uid=1234(<NA>)",
            "setuid res=-1(EPERM) uid=0(root)",
            "getppid ",
            "procexit status=1792 ret=7 sig=0 core=0 reaper_tid=0",
        ],
    );
}

#[test]
fn programs_out_of_memory_namespaces_and_threads() {
    let format =
        "*%evt.type %evt.res %proc.name %proc.exepath %proc.is_exe_from_memfd %proc.vpid %thread.ismain %proc.pname";
    let busybox = std::fs::read("/bin/true").unwrap();
    let lines = events_of("programs_out_of_memory_namespaces_and_threads", format, || {
        let argv = [c"hidden".as_ptr(), null()];
        // SAFETY: every pointer leads to what the call asks for; the children only make system calls.
        unsafe {
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            if pid == 0 {
                let fd = libc::syscall(libc::SYS_memfd_create, c"payload".as_ptr(), libc::MFD_CLOEXEC) as i32;
                libc::write(fd, busybox.as_ptr().cast(), busybox.len());
                libc::syscall(libc::SYS_execveat, fd, c"".as_ptr(), argv.as_ptr(), null::<u8>(), libc::AT_EMPTY_PATH);
                libc::_exit(1);
            }
            libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
            libc::syscall(libc::SYS_unshare, libc::CLONE_NEWPID);
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            if pid == 0 {
                libc::syscall(libc::SYS_execve, c"/bin/true".as_ptr(), argv.as_ptr(), null::<u8>());
                libc::_exit(1);
            }
            libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
        }
    });
    let Some(lines) = lines else { return };
    let execs: Vec<_> = lines.iter().filter(|l| l.starts_with("execve")).collect();
    assert!(like("execve SUCCESS * memfd:payload true * true *", execs[0]), "{}", execs[0]);
    if lines.iter().any(|l| l.starts_with("unshare EPERM")) {
        let _ = writeln!(std::io::stderr(), "skipped: namespaces are not allowed here");
        return;
    }
    let real = std::fs::canonicalize("/bin/true").unwrap();
    assert!(like(&format!("execve SUCCESS true {} false 1 true *", real.display()), execs[1]), "{}", execs[1]);
    assert!(lines.iter().any(|l| like("clone SUCCESS * 1 true *", l)), "the child's own clone: {lines:#?}");
}

/// What the state knows after the events is what /proc shows.
#[test]
fn the_state_is_what_proc_shows() {
    let _turn = turn();
    let settings = Settings { scope: Scope::Started, ..Settings::default() };
    let live = match Live::open(&settings) {
        Ok(live) => live,
        Err(error) => {
            skip(&error, "the_state_is_what_proc_shows");
            return;
        }
    };
    let dir = folder("state");
    let script = "cd /usr; exec 6</etc/hostname 7>&6; echo ready; read line";
    let mut child = std::process::Command::new("sh")
        .args(["-c", script, "two words", ""])
        .env_clear()
        .env("A", "b c")
        .current_dir(&dir)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut ready = [0u8; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    let pid = i64::from(child.id());
    let picture = falco_probe::snapshot::Snapshot::take().unwrap();
    settings.stop.store(true, Ordering::Relaxed);
    let mut inspector = Inspector::new(live);
    while inspector.next().unwrap().is_some() {}
    child.stdin.take();
    child.wait().unwrap();

    let shown = picture.processes.iter().find(|p| p.tid == pid).unwrap();
    let thread = inspector.machine().thread(pid).unwrap();
    let text = |t: &[u8]| String::from_utf8_lossy(t).into_owned();
    assert_eq!(text(&thread.comm), text(&shown.comm));
    assert_eq!(text(&thread.exe), text(&shown.exe));
    assert_eq!(text(&thread.exepath), text(&shown.exepath));
    assert_eq!(thread.args, StrList::from_nul_separated(&shown.args));
    assert_eq!(thread.env, StrList::from_nul_separated(&shown.env));
    assert_eq!(text(&thread.cwd).trim_end_matches('/'), text(&shown.cwd));
    let cgroups: String = thread.cgroups.iter().map(|(s, p)| format!("{}={}\0", text(s), text(p))).collect();
    assert_eq!(cgroups.replace("blkio", "io"), text(&shown.cgroups));
    assert_eq!((thread.pid, thread.ptid, thread.vpid, thread.vtid), (shown.pid, shown.ptid, shown.vpid, shown.vtid));
    assert_eq!((thread.sid, thread.pgid, thread.vpgid), (shown.sid, shown.pgid, shown.vpgid));
    assert_eq!(
        (thread.uid, thread.gid, thread.loginuid, thread.tty),
        (shown.uid, shown.gid, shown.loginuid, shown.tty)
    );
    assert_eq!(
        (thread.cap_inheritable, thread.cap_permitted, thread.cap_effective),
        (shown.cap_inheritable, shown.cap_permitted, shown.cap_effective)
    );
    assert_eq!(
        (thread.exe_ino, thread.exe_ino_ctime, thread.exe_ino_mtime, thread.exe_writable),
        (shown.exe_ino, shown.exe_ino_ctime, shown.exe_ino_mtime, shown.exe_writable)
    );
    assert_eq!(thread.fdlimit, shown.fdlimit);
    // Descriptors that the shell opened itself: numbers, names, inodes, devices.
    let list = picture.fds.iter().find(|list| list.tid == pid).unwrap();
    for num in [6, 7] {
        let entry = list.fds.iter().find(|e| e.fd == num).unwrap();
        let fd = thread.fds.get(num).unwrap();
        let falco_scap::item::FdInfo::FileV2 { name, dev, .. } = &entry.info else { panic!("{entry:?}") };
        assert_eq!((text(&fd.name), fd.ino, fd.dev), (text(name), entry.ino, *dev));
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn what_the_ring_cannot_hold_is_counted() {
    let _turn = turn();
    let events = EventSet::by_name("close");
    let settings = Settings { events, scope: Scope::Started, ring_bytes: 4096, ..Settings::default() };
    let live = match Live::open(&settings) {
        Ok(live) => live,
        Err(error) => {
            skip(&error, "what_the_ring_cannot_hold_is_counted");
            return;
        }
    };
    // SAFETY: the child only makes system calls and ends.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: closing nothing does nothing.
        unsafe {
            for _ in 0..1000 {
                libc::close(-1);
            }
            libc::_exit(0);
        }
    }
    // SAFETY: waits for the child.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
    settings.stop.store(true, Ordering::Relaxed);
    let mut inspector = Inspector::new(live);
    let mut read = 0;
    while inspector.next().unwrap().is_some() {
        read += 1;
    }
    let counters = inspector.source().counters();
    assert_eq!(counters.sent, read, "what is sent is read");
    assert!(counters.lost_ring_full > 800, "{counters:?}");
    // The child's clone, a thousand closes, its end.
    assert_eq!(counters.sent + counters.lost(), 1002, "{counters:?}");
}

/// Whether calls are looked at when they begin; a visible skip otherwise.
fn early_reads(test: &str) -> bool {
    let _turn = turn();
    let probe = Live::open(&Settings { scope: Scope::Started, ..Settings::default() });
    let early = !probe.is_ok_and(|live| !live.sees_calls_begin());
    if !early {
        let _ = writeln!(std::io::stderr(), "skipped: no tracefs at /sys/kernel/tracing ({test})");
    }
    early
}

/// The call is given one path; while it waits, another thread puts another in its place.
#[test]
fn a_path_that_is_changed_amid_the_call() {
    const TEST: &str = "a_path_that_is_changed_amid_the_call";
    if !early_reads(TEST) {
        return;
    }
    let dir = folder("race");
    let mut path = format!("{dir}/fifo-one\0").into_bytes();
    let digit = path.len() - 4;
    let made = path.clone();
    let lines = events_of(TEST, "*%evt.type %evt.arg.name", || {
        // SAFETY: every pointer leads to what the call asks for; the child shares nothing that it changes but the path.
        unsafe {
            let shared =
                libc::mmap(std::ptr::null_mut(), 4096, 3, libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1, 0).cast::<u8>();
            std::ptr::copy_nonoverlapping(path.as_mut_ptr(), shared, path.len());
            libc::mkfifo(made.as_ptr().cast(), 0o600);
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            if pid == 0 {
                // What is not in memory yet the probe cannot read, so this looks at it first. The call waits until somebody writes.
                std::ptr::read_volatile(shared);
                libc::syscall(libc::SYS_openat, libc::AT_FDCWD, shared, libc::O_RDONLY, 0);
                libc::_exit(0);
            }
            libc::usleep(200_000);
            std::ptr::copy_nonoverlapping(b"two".as_ptr(), shared.add(digit), 3);
            libc::syscall(libc::SYS_openat, libc::AT_FDCWD, made.as_ptr(), libc::O_WRONLY, 0);
            libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
        }
    });
    std::fs::remove_dir_all(&dir).unwrap();
    let Some(lines) = lines else { return };
    let opened: Vec<_> = lines.iter().filter(|l| l.starts_with("openat ")).collect();
    assert_eq!(opened, [&format!("openat {dir}/fifo-one"), &format!("openat {dir}/fifo-one")]);
}

/// The call is given one address; while it waits, another one stands in its place.
#[test]
fn an_address_that_is_changed_amid_the_call() {
    const TEST: &str = "an_address_that_is_changed_amid_the_call";
    if !early_reads(TEST) {
        return;
    }
    let dir = folder("address");
    let path = format!("{dir}/server-one");
    let mut addr = libc::sockaddr_un { sun_family: libc::AF_UNIX as u16, sun_path: [0; 108] };
    addr.sun_path.iter_mut().zip(path.bytes()).for_each(|(to, from)| *to = from as _);
    let len = 2 + path.len() as u32 + 1;
    let digit = 2 + path.len() - 3;
    let lines = events_of(TEST, "*%evt.type %evt.arg.res %evt.arg.addr", || {
        // SAFETY: every pointer leads to what the call asks for; the child shares nothing that it changes but the address.
        unsafe {
            let shared = libc::mmap(std::ptr::null_mut(), 4096, 3, libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1, 0);
            std::ptr::copy_nonoverlapping((&raw const addr).cast::<u8>(), shared.cast(), size_of_val(&addr));
            libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0);
            libc::bind(3, (&raw const addr).cast(), len);
            libc::listen(3, 0);
            // The first fills the queue; the second waits until somebody takes the first.
            libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0);
            libc::syscall(libc::SYS_connect, 4, shared, len);
            let pid = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            if pid == 0 {
                libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0);
                std::ptr::read_volatile(shared.cast::<u8>());
                libc::syscall(libc::SYS_connect, 5, shared, len);
                libc::_exit(0);
            }
            libc::usleep(200_000);
            std::ptr::copy_nonoverlapping(b"two".as_ptr(), shared.cast::<u8>().add(digit), 3);
            libc::accept(3, std::ptr::null_mut(), std::ptr::null_mut());
            libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
        }
    });
    std::fs::remove_dir_all(&dir).unwrap();
    let Some(lines) = lines else { return };
    let made: Vec<_> = lines.iter().filter(|l| l.starts_with("connect ")).collect();
    assert_eq!(made, [&format!("connect 0 {path}"), &format!("connect 0 {path}")]);
}

/// A program that cannot be run: while the call fetches its arguments from memory that is not there yet, its name changes.
#[test]
fn a_program_name_that_is_changed_amid_the_call() {
    const TEST: &str = "a_program_name_that_is_changed_amid_the_call";
    if !early_reads(TEST) {
        return;
    }
    let dir = folder("program");
    let path = format!("{dir}/garbage-one");
    std::fs::write(&path, "no program").unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (text, digit) = (c(&path), path.len() - 3);
    let lines = events_of(TEST, "*%evt.type %evt.res %evt.arg.filename %evt.arg.exe", || {
        // SAFETY: every pointer leads to what the call asks for. The second thread shares the memory and has a stack of its own.
        unsafe {
            const USERFAULTFD_API: u64 = 0xc018_aa3f;
            const REGISTER: u64 = 0xc020_aa00;
            const COPY: u64 = 0xc028_aa03;
            let page =
                |prot| libc::mmap(std::ptr::null_mut(), 4096, prot, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            let (name, missing, argv) = (page(3).cast::<u8>(), page(3), page(3).cast::<*const u8>());
            let stack = libc::mmap(std::ptr::null_mut(), 1 << 16, 3, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.to_bytes_with_nul().len());
            *argv = c"zero".as_ptr().cast();
            *argv.add(1) = missing.cast();
            let faults = libc::syscall(libc::SYS_userfaultfd, 0) as i32;
            libc::ioctl(faults, USERFAULTFD_API, [0xaau64, 0, 0].as_mut_ptr());
            libc::ioctl(faults, REGISTER, [missing as u64, 4096, 1, 0].as_mut_ptr());
            extern "C" fn run(arg: *mut libc::c_void) -> i32 {
                // SAFETY: the array of the name and the arguments, which both end as the call asks for.
                unsafe {
                    let [name, argv] = *arg.cast::<[u64; 2]>();
                    libc::syscall(libc::SYS_execve, name, argv, 0);
                    libc::_exit(0)
                }
            }
            let arg = [name as u64, argv as u64];
            let flags = libc::CLONE_VM | libc::CLONE_FILES | libc::SIGCHLD;
            let pid = libc::clone(run, stack.byte_add(1 << 16), flags, (&raw const arg).cast_mut().cast());
            libc::usleep(200_000);
            std::ptr::copy_nonoverlapping(b"two".as_ptr(), name.add(digit), 3);
            let filler = page(3);
            libc::ioctl(faults, COPY, [missing as u64, filler as u64, 4096, 0, 0].as_mut_ptr());
            libc::waitpid(pid, std::ptr::null_mut(), 0);
        }
    });
    std::fs::remove_dir_all(&dir).unwrap();
    let Some(lines) = lines else { return };
    if lines.iter().any(|l| l.starts_with("userfaultfd E")) {
        let _ = writeln!(std::io::stderr(), "skipped: no userfaultfd here ({TEST})");
        return;
    }
    let failed: Vec<_> = lines.iter().filter(|l| l.starts_with("execve ")).collect();
    assert_eq!(failed, [&format!("execve ENOEXEC {path} zero")]);
}
