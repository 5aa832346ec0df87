//! Byte strings and lists of them that threads share: a fork copies references, not text.

use std::sync::Arc;

/// Shared bytes. An empty one allocates nothing.
pub type Text = Arc<[u8]>;

/// A list of byte strings without NUL (arguments, environment), kept as one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StrList {
    /// The items, separated by NUL.
    joined: Text,
    /// How many; tells no item from one empty item.
    len: u32,
}

impl StrList {
    /// Splits what an event or a capture's header carries: NUL-separated items, one last NUL not counted.
    pub fn from_nul_separated(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        if bytes.is_empty() {
            return Self::default();
        }
        let len = memchr::memchr_iter(0, bytes).count() + 1;
        Self { joined: Text::from(bytes), len: u32::try_from(len).unwrap_or(u32::MAX) }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Length of all items with one separator between each two.
    pub fn byte_len(&self) -> usize {
        self.joined.len()
    }

    /// The items in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + '_ {
        self.joined.split(|&b| b == 0).take(self.len())
    }

    /// Item `index`, from 0.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.iter().nth(index)
    }

    /// The items with NUL between them.
    pub fn as_nul_separated(&self) -> &[u8] {
        &self.joined
    }
}

/// A thread's control groups: pairs of subsystem and path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cgroups {
    /// `subsystem=path` items with the subsystem's name made uniform.
    items: StrList,
    /// What they were read from, to notice without work that nothing changed.
    source: Text,
}

impl Cgroups {
    /// Reads NUL-separated `subsystem=path` items. An item without `=` spoils the whole list: `None`.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let trimmed = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        if trimmed.is_empty() {
            return Some(Self { items: StrList::default(), source: Text::from(bytes) });
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
        Some(Self { items: StrList { joined: Text::from(joined), len }, source: Text::from(bytes) })
    }

    /// Whether parsing `bytes` would give this list again.
    pub(crate) fn is_from(&self, bytes: &[u8]) -> bool {
        *self.source == *bytes
    }

    /// (subsystem, path) pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + '_ {
        self.items.iter().map(|item| {
            let eq = memchr::memchr(b'=', item).unwrap_or(item.len());
            (&item[..eq], item.get(eq + 1..).unwrap_or_default())
        })
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
    fn lists_keep_empty_items() {
        let items = |bytes: &[u8]| StrList::from_nul_separated(bytes).iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(items(b""), Vec::<Vec<u8>>::new());
        assert_eq!(items(b"\0"), Vec::<Vec<u8>>::new());
        assert_eq!(items(b"a"), [b"a".to_vec()]);
        assert_eq!(items(b"a\0"), [b"a".to_vec()]);
        assert_eq!(items(b"a\0\0"), [b"a".to_vec(), Vec::new()]);
        assert_eq!(items(b"\0b\0"), [Vec::new(), b"b".to_vec()]);
        assert_eq!(StrList::from_nul_separated(b"a\0bc\0").get(1), Some(&b"bc"[..]));
        assert_eq!(StrList::from_nul_separated(b"a\0bc\0").get(2), None);
    }

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
