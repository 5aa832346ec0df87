//! `fd.*`: the descriptor that the event is about.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::event;
use falco_catalog::field as ids;
use falco_catalog::{EventType, FieldArg, FieldId, FieldRef};

use super::paths::{concat, dirfd_base, join_in, without_double_slashes};
use super::socket::{End, bound, l4_of, server, tuple};
use crate::render::params::{Rendered, render, text_of};
use crate::render::sink::Sink;
use crate::state::{Connection, Fd, FdType, L4Proto, Role, Thread};
use crate::value::Value;
use crate::view::View;

pub(super) fn extract<'a>(view: &'a View<'_>, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
    let flags = view.event.ty.info()?.flags;
    if !(flags.creates_fd() || flags.uses_fd() || flags.destroys_fd()) {
        return None;
    }
    let thread = view.thread()?;
    let bytes = |text: &'a [u8]| Some(Value::Bytes(text));
    match field.id {
        ids::FD_NUM => return Some(Value::Int(view.ctx.last_event_fd)),
        ids::FD_TYPES => return types(view, thread, &field.arg, arena),
        ids::FD_UID => {
            let mut out = BumpVec::with_capacity_in(24, arena);
            out.put_int(thread.tid);
            out.put_int(view.ctx.last_event_fd);
            return bytes(out.into_bump_slice());
        }
        _ => {}
    }
    let Some(fd) = view.fd() else {
        return without_fd(view, thread, field.id, arena);
    };
    let in_container = |text: &[u8]| bytes(concat(&[thread.container_id.as_bytes(), b":", text], arena));
    match field.id {
        ids::FD_NAME => bytes(&fd.name),
        ids::FD_CONTAINERNAME => in_container(&fd.name),
        ids::FD_NAMERAW => bytes(without_double_slashes(&fd.name_raw, arena)),
        ids::FD_TYPE => bytes(fd.ty.as_str().as_bytes()),
        ids::FD_TYPECHAR => bytes(arena.alloc_slice_copy(&[fd.ty.as_char()])),
        ids::FD_DIRECTORY => bytes(directory(fd)?),
        ids::FD_CONTAINERDIRECTORY => in_container(directory(fd)?),
        ids::FD_FILENAME if is_file(fd) => bytes(file_name(&fd.name)),
        ids::FD_L4PROTO => bytes(match l4_of(fd) {
            L4Proto::Tcp => b"tcp",
            L4Proto::Udp => b"udp",
            L4Proto::Icmp => b"icmp",
            L4Proto::Raw => b"raw",
            L4Proto::Unknown | L4Proto::Na => b"<NA>",
        }),
        ids::FD_SOCKFAMILY => match fd.ty {
            FdType::Ipv4Sock | FdType::Ipv6Sock | FdType::Ipv4Servsock | FdType::Ipv6Servsock => bytes(b"ip"),
            FdType::UnixSock => bytes(b"unix"),
            _ => None,
        },
        ids::FD_IS_SERVER => Some(Value::Bool(match fd.ty {
            FdType::Ipv4Servsock | FdType::Ipv6Servsock => true,
            _ => tuple(fd).is_some_and(|(_, server)| view.machine.is_local(thread, server.0)),
        })),
        ids::FD_CONNECTED => Some(Value::Bool(fd.connection == Connection::Connected)),
        ids::FD_NAME_CHANGED => Some(Value::Bool(view.ctx.fd_name_changed)),
        ids::FD_DEV => Some(Value::Uint(fd.dev.into())),
        ids::FD_DEV_MAJOR => Some(Value::Uint(((fd.dev & 0xf_ff00) >> 8).into())),
        ids::FD_DEV_MINOR => Some(Value::Uint(((fd.dev & 0xff) | ((fd.dev >> 12) & 0xf_ff00)).into())),
        ids::FD_INO => Some(Value::Int(fd.ino as i64)),
        ids::FD_IS_UPPER_LAYER => Some(Value::Bool(fd.overlay_upper)),
        ids::FD_IS_LOWER_LAYER => Some(Value::Bool(fd.overlay_lower)),
        _ => address(view, thread, fd, field.id, arena),
    }
}

/// Fields about addresses and ports.
fn address<'a>(view: &View<'_>, thread: &Thread, fd: &Fd, id: FieldId, arena: &'a Bump) -> Option<Value<'a>> {
    let ip = |end: End| Some(Value::Ip(end.0));
    let port = |end: End| Some(Value::Uint(end.1.into()));
    let port_text = |end: End| {
        let mut out = BumpVec::with_capacity_in(5, arena);
        out.put_uint(end.1.into());
        Some(Value::Bytes(out.into_bump_slice()))
    };
    let known_role = fd.role != Role::None;
    // Only with a role is it known which end is whose.
    let ends = || tuple(fd).filter(|_| known_role);
    let local_first = || ends().map(|(a, b)| if view.machine.is_local(thread, a.0) { (a, b) } else { (b, a) });
    match id {
        ids::FD_CIP | ids::FD_CNET | ids::FD_CIP_NAME => ip(ends()?.0),
        ids::FD_CPORT => port(ends()?.0),
        ids::FD_CPROTO => port_text(ends()?.0),
        ids::FD_SIP | ids::FD_SNET | ids::FD_SIP_NAME => ip(server(fd).filter(|_| known_role)?),
        ids::FD_SPORT => port(ends().map(|(_, server)| server).or_else(|| bound(fd))?),
        ids::FD_SPROTO => port_text(ends().map(|(_, server)| server).or_else(|| bound(fd))?),
        ids::FD_LIP | ids::FD_LNET | ids::FD_LIP_NAME => ip(local_first()?.0),
        ids::FD_LPORT => port(local_first()?.0),
        ids::FD_LPROTO => port_text(local_first()?.0),
        ids::FD_RIP | ids::FD_RNET | ids::FD_RIP_NAME => ip(local_first()?.1),
        ids::FD_RPORT => port(local_first()?.1),
        ids::FD_RPROTO => port_text(local_first()?.1),
        ids::FD_IP | ids::FD_NET => either_end(fd, ip, arena),
        ids::FD_PORT | ids::FD_PROTO => either_end(fd, port, arena),
        _ => None,
    }
}

fn either_end<'a>(fd: &Fd, value: impl Fn(End) -> Option<Value<'a>>, arena: &'a Bump) -> Option<Value<'a>> {
    let items: &[Value<'a>] = match (tuple(fd), bound(fd)) {
        (Some((client, server)), _) => arena.alloc_slice_copy(&[value(client)?, value(server)?]),
        (None, Some(end)) => arena.alloc_slice_copy(&[value(end)?]),
        (None, None) => return None,
    };
    Some(Value::Ends(items))
}

/// The types of a process's descriptors, each once, or the type of one of them.
fn types<'a>(view: &'a View<'_>, thread: &'a Thread, arg: &FieldArg, arena: &'a Bump) -> Option<Value<'a>> {
    if let FieldArg::Index(num) = arg {
        let ty = view.machine.fd(thread, *num)?.ty.as_str().as_bytes();
        return Some(Value::List(arena.alloc_slice_copy(&[Value::Bytes(ty)])));
    }
    let mut found = BumpVec::new_in(arena);
    if let Some((_, table)) = view.machine.fd_table(thread) {
        for (_, fd) in table.iter() {
            let ty = Value::Bytes(fd.ty.as_str().as_bytes());
            if !found.contains(&ty) {
                found.push(ty);
            }
        }
    }
    Some(Value::List(found.into_bump_slice()))
}

fn is_file(fd: &Fd) -> bool {
    matches!(fd.ty, FdType::File | FdType::FileV2)
}

fn directory(fd: &Fd) -> Option<&[u8]> {
    match fd.ty {
        FdType::File | FdType::FileV2 => Some(parent(&fd.name)),
        FdType::Directory => Some(&fd.name),
        _ => None,
    }
}

/// A path up to its last slash. One that ends in a slash is left as it is.
fn parent(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None | Some(0) => b"/",
        Some(slash) if slash + 1 == path.len() => path,
        Some(slash) => &path[..slash],
    }
}

/// What follows a path's last slash; the whole of one that ends in a slash, and a slash where there is none.
fn file_name(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None => b"/",
        Some(slash) if slash + 1 == path.len() => path,
        Some(slash) => &path[slash + 1..],
    }
}

/// A call that should have made a descriptor and failed still says what it was to be.
fn without_fd<'a>(view: &'a View<'_>, thread: &'a Thread, id: FieldId, arena: &'a Bump) -> Option<Value<'a>> {
    let bytes = |text: &'a [u8]| Some(Value::Bytes(text));
    let in_container = |text: &[u8]| bytes(concat(&[thread.container_id.as_bytes(), b":", text], arena));
    match id {
        ids::FD_NAME => bytes(intended_name(view, thread, false, arena)?),
        ids::FD_CONTAINERNAME => in_container(intended_name(view, thread, false, arena)?),
        ids::FD_NAMERAW => bytes(without_double_slashes(intended_name(view, thread, true, arena)?, arena)),
        ids::FD_DIRECTORY => bytes(parent(intended_name(view, thread, false, arena)?)),
        ids::FD_CONTAINERDIRECTORY => in_container(parent(intended_name(view, thread, false, arena)?)),
        ids::FD_TYPECHAR => bytes(intended_type(view.event.ty)),
        _ => None,
    }
}

fn intended_type(ty: EventType) -> &'static [u8] {
    match ty.name() {
        // `open` is forgotten in the reference.
        "openat" | "openat2" | "creat" => b"f",
        "socket" | "accept" | "accept4" => b"4",
        "pipe" | "pipe2" => b"p",
        "eventfd" | "eventfd2" => b"e",
        "signalfd" | "signalfd4" => b"s",
        "timerfd_create" => b"t",
        "inotify_init" | "inotify_init1" => b"i",
        _ => b"o",
    }
}

fn intended_name<'a>(view: &'a View<'_>, thread: &'a Thread, raw: bool, arena: &'a Bump) -> Option<&'a [u8]> {
    if !view.event.ty.is_exit() {
        return None;
    }
    match view.event.ty {
        event::SYSCALL_OPEN_X
        | event::SYSCALL_CREAT_X
        | event::SOCKET_ACCEPT_5_X
        | event::SOCKET_ACCEPT4_6_X
        | event::SOCKET_CONNECT_X => {
            let mut out = Rendered::new(arena);
            render(view, 1, arena, &mut out);
            Some(out.best())
        }
        event::SYSCALL_OPENAT_2_X | event::SYSCALL_OPENAT2_X => {
            let name = view.event.param(2).filter(|name| !name.is_empty()).map(text_of)?;
            let dirfd = view.event.i64(1).ok()??;
            if raw {
                return Some(name);
            }
            Some(join_in(dirfd_base(view, thread, name, dirfd, arena), name, arena))
        }
        event::SYSCALL_OPEN_BY_HANDLE_AT_X => view.event.param(3).map(text_of),
        _ => Some(b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_at_their_last_slash() {
        for (path, dir, file) in [
            ("/etc/passwd", "/etc", "passwd"),
            ("/passwd", "/", "passwd"),
            ("passwd", "/", "/"),
            ("/etc/", "/etc/", "/etc/"),
            ("/", "/", "/"),
            ("", "/", "/"),
        ] {
            assert_eq!(
                (parent(path.as_bytes()), file_name(path.as_bytes())),
                (dir.as_bytes(), file.as_bytes()),
                "{path}"
            );
        }
    }
}
