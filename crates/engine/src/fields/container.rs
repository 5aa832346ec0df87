//! `container.*` and `k8s.*`: what the container plugin tells. The identifier comes from the thread's control groups, all else from
//! metadata events in the stream.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::field as ids;
use falco_catalog::{FieldArg, FieldId, FieldRef};

use crate::eval::Glob;
use crate::render::sink::Sink;
use crate::state::{Category, Container, Mount, ProbeKind, Thread};
use crate::value::Value;
use crate::view::View;

/// Length of a short identifier.
const SHORT_ID: usize = 12;

pub(super) fn extract<'a>(view: &'a View<'_>, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
    let machine = view.machine;
    // A metadata event is about the container that it describes.
    let own = machine.event_container(view.ctx.num);
    let thread = if own.is_some() { None } else { Some(view.thread()?) };
    let container = own.or_else(|| thread.and_then(|thread| machine.container_of(thread)));
    match field.id {
        ids::CONTAINER_ID => {
            let id = container.map_or_else(|| thread.map(|t| &*t.container_id).unwrap_or_default(), |c| c.id.as_str());
            Some(Value::Bytes(id.as_bytes()))
        }
        ids::CONTAINER_START_TS => started(thread).map(Value::Uint),
        ids::CONTAINER_DURATION => started(thread).map(|start| Value::Uint(view.event.ts.wrapping_sub(start))),
        ids::PROC_IS_CONTAINER_HEALTHCHECK => is_probe(thread, ProbeKind::Healthcheck),
        ids::PROC_IS_CONTAINER_LIVENESS_PROBE => is_probe(thread, ProbeKind::Liveness),
        ids::PROC_IS_CONTAINER_READINESS_PROBE => is_probe(thread, ProbeKind::Readiness),
        _ => of_metadata(view, container?, field, arena),
    }
}

fn started(thread: Option<&Thread>) -> Option<u64> {
    thread.map(|thread| thread.pidns_init_start_ts).filter(|&start| start != 0)
}

fn is_probe<'a>(thread: Option<&Thread>, kind: ProbeKind) -> Option<Value<'a>> {
    thread.map(|thread| Value::Bool(thread.category == Category::Probe(kind)))
}

fn of_metadata<'a>(
    view: &'a View<'_>,
    container: &'a Container,
    field: &FieldRef,
    arena: &'a Bump,
) -> Option<Value<'a>> {
    let text = |text: &'a str| Some(Value::Bytes(text.as_bytes()));
    let short = |id: &'a str| id.get(..SHORT_ID).unwrap_or(id);
    // A pod's own data may stand with its sandbox.
    let sandbox = || view.machine.container(short(&container.pod_sandbox_id));
    let sandbox_unless_told = || if container.cni_json.is_empty() { sandbox() } else { None };
    match field.id {
        ids::CONTAINER_FULL_ID => text(&container.full_id),
        ids::CONTAINER_NAME => text(&container.name),
        ids::CONTAINER_IMAGE => text(&container.image),
        ids::CONTAINER_IMAGE_ID => text(&container.image_id),
        ids::CONTAINER_IMAGE_REPOSITORY => text(&container.image_repo),
        ids::CONTAINER_IMAGE_TAG => text(&container.image_tag),
        ids::CONTAINER_IMAGE_DIGEST => text(&container.image_digest),
        ids::CONTAINER_TYPE => text(container.kind),
        ids::CONTAINER_PRIVILEGED => Some(Value::Bool(container.privileged)),
        ids::CONTAINER_HOST_PID => Some(Value::Bool(container.host_pid)),
        ids::CONTAINER_HOST_NETWORK => Some(Value::Bool(container.host_network)),
        ids::CONTAINER_HOST_IPC => Some(Value::Bool(container.host_ipc)),
        ids::CONTAINER_IP => text(&container.ip),
        ids::CONTAINER_CNI_JSON => text(&container.cni_json),
        ids::CONTAINER_LABEL => text(container.label(key(&field.arg)?)?),
        ids::CONTAINER_LABELS => Some(labels(&container.labels, arena)),
        ids::CONTAINER_HEALTHCHECK => Some(probe(container, ProbeKind::Healthcheck, arena)),
        ids::CONTAINER_LIVENESS_PROBE => Some(probe(container, ProbeKind::Liveness, arena)),
        ids::CONTAINER_READINESS_PROBE => Some(probe(container, ProbeKind::Readiness, arena)),
        ids::CONTAINER_MOUNTS => {
            let mut out = BumpVec::new_in(arena);
            for (i, mount) in container.mounts.iter().enumerate() {
                if i > 0 {
                    out.put_byte(b',');
                }
                put_mount(mount, &mut out);
            }
            Some(Value::Bytes(out.into_bump_slice()))
        }
        ids::CONTAINER_MOUNT
        | ids::CONTAINER_MOUNT_SOURCE
        | ids::CONTAINER_MOUNT_DEST
        | ids::CONTAINER_MOUNT_MODE
        | ids::CONTAINER_MOUNT_RDWR
        | ids::CONTAINER_MOUNT_PROPAGATION => {
            let mount = find_mount(container, field.id, &field.arg)?;
            match field.id {
                ids::CONTAINER_MOUNT_SOURCE => text(&mount.source),
                ids::CONTAINER_MOUNT_DEST => text(&mount.dest),
                ids::CONTAINER_MOUNT_MODE => text(&mount.mode),
                ids::CONTAINER_MOUNT_RDWR => text(if mount.rdwr { "true" } else { "false" }),
                ids::CONTAINER_MOUNT_PROPAGATION => text(&mount.propagation),
                _ => {
                    let mut out = BumpVec::new_in(arena);
                    put_mount(mount, &mut out);
                    Some(Value::Bytes(out.into_bump_slice()))
                }
            }
        }
        ids::K8S_POD_NAME => text(container.label("io.kubernetes.pod.name")?),
        ids::K8S_NS_NAME => text(container.label("io.kubernetes.pod.namespace")?),
        ids::K8S_POD_ID | ids::K8S_POD_UID => text(container.label("io.kubernetes.pod.uid")?),
        ids::K8S_POD_SANDBOX_ID => text(short(&container.pod_sandbox_id)),
        ids::K8S_POD_FULL_SANDBOX_ID => text(&container.pod_sandbox_id),
        ids::K8S_POD_LABEL => {
            let key = key(&field.arg)?;
            let of_sandbox = sandbox_unless_told().and_then(|sandbox| sandbox.pod_sandbox_label(key));
            text(of_sandbox.or_else(|| container.pod_sandbox_label(key))?)
        }
        ids::K8S_POD_LABELS => {
            let of = sandbox_unless_told().unwrap_or(container);
            Some(labels(&of.pod_sandbox_labels, arena))
        }
        ids::K8S_POD_IP if container.cni_json.is_empty() => text(&sandbox()?.ip),
        ids::K8S_POD_IP => text(&container.ip),
        ids::K8S_POD_CNI_JSON if container.cni_json.is_empty() => text(&sandbox()?.cni_json),
        ids::K8S_POD_CNI_JSON => text(&container.cni_json),
        _ => None,
    }
}

fn key(arg: &FieldArg) -> Option<&str> {
    match arg {
        FieldArg::Key(key) => Some(key),
        _ => None,
    }
}

/// A mount by its number or by a pattern: of its destination for `container.mount.source`, otherwise of its source.
fn find_mount<'a>(container: &'a Container, id: FieldId, arg: &FieldArg) -> Option<&'a Mount> {
    match arg {
        FieldArg::Index(n) => container.mounts.get(usize::try_from(*n).ok()?),
        FieldArg::Key(pattern) => {
            let glob = Glob::new(pattern.as_bytes(), false);
            let path = |mount: &'a Mount| if id == ids::CONTAINER_MOUNT_SOURCE { &mount.dest } else { &mount.source };
            container.mounts.iter().find(|mount| glob.matches(path(mount).as_bytes()))
        }
        FieldArg::None => None,
    }
}

fn put_mount(mount: &Mount, out: &mut impl Sink) {
    let rdwr = if mount.rdwr { "true" } else { "false" };
    for (i, part) in [&mount.source, &mount.dest, &mount.mode, rdwr, &mount.propagation].into_iter().enumerate() {
        if i > 0 {
            out.put_byte(b':');
        }
        out.put(part.as_bytes());
    }
}

/// `name:value` of the labels that people gave.
fn labels<'a>(labels: &[(String, String)], arena: &'a Bump) -> Value<'a> {
    let mut out = BumpVec::new_in(arena);
    let given = |name: &str| !name.starts_with("annotation.") && !name.starts_with("io.kubernetes.");
    for (name, value) in labels.iter().filter(|(name, _)| given(name)) {
        if !out.is_empty() {
            out.put(b", ");
        }
        out.put(name.as_bytes());
        if !value.is_empty() {
            out.put_byte(b':');
            out.put(value.as_bytes());
        }
    }
    Value::Bytes(out.into_bump_slice())
}

/// A probe's command line.
fn probe<'a>(container: &Container, kind: ProbeKind, arena: &'a Bump) -> Value<'a> {
    let Some(probe) = container.probes.iter().find(|probe| probe.kind == kind) else {
        return Value::Bytes(b"NONE");
    };
    let mut out = BumpVec::new_in(arena);
    out.put(probe.exe.as_bytes());
    for arg in &probe.args {
        out.put_byte(b' ');
        out.put(arg.as_bytes());
    }
    Value::Bytes(out.into_bump_slice())
}
