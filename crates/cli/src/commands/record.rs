//! `falco-rs record`: the running kernel into a capture.

#![cfg_attr(
    not(feature = "live"),
    allow(unreachable_code, unused_variables, unused_assignments, reason = "without the probe nothing is ever opened")
)]

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::Write as _;
use std::rc::Rc;

use falco_catalog::event::GENERIC_X;
use falco_catalog::{Catalog, EventSet};
use falco_compiler::{compile_filter, compile_output};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::inspector::{EventSource, Inspector};
use falco_probe::plan::state_events;
use falco_probe::{Live, ProbeError};
use falco_scap::event::FLAG_STATE_ONLY;
use falco_scap::item::{FdInfo, NamedFd};
use falco_scap::{Advance, Compression, Event, EventBuf, FdList, Item, WriteError, Writer};

use super::live;
use crate::args::{Global, Record};
use crate::error::CliError;
use crate::render::{self, count};
use crate::{Outcome, Result};

/// Records until the time is over, the command ends, or somebody stops it.
pub fn run(args: &Record, global: &Global) -> Result {
    let catalog = Catalog::builtin();
    let filter = match args.filter.as_deref().filter(|f| !f.trim().is_empty()) {
        Some(text) => {
            Some(compile_filter(&catalog, "syscall", text).map_err(|e| CliError::expression("the filter", text, e))?)
        }
        None => None,
    };
    let filtered = filter.is_some();
    let output = compile_output(&catalog, "syscall", "%evt.num")
        .map_err(|e| CliError::expression("the format", "%evt.num", e))?;
    let (mut evaluator, _) = Evaluator::for_query("syscall", filter, output, &catalog)?;

    let failed = |source: WriteError| CliError::Recording { path: args.output.clone(), source };
    let file = File::create(&args.output).map_err(|e| failed(e.into()))?;
    let compression = if args.plain { Compression::None } else { Compression::Gzip };
    let writer = Rc::new(RefCell::new(Writer::new(file, compression).map_err(failed)?));
    let state = state_events();
    let (source, _watched) = live::open(&args.watch, EventSet::ALL)?;
    let mut inspector = Inspector::new(Tee { source, writer: Rc::clone(&writer), failed: Cell::default() });
    let (mut buffer, mut matches) = (EventBuf::default(), Vec::new());
    let (mut kept, mut seen) = (0u64, 0u64);
    let limit = args.max_events.unwrap_or(u64::MAX);
    while kept < limit {
        let Some(step) = inspector.next()? else { break };
        seen += 1;
        let wanted = !filtered || {
            let view = step.view();
            evaluator.on(&view).matches(Matching::First, &mut matches);
            !matches.is_empty()
        };
        if wanted {
            kept += 1;
            write(&mut writer.borrow_mut(), &step.event, &mut buffer).map_err(failed)?;
        } else if state.contains(step.event.ty) {
            let mut event = step.event;
            event.flags |= FLAG_STATE_ONLY;
            write(&mut writer.borrow_mut(), &event, &mut buffer).map_err(failed)?;
        }
        if let Some(error) = inspector.source().failed.take() {
            return Err(failed(error));
        }
    }
    let Tee { source, .. } = inspector.into_source();
    let counters = source.counters();
    drop(source);
    let writer = Rc::into_inner(writer).map(RefCell::into_inner);
    if let Some(writer) = writer {
        writer.finish().map_err(failed)?;
    }
    live::report_losses(&counters, global)?;
    if !global.quiet {
        let path = args.output.display();
        let kept = count(usize::try_from(kept).unwrap_or(usize::MAX), "event");
        writeln!(render::stderr(global), "{kept} of {seen} recorded in `{path}`")?;
    }
    Ok(Outcome::Clean)
}

/// The source, with what it tells of the machine written down on the way.
struct Tee {
    source: Live,
    writer: Rc<RefCell<Writer<File>>>,
    failed: Cell<Option<WriteError>>,
}

/// The first system call in the captures' numbering that Debian's sysdig has no name for: it crashes on those that come without an event of
/// their own.
const FIRST_UNKNOWN_CALL: u16 = 330;

/// Writes an event. A newer call without an event of its own is written by the kernel's number alone, from which readers that know
/// it find its name just as well.
fn write(writer: &mut Writer<File>, event: &Event<'_>, buffer: &mut EventBuf) -> std::result::Result<(), WriteError> {
    let code = event.param(0).and_then(|p| p.try_into().ok()).map(u16::from_le_bytes);
    if event.ty != GENERIC_X || code.is_none_or(|code| code < FIRST_UNKNOWN_CALL) {
        return writer.event(event);
    }
    buffer.begin(event.ts, event.tid, event.cpu, event.ty, event.flags);
    buffer.push(&0u16.to_le_bytes());
    event.params().skip(1).for_each(|param| buffer.push(param));
    writer.event(&buffer.event())
}

/// Readers of some years ago, Debian's sysdig among them, refuse a capture with kinds of descriptors that they do not know. Those are
/// written as what such readers call the kinds that they do not know themselves; the names stay.
fn readable(list: &FdList) -> FdList {
    let mut list = list.clone();
    for entry in &mut list.fds {
        if let FdInfo::Named { kind, .. } = &mut entry.info
            && *kind as u8 > NamedFd::Netlink as u8
        {
            *kind = NamedFd::Unsupported;
        }
    }
    list
}

impl EventSource for Tee {
    type Error = ProbeError;

    fn advance(&mut self) -> std::result::Result<Advance, ProbeError> {
        let advance = self.source.advance()?;
        let written = match &advance {
            Advance::Item(Item::Fds(list)) => self.writer.borrow_mut().fds(&readable(list)),
            Advance::Item(item) => self.writer.borrow_mut().item(item),
            Advance::Event | Advance::End => Ok(()),
        };
        if let Err(error) = written {
            self.failed.set(Some(error));
        }
        Ok(advance)
    }

    fn event(&self) -> Option<Event<'_>> {
        self.source.event()
    }

    fn descriptors(&mut self, tid: i64) -> Option<FdList> {
        self.source.descriptors(tid)
    }
}
