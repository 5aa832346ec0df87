//! Messages with descriptors over a socket that keeps their bounds.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use super::protocol::{MOST_BYTES, MOST_FDS};

/// Both ends.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: two numbers are written where the pointer leads.
    match unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) } {
        // SAFETY: the two are new and nobody else's.
        0 => Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Who made the socket pair: process and user.
pub fn peer(socket: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut len = size_of_val(&peer) as libc::socklen_t;
    // SAFETY: the answer fits where the pointer leads.
    let got = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, (&raw mut peer).cast(), &raw mut len)
    };
    match got {
        0 => Ok((u32::try_from(peer.pid).unwrap_or(0), peer.uid)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Room for the descriptors of a message, as the kernel lays them out.
const CONTROL: usize = 16 + MOST_FDS * size_of::<RawFd>() + 8;

#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// Sends a message.
pub fn send(socket: BorrowedFd<'_>, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    if bytes.len() > MOST_BYTES || fds.len() > MOST_FDS {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let mut control = Control([0; CONTROL]);
    // SAFETY: all zeroes is an empty header.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_iov = (&raw const part).cast_mut();
    header.msg_iovlen = 1;
    if !fds.is_empty() {
        let len = size_of_val(fds) as u32;
        header.msg_control = (&raw mut control).cast();
        // SAFETY: the room is enough for MOST_FDS, and the pointers stay in it.
        unsafe {
            header.msg_controllen = libc::CMSG_SPACE(len) as _;
            let first = libc::CMSG_FIRSTHDR(&raw const header);
            (*first).cmsg_level = libc::SOL_SOCKET;
            (*first).cmsg_type = libc::SCM_RIGHTS;
            (*first).cmsg_len = libc::CMSG_LEN(len) as _;
            let data = libc::CMSG_DATA(first).cast::<RawFd>();
            fds.iter().enumerate().for_each(|(i, fd)| data.add(i).write_unaligned(fd.as_raw_fd()));
        }
    }
    // SAFETY: the header leads to bytes and descriptors that live until the call returns.
    match unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_NOSIGNAL) } {
        sent if usize::try_from(sent) == Ok(bytes.len()) => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A message: its bytes, and what came along.
pub struct Message {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The descriptors, which close when they are not taken.
    pub fds: Vec<OwnedFd>,
}

/// Takes a message; `None` when the other side is gone. Without `wait`, an error of kind `WouldBlock` when there is none.
pub fn receive(socket: BorrowedFd<'_>, wait: bool) -> io::Result<Option<Message>> {
    let mut bytes = vec![0; MOST_BYTES];
    let part = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let mut control = Control([0; CONTROL]);
    // SAFETY: all zeroes is an empty header.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_iov = (&raw const part).cast_mut();
    header.msg_iovlen = 1;
    header.msg_control = (&raw mut control).cast();
    header.msg_controllen = CONTROL as _;
    let flags = libc::MSG_CMSG_CLOEXEC | if wait { 0 } else { libc::MSG_DONTWAIT };
    let got = loop {
        // SAFETY: the header leads to room for bytes and descriptors.
        let got = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
        match usize::try_from(got) {
            Ok(got) => break got,
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                error => return Err(error),
            },
        }
    };
    let mut fds = Vec::new();
    // SAFETY: the kernel wrote the headers that are walked here, and the descriptors in them are new and nobody else's.
    unsafe {
        let mut at = libc::CMSG_FIRSTHDR(&raw const header);
        while let Some(one) = at.as_ref() {
            if one.cmsg_level == libc::SOL_SOCKET && one.cmsg_type == libc::SCM_RIGHTS {
                let count = (one.cmsg_len - libc::CMSG_LEN(0) as usize) / size_of::<RawFd>();
                let data = libc::CMSG_DATA(at).cast::<RawFd>();
                fds.extend((0..count).map(|i| OwnedFd::from_raw_fd(data.add(i).read_unaligned())));
            }
            at = libc::CMSG_NXTHDR(&raw const header, at);
        }
    }
    if header.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message that is too long"));
    }
    if got == 0 {
        return Ok(None);
    }
    bytes.truncate(got);
    Ok(Some(Message { bytes, fds }))
}

/// Waits until one of the descriptors has something to say, or is done, at most so long. Which of them do.
pub fn wait<const N: usize>(fds: [Option<BorrowedFd<'_>>; N], time: Option<Duration>) -> io::Result<[bool; N]> {
    // Negative ones the kernel leaves out.
    let mut polled =
        fds.map(|fd| libc::pollfd { fd: fd.map_or(-1, |fd| fd.as_raw_fd()), events: libc::POLLIN, revents: 0 });
    let time = time.map(|time| libc::timespec {
        tv_sec: libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(time.subsec_nanos() as i32),
    });
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: as many as the array has, and a time or none.
    let ready = unsafe { libc::ppoll(polled.as_mut_ptr(), N as libc::nfds_t, time, std::ptr::null()) };
    match ready {
        0.. => Ok(polled.map(|fd| fd.revents != 0)),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok([false; N]),
            error => Err(error),
        },
    }
}

/// A file in memory that nobody else has, with these bytes in it, to be read from its beginning.
pub fn memory_file(write: impl FnOnce(std::fs::File) -> io::Result<std::fs::File>) -> io::Result<OwnedFd> {
    use std::io::Seek as _;
    // SAFETY: makes a descriptor, which is nobody else's.
    let fd = unsafe { libc::memfd_create(c"falco-rs".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    let mut file = write(unsafe { std::fs::File::from_raw_fd(fd) })?;
    file.rewind()?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn messages_keep_their_bounds_and_bring_descriptors() {
        let (one, other) = pair().unwrap();
        let file = memory_file(|mut file| file.write_all(b"inside").map(|()| file)).unwrap();
        let many = vec![file.as_fd(); MOST_FDS];
        send(one.as_fd(), b"first", &[]).unwrap();
        send(one.as_fd(), b"second", &many).unwrap();
        let first = receive(other.as_fd(), true).unwrap().unwrap();
        assert_eq!((&first.bytes[..], first.fds.len()), (&b"first"[..], 0));
        let second = receive(other.as_fd(), true).unwrap().unwrap();
        assert_eq!((&second.bytes[..], second.fds.len()), (&b"second"[..], MOST_FDS));
        let mut text = String::new();
        File::from(second.fds.into_iter().next_back().unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");

        let none = receive(other.as_fd(), false).err().unwrap();
        assert_eq!(none.kind(), io::ErrorKind::WouldBlock);
        assert!(send(one.as_fd(), &vec![0; MOST_BYTES + 1], &[]).is_err());
        assert_eq!(peer(other.as_fd()).unwrap().0, std::process::id());
        assert_eq!(wait([Some(other.as_fd()), None], Some(Duration::ZERO)).unwrap(), [false, false]);
        drop(one);
        assert_eq!(wait([Some(other.as_fd()), None], None).unwrap(), [true, false]);
        assert!(receive(other.as_fd(), true).unwrap().is_none());
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let (one, other) = pair().unwrap();
        let long = vec![1u8; MOST_BYTES + 1];
        // SAFETY: sends bytes that are there.
        let sent = unsafe { libc::send(one.as_raw_fd(), long.as_ptr().cast(), long.len(), 0) };
        assert_eq!(usize::try_from(sent), Ok(long.len()));
        assert_eq!(receive(other.as_fd(), true).err().unwrap().kind(), io::ErrorKind::InvalidData);
    }
}
