//! What all commands that watch the running kernel do alike: start the privileged part, give up all rights, open the source.
//!
//! The order is the point. [`Privileged::start`] comes first; then what only the one who called may write is opened; then
//! [`Privileged::give_up`]; and only what comes of that can open the source. Rules and filters, which others wrote, are read in between.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use falco_catalog::EventSet;
use falco_probe::host::Host;
use falco_probe::{Counters, Live, Scope, Settings, stop_on_signals};

use crate::Result;
use crate::args::{Global, Watch};
use crate::render;

/// The privileged part is started, and this process still has all its rights.
#[derive(Debug)]
pub struct Privileged {
    host: Host,
}

/// This process has no rights any more.
#[derive(Debug)]
pub struct Confined {
    host: Host,
}

impl Privileged {
    /// Starts the privileged part. The command is named here, before anything was read that could change it; a `silent` one neither
    /// reads nor writes the terminal.
    pub fn start(watch: &Watch, silent: bool) -> Result<Self> {
        Ok(Self { host: Host::start(&watch.command, silent)? })
    }

    /// Gives up all rights, and becomes who called `sudo` or whom `--user` names. No thread may have been started before.
    pub fn give_up(self, watch: &Watch) -> Result<Confined> {
        give_up(watch.user.as_deref())?;
        Ok(Confined { host: self.host })
    }
}

impl Confined {
    /// Opens the live source as the arguments say, for these events. The command starts now, if there is one.
    pub fn open(self, watch: &Watch, events: EventSet, jobs: usize) -> Result<Live> {
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
            rings: watch.rings(jobs),
            deadline: watch.duration.and_then(|d| Instant::now().checked_add(d)),
            stop: Arc::clone(&stop),
        };
        stop_on_signals(&stop);
        Ok(self.host.open(&settings)?)
    }
}

/// Gives up all rights of this process, and becomes the one who called `sudo` or the user that is named.
pub fn give_up(user: Option<&str>) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        let user = falco_probe::privilege::target(user)?;
        falco_probe::privilege::give_up(user.as_ref(), &[])?;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = user;
    Ok(())
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
