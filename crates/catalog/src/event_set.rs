//! Sets of event codes.

use crate::event::{self, EventType, GENERIC_E, GENERIC_X};
use crate::syscall::Syscall;

/// A set of event codes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventSet([u64; 8]);

impl EventSet {
    /// No event.
    pub const EMPTY: Self = Self([0; 8]);

    /// Every code of the table, placeholders included, as Falco counts them.
    pub const ALL: Self = {
        let mut words = [0; 8];
        let mut i = 0;
        while i < EventType::COUNT {
            words[i / 64] |= 1 << (i % 64);
            i += 1;
        }
        Self(words)
    };

    /// Every code: [`EventSet::ALL`].
    pub fn all() -> Self {
        Self::ALL
    }

    /// The codes that can appear when `evt.type` equals a name: all codes of that name; for a system call without events of
    /// its own, the two generic codes. Empty for other texts (names of asynchronous events among them).
    pub fn by_name(name: &str) -> Self {
        let found: Self = event::by_name(name).iter().copied().filter(|e| *e != GENERIC_E && *e != GENERIC_X).collect();
        if found.is_empty() && Syscall::by_name(name).is_some() {
            return [GENERIC_E, GENERIC_X].into_iter().collect();
        }
        found
    }

    /// The codes of several names together.
    pub fn by_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().fold(Self::EMPTY, |set, name| set.union(&Self::by_name(name)))
    }

    /// Adds a code; codes out of range are ignored. Returns whether it is new.
    pub fn insert(&mut self, event: EventType) -> bool {
        let (word, bit) = (usize::from(event.0 / 64), 1u64 << (event.0 % 64));
        match self.0.get_mut(word) {
            Some(w) if usize::from(event.0) < EventType::COUNT => {
                let new = *w & bit == 0;
                *w |= bit;
                new
            }
            _ => false,
        }
    }

    /// Takes a code away.
    pub fn remove(&mut self, event: EventType) {
        if let Some(w) = self.0.get_mut(usize::from(event.0 / 64)) {
            *w &= !(1u64 << (event.0 % 64));
        }
    }

    /// Whether a code is in the set.
    #[inline]
    pub fn contains(&self, event: EventType) -> bool {
        self.0.get(usize::from(event.0 / 64)).is_some_and(|w| w & (1 << (event.0 % 64)) != 0)
    }

    /// The codes in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// The codes in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// The codes in this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    /// The codes of the table that are not in this set.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::ALL.difference(self)
    }

    /// How many codes are in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The codes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = EventType> + '_ {
        (0u16..).zip(self.0).flat_map(|(i, word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                u16::try_from(bit).ok().map(|bit| EventType(i * 64 + bit))
            })
        })
    }

    fn zip(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        for (a, b) in words.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        Self(words)
    }
}

impl Default for EventSet {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl FromIterator<EventType> for EventSet {
    fn from_iter<I: IntoIterator<Item = EventType>>(iter: I) -> Self {
        let mut set = Self::EMPTY;
        set.extend(iter);
        set
    }
}

impl Extend<EventType> for EventSet {
    fn extend<I: IntoIterator<Item = EventType>>(&mut self, iter: I) {
        for event in iter {
            self.insert(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algebra() {
        let open = EventSet::by_name("open");
        assert_eq!(open.len(), 2);
        assert_eq!(open.iter().collect::<Vec<_>>(), [event::SYSCALL_OPEN_E, event::SYSCALL_OPEN_X]);
        assert_eq!(EventSet::ALL.len(), 454);
        assert_eq!(open.complement().len(), 452);
        assert_eq!(open.complement().union(&open), EventSet::ALL);
        assert!(open.complement().intersection(&open).is_empty());
        assert_eq!(EventSet::ALL.iter().collect::<EventSet>(), EventSet::ALL);
        assert_eq!(EventSet::by_names(["open", "close"]).len(), 4);
    }

    #[test]
    fn codes_out_of_range_are_never_members() {
        let mut set = EventSet::EMPTY;
        assert!(!set.insert(EventType(454)) && !set.insert(EventType(u16::MAX)));
        assert!(set.is_empty() && !EventSet::ALL.contains(EventType(454)) && !EventSet::ALL.contains(EventType(65535)));
        set.insert(EventType(453));
        set.remove(EventType(453));
        set.remove(EventType(65535));
        assert!(set.is_empty());
    }

    #[test]
    fn names_of_events_of_system_calls_and_of_neither() {
        let generic: EventSet = [GENERIC_E, GENERIC_X].into_iter().collect();
        assert_eq!(EventSet::by_name("getrandom"), generic);
        // An event has another name than its system call here, so only the generic codes are left.
        assert_eq!(EventSet::by_name("pread64"), generic);
        assert_eq!(EventSet::by_name("pread").len(), 2);
        assert!(EventSet::by_name("syscall").is_empty());
        assert!(EventSet::by_name("nonsense").is_empty());
        assert!(EventSet::by_name("execve").len() > 10);
    }
}
