//! A capture in memory, in pieces of which any can be left out.

use std::convert::Infallible;
use std::io::Write;

use falco_engine::inspector::EventSource;
use falco_scap::item::{FdEntry, FdList, GroupEntry, Interface, ProcessEntry, UserEntry, UserList};
use falco_scap::{Advance, Compression, Event, EventBuf, Item, WriteError, Writer};

/// The least that can be left out.
#[derive(Debug, Clone)]
pub enum Piece {
    /// What always stays: sections and the machine.
    Fixed(Item<'static>),
    /// A network interface.
    Interface(Interface),
    /// A user.
    User(UserEntry),
    /// A group.
    Group(GroupEntry),
    /// A thread that was there at the beginning.
    Process(Box<ProcessEntry>),
    /// A descriptor that a thread had open then.
    Fd(i64, FdEntry),
    /// An event, and whether it is one of those that all this is about.
    Event(EventBuf, bool),
}

impl Piece {
    /// Takes an item apart.
    pub(super) fn of_item(item: Item<'static>, out: &mut Vec<Self>) {
        match item {
            Item::Interfaces(list) => out.extend(list.into_iter().map(Self::Interface)),
            Item::Users(list) => {
                out.extend(list.users.into_iter().map(Self::User));
                out.extend(list.groups.into_iter().map(Self::Group));
            }
            Item::Processes(list) => out.extend(list.into_iter().map(|entry| Self::Process(Box::new(entry)))),
            Item::Fds(list) => out.extend(list.fds.into_iter().map(|fd| Self::Fd(list.tid, fd))),
            Item::Event(event) => out.push(Self::Event((&event).into(), false)),
            item @ (Item::Section(_) | Item::Machine(_) | Item::Restart) => out.push(Self::Fixed(item)),
        }
    }

    /// Whether it may be left out.
    pub(super) fn is_spare(&self) -> bool {
        !matches!(self, Self::Fixed(_) | Self::Event(_, true))
    }
}

/// A capture in pieces.
#[derive(Debug, Clone, Default)]
pub struct Pieces(pub Vec<Piece>);

impl Pieces {
    /// Events in it.
    pub fn events(&self) -> usize {
        self.0.iter().filter(|piece| matches!(piece, Piece::Event(..))).count()
    }

    /// Processes and threads that it begins with.
    pub fn processes(&self) -> usize {
        self.0.iter().filter(|piece| matches!(piece, Piece::Process(_))).count()
    }

    /// Descriptors that it begins with.
    pub fn fds(&self) -> usize {
        self.0.iter().filter(|piece| matches!(piece, Piece::Fd(..))).count()
    }

    /// The pieces as a source of events.
    pub fn source(&self) -> Cut<'_> {
        Cut { pieces: &self.0, left_out: None, next: 0, event: None }
    }

    /// The same without the pieces of which `left_out` says so.
    pub(super) fn without<'a>(&'a self, left_out: &'a [bool]) -> Cut<'a> {
        Cut { left_out: Some(left_out), ..self.source() }
    }

    /// Writes them as a capture.
    ///
    /// # Errors
    /// When that fails.
    pub fn write<W: Write>(&self, out: W, compression: Compression) -> Result<W, WriteError> {
        let mut writer = Writer::new(out, compression)?;
        let mut source = self.source();
        loop {
            let Ok(advance) = source.advance();
            match advance {
                Advance::Item(item) => writer.item(&item)?,
                Advance::Event => source.event().map_or(Ok(()), |event| writer.event(&event))?,
                Advance::End => return writer.finish(),
            }
        }
    }
}

/// Some of the pieces, as a source: neighbours that belong into one list come in one.
#[derive(Debug)]
pub struct Cut<'a> {
    pieces: &'a [Piece],
    left_out: Option<&'a [bool]>,
    next: usize,
    event: Option<&'a EventBuf>,
}

impl<'a> Cut<'a> {
    /// The next piece that is not left out, if `fits`.
    fn take<T>(&mut self, fits: impl Fn(&'a Piece) -> Option<T>) -> Option<T> {
        while self.left_out.is_some_and(|out| out.get(self.next).copied().unwrap_or(false)) {
            self.next += 1;
        }
        let fitting = fits(self.pieces.get(self.next)?)?;
        self.next += 1;
        Some(fitting)
    }

    fn list<T: Clone + 'a>(&mut self, first: &T, fits: impl Fn(&'a Piece) -> Option<&'a T>) -> Vec<T> {
        let mut list = vec![first.clone()];
        while let Some(one) = self.take(&fits) {
            list.push(one.clone());
        }
        list
    }
}

fn user(piece: &Piece) -> Option<&UserEntry> {
    if let Piece::User(user) = piece { Some(user) } else { None }
}

fn group(piece: &Piece) -> Option<&GroupEntry> {
    if let Piece::Group(group) = piece { Some(group) } else { None }
}

fn interface(piece: &Piece) -> Option<&Interface> {
    if let Piece::Interface(interface) = piece { Some(interface) } else { None }
}

fn process(piece: &Piece) -> Option<&ProcessEntry> {
    if let Piece::Process(process) = piece { Some(process) } else { None }
}

impl EventSource for Cut<'_> {
    type Error = Infallible;

    fn advance(&mut self) -> Result<Advance, Infallible> {
        let Some(piece) = self.take(Some) else { return Ok(Advance::End) };
        Ok(Advance::Item(match piece {
            Piece::Event(event, _) => {
                self.event = Some(event);
                return Ok(Advance::Event);
            }
            Piece::Fixed(item) => item.clone(),
            Piece::Interface(first) => Item::Interfaces(self.list(first, interface)),
            Piece::User(first) => {
                let users = self.list(first, user);
                let groups = self.take(group).map_or_else(Vec::new, |first| self.list(first, group));
                Item::Users(UserList { users, groups })
            }
            Piece::Group(first) => Item::Users(UserList { users: Vec::new(), groups: self.list(first, group) }),
            Piece::Process(first) => Item::Processes(self.list(first, process)),
            Piece::Fd(tid, first) => {
                let of_thread = |piece| match piece {
                    &Piece::Fd(of, ref fd) if of == *tid => Some(fd),
                    _ => None,
                };
                Item::Fds(FdList { tid: *tid, fds: self.list(first, of_thread) })
            }
        }))
    }

    fn event(&self) -> Option<Event<'_>> {
        self.event.map(EventBuf::event)
    }

    fn is_recording(&self) -> bool {
        true
    }
}
