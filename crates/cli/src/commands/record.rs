//! `falco-rs record`: the running kernel into a capture.

#![cfg_attr(
    not(feature = "live"),
    allow(unreachable_code, unused_variables, unused_assignments, reason = "without the probe nothing is ever opened")
)]

use std::io::Write as _;

use falco_catalog::{Catalog, EventSet};
use falco_compiler::{compile_filter, compile_output};
use falco_engine::eval::{Evaluator, Matching};
use falco_engine::inspector::Inspector;
use falco_probe::plan::state_events;
use falco_record::{Limits, Rotation, Tap};
use falco_scap::Compression;
use falco_scap::event::FLAG_STATE_ONLY;

use super::live::{self, Privileged};
use super::record_test;
use crate::args::{Global, Record};
use crate::error::CliError;
use crate::render::{self, count};
use crate::{Outcome, Result};

/// Records until the time is over, the command ends, or somebody stops it.
pub fn run(args: &Record, global: &Global) -> Result {
    if let Some(name) = &args.test {
        return record_test::run(args, name, global);
    }
    let Some(output) = &args.output else { return Err(CliError::Usage("`--output` says where to".into())) };
    let limits = Limits { size: args.rotate_size, time: args.rotate_time, keep: args.keep.map(|n| n as usize) };
    if limits.keep.is_some() && limits.size.is_none() && limits.time.is_none() {
        return Err(CliError::Usage("`--keep` is for `--rotate-size` and `--rotate-time`".into()));
    }
    let compression = if args.plain { Compression::None } else { Compression::Gzip };
    let privileged = Privileged::start(&args.watch, false)?;
    // The first file is opened by who called; the filter is read without rights.
    let mut recording = Rotation::create(output, compression, limits)?;
    let confined = privileged.give_up(&args.watch)?;
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

    let state = state_events();
    let source = confined.open(&args.watch, EventSet::ALL, 1)?;
    let (source, items) = Tap::new(source);
    let mut inspector = Inspector::new(source);
    let mut matches = Vec::new();
    let (mut kept, mut seen) = (0u64, 0u64);
    let limit = args.max_events.unwrap_or(u64::MAX);
    while kept < limit {
        let Some(step) = inspector.next()? else { break };
        for told in items.take() {
            recording.told(&told)?;
        }
        seen += 1;
        let wanted = !filtered || {
            let view = step.view();
            evaluator.on(&view).matches(Matching::First, &mut matches);
            !matches.is_empty()
        };
        let mut event = step.event;
        if wanted {
            kept += 1;
        } else if state.contains(event.ty) {
            event.flags |= FLAG_STATE_ONLY;
        } else {
            continue;
        }
        recording.event(&event)?;
        let ts = event.ts;
        if recording.is_full(ts) {
            inspector.settle();
            recording.advance(inspector.machine(), ts)?;
        }
    }
    // Without any event, what came before is all there is.
    for told in items.take() {
        recording.told(&told)?;
    }
    let source = inspector.into_source().into_source();
    let counters = source.counters();
    drop(source);
    let (path, files) = (recording.path().to_owned(), recording.files());
    recording.finish()?;
    live::report_losses(&counters, global)?;
    if !global.quiet {
        let kept = count(usize::try_from(kept).unwrap_or(usize::MAX), "event");
        let whither = match files {
            1 => format!("`{}`", path.display()),
            files => format!("{files} files, the last of which is `{}`", path.display()),
        };
        writeln!(render::stderr(global), "{kept} of {seen} recorded in {whither}")?;
    }
    Ok(Outcome::Clean)
}
