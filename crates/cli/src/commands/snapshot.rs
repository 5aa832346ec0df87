//! `falco-rs snapshot`: the processes of this machine.

use std::io::Write as _;

#[cfg(target_os = "linux")]
use falco_probe::snapshot::{From, Snapshot};

#[cfg(target_os = "linux")]
use crate::args::PictureFrom;
use crate::args::Snapshot as Args;
use crate::{Outcome, Result};

/// Prints the picture.
#[cfg(target_os = "linux")]
pub fn run(args: &Args) -> Result {
    let from = match args.from {
        None => From::Best,
        Some(PictureFrom::Procfs) => From::Procfs,
        Some(PictureFrom::Iterators) => From::Iterators,
    };
    let (snapshot, ways) = Snapshot::take_from(from)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        serde_json::to_writer(&mut out, &linux::document(&snapshot, &ways)).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        for process in snapshot.processes.iter().filter(|p| p.tid == p.pid) {
            let fds = snapshot.fds.iter().find(|list| list.tid == process.pid).map_or(0, |list| list.fds.len());
            let command = linux::texts(&process.exe, &process.args).join(" ");
            writeln!(out, "{:>8} {:>8} {:>6} {:>4} {command}", process.pid, process.ptid, process.uid, fds)?;
        }
    }
    out.flush()?;
    Ok(Outcome::Clean)
}

/// There is nothing to look at.
#[cfg(not(target_os = "linux"))]
pub fn run(_args: &Args) -> Result {
    Err(crate::error::CliError::Usage("a snapshot needs Linux's /proc".into()))
}

#[cfg(target_os = "linux")]
mod linux {
    use falco_probe::snapshot::{Snapshot, Way, Ways};
    use falco_scap::item::{FdEntry, FdInfo, InterfaceAddr, ProcessEntry};
    use serde_json::{Value, json};

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn items(bytes: &[u8]) -> Vec<String> {
        let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        if bytes.is_empty() { Vec::new() } else { bytes.split(|b| *b == 0).map(text).collect() }
    }

    /// The first argument and the others.
    pub fn texts(exe: &[u8], args: &[u8]) -> Vec<String> {
        std::iter::once(text(exe)).chain(items(args)).collect()
    }

    pub fn document(snapshot: &Snapshot, ways: &Ways) -> Value {
        let Snapshot { machine, interfaces, users, processes, fds } = snapshot;
        let interfaces: Vec<_> = interfaces
            .iter()
            .map(|i| {
                let (addr, netmask) = match i.addr {
                    InterfaceAddr::V4 { addr, netmask, .. } => (addr.to_string(), netmask.to_string()),
                    InterfaceAddr::V6 { addr, netmask, .. } => (addr.to_string(), netmask.to_string()),
                };
                json!({"name": text(&i.name), "addr": addr, "netmask": netmask})
            })
            .collect();
        let fds_of =
            |tid| fds.iter().find(|list| list.tid == tid).map(|list| list.fds.iter().map(fd).collect::<Vec<_>>());
        let way = |way: &Way| match way {
            Way::Iterator => json!({"way": "iterator"}),
            Way::Procfs(why) => json!({"way": "procfs", "why": why}),
        };
        json!({
            "version": 1,
            "from": {"threads": way(&ways.threads), "texts": way(&ways.texts), "files": way(&ways.files)},
            "machine": {
                "hostname": text(&machine.hostname), "num_cpus": machine.num_cpus,
                "memory_size_bytes": machine.memory_size_bytes, "boot_ts_epoch": machine.boot_ts_epoch,
            },
            "interfaces": interfaces,
            "users": users.users.iter().map(|u| json!({"uid": u.uid, "gid": u.gid, "name": text(&u.name)})).collect::<Vec<_>>(),
            "groups": users.groups.iter().map(|g| json!({"gid": g.gid, "name": text(&g.name)})).collect::<Vec<_>>(),
            "threads": processes.iter().map(|p| thread(p, fds_of(p.tid))).collect::<Vec<_>>(),
        })
    }

    fn thread(p: &ProcessEntry, fds: Option<Vec<Value>>) -> Value {
        json!({
            "tid": p.tid, "pid": p.pid, "ptid": p.ptid, "sid": p.sid, "pgid": p.pgid, "vpgid": p.vpgid,
            "vtid": p.vtid, "vpid": p.vpid, "comm": text(&p.comm), "exepath": text(&p.exepath),
            "args": texts(&p.exe, &p.args), "env": items(&p.env), "cwd": text(&p.cwd), "root": text(&p.root),
            "uid": p.uid, "gid": p.gid, "loginuid": p.loginuid, "tty": p.tty, "fdlimit": p.fdlimit,
            "cgroups": items(&p.cgroups), "cap_inheritable": p.cap_inheritable, "cap_permitted": p.cap_permitted,
            "cap_effective": p.cap_effective, "exe_ino": p.exe_ino, "exe_ino_ctime": p.exe_ino_ctime,
            "exe_ino_mtime": p.exe_ino_mtime, "exe_writable": p.exe_writable, "exe_from_memfd": p.exe_from_memfd,
            "exe_upper_layer": p.exe_upper_layer, "exe_lower_layer": p.exe_lower_layer,
            "pidns_init_start_ts": p.pidns_init_start_ts, "pfmajor": p.pfmajor, "pfminor": p.pfminor,
            "vmsize_kb": p.vmsize_kb, "vmrss_kb": p.vmrss_kb, "vmswap_kb": p.vmswap_kb, "fds": fds,
        })
    }

    fn fd(entry: &FdEntry) -> Value {
        let mut value = json!({"fd": entry.fd, "ino": entry.ino, "type": entry.info.code()});
        let more = match &entry.info {
            FdInfo::FileV2 { open_flags, name, dev } => {
                json!({"name": text(name), "open_flags": open_flags, "dev": dev})
            }
            FdInfo::Named { name, .. } => json!({"name": text(name)}),
            FdInfo::Unix { source, destination, name } => {
                json!({"name": text(name), "source": source, "destination": destination})
            }
            FdInfo::Ipv4 { sip, dip, sport, dport, .. } => {
                json!({"sip": sip.to_string(), "sport": sport, "dip": dip.to_string(), "dport": dport})
            }
            FdInfo::Ipv6 { sip, dip, sport, dport, .. } => {
                json!({"sip": sip.to_string(), "sport": sport, "dip": dip.to_string(), "dport": dport})
            }
            FdInfo::Ipv4Server { ip, port, .. } => json!({"ip": ip.to_string(), "port": port}),
            FdInfo::Ipv6Server { ip, port, .. } => json!({"ip": ip.to_string(), "port": port}),
            FdInfo::Unknown => json!({}),
        };
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        value
    }
}
