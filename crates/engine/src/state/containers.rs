//! What container runtimes told about containers.

/// A container's metadata.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Container {
    /// Short id: twelve characters. "" for what is known of the host.
    pub id: String,
    pub full_id: String,
    pub name: String,
    /// The runtime: `docker`, `podman`, `cri-o`, `containerd`, `host`, …
    pub kind: String,
    pub image: String,
    pub image_id: String,
    pub image_repo: String,
    pub image_tag: String,
    pub image_digest: String,
    pub privileged: Option<bool>,
    pub host_pid: Option<bool>,
    pub host_network: Option<bool>,
    pub host_ipc: Option<bool>,
    pub mounts: Vec<Mount>,
    pub labels: Vec<(String, String)>,
    pub ip: String,
    pub cni_json: String,
    pub is_pod_sandbox: bool,
    /// Nanoseconds since the epoch; 0 when unknown.
    pub created_ts: u64,
    pub user: String,
    pub healthcheck: String,
    pub liveness_probe: String,
    pub readiness_probe: String,
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

impl Container {
    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}
