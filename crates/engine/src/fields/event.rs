//! `evt.*` fields of system calls.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::event::{self, EventFlags};
use falco_catalog::field as ids;
use falco_catalog::{EventCategory, EventType, FieldArg, FieldRef, ParamType, Syscall};

use super::paths::{concat, join_in};
use crate::render::params::{Rendered, number_of, render, text_of};
use crate::render::sink::Sink;
use crate::render::time::put_time;
use crate::state::{AT_FDCWD, Fd, FdType, open_flags};
use crate::value::Value;
use crate::view::View;

/// Any of the execute permissions.
const EXEC_BITS: u32 = 0o111;

pub(super) fn extract<'a>(view: &'a View<'_>, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
    let ty = view.event.ty;
    let flag = |test: fn(EventFlags) -> bool| ty.info().is_some_and(|info| test(info.flags));
    let bytes = |text: &'a [u8]| Some(Value::Bytes(text));
    match field.id {
        // Without enter events there are no latencies any more; the fields stay for old rules.
        ids::EVT_LATENCY
        | ids::EVT_LATENCY_S
        | ids::EVT_LATENCY_NS
        | ids::EVT_LATENCY_QUANTIZED
        | ids::EVT_WAIT_LATENCY => Some(Value::Uint(0)),
        ids::EVT_LATENCY_HUMAN => bytes(b"0ns"),
        ids::EVT_OUTPUTTIME => {
            let mut out = BumpVec::with_capacity_in(18, arena);
            put_time(view.event.ts, true, &mut out);
            bytes(out.into_bump_slice())
        }
        ids::EVT_DIR => bytes(if ty.is_exit() { b"<" } else { b">" }),
        ids::EVT_TYPE => bytes(type_name(view)?),
        ids::SYSCALL_TYPE => match ty.info()?.sources.syscall() {
            true => bytes(type_name(view)?),
            false => None,
        },
        ids::EVT_TYPE_IS => Some(Value::Uint(is_type(ty, &field.arg).into())),
        ids::EVT_CATEGORY => bytes(category(view)?.as_bytes()),
        ids::EVT_CPU => Some(Value::Int(i64::from(view.event.cpu as i16))),
        ids::EVT_ARGS | ids::EVT_INFO => bytes(all_params(view, arena)),
        ids::EVT_ARG => {
            let mut out = Rendered::new(arena);
            render(view, param_index(view, &field.arg)?, arena, &mut out);
            bytes(out.best())
        }
        ids::EVT_RAWARG => raw_param(view, param_index(view, &field.arg)?),
        ids::EVT_BUFFER => {
            let (index, _) = ty.info()?.param("data")?;
            view.event.param(index).map(Value::Bytes)
        }
        ids::EVT_BUFLEN
        | ids::EVT_BUFLEN_IN
        | ids::EVT_BUFLEN_OUT
        | ids::EVT_BUFLEN_FILE
        | ids::EVT_BUFLEN_FILE_IN
        | ids::EVT_BUFLEN_FILE_OUT
        | ids::EVT_BUFLEN_NET
        | ids::EVT_BUFLEN_NET_IN
        | ids::EVT_BUFLEN_NET_OUT => buffer_length(view, field),
        ids::EVT_RES => match view.ctx.ret? {
            0.. => bytes(b"SUCCESS"),
            _ => {
                let mut out = Rendered::new(arena);
                render(view, 0, arena, &mut out);
                bytes(out.best())
            }
        },
        ids::EVT_RAWRES => view.ctx.ret.map(Value::Int),
        ids::EVT_FAILED => view.ctx.ret.map(|ret| Value::Bool(ret < 0)),
        ids::EVT_IS_IO => Some(Value::Bool(flag(EventFlags::reads_from_fd) || flag(EventFlags::writes_to_fd))),
        ids::EVT_IS_IO_READ => Some(Value::Bool(flag(EventFlags::reads_from_fd))),
        ids::EVT_IS_IO_WRITE => Some(Value::Bool(flag(EventFlags::writes_to_fd))),
        ids::EVT_IO_DIR if flag(EventFlags::writes_to_fd) => bytes(b"write"),
        ids::EVT_IO_DIR if flag(EventFlags::reads_from_fd) => bytes(b"read"),
        ids::EVT_IS_WAIT => Some(Value::Bool(flag(EventFlags::waits))),
        ids::EVT_IS_SYSLOG => {
            let to_log = |fd: &Fd| memchr::memmem::find(&fd.name, b"/dev/log").is_some();
            Some(Value::Bool(flag(EventFlags::writes_to_fd) && event_fd(view).is_some_and(to_log)))
        }
        ids::EVT_COUNT => Some(Value::Uint(1)),
        ids::EVT_COUNT_ERROR => failures(view),
        ids::EVT_COUNT_ERROR_FILE if about(view) == About::File => failures(view),
        ids::EVT_COUNT_ERROR_NET if about(view) == About::Net => failures(view),
        ids::EVT_COUNT_ERROR_OTHER if about(view) == About::Other => failures(view),
        ids::EVT_COUNT_ERROR_MEMORY if ty.info()?.category == EventCategory::Memory => failures(view),
        ids::EVT_COUNT_EXIT if ty.is_exit() => Some(Value::Uint(1)),
        ids::EVT_COUNT_PROCINFO => {
            let counts = ty == event::PROCINFO_E && view.thread().is_some_and(|thread| thread.is_main());
            Some(Value::Uint(counts.into()))
        }
        ids::EVT_COUNT_THREADINFO => Some(Value::Uint((ty == event::PROCINFO_E).into())),
        ids::EVT_AROUND => match field.arg {
            FieldArg::Index(at) => Some(Value::Uint(view.event.ts.abs_diff(at as u64))),
            _ => None,
        },
        ids::EVT_ABSPATH => bytes(absolute_path(view, &field.arg, arena)?),
        ids::EVT_IS_OPEN_READ => {
            Some(Value::Bool(opened(view).is_some_and(|open| open.flags & open_flags::RDONLY != 0)))
        }
        ids::EVT_IS_OPEN_WRITE => {
            Some(Value::Bool(opened(view).is_some_and(|open| open.flags & open_flags::WRONLY != 0)))
        }
        ids::EVT_IS_OPEN_EXEC => Some(Value::Bool(creates_executable(view))),
        ids::EVT_IS_OPEN_CREATE => Some(Value::Bool(opened(view).is_some_and(|open| {
            open.flags & open_flags::F_CREATED != 0
                || (open.flags & open_flags::TMPFILE != 0 && view.ctx.ret.is_some_and(|ret| ret >= 0))
        }))),
        ids::EVT_INFRA_DOCKER_NAME => infrastructure(view, b"Event").map(Value::Bytes),
        ids::EVT_INFRA_DOCKER_CONTAINER_ID => {
            infrastructure(view, b"ID").map(|id| Value::Bytes(&id[..id.len().min(12)]))
        }
        ids::EVT_INFRA_DOCKER_CONTAINER_NAME => infrastructure(view, b"name").map(Value::Bytes),
        ids::EVT_INFRA_DOCKER_CONTAINER_IMAGE => infrastructure(view, b"Image").map(|image| {
            let end = memchr::memchr(b'@', image).unwrap_or(image.len());
            Value::Bytes(image[..end].trim_ascii())
        }),
        // The time since the last event is the session's business.
        _ => None,
    }
}

/// The event's own descriptor, without the thread's last one in its place.
fn event_fd<'a>(view: &'a View<'_>) -> Option<&'a Fd> {
    view.ctx.fd.and_then(|_| view.fd())
}

/// The event's name; system calls without a code of their own say which they are.
fn type_name<'a>(view: &'a View<'_>) -> Option<&'a [u8]> {
    if view.event.ty != event::GENERIC_X {
        return super::generic::name(view);
    }
    let code = view.event.u16(0).ok().flatten().unwrap_or(0);
    let native = view.event.u16(1).ok().flatten();
    let syscall = match native {
        // The recording kernel had a call that the recorder did not know by name.
        Some(native) if code == 0 => Syscall::from_x86_64(native).unwrap_or(Syscall(0)),
        _ => Syscall(code),
    };
    Some(syscall.name().unwrap_or_default().as_bytes())
}

/// `evt.type.is.NAME` knows the first code of a name and the one after it, as Falco.
fn is_type(ty: EventType, arg: &FieldArg) -> bool {
    match arg {
        FieldArg::Index(code) => i64::from(ty.0) == *code,
        FieldArg::Key(name) => {
            event::by_name(name).iter().min().is_some_and(|first| ty.0 == first.0 || ty.0 == first.0 + 1)
        }
        FieldArg::None => false,
    }
}

fn category(view: &View<'_>) -> Option<&'static str> {
    let category = view.event.ty.info()?.category;
    Some(category.text().unwrap_or_else(|| match event_fd(view).map(|fd| fd.ty) {
        Some(FdType::File | FdType::FileV2 | FdType::Directory) => "file",
        Some(FdType::Ipv4Sock | FdType::Ipv6Sock | FdType::Ipv4Servsock | FdType::Ipv6Servsock) => "net",
        Some(
            FdType::Fifo | FdType::UnixSock | FdType::Event | FdType::Signalfd | FdType::Inotify | FdType::Userfaultfd,
        ) => "ipc",
        _ => "unknown",
    }))
}

/// `name=raw(resolved)` of every parameter.
fn all_params<'a>(view: &View<'_>, arena: &'a Bump) -> &'a [u8] {
    let Some(info) = view.event.ty.info().filter(|_| view.event.ty != event::GENERIC_X) else {
        return b"";
    };
    let mut out = BumpVec::with_capacity_in(128, arena);
    let mut rendered = Rendered::new(arena);
    for (index, param) in info.params.iter().enumerate().take(view.event.param_count()) {
        if index > 0 {
            out.put_byte(b' ');
        }
        render(view, index, arena, &mut rendered);
        out.put(param.name.as_bytes());
        out.put_byte(b'=');
        out.put(&rendered.raw);
        if !rendered.resolved.is_empty() {
            out.put_byte(b'(');
            out.put(&rendered.resolved);
            out.put_byte(b')');
        }
    }
    out.into_bump_slice()
}

/// The parameter that an argument names, if the event has it.
fn param_index(view: &View<'_>, arg: &FieldArg) -> Option<usize> {
    let index = match arg {
        FieldArg::Index(index) => usize::try_from(*index).ok()?,
        FieldArg::Key(name) => view.event.ty.info()?.param(name)?.0,
        FieldArg::None => return None,
    };
    (index < view.event.param_count()).then_some(index)
}

/// A parameter by its type; empty ones have no value.
fn raw_param<'a>(view: &'a View<'_>, index: usize) -> Option<Value<'a>> {
    let info = view.event.ty.info()?.params.get(index)?;
    let bytes = view.event.param(index)?;
    match info.ty {
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath if bytes.is_empty() => {
            Some(Value::Bytes(b"<NA>"))
        }
        _ if bytes.is_empty() => None,
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath => Some(Value::Bytes(text_of(bytes))),
        ParamType::Bytebuf
        | ParamType::Sockaddr
        | ParamType::Socktuple
        | ParamType::Fdlist
        | ParamType::Dyn
        | ParamType::Charbufarray
        | ParamType::CharbufPairArray => Some(Value::Bytes(bytes)),
        ParamType::Bool => number_of(info.ty, bytes).map(|n| Value::Bool(n != 0)),
        ParamType::Int8
        | ParamType::Int16
        | ParamType::Int32
        | ParamType::Int64
        | ParamType::Errno
        | ParamType::Fd
        | ParamType::Pid
        | ParamType::Fd32
        | ParamType::Pid32 => number_of(info.ty, bytes).map(Value::Int),
        _ => number_of(info.ty, bytes).map(|n| Value::Uint(n as u64)),
    }
}

/// What a system call read or wrote: its return value, where the call is of the kind that the field counts.
fn buffer_length<'a>(view: &View<'_>, field: &FieldRef) -> Option<Value<'a>> {
    let info = view.event.ty.info()?;
    let fd = event_fd(view)?;
    let is_file = matches!(fd.ty, FdType::File | FdType::FileV2);
    let is_net = matches!(fd.ty, FdType::Ipv4Sock | FdType::Ipv6Sock | FdType::Ipv4Servsock | FdType::Ipv6Servsock);
    let (read, write) = (info.category == EventCategory::IoRead, info.category == EventCategory::IoWrite);
    let counts = match field.id {
        ids::EVT_BUFLEN_IN => read,
        ids::EVT_BUFLEN_OUT => write,
        ids::EVT_BUFLEN_FILE => is_file,
        ids::EVT_BUFLEN_FILE_IN => is_file && read,
        ids::EVT_BUFLEN_FILE_OUT => is_file && write,
        ids::EVT_BUFLEN_NET => is_net,
        ids::EVT_BUFLEN_NET_IN => is_net && read,
        ids::EVT_BUFLEN_NET_OUT => is_net && write,
        _ => true,
    };
    if !counts || !info.category.is_io() || !view.event.ty.is_exit() {
        return None;
    }
    u64::try_from(view.ctx.ret?).ok().map(Value::Uint)
}

/// 1 when the call failed, 0 when not.
fn failures<'a>(view: &View<'_>) -> Option<Value<'a>> {
    view.ctx.ret.map(|ret| Value::Uint((ret < 0).into()))
}

/// What the error counters sort a call under.
#[derive(PartialEq)]
enum About {
    File,
    Net,
    Memory,
    Other,
}

fn about(view: &View<'_>) -> About {
    match event_fd(view).map(|fd| fd.ty) {
        Some(FdType::File | FdType::FileV2 | FdType::Directory) => About::File,
        Some(FdType::Ipv4Sock | FdType::Ipv6Sock | FdType::Ipv4Servsock | FdType::Ipv6Servsock | FdType::UnixSock) => {
            About::Net
        }
        Some(_) => About::Other,
        None => match view.event.ty {
            event::SYSCALL_OPEN_X
            | event::SYSCALL_CREAT_X
            | event::SYSCALL_OPENAT_2_X
            | event::SYSCALL_OPENAT2_X
            | event::SYSCALL_OPEN_BY_HANDLE_AT_X => About::File,
            event::SOCKET_ACCEPT_5_X | event::SOCKET_ACCEPT4_6_X | event::SOCKET_CONNECT_X => About::Net,
            ty if ty.info().is_some_and(|info| info.category == EventCategory::Memory) => About::Memory,
            _ => About::Other,
        },
    }
}

/// What an `open` asked for.
struct Opened {
    flags: u32,
    /// Absent where the call has none.
    mode: Option<u32>,
}

fn opened(view: &View<'_>) -> Option<Opened> {
    let number = |index| view.event.u32(index).ok().flatten();
    let (flags, mode) = match view.event.ty {
        event::SYSCALL_OPEN_X => (number(2), number(3)),
        event::SYSCALL_OPENAT_2_X | event::SYSCALL_OPENAT2_X => (number(3), number(4)),
        event::SYSCALL_OPEN_BY_HANDLE_AT_X => (number(2), None),
        _ => return None,
    };
    Some(Opened { flags: flags.unwrap_or(0), mode })
}

fn creates_executable(view: &View<'_>) -> bool {
    let mode = match view.event.ty {
        event::SYSCALL_CREAT_X => view.event.u32(2).ok().flatten(),
        _ => {
            opened(view).filter(|open| open.flags & (open_flags::CREAT | open_flags::TMPFILE) != 0).and_then(|o| o.mode)
        }
    };
    mode.is_some_and(|mode| mode & EXEC_BITS != 0)
}

/// `evt.abspath` and its two forms for calls with two paths.
fn absolute_path<'a>(view: &'a View<'_>, arg: &FieldArg, arena: &'a Bump) -> Option<&'a [u8]> {
    let thread = view.thread()?;
    let second = matches!(arg, FieldArg::Key(which) if **which == *"dst");
    let (dirfd, path) = match view.event.ty {
        event::SYSCALL_RENAMEAT_X | event::SYSCALL_RENAMEAT2_X if second => ("newdirfd", "newpath"),
        event::SYSCALL_RENAMEAT_X | event::SYSCALL_RENAMEAT2_X => ("olddirfd", "oldpath"),
        event::SYSCALL_LINKAT_2_X if second => ("newdir", "newpath"),
        event::SYSCALL_LINKAT_2_X => ("olddir", "oldpath"),
        event::SYSCALL_SYMLINKAT_X => ("linkdirfd", "linkpath"),
        event::SYSCALL_OPENAT_2_X | event::SYSCALL_OPENAT2_X | event::SYSCALL_UNLINKAT_2_X => ("dirfd", "name"),
        event::SYSCALL_MKDIRAT_X => ("dirfd", "path"),
        event::SYSCALL_FCHMODAT_X => ("dirfd", "filename"),
        event::SYSCALL_FCHOWNAT_X => ("dirfd", "pathname"),
        event::SYSCALL_OPEN_BY_HANDLE_AT_X => {
            let path = view.event.param(3).map(text_of)?;
            return (view.ctx.ret? > 0).then(|| join_in(b"", path, arena));
        }
        _ => return None,
    };
    let info = view.event.ty.info()?;
    let dirfd = view.event.i64(info.param(dirfd)?.0).ok()??;
    let path = view.event.param(info.param(path)?.0).filter(|path| !path.is_empty()).map(text_of)?;
    let base: &[u8] = if path.first() == Some(&b'/') {
        b"."
    } else if dirfd == AT_FDCWD {
        view.machine.cwd(thread)
    } else {
        match view.machine.fd(thread, dirfd) {
            Some(fd) => concat(&[&fd.name, b"/"], arena),
            None => b"<UNKNOWN>/",
        }
    };
    Some(join_in(base, path, arena))
}

/// An item of an infrastructure event's description, `key:value` between semicolons.
fn infrastructure<'a>(view: &'a View<'_>, key: &[u8]) -> Option<&'a [u8]> {
    if view.event.ty != event::INFRASTRUCTURE_EVENT_E {
        return None;
    }
    let description = view.event.param(2).map(text_of)?;
    let item = description.split(|&b| b == b';').map(<[u8]>::trim_ascii).find(|item| item.starts_with(key))?;
    item.split(|&b| b == b':').nth(1).map(<[u8]>::trim_ascii)
}
