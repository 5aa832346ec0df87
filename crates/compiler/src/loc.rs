//! Places inside items. They count from the item's start, so that an edit elsewhere in the file leaves them valid and what
//! was worked out about an unchanged item can be reused.

use std::sync::atomic::{AtomicU32, Ordering};

/// Identity of one decoded item (or of a file, for what belongs to no item). Equal identities mean equal contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Uid(u32);

impl Uid {
    /// Stands for "nowhere in the files": texts that come from the configuration.
    pub(crate) const NOWHERE: Self = Self(0);

    /// An identity that was not used before.
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// A number below `of`, spread evenly over identities.
    pub(crate) fn remainder(self, of: usize) -> usize {
        self.0 as usize % of.max(1)
    }
}

/// A byte range relative to the start of an item. Offsets wrap: an alias can lead to text that stands before the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Loc {
    pub(crate) uid: Uid,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Loc {
    pub(crate) fn new(uid: Uid, start: u32, end: u32) -> Self {
        Self { uid, start, end }
    }

    pub(crate) fn nowhere() -> Self {
        Self::new(Uid::NOWHERE, 0, 0)
    }
}
