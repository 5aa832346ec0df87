//! What all commands that watch the running kernel do alike: open the source, run the command, stop.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use falco_catalog::EventSet;
use falco_probe::{Counters, Live, Rings, Scope, Settings, stop_on_signals};

use crate::Result;
use crate::args::{Global, Watch};
use crate::error::CliError;
use crate::render;

/// Opens the live source as the arguments say. With a command, start it after this.
pub fn open(watch: &Watch, events: EventSet) -> Result<(Live, Watched)> {
    let scope = match watch.pid {
        Some(pid) => Scope::Process(pid),
        None if watch.command.is_empty() => Scope::Machine,
        None => Scope::Started,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let settings = Settings {
        events,
        scope,
        snaplen: watch.snaplen,
        ring_bytes: watch.ring << 20,
        rings: Rings::One,
        deadline: watch.duration.and_then(|d| Instant::now().checked_add(d)),
        stop: Arc::clone(&stop),
    };
    stop_on_signals(&stop);
    let live = Live::open(&settings)?;
    let waiter = match watch.command.split_first() {
        None => None,
        Some((program, args)) => Some(start(program, args, stop)?),
    };
    Ok((live, Watched { waiter }))
}

/// The command whose events come, if there is one.
#[derive(Debug)]
pub struct Watched {
    waiter: Option<JoinHandle<()>>,
}

/// Starts the command, and stops the source when it ends.
fn start(program: &str, args: &[String], stop: Arc<AtomicBool>) -> Result<JoinHandle<()>> {
    // Standard output is for alerts alone.
    let mut command = Command::new(program);
    command.args(args).stdout(stderr());
    let mut child: Child =
        command.spawn().map_err(|source| CliError::Command { command: program.to_owned(), source })?;
    Ok(std::thread::spawn(move || {
        let _ = child.wait();
        stop.store(true, Ordering::Relaxed);
    }))
}

#[cfg(unix)]
fn stderr() -> Stdio {
    use std::os::fd::AsFd as _;
    std::io::stderr().as_fd().try_clone_to_owned().map_or_else(|_| Stdio::inherit(), Stdio::from)
}

#[cfg(not(unix))]
fn stderr() -> Stdio {
    Stdio::inherit()
}

impl Watched {
    /// Whether there was a command and it has ended.
    pub fn is_over(&self) -> bool {
        self.waiter.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// Says what was lost: silence about that would be a lie.
pub fn report_losses(counters: &Counters, global: &Global) -> Result<()> {
    use std::io::Write as _;
    let mut err = render::stderr(global);
    if counters.lost() > 0 {
        let Counters { lost_ring_full, lost_too_long, lost_busy, .. } = counters;
        writeln!(
            err,
            "warning: {} of {} events were lost ({lost_ring_full} since the ring was full, {lost_too_long} too long, {lost_busy} \
             while another was being made); a larger `--ring` helps against the first",
            counters.lost(),
            counters.lost() + counters.sent
        )?;
    }
    if counters.compat_calls > 0 {
        writeln!(err, "warning: {} calls of programs of 32 bits were not seen", counters.compat_calls)?;
    }
    Ok(())
}
