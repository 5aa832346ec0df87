//! A picture of the machine as it is: what a capture's header tells.
//!
//! Threads and open files come from the kernel's iterators (`iterators`), whose programs are in bpf/snapshot.bpf.c, or from /proc
//! (`procfs`): part by part, since kernels and rights differ. Both ways give the same picture.
//!
//! Processes come and go while this reads. What ends meanwhile is left out, or comes with less than it would have had.

mod accounts;
mod fds;
#[cfg(probe)]
mod iterators;
mod process;
mod procfs;
#[cfg_attr(not(probe), allow(dead_code))]
mod records;
mod sockets;
mod ways;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use falco_scap::item::{FdList, Interface, MachineInfo, ProcessEntry, UserList};
use falco_scap::{Item, Section};

use self::sockets::Sockets;
pub use self::ways::{From, Way, Ways};
use crate::ProbeError;

/// The machine, its processes, what they have open, its users and addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Snapshot {
    pub machine: MachineInfo,
    pub interfaces: Vec<Interface>,
    pub users: UserList,
    /// Every thread, by its number.
    pub processes: Vec<ProcessEntry>,
    /// Of every process, by its number.
    pub fds: Vec<FdList>,
}

impl Snapshot {
    /// Looks at everything, each part the best way that there is here.
    ///
    /// # Errors
    /// When there is no /proc to read.
    pub fn take() -> Result<Self, ProbeError> {
        Self::take_from(From::Best).map(|(snapshot, _)| snapshot)
    }

    /// Looks at everything and says which way each part came.
    ///
    /// # Errors
    /// When there is no /proc to read, or [`From::Iterators`] cannot give all.
    pub fn take_from(from: From) -> Result<(Self, Ways), ProbeError> {
        let boot_epoch = boot_epoch();
        let (parts, ways) = ways::read(from, boot_epoch)?;
        let mut processes = match parts.threads {
            Some(threads) => threads,
            None => procfs::threads(boot_epoch)?,
        };
        if ways.texts != Way::Iterator && ways.threads == Way::Iterator {
            processes.iter_mut().filter(|p| p.tid == p.pid).for_each(process::add_texts);
        }
        share(&mut processes);
        processes.sort_by_key(|p| p.tid);
        let mut mains: BTreeSet<i64> = processes.iter().filter(|p| p.tid == p.pid).map(|p| p.pid).collect();
        let fds = match parts.files {
            None => procfs::files(mains.into_iter()),
            Some(mut lists) => {
                mains.remove(&i64::from(std::process::id()));
                // Who came after the threads were looked at comes with its own event; who has nothing open has an empty list.
                lists.retain(|pid, _| mains.contains(pid));
                let list = |tid| FdList { tid, fds: lists.remove(&tid).unwrap_or_default() };
                mains.into_iter().map(list).collect()
            }
        };
        let (interfaces, users) = (accounts::interfaces(), accounts::users());
        Ok((Self { machine: machine(), interfaces, users, processes, fds }, ways))
    }

    /// The same as a capture's reader gives it.
    pub fn into_items(self) -> Vec<Item<'static>> {
        let Self { machine, interfaces, users, processes, fds } = self;
        let section = Section { major: 1, minor: 2, options_len: 0 };
        let mut items = vec![
            Item::Section(section),
            Item::Machine(machine),
            Item::Interfaces(interfaces),
            Item::Users(users),
            Item::Processes(processes),
        ];
        items.extend(fds.into_iter().map(Item::Fds));
        items
    }
}

/// Gives the threads of a process what they share with its first one.
fn share(threads: &mut [ProcessEntry]) {
    let several: BTreeSet<i64> = threads.iter().filter(|t| t.tid != t.pid).map(|t| t.pid).collect();
    let mains = threads.iter().filter(|t| t.tid == t.pid && several.contains(&t.pid));
    let mains: HashMap<i64, ProcessEntry> = mains.map(|main| (main.pid, main.clone())).collect();
    for thread in threads.iter_mut().filter(|t| t.tid != t.pid) {
        if let Some(main) = mains.get(&thread.pid) {
            process::share(thread, main);
        }
    }
}

/// The entries of a folder of /proc that are numbers, in order.
fn numbers(path: &str) -> Result<Vec<i64>, ProbeError> {
    let error = |source| ProbeError::Proc { path: path.to_owned(), source };
    let entries = fs::read_dir(path).map_err(error)?.flatten();
    let mut numbers: Vec<i64> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// What a process has open, by its number.
pub fn descriptors(pid: i64) -> Option<FdList> {
    fs::metadata(format!("/proc/{pid}/fd")).ok()?;
    Some(FdList { tid: pid, fds: fds::read(pid, &mut Sockets::default()) })
}

/// A process and all that descend from it.
///
/// # Errors
/// When there is no such process.
pub fn tree_of(pid: u32) -> Result<BTreeSet<u32>, ProbeError> {
    fs::metadata(format!("/proc/{pid}")).map_err(|source| ProbeError::Proc { path: format!("/proc/{pid}"), source })?;
    let mut children: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for pid in numbers("/proc")? {
        if let Some(parent) = process::parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut tree = BTreeSet::new();
    let mut todo = vec![i64::from(pid)];
    while let Some(pid) = todo.pop() {
        if u32::try_from(pid).is_ok_and(|pid| tree.insert(pid)) {
            todo.extend(children.get(&pid).into_iter().flatten());
        }
    }
    Ok(tree)
}

fn clock(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `timespec`, to which the pointer leads.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// Nanoseconds since the boot, by the clock that the programs use.
pub fn since_boot() -> u64 {
    clock(libc::CLOCK_BOOTTIME)
}

/// Nanoseconds from the epoch to the boot, by the clock that the programs use.
pub fn boot_epoch() -> u64 {
    // Whoever is interrupted between the two would be late; of a few tries the nearest is the one with the least difference.
    let tries = (0..5).map(|_| {
        let before = since_boot();
        let now = clock(libc::CLOCK_REALTIME);
        now.saturating_sub(before)
    });
    tries.min().unwrap_or(0)
}

fn machine() -> MachineInfo {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let memory = text("/proc/meminfo");
    let kb = memory.lines().find_map(|l| l.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    MachineInfo {
        num_cpus: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        memory_size_bytes: kb.unwrap_or(0) * 1024,
        max_pid: text("/proc/sys/kernel/pid_max").trim().parse().unwrap_or(0),
        hostname: text("/proc/sys/kernel/hostname").trim().as_bytes().to_vec(),
        boot_ts_epoch: boot_epoch(),
        ..MachineInfo::default()
    }
}
