//! Control groups, and the container that they tell of.

use std::sync::Arc;

use super::container_id;
use super::text::{StrList, Text};

/// A thread's control groups: pairs of subsystem and path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cgroups {
    /// `subsystem=path` items with the subsystem's name made uniform.
    items: StrList,
    /// What they were read from, to notice without work that nothing changed.
    source: Text,
    /// The container that they belong to: its id, "" for the host.
    container_id: Arc<str>,
    /// For containers of which no metadata will ever come: their runtime.
    runtime: Option<&'static str>,
}

impl Cgroups {
    /// Reads NUL-separated `subsystem=path` items. An item without `=` spoils the whole list: `None`.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let trimmed = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        if trimmed.is_empty() {
            return Some(Self { source: Text::from(bytes), ..Self::default() });
        }
        let mut joined = Vec::with_capacity(trimmed.len());
        let mut len = 0;
        for item in trimmed.split(|&b| b == 0) {
            let eq = memchr::memchr(b'=', item)?;
            let (subsystem, path) = (&item[..eq], &item[eq..]);
            if len > 0 {
                joined.push(0);
            }
            let start = joined.len();
            match memchr::memmem::find(subsystem, b"_cgroup") {
                Some(at) => {
                    joined.extend_from_slice(&subsystem[..at]);
                    joined.extend_from_slice(&subsystem[at + b"_cgroup".len()..]);
                }
                None => joined.extend_from_slice(subsystem),
            }
            let uniform: &[u8] = match &joined[start..] {
                b"perf" => b"perf_event",
                b"mem" => b"memory",
                b"io" => b"blkio",
                _ => b"",
            };
            if !uniform.is_empty() {
                joined.truncate(start);
                joined.extend_from_slice(uniform);
            }
            joined.extend_from_slice(path);
            len += 1;
        }
        let mut cgroups =
            Self { items: StrList::from_joined(joined, len), source: Text::from(bytes), ..Self::default() };
        let found = container_id::find(&cgroups).map(|found| (Arc::from(&*found.id()), found.runtime));
        if let Some((id, runtime)) = found {
            cgroups.container_id = id;
            cgroups.runtime = runtime;
        }
        Some(cgroups)
    }

    /// Whether parsing `bytes` would give this list again.
    pub(crate) fn is_from(&self, bytes: &[u8]) -> bool {
        *self.source == *bytes
    }

    /// What they were read from.
    pub(super) fn source(&self) -> &[u8] {
        &self.source
    }

    /// What is kept.
    pub(super) fn texts(&self) -> [&Text; 2] {
        [self.items.shared(), &self.source]
    }

    /// (subsystem, path) pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + '_ {
        self.items.iter().map(|item| {
            let eq = memchr::memchr(b'=', item).unwrap_or(item.len());
            (&item[..eq], item.get(eq + 1..).unwrap_or_default())
        })
    }

    /// The id of the container that they belong to; "" for the host.
    pub fn container_id(&self) -> &Arc<str> {
        &self.container_id
    }

    /// The container's runtime, if it is one that nobody can be asked about: what is known of the container is this.
    pub(super) fn runtime(&self) -> Option<&'static str> {
        self.runtime
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cgroup_names_are_made_uniform() {
        let parsed = Cgroups::parse(b"cpu_cgroup=/a\0mem_cgroup=/b=c\0io=/\0").unwrap();
        let pairs: Vec<_> = parsed.iter().map(|(s, p)| (s.to_vec(), p.to_vec())).collect();
        assert_eq!(
            pairs,
            [
                (b"cpu".to_vec(), b"/a".to_vec()),
                (b"memory".to_vec(), b"/b=c".to_vec()),
                (b"blkio".to_vec(), b"/".to_vec())
            ]
        );
        assert_eq!(Cgroups::parse(b"cpu=/\0broken\0"), None);
        assert!(Cgroups::parse(b"").unwrap().is_empty());
    }
}
