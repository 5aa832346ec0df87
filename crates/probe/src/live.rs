//! The live source: loads the programs, reads their ring.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use falco_catalog::{EventType, event};
use falco_engine::inspector::EventSource;
use falco_scap::{Advance, Event, FdList, Item};
use libbpf_rs::skel::{OpenSkel as _, Skel as _, SkelBuilder as _};
use libbpf_rs::{Link, MapCore as _, MapFlags, PrintLevel, RingBuffer, RingBufferBuilder, TracepointCategory};

use crate::plan::Plan;
use crate::snapshot::{self, Snapshot};
use crate::{Counters, ProbeError, Scope, Settings, detect};

#[allow(
    clippy::all,
    clippy::unwrap_used,
    missing_docs,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    dead_code
)]
mod skel {
    include!(concat!(env!("OUT_DIR"), "/probe.skel.rs"));
}

/// Bytes of the ring that are taken over at a time.
const BATCH: usize = 1 << 20;
/// Between two looks at an empty ring: short at first, then longer, and never so long that an alert would be late.
const NAPS: [Duration; 4] =
    [Duration::from_micros(200), Duration::from_millis(1), Duration::from_millis(4), Duration::from_millis(10)];

/// Records as they were in the ring, one after the other, each with its length before it.
type Batch = Rc<RefCell<Vec<u8>>>;

/// Events of the running kernel, after a picture of the machine.
pub struct Live {
    // Dropped in this order: the ring reads a map of the programs.
    ring: RingBuffer<'static>,
    skel: skel::ProbeSkel<'static>,
    /// What reads paths when calls begin.
    early: Vec<Link>,
    incoming: Batch,
    head: std::vec::IntoIter<Item<'static>>,
    batch: Vec<u8>,
    /// The record at hand in `batch` and where the next one is.
    record: (usize, usize),
    next: usize,
    ends: Vec<u32>,
    deadline: Option<Instant>,
    stop: Arc<AtomicBool>,
    ending: bool,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("counters", &self.counters()).finish_non_exhaustive()
    }
}

/// What libbpf says while it loads; it has one printer for the whole process.
static LOG: Mutex<String> = Mutex::new(String::new());

fn log(_level: PrintLevel, text: String) {
    if let Ok(mut log) = LOG.lock()
        && log.len() < 16 << 10
    {
        log.push_str(&text);
    }
}

fn kernel(what: &'static str) -> impl FnOnce(libbpf_rs::Error) -> ProbeError {
    move |error| {
        let log = LOG.lock().map(|mut log| std::mem::take(&mut *log)).unwrap_or_default();
        // The last lines say what it was; those before, how the verifier got there.
        let lines: Vec<_> = log.lines().collect();
        let log = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n");
        let source = match error.kind() {
            libbpf_rs::ErrorKind::PermissionDenied => io::Error::from(io::ErrorKind::PermissionDenied),
            _ => io::Error::other(error.to_string()),
        };
        ProbeError::Kernel { what, source, log }
    }
}

impl Live {
    /// Loads and attaches the programs, then looks at the machine.
    ///
    /// # Errors
    /// What is missing here, or why the kernel refused.
    pub fn open(settings: &Settings) -> Result<Self, ProbeError> {
        detect::Machine::detect().ready()?;
        let plan = Plan::new().map_err(|e| ProbeError::Kernel {
            what: "read the tables of system calls",
            source: io::Error::other(e),
            log: String::new(),
        })?;
        libbpf_rs::set_print(Some((PrintLevel::Info, log)));

        // The skeleton borrows this until it goes, which it does with the source: 1 KiB that each opened source leaves behind.
        let storage = Box::leak(Box::new(MaybeUninit::uninit()));
        let mut open = skel::ProbeSkelBuilder::default().open(storage).map_err(kernel("read the programs"))?;
        if let Some(constants) = open.maps.rodata_data.as_deref_mut() {
            constants.own_tgid = std::process::id();
            constants.snaplen = settings.snaplen.min(4096);
            constants.boot_epoch = snapshot::boot_epoch();
            constants.only_tree = settings.scope != Scope::Machine;
            constants.follow_own = settings.scope == Scope::Started;
            constants.signals = settings.events.contains(event::SIGNALDELIVER_E);
        }
        let processors = libbpf_rs::num_possible_cpus().map_err(kernel("count the processors"))?;
        open.maps.scratches.set_max_entries(processors as u32).map_err(kernel("set up the programs"))?;
        let ring_bytes = settings.ring_bytes.clamp(4096, 1 << 30).next_power_of_two();
        open.maps.ring.set_max_entries(ring_bytes).map_err(kernel("set up the ring"))?;
        if !settings.events.contains(event::SIGNALDELIVER_E) {
            open.progs.on_signal.set_autoload(false);
        }
        if settings.scope == Scope::Machine {
            open.progs.on_fork.set_autoload(false);
        }
        for program in [
            &mut open.progs.enter_open,
            &mut open.progs.enter_creat,
            &mut open.progs.enter_openat,
            &mut open.progs.enter_openat2,
            &mut open.progs.enter_connect,
            &mut open.progs.enter_execve,
            &mut open.progs.enter_execveat,
        ] {
            program.set_autoattach(false);
        }
        let mut skel = open.load().map_err(kernel("load the programs"))?;

        for (index, xlat) in (1u32..).zip(&plan.xlats) {
            let bytes = xlat.to_bytes();
            skel.maps.xlats.update(&index.to_ne_bytes(), &bytes, MapFlags::ANY).map_err(kernel("fill a table"))?;
        }
        if let Scope::Process(pid) = settings.scope {
            for pid in snapshot::tree_of(pid)? {
                skel.maps.tree.update(&pid.to_ne_bytes(), &[1], MapFlags::ANY).map_err(kernel("fill a table"))?;
            }
        }
        for call in plan.wanted(&settings.events) {
            let key = u32::from(call.nr).to_ne_bytes();
            skel.maps.calls.update(&key, &call.to_bytes(), MapFlags::ANY).map_err(kernel("fill a table"))?;
        }

        let incoming = Batch::default();
        let into = Rc::clone(&incoming);
        let mut ring = RingBufferBuilder::new();
        ring.add(&skel.maps.ring, move |record| {
            let mut batch = into.borrow_mut();
            batch.extend_from_slice(&(record.len() as u32).to_ne_bytes());
            batch.extend_from_slice(record);
            // A negative number ends the round; the record counts as read.
            if batch.len() >= BATCH { -1 } else { 0 }
        })
        .map_err(kernel("open the ring"))?;
        let ring = ring.build().map_err(kernel("open the ring"))?;
        // First the events, then the picture: what happens meanwhile is in the ring.
        skel.attach().map_err(kernel("attach the programs"))?;
        let early = early(&mut skel.progs);
        let head = Snapshot::take()?.into_items().into_iter();
        Ok(Self {
            ring,
            skel,
            early,
            incoming,
            head,
            batch: Vec::new(),
            record: (0, 0),
            next: 0,
            ends: Vec::new(),
            deadline: settings.deadline,
            stop: Arc::clone(&settings.stop),
            ending: false,
        })
    }

    /// Whether the paths of opened files are those that the calls were given, even if somebody changes them meanwhile. It takes a
    /// tracefs, mounted at `/sys/kernel/tracing`.
    pub fn sees_calls_begin(&self) -> bool {
        !self.early.is_empty()
    }

    /// What was counted so far, over all processors.
    pub fn counters(&self) -> Counters {
        let of = |what: u32| -> u64 {
            let values = self.skel.maps.counters.lookup_percpu(&what.to_ne_bytes(), MapFlags::ANY);
            let number = |bytes: &Vec<u8>| bytes.first_chunk().map_or(0, |b| u64::from_ne_bytes(*b));
            values.ok().flatten().map_or(0, |values| values.iter().map(number).sum())
        };
        Counters {
            lost_ring_full: of(0),
            lost_too_long: of(1),
            lost_busy: of(2),
            compat_calls: of(3),
            cut_bytes: of(4),
            sent: of(5),
        }
    }

    /// Takes over what is in the ring, waiting for something to come. False at the end.
    fn refill(&mut self) -> bool {
        let mut idle = 0;
        loop {
            let over = self.deadline.is_some_and(|at| Instant::now() >= at);
            if over || self.stop.load(Ordering::Relaxed) {
                if self.ending {
                    return false;
                }
                // What happened before the end is told.
                self.ending = true;
                self.ring.consume_raw();
            } else {
                self.ring.consume_raw();
            }
            let mut incoming = self.incoming.borrow_mut();
            if !incoming.is_empty() {
                std::mem::swap(&mut self.batch, &mut incoming);
                incoming.clear();
                self.next = 0;
                return true;
            }
            drop(incoming);
            if self.ending {
                return false;
            }
            let nap = NAPS.get(idle).or(NAPS.last()).copied().unwrap_or_default();
            idle += 1;
            thread::sleep(self.deadline.map_or(nap, |at| nap.min(at.saturating_duration_since(Instant::now()))));
        }
    }

    /// Finds the next record in the batch. False when there is none.
    fn step(&mut self) -> Result<bool, ProbeError> {
        let Some(len) = self.batch.get(self.next..).and_then(|b| b.first_chunk()) else { return Ok(false) };
        let start = self.next + 4;
        let end = start + u32::from_ne_bytes(*len) as usize;
        let record = self.batch.get(start..end).ok_or(ProbeError::BadRecord(0))?;
        self.next = end;
        self.ends.clear();
        let bad = || ProbeError::BadRecord(record.len());
        let nparams =
            record.get(24..28).and_then(|b| b.first_chunk()).map(|b| u32::from_ne_bytes(*b)).ok_or_else(bad)?;
        let lens = record.get(HEAD..HEAD + 2 * nparams as usize).ok_or_else(bad)?;
        let mut at = 0;
        for len in lens.chunks_exact(2) {
            at += u32::from(u16::from_ne_bytes([len[0], len[1]]));
            self.ends.push(at);
        }
        let data = start + HEAD + lens.len();
        if data + at as usize > end {
            return Err(bad());
        }
        self.record = (start, data + at as usize);
        Ok(true)
    }
}

/// Attaches what looks at calls when they begin; nothing where there is no tracefs.
fn early(progs: &mut skel::ProbeProgs<'_>) -> Vec<Link> {
    let calls = [
        (&mut progs.enter_open, "sys_enter_open"),
        (&mut progs.enter_creat, "sys_enter_creat"),
        (&mut progs.enter_openat, "sys_enter_openat"),
        (&mut progs.enter_openat2, "sys_enter_openat2"),
        (&mut progs.enter_connect, "sys_enter_connect"),
        (&mut progs.enter_execve, "sys_enter_execve"),
        (&mut progs.enter_execveat, "sys_enter_execveat"),
    ];
    let attach = |(program, name): (&mut libbpf_rs::ProgramMut<'_>, _)| {
        program.attach_tracepoint(TracepointCategory::Syscalls, name).ok()
    };
    // All or none: half a protection would be taken for a whole one.
    calls.into_iter().map(attach).collect::<Option<_>>().unwrap_or_default()
}

/// A record's bytes before the parameters' lengths: the processor and the event's header.
const HEAD: usize = 28;

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..).and_then(|b| b.first_chunk()).copied()
}

impl EventSource for Live {
    type Error = ProbeError;

    fn advance(&mut self) -> Result<Advance, ProbeError> {
        if let Some(item) = self.head.next() {
            return Ok(Advance::Item(item));
        }
        loop {
            if self.step()? {
                return Ok(Advance::Event);
            }
            if !self.refill() {
                return Ok(Advance::End);
            }
        }
    }

    fn event(&self) -> Option<Event<'_>> {
        let record = self.batch.get(self.record.0..self.record.1)?;
        let data = record.get(HEAD + 2 * self.ends.len()..)?;
        let cpu = u16::from_ne_bytes(number(record, 0)?);
        let ts = u64::from_ne_bytes(number(record, 2)?);
        let tid = i64::from_ne_bytes(number(record, 10)?);
        let ty = EventType(u16::from_ne_bytes(number(record, 22)?));
        Some(Event::new(ts, tid, cpu, ty, 0, &self.ends, data))
    }

    fn descriptors(&mut self, tid: i64) -> Option<FdList> {
        snapshot::descriptors(tid)
    }
}
