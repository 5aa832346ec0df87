//! Both ways of looking at the machine give the same picture.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use falco_probe::snapshot::{From, Snapshot, Way};
use falco_scap::item::{FdEntry, FdInfo, NamedFd, ProcessEntry};

use super::{c, folder, skip, turn};

/// Both pictures, or a visible skip.
fn both(test: &str) -> Option<(Snapshot, Snapshot)> {
    match Snapshot::take_from(From::Iterators) {
        Ok((iterators, ways)) => {
            assert_eq!((ways.threads, ways.texts, ways.files), (Way::Iterator, Way::Iterator, Way::Iterator));
            Some((iterators, Snapshot::take_from(From::Procfs).unwrap().0))
        }
        Err(error) => {
            skip(&error, test);
            None
        }
    }
}

/// Started processes; they end with the test.
#[derive(Default)]
struct Zoo(Vec<Child>);

impl Drop for Zoo {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Zoo {
    /// Starts a process that says `ready` when it is as it should be.
    fn start(&mut self, command: &mut Command) -> i64 {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
        assert_eq!(&ready, b"ready\n");
        let pid = i64::from(child.id());
        self.0.push(child);
        pid
    }

    /// A process of this program that does `work` and waits.
    fn fork(&mut self, work: impl Fn() + Send + Sync + 'static) -> i64 {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo ready; read line"]);
        // SAFETY: between fork and exec it only makes system calls.
        unsafe {
            command.pre_exec(move || {
                work();
                Ok(())
            });
        }
        self.start(&mut command)
    }
}

/// All that can be compared: what changes while one looks, and what one way cannot know, left out.
fn still(entry: &ProcessEntry) -> ProcessEntry {
    ProcessEntry {
        vmsize_kb: 0,
        vmrss_kb: 0,
        vmswap_kb: 0,
        pfmajor: 0,
        pfminor: 0,
        pidns_init_start_ts: 0,
        ..entry.clone()
    }
}

/// The far end of a local connection is in no table of /proc.
fn without_peer(entry: &FdEntry) -> FdEntry {
    let mut entry = entry.clone();
    if let FdInfo::Unix { destination, .. } = &mut entry.info {
        *destination = 0;
    }
    entry
}

struct Pictures {
    iterators: Snapshot,
    procfs: Snapshot,
}

impl Pictures {
    /// A thread, after a comparison of all its fields.
    #[track_caller]
    fn thread(&self, tid: i64) -> &ProcessEntry {
        let of = |s: &'_ Snapshot| s.processes.iter().position(|p| p.tid == tid).unwrap();
        let (one, other) = (&self.iterators.processes[of(&self.iterators)], &self.procfs.processes[of(&self.procfs)]);
        assert_eq!(still(one), still(other));
        let near = |a: u64, b: u64, by: u64| assert!(a.abs_diff(b) <= by, "{a} and {b}: {one:?}");
        near(one.vmsize_kb.into(), other.vmsize_kb.into(), 0);
        near(one.vmrss_kb.into(), other.vmrss_kb.into(), 1024);
        near(one.vmswap_kb.into(), other.vmswap_kb.into(), 1024);
        near(one.pfmajor, other.pfmajor, 64);
        near(one.pfminor, other.pfminor, 64);
        // /proc tells starts in hundredths of a second; the clocks' difference is taken anew for each picture.
        near(one.pidns_init_start_ts, other.pidns_init_start_ts, 20_000_000);
        one
    }

    /// A process's descriptors, after a comparison of all of them.
    #[track_caller]
    fn fds(&self, pid: i64) -> BTreeMap<i64, &FdEntry> {
        let of = |s: &'_ Snapshot| s.fds.iter().position(|list| list.tid == pid).unwrap();
        let (one, other) = (&self.iterators.fds[of(&self.iterators)].fds, &self.procfs.fds[of(&self.procfs)].fds);
        let (left, right): (Vec<_>, Vec<_>) =
            (one.iter().map(without_peer).collect(), other.iter().map(without_peer).collect());
        assert_eq!(left, right);
        one.iter().map(|entry| (entry.fd, entry)).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn both_ways_show_the_same_processes() {
    const TEST: &str = "both_ways_show_the_same_processes";
    let _turn = turn();
    let dir = folder("picture");
    let mut zoo = Zoo::default();
    let wait = "echo ready; read line";
    let sh = || {
        let mut command = Command::new("/bin/sh");
        command.env_clear();
        command
    };
    let spaces =
        zoo.start(sh().args(["-c", wait, "two words", "", " "]).env("A B", "c  d").env("E", "").current_dir(&dir));
    let long = zoo.start(sh().args(["-c", wait, &"x".repeat(6000), "after"]).env("LONG", "y".repeat(6000)));
    let session = zoo.fork(|| {
        // SAFETY: takes no pointer.
        unsafe { libc::setsid() };
    });
    // A program that is gone, in a folder that is gone.
    let (gone, away) = (format!("{dir}/gone"), format!("{dir}/away"));
    std::fs::copy("/bin/sh", &gone).unwrap();
    std::fs::create_dir(&away).unwrap();
    let deleted = zoo.start(Command::new(&gone).args(["-c", wait]).current_dir(&away));
    std::fs::remove_file(&gone).unwrap();
    std::fs::remove_dir(&away).unwrap();
    // A program in memory.
    let shell = std::fs::read("/bin/sh").unwrap();
    // SAFETY: the name is a text; the descriptor is this test's.
    let memory = unsafe { libc::syscall(libc::SYS_memfd_create, c"in memory".as_ptr(), 0) } as i32;
    // SAFETY: as many bytes as the vector holds.
    assert_eq!(unsafe { libc::write(memory, shell.as_ptr().cast(), shell.len()) }, shell.len() as isize);
    let memfd = zoo.start(Command::new(format!("/proc/self/fd/{memory}")).args(["-c", wait]));
    // SAFETY: the descriptor is this test's.
    unsafe { libc::close(memory) };
    let other_user = zoo.start(sh().args(["-c", wait]).uid(1234).gid(4321));
    let unshared = zoo.fork(|| {
        // SAFETY: takes no pointer.
        unsafe { libc::unshare(libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC | libc::CLONE_NEWNET) };
    });
    let limit = zoo.fork(|| {
        let limit = libc::rlimit { rlim_cur: 123, rlim_max: 456 };
        // SAFETY: the pointer leads to what the call reads.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    });
    // A namespace of process numbers with a process and its child.
    let namespace =
        zoo.start(Command::new("/bin/sh").args(["-c", "/bin/sh -c 'echo ready; read line'; :"]).new_namespace());
    let Some((iterators, procfs)) = both(TEST) else { return };
    let pictures = Pictures { iterators, procfs };

    let entry = pictures.thread(spaces);
    assert_eq!((text(&entry.exe), text(&entry.args)), ("/bin/sh".into(), format!("-c\0{wait}\0two words\0\0 \0")));
    assert_eq!(
        (text(&entry.env), text(&entry.cwd), text(&entry.root)),
        ("A B=c  d\0E=\0".into(), dir.clone(), "/".into())
    );
    assert_eq!((entry.pid, entry.ptid, text(&entry.comm)), (spaces, std::process::id().into(), "sh".into()));
    let real = std::fs::canonicalize("/bin/sh").unwrap();
    assert_eq!(text(&entry.exepath), real.to_str().unwrap());
    let entry = pictures.thread(long);
    assert_eq!((entry.exe.len() + 1 + entry.args.len(), entry.env.len()), (4096, 4096));
    let entry = pictures.thread(session);
    assert_eq!((entry.sid, entry.pgid, entry.vpgid), (session, session, session));
    let entry = pictures.thread(deleted);
    assert_eq!((text(&entry.exepath), text(&entry.cwd)), (format!("{gone} (deleted)"), format!("{away} (deleted)")));
    let entry = pictures.thread(memfd);
    assert_eq!((text(&entry.exepath), entry.exe_from_memfd), ("memfd:in memory".into(), true));
    let entry = pictures.thread(other_user);
    assert_eq!((entry.uid, entry.gid, entry.cap_effective, entry.exe_writable), (1234, 4321, 0, false));
    pictures.thread(unshared);
    assert_eq!(pictures.thread(limit).fdlimit, 123);
    let first = pictures.procfs.processes.iter().find(|p| p.ptid == namespace).unwrap();
    let child = pictures.procfs.processes.iter().find(|p| p.ptid == first.tid).unwrap();
    assert_eq!(pictures.thread(first.tid).vpid, 1);
    assert_eq!(pictures.thread(child.tid).vpid, 2);
    assert!(pictures.thread(child.tid).pidns_init_start_ts > pictures.iterators.machine.boot_ts_epoch);
    // Every process that stayed as it was.
    for entry in &pictures.iterators.processes {
        let known = |s: &Snapshot| s.processes.iter().any(|p| p.tid == entry.tid);
        if entry.tid == entry.pid && entry.ptid == i64::from(std::process::id()) && known(&pictures.procfs) {
            pictures.thread(entry.tid);
        }
    }
    drop(zoo);
    std::fs::remove_dir_all(dir).unwrap();
}

/// What the test needs of a command beyond the standard library.
trait Namespace {
    /// Runs it as the first process of a namespace of process numbers, whose parent it leaves waiting.
    fn new_namespace(&mut self) -> &mut Self;
}

impl Namespace for Command {
    fn new_namespace(&mut self) -> &mut Self {
        // SAFETY: between fork and exec it only makes system calls.
        unsafe {
            self.pre_exec(|| {
                if libc::unshare(libc::CLONE_NEWPID) != 0 {
                    return Err(std::io::Error::last_os_error());
                }
                match libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) {
                    0 => Ok(()),
                    pid => {
                        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                        // What the one who started this waits for is the child's alone.
                        libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
                        libc::waitpid(pid as i32, std::ptr::null_mut(), 0);
                        libc::_exit(0)
                    }
                }
            })
        }
    }
}

#[test]
fn both_ways_show_the_same_threads() {
    const TEST: &str = "both_ways_show_the_same_threads";
    let _turn = turn();
    let (ready, told) = std::sync::mpsc::channel();
    let (end, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::Builder::new().name("a name \\ of\nit".into()).spawn(move || {
        // SAFETY: takes no pointer.
        ready.send(unsafe { libc::gettid() }).unwrap();
        let _ = wait.recv();
    });
    let tid = i64::from(told.recv().unwrap());
    let pictures = both(TEST);
    drop(end);
    thread.unwrap().join().unwrap();
    let Some((iterators, procfs)) = pictures else { return };
    let pictures = Pictures { iterators, procfs };
    let pid = i64::from(std::process::id());
    let entry = pictures.thread(tid);
    assert_eq!((entry.pid, text(&entry.comm)), (pid, "a name \\ of\nit".into()));
    let main = pictures.iterators.processes.iter().find(|p| p.tid == pid).unwrap();
    assert_eq!((&entry.exepath, &entry.args, &entry.cgroups), (&main.exepath, &main.args, &main.cgroups));
    assert!(!entry.args.is_empty() || !entry.exe.is_empty());
    // What the picture's taker has open is left out.
    assert!(pictures.iterators.fds.iter().all(|list| list.tid != pid));
}

#[test]
fn both_ways_show_the_same_descriptors() {
    const TEST: &str = "both_ways_show_the_same_descriptors";
    let _turn = turn();
    let dir = folder("open");
    let (file, gone, fifo) = (c(&format!("{dir}/a file")), c(&format!("{dir}/gone")), c(&format!("{dir}/fifo")));
    let (named, folder) = (c(&format!("{dir}/a socket")), c(&dir));
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server6 = std::net::TcpListener::bind("[::1]:0").unwrap();
    let (port, port6) = (server.local_addr().unwrap().port(), server6.local_addr().unwrap().port());
    let mut zoo = Zoo::default();
    let pid = zoo.fork(move || {
        let mut pair = [0; 2];
        let open = |path: &CStr, flags: i32| {
            // SAFETY: the path is a text.
            unsafe { libc::open(path.as_ptr(), flags, 0o600) };
        };
        let v4 = libc::sockaddr_in {
            sin_family: libc::AF_INET as u16,
            sin_port: port.to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
            sin_zero: [0; 8],
        };
        // SAFETY: all zeros are an address.
        let mut v6: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
        v6.sin6_family = libc::AF_INET6 as u16;
        v6.sin6_port = port6.to_be();
        v6.sin6_addr.s6_addr[15] = 1;
        let unix = |name: &[u8]| {
            let mut addr = libc::sockaddr_un { sun_family: libc::AF_UNIX as u16, sun_path: [0; 108] };
            addr.sun_path.iter_mut().zip(name).for_each(|(to, from)| *to = *from as _);
            (addr, 2 + name.len() as u32)
        };
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0);
            open(&file, libc::O_CREAT | libc::O_RDWR | libc::O_APPEND); // 3
            open(&gone, libc::O_CREAT | libc::O_WRONLY); // 4
            libc::unlink(gone.as_ptr());
            open(&folder, libc::O_DIRECTORY); // 5
            libc::mkfifo(fifo.as_ptr(), 0o600);
            open(&fifo, libc::O_RDWR); // 6
            open(c"/dev/null", libc::O_RDONLY | libc::O_NONBLOCK); // 7
            open(c"/proc/self/ns/net", libc::O_RDONLY); // 8
            libc::pipe(pair.as_mut_ptr()); // 9 10
            libc::eventfd(0, 0); // 11
            libc::epoll_create1(0); // 12
            libc::inotify_init(); // 13
            libc::timerfd_create(libc::CLOCK_MONOTONIC, 0); // 14
            let mut set = std::mem::zeroed::<libc::sigset_t>();
            libc::sigaddset(&raw mut set, libc::SIGUSR1);
            libc::signalfd(-1, &raw const set, 0); // 15
            libc::memfd_create(c"a memory".as_ptr(), 0); // 16
            libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0); // 17; closed on execution
            libc::fcntl(17, libc::F_SETFD, 0);
            // Sockets of all families: connected, listening, bound, without anything.
            libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0); // 18
            libc::connect(18, (&raw const v4).cast(), 16);
            libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0); // 19
            libc::listen(19, 5);
            libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0); // 20
            libc::socket(libc::AF_INET6, libc::SOCK_STREAM, 0); // 21
            libc::connect(21, (&raw const v6).cast(), size_of_val(&v6) as u32);
            libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0); // 22
            libc::connect(22, (&raw const v4).cast(), 16);
            libc::socket(libc::AF_INET6, libc::SOCK_DGRAM, 0); // 23
            v6.sin6_port = 0;
            libc::bind(23, (&raw const v6).cast(), size_of_val(&v6) as u32);
            libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0); // 24
            libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP); // 25
            libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0); // 26
            let (addr, len) = unix(named.to_bytes_with_nul());
            libc::bind(26, (&raw const addr).cast(), len);
            libc::listen(26, 5);
            libc::socket(libc::AF_UNIX, libc::SOCK_DGRAM, 0); // 27
            let (addr, len) = unix(b"\0abstract\0name");
            libc::bind(27, (&raw const addr).cast(), len);
            libc::socket(libc::AF_UNIX, libc::SOCK_SEQPACKET, 0); // 28
            libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, pair.as_mut_ptr()); // 29 30
            libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, 0); // 31
            libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, 0); // 32
            let mut link = std::mem::zeroed::<libc::sockaddr_nl>();
            link.nl_family = libc::AF_NETLINK as u16;
            libc::bind(32, (&raw const link).cast(), size_of_val(&link) as u32);
            libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0); // 33
            libc::syscall(libc::SYS_io_uring_setup, 4, [0u64; 15].as_mut_ptr()); // 34 where it is allowed
            libc::fcntl(34, libc::F_SETFD, 0);
            libc::fcntl(7, libc::F_SETFD, libc::FD_CLOEXEC);
            libc::fcntl(7, libc::F_SETFD, 0);
        }
    });
    let Some((iterators, procfs)) = both(TEST) else { return };
    let pictures = Pictures { iterators, procfs };
    let fds = pictures.fds(pid);
    let named = |fd: i64| match &fds[&fd].info {
        FdInfo::Named { kind, name } => (*kind, text(name)),
        other => panic!("{fd}: {other:?}"),
    };
    let flags = |fd: i64| match &fds[&fd].info {
        FdInfo::FileV2 { open_flags, name, .. } => (*open_flags, text(name)),
        other => panic!("{fd}: {other:?}"),
    };
    const LARGEFILE: u32 = 1 << 11;
    assert_eq!(flags(3), (3 | 1 << 3 | LARGEFILE, format!("{dir}/a file")));
    assert_eq!(flags(4), (2 | LARGEFILE, format!("{dir}/gone (deleted)")));
    assert_eq!(named(5), (NamedFd::Directory, dir.clone()));
    assert_eq!(named(6), (NamedFd::Fifo, format!("{dir}/fifo")));
    assert_eq!(flags(7), (1 | 1 << 6 | LARGEFILE, "/dev/null".into()));
    assert!(named(8).1.starts_with("net:["), "{:?}", named(8));
    assert_eq!((named(9).0, fds[&9].ino), (NamedFd::Fifo, fds[&10].ino));
    let kinds =
        [NamedFd::Event, NamedFd::Eventpoll, NamedFd::Inotify, NamedFd::Timerfd, NamedFd::Signalfd, NamedFd::Memfd];
    assert_eq!([11, 12, 13, 14, 15, 16].map(|fd| named(fd).0), kinds);
    assert_eq!((named(16).1, named(17).0), ("a memory".into(), NamedFd::Pidfd));
    assert!(matches!(fds[&18].info, FdInfo::Ipv4 { dport, .. } if dport == port));
    assert!(matches!(fds[&19].info, FdInfo::Ipv4Server { port, .. } if port != 0));
    assert_eq!(named(20), (NamedFd::Unsupported, format!("socket:[{}]", fds[&20].ino)));
    assert!(matches!(fds[&21].info, FdInfo::Ipv6 { dport, .. } if dport == port6));
    assert!(matches!(fds[&22].info, FdInfo::Ipv4 { dport, l4proto: falco_scap::L4Proto::UDP, .. } if dport == port));
    assert!(matches!(fds[&23].info, FdInfo::Ipv6Server { .. }));
    assert!(matches!(fds[&25].info, FdInfo::Ipv4Server { l4proto: falco_scap::L4Proto::RAW, .. }));
    let local = |fd: i64| match &fds[&fd].info {
        FdInfo::Unix { source, destination, name } => (*source, *destination, text(name)),
        other => panic!("{fd}: {other:?}"),
    };
    assert_eq!(local(26), (fds[&26].ino, 0, format!("{dir}/a socket")));
    assert_eq!(local(27).2, "@abstract@name");
    assert_eq!((local(28).1, local(28).2), (0, String::new()));
    assert_eq!((local(29).1, local(30).1), (fds[&30].ino, fds[&29].ino), "both ends know each other");
    assert_eq!((named(31).0, named(32).0), (NamedFd::Unsupported, NamedFd::Netlink));
    drop(zoo);
    std::fs::remove_dir_all(dir).unwrap();
}

/// Processes that come and go while the picture is taken do no harm, and those that stay are in it.
#[test]
fn a_picture_of_a_restless_machine() {
    const TEST: &str = "a_picture_of_a_restless_machine";
    let _turn = turn();
    let mut zoo = Zoo::default();
    let stays = zoo.start(Command::new("/bin/sh").args(["-c", "echo ready; read line"]));
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                // SAFETY: the child does nothing but end.
                unsafe {
                    match libc::fork() {
                        0 => libc::_exit(0),
                        pid => libc::waitpid(pid, std::ptr::null_mut(), 0),
                    };
                }
            }
        });
        for from in [From::Procfs, From::Iterators] {
            for _ in 0..10 {
                match Snapshot::take_from(from) {
                    Ok((picture, _)) => {
                        assert!(picture.processes.windows(2).all(|w| w[0].tid < w[1].tid), "each thread once");
                        assert!(picture.processes.iter().any(|p| p.tid == stays));
                        assert!(picture.fds.iter().any(|list| list.tid == stays && list.fds.len() >= 3));
                        let known = |tid| picture.processes.binary_search_by_key(&tid, |p| p.tid).is_ok();
                        assert!(picture.fds.iter().all(|list| known(list.tid)));
                    }
                    Err(error) => {
                        skip(&error, TEST);
                        break;
                    }
                }
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
