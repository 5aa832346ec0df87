//! Which container a control group belongs to.

use std::borrow::Cow;

use super::cgroups::Cgroups;

/// A container found in a control group's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    id: &'a [u8],
    /// For runtimes that nobody can be asked about: their name. What is known of such a container is this.
    pub(crate) runtime: Option<&'static str>,
}

impl Found<'_> {
    /// The id, cut to twelve characters where it is a hash.
    pub(crate) fn id(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.id)
    }
}

/// Length of an id that is a hash, and of what is shown of it.
const HASH_LEN: usize = 64;
const SHOWN_LEN: usize = 12;

/// What stands before and after the hash, in the order in which the runtimes are tried: podman, docker, CRI.
const LAYOUTS: [(&[u8], &[u8]); 12] = [
    (b"/libpod-", b".scope"),
    (b"/libpod-", b".scope/container"),
    (b"/libpod-", b""),
    (b"/libpod-payload-", b""),
    (b"/", b""),
    (b"/docker-", b".scope"),
    (b"/crio-", b""),
    (b"/cri-containerd-", b".scope"),
    (b"/crio-", b".scope"),
    (b":cri-containerd:", b""),
    (b"/docker-", b".scope"),
    (b"/nerdctl-", b".scope"),
];

/// Finds the container of a thread by its control groups: the first path that any runtime claims.
pub(crate) fn find(cgroups: &Cgroups) -> Option<Found<'_>> {
    cgroups.iter().find_map(|(_, path)| find_in_path(path))
}

fn find_in_path(path: &[u8]) -> Option<Found<'_>> {
    // Most threads belong to the host and most paths are short, so the cheap answer comes first.
    if path.len() <= 1 {
        return None;
    }
    let hash = LAYOUTS.iter().filter(|_| path.len() > HASH_LEN).find_map(|&(prefix, suffix)| {
        let (start, id) = between(path, prefix, suffix)?;
        is_hash(path, start, id).then(|| &id[..SHOWN_LEN])
    });
    let known = |id| Found { id, runtime: None };
    let quiet = |runtime| move |id| Found { id, runtime: Some(runtime) };
    hash.or_else(|| containerd(path))
        .map(known)
        .or_else(|| lxc(path).map(quiet("lxc")))
        .or_else(|| libvirt_lxc(path).map(quiet("libvirt-lxc")))
        .or_else(|| bpm(path).map(quiet("bpm")))
        .filter(|found| !found.id.is_empty())
}

/// What stands between the last `prefix` and the last `suffix`, and where it starts.
fn between<'a>(path: &'a [u8], prefix: &[u8], suffix: &[u8]) -> Option<(usize, &'a [u8])> {
    let start = memchr::memmem::rfind(path, prefix)? + prefix.len();
    let end = if suffix.is_empty() { path.len() } else { memchr::memmem::rfind(path, suffix)? };
    Some((start, path.get(start..end)?))
}

/// Whether `id`, which starts at `start`, is taken for a hash. The reference looks for a wrong character in the whole rest of
/// the path and compares its place, counted from the path's start, with a hash's length: deep in a path any 64 characters pass.
fn is_hash(path: &[u8], start: usize, id: &[u8]) -> bool {
    let wrong = || path.iter().skip(start).position(|b| !b.is_ascii_hexdigit());
    id.len() == HASH_LEN && wrong().is_none_or(|at| start + at >= HASH_LEN)
}

/// `/namespace/id`, where the id can be any name; but not what systemd made.
fn containerd(path: &[u8]) -> Option<&[u8]> {
    let systemd = [&b".service"[..], b".slice", b".scope"].iter().any(|suffix| path.ends_with(suffix));
    let namespace = namespace(path)?;
    let (start, id) = between(path, namespace, b"")?;
    let claimed = is_hash(path, start, id) || (!systemd && (1..=HASH_LEN).contains(&id.len()));
    claimed.then(|| &id[..id.len().min(SHOWN_LEN)])
}

/// The first path component that is a name (letters and digits, with single `.`, `_` or `-` between them), with the slashes
/// around it.
fn namespace(path: &[u8]) -> Option<&[u8]> {
    let mut start = 0;
    while let Some(slash) = memchr::memchr(b'/', path.get(start..)?) {
        let from = start + slash;
        let rest = path.get(from + 1..)?;
        let len = memchr::memchr(b'/', rest)?;
        let name = &rest[..len];
        let is_name = name
            .split(|b| matches!(b, b'.' | b'_' | b'-'))
            .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric));
        if is_name {
            return path.get(from..from + len + 2);
        }
        start = from + 1;
    }
    None
}

fn lxc(path: &[u8]) -> Option<&[u8]> {
    let layouts = [&b"/lxc/"[..], b"/lxc.payload/", b"/lxc.payload."];
    layouts.iter().find_map(|layout| {
        let rest = after(path, layout)?;
        rest.split(|&b| b == b'/').next()
    })
}

fn libvirt_lxc(path: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = path.strip_suffix(b".libvirt-lxc")
        && let Some(slash) = memchr::memrchr(b'/', rest)
    {
        return rest.get(slash + 1..);
    }
    // systemd writes a dash as `\x2d`.
    if let Some(rest) = after(path, b"-lxc\\x2") {
        let name = rest.strip_suffix(b".scope/libvirt").or_else(|| rest.strip_suffix(b".scope"));
        if let Some(name) = name.and_then(|name| name.get(1..)) {
            return Some(name);
        }
    }
    after(path, b"/libvirt/lxc/")
}

fn bpm(path: &[u8]) -> Option<&[u8]> {
    let rest = after(path, b"bpm-")?;
    let end = memchr::memmem::find(rest, b".scope").unwrap_or(rest.len());
    let id = &rest[..end];
    id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')).then_some(id)
}

fn after<'a>(path: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    path.get(memchr::memmem::find(path, what)? + what.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "3f2a9c0d1e7b5a4f3f2a9c0d1e7b5a4f3f2a9c0d1e7b5a4f3f2a9c0d1e7b5a4f";

    fn id(path: &str) -> String {
        let path = path.replace("HASH", HASH);
        find_in_path(path.as_bytes()).map_or_else(String::new, |found| String::from_utf8_lossy(found.id).into_owned())
    }

    #[test]
    fn the_layouts_of_the_runtimes() {
        for path in [
            "/docker/HASH",
            "/system.slice/docker-HASH.scope",
            "/machine.slice/libpod-HASH.scope",
            "/machine.slice/libpod-HASH.scope/container",
            "/libpod_parent/libpod-HASH",
            "/kubepods/besteffort/podaa/HASH",
            "/kubepods.slice/kubepods-podaa.slice/cri-containerd-HASH.scope",
            "/kubepods.slice/kubepods-podaa.slice/crio-HASH.scope",
            "/kubepods-podaa.slice:cri-containerd:HASH",
            "/default/HASH",
        ] {
            assert_eq!(id(path), "3f2a9c0d1e7b", "{path}");
        }
        assert_eq!(id("/default/nginx"), "nginx", "containerd takes any name");
        assert_eq!(id("/lxc/box/ns"), "box/ns", "the containerd form comes first");
        assert_eq!(id("/lxc.payload.box"), "box");
        assert_eq!(id("/machine.slice/machine-lxc\\x2d22\\x2dbox.scope"), "22\\x2dbox");
        assert_eq!(id("/bpm-job.scope"), "job");
    }

    #[test]
    fn the_host_is_no_container() {
        for path in ["/", "", "/user.slice/user-1000.slice/session-3.scope", "/system.slice/ssh.service", "/init.scope"]
        {
            assert_eq!(id(path), "", "{path}");
        }
    }
}
