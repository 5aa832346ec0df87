//! What container runtimes told about containers: the metadata events that a capture holds.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::{Value, json};

use super::machine::Machine;
use super::types::Thread;

/// A container's metadata.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Container {
    /// Short id: twelve characters.
    pub id: String,
    pub full_id: String,
    pub name: String,
    /// The runtime: `docker`, `podman`, `cri-o`, `containerd`, … Empty when it is none of the known ones.
    pub kind: &'static str,
    pub image: String,
    pub image_id: String,
    pub image_repo: String,
    pub image_tag: String,
    pub image_digest: String,
    pub privileged: bool,
    pub host_pid: bool,
    pub host_network: bool,
    pub host_ipc: bool,
    pub mounts: Vec<Mount>,
    /// In the order of their names.
    pub labels: Vec<(String, String)>,
    pub ip: String,
    pub cni_json: String,
    pub is_pod_sandbox: bool,
    pub pod_sandbox_id: String,
    /// In the order of their names.
    pub pod_sandbox_labels: Vec<(String, String)>,
    /// Seconds since the epoch; 0 when unknown.
    pub created_time: u64,
    pub user: String,
    pub probes: Vec<HealthProbe>,
}

/// Something mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Mount {
    pub source: String,
    pub dest: String,
    pub mode: String,
    pub rdwr: bool,
    pub propagation: String,
}

/// A command that the runtime runs to see whether a container is well.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HealthProbe {
    pub kind: ProbeKind,
    pub exe: String,
    pub args: Vec<String>,
}

/// What a health probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProbeKind {
    Healthcheck,
    Liveness,
    Readiness,
}

/// Where metadata tell of health probes.
const PROBES: [(&str, ProbeKind); 3] = [
    ("Healthcheck", ProbeKind::Healthcheck),
    ("LivenessProbe", ProbeKind::Liveness),
    ("ReadinessProbe", ProbeKind::Readiness),
];

impl Container {
    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        find(&self.labels, key)
    }

    /// A label's value of the pod's sandbox.
    pub fn pod_sandbox_label(&self, key: &str) -> Option<&str> {
        find(&self.pod_sandbox_labels, key)
    }

    /// What stands for the host.
    pub(crate) fn host() -> Self {
        Self { id: "host".into(), name: "host".into(), full_id: "host".into(), kind: "host", ..Self::default() }
    }

    /// Its address, if it has an IPv4 one.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        self.ip.parse().ok()
    }

    /// Reads the metadata that a runtime's event carries; `None` when it is not of that form. Keys that are not there, or not of
    /// their type, read as empty: one odd value must not cost the rest.
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.split(|&b| b == 0).next()?;
        let document: Value = serde_json::from_slice(bytes).ok()?;
        let json = document.get("container")?.as_object()?;
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let flag = |key: &str| json.get(key).and_then(Value::as_bool).unwrap_or_default();
        let labels = |key: &str| -> Vec<(String, String)> {
            let entries = json.get(key).and_then(Value::as_object);
            let mut labels: Vec<_> = entries
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect();
            labels.sort();
            labels
        };
        let mounts = json.get("Mounts").and_then(Value::as_array).into_iter().flatten().map(Mount::from_json).collect();
        let probes =
            PROBES.iter().filter_map(|(key, kind)| Some(HealthProbe::from_json(*kind, json.get(*key)?))).collect();
        Some(Self {
            id: text("id"),
            full_id: text("full_id"),
            name: text("name"),
            kind: kind(json.get("type").and_then(Value::as_u64)),
            image: text("image"),
            image_id: text("imageid"),
            image_repo: text("imagerepo"),
            image_tag: text("imagetag"),
            image_digest: text("imagedigest"),
            privileged: flag("privileged"),
            host_pid: flag("host_pid"),
            host_network: flag("host_network"),
            host_ipc: flag("host_ipc"),
            mounts,
            labels: labels("labels"),
            ip: text("ip"),
            cni_json: text("cni_json"),
            is_pod_sandbox: flag("is_pod_sandbox"),
            pod_sandbox_id: text("pod_sandbox_id"),
            pod_sandbox_labels: labels("pod_sandbox_labels"),
            created_time: json.get("created_time").and_then(Value::as_u64).unwrap_or_default(),
            user: text("User"),
            probes,
        })
    }
}

impl Container {
    /// The metadata as [`Self::from_json`] reads them.
    pub fn to_json(&self) -> Value {
        let labels = |labels: &[(String, String)]| -> Value {
            labels.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
        };
        let mut container = json!({
            "id": self.id, "full_id": self.full_id, "name": self.name, "image": self.image, "imageid": self.image_id,
            "imagerepo": self.image_repo, "imagetag": self.image_tag, "imagedigest": self.image_digest,
            "privileged": self.privileged, "host_pid": self.host_pid, "host_network": self.host_network,
            "host_ipc": self.host_ipc, "Mounts": self.mounts.iter().map(Mount::to_json).collect::<Vec<_>>(),
            "labels": labels(&self.labels), "ip": self.ip, "cni_json": self.cni_json,
            "is_pod_sandbox": self.is_pod_sandbox, "pod_sandbox_id": self.pod_sandbox_id,
            "pod_sandbox_labels": labels(&self.pod_sandbox_labels), "created_time": self.created_time, "User": self.user,
        });
        if let Some((number, _)) = KINDS.iter().find(|(_, name)| *name == self.kind) {
            container["type"] = (*number).into();
        }
        for probe in &self.probes {
            let key = PROBES.iter().find(|(_, kind)| *kind == probe.kind).map_or("", |(key, _)| key);
            container[key] = json!({"exe": probe.exe, "args": probe.args});
        }
        json!({ "container": container })
    }
}

impl Mount {
    fn to_json(&self) -> Value {
        json!({
            "Source": self.source, "Destination": self.dest, "Mode": self.mode, "RW": self.rdwr,
            "Propagation": self.propagation,
        })
    }

    fn from_json(json: &Value) -> Self {
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            source: text("Source"),
            dest: text("Destination"),
            mode: text("Mode"),
            rdwr: json.get("RW").and_then(Value::as_bool).unwrap_or_default(),
            propagation: text("Propagation"),
        }
    }
}

impl HealthProbe {
    fn from_json(kind: ProbeKind, json: &Value) -> Self {
        let args = json.get("args").and_then(Value::as_array).into_iter().flatten();
        Self {
            kind,
            exe: json.get("exe").and_then(Value::as_str).unwrap_or_default().to_owned(),
            args: args.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

fn find<'a>(labels: &'a [(String, String)], key: &str) -> Option<&'a str> {
    labels.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
}

/// The runtimes and their numbers.
const KINDS: [(u64, &str); 11] = [
    (0, "docker"),
    (1, "lxc"),
    (2, "libvirt-lxc"),
    (3, "mesos"),
    (4, "rkt"),
    (6, "cri"),
    (7, "containerd"),
    (8, "cri-o"),
    (9, "bpm"),
    (11, "podman"),
    (0xfffe, "host"),
];

/// The runtime's name by its number.
fn kind(number: Option<u64>) -> &'static str {
    KINDS.iter().find(|(n, _)| Some(*n) == number).map_or("", |(_, name)| name)
}

impl Machine {
    /// Gives a thread the container that its control groups tell of.
    pub(crate) fn assign_container(&mut self, tid: i64) {
        let Some(thread) = self.threads.get_mut(&tid) else { return };
        if !Arc::ptr_eq(&thread.container_id, thread.cgroups.container_id()) {
            thread.container_id = Arc::clone(thread.cgroups.container_id());
        }
        if thread.container_id.is_empty() {
            return;
        }
        if let Some(kind) = thread.cgroups.runtime() {
            let id = thread.container_id.to_string();
            if !self.containers.contains_key(&*id) {
                self.add_container(Container { id, kind, ..Container::default() }, 0);
            }
        }
        self.categorize(tid);
    }

    /// Works out whether a thread of a known container is its main command or a health probe.
    fn categorize(&mut self, tid: i64) {
        let Some(thread) = self.thread(tid) else { return };
        let Some(container) = self.container(&thread.container_id) else { return };
        let inherited = self.thread(thread.ptid).map(|parent| parent.category).unwrap_or_default();
        let category = if thread.vpid == 1 {
            Category::Container
        } else if inherited != Category::None {
            inherited
        } else {
            let is_probe = |probe: &&HealthProbe| {
                *probe.exe.as_bytes() == *thread.exe
                    && thread.args.iter().filter(|a| !a.is_empty()).eq(probe.args.iter().map(String::as_bytes))
            };
            let below_init = || self.ancestors(thread).any(|a| a.vpid == 1 && !a.container_id.is_empty());
            match container.probes.iter().find(is_probe) {
                Some(probe) if !below_init() => Category::Probe(probe.kind),
                _ => return,
            }
        };
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.category = category;
        }
    }

    /// Keeps a container's metadata, which came as so many bytes.
    pub(crate) fn add_container(&mut self, container: Container, size: usize) {
        let id = container.id.as_str();
        let before = self.container_sizes.get(id).copied().unwrap_or(0);
        let known = self.containers.contains_key(id);
        let size_of_all = self.container_bytes - before + size;
        if (!known && self.containers.len() >= self.limits.containers) || size_of_all > self.limits.text {
            self.counters.containers_dropped += 1;
            return;
        }
        self.container_bytes = size_of_all;
        self.container_sizes.insert(id.into(), size);
        self.containers.insert(container.id.as_str().into(), Arc::new(container));
    }

    /// Takes in the metadata event `bytes` and remembers it as that of the event being processed.
    pub(crate) fn container_event(&mut self, bytes: &[u8], removed: bool) {
        let Some(container) = Container::from_json(bytes) else {
            self.counters.malformed_events += 1;
            return;
        };
        self.event_container = Some((self.num, Arc::new(container.clone())));
        if removed {
            self.containers.remove(container.id.as_str());
            self.container_bytes -= self.container_sizes.remove(container.id.as_str()).unwrap_or(0);
        } else {
            self.add_container(container, bytes.len());
        }
    }

    /// The container of which thread's metadata is known.
    pub fn container_of(&self, thread: &Thread) -> Option<&Container> {
        self.container(&thread.container_id)
    }
}

/// What a thread is in its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Category {
    /// Not known.
    #[default]
    None,
    /// The container's own command, or below it.
    Container,
    /// A health probe, or below one.
    Probe(ProbeKind),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_container_plugin_writes() {
        let json = br#"{"container":{"Mounts":[{"Destination":"/d","Mode":"","Propagation":"rprivate","RW":true,"Source":"/s"}],
            "User":"","cni_json":"","created_time":1730971086,"env":[],"full_id":"32a1","host_ipc":false,"id":"32a1026ccb88",
            "image":"fedora:38","imagerepo":"fedora","imagetag":"38","ip":"172.17.0.2","labels":{"b":"2","a":"1"},
            "pod_sandbox_labels":null,"privileged":true,"type":0,"Healthcheck":{"exe":"/check","args":["-x"]}}}"#;
        let container = Container::from_json(json).unwrap();
        assert_eq!(
            (container.id.as_str(), container.kind, container.image_tag.as_str()),
            ("32a1026ccb88", "docker", "38")
        );
        assert!(container.privileged && container.mounts[0].rdwr);
        assert_eq!(container.labels, [("a".into(), "1".into()), ("b".into(), "2".into())]);
        assert_eq!(container.label("b"), Some("2"));
        assert_eq!(container.probes[0].args, ["-x"]);
        assert_eq!(container.ipv4(), Some(Ipv4Addr::new(172, 17, 0, 2)));
    }

    #[test]
    fn other_payloads_are_refused() {
        for bytes in [&b""[..], b"{", b"[]", b"{\"container\":1}", b"\xff"] {
            assert_eq!(Container::from_json(bytes), None);
        }
        let deep = [b"{\"container\":".repeat(100_000)].concat();
        assert_eq!(Container::from_json(&deep), None);
    }
}
