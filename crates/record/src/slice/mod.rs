//! Cutting a capture down to what some events need.
//!
//! What the state of a machine takes from an event is much, and what a rule takes from the state is little. So nothing is guessed about
//! what may go: pieces are left out, and come back if any value changes that a matching rule looks at or shows. First goes, by kinship of
//! threads, what is most likely of no use (in [`slice()`]); then piece after piece (in `shrink.rs`).

mod choice;
mod pieces;
mod shrink;

use falco_catalog::event;
use falco_engine::inspector::{Inspector, Step};
use falco_scap::{Advance, Error, Item, Reader};
use rustc_hash::{FxHashMap, FxHashSet};

pub use choice::{Choice, Mark};
pub use pieces::{Cut, Piece, Pieces};

/// Why a capture cannot be cut down.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum SliceError {
    #[error(transparent)]
    Read(#[from] Error),
    #[error("nothing in the capture is chosen, so nothing would be left")]
    Nothing,
    #[error("what is chosen changes when nothing but later events is left out")]
    Unstable,
    #[error("what the chosen events may need does not fit in {limit} bytes of memory")]
    TooLarge { limit: usize },
}

/// What is left of a capture.
#[derive(Debug)]
pub struct Sliced {
    /// The pieces.
    pub pieces: Pieces,
    /// What was chosen, in order; the same before and after.
    pub marks: Vec<Mark>,
    /// Events that the capture had.
    pub events_before: u64,
}

/// Bytes that pieces may take.
const LIMIT: usize = 2 << 30;

/// Cuts a capture, which is read twice, down to the events of the choice and what their values need.
///
/// # Errors
/// When it cannot be read, nothing is chosen, or too much is.
pub fn slice<'s>(
    mut open: impl FnMut() -> Result<Reader<'s>, Error>,
    choice: &mut Choice,
) -> Result<Sliced, SliceError> {
    let first = First::look(open()?, choice)?;
    if first.marks.is_empty() {
        return Err(SliceError::Nothing);
    }
    for reach in [Reach::Kin, Reach::KinAndHeader, Reach::Everything] {
        let pieces = first.gather(open()?, reach)?;
        if choice.still(pieces.source(), &first.marks) {
            let pieces = shrink::shrink(pieces, choice, &first.marks);
            return Ok(Sliced { pieces, marks: first.marks, events_before: first.events });
        }
    }
    Err(SliceError::Unstable)
}

/// A whole capture in pieces.
///
/// # Errors
/// When it cannot be read, or is too large.
pub fn whole(mut reader: Reader<'_>, choice: &mut Choice) -> Result<Sliced, SliceError> {
    let mut pieces = Gathered::default();
    loop {
        match reader.advance()? {
            Advance::End => break,
            Advance::Item(item) => pieces.item(item)?,
            Advance::Event => {
                if let Some(event) = reader.event() {
                    pieces.push(event.data_len(), Piece::Event((&event).into(), false))?;
                }
            }
        }
    }
    let pieces = Pieces(pieces.pieces);
    let Ok(marks) = choice.marks(pieces.source());
    Ok(Sliced { pieces, marks, events_before: reader.event_number() })
}

/// How much is tried to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The threads of chosen events, whom they descend from, and what these did to the state.
    Kin,
    /// The same, and all of the header.
    KinAndHeader,
    /// All up to the last chosen event.
    Everything,
}

/// What a first reading finds.
struct First {
    marks: Vec<Mark>,
    /// The numbers of the chosen events.
    chosen: FxHashSet<u64>,
    last: u64,
    /// Threads that chosen events may know of.
    kin: FxHashSet<i64>,
    events: u64,
}

impl First {
    fn look(reader: Reader<'_>, choice: &mut Choice) -> Result<Self, SliceError> {
        let mut inspector = Inspector::new(reader);
        let mut marks = Vec::new();
        let (mut chosen, mut last) = (FxHashSet::default(), 0);
        let mut kin = FxHashSet::default();
        // Who started whom: a process may have got what matters from a parent that is no more.
        let mut parents: FxHashMap<i64, Vec<i64>> = FxHashMap::default();
        while let Some(step) = inspector.next()? {
            if let Some(child) = child_of(&step) {
                parents.entry(child.0).or_default().push(child.1);
            }
            let before = marks.len();
            choice.look(&step, &mut marks);
            if marks.len() > before {
                last = step.ctx.num;
                chosen.insert(last);
                known_to(&step, &mut kin);
            }
        }
        let mut todo: Vec<i64> = kin.iter().copied().collect();
        while let Some(tid) = todo.pop() {
            let more = parents.remove(&tid).unwrap_or_default();
            todo.extend(more.into_iter().filter(|parent| kin.insert(*parent)));
        }
        Ok(Self { marks, chosen, last, kin, events: inspector.source().event_number() })
    }

    fn gather(&self, mut reader: Reader<'_>, reach: Reach) -> Result<Pieces, SliceError> {
        let mut gathered = Gathered::default();
        loop {
            match reader.advance()? {
                Advance::End => break,
                Advance::Item(item) => match item {
                    Item::Processes(mut list) if reach == Reach::Kin => {
                        list.retain(|entry| self.kin.contains(&entry.tid) || self.kin.contains(&entry.pid));
                        gathered.item(Item::Processes(list))?;
                    }
                    Item::Fds(list) if reach == Reach::Kin && !self.kin.contains(&list.tid) => {}
                    item => gathered.item(item)?,
                },
                Advance::Event => {
                    let num = reader.event_number();
                    if num > self.last {
                        break;
                    }
                    let Some(event) = reader.event() else { continue };
                    let chosen = self.chosen.contains(&num);
                    let changes = event.ty.info().is_some_and(|info| info.flags.modifies_state());
                    let kin = event.tid < 0 || self.kin.contains(&event.tid);
                    if chosen || reach == Reach::Everything || (changes && kin) {
                        gathered.push(event.data_len(), Piece::Event((&event).into(), chosen))?;
                    }
                }
            }
        }
        Ok(Pieces(gathered.pieces))
    }
}

/// A process that the event tells of the start of, and who started it.
fn child_of(step: &Step<'_>) -> Option<(i64, i64)> {
    let starts = matches!(
        step.event.ty,
        event::SYSCALL_CLONE_20_X | event::SYSCALL_FORK_20_X | event::SYSCALL_VFORK_20_X | event::SYSCALL_CLONE3_X
    );
    match step.ctx.ret.filter(|_| starts)? {
        0 => Some((step.event.tid, step.machine.thread(step.event.tid)?.ptid)),
        child if child > 0 => Some((child, step.event.tid)),
        _ => None,
    }
}

/// The threads that an event's values may come from.
fn known_to(step: &Step<'_>, kin: &mut FxHashSet<i64>) {
    kin.insert(step.event.tid);
    kin.extend(step.ctx.fd.map(|(owner, _)| owner));
    let Some(thread) = step.view().thread() else { return };
    kin.extend([thread.tid, thread.pid, thread.sid, thread.pgid, thread.vpgid]);
    kin.extend(step.machine.members(thread).map(|member| member.tid));
    for ancestor in step.machine.ancestors(thread) {
        kin.extend([ancestor.tid, ancestor.pid]);
    }
}

#[derive(Default)]
struct Gathered {
    pieces: Vec<Piece>,
    bytes: usize,
}

impl Gathered {
    fn push(&mut self, bytes: usize, piece: Piece) -> Result<(), SliceError> {
        self.bytes += bytes + size_of::<Piece>();
        if self.bytes > LIMIT {
            return Err(SliceError::TooLarge { limit: LIMIT });
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Lists are bounded by the reader, and a process comes once: they count when they are here.
    fn item(&mut self, item: Item<'static>) -> Result<(), SliceError> {
        let before = self.pieces.len();
        Piece::of_item(item, &mut self.pieces);
        self.bytes += (self.pieces.len() - before) * (size_of::<Piece>() + 1024);
        if self.bytes > LIMIT { Err(SliceError::TooLarge { limit: LIMIT }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use falco_catalog::Catalog;
    use falco_compiler::{Options, SourceFile, compile, compile_filter, compile_output};
    use falco_engine::eval::Evaluator;
    use falco_scap::Compression;

    use super::*;
    use crate::Told;
    use crate::testing::World;

    fn rules(condition: &str, output: &str) -> Choice {
        let catalog = Arc::new(Catalog::builtin());
        let text = format!("- {{rule: R, desc: d, condition: '{condition}', output: '{output}', priority: INFO}}\n");
        let compilation = compile(&[SourceFile::new("r.yaml".to_owned(), text)], &Options::new(catalog.clone()));
        assert!(compilation.loads());
        Choice::new(Some(Evaluator::new(compilation.program(), &catalog).unwrap()), None)
    }

    fn filter(text: &str) -> Choice {
        let catalog = Catalog::builtin();
        let output = compile_output(&catalog, "syscall", "*%proc.cmdline").unwrap();
        let filter = compile_filter(&catalog, "syscall", text).unwrap();
        Choice::new(None, Some(Evaluator::for_query("syscall", Some(filter), output, &catalog).unwrap()))
    }

    /// A capture of the small machine in which two processes read each file.
    fn capture(files: &[&str]) -> Vec<u8> {
        let mut world = World::new();
        let mut pieces = Vec::new();
        for told in world.header() {
            match told {
                Told::Item(item) => Piece::of_item(item, &mut pieces),
                Told::Event(event) => pieces.push(Piece::Event(event, false)),
            }
        }
        for file in files.iter().flat_map(|file| [file, file]) {
            pieces.extend(world.a_process_reads(file).into_iter().map(|event| Piece::Event(event, false)));
        }
        Pieces(pieces).write(Vec::new(), Compression::None).unwrap()
    }

    fn sliced(bytes: &[u8], choice: &mut Choice) -> Sliced {
        let sliced = slice(|| Ok(Reader::from_bytes(bytes)), choice).unwrap();
        let Ok(again) = choice.marks(sliced.pieces.source());
        assert_eq!(again, sliced.marks);
        let written = sliced.pieces.write(Vec::new(), Compression::Gzip).unwrap();
        assert_eq!(choice.marks(Reader::from_bytes(&written)).unwrap(), sliced.marks, "as it is written, too");
        sliced
    }

    /// The kinds of events that are left.
    fn kinds(sliced: &Sliced) -> Vec<&'static str> {
        let events = sliced.pieces.0.iter().filter_map(|piece| match piece {
            Piece::Event(event, _) => Some(event.event().ty.name()),
            _ => None,
        });
        events.collect()
    }

    #[test]
    fn what_no_value_needs_goes() {
        let bytes = capture(&["/a", "/b", "/etc/shadow", "/c"]);
        let mut choice = rules("evt.type=openat and fd.name=/etc/shadow", "%fd.name");
        let sliced = sliced(&bytes, &mut choice);
        assert_eq!(sliced.marks.len(), 2);
        assert_eq!(kinds(&sliced), ["openat", "openat"], "the name is in the event itself");
        assert_eq!((sliced.pieces.processes(), sliced.events_before), (0, 49));
    }

    #[test]
    fn what_a_value_needs_stays() {
        let bytes = capture(&["/a", "/etc/shadow", "/c"]);
        let condition = "evt.type=read and fd.name=/etc/shadow and proc.name=cat and not proc.aname[2]=sshd";
        let mut choice = rules(condition, "%proc.cmdline %user.name");
        let sliced = sliced(&bytes, &mut choice);
        assert_eq!(sliced.marks.len(), 2);
        let kinds = kinds(&sliced);
        let count = |kind| kinds.iter().filter(|k| **k == kind).count();
        assert_eq!((count("execve"), count("openat"), count("read"), count("procexit")), (2, 2, 2, 0), "{kinds:?}");
        assert!(kinds.len() <= 10 && kinds.contains(&"clone"), "{kinds:?}");
        let init = |piece: &Piece| matches!(piece, Piece::Process(entry) if entry.tid == 1);
        assert!(sliced.pieces.0.iter().any(init), "the grandparent that the rule asks for");
    }

    #[test]
    fn a_filter_chooses_too() {
        let bytes = capture(&["/a", "/b"]);
        let sliced = sliced(&bytes, &mut filter("proc.args=/b and evt.type=procexit"));
        assert_eq!(kinds(&sliced).iter().filter(|k| **k == "procexit").count(), 2);
        assert_eq!(kinds(&sliced).iter().filter(|k| **k == "execve").count(), 2);
    }

    #[test]
    fn nothing_chosen_is_an_error() {
        let bytes = capture(&["/a"]);
        let none = slice(|| Ok(Reader::from_bytes(&bytes)), &mut filter("proc.name=nobody"));
        assert!(matches!(none, Err(SliceError::Nothing)));
    }

    #[test]
    fn a_whole_capture_in_pieces_is_the_same() {
        let bytes = capture(&["/a", "/b"]);
        let whole = whole(Reader::from_bytes(&bytes), &mut filter("evt.type=openat")).unwrap();
        assert_eq!((whole.marks.len(), whole.pieces.events()), (4, 25));
        assert_eq!(whole.pieces.write(Vec::new(), Compression::None).unwrap(), bytes);
    }
}
