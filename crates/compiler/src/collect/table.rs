//! Named things with numbers that stay theirs.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::slots::Slots;

/// Numbers handed out to names beforehand, so that a collection of some items numbers them as that of all items does.
pub(crate) type Numbers = FxHashMap<Arc<str>, u32>;

/// Things of one kind: by number, by name, and in the order in which they first appeared. A number says nothing about the
/// order: that is what [`Table::rank`] is for. Clones share the states, and the names and the order until one changes.
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    slots: Slots<T>,
    by_name: Arc<Numbers>,
    order: Arc<Vec<u32>>,
    /// By number; what is not there has none.
    ranks: Arc<Vec<u32>>,
    reserved: Option<Arc<Numbers>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            by_name: Arc::default(),
            order: Arc::default(),
            ranks: Arc::default(),
            reserved: None,
        }
    }
}

impl<T> Table<T> {
    /// A table that takes numbers from `reserved`, which must have one for every name.
    pub(crate) fn with_numbers(reserved: Arc<Numbers>) -> Self {
        Self { reserved: Some(reserved), ..Self::default() }
    }

    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.shared(id).map(|state| &**state)
    }

    pub(crate) fn shared(&self, id: u32) -> Option<&Arc<T>> {
        self.slots.get(id)
    }

    pub(crate) fn id(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// The name as it is kept here, and its number.
    pub(crate) fn entry(&self, name: &str) -> Option<(&Arc<str>, u32)> {
        self.by_name.get_key_value(name).map(|(name, id)| (name, *id))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&T> {
        self.id(name).and_then(|id| self.get(id))
    }

    /// The place in the order of first appearance.
    pub(crate) fn rank(&self, id: u32) -> u32 {
        self.ranks.get(id as usize).copied().unwrap_or(u32::MAX)
    }

    /// Numbers in order of first appearance.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// All in order of first appearance.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Arc<T>)> {
        self.order.iter().filter_map(|id| Some((*id, self.shared(*id)?)))
    }

    /// Adds something at the end of the order.
    pub(crate) fn insert(&mut self, name: &Arc<str>, state: T) -> u32 {
        let reserved = self.reserved.as_ref().and_then(|numbers| numbers.get(name).copied());
        let id = reserved.unwrap_or(self.slots.len() as u32);
        self.put(id, name, Arc::new(state));
        let rank = self.order.len() as u32;
        Arc::make_mut(&mut self.order).push(id);
        self.set_rank(id, rank);
        id
    }

    /// Puts a state in its place; the order is left to [`Table::set_order`].
    pub(crate) fn put(&mut self, id: u32, name: &Arc<str>, state: Arc<T>) {
        if self.slots.get(id).is_none() {
            Arc::make_mut(&mut self.by_name).insert(Arc::clone(name), id);
        }
        self.slots.put(id, state);
    }

    /// Takes something out; the order is left to [`Table::set_order`].
    pub(crate) fn remove(&mut self, id: u32, name: &str) {
        if self.slots.remove(id) {
            Arc::make_mut(&mut self.by_name).remove(name);
        }
    }

    pub(crate) fn set_order(&mut self, order: Vec<u32>) {
        self.ranks = Arc::default();
        for (rank, id) in (0u32..).zip(&order) {
            self.set_rank(*id, rank);
        }
        self.order = Arc::new(order);
    }

    fn set_rank(&mut self, id: u32, rank: u32) {
        let ranks = Arc::make_mut(&mut self.ranks);
        if ranks.len() <= id as usize {
            ranks.resize(id as usize + 1, u32::MAX);
        }
        if let Some(slot) = ranks.get_mut(id as usize) {
            *slot = rank;
        }
    }

    pub(crate) fn by_name(&self) -> &Arc<Numbers> {
        &self.by_name
    }
}

impl<T: Clone> Table<T> {
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.slots.get_mut(id).map(Arc::make_mut)
    }
}
