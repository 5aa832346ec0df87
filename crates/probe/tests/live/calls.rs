//! Calls that only some programs make: each with known arguments, and its event's parameters compared with them.

use std::mem::size_of_val;
use std::ptr::null;

use super::{ARGS, assert_like, events_of};

#[test]
fn polling() {
    let lines = events_of("polling", ARGS, || {
        let mut pair = [0; 2];
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_pipe2, pair.as_mut_ptr(), 0);
            libc::syscall(libc::SYS_write, 4, c"x".as_ptr(), 1);
            let of = |fd, events| libc::pollfd { fd, events, revents: 0 };
            let mut fds = [of(3, libc::POLLIN | libc::POLLRDNORM), of(4, libc::POLLOUT), of(77, libc::POLLIN)];
            libc::syscall(libc::SYS_poll, fds.as_mut_ptr(), 3, 500);
            libc::syscall(libc::SYS_read, 3, pair.as_mut_ptr(), 1);
            libc::syscall(libc::SYS_poll, fds.as_mut_ptr(), 1, 0);
            libc::syscall(libc::SYS_poll, 8, 1, -1);
            let (time, mask) = ([0u64, 1_000_000], [1u64 << 9]);
            libc::syscall(libc::SYS_ppoll, fds.as_mut_ptr().add(1), 1, time.as_ptr(), mask.as_ptr(), 8);
            libc::syscall(libc::SYS_select, 0, null::<u8>(), null::<u8>(), null::<u8>(), [0u64, 0].as_mut_ptr());
        }
    });
    let Some(lines) = lines else { return };
    let expected = [
        "pipe2 *",
        "write *",
        "poll res=3 fds=3:p81 4:p4 77:?40 timeout=500",
        "read *",
        "poll res=0 fds= timeout=0",
        "poll res=-14(EFAULT) fds= timeout=-1",
        "ppoll res=1 fds=4:p4 timeout=* sigmask=SIGUSR1",
        "select res=0",
        "procexit *",
    ];
    assert_like(&lines, &expected);
}

#[test]
fn socket_options() {
    let lines = events_of("socket_options", ARGS, || {
        let int = |n: i32| n;
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            let set = |level: i32, name: i32, value: *const u8, len: usize| {
                libc::syscall(libc::SYS_setsockopt, 3, level, name, value, len);
            };
            libc::syscall(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
            let one = int(1);
            set(libc::SOL_SOCKET, libc::SO_REUSEADDR, (&raw const one).cast(), 4);
            set(libc::SOL_TCP, libc::TCP_NODELAY, (&raw const one).cast(), 4);
            let time = libc::timeval { tv_sec: 2, tv_usec: 500_000 };
            set(libc::SOL_SOCKET, libc::SO_RCVTIMEO, (&raw const time).cast(), size_of_val(&time));
            let linger = libc::linger { l_onoff: 1, l_linger: 5 };
            set(libc::SOL_SOCKET, libc::SO_LINGER, (&raw const linger).cast(), size_of_val(&linger));
            set(libc::SOL_SOCKET, 9999, (&raw const one).cast(), 4);
            let get = |fd: i32, name: i32, len: u32| {
                let (mut value, mut len) = ([0u64; 2], len);
                libc::syscall(libc::SYS_getsockopt, fd, libc::SOL_SOCKET, name, value.as_mut_ptr(), &raw mut len);
            };
            get(3, libc::SO_TYPE, 4);
            get(3, libc::SO_ERROR, 4);
            get(3, libc::SO_SNDTIMEO, 16);
            get(3, libc::SO_DOMAIN, 16);
            get(99, libc::SO_TYPE, 4);
        }
    });
    let Some(lines) = lines else { return };
    let expected = [
        "socket *",
        "setsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=2(SO_REUSEADDR) val=1 optlen=4",
        "setsockopt res=0 fd=3(<4>) level=2(SOL_TCP) optname=0(UNKNOWN) val=.... optlen=4",
        "setsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=20(SO_RCVTIMEO) val=2500000000(2.5s) optlen=16",
        "setsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=13(SO_LINGER) val=........ optlen=8",
        "setsockopt res=-92(ENOPROTOOPT) fd=3(<4>) level=1(SOL_SOCKET) optname=0(UNKNOWN) val=.... optlen=4",
        "getsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=3(SO_TYPE) val=1 optlen=4",
        "getsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=4(SO_ERROR) val=0 optlen=4",
        "getsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=21(SO_SNDTIMEO) val=0(0s) optlen=16",
        "getsockopt res=0 fd=3(<4>) level=1(SOL_SOCKET) optname=39(SO_DOMAIN) val=2 optlen=4",
        "getsockopt res=-9(EBADF) fd=99 level=1(SOL_SOCKET) optname=3(SO_TYPE) val=0 optlen=4",
        "procexit *",
    ];
    assert_like(&lines, &expected);
}

#[test]
fn many_messages() {
    let lines = events_of("many_messages", ARGS, || {
        let mut pair = [0; 2];
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            libc::syscall(libc::SYS_socketpair, libc::AF_UNIX, libc::SOCK_DGRAM, 0, pair.as_mut_ptr());
            let vector = |data: *const u8, len| libc::iovec { iov_base: data.cast_mut().cast(), iov_len: len };
            let mut out = [vector(c"one".as_ptr().cast(), 3), vector(c"three".as_ptr().cast(), 5)];
            let mut buffers = [[0u8; 16]; 2];
            let mut into = [vector(buffers[0].as_mut_ptr(), 16), vector(buffers[1].as_mut_ptr(), 16)];
            let headers = |vectors: &mut [libc::iovec; 2]| {
                let mut headers: [libc::mmsghdr; 2] = std::mem::zeroed();
                for (header, vector) in headers.iter_mut().zip(vectors) {
                    header.msg_hdr.msg_iov = vector;
                    header.msg_hdr.msg_iovlen = 1;
                }
                headers
            };
            let mut sent = headers(&mut out);
            libc::syscall(libc::SYS_sendmmsg, 3, sent.as_mut_ptr(), 2, 0);
            let mut got = headers(&mut into);
            libc::syscall(libc::SYS_recvmmsg, 4, got.as_mut_ptr(), 2, 0, null::<u8>());
            libc::syscall(libc::SYS_sendmmsg, 99, sent.as_mut_ptr(), 2, 0);
            libc::syscall(libc::SYS_recvmmsg, 4, got.as_mut_ptr(), 2, libc::MSG_DONTWAIT, null::<u8>());
        }
    });
    let Some(lines) = lines else { return };
    let expected = [
        "socketpair *",
        "sendmmsg res=3 fd=3(<u>*) size=3 data=one tuple=*",
        "sendmmsg res=5 fd=3(<u>*) size=5 data=three tuple=*",
        "recvmmsg res=3 fd=4(<u>*) size=16 data=one tuple=* msgcontrol=*",
        "recvmmsg res=5 fd=4(<u>*) size=16 data=three tuple=* msgcontrol=*",
        "sendmmsg res=-9(EBADF) fd=99 size=0 data=NULL tuple=NULL",
        "recvmmsg res=-11(EAGAIN) fd=4(<u>*) size=0 data=NULL tuple=NULL msgcontrol=NULL",
        "procexit *",
    ];
    assert_like(&lines, &expected);
}

#[test]
fn semaphores() {
    let lines = events_of("semaphores", ARGS, || {
        // SAFETY: every pointer leads to what the call asks for.
        unsafe {
            let id = libc::syscall(libc::SYS_semget, libc::IPC_PRIVATE, 2, libc::IPC_CREAT | libc::IPC_EXCL | 0o600);
            libc::syscall(libc::SYS_semctl, id, 1, libc::SETVAL, 7);
            libc::syscall(libc::SYS_semctl, id, 1, libc::GETVAL, 0);
            let of = |sem_num, sem_op, sem_flg: i32| libc::sembuf { sem_num, sem_op, sem_flg: sem_flg as i16 };
            let two = [of(0, 3, libc::IPC_NOWAIT), of(1, -2, libc::SEM_UNDO | libc::IPC_NOWAIT)];
            libc::syscall(libc::SYS_semop, id, two.as_ptr(), 2);
            libc::syscall(libc::SYS_semop, id, two.as_ptr(), 1);
            libc::syscall(libc::SYS_semctl, id, 0, libc::IPC_RMID, 0);
            libc::syscall(libc::SYS_semop, -1, two.as_ptr(), 2);
        }
    });
    let Some(lines) = lines else { return };
    let expected = [
        "semget res=* key=0 nsems=2 semflg=24576(IPC_EXCL|IPC_CREAT)",
        "semctl res=0 semid=* semnum=1 cmd=4096(SETVAL) val=7",
        "semctl res=7 semid=* semnum=1 cmd=512(GETVAL) val=0",
        "semop res=0 nsops=2 sem_num_0=0 sem_op_0=3 sem_flg_0=1(IPC_NOWAIT) sem_num_1=1 sem_op_1=-2 sem_flg_1=3(IPC_NOWAIT|SEM_UNDO) semid=*",
        "semop res=0 nsops=1 sem_num_0=0 sem_op_0=3 sem_flg_0=1(IPC_NOWAIT) sem_num_1=0 sem_op_1=0 sem_flg_1=0 semid=*",
        "semctl res=0 semid=* semnum=0 cmd=4(IPC_RMID) val=0",
        "semop res=-22(EINVAL) nsops=2 * semid=-1",
        "procexit *",
    ];
    assert_like(&lines, &expected);
}

#[test]
fn quotas_keys_and_contexts() {
    let lines = events_of("quotas_keys_and_contexts", ARGS, || {
        // What the kernel refuses before it looks is not fetched into memory by it; the stack is there.
        let (source, device, blob, bytes, ro) = (*b"source\0", *b"/dev/x\0", *b"blob\0", *b"bytes", *b"ro\0");
        let quota = [1000u64, 900, 0, 50, 40, 0, 0, 0, 1 | 4];
        // SAFETY: every pointer leads to what the call asks for, or the call refuses it.
        unsafe {
            let command = |command: u32, kind: u32| command << 8 | kind;
            let on = command(0x80_0002, 0);
            libc::syscall(libc::SYS_quotactl, on, c"/dev/nothing".as_ptr(), 4, c"/aquota.user".as_ptr());
            let set = command(0x80_0008, 1);
            libc::syscall(libc::SYS_quotactl, set, c"/dev/nothing".as_ptr(), 1234, quota.as_ptr());
            libc::syscall(libc::SYS_keyctl, 0, -3, 0, 0, 0);
            libc::syscall(libc::SYS_keyctl, 10, -2, c"user".as_ptr(), c"no such key".as_ptr(), 0);
            libc::syscall(libc::SYS_fsconfig, 99, 1, source.as_ptr(), device.as_ptr(), 0);
            libc::syscall(libc::SYS_fsconfig, 99, 2, blob.as_ptr(), bytes.as_ptr(), 5);
            libc::syscall(libc::SYS_fsconfig, 99, 0, ro.as_ptr(), null::<u8>(), 0);
            libc::syscall(libc::SYS_fsconfig, 99, 6, null::<u8>(), null::<u8>(), 0);
        }
    });
    let Some(lines) = lines else { return };
    let none = "dqi_bgrace=0(0s) dqi_igrace=0(0s) dqi_flags=0 quota_fmt_out=1(QFMT_NOT_USED)";
    let expected = [
        format!(
            "quotactl res=-* special=/dev/nothing quotafilepath=/aquota.user dqb_bhardlimit=0 dqb_bsoftlimit=0 dqb_curspace=0 dqb_ihardlimit=0 dqb_isoftlimit=0 dqb_btime=0(0s) dqb_itime=0(0s) {none} cmd=1(Q_QUOTAON) type=1(USRQUOTA) id=0 quota_fmt=8(QFMT_VFS_V1)"
        ),
        format!(
            "quotactl res=-* special=/dev/nothing quotafilepath=<NA> dqb_bhardlimit=1000 dqb_bsoftlimit=900 dqb_curspace=0 dqb_ihardlimit=50 dqb_isoftlimit=40 dqb_btime=0(0s) dqb_itime=0(0s) {none} cmd=64(Q_SETQUOTA) type=2(GRPQUOTA) id=1234 quota_fmt=1(QFMT_NOT_USED)"
        ),
        "keyctl res=* operation=0(KEYCTL_GET_KEYRING_ID) arg2=-3 arg3=0 arg4=0 arg5=0".to_owned(),
        "keyctl res=-* operation=10(KEYCTL_SEARCH) arg2=-2 arg3=user arg4=no such key arg5=0".to_owned(),
        "fsconfig res=-* fd=99 cmd=1(FSCONFIG_SET_STRING) key=source value_bytebuf=NULL value_charbuf=/dev/x aux=0"
            .to_owned(),
        "fsconfig res=-* fd=99 cmd=2(FSCONFIG_SET_BINARY) key=blob value_bytebuf=bytes value_charbuf=<NA> aux=5"
            .to_owned(),
        "fsconfig res=-* fd=99 cmd=0(FSCONFIG_SET_FLAG) key=ro value_bytebuf=NULL value_charbuf=<NA> aux=0".to_owned(),
        "fsconfig res=-* fd=99 cmd=6(FSCONFIG_CMD_CREATE) key=<NA> value_bytebuf=NULL value_charbuf=<NA> aux=0"
            .to_owned(),
        "procexit *".to_owned(),
    ];
    assert_like(&lines, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn rings_of_requests() {
    let lines = events_of("rings_of_requests", ARGS, || {
        // Flags: SQ_AFF and CQSIZE; then the processor, the idle time.
        let mut wrong = [0u32, 0, 4 | 8, 3, 250, 0, 0, 0, 0, 0];
        let mut params = [0u32; 30];
        let mask = [1u64 << 9];
        // SAFETY: every pointer leads to what the call asks for, or the call refuses it.
        unsafe {
            libc::syscall(libc::SYS_io_uring_setup, 0, wrong.as_mut_ptr());
            libc::syscall(libc::SYS_io_uring_setup, 4, params.as_mut_ptr());
            libc::syscall(libc::SYS_io_uring_enter, 99, 1, 2, 1, mask.as_ptr(), 8);
            libc::syscall(libc::SYS_io_uring_register, 99, 20, 4096, 3);
        }
    });
    let Some(lines) = lines else { return };
    assert_like(
        &lines,
        &[
            "io_uring_setup res=-* entries=0 sq_entries=0 cq_entries=0 flags=24(IORING_SETUP_SQ_AFF|IORING_SETUP_CQSIZE) sq_thread_cpu=3 sq_thread_idle=250 features=0",
            "io_uring_setup res=* entries=4 sq_entries=* cq_entries=* flags=0 sq_thread_cpu=0 sq_thread_idle=0 features=*",
            "io_uring_enter res=-* fd=99 to_submit=1 min_complete=2 flags=1(IORING_ENTER_GETEVENTS) sig=SIGUSR1",
            "io_uring_register res=-* fd=99 opcode=20(IORING_REGISTER_RING_FDS) arg=1000 nr_args=3",
            "procexit *",
        ],
    );
}
