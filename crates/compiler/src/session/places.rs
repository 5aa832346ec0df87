//! Where items are, shared between compilations.
//!
//! An edit moves all items of its file and no others, and snapshots of before are alive then: a copy must not touch the places of every item
//! of a workspace. So the offsets stand file by file, and the files of items in shards; a change copies what it is in.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::loc::Uid;

const SHARDS: usize = 128;

/// File and offset of each item.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// The file of each item, by the remainder of its identity.
    files: Vec<Arc<FxHashMap<Uid, u32>>>,
    /// Offsets by file.
    offsets: Vec<Arc<FxHashMap<Uid, u32>>>,
}

impl Default for Places {
    fn default() -> Self {
        Self { files: (0..SHARDS).map(|_| Arc::default()).collect(), offsets: Vec::new() }
    }
}

impl Places {
    /// File and offset of an item.
    pub(crate) fn get(&self, uid: Uid) -> Option<(u32, u32)> {
        let file = *self.files.get(uid.remainder(SHARDS))?.get(&uid)?;
        let offset = *self.offsets.get(file as usize)?.get(&uid)?;
        Some((file, offset))
    }

    /// Whether an item is anywhere.
    pub(crate) fn has(&self, uid: Uid) -> bool {
        self.get(uid).is_some()
    }

    /// Puts an item somewhere.
    pub(crate) fn insert(&mut self, uid: Uid, (file, offset): (u32, u32)) {
        let before = self.get(uid);
        if before == Some((file, offset)) {
            return;
        }
        if before.is_some_and(|(before, _)| before != file) {
            self.remove(uid);
        }
        if self.offsets.len() <= file as usize {
            self.offsets.resize_with(file as usize + 1, Arc::default);
        }
        if let Some(offsets) = self.offsets.get_mut(file as usize) {
            Arc::make_mut(offsets).insert(uid, offset);
        }
        if before.is_none_or(|(before, _)| before != file)
            && let Some(shard) = self.files.get_mut(uid.remainder(SHARDS))
        {
            Arc::make_mut(shard).insert(uid, file);
        }
    }

    /// Takes an item away.
    pub(crate) fn remove(&mut self, uid: Uid) {
        let Some((file, _)) = self.get(uid) else { return };
        if let Some(offsets) = self.offsets.get_mut(file as usize) {
            Arc::make_mut(offsets).remove(&uid);
        }
        if let Some(shard) = self.files.get_mut(uid.remainder(SHARDS)) {
            Arc::make_mut(shard).remove(&uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_move_and_go() {
        let mut places = Places::default();
        let (a, b) = (Uid::fresh(), Uid::fresh());
        places.insert(a, (3, 10));
        places.insert(b, (0, 0));
        assert_eq!((places.get(a), places.get(b)), (Some((3, 10)), Some((0, 0))));
        places.insert(a, (1, 20));
        assert_eq!(places.get(a), Some((1, 20)));
        places.remove(a);
        assert!(!places.has(a) && places.has(b));
        places.insert(a, (3, 5));
        assert_eq!(places.get(a), Some((3, 5)));
    }

    #[test]
    fn an_edit_copies_its_file_alone() {
        let uids: Vec<Uid> = (0..2000).map(|_| Uid::fresh()).collect();
        let mut places = Places::default();
        (0u32..).zip(&uids).for_each(|(n, uid)| places.insert(*uid, (n / 100, n)));
        let before = places.clone();
        // Everything in one file moves, one item of it is another now.
        places.remove(uids[550]);
        let new = Uid::fresh();
        places.insert(new, (5, 7));
        (500..600).filter(|n| *n != 550).for_each(|n| places.insert(uids[n as usize], (5, n + 1)));
        let copied = |a: &[Arc<FxHashMap<Uid, u32>>], b: &[Arc<FxHashMap<Uid, u32>>]| {
            a.iter().zip(b).filter(|(a, b)| !Arc::ptr_eq(a, b)).count()
        };
        assert_eq!(copied(&before.offsets, &places.offsets), 1);
        assert!(copied(&before.files, &places.files) <= 2);
        assert_eq!((before.get(uids[550]), places.get(uids[550])), (Some((5, 550)), None));
        assert_eq!((before.get(uids[599]), places.get(uids[599])), (Some((5, 599)), Some((5, 600))));
    }
}
