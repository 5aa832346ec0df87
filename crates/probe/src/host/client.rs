//! The side without rights.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use falco_catalog::EventSet;
use falco_scap::{FdList, Item, Reader};

use super::protocol::{Failure, MOST_FDS, Opening, Reply, Request};
use super::socket::{self, Message};
use super::{COMMAND, SOCKET};
use crate::kernel::Layout;
use crate::{Live, ProbeError, Scope, Settings, detect};

/// How long an answer about one process may take. Without it an event has no value for what was passed to the process.
const PATIENCE: Duration = Duration::from_secs(2);

/// The privileged part, started and waiting.
#[derive(Debug)]
pub struct Host {
    child: Child,
    socket: OwnedFd,
    command: Vec<String>,
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> ProbeError {
    move |source| ProbeError::Host { what, source }
}

impl Host {
    /// Starts it: this very program, with the rights that this process has now. `command` will be started by it, with the same rights;
    /// `silent` keeps both from the terminal.
    ///
    /// # Errors
    /// What is missing here, or why it cannot be started.
    pub fn start(command: &[String], silent: bool) -> Result<Self, ProbeError> {
        detect::Machine::detect().ready()?;
        let start = || {
            let (ours, theirs) = socket::pair()?;
            let number = theirs.as_raw_fd();
            // Not by its path: another program may stand there by now.
            let mut host = Command::new("/proc/self/exe");
            host.arg0("falco-rs").arg(COMMAND).arg(SOCKET).arg(number.to_string());
            if !command.is_empty() {
                host.arg("--").args(command);
            }
            if silent {
                host.stdin(Stdio::null()).stderr(Stdio::null());
            }
            // SAFETY: between fork and exec nothing but a system call.
            unsafe {
                host.pre_exec(move || match libc::fcntl(number, libc::F_SETFD, 0) {
                    0 => Ok(()),
                    _ => Err(io::Error::last_os_error()),
                });
            }
            Ok((host.spawn()?, ours))
        };
        let (child, socket) = start().map_err(failed("start the privileged part"))?;
        Ok(Self { child, socket, command: command.to_vec() })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it load the programs, look at the machine, and start the command. Takes no rights here.
    ///
    /// # Errors
    /// What the kernel refused, or why the command cannot be started.
    pub fn open(self, settings: &Settings) -> Result<Live, ProbeError> {
        let scope = match self.command.is_empty() {
            true => settings.scope,
            false => Scope::Started,
        };
        let opening = Opening::of(&Settings { scope, ..settings.clone() });
        let message = socket::send(self.socket.as_fd(), &Request::Open(opening).encode(), &[])
            .and_then(|()| socket::receive(self.socket.as_fd(), true))
            .map_err(failed("talk to the privileged part"))?;
        let Some(Message { bytes, fds }) = message else {
            return Err(failed("talk to the privileged part")(io::Error::other("it is gone")));
        };
        match Reply::decode(&bytes) {
            Ok(Reply::Opened { layout, early }) => {
                let parts = Opened::new(layout, early, fds).map_err(failed("take over from the privileged part"))?;
                let inbox = Inbox { socket: self.socket, ended: false, gone: false };
                let connection = Connection { inbox: Arc::new(Mutex::new(inbox)), child: Some(self.child) };
                Live::connected(parts, connection, settings)
            }
            Ok(Reply::Failed(Failure::Command(number))) => Err(ProbeError::Command {
                command: self.command.first().cloned().unwrap_or_default(),
                source: io::Error::from_raw_os_error(number),
            }),
            Ok(Reply::Failed(Failure::Other(text))) => Err(ProbeError::Refused(text)),
            Ok(_) | Err(_) => Err(failed("talk to the privileged part")(io::ErrorKind::InvalidData.into())),
        }
    }
}

/// What the privileged part passed on.
pub(crate) struct Opened {
    pub layout: Layout,
    pub early: bool,
    pub rings: Vec<OwnedFd>,
    pub counters: OwnedFd,
    /// A capture without events.
    pub picture: Reader<'static>,
}

impl Opened {
    fn new(layout: Layout, early: bool, mut fds: Vec<OwnedFd>) -> io::Result<Self> {
        let (Some(picture), Some(counters)) = (fds.pop(), fds.pop()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if fds.is_empty() || fds.len() > MOST_FDS {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self { layout, early, rings: fds, counters, picture: Reader::new(File::from(picture)) })
    }
}

/// The privileged part at work.
pub(crate) struct Connection {
    inbox: Arc<Mutex<Inbox>>,
    child: Option<Child>,
}

struct Inbox {
    socket: OwnedFd,
    /// Whether the command has ended.
    ended: bool,
    /// Whether nobody is there any more.
    gone: bool,
}

/// Asks what processes have open, from any thread.
#[derive(Clone)]
pub(crate) struct Asker(Arc<Mutex<Inbox>>);

/// Changes which events come, from any thread.
#[derive(Clone)]
pub struct Switch(Arc<Mutex<Inbox>>);

impl Switch {
    /// From now on these events are of interest. What came before stays in the rings.
    ///
    /// # Errors
    /// When the privileged part is gone.
    pub fn to(&self, events: &EventSet) -> Result<(), ProbeError> {
        let message = Request::Events(events.clone()).encode();
        socket::send(lock(&self.0).socket.as_fd(), &message, &[]).map_err(failed("talk to the privileged part"))
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Waits for so long, or until something was said.
    pub fn nap(&self, time: Duration) {
        // Whoever asks meanwhile holds the lock until the answer is there; a nap is shorter than that.
        let Ok(mut inbox) = self.inbox.try_lock() else {
            std::thread::sleep(time);
            return;
        };
        if inbox.gone {
            return;
        }
        if let Ok([true]) = socket::wait([Some(inbox.socket.as_fd())], Some(time)) {
            inbox.take_all();
        }
    }

    /// Whether the command has ended.
    pub fn has_ended(&self) -> bool {
        let mut inbox = lock(&self.inbox);
        inbox.take_all();
        inbox.ended
    }

    /// Whether the privileged part is gone, and the programs with it.
    pub fn is_gone(&self) -> bool {
        lock(&self.inbox).gone
    }

    /// For whoever will want other events.
    pub fn switch(&self) -> Switch {
        Switch(Arc::clone(&self.inbox))
    }

    /// For whoever has to ask.
    pub fn asker(&self) -> Asker {
        Asker(Arc::clone(&self.inbox))
    }
}

impl Drop for Connection {
    /// It ends when the socket is closed; whoever goes on afterwards finds nothing attached.
    fn drop(&mut self) {
        {
            let inbox = lock(&self.inbox);
            // SAFETY: the socket is there.
            unsafe { libc::shutdown(inbox.socket.as_raw_fd(), libc::SHUT_RDWR) };
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }
}

impl Asker {
    /// What a process has open, by the number of its main thread.
    pub fn descriptors(&self, tid: i64) -> Option<FdList> {
        lock(&self.0).ask(tid)
    }
}

impl Inbox {
    /// Takes what was said so far.
    fn take_all(&mut self) {
        while !self.gone {
            match socket::receive(self.socket.as_fd(), false) {
                Ok(message) => drop(self.understand(message)),
                Err(error) => {
                    self.gone |= error.kind() != io::ErrorKind::WouldBlock;
                    return;
                }
            }
        }
    }

    /// Takes note of what a message says; gives back an answer about a process.
    fn understand(&mut self, message: Option<Message>) -> Option<(i64, Option<OwnedFd>)> {
        let Some(Message { bytes, mut fds }) = message else {
            self.gone = true;
            return None;
        };
        match Reply::decode(&bytes) {
            Ok(Reply::Ended(_)) => self.ended = true,
            Ok(Reply::Descriptors(tid, there)) => return Some((tid, fds.pop().filter(|_| there))),
            Ok(Reply::Opened { .. } | Reply::Failed(_)) | Err(_) => self.gone = true,
        }
        None
    }

    fn ask(&mut self, tid: i64) -> Option<FdList> {
        if self.gone {
            return None;
        }
        socket::send(self.socket.as_fd(), &Request::Descriptors(tid).encode(), &[]).ok()?;
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.gone {
                return None;
            }
            if let Ok([false]) | Err(_) = socket::wait([Some(self.socket.as_fd())], Some(left)) {
                continue;
            }
            let message = socket::receive(self.socket.as_fd(), true).ok()?;
            match self.understand(message) {
                Some((of, list)) if of == tid => return read_list(list?),
                // An answer that came too late for who asked.
                Some(_) | None => {}
            }
        }
    }
}

fn read_list(list: OwnedFd) -> Option<FdList> {
    let mut reader = Reader::new(File::from(list));
    while let Ok(Some(item)) = reader.next() {
        if let Item::Fds(list) = item {
            return Some(list);
        }
    }
    None
}
