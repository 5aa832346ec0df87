//! The picture out of /proc.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use falco_scap::item::{FdList, ProcessEntry};

use super::sockets::Sockets;
use super::{fds, numbers, process};
use crate::ProbeError;

/// Every thread; what they share, only in the first of a process.
///
/// # Errors
/// When there is no /proc to read.
pub fn threads(boot_epoch: u64) -> Result<Vec<ProcessEntry>, ProbeError> {
    let mut entries = Vec::new();
    let mut namespaces = Namespaces { boot_epoch, starts: HashMap::new() };
    for pid in numbers("/proc")? {
        let Some(mut main) = process::read(pid, pid) else { continue };
        main.pidns_init_start_ts = namespaces.start(&main);
        let tids = numbers(&format!("/proc/{pid}/task")).unwrap_or_default();
        entries.extend(tids.into_iter().filter(|tid| *tid != pid).filter_map(|tid| process::read(pid, tid)));
        entries.push(main);
    }
    Ok(entries)
}

/// What processes have open. What this process has open is the probe itself, which is nobody's business and which Debian's sysdig
/// cannot read.
pub fn files(processes: impl Iterator<Item = i64>) -> Vec<FdList> {
    let mut sockets = Sockets::default();
    let others = processes.filter(|pid| *pid != i64::from(std::process::id()));
    others.map(|pid| FdList { tid: pid, fds: fds::read(pid, &mut sockets) }).collect()
}

/// When the first processes of the namespaces of process numbers began.
struct Namespaces {
    boot_epoch: u64,
    starts: HashMap<PathBuf, u64>,
}

impl Namespaces {
    /// The first process of a namespace comes first, since numbers count upwards; should they have begun anew, 0 says that it is not
    /// known. In the machine's own namespace it is the boot.
    fn start(&mut self, process: &ProcessEntry) -> u64 {
        if process.vpid == process.pid {
            return self.boot_epoch;
        }
        let Ok(namespace) = fs::read_link(format!("/proc/{}/ns/pid", process.pid)) else { return 0 };
        if process.vpid == 1 {
            let ns = process::start_ns(process.pid).map_or(0, |ns| self.boot_epoch.saturating_add(ns));
            self.starts.insert(namespace, ns);
            return ns;
        }
        self.starts.get(&namespace).copied().unwrap_or(0)
    }
}
