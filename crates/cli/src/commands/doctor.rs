//! `falco-rs doctor`: what works on this machine.

use std::io::Write as _;

use falco_catalog::EventSet;
use falco_probe::detect::{Check, Machine};
#[cfg(target_os = "linux")]
use falco_probe::snapshot::{From, Snapshot};
use falco_probe::{Live, Scope, Settings};
use serde_json::json;

use crate::args::Doctor;
use crate::{Outcome, Result};

/// Looks, tries, and tells. Something missing is a finding.
pub fn run(args: &Doctor) -> Result {
    let machine = Machine::detect();
    let mut checks = machine.checks();
    if machine.ready().is_ok() {
        checks.extend(load());
    }
    // Without these the probe works, with less.
    let ok = checks.iter().all(|c| c.ok || ["tracefs", "iterators"].contains(&c.name));
    let mut out = std::io::stdout().lock();
    if args.json {
        let list: Vec<_> =
            checks.iter().map(|c| json!({"name": c.name, "ok": c.ok, "found": c.found, "help": c.help})).collect();
        writeln!(out, "{}", json!({"version": 1, "live": ok, "checks": list}))?;
    } else {
        for Check { name, ok, found, help } in &checks {
            writeln!(out, "{} {name}: {found}", if *ok { "✓" } else { "✗" })?;
            if let Some(help) = help {
                writeln!(out, "    {help}")?;
            }
        }
        writeln!(
            out,
            "{}",
            if ok { "`run --live` and `record` work here" } else { "`run --live` and `record` do not work here" }
        )?;
    }
    Ok(if ok { Outcome::Clean } else { Outcome::Findings })
}

/// Tries it: only the kernel knows whether it takes the programs.
fn load() -> Vec<Check> {
    let settings = Settings { events: EventSet::EMPTY, scope: Scope::Started, ..Settings::default() };
    match Live::open(&settings) {
        Ok(live) => {
            let early = live.sees_calls_begin();
            let found = if early {
                "paths are read when calls begin"
            } else {
                "paths are read when calls return: they may be changed meanwhile"
            };
            let help = (!early).then(|| "mount -t tracefs nodev /sys/kernel/tracing".into());
            vec![
                Check { name: "programs", ok: true, found: "the kernel takes them".into(), help: None },
                #[cfg(target_os = "linux")]
                iterators(),
                Check { name: "tracefs", ok: early, found: found.into(), help },
            ]
        }
        Err(error) => vec![Check {
            name: "programs",
            ok: false,
            found: error.to_string(),
            help: Some("the kernel's lockdown, a seccomp filter or a container's rules may forbid BPF".into()),
        }],
    }
}

/// Where the first picture of the machine comes from.
#[cfg(target_os = "linux")]
fn iterators() -> Check {
    let name = "iterators";
    match Snapshot::take_from(From::Best) {
        Ok((_, ways)) => {
            let missing = ways.missing();
            let found = match missing.is_empty() {
                true => "threads, arguments, files and sockets come from the kernel's iterators".to_owned(),
                false => format!("from /proc comes: {}", missing.join("; ")),
            };
            let help = (!missing.is_empty()).then(|| "arguments and environment need Linux 5.18".into());
            Check { name, ok: missing.is_empty(), found, help }
        }
        Err(error) => Check { name, ok: false, found: error.to_string(), help: None },
    }
}
