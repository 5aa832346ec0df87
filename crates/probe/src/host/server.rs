//! The privileged side.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};

use falco_scap::{Compression, Item, Writer};

use super::protocol::{Failure, Opening, Reply, Request};
use super::socket::{self, Message};
use crate::kernel::Programs;
use crate::privilege::{self, cap};
use crate::snapshot::{self, Snapshot};
use crate::{ProbeError, Scope};

/// What is kept: looking at what other users' processes have open takes both.
const KEPT: [u32; 2] = [cap::SYS_PTRACE, cap::DAC_READ_SEARCH];

/// Serves the process that started this one, over the socket that it passed on, until that is closed. `command` is what it wants to be started; nothing that it says later starts
/// anything.
///
/// # Errors
/// What went wrong with the socket. What the other side must know, it was told.
pub fn serve(socket: RawFd, command: &[String]) -> io::Result<()> {
    let socket = inherited(socket)?;
    let (pid, uid) = socket::peer(socket.as_fd())?;
    // SAFETY: asks for numbers.
    let (parent, own) = unsafe { (libc::getppid(), libc::getuid()) };
    if u32::try_from(parent) != Ok(pid) || uid != own {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "this was not started by who is at the socket"));
    }
    privilege::hide();
    // The kernel calls it by the last part of the path that it was started by, which says nothing.
    // SAFETY: a text that lives for ever.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"falco-rs".as_ptr()) };
    // Ctrl-C is for the one who reads: it still wants what is in the rings, and closes the socket then.
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: no handler of ours runs.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    let Some(message) = socket::receive(socket.as_fd(), true)? else { return Ok(()) };
    let Ok(Request::Open(opening)) = Request::decode(&message.bytes) else { return Err(nonsense()) };
    match Server::open(&opening, pid, command) {
        Ok((mut server, picture)) => {
            server.greet(socket.as_fd(), &picture)?;
            drop(picture);
            server.answer(socket.as_fd())
        }
        Err(failure) => socket::send(socket.as_fd(), &Reply::Failed(failure).encode(), &[]),
    }
}

/// Takes over a descriptor by its number.
fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: asks whether there is one, and then marks it.
    let marked = number > 2 && unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) } == 0;
    match marked {
        // SAFETY: it was passed on for us alone; nothing else in this process, which has just begun, knows of it.
        true => Ok(unsafe { OwnedFd::from_raw_fd(number) }),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "there is no such socket")),
    }
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message that makes no sense")
}

struct Server {
    programs: Programs,
    /// The command, until its end was told.
    child: Option<(Child, OwnedFd)>,
}

impl Server {
    /// Everything that takes rights, and then most of them are given up.
    fn open(opening: &Opening, reader: u32, command: &[String]) -> Result<(Self, OwnedFd), Failure> {
        let other = |error: ProbeError| Failure::Other(error.to_string());
        let settings = opening.settings();
        if (settings.scope == Scope::Started) == command.is_empty() {
            return Err(Failure::Other("a command is for its own events, and these for a command".into()));
        }
        let programs = Programs::load(&settings, reader).map_err(other)?;
        // First the events, then the picture: what happens meanwhile is in the rings.
        let mut snapshot = Snapshot::take().map_err(other)?;
        // Who listens is nobody's business.
        snapshot.fds.retain(|list| list.tid != i64::from(reader));
        let picture = capture(snapshot.into_items()).map_err(|e| Failure::Other(e.to_string()))?;
        let child = match command.split_first() {
            Some((program, args)) => Some(start(program, args)?),
            None => None,
        };
        privilege::give_up(None, &KEPT).map_err(|e| Failure::Other(e.to_string()))?;
        Ok((Self { programs, child }, picture))
    }

    fn greet(&self, socket: BorrowedFd<'_>, picture: &OwnedFd) -> io::Result<()> {
        let mut fds: Vec<_> = self.programs.rings().collect();
        fds.extend([self.programs.counters(), picture.as_fd()]);
        let reply = Reply::Opened { layout: self.programs.layout(), early: self.programs.sees_calls_begin() };
        socket::send(socket, &reply.encode(), &fds)
    }

    /// Answers until the socket is closed.
    fn answer(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        loop {
            let child = self.child.as_ref().map(|(_, end)| end.as_fd());
            let [asked, ended] = socket::wait([Some(socket), child], None)?;
            if ended && let Some((mut child, _)) = self.child.take() {
                let status = child.wait()?;
                socket::send(socket, &Reply::Ended(status.into_raw()).encode(), &[])?;
            }
            if asked {
                let Some(Message { bytes, .. }) = socket::receive(socket, true)? else { return Ok(()) };
                match Request::decode(&bytes) {
                    Ok(Request::Events(events)) => self.programs.switch(&events),
                    Ok(Request::Descriptors(tid)) => send_descriptors(socket, tid)?,
                    Ok(Request::Open(_)) | Err(_) => return Err(nonsense()),
                }
            }
        }
    }
}

fn send_descriptors(socket: BorrowedFd<'_>, tid: i64) -> io::Result<()> {
    let list = snapshot::descriptors(tid).and_then(|list| capture(vec![Item::Fds(list)]).ok());
    let reply = Reply::Descriptors(tid, list.is_some()).encode();
    match list {
        Some(list) => socket::send(socket, &reply, &[list.as_fd()]),
        None => socket::send(socket, &reply, &[]),
    }
}

/// Items as the blocks of a capture, in a file in memory.
fn capture(items: Vec<Item<'static>>) -> io::Result<OwnedFd> {
    socket::memory_file(|file| {
        let write = |file: File| {
            let mut writer = Writer::new(io::BufWriter::new(file), Compression::None)?;
            items.iter().try_for_each(|item| writer.item(item))?;
            writer.finish()
        };
        write(file).map_err(io::Error::other)?.into_inner().map_err(|e| e.into_error())
    })
}

/// Starts the command, with the rights and the environment that whoever started falco-rs has. A descriptor tells of its end.
fn start(program: &str, args: &[String]) -> Result<(Child, OwnedFd), Failure> {
    let failed = |error: io::Error| match error.raw_os_error() {
        Some(number) => Failure::Command(number),
        None => Failure::Other(format!("cannot start `{program}`: {error}")),
    };
    let mut command = Command::new(program);
    // Standard output is for alerts alone.
    command.args(args).stdout(io::stderr().as_fd().try_clone_to_owned().map_or_else(|_| Stdio::inherit(), Stdio::from));
    // SAFETY: between fork and exec nothing but two system calls.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGINT, libc::SIGTERM] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    let child = command.spawn().map_err(failed)?;
    // SAFETY: makes a descriptor, which is nobody else's; the process is our child and not waited for yet, so the number is still its own.
    let end = unsafe { libc::syscall(libc::SYS_pidfd_open, child.id(), 0) };
    match RawFd::try_from(end) {
        // SAFETY: as above.
        Ok(end) if end >= 0 => Ok((child, unsafe { OwnedFd::from_raw_fd(end) })),
        _ => Err(failed(io::Error::last_os_error())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn not_for_strangers() {
        // Its own parent it is not.
        let (one, _other) = socket::pair().unwrap();
        let number = std::mem::ManuallyDrop::new(one).as_raw_fd();
        assert_eq!(serve(number, &[]).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(serve(0, &[]).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(serve(9999, &[]).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
