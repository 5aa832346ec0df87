//! `fs.path.*`: the paths that file system calls work on, whether or not they open them.

use bumpalo::Bump;
use falco_catalog::event;
use falco_catalog::field as ids;
use falco_catalog::{EventType, FieldId};

use super::paths::{concat, dirfd_base, join_in};
use crate::render::params::text_of;
use crate::state::{FdType, UNKNOWN_DIR};
use crate::value::Value;
use crate::view::View;

/// Where a call has a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A parameter, relative to the working directory.
    Param(&'static str),
    /// A parameter, relative to the directory of the event's descriptor.
    ParamAtFd(&'static str),
    /// A parameter, relative to the directory of another parameter's descriptor, which must be a directory.
    ParamAtDir(&'static str, &'static str),
    /// The same, by the rule for descriptors of opened files.
    ParamAtDirfd(&'static str, &'static str),
    /// A parameter that is relative to nothing known.
    ParamAtUnknown(&'static str),
    /// The name of the event's descriptor.
    FdName,
}

/// The paths of a call.
#[derive(Debug, Clone, Copy, Default)]
struct Places {
    name: Option<Place>,
    source: Option<Place>,
    target: Option<Place>,
}

fn places(ty: EventType) -> Option<Places> {
    use Place::*;
    let name = |place| Some(Places { name: Some(place), ..Places::default() });
    let pair = |source, target| Some(Places { source: Some(source), target: Some(target), name: None });
    match ty {
        event::SYSCALL_MKDIR_2_X | event::SYSCALL_RMDIR_2_X | event::SYSCALL_UNLINK_2_X => name(Param("path")),
        event::SYSCALL_CHOWN_X | event::SYSCALL_LCHOWN_X => name(Param("path")),
        event::SYSCALL_CHMOD_X => name(Param("filename")),
        event::SYSCALL_OPEN_X => name(Param("name")),
        event::SYSCALL_UMOUNT_X | event::SYSCALL_UMOUNT_1_X | event::SYSCALL_UMOUNT2_X => name(Param("name")),
        event::SYSCALL_QUOTACTL_X => name(Param("special")),
        event::SYSCALL_OPENAT_2_X | event::SYSCALL_OPENAT2_X => name(ParamAtFd("name")),
        event::SYSCALL_MKDIRAT_X => name(ParamAtDir("path", "dirfd")),
        event::SYSCALL_UNLINKAT_2_X => name(ParamAtDir("name", "dirfd")),
        event::SYSCALL_FCHMODAT_X => name(ParamAtDir("filename", "dirfd")),
        event::SYSCALL_FCHOWNAT_X => name(ParamAtDir("pathname", "dirfd")),
        event::SYSCALL_FCHMOD_X | event::SYSCALL_FCHOWN_X => name(FdName),
        event::SYSCALL_RENAME_X | event::SYSCALL_RENAMEAT_X => pair(Param("oldpath"), Param("newpath")),
        event::SYSCALL_RENAMEAT2_X => pair(ParamAtDirfd("oldpath", "olddirfd"), ParamAtDirfd("newpath", "newdirfd")),
        // A link's source is the new path, as Falco has it.
        event::SYSCALL_LINK_2_X | event::SYSCALL_LINKAT_2_X => pair(Param("newpath"), Param("oldpath")),
        event::SYSCALL_SYMLINK_X => pair(Param("linkpath"), Param("target")),
        event::SYSCALL_SYMLINKAT_X => pair(ParamAtDir("linkpath", "linkdirfd"), ParamAtUnknown("target")),
        event::SYSCALL_MOUNT_X => pair(Param("dev"), Param("dir")),
        _ => None,
    }
}

/// Whether the call did what it was asked. Opening is taken to have worked unless it failed with error 1.
fn succeeded(view: &View<'_>) -> bool {
    match view.event.ty {
        event::SYSCALL_OPEN_X | event::SYSCALL_OPENAT_2_X | event::SYSCALL_OPENAT2_X => {
            view.event.i64(0).ok().flatten().is_some_and(|fd| fd != -1)
        }
        _ => view.event.i64(0).ok().flatten() == Some(0),
    }
}

pub(super) fn extract<'a>(view: &'a View<'_>, id: FieldId, arena: &'a Bump) -> Option<Value<'a>> {
    let places = places(view.event.ty)?;
    let (place, raw) = match id {
        ids::FS_PATH_NAME => (places.name, false),
        ids::FS_PATH_NAMERAW => (places.name, true),
        ids::FS_PATH_SOURCE => (places.source, false),
        ids::FS_PATH_SOURCERAW => (places.source, true),
        ids::FS_PATH_TARGET => (places.target, false),
        ids::FS_PATH_TARGETRAW => (places.target, true),
        _ => return None,
    };
    let place = place?;
    if !succeeded(view) {
        return None;
    }
    let path = match place {
        Place::FdName => &view.fd()?.name[..],
        Place::Param(param)
        | Place::ParamAtFd(param)
        | Place::ParamAtDir(param, _)
        | Place::ParamAtDirfd(param, _)
        | Place::ParamAtUnknown(param) => param_text(view, param)?,
    };
    if raw {
        return Some(Value::Bytes(path));
    }
    if path.first() == Some(&b'/') {
        return Some(Value::Bytes(join_in(b"", path, arena)));
    }
    let thread = view.thread()?;
    let dirfd = |param| view.event.i64(view.event.ty.info()?.param(param)?.0).ok()?;
    let base: &[u8] = match place {
        Place::Param(_) | Place::FdName => view.machine.cwd(thread),
        Place::ParamAtUnknown(_) => UNKNOWN_DIR,
        Place::ParamAtFd(_) => {
            let name = view.fd().map_or(UNKNOWN_DIR, |fd| &fd.name);
            return Some(Value::Bytes(name));
        }
        Place::ParamAtDirfd(_, param) => match dirfd(param) {
            Some(dirfd) => dirfd_base(view, thread, path, dirfd, arena),
            None => UNKNOWN_DIR,
        },
        Place::ParamAtDir(_, param) => {
            let directory = dirfd(param).and_then(|num| view.machine.fd(thread, num));
            match directory.filter(|fd| fd.ty == FdType::Directory) {
                Some(fd) => concat(&[&fd.name, b"/"], arena),
                None => UNKNOWN_DIR,
            }
        }
    };
    Some(Value::Bytes(join_in(base, path, arena)))
}

fn param_text<'a>(view: &'a View<'_>, param: &str) -> Option<&'a [u8]> {
    let (index, _) = view.event.ty.info()?.param(param)?;
    let bytes = view.event.param(index)?;
    Some(if bytes.is_empty() { b"<NA>" } else { text_of(bytes) })
}
