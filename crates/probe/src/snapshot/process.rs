//! One thread, out of its folder in /proc.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;

use falco_engine::state::clone_flags;
use falco_scap::item::ProcessEntry;

/// What the programs take of arguments and environment, too.
const MAX_TEXT: usize = 4096;
const CAP_DAC_OVERRIDE: u64 = 1 << 1;
/// The subsystems that the programs name, in their order.
const SUBSYSTEMS: [&str; 5] = ["cpuset", "cpu", "cpuacct", "io", "memory"];

/// The parent's number.
pub fn parent(pid: i64) -> Option<i64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    field(&status, "PPid:")?.parse().ok()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|l| l.strip_prefix(name)).map(str::trim)
}

fn link(path: &str) -> Vec<u8> {
    fs::read_link(path).map(|p| OsString::from(p).into_vec()).unwrap_or_default()
}

/// Bytes of a list of texts, each ended by a NUL; cut as the programs cut it.
fn list(path: &str) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap_or_default();
    bytes.truncate(MAX_TEXT);
    if let Some(last) = bytes.last_mut() {
        *last = 0;
    }
    bytes
}

/// Reads a thread; what all threads of a process share, only of the first one. `None` when it is gone, or the kernel's own.
pub fn read(pid: i64, tid: i64) -> Option<ProcessEntry> {
    let dir = format!("/proc/{pid}/task/{tid}");
    let status = fs::read_to_string(format!("{dir}/status")).ok()?;
    let stat = fs::read_to_string(format!("{dir}/stat")).ok()?;
    // The name stands in brackets and may hold anything; what follows the last bracket are numbers.
    let stat: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let numbered = |i: usize| stat.get(i).and_then(|n| n.parse::<i64>().ok());
    const PF_KTHREAD: i64 = 0x20_0000;
    if numbered(6)? & PF_KTHREAD != 0 {
        return None;
    }
    let get = |name: &str| field(&status, name);
    let last = |name: &str| get(name).and_then(|v| v.split_whitespace().last()).and_then(|v| v.parse::<i64>().ok());
    let id = |name: &str| get(name).and_then(|v| v.split_whitespace().nth(1)).and_then(|v| v.parse::<u32>().ok());
    let kb = |name: &str| get(name).and_then(|v| v.split_whitespace().next()).and_then(|v| v.parse().ok()).unwrap_or(0);
    let caps = |name: &str| get(name).and_then(|v| u64::from_str_radix(v, 16).ok()).unwrap_or(0);
    let mut entry = ProcessEntry {
        tid,
        pid,
        ptid: last("PPid:").unwrap_or(0),
        pgid: numbered(2).unwrap_or(-1),
        sid: last("NSsid:").or(numbered(3)).unwrap_or(-1),
        vpgid: last("NSpgid:").or(numbered(2)).unwrap_or(-1),
        vtid: last("NSpid:").unwrap_or(tid),
        vpid: last("NStgid:").unwrap_or(pid),
        comm: get("Name:").map(unescape).unwrap_or_default(),
        uid: id("Uid:").unwrap_or(u32::MAX),
        gid: id("Gid:").unwrap_or(u32::MAX),
        vmsize_kb: kb("VmSize:"),
        vmrss_kb: kb("VmRSS:"),
        vmswap_kb: kb("VmSwap:"),
        pfminor: numbered(7).and_then(|n| n.try_into().ok()).unwrap_or(0),
        pfmajor: numbered(9).and_then(|n| n.try_into().ok()).unwrap_or(0),
        tty: numbered(4).and_then(|n| n.try_into().ok()).unwrap_or(0),
        cap_inheritable: caps("CapInh:"),
        cap_permitted: caps("CapPrm:"),
        cap_effective: caps("CapEff:"),
        flags: if tid == pid { 0 } else { clone_flags::THREAD | clone_flags::FILES },
        ..ProcessEntry::default()
    };
    if tid == pid {
        shared(&mut entry, &format!("/proc/{pid}"));
    }
    Some(entry)
}

/// Gives a thread what it shares with the first one of its process.
pub fn share(entry: &mut ProcessEntry, main: &ProcessEntry) {
    entry.exe.clone_from(&main.exe);
    entry.args.clone_from(&main.args);
    entry.exepath.clone_from(&main.exepath);
    entry.cwd.clone_from(&main.cwd);
    entry.root.clone_from(&main.root);
    entry.env.clone_from(&main.env);
    entry.cgroups.clone_from(&main.cgroups);
    (entry.loginuid, entry.fdlimit) = (main.loginuid, main.fdlimit);
    (entry.exe_ino, entry.exe_ino_ctime, entry.exe_ino_mtime) = (main.exe_ino, main.exe_ino_ctime, main.exe_ino_mtime);
    (entry.exe_writable, entry.exe_from_memfd) = (main.exe_writable, main.exe_from_memfd);
    (entry.exe_upper_layer, entry.exe_lower_layer) = (main.exe_upper_layer, main.exe_lower_layer);
    entry.pidns_init_start_ts = main.pidns_init_start_ts;
}

/// The first argument and the others, each ended by a NUL.
pub fn set_args(entry: &mut ProcessEntry, args: &[u8]) {
    let first = args.iter().position(|b| *b == 0).map_or(args.len(), |at| at + 1);
    let (exe, rest) = args.split_at(first);
    entry.exe = exe.strip_suffix(b"\0").unwrap_or(exe).to_vec();
    entry.args = rest.to_vec();
}

/// Arguments and environment of a process.
pub fn add_texts(entry: &mut ProcessEntry) {
    let dir = format!("/proc/{}", entry.pid);
    set_args(entry, &list(&format!("{dir}/cmdline")));
    entry.env = list(&format!("{dir}/environ"));
}

/// When a process began, in nanoseconds after the boot; the kernel tells hundredths of a second.
pub fn start_ns(pid: i64) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    ticks.checked_mul(10_000_000)
}

/// What belongs to the process.
fn shared(entry: &mut ProcessEntry, dir: &str) {
    add_texts(entry);
    entry.exepath = link(&format!("{dir}/exe"));
    entry.cwd = link(&format!("{dir}/cwd"));
    entry.root = link(&format!("{dir}/root"));
    entry.cgroups = cgroups(&fs::read_to_string(format!("{dir}/cgroup")).unwrap_or_default());
    entry.loginuid =
        fs::read_to_string(format!("{dir}/loginuid")).ok().and_then(|n| n.trim().parse().ok()).unwrap_or(u32::MAX);
    let limits = fs::read_to_string(format!("{dir}/limits")).unwrap_or_default();
    let limit = limits.lines().find_map(|l| l.strip_prefix("Max open files")?.split_whitespace().next());
    entry.fdlimit = limit.and_then(|n| n.parse().ok()).unwrap_or(-1);
    // A memfd is told as the programs tell it: by its bare name.
    if entry.exepath.starts_with(b"/memfd:") {
        entry.exe_from_memfd = true;
        let name = entry.exepath.get(1..).unwrap_or_default();
        entry.exepath = name.strip_suffix(b" (deleted)").unwrap_or(name).to_vec();
    }
    if let Ok(meta) = fs::metadata(format!("{dir}/exe")) {
        let ns = |s: i64, ns: i64| s.saturating_mul(1_000_000_000).saturating_add(ns).try_into().unwrap_or(0);
        entry.exe_ino = meta.ino();
        entry.exe_ino_ctime = ns(meta.ctime(), meta.ctime_nsec());
        entry.exe_ino_mtime = ns(meta.mtime(), meta.mtime_nsec());
        let bit = match () {
            () if entry.cap_effective & CAP_DAC_OVERRIDE != 0 => 0o222,
            () if meta.uid() == entry.uid => 0o200,
            () if meta.gid() == entry.gid => 0o020,
            () => 0o002,
        };
        entry.exe_writable = bit == 0o222 || meta.mode() & bit != 0;
    }
}

/// The lines of `/proc/PID/cgroup` as items `subsystem=path`. In the unified hierarchy one path stands for all subsystems.
fn cgroups(text: &str) -> Vec<u8> {
    let mut unified = None;
    let mut of: Vec<(&str, &str)> = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        match names {
            "" => unified = Some(path),
            _ => of.extend(names.split(',').map(|name| (name, path))),
        }
    }
    let mut items = Vec::new();
    for name in SUBSYSTEMS {
        let v1 = if name == "io" { "blkio" } else { name };
        if let Some(path) = of.iter().find(|(n, _)| *n == v1).map(|(_, path)| *path).or(unified) {
            items.extend_from_slice(format!("{name}={path}\0").as_bytes());
        }
    }
    items
}

/// `status` writes a backslash and a line end in a name as two characters.
fn unescape(name: &str) -> Vec<u8> {
    name.replace("\\n", "\n").replace("\\\\", "\\").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_this_process() {
        let pid = i64::from(std::process::id());
        let entry = read(pid, pid).unwrap();
        assert_eq!((entry.tid, entry.pid, entry.vpid), (pid, pid, pid));
        assert_eq!(entry.exe, std::env::args_os().next().unwrap().into_vec());
        assert_eq!(entry.exepath, std::env::current_exe().unwrap().into_os_string().into_vec());
        assert_eq!(entry.cwd, std::env::current_dir().unwrap().into_os_string().into_vec());
        assert_eq!(entry.exe_ino, fs::metadata(std::env::current_exe().unwrap()).unwrap().ino());
        assert!(entry.vmrss_kb > 0 && entry.fdlimit > 0);
        assert!(read(i64::from(i32::MAX), i64::from(i32::MAX)).is_none());
    }

    #[test]
    fn both_generations_of_control_groups() {
        let unified = cgroups("0::/user.slice\n");
        assert_eq!(
            unified,
            b"cpuset=/user.slice\0cpu=/user.slice\0cpuacct=/user.slice\0io=/user.slice\0memory=/user.slice\0"
        );
        let old = cgroups("4:cpu,cpuacct:/a\n3:blkio:/b\n2:memory:/c:d\n");
        assert_eq!(old, b"cpu=/a\0cpuacct=/a\0io=/b\0memory=/c:d\0");
    }
}
