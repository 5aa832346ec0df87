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

    /// A list of `len` items that are already joined by NUL.
    pub(super) fn from_joined(joined: Vec<u8>, len: u32) -> Self {
        Self { joined: Text::from(joined), len }
    }

    /// The text that lists share.
    pub(super) fn shared(&self) -> &Text {
        &self.joined
    }

    /// The items with NUL between them.
    pub fn as_nul_separated(&self) -> &[u8] {
        &self.joined
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
}
