//! `proc.*` and `thread.*`: the event's thread, its process and their ancestors.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::event::PROCINFO_E;
use falco_catalog::field as ids;
use falco_catalog::{FieldArg, FieldId, FieldRef};

use super::paths::{concat, join_items};
use crate::render::sink::Sink;
use crate::state::{StrList, Thread};
use crate::value::Value;
use crate::view::View;

/// How far `proc.aenv[NAME]` climbs.
const ENV_LEVELS: u32 = 20;

/// Capabilities in the order of their bits.
#[rustfmt::skip]
const CAPABILITIES: [&str; 41] = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
    "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
    "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
];

pub(super) fn extract<'a>(view: &'a View<'_>, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
    if field.id == ids::THREAD_TID {
        return id_value(view.event.tid);
    }
    let thread = view.thread()?;
    let machine = view.machine;
    let parent = || machine.ancestor(thread, 1);
    let bytes = |text: &'a [u8]| Some(Value::Bytes(text));
    match field.id {
        ids::PROC_NAME => bytes(&thread.comm),
        ids::PROC_EXE => bytes(&thread.exe),
        ids::PROC_EXEPATH => bytes(&thread.exepath),
        ids::PROC_CMDLINE => bytes(thread.cmdline()),
        ids::PROC_ARGS => bytes(match field.arg {
            FieldArg::Index(n) => usize::try_from(n).ok().and_then(|n| thread.args.get(n)).unwrap_or_default(),
            _ => thread.args_text(),
        }),
        ids::PROC_EXELINE => bytes(concat(&[&thread.exe, b" ", thread.args_text()], arena)),
        ids::PROC_CMDNARGS => Some(Value::Uint(thread.args.len() as u64)),
        ids::PROC_CMDLENARGS => Some(Value::Uint(thread.args.iter().map(|arg| arg.len() as u64).sum())),
        ids::PROC_PNAME => bytes(&parent()?.comm),
        ids::PROC_PEXE => bytes(&parent()?.exe),
        ids::PROC_PEXEPATH => bytes(&parent()?.exepath),
        ids::PROC_PCMDLINE => bytes(parent()?.cmdline()),
        ids::PROC_ANAME => lineage(view, &field.arg, arena, |t| Some(Value::Bytes(&t.comm))),
        ids::PROC_AEXE => lineage(view, &field.arg, arena, |t| Some(Value::Bytes(&t.exe))),
        ids::PROC_AEXEPATH => lineage(view, &field.arg, arena, |t| Some(Value::Bytes(&t.exepath))),
        ids::PROC_ACMDLINE => lineage(view, &field.arg, arena, |t| Some(Value::Bytes(t.cmdline()))),
        ids::PROC_AARGS => lineage(view, &field.arg, arena, |t| Some(Value::Bytes(t.args_text()))),
        ids::PROC_APID => lineage(view, &field.arg, arena, |t| id_value(t.pid)),
        ids::PROC_ENV => bytes(match &field.arg {
            FieldArg::Key(name) => variable(machine.env(thread), name.as_bytes()),
            _ => joined(machine.env(thread), arena),
        }),
        ids::PROC_AENV => ancestors_environment(view, thread, &field.arg, arena),
        ids::PROC_CWD => bytes(machine.cwd(thread)),
        ids::PROC_LOGINSHELLID => {
            let main = view.main_thread()?;
            let shells = std::iter::once(main).chain(machine.ancestors(main)).filter(|t| t.comm.ends_with(b"sh"));
            shells.last().map(|shell| Value::Int(shell.pid))
        }
        ids::PROC_TTY => Some(Value::Uint(thread.tty.into())),
        ids::PROC_PID => id_value(thread.pid),
        ids::PROC_PPID => id_value(parent()?.pid),
        ids::PROC_VPID => known_id(thread.vpid),
        ids::THREAD_VTID => known_id(thread.vtid),
        ids::PROC_PVPID => Some(Value::Int(machine.thread(thread.ptid)?.vpid)),
        ids::PROC_SID => Some(Value::Int(thread.sid)),
        ids::PROC_VPGID => Some(Value::Int(thread.vpgid)),
        ids::PROC_PGID => Some(Value::Int(thread.pgid)),
        ids::PROC_SNAME | ids::PROC_SID_EXE | ids::PROC_SID_EXEPATH => {
            bytes(of_leader(machine.leader(thread, |t| t.sid, true), field.id))
        }
        ids::PROC_VPGID_NAME | ids::PROC_VPGID_EXE | ids::PROC_VPGID_EXEPATH => {
            bytes(of_leader(machine.leader(thread, |t| t.vpgid, true), field.id))
        }
        ids::PROC_PGID_NAME | ids::PROC_PGID_EXE | ids::PROC_PGID_EXEPATH => {
            bytes(of_leader(machine.leader(thread, |t| t.pgid, false), field.id))
        }
        ids::PROC_IS_SID_LEADER => Some(Value::Bool(thread.sid == thread.vpid)),
        ids::PROC_IS_VPGID_LEADER => Some(Value::Bool(thread.vpgid == thread.vpid)),
        ids::PROC_IS_PGID_LEADER => Some(Value::Bool(thread.pgid == thread.pid)),
        ids::PROC_DURATION => nonzero(thread.clone_ts).map(|start| Value::Uint(view.event.ts.wrapping_sub(start))),
        ids::PROC_PID_TS => nonzero(thread.clone_ts).map(Value::Uint),
        ids::PROC_PPID_TS => Some(Value::Uint(parent()?.clone_ts)),
        ids::PROC_PPID_DURATION => Some(Value::Uint(match parent()?.clone_ts {
            // Falco's code runs on into the next field here.
            0 => machine.fd_open_count(thread),
            start => view.event.ts.wrapping_sub(start),
        })),
        ids::PROC_IS_EXE_WRITABLE => Some(Value::Bool(thread.exe_writable)),
        ids::PROC_IS_EXE_UPPER_LAYER => Some(Value::Bool(thread.exe_upper_layer)),
        ids::PROC_IS_EXE_LOWER_LAYER => Some(Value::Bool(thread.exe_lower_layer)),
        ids::PROC_IS_EXE_FROM_MEMFD => Some(Value::Bool(thread.exe_from_memfd)),
        ids::PROC_EXE_INO => nonzero(thread.exe_ino).map(|ino| Value::Int(ino as i64)),
        ids::PROC_EXE_INO_CTIME => nonzero(thread.exe_ino_ctime).map(Value::Uint),
        ids::PROC_EXE_INO_MTIME => nonzero(thread.exe_ino_mtime).map(Value::Uint),
        ids::PROC_EXE_INO_CTIME_DURATION_PROC_START => nonzero(thread.exe_ino_ctime_duration_clone_ts).map(Value::Uint),
        ids::PROC_EXE_INO_CTIME_DURATION_PIDNS_START => {
            nonzero(thread.exe_ino_ctime_duration_pidns_start).map(Value::Uint)
        }
        ids::PROC_PIDNS_INIT_START_TS => nonzero(thread.pidns_init_start_ts).map(Value::Uint),
        ids::THREAD_CAP_PERMITTED => bytes(capabilities(thread.cap_permitted, arena)),
        ids::THREAD_CAP_INHERITABLE => bytes(capabilities(thread.cap_inheritable, arena)),
        ids::THREAD_CAP_EFFECTIVE => bytes(capabilities(thread.cap_effective, arena)),
        ids::PROC_FDOPENCOUNT => Some(Value::Uint(machine.fd_open_count(thread))),
        ids::PROC_FDLIMIT => Some(Value::Int(machine.fd_limit(thread))),
        ids::PROC_FDUSAGE => Some(Value::Double(match machine.fd_limit(thread) {
            limit @ 1.. => machine.fd_open_count(thread) as f64 * 100.0 / limit as f64,
            _ => 0.0,
        })),
        ids::PROC_VMSIZE => Some(Value::Uint(thread.vmsize_kb.into())),
        ids::PROC_VMRSS => Some(Value::Uint(thread.vmrss_kb.into())),
        ids::PROC_VMSWAP => Some(Value::Uint(thread.vmswap_kb.into())),
        ids::THREAD_VMSIZE => Some(of_main(thread, thread.vmsize_kb)),
        ids::THREAD_VMRSS => Some(of_main(thread, thread.vmrss_kb)),
        ids::THREAD_VMSIZE_B => Some(of_main(thread, thread.vmsize_kb.wrapping_mul(1024))),
        ids::THREAD_VMRSS_B => Some(of_main(thread, thread.vmrss_kb.wrapping_mul(1024))),
        ids::THREAD_PFMAJOR => Some(Value::Uint(thread.pfmajor)),
        ids::THREAD_PFMINOR => Some(Value::Uint(thread.pfminor)),
        ids::THREAD_ISMAIN => Some(Value::Bool(thread.is_main())),
        ids::THREAD_NAMETID => {
            let mut out = BumpVec::new_in(arena);
            out.put(&thread.comm);
            out.put_int(view.event.tid);
            bytes(out.into_bump_slice())
        }
        ids::THREAD_CGROUPS => cgroups(thread, arena),
        ids::THREAD_CGROUP => match &field.arg {
            FieldArg::Key(subsystem) => thread
                .cgroups
                .iter()
                .find(|(name, _)| *name == subsystem.as_bytes())
                .map(|(_, path)| Value::Bytes(path)),
            _ => None,
        },
        ids::PROC_NTHREADS => Some(Value::Uint(machine.thread_group(thread).map_or(0, |group| group.alive))),
        ids::PROC_NCHILDS => {
            let alive = machine.thread_group(thread).map_or(0, |group| group.alive);
            let main_lives = view.main_thread().is_some_and(|main| !main.is_dead());
            Some(Value::Uint(if main_lives { alive.saturating_sub(1) } else { alive }))
        }
        // What the thread has used so far; the session makes differences of it.
        ids::THREAD_CPU => cpu_time(view, true, true),
        ids::THREAD_CPU_USER => cpu_time(view, true, false),
        ids::THREAD_CPU_SYSTEM => cpu_time(view, false, true),
        ids::PROC_STDIN_TYPE => bytes(machine.fd(thread, 0)?.ty.as_str().as_bytes()),
        ids::PROC_STDOUT_TYPE => bytes(machine.fd(thread, 1)?.ty.as_str().as_bytes()),
        ids::PROC_STDERR_TYPE => bytes(machine.fd(thread, 2)?.ty.as_str().as_bytes()),
        ids::PROC_STDIN_NAME => bytes(&machine.fd(thread, 0)?.name),
        ids::PROC_STDOUT_NAME => bytes(&machine.fd(thread, 1)?.name),
        ids::PROC_STDERR_NAME => bytes(&machine.fd(thread, 2)?.name),
        // thread.exectime and thread.totexectime look back at events before: the session's business.
        _ => None,
    }
}

fn nonzero(n: u64) -> Option<u64> {
    (n != 0).then_some(n)
}

/// Ids outside this range are nobody's.
fn id_value<'a>(id: i64) -> Option<Value<'a>> {
    (-1..=i64::from(u32::MAX)).contains(&id).then_some(Value::Int(id))
}

fn known_id<'a>(id: i64) -> Option<Value<'a>> {
    (id != -1).then_some(Value::Int(id))
}

fn of_main<'a>(thread: &Thread, n: u32) -> Value<'a> {
    Value::Uint(if thread.is_main() { n.into() } else { 0 })
}

/// A field of one ancestor, counted from the process itself, or of all from the parent up.
fn lineage<'a>(
    view: &'a View<'_>,
    arg: &FieldArg,
    arena: &'a Bump,
    value: impl Fn(&'a Thread) -> Option<Value<'a>>,
) -> Option<Value<'a>> {
    if let FieldArg::Index(n) = arg {
        return value(view.machine.ancestor(view.thread()?, u32::try_from(*n).ok()?)?);
    }
    let main = view.main_thread()?;
    let mut out = BumpVec::new_in(arena);
    out.extend(view.machine.ancestors(main).filter_map(value));
    if out.is_empty() { None } else { Some(Value::Ancestors(out.into_bump_slice())) }
}

fn of_leader(leader: Option<&Thread>, id: FieldId) -> &[u8] {
    let Some(leader) = leader else { return b"" };
    match id {
        ids::PROC_SNAME | ids::PROC_VPGID_NAME | ids::PROC_PGID_NAME => &leader.comm,
        ids::PROC_SID_EXE | ids::PROC_VPGID_EXE | ids::PROC_PGID_EXE => &leader.exe,
        _ => &leader.exepath,
    }
}

/// A variable's value without blanks around it; empty where there is none.
fn variable<'a>(env: &'a StrList, name: &[u8]) -> &'a [u8] {
    let value = |entry: &'a [u8]| entry.strip_prefix(name)?.strip_prefix(b"=");
    env.iter().find_map(value).unwrap_or_default().trim_ascii()
}

fn joined<'a>(env: &StrList, arena: &'a Bump) -> &'a [u8] {
    join_items(env.iter(), b' ', arena)
}

fn ancestors_environment<'a>(
    view: &'a View<'_>,
    thread: &'a Thread,
    arg: &FieldArg,
    arena: &'a Bump,
) -> Option<Value<'a>> {
    let machine = view.machine;
    match arg {
        FieldArg::Key(name) => {
            let found = (1..=ENV_LEVELS)
                .map_while(|n| machine.ancestor(thread, n))
                .map(|ancestor| variable(machine.env(ancestor), name.as_bytes()))
                .find(|value| !value.is_empty());
            Some(Value::Bytes(found.unwrap_or_default()))
        }
        FieldArg::Index(0) => Some(Value::Bytes(joined(machine.env(thread), arena))),
        FieldArg::Index(_) | FieldArg::None => {
            lineage(view, arg, arena, |ancestor| Some(Value::Bytes(joined(machine.env(ancestor), arena))))
        }
    }
}

fn capabilities(bits: u64, arena: &Bump) -> &[u8] {
    let mut out = BumpVec::new_in(arena);
    for (bit, name) in CAPABILITIES.iter().enumerate() {
        if bits & (1 << bit) != 0 {
            out.put(if out.is_empty() { b"CAP_" } else { b" CAP_" });
            out.put(name.as_bytes());
        }
    }
    out.into_bump_slice()
}

fn cgroups<'a>(thread: &Thread, arena: &'a Bump) -> Option<Value<'a>> {
    if thread.cgroups.is_empty() {
        return None;
    }
    let mut out = BumpVec::new_in(arena);
    for (i, (subsystem, path)) in thread.cgroups.iter().enumerate() {
        if i > 0 {
            out.put_byte(b' ');
        }
        out.put(subsystem);
        out.put_byte(b'=');
        out.put(path);
    }
    Some(Value::Bytes(out.into_bump_slice()))
}

fn cpu_time<'a>(view: &View<'_>, user: bool, system: bool) -> Option<Value<'a>> {
    if view.event.ty != PROCINFO_E {
        return None;
    }
    let part = |wanted: bool, index| if wanted { view.event.u64(index).ok().flatten().unwrap_or(0) } else { 0 };
    Some(Value::Uint(part(user, 0).wrapping_add(part(system, 1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_have_names_in_bit_order() {
        let arena = Bump::new();
        assert_eq!(capabilities(0, &arena), b"");
        assert_eq!(capabilities(1 | 1 << 21 | 1 << 40, &arena), b"CAP_CHOWN CAP_SYS_ADMIN CAP_CHECKPOINT_RESTORE");
        assert_eq!(capabilities(u64::MAX, &arena).split(|b| *b == b' ').count(), 41);
    }

    #[test]
    fn environment_variables_match_whole_names() {
        let env = StrList::from_nul_separated(b"PATHS=x\0PATH= /bin \0EMPTY=\0");
        assert_eq!(variable(&env, b"PATH"), b"/bin");
        assert_eq!(variable(&env, b"EMPTY"), b"");
        assert_eq!(variable(&env, b"HOME"), b"");
    }
}
