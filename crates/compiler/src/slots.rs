//! States by number, shared between compilations.
//!
//! A workspace has tens of thousands of them and an edit changes a few, so a copy must not touch each: they stand in chunks, a
//! clone shares the chunks, and a change copies the one chunk that it is in.

use std::sync::Arc;

const CHUNK: usize = 64;

type Chunk<T> = [Option<Arc<T>>; CHUNK];

/// States by number. A number without a state costs next to nothing, so numbers may have gaps.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    chunks: Vec<Option<Arc<Chunk<T>>>>,
    /// One more than the largest number that ever had a state.
    len: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Clone for Slots<T> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), len: self.len }
    }
}

fn place(id: u32) -> (usize, usize) {
    (id as usize / CHUNK, id as usize % CHUNK)
}

impl<T> Slots<T> {
    pub(crate) fn get(&self, id: u32) -> Option<&Arc<T>> {
        let (chunk, at) = place(id);
        self.chunks.get(chunk)?.as_ref()?.get(at)?.as_ref()
    }

    /// The state, to be changed in place. What has none is not copied.
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Arc<T>> {
        self.get(id)?;
        let (chunk, at) = place(id);
        let chunk = self.chunks.get_mut(chunk)?.as_mut()?;
        Arc::make_mut(chunk).get_mut(at)?.as_mut()
    }

    /// One more than the largest number that ever had a state: a number that is free.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Gives a number its state.
    pub(crate) fn put(&mut self, id: u32, state: Arc<T>) {
        let (chunk, at) = place(id);
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, || None);
        }
        self.len = self.len.max(id as usize + 1);
        let Some(chunk) = self.chunks.get_mut(chunk) else { return };
        let chunk = chunk.get_or_insert_with(|| Arc::new(std::array::from_fn(|_| None)));
        if let Some(slot) = Arc::make_mut(chunk).get_mut(at) {
            *slot = Some(state);
        }
    }

    /// Takes the state of a number out. Whether there was one.
    pub(crate) fn remove(&mut self, id: u32) -> bool {
        if self.get(id).is_none() {
            return false;
        }
        let (chunk, at) = place(id);
        if let Some(slot) =
            self.chunks.get_mut(chunk).and_then(Option::as_mut).and_then(|c| Arc::make_mut(c).get_mut(at))
        {
            *slot = None;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_and_go() {
        let mut slots = Slots::default();
        slots.put(200, Arc::new('a'));
        slots.put(3, Arc::new('b'));
        assert_eq!((slots.get(200).map(|s| **s), slots.get(3).map(|s| **s)), (Some('a'), Some('b')));
        assert_eq!((slots.get(4), slots.get(1_000_000), slots.len()), (None, None, 201));
        assert!(slots.remove(200) && !slots.remove(200) && !slots.remove(1_000_000));
        assert_eq!((slots.get(200), slots.len()), (None, 201));
    }

    #[test]
    fn a_clone_shares_what_is_not_changed() {
        let mut slots = Slots::default();
        (0..1000).for_each(|id| slots.put(id, Arc::new(id)));
        let before = slots.clone();
        slots.put(500, Arc::new(0));
        assert_eq!((before.get(500).map(|s| **s), slots.get(500).map(|s| **s)), (Some(500), Some(0)));
        let pairs = before.chunks.iter().zip(&slots.chunks);
        let copied = pairs.filter(|(a, b)| !a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b))).count();
        assert_eq!(copied, 1);
    }

    #[test]
    fn changing_what_is_not_there_copies_nothing() {
        let mut slots: Slots<u32> = Slots::default();
        slots.put(0, Arc::new(1));
        let before = slots.clone();
        assert!(slots.get_mut(1).is_none() && slots.get_mut(99).is_none() && !slots.remove(1));
        assert!(Arc::ptr_eq(before.chunks[0].as_ref().unwrap(), slots.chunks[0].as_ref().unwrap()));
        *Arc::make_mut(slots.get_mut(0).unwrap()) = 2;
        assert_eq!((before.get(0).map(|s| **s), slots.get(0).map(|s| **s)), (Some(1), Some(2)));
    }
}
