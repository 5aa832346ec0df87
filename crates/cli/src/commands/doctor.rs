//! `falco-rs doctor`: what works on this machine.

use std::io::Write as _;

use falco_catalog::EventSet;
use falco_probe::detect::{Check, Machine};
use falco_probe::host::Host;
#[cfg(target_os = "linux")]
use falco_probe::privilege::Rights;
#[cfg(target_os = "linux")]
use falco_probe::snapshot::{From, Snapshot};
use falco_probe::{Scope, Settings};
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

/// Tries it as the live commands do: only the kernel knows whether it takes the programs. At the end this process has no rights any more.
fn load() -> Vec<Check> {
    let settings = Settings { events: EventSet::EMPTY, scope: Scope::Machine, ..Settings::default() };
    let host = Host::start(&[], false);
    #[cfg(target_os = "linux")]
    let process = host.as_ref().ok().map(Host::id);
    match host.and_then(|host| host.open(&settings)) {
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
                #[cfg(target_os = "linux")]
                separation(process),
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

/// What the two processes of a live command have: the one that keeps the programs going, and the one that reads rules.
#[cfg(target_os = "linux")]
fn separation(host: Option<u32>) -> Check {
    let kept = Rights::of(host).map_or(0, |rights| rights.permitted.count_ones());
    let given_up = super::live::give_up(None).map(|()| Rights::of(None).unwrap_or_default());
    let (ok, found) = match given_up {
        Ok(rights) => {
            let found = format!(
                "rules are read by user {} with no capabilities; the part that holds the programs keeps {kept}",
                rights.uid
            );
            (rights.effective == 0 && rights.no_new_privs, found)
        }
        Err(error) => (false, error.to_string()),
    };
    Check { name: "separation", ok, found, help: None }
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
