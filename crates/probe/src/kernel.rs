//! The programs in the kernel: loaded, told what is wanted, attached. This is the part that needs privilege.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{Ordering, fence};

use falco_catalog::{EventSet, event};
use libbpf_rs::libbpf_sys::bpf_map_create_opts;
use libbpf_rs::skel::{OpenSkel as _, Skel as _, SkelBuilder as _};
use libbpf_rs::{Link, MapCore as _, MapFlags, MapHandle, MapType, TracepointCategory};

use crate::libbpf::{self, failed};
use crate::plan::{Call, MAX_CALLS, Plan};
use crate::ring::Mapping;
use crate::{ProbeError, Rings, Scope, Settings, detect, snapshot};

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

/// The programs, attached. With the last descriptor of theirs they go, however this process ends.
pub struct Programs {
    skel: skel::ProbeSkel<'static>,
    /// What reads paths when calls begin.
    early: Vec<Link>,
    rings: Vec<MapHandle>,
    ring_bytes: u32,
    processors: u32,
    boot_epoch: u64,
    plan: Plan,
    calls: Mapping,
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> ProbeError {
    move |source| ProbeError::Kernel { what, source, log: String::new() }
}

/// Where the calls' places begin in memory: the kernel aligns values.
const CALL_STRIDE: usize = (4 + 4 * crate::plan::MAX_FILLS).next_multiple_of(8);
/// No call has this number. Its place says whether signals are wanted.
const SIGNALS: u16 = MAX_CALLS as u16 - 1;

impl Programs {
    /// Loads and attaches. The events of this process and of `reader` are left out.
    ///
    /// # Errors
    /// What is missing here, or why the kernel refused.
    pub fn load(settings: &Settings, reader: u32) -> Result<Self, ProbeError> {
        detect::Machine::detect().ready()?;
        let plan = Plan::new().map_err(|e| io_error("read the tables of system calls")(io::Error::other(e)))?;
        libbpf::listen();

        // The skeleton borrows this until it goes, which it does with the source: 1 KiB that each opened source leaves behind.
        let storage = Box::leak(Box::new(MaybeUninit::uninit()));
        let mut open = skel::ProbeSkelBuilder::default().open(storage).map_err(failed("read the programs"))?;
        let processors = libbpf_rs::num_possible_cpus().map_err(failed("count the processors"))?;
        let processors = u32::try_from(processors).unwrap_or(1);
        let (count, ring_bytes) = (settings.rings.count(processors), settings.real_ring_bytes());
        let boot_epoch = snapshot::boot_epoch();
        if let Some(constants) = open.maps.rodata_data.as_deref_mut() {
            constants.own_tgid = std::process::id();
            constants.reader_tgid = reader;
            constants.snaplen = settings.snaplen.min(Settings::MOST_SNAPLEN);
            constants.boot_epoch = boot_epoch;
            constants.only_tree = settings.scope != Scope::Machine;
            constants.follow_own = settings.scope == Scope::Started;
            constants.ring_count = count;
            constants.ring_by_cpu = settings.rings == Rings::PerCpu;
        }
        for (map, entries) in [
            (&mut open.maps.scratches, processors),
            (&mut open.maps.counters, processors),
            (&mut open.maps.rings, count),
        ] {
            map.set_max_entries(entries).map_err(failed("set up the programs"))?;
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
        let skel = open.load().map_err(failed("load the programs"))?;

        let mut rings = Vec::new();
        for index in 0..count {
            let options = bpf_map_create_opts { sz: size_of::<bpf_map_create_opts>() as _, ..Default::default() };
            let ring = MapHandle::create(MapType::RingBuf, Some("ring"), 0, 0, ring_bytes, &options)
                .map_err(failed("make a ring"))?;
            let fd = std::os::fd::AsRawFd::as_raw_fd(&ring.as_fd()).to_ne_bytes();
            skel.maps.rings.update(&index.to_ne_bytes(), &fd, MapFlags::ANY).map_err(failed("set up a ring"))?;
            rings.push(ring);
        }
        for (index, xlat) in (1u32..).zip(&plan.xlats) {
            let bytes = xlat.to_bytes();
            skel.maps.xlats.update(&index.to_ne_bytes(), &bytes, MapFlags::ANY).map_err(failed("fill a table"))?;
        }
        if let Scope::Process(pid) = settings.scope {
            for pid in snapshot::tree_of(pid)? {
                skel.maps.tree.update(&pid.to_ne_bytes(), &[1], MapFlags::ANY).map_err(failed("fill a table"))?;
            }
        }
        let calls = Mapping::new(skel.maps.calls.as_fd(), 0, CALL_STRIDE * MAX_CALLS as usize, true)
            .map_err(io_error("map a table"))?;
        let mut programs = Self { skel, early: Vec::new(), rings, ring_bytes, processors, boot_epoch, plan, calls };
        programs.switch(&settings.events);
        programs.skel.attach().map_err(failed("attach the programs"))?;
        programs.early = early(&mut programs.skel.progs);
        Ok(programs)
    }

    /// Switches on the calls that these events and the machine's state need, and the others off. Takes no privilege.
    pub fn switch(&mut self, events: &EventSet) {
        let wanted: Vec<u16> = self.plan.wanted(events).map(|call| call.nr).collect();
        for call in &self.plan.calls {
            self.set(call.nr, wanted.contains(&call.nr).then_some(call));
        }
        let signal = Call {
            nr: SIGNALS,
            event: event::SIGNALDELIVER_E,
            nparams: 3,
            kind: crate::plan::Kind::Fills,
            fills: Vec::new(),
        };
        self.set(SIGNALS, events.contains(event::SIGNALDELIVER_E).then_some(&signal));
    }

    /// A call is on when it has an event. That comes last, so that no program finds half of what it needs.
    fn set(&self, nr: u16, call: Option<&Call>) {
        let at = CALL_STRIDE * usize::from(nr);
        let Some(call) = call else {
            self.calls.write(at, &[0; 2]);
            return;
        };
        if let Some((event, rest)) = call.to_bytes().split_at_checked(2) {
            self.calls.write(at + 2, rest);
            fence(Ordering::Release);
            self.calls.write(at, event);
        }
    }

    /// Whether the paths of opened files are read when the calls begin.
    pub fn sees_calls_begin(&self) -> bool {
        !self.early.is_empty()
    }

    /// The rings.
    pub fn rings(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.rings.iter().map(AsFd::as_fd)
    }

    /// Where the programs count.
    pub fn counters(&self) -> BorrowedFd<'_> {
        self.skel.maps.counters.as_fd()
    }

    /// What somebody must know to read what the descriptors lead to.
    pub fn layout(&self) -> Layout {
        Layout { ring_bytes: self.ring_bytes, processors: self.processors, boot_epoch: self.boot_epoch }
    }
}

/// What is not in the rings themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The size of each ring.
    pub ring_bytes: u32,
    /// Processors that count.
    pub processors: u32,
    /// What the programs add to the time since boot.
    pub boot_epoch: u64,
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
